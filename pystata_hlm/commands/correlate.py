"""correlate: Correlations or covariances.   correlate [varlist] [if] [in] [weight] [, means covariance wrap]

Layout: ../shared/cases/correlate_wrapped.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._correlations import Pairwise, pairwise, triangle
from pystata_hlm.commands._moments import moments
from pystata_hlm.commands.summarize import sd_head
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.output.items import Cell, Col, Row, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt


def numeric_names(call: Call, ctx: Context) -> list[str]:
    """The numeric variables; string variables are named and left out."""
    names = []
    for name in call.varlist:
        if ctx.data.column(name).is_string:
            ctx.say(f"({name} ignored because string variable)")
        elif name not in names:
            names.append(name)
    return names


def means_table(
    names: list[str], x: np.ndarray, call: Call, w: np.ndarray | None, settings: Settings
) -> Table:
    body = []
    for k, name in enumerate(names):
        m = moments(x[:, k], call.weight, w)
        body.append(Row(abbrev(name, 12), tuple(Cell(v) for v in (m.mean, m.sd, m.min, m.max))))
    columns = (Col("Mean", 13), Col(sd_head(settings), 13), Col("Min", 13), Col("Max", 13))
    return Table("Variable", 12, columns, tuple(body), name="means")


def layout(names: list[str], found: Pairwise, covariance: bool, linesize: int, wrap: bool) -> str:
    values, fmt = (found.cov, "%8.0g") if covariance else (found.r, "%9.4f")

    def block(i: int, columns: range) -> list[str]:
        return ["".join(format_number(float(values[i, j]), fmt).rjust(9) for j in columns)]

    return triangle(names, block, linesize, wrap)


def stored(names: list[str], found: Pairwise, n: float, covariance: bool) -> Stored:
    scalars = {"N": n}
    if len(names) > 1:
        scalars["rho"] = float(found.r[0, 1])
        if covariance:
            scalars |= {"cov_12": float(found.cov[0, 1])}
            scalars |= {"Var_1": float(found.cov[0, 0]), "Var_2": float(found.cov[1, 1])}
    matrix = StataMatrix(found.cov if covariance else found.r, tuple(names), tuple(names))
    return Stored("r", scalars, {}, {"C": matrix})


@command(
    "correlate",
    min=3,
    klass="r",
    varlist="all",
    byable="loop",
    weights=("aweight", "fweight", "iweight", "pweight"),
    options=(Opt("means", 1), Opt("covariance", 1), Opt("wrap", 1)),
    unsupported=("_coef:2",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    names = numeric_names(call, ctx)
    if not names:
        raise StataError.varlist_required()
    x = np.column_stack([ctx.data.column(name).values() for name in names])
    rows = call.sample & ~np.isnan(x).any(1)
    x = x[rows]
    if not len(x):
        raise StataError.no_observations()
    if len(x) == 1:
        raise StataError.insufficient_observations()
    weight = call.weight
    kind = "fweight" if weight is None else weight.kind
    if call.has("covariance") and kind == "pweight":
        raise StataError(404, "not possible with pweighted data")
    w = None if weight is None else weight.values[rows]
    found = pairwise(x, w, kind)
    n = float(found.n[0, 0])
    if weight is not None and kind != "fweight":
        ctx.say(f"(sum of wgt is {format_number(float(w.sum()), '%10.4e').strip()})")  # type: ignore[union-attr]
    ctx.say(f"(obs={n:,.0f})")
    if call.has("means"):
        ctx.say()
        ctx.emit(means_table(names, x, call, w, ctx.settings))
        ctx.say()
    ctx.say(layout(names, found, call.has("covariance"), ctx.settings.linesize, not call.has("wrap")))
    return stored(names, found, n, call.has("covariance"))
