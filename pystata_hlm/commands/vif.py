"""vif: variance inflation factors after regress.   estat vif [, uncentered]   (also: vif)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import label_lookup
from pystata_hlm.commands.regress import _centred
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def compute(estimation: Estimation, uncentered: bool) -> list[tuple[str, float]]:
    """(term, VIF) in descending order: diag((X'X)^-1) times the sum of squares of each regressor."""
    fit = estimation.fit
    w = np.ones(len(fit.y)) if fit.w is None else fit.w
    if uncentered:
        inverse, squares = fit.xtx_inv, w @ fit.x**2
        positions = range(fit.k)
    else:
        inverse, squares = fit.xtx_inv, np.diag(_centred(fit))
        positions = range(fit.df_model)
    names = [estimation.recipe.columns[k].name for k in estimation.recipe.kept]
    names = ["intercept" if name == "_cons" else name for name in names]
    found = [(names[j], float(inverse[j, j] * squares[j])) for j in positions]
    return sorted(found, key=lambda pair: -pair[1])


def layout(found: list[tuple[str, float]], ctx: Context) -> Table:
    c = _coeftable.Coefficients(
        names=[name for name, _ in found],
        status=["ok"] * len(found),
        b=np.zeros(len(found)),
        se=np.zeros(len(found)),
    )
    body: list[Row | Rule] = []
    for block in _coeftable.blocks_of(c, label_lookup(ctx)):
        if block.heading:
            body += [Row(line) for line in _coeftable.stub_lines(block.heading, 12)]
        for text, k in block.rows:
            vif = found[k][1]
            *before, last = _coeftable.stub_lines(text + " " if block.heading else text, 12)
            body += [Row(line) for line in before]
            body.append(Row(last, (Cell(vif, "%9.2f"), Cell(1 / vif, "%8.6f"))))
    mean = float(np.mean([vif for _, vif in found]))
    body += [Rule(), Row("Mean VIF", (Cell(mean, "%9.2f"),))]
    return Table(
        "Variable",
        12,
        (Col("VIF", 10), Col("1/VIF", 12)),
        tuple(body),
        head_text=("       VIF       1/VIF  ",),
        name="vif",
    )


@postestimation("estat vif", "regress")
def estat_vif(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat vif [, uncentered]"""
    options = typed_options(call.option_nodes, (Opt("uncentered", 3),), (), ctx)
    found = compute(ctx.estimation, "uncentered" in options)
    if not found:
        raise StataError(321, "not appropriate after regress without regressors")
    ctx.say()
    ctx.emit(layout(found, ctx))
    scalars = {f"vif_{k + 1}": vif for k, (_, vif) in enumerate(found)}
    return Stored("r", scalars=scalars, macros={f"name_{k + 1}": name for k, (name, _) in enumerate(found)})


@command("vif", klass="r", syntax="anything", allow=set(), any_option=True)
def run(call: Call, ctx: Context) -> Stored:
    estimation = ctx.workspace.e.estimation
    if estimation is None:
        raise StataError.last_estimates_not_found()
    if estimation.cmd != "regress":
        raise StataError(301, "last estimates not found")
    return estat_vif(call, ctx, [])
