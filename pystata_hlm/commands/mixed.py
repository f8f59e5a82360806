"""mixed: multilevel mixed-effects linear regression.   mixed depvar [fe_equation] [|| level: [varlist] [, covariance()]]... [, options]

Estimates are the optimum of the (restricted) likelihood; the engine is ``numeric.lmm``. e(b) is in Stata's
metric: fixed effects, log standard deviations ``lns``, inverse hyperbolic tangents of correlations ``atr``,
``lnsig_e``, and for ``residuals(independent, by())`` the log ratios ``r_lns#ose``. e(V) is block-diagonal.
Errors: r(430) no convergence, r(2000) no observations, r(198) options.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    dependent,
    design_of,
    mark_complete,
    parse_vce,
)
from pystata_hlm.commands._mixed_model import (
    ALL,
    LevelPlan,
    Model,
    effect_terms,
    engine_levels,
    plan_levels,
    settle,
    without_empty,
)
from pystata_hlm.commands._mixed_residuals import ResidualPlan, engine_spec, residual_plan, stratum_texts
from pystata_hlm.commands._mixed_results import results
from pystata_hlm.commands._mixed_show import show
from pystata_hlm.commands._mixed_weights import (
    RowWeighting,
    cluster_copies,
    group_infos,
    n_observations,
    narrow,
    on_rows,
    weight_macros,
    weighting_of,
)
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import lmm
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.design.recipe import DesignRecipe
    from pystata_hlm.runtime.context import Context

DISPLAY = (
    Opt("level", 1, "level"),
    Opt("variance", 3),
    Opt("stddeviations", 3),
    Opt("noretable", 5),
    Opt("nofetable", 5),
    Opt("noheader", 4),
    Opt("nogroup", 4),
    Opt("nolrtest", 4),
    Opt("baselevels", 5),
    Opt("allbaselevels", 7),
)

MODEL = (
    Opt("noconstant", 5),
    Opt("mle", 2),
    Opt("ml", 2),
    Opt("reml", 4),
    Opt("vce", 3, "text"),
    Opt("robust", 1),
    Opt("cluster", 2, "varname"),
    Opt("residuals", 3, "text"),
    Opt("nolog", 5),
    Opt("log", 3),
    Opt("iterate", 4, "int"),
    Opt("emiterate", 4, "int"),
    Opt("emtolerance", 4, "real"),
    Opt("tolerance", 3, "real"),
    Opt("ltolerance", 4, "real"),
    Opt("nrtolerance", 4, "real"),
    Opt("nonrtolerance", 6),
    Opt("technique", 4, "text"),
    Opt("difficult", 3),
    Opt("matsqrt", 7),
    Opt("pwscale", 3, "text"),
    Opt("covariance", 3, "text"),
)

UNSUPPORTED = (
    "dfmethod:3",
    "dftable:3",
    "small",
    "emonly:3",
    "emlog",
    "emdots:3",
    "estmetric:4",
    "showtolerance:5",
    "trace",
    "gradient:4",
    "hessian:4",
    "showstep:5",
    "matlog",
    "constraints:5",
    "coeflegend:5",
    "nostderr",
    "cformat",
    "pformat",
    "sformat",
    "noomitted:4",
    "vsquish",
    "noemptycells",
    "nofvlabel",
    "fvwrap",
    "fvwrapon",
    "nolstretch",
)


# ---------------------------------------------------------------- fitting


def control_of(call: Call) -> lmm.Control:
    changes: dict[str, Any] = {}
    for option, name in (("iterate", "max_iter"), ("emiterate", "em_iter"), ("emtolerance", "em_tol")):
        if call.has(option):
            changes[name] = call.opt(option)
    for option, name in (
        ("tolerance", "log_tol"),
        ("ltolerance", "log_ltol"),
        ("nrtolerance", "log_nrtol"),
    ):
        if call.has(option):
            if call.opt(option) < 0:
                raise StataError(198, f"option {option}() incorrectly specified")
            changes[name] = call.opt(option)
    if call.has("nonrtolerance"):
        if call.has("nrtolerance"):
            raise StataError(198, "options nrtolerance() and nonrtolerance may not be combined")
        changes["log_nrtol"] = None
    technique = call.opt("technique", "nr").split()
    if technique != ["nr"]:
        if len(technique) == 1 and technique[0] in ("bhhh", "dfp", "bfgs"):
            raise StataError(198, f"technique({technique[0]}) not yet supported")
        raise StataError(198, f"option technique() incorrectly specified: {call.opt('technique')}")
    return replace(lmm.Control(), **changes, difficult=call.has("difficult"))


def fit(
    y: np.ndarray,
    x: np.ndarray,
    levels: tuple[lmm.Level, ...],
    reml: bool,
    strata: np.ndarray | None,
    control: lmm.Control,
    weights: np.ndarray | None = None,
    residuals: lmm.ResidualSpec | None = None,
) -> lmm.LmmFit:
    with stata_words():
        return lmm.fit_lmm(
            y,
            x,
            levels,
            reml=reml,
            residual_groups=strata,
            control=control,
            weights=weights,
            residuals=residuals,
        )


@contextmanager
def stata_words() -> Iterator[None]:
    """The engine's errors in Stata's words."""
    try:
        yield
    except lmm.NoObservationsError:
        raise StataError.no_observations() from None
    except lmm.InsufficientObservationsError:
        raise StataError.insufficient_observations() from None
    except lmm.NotConvergedError:
        raise StataError(430, "convergence not achieved") from None
    except lmm.PerfectFitError:
        raise StataError(498, "the residual variance is zero: the model fits the data perfectly") from None
    except lmm.LmmError as error:
        raise StataError(498, str(error)) from None


def sample_of(
    call: Call,
    model_terms: tuple[str, ...],
    levels: tuple[LevelPlan, ...],
    residual: ResidualPlan,
    vce: Vce,
    ctx: Context,
) -> np.ndarray:
    names = [name for level in levels for part in level.parts for name in part.variables]
    names += [level.name for level in levels if level.name != ALL]
    names += [name for name in (residual.by, residual.time, vce.cluster) if name]
    return mark_complete((*model_terms, *names), call.sample, ctx)


DECLARATION: dict[str, Any] = {
    "klass": "e",
    "syntax": "mixed",
    "byable": "loop",
    "weights": ("fweight", "pweight"),
    "estimation": True,
    "replay_options": tuple(o.name for o in DISPLAY),
    "options": (*DISPLAY, *MODEL),
    "unsupported": UNSUPPORTED,
}
"""What ``mixed`` and ``xtmixed`` declare alike."""


@command("mixed", **DECLARATION)
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(call, ctx)
    return None


def estimate(call: Call, ctx: Context) -> None:
    """``mixed``, and ``xtmixed`` when the call is its."""
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    node: nodes.Mixed = call.node
    depvar, terms = dependent(call.terms, ctx)
    if call.has("covariance"):
        raise StataError(198, "option covariance() not allowed")
    if call.has("reml") and (call.has("mle") or call.has("ml")):
        raise StataError(198, "options reml and mle may not be combined")
    reml = call.has("reml")
    if ctx.workspace.partitions:
        from pystata_hlm.commands import _mixed_parquet

        found_there = _mixed_parquet.estimate(call, ctx, control_of(call), stata_words)
        finish(call, *found_there, np.zeros(ctx.data.n, dtype=bool), ctx)
        return
    levels = without_empty(plan_levels(node.equations, ctx))
    residual = residual_plan(call.opt("residuals"), ctx)
    if levels and not residual.correlated and not residual.by and all(plan.empty for plan in levels):
        ctx.say("Note: all random-effects equations are empty; model is linear regression")
        levels = ()
    vce = parse_vce(
        call.opt("vce"), call.has("robust"), call.opt("cluster"), "oim", ("oim", "robust", "cluster"), ctx
    )
    if vce.kind != "oim" and reml:
        raise StataError(198, f"vce({vce.kind}) not allowed with restricted maximum likelihood")
    weighting = weighting_of(call, levels, reml, ctx)
    if weighting.any and residual.correlated:
        raise StataError(101, f"weights not allowed with residuals({residual.kind})")
    if weighting.sampling and vce.kind == "oim":
        if call.has("vce"):
            raise StataError(198, "vce(oim) not allowed with sampling weights")
        vce = replace(vce, kind="robust")
    sample = narrow(sample_of(call, (depvar,), levels, residual, vce, ctx), weighting)
    found, rows = design_of(terms, sample, ctx, (depvar,), not call.has("noconstant"))
    levels = tuple(
        replace(plan, parts=tuple(settle(part, ctx, rows) for part in plan.parts)) for plan in levels
    )
    for plan in levels:
        for part in plan.parts:
            if len(part.effects) == 1 and part.asked not in (None, "identity"):
                ctx.say(
                    f"note: single-variable random-effects specification in {part.level} equation; covariance\n"
                    "      structure set to identity"
                )
    strata, texts = stratum_texts(residual.by, rows, ctx)
    spec = engine_spec(residual, levels, strata, rows, ctx)
    y = ctx.data.values(depvar)[rows]
    weights = on_rows(weighting, levels, rows, ctx)
    design = engine_levels(levels, ctx.data, rows, weights)
    fitted = fit(
        y, found.x, design, reml, None if spec else strata, control_of(call), weights.observations, spec
    )
    model = describe(fitted, levels, residual, reml, vce, weights, rows, ctx)
    model = replace(
        model, strata=texts, legacy=call.command == "xtmixed", weights=weight_macros(call, weighting)
    )
    finish(call, depvar, found.recipe, fitted, model, rows, ctx)


def finish(
    call: Call,
    depvar: str,
    recipe: DesignRecipe,
    fitted: lmm.LmmFit,
    model: Model,
    rows: np.ndarray,
    ctx: Context,
) -> None:
    """The iteration log, e(), and the output."""
    if not call.has("nolog") and ctx.settings.iterlog and (model.levels or model.residual.correlated):
        settings = (
            replace(ctx.settings, release=min(ctx.settings.release, 16)) if model.legacy else ctx.settings
        )
        trace = fitted.optimisation.trace
        for item in layout.iteration_log(trace, settings, model.reml, model.robust is not None):
            ctx.emit(item)
    if fitted.correlated is not None and not fitted.correlated.identified:
        ctx.say("standard error calculation has failed")
    stored = results(call, depvar, recipe, fitted, model, rows)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def describe(
    fitted: lmm.LmmFit,
    levels: tuple[LevelPlan, ...],
    residual: ResidualPlan,
    reml: bool,
    vce: Vce,
    weights: RowWeighting,
    rows: np.ndarray,
    ctx: Context,
) -> Model:
    """Names, group keys and the robust covariance."""
    terms = effect_terms(levels, fitted, ctx.data, rows)
    robust, n_clusters = None, None
    if vce.kind == "cluster":
        codes, n_clusters = cluster_codes(vce.cluster, rows, ctx)
        if fitted.arrangement is not None:
            raise StataError(459, "highest-level groups are not nested within " + vce.cluster)
        if levels:
            top = fitted.levels[0].row_group
            first = np.zeros(fitted.levels[0].n_groups, dtype=np.intp)
            first[top] = codes
            if (first[top] != codes).any():
                raise StataError(459, "highest-level groups are not nested within " + vce.cluster)
        robust = fitted.robust(codes)
    elif vce.kind == "robust":
        if levels and levels[0].name == ALL:
            raise StataError(198, "vce(robust) not allowed: all observations are one highest-level group")
        if fitted.arrangement is not None:
            raise StataError(198, "vce(robust) with R.varname not yet supported")
        copies = cluster_copies(fitted, weights)
        robust = fitted.robust(None if levels else np.arange(fitted.n), copies)
        if levels:
            vce = Vce("robust", levels[0].name)
            n_clusters = robust.n_clusters
    infos = group_infos(levels, fitted, weights)
    n = n_observations(fitted, weights)
    return Model(levels, residual, reml, vce, n_clusters, terms, robust, n=n, groups=infos)
