"""predict after mixed: xb stdp fitted residuals rstandard reffects reses.

Random effects are looked up by the group's values, so predictions are right after the data have been sorted and
reach every observation of a group of the estimation sample; groups outside it have missing random effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _mixed_residuals as residuals
from pystata_hlm.commands._mixed_model import ALL
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import lmm
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Estimation
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import Model
    from pystata_hlm.runtime.context import Context

STATISTICS = (
    Opt("xb", 2),
    Opt("stdp", 4),
    Opt("fitted", 3),
    Opt("residuals", 3),
    Opt("rstandard", 3),
    Opt("reffects", 3),
    Opt("reses", 5),
)
LABELS = {
    "xb": "Linear prediction, fixed portion",
    "stdp": "S.E. of the linear prediction, fixed portion",
    "fitted": "Fitted values: xb + Zu",
    "residuals": "Residuals",
    "rstandard": "Standardized residuals",
}


@postestimation("predict", "mixed")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict [type] newvar|stub*|newvarlist [if] [in] [, xb stdp fitted residuals rstandard reffects reses relevel(level)]"""
    statistic, options = choose(
        request, ctx, STATISTICS, (Opt("relevel", 5, "text"),), ("scores", "nooffset", "level")
    )
    estimation = ctx.estimation
    if statistic is None:
        statistic = "xb"
        ctx.say("(option xb assumed)")
    model: Model = estimation.extra["model"]
    if model.partitioned and statistic not in ("xb", "stdp"):
        raise StataError(
            198,
            f"option {statistic} not allowed: the model was fitted to Parquet data, not to those in memory",
        )
    depth = level_depth(options.get("relevel"), model, ctx)
    if depth is not None and statistic in ("xb", "stdp"):
        raise StataError(198, f"option relevel() not allowed with {statistic}")
    if statistic in ("reffects", "reses"):
        return random_effects(request, estimation, model, statistic, depth, ctx)
    name = request.names(1)[0]
    values = single(estimation, model, statistic, depth, ctx)
    return [(name, Prediction(values, LABELS[statistic]))]


def level_depth(relevel: str | None, model: Model, ctx: Context) -> int | None:
    """Position of ``relevel(name)``, None when the option was not given."""
    if relevel is None:
        return None
    name = relevel if relevel == ALL else ctx.data.find(relevel)
    for k, plan in enumerate(model.levels):
        if plan.name == name:
            return k
    raise StataError(198, f"{relevel} is not a level variable of this model")


def single(
    estimation: Estimation, model: Model, statistic: str, depth: int | None, ctx: Context
) -> np.ndarray:
    """One value for each observation."""
    data, recipe = ctx.data, estimation.recipe
    fitted: lmm.LmmFit = estimation.fit
    if statistic == "stdp":
        x = recipe.evaluate(data)
        kept = recipe.kept
        v = estimation.vcov[np.ix_(kept, kept)]
        return np.sqrt(np.einsum("ij,jk,ik->i", x, v, x))
    xb = np.asarray(recipe.linear(data, estimation.b), dtype=float)
    if statistic == "xb":
        return xb
    total = xb
    for k, term in enumerate(model.terms):
        if depth is None or term.depth <= depth:
            total = total + random_part(fitted, model, k, ctx)
    if statistic == "fitted":
        return total
    residual = data.values(estimation.depvar) - total
    if statistic == "residuals":
        return np.asarray(residual)
    if fitted.correlated is not None:
        return residuals.standardised(fitted, model, np.asarray(residual), ctx)
    return np.asarray(residual / residual_sd(fitted, model, ctx))


def residual_sd(fitted: lmm.LmmFit, model: Model, ctx: Context) -> np.ndarray | float:
    sds = np.sqrt(fitted.residual_variances)
    if not model.residual.by:
        return float(sds[0])
    by = model.residual.by
    sample = ctx.workspace.e_sample()
    groups = ctx.data.groups([by], sample)
    known = ctx.data.values(by)[groups.first_rows]
    values = ctx.data.values(by)
    place = np.clip(np.searchsorted(known, values), 0, len(known) - 1)
    return np.where(known[place] == values, sds[place], np.nan)


def gather(per_group: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Group values spread over the observations; missing where the group is unknown."""
    out = per_group[np.maximum(index, 0)]
    out[index < 0] = np.nan
    return out


def random_part(fitted: lmm.LmmFit, model: Model, k: int, ctx: Context) -> np.ndarray:
    """Z u of one term."""
    term = model.terms[k]
    u = gather(fitted.effects[k].values, term.keys.locate(ctx.data))
    return np.einsum("ij,ij->i", term.columns(ctx.data), u)


def random_effects(
    request: Request, estimation: Estimation, model: Model, statistic: str, depth: int | None, ctx: Context
) -> list[tuple[str, Prediction]]:
    """One variable for each random effect, levels from the top down; for R.varname that of the row's own value."""
    fitted: lmm.LmmFit = estimation.fit
    titles, columns = [], []
    what = "BLUP r.e." if statistic == "reffects" else "BLUP r.e. std. err."
    for term, effects in zip(model.terms, fitted.effects, strict=True):
        if depth is not None and term.depth != depth:
            continue
        source = effects.values if statistic == "reffects" else effects.standard_errors
        values = gather(source, term.keys.locate(ctx.data))
        for j, name in enumerate(term.effects):
            titles.append(f"{what} for {model.levels[term.depth].name}: {name}")
            columns.append(values[:, j])
    if not columns:
        raise StataError(198, "the model has no random effects")
    names = request.names(len(columns))
    return [(n, Prediction(v, t)) for n, v, t in zip(names, columns, titles, strict=True)]
