"""estat after mixed: icc, recovariance, group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist, lmm
from pystata_hlm.output.items import Cell, Col, Row, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import Model
    from pystata_hlm.runtime.context import Context


def _parts(ctx: Context) -> tuple[Model, lmm.LmmFit]:
    estimation = ctx.estimation
    return estimation.extra["model"], estimation.fit


# ---------------------------------------------------------------- icc


def intraclass(ctx: Context) -> list[tuple[str, float, float]]:
    """(level text, ICC, standard error by the delta method) from the lowest aggregate to the top level.

    ICC of a level: variances of the constants from the top down to it over all variance; with random slopes the
    value is conditional on zero values of their covariates (noted in the table).
    """
    model, fit = _parts(ctx)
    if model.residual.by:
        raise StataError(322, "estat icc not allowed with heteroskedastic residuals")
    if model.residual.correlated:
        raise StataError(322, "estat icc not allowed with correlated residuals")
    if any(part.factor for plan in model.levels for part in plan.parts):
        raise StataError(322, "estat icc not allowed after crossed-effects models")
    e = ctx.workspace.e
    n_fixed = len(ctx.estimation.recipe)
    vcov_metric = e.matrices["V"].values[n_fixed:, n_fixed:]
    jacobian = fit.jacobian
    vcov = jacobian @ vcov_metric @ jacobian.T
    k = len(fit.params)
    constant = np.zeros((len(model.levels), k))
    for depth, plan in enumerate(model.levels):
        if "_cons" not in plan.effects:
            raise StataError(322, "estat icc requires random intercepts at every level")
        for j, p in enumerate(fit.params):
            if p.level != depth + 1 or p.kind != "var":
                continue
            part = plan.parts[p.equation - 1]
            shared = part.structure in ("identity", "exchangeable")
            if "_cons" in part.effects and (shared or part.effects[p.i - 1] == "_cons"):
                constant[depth, j] = 1.0
    residual = np.array([1.0 if p.kind == "resvar" else 0.0 for p in fit.params])
    total_weights = constant.sum(axis=0) + residual
    total = float(total_weights @ fit.natural)
    out = []
    for depth, _ in enumerate(model.levels):
        weights = constant[: depth + 1].sum(axis=0)
        icc = float(weights @ fit.natural) / total
        gradient = (weights - icc * total_weights) / total
        name = "|".join(plan.name for plan in reversed(model.levels[: depth + 1]))
        out.append((name, icc, math.sqrt(max(float(gradient @ vcov @ gradient), 0.0))))
    return out


def logit_interval(value: float, reach: float) -> tuple[float, float]:
    """Ends of the interval that is symmetric on the logit scale; (0, 1) where that scale tells nothing."""
    if not 0 < value < 1:
        return math.nan, math.nan
    half = reach / (value * (1 - value))
    if half > 600:
        return 0.0, 1.0
    logit = math.log(value / (1 - value))
    low, high = (1 / (1 + math.exp(-max(logit + sign * half, -700.0))) for sign in (-1, 1))
    return low, high


@postestimation("estat icc", "mixed")
def icc(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat icc [, level(#)]"""
    options = typed_options(call.option_nodes, (Opt("level", 1, "level"),), (), ctx)
    model, _ = _parts(ctx)
    slopes = any(plan.effects != ("_cons",) for plan in model.levels)
    return show_icc(intraclass(ctx), slopes, options.get("level", ctx.settings.level), ctx)


def show_icc(found: list[tuple[str, float, float]], slopes: bool, level: float, ctx: Context) -> Stored:
    """The table of (level, correlation, standard error) and r(); ``slopes``: conditional on zero covariates."""
    z = float(dist.invnormal(1 - (1 - level / 100) / 2))
    rows: list[Row] = []
    scalars: dict[str, float] = {}
    cis: dict[str, StataMatrix] = {}
    for k, (name, value, se) in enumerate(found, 1):
        low, high = logit_interval(value, z * se)
        rows.append(Row(name, tuple(Cell(x, "%9.0g") for x in (value, se, low, high))))
        scalars |= {f"icc{k + 1}": value, f"se{k + 1}": se}
        cis[f"ci{k + 1}"] = StataMatrix.make([[low, high]], ("r1",), ("ll", "ul"))
    new = ctx.settings.new_headings
    ctx.say(f"\n{'Conditional intraclass correlation' if slopes else 'Intraclass correlation'}\n")
    interval = f"[{level:g}% {'conf. interval' if new else 'Conf. Interval'}]"
    table = Table(
        "Level",
        layout.STUB,
        (Col("ICC", 11), Col("se", 11), Col("ll", 14), Col("ul", 12)),
        tuple(rows),
        top=True,
        bottom=True,
        head_text=(f"{'ICC':>11}{'Std. err.' if new else 'Std. Err.':>12}{interval:>25}",),
        name="icc",
    )
    ctx.emit(table)
    if slopes:
        ctx.say("Note: ICC is conditional on zero values of random-effects covariates.")
    return Stored("r", scalars={**scalars, "level": level}, matrices=cis)


# ---------------------------------------------------------------- covariances, groups


@postestimation("estat recovariance", "mixed")
def recovariance(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat recovariance [, relevel(level) correlation]"""
    options = typed_options(
        call.option_nodes, (Opt("relevel", 5, "text"), Opt("correlation", 4)), ("matlist_options",), ctx
    )
    model, fit = _parts(ctx)
    correlation = "correlation" in options
    matrices = {}
    shown = [k for k, plan in enumerate(model.levels) if options.get("relevel") in (None, plan.name)]
    if not shown:
        raise StataError(198, f"{options.get('relevel')} is not a level variable of this model")
    for k in shown:
        plan = model.levels[k]
        values = np.asarray(fit.levels[k].covariance)
        if correlation:
            sd = np.sqrt(np.diag(values))
            values = values / np.outer(sd, sd)
        names = plan.effects
        rows = tuple(
            Row(abbrev(name, 12), tuple(Cell(float(values[i, j]), "%9.0g") for j in range(i + 1)))
            for i, name in enumerate(names)
        )
        what = "correlation" if correlation else "covariance"
        ctx.say(f"\nRandom-effects {what} matrix for level {plan.name}\n")
        columns = tuple(Col(abbrev(name, 10), 11 if j else 10) for j, name in enumerate(names))
        width = 15 + sum(col.width for col in columns)  # the rule covers the blank after the last column
        ctx.emit(Table("", 12, columns, rows, row_end=" ", name=what, width=width))
        number = "" if len(shown) == 1 else str(k + 2)
        matrices[("Corr" if correlation else "Cov") + number] = StataMatrix(values, names, names)
    return Stored("r", scalars={"relevels": float(len(shown))}, matrices=matrices)


@postestimation("estat group", "mixed")
def group(call: Call, ctx: Context, words: list[str]) -> None:
    """estat group"""
    typed_options(call.option_nodes, (), (), ctx)
    model, _ = _parts(ctx)
    ctx.say()
    ctx.emit(layout.grouping_table(model.groups, ctx.settings))
