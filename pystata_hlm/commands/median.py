"""median: Nonparametric equality-of-medians test.   median varname [if] [in] [weight], by(groupvar) [exact medianties()]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.commands._categories import Axis
from pystata_hlm.commands._twoway import Layer, panels
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import contingency, dist
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _statistic(label: str, value: float, p: float) -> str:
    return f"{label:>25} = {format_number(value, '%8.4f'):>8}   Pr = {format_number(p, '%5.3f')}"


@command(
    "median",
    klass="r",
    varlist="required",
    max_vars=1,
    byable="loop",
    weights=("fweight",),
    options=(Opt("by", 0, "varname"), Opt("exact", 1), Opt("medianties", 3, "text")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("by"):
        raise StataError.option_required("by()")
    name = call.varlist[0]
    x, found = np_.grouped(name, call.options["by"], call, ctx)
    ties = call.opt("medianties", "below")
    if ties not in ("below", "above", "drop", "split"):
        raise StataError(198, "medianties() must be below, above, drop, or split")
    used = call.sample & ~np.isnan(ctx.data.column(name).values())
    used &= ~ctx.data.column(call.options["by"]).is_missing()
    w = np.ones(len(x)) if call.weight is None else call.weight.values[used]
    median = float(percentiles(x, 50.0, None if call.weight is None else w)[0])
    equal = x == median
    upper = (x > median) | (equal & (ties == "above"))
    kept = ~equal if ties == "drop" else np.ones(len(x), dtype=bool)
    table = np.zeros((2, found.size))
    np.add.at(table, (upper[kept].astype(int), found.index[kept]), w[kept])
    if ties == "split":
        half = np.bincount(found.index[equal], weights=w[equal], minlength=found.size) / 2
        table[0] -= half
        table[1] += half
    down = Axis(
        "greater",
        "Greater than the median",
        np.zeros(0, np.intp),
        np.array([0.0, 1.0]),
        np.zeros(2, np.int8),
        ("no", "yes"),
    )
    layer = Layer("frequency", table, table.sum(1), table.sum(0), float(table.sum()), "%10.0gc")
    out = ["", "Median test", "", *panels(down, found, [layer], ctx.settings.linesize, False)]
    chi2, p = contingency.pearson(table)
    df = found.size - 1
    out += ["", _statistic(f"Pearson chi2({df})", chi2, p)]
    scalars = {"N": float(table.sum()), "chi2": chi2, "p": p}
    if found.size == 2:
        (a, b), (c, d) = table.tolist()
        below = (a + b) * (c + d) * (a + c) * (b + d)
        n = a + b + c + d
        corrected = n * max(0.0, abs(a * d - b * c) - n / 2) ** 2 / below if below else np.nan
        p_corrected = float(dist.chi2tail(1, corrected)) if below else np.nan
        scalars |= {"chi2_cc": corrected, "p_cc": p_corrected}
    if call.has("exact"):
        if ties == "split" and (table != np.floor(table)).any():
            raise StataError(198, "exact not allowed with fractional counts")
        fisher = contingency.fisher(table)
        scalars["p_exact"] = fisher.p
        out.append(_fisher(fisher.p))
        if fisher.one_sided is not None:
            out.append(_fisher(fisher.one_sided, "1-sided "))
    if found.size == 2:
        out += [
            "",
            "   Continuity corrected:",
            _statistic(f"Pearson chi2({df})", scalars["chi2_cc"], scalars["p_cc"]),
        ]
    ctx.say("\n".join(out))
    return Stored("r", scalars)


def _fisher(p: float, lead: str = "") -> str:
    label = f"{lead}Fisher's exact"
    return f"{label:>25} = {format_number(p, '%5.3f'):>21}"
