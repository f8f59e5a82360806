"""sktest: Skewness and kurtosis tests for normality.   sktest varlist [if] [in] [weight] [, noadjust]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._moments import fsum
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import normality
from pystata_hlm.output.items import Cell, Col, Row, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt


def compute(x: np.ndarray, w: np.ndarray | None, kind: str, adjust: bool) -> normality.NormalityTest:
    """The tests; with fewer than eight observations every figure but n is missing."""
    if w is not None and kind == "aweight":
        w = w * (x.size / fsum(w))
    n = float(x.size if w is None else w.sum())
    if n < normality.MIN_OBS:
        nan = np.nan
        return normality.NormalityTest(n, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan)
    return normality.skewness_kurtosis_test(x, w, adjust=adjust)


def head_text(settings: Settings, adjust: bool) -> tuple[str, ...]:
    if settings.new_headings:
        chi2 = "Adj chi2(2)" if adjust else "chi2(2)"
        return (f"       Obs   Pr(skewness)   Pr(kurtosis){chi2:>14}  Prob>chi2",)
    chi2 = "adj chi2(2)" if adjust else "chi2(2)"
    return (f"        Obs  Pr(Skewness)  Pr(Kurtosis){chi2:>12}   Prob>chi2",)


def layout(rows: list[tuple[str, normality.NormalityTest]], settings: Settings, adjust: bool) -> Table:
    widths = (10, 15, 15, 14, 11) if settings.new_headings else (11, 11, 14, 12, 15)
    formats = ("%10.0fc", "%6.4f", "%6.4f", "%9.2f", "%6.4f")
    body = tuple(
        Row(
            abbrev(name, 12),
            tuple(
                Cell(v, f)
                for v, f in zip((t.n, t.p_skewness, t.p_kurtosis, t.chi2, t.p), formats, strict=True)
            ),
        )
        for name, t in rows
    )
    columns = tuple(Col("", width) for width in widths)
    return Table("Variable", 12, columns, body, head_text=head_text(settings, adjust), name="sktest")


@command(
    "sktest",
    klass="r",
    varlist="required",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(Opt("noadjust", 3),),
)
def run(call: Call, ctx: Context) -> Stored | None:
    adjust = not call.has("noadjust")
    rows = []
    kind = call.weight.kind if call.weight is not None else ""
    for name in call.varlist:
        column = ctx.data.column(name)
        if column.is_string:
            raise StataError.type_mismatch()
        x = column.values()
        used = call.sample & ~np.isnan(x)
        w = None if call.weight is None else call.weight.values[used]
        rows.append((name, compute(x[used], w, kind, adjust)))
    if ctx.settings.new_headings:
        ctx.say("\nSkewness and kurtosis tests for normality")
        ctx.say(" " * 57 + "----- Joint test -----")
    else:
        ctx.say("\n" + " " * 20 + "Skewness/Kurtosis tests for Normality")
        ctx.say(" " * 58 + "------ joint ------")
    ctx.emit(layout(rows, ctx.settings, adjust))
    names = tuple(name for name, _ in rows)
    last = rows[-1][1]
    table = np.array([[t.p_skewness, t.p_kurtosis, t.chi2, t.p] for _, t in rows])
    return Stored(
        "r",
        {"P_skew": last.p_skewness, "P_kurt": last.p_kurtosis, "chi2": last.chi2, "P_chi2": last.p},
        {},
        {
            "N": StataMatrix(np.array([[t.n] for _, t in rows]), names, ("N",)),
            "Utest": StataMatrix(table, names, ("P_skew", "P_kurt", "chi2", "P_chi2")),
        },
    )
