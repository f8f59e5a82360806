"""estat after the generalised mixed commands: icc, group, sd, recovariance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands import _glmm_layout as layout
from pystata_hlm.commands._glmm_model import GlmmModel, reported
from pystata_hlm.commands._glmm_predict import CMDS
from pystata_hlm.commands._glmm_show import heading_of, natural_scale
from pystata_hlm.commands._mixed_estat import show_icc
from pystata_hlm.commands._mixed_layout import component, grouping_table
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def latent_variance(model: GlmmModel, aux: np.ndarray) -> float:
    """Variance of the latent error: pi^2/3, 1, pi^2/6; r(321) for outcomes without one."""
    if model.outcome.family in ("bernoulli", "binomial", "ordinal"):
        return model.link.variance
    if model.outcome.family == "gaussian" and model.outcome.link == "identity":
        return float(np.exp(aux[0]))
    raise StataError(321, f"estat icc not allowed after {model.command} with family {model.outcome.family}")


def intraclass(ctx: Context) -> list[tuple[str, float, float]]:
    """(level, ICC, standard error by the delta method) from the top level down."""
    estimation = ctx.estimation
    model: GlmmModel = estimation.extra["model"]
    fit = estimation.fit
    p, stop = fit.problem.p, fit.problem.n_index
    residual = latent_variance(model, fit.aux)
    vcov = estimation.extra["engine_vcov"]
    free = stop - p
    constant = np.zeros((len(model.levels), free))
    k = 0
    for depth, plan in enumerate(model.levels):
        if "_cons" not in plan.effects:
            raise StataError(322, "estat icc requires random intercepts at every level")
        for part in plan.parts:
            for i, j in reported(len(part.effects), part.structure):
                shared = part.structure in ("identity", "exchangeable")
                if i == j and (part.effects[i] == "_cons" or (shared and "_cons" in part.effects)):
                    constant[depth, k] = 1.0
                k += 1
    natural = fit.theta[p:stop]
    weights = constant.sum(axis=0)
    total = float(weights @ natural) + residual
    out = []
    for depth in range(len(model.levels)):
        own = constant[: depth + 1].sum(axis=0)
        icc = float(own @ natural) / total
        gradient = np.zeros(fit.problem.size)
        gradient[p:stop] = (own - icc * weights) / total
        if model.outcome.family == "gaussian":
            gradient[stop] = -icc * residual / total
        name = "|".join(plan.name for plan in reversed(model.levels[: depth + 1]))
        out.append((name, icc, math.sqrt(max(float(gradient @ vcov @ gradient), 0.0))))
    return out


@postestimation("estat icc", *CMDS)
def icc(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat icc [, level(#)]"""
    options = typed_options(call.option_nodes, (Opt("level", 1, "level"),), (), ctx)
    model: GlmmModel = ctx.estimation.extra["model"]
    slopes = any(plan.effects != ("_cons",) for plan in model.levels)
    return show_icc(intraclass(ctx), slopes, options.get("level", ctx.settings.level), ctx)


@postestimation("estat group", *CMDS)
def group(call: Call, ctx: Context, words: list[str]) -> None:
    """estat group"""
    typed_options(call.option_nodes, (), (), ctx)
    ctx.say()
    ctx.emit(grouping_table(heading_of(ctx.estimation, ctx.workspace.e, {}).groups, ctx.settings))


@postestimation("estat sd", *CMDS)
def sd(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat sd [, level(#)]"""
    options = typed_options(
        call.option_nodes, (Opt("level", 1, "level"),), ("variance", "verbose", "post", "coeflegend"), ctx
    )
    level = options.get("level", ctx.settings.level)
    estimation = ctx.estimation
    model: GlmmModel = estimation.extra["model"]
    values, ses = natural_scale(estimation, ctx.workspace.e, True)
    blocks, scalars, k = [], {}, 0
    for depth, plan in enumerate(model.levels):
        first: list[layout.FreeRow] = []
        second: list[layout.FreeRow] = []
        for part in plan.parts:
            for i, j in reported(len(part.effects), part.structure):
                kind = "sd" if i == j else "corr"
                inside = part.effects[i] if i == j else f"{part.effects[j]},{part.effects[i]}"
                label = f"{kind}({inside})"
                row = layout.FreeRow(
                    label, component(label, kind, float(values[k]), float(ses[k]), level), i != j
                )
                (first if i == j else second).append(row)
                scalars[f"{kind}{k + 1}"] = float(values[k])
                k += 1
        blocks += [layout.FreeBlock(model.path(depth), tuple(rows)) for rows in (first, second) if rows]
    nothing = np.zeros(0)
    c = _coeftable.Coefficients((), (), nothing, nothing, level=level)
    ctx.say()
    ctx.emit(layout.parameter_table(c, tuple(blocks), None, ctx.settings, lambda name, value: None))
    return Stored("r", scalars=scalars)
