"""ameans: Arithmetic, geometric and harmonic means.   ameans [varlist] [if] [in] [weight] [, add(#) only level(#)]

The geometric mean and its interval are those of the logarithms, exponentiated; the harmonic ones those of the
reciprocals, inverted, without an interval when its lower limit is not positive ([R] ameans). Both use positive values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._moments import Moments, moments
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@dataclass(frozen=True)
class Mean:
    n: float
    mean: float
    var: float
    low: float
    high: float


def limits(m: Moments, level: float) -> tuple[float, float]:
    if m.n < 2:
        return math.nan, math.nan
    half = float(dist.invttail(m.n - 1, (1 - level / 100) / 2)) * m.sd / math.sqrt(m.n)
    return m.mean - half, m.mean + half


def three_means(x: np.ndarray, call: Call, w: np.ndarray | None, level: float) -> tuple[Mean, Mean, Mean]:
    """Arithmetic, geometric, harmonic; the last two of the positive values."""
    positive = x > 0
    wp = None if w is None else w[positive]
    plain = moments(x, call.weight, w)
    logs = moments(np.log(x[positive]), call.weight, wp)
    inverse = moments(1 / x[positive], call.weight, wp)
    g_low, g_high = limits(logs, level)
    h_low, h_high = limits(inverse, level)
    defined = h_low > 0
    return (
        Mean(plain.n, plain.mean, plain.var, *limits(plain, level)),
        Mean(logs.n, math.exp(logs.mean), logs.var, math.exp(g_low), math.exp(g_high)),
        Mean(
            inverse.n,
            1 / inverse.mean if inverse.n else math.nan,
            inverse.var,
            1 / h_high if defined else math.nan,
            1 / h_low if defined else math.nan,
        ),
    )


def _line(stub: str, kind: str, m: Mean, star: bool) -> str:
    mean, low, high = (format_number(v, "%9.0g").strip() for v in (m.mean, m.low, m.high))
    n = format_number(m.n, "%11.0gc").strip()
    return f"{stub:>12} |{kind:>11}{n:>13}{mean:>12}{low:>16}{high:>12}{' *' if star else ''}"


@command(
    "ameans",
    min=5,
    klass="r",
    varlist="all",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(Opt("add", 1, "real"), Opt("only", 1), Opt("level", 1, "level")),
    aliases=(("gmeans", 5), ("hmeans", 5)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    level, add = call.opt("level", ctx.settings.level), call.opt("add", 0.0)
    conf = "conf. interval" if ctx.settings.new_headings else "Conf. Interval"
    out = [
        "",
        f"    Variable |    Type             Obs        Mean{f'[{level:g}% {conf}]':>27}",
        "-" * 13 + "+" + "-" * 63,
    ]
    found: tuple[Mean, Mean, Mean] | None = None
    shifted = undefined = False
    for name in call.varlist:
        column = ctx.data.column(name)
        if column.is_string:
            continue
        x = column.values()
        used = call.sample & ~np.isnan(x)
        x, w = x[used], None if call.weight is None else call.weight.values[used]
        star = bool(add) and (not call.has("only") or bool((x <= 0).any()))
        found = three_means(x + add if star else x, call, w, level)
        shifted |= star
        undefined |= bool(found[2].n > 1 and math.isnan(found[2].low))
        if len(out) > 3:
            out.append("-" * 13 + "+" + "-" * 63)
        kinds = ("Arithmetic", "Geometric", "Harmonic")
        for k, (kind, m) in enumerate(zip(kinds, found, strict=True)):
            out.append(_line("" if k else abbrev(name, 12), kind, m, star))
    out.append("-" * 77)
    if shifted:
        out.append(
            f"(*) {format_number(add, '%9.0g').strip()} was added to the variables prior to calculating the results."
        )
    if undefined:
        out += [
            "Missing values in confidence intervals for harmonic mean indicate",
            "that confidence interval is undefined for corresponding variables.",
            "Consult Reference Manual for details.",
        ]
    ctx.say("\n".join(out))
    if found is None:
        return None
    scalars = {"N": found[0].n, "N_pos": found[1].n, "level": level}
    for m, end in zip(found, ("", "_g", "_h"), strict=True):
        scalars |= {f"mean{end}": m.mean, f"Var{end}": m.var, f"lb{end}": m.low, f"ub{end}": m.high}
    return Stored("r", scalars)
