"""mixed: multilevel mixed-effects linear regression.   mixed depvar [fe_equation] [|| level: [varlist] [, covariance()]]... [, options]

Estimates are the optimum of the (restricted) likelihood; the engine is ``numeric.lmm``. e(b) is in Stata's
metric: fixed effects, log standard deviations ``lns``, inverse hyperbolic tangents of correlations ``atr``,
``lnsig_e``, and for ``residuals(independent, by())`` the log ratios ``r_lns#ose``. e(V) is block-diagonal.
Errors: r(430) no convergence, r(2000) no observations, r(198) options.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    coefficients,
    dependent,
    design_of,
    equation_matrix,
    label_lookup,
    mark_complete,
    parse_vce,
    square_matrix,
)
from pystata_hlm.commands._labels import level_label
from pystata_hlm.commands._mixed_model import (
    ALL,
    GroupKeys,
    LevelPlan,
    ResidualPlan,
    drop_collinear,
    engine_levels,
    plan_levels,
    residual_plan,
)
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import dist, lmm, ols
from pystata_hlm.output.items import Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
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

_MODEL = (
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
    Opt("covariance", 3, "text"),
)


@dataclass(frozen=True)
class Model:
    """What was fitted, with the names that the output needs (kept in ``Estimation.extra['model']``)."""

    levels: tuple[LevelPlan, ...]
    residual: ResidualPlan
    reml: bool
    vce: Vce
    n_clusters: int | None
    keys: tuple[GroupKeys, ...]
    robust: lmm.RobustVcov | None


# ---------------------------------------------------------------- fitting


def control_of(call: Call) -> lmm.Control:
    changes: dict[str, Any] = {}
    for option, name in (("iterate", "max_iter"), ("emiterate", "em_iter"), ("emtolerance", "em_tol")):
        if call.has(option):
            changes[name] = call.opt(option)
    return replace(lmm.Control(), **changes)


def fit(
    y: np.ndarray,
    x: np.ndarray,
    levels: tuple[lmm.Level, ...],
    reml: bool,
    strata: np.ndarray | None,
    control: lmm.Control,
) -> lmm.LmmFit:
    """The engine's errors in Stata's words."""
    try:
        return lmm.fit_lmm(y, x, levels, reml=reml, residual_groups=strata, control=control)
    except lmm.NoObservationsError:
        raise StataError.no_observations() from None
    except lmm.InsufficientObservationsError:
        raise StataError.insufficient_observations() from None
    except lmm.NotConvergedError:
        raise StataError(430, "convergence not achieved") from None
    except lmm.PerfectFitError:
        raise StataError(498, "the residual variance is zero: the model fits the data perfectly") from None
    except lmm.SingularDesignError:
        raise StataError(498, "the fixed-effects design is singular") from None


def sample_of(
    call: Call,
    model_terms: tuple[str, ...],
    levels: tuple[LevelPlan, ...],
    residual: ResidualPlan,
    vce: Vce,
    ctx: Context,
) -> np.ndarray:
    names = [name for level in levels for name in level.effects if name != "_cons"]
    names += [level.name for level in levels if level.name != ALL]
    names += [name for name in (residual.by, vce.cluster) if name]
    return mark_complete((*model_terms, *names), call.sample, ctx)


@command(
    "mixed",
    klass="e",
    syntax="mixed",
    byable="loop",
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(*_DISPLAY, *_MODEL),
    unsupported=(
        "dfmethod:3",
        "dftable:3",
        "small",
        "pwscale:3",
        "emonly:3",
        "emlog",
        "emdots:3",
        "estmetric:4",
        "technique:4",
        "difficult:3",
        "showtolerance:5",
        "tolerance:3",
        "ltolerance:4",
        "nrtolerance:4",
        "nonrtolerance:6",
        "trace",
        "gradient:4",
        "hessian:4",
        "showstep:5",
        "matlog",
        "matsqrt",
        "constraints:5",
        "coeflegend:5",
        "collinear:3",
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
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    node: nodes.Mixed = call.node
    depvar, terms = dependent(call.terms, ctx)
    if call.has("covariance"):
        raise StataError(198, "option covariance() not allowed")
    if call.has("reml") and (call.has("mle") or call.has("ml")):
        raise StataError(198, "options reml and mle may not be combined")
    reml = call.has("reml")
    levels = plan_levels(node.equations, ctx)
    residual = residual_plan(call.opt("residuals"), ctx)
    vce = parse_vce(
        call.opt("vce"), call.has("robust"), call.opt("cluster"), "oim", ("oim", "robust", "cluster"), ctx
    )
    if vce.kind != "oim" and reml:
        raise StataError(198, f"vce({vce.kind}) not allowed with restricted maximum likelihood")
    sample = sample_of(call, (depvar,), levels, residual, vce, ctx)
    found, rows = design_of(terms, sample, ctx, (depvar,), not call.has("noconstant"))
    levels = tuple(
        replace(plan, parts=tuple(drop_collinear(p, ctx, rows) for p in plan.parts)) for plan in levels
    )
    for plan in levels:
        for part in plan.parts:
            if len(part.effects) == 1 and part.asked not in (None, "identity"):
                ctx.say(
                    f"note: single-variable random-effects specification in {part.level} equation; covariance\n"
                    "      structure set to identity"
                )
    strata = None
    if residual.by:
        by = ctx.data.column(residual.by)
        if by.is_string:
            raise StataError.type_mismatch()
        strata = ctx.data.groups([residual.by], rows).codes[rows]
    y = ctx.data.values(depvar)[rows]
    fitted = fit(y, found.x, engine_levels(levels, ctx.data, rows), reml, strata, control_of(call))
    model = describe(fitted, levels, residual, reml, vce, rows, ctx)
    if not call.has("nolog") and ctx.settings.iterlog and levels:
        for item in layout.iteration_log(fitted.optimisation.trace, ctx.settings, reml, vce.kind != "oim"):
            ctx.emit(item)
    stored = results(call, depvar, found.recipe, fitted, model, rows, ctx)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)
    return None


def describe(
    fitted: lmm.LmmFit,
    levels: tuple[LevelPlan, ...],
    residual: ResidualPlan,
    reml: bool,
    vce: Vce,
    rows: np.ndarray,
    ctx: Context,
) -> Model:
    """Names, group keys and the robust covariance."""
    keys = tuple(
        GroupKeys.of(plan, ctx.data, rows, level.group_row)
        for plan, level in zip(levels, fitted.levels, strict=True)
    )
    robust, n_clusters = None, None
    if vce.kind == "cluster":
        codes, n_clusters = cluster_codes(vce.cluster, rows, ctx)
        if levels:
            top = fitted.levels[0].row_group
            first = np.zeros(fitted.levels[0].n_groups, dtype=np.intp)
            first[top] = codes
            if (first[top] != codes).any():
                raise StataError(459, "highest-level groups are not nested within " + vce.cluster)
        robust = fitted.robust(codes)
    elif vce.kind == "robust":
        robust = fitted.robust(None if levels else np.arange(fitted.n))
        if levels and levels[0].name != ALL:
            vce = Vce("robust", levels[0].name)
            n_clusters = fitted.levels[0].n_groups
    return Model(levels, residual, reml, vce, n_clusters, keys, robust)


# ---------------------------------------------------------------- names of variance parameters


def metric_names(fitted: lmm.LmmFit) -> tuple[str, ...]:
    """Equation names of the variance parameters in e(b): ``lns1_1_1:_cons`` ..."""
    out = []
    for p in fitted.metric_params:
        if p.kind == "lns":
            name = f"lns{p.level}_{p.equation}_{p.i}"
        elif p.kind == "atr":
            name = f"atr{p.level}_{p.equation}_{p.i}_{p.j}"
        elif p.kind == "lnsig_e":
            name = "lnsig_e"
        else:
            name = f"r_lns{p.i}ose"
        out.append(f"{name}:_cons")
    return tuple(out)


def component_names(p: lmm.Param, part: Any, sd: bool) -> str:
    """``var(female)``, ``cov(female,_cons)``; shared parameters list their variables."""
    effects = part.effects
    kinds = {"var": "sd" if sd else "var", "cov": "corr" if sd else "cov"}
    if part.structure in ("identity", "exchangeable") and len(effects) > 1:
        inside = " ".join(effects)
        if len(inside) > 20:
            inside = f"{effects[0]}..{effects[-1]}"
        return f"{kinds[p.kind]}({inside})"
    if p.kind == "var":
        return f"{kinds['var']}({effects[p.i - 1]})"
    return f"{kinds['cov']}({effects[p.i - 1]},{effects[p.j - 1]})"


# ---------------------------------------------------------------- e()


def results(
    call: Call, depvar: str, recipe: Any, fitted: lmm.LmmFit, model: Model, rows: np.ndarray, ctx: Context
) -> Stored:
    fixed = recipe.widen(fitted.beta)
    vcov_fixed = recipe.widen(fitted.vcov_beta)
    metric, vcov_metric = fitted.metric, fitted.vcov_metric
    model_based = _blocks(vcov_fixed, vcov_metric)
    if model.robust is not None:
        kept = np.concatenate([recipe.kept, len(recipe) + np.arange(len(metric))])
        full = np.zeros_like(model_based)
        full[np.ix_(kept, kept)] = model.robust.full
        vcov = full
    else:
        vcov = model_based
    vcov_fixed = vcov[: len(recipe), : len(recipe)]
    names = (*(f"{depvar}:{name}" for name in recipe.names), *metric_names(fitted))
    slopes = np.array([k for k in recipe.kept if recipe.columns[k].name != "_cons"], dtype=np.intp)
    chi2, df_m = (math.nan, 0)
    if len(slopes):
        chi2, df_m = ols.wald(fixed[slopes], vcov_fixed[np.ix_(slopes, slopes)])
    lr_df = fitted.lr_df
    chibar = lr_df == 1 and not model.residual.by
    chi2_c = fitted.lr_chi2
    p_c = float(dist.chi2tail(lr_df, chi2_c)) if chi2_c > 0 and lr_df else 1.0
    scalars: dict[str, float] = {
        "k": float(len(recipe) + len(metric)),
        "k_f": float(fitted.df_fixed),
        "k_r": float(fitted.df_random + fitted.df_residual),
        "k_rs": float(sum(p.kind in ("var", "resvar") for p in fitted.params)),
        "k_rc": float(sum(p.kind == "cov" for p in fitted.params)),
        "k_res": float(fitted.df_residual),
        "N": float(fitted.n),
        "nrgroups": float(fitted.df_residual),
        "ll": fitted.loglik,
        "df_m": float(df_m),
        "chi2": chi2,
        "p": float(dist.chi2tail(df_m, chi2)) if df_m else math.nan,
        "rank": float(fitted.df),
        "ic": float(fitted.optimisation.iterations),
        "rc": 0.0,
        "converged": float(fitted.optimisation.converged),
    }
    if model.levels or model.residual.by:
        scalars |= {"ll_c": fitted.loglik_linear}
        if model.robust is None:
            scalars |= {
                "chi2_c": chi2_c,
                "df_c": float(lr_df),
                "p_c": p_c / 2 if chibar and chi2_c > 0 else p_c,
            }
    macros = {
        "cmdline": call.line,
        "cmd": "mixed",
        "title": title_of(model),
        "depvar": depvar,
        "method": "REML" if model.reml else "ML",
        "ivars": " ".join(plan.name for plan in model.levels for _ in plan.parts),
        "revars": " ".join(name for plan in model.levels for name in plan.effects),
        "redim": " ".join(str(len(part.effects)) for plan in model.levels for part in plan.parts),
        "vartypes": " ".join(part.structure.capitalize() for plan in model.levels for part in plan.parts),
        "optmetric": "matsqrt",
        "rstructure": "independent",
        "rstructlab": "Independent",
        "rbyvar": model.residual.by,
        "chi2type": "Wald",
        "vce": model.vce.kind if model.vce.kind != "cluster" else "cluster",
        "clustvar": model.vce.cluster,
        "vcetype": "Robust" if model.robust is not None else "",
        "properties": "b V",
        "estat_cmd": "mixed_estat",
        "predict": "mixed_p",
        "marginsok": "XB default",
        "asbalanced": "",
    }
    macros = {name: text for name, text in macros.items() if text}
    if model.n_clusters is not None:
        scalars["N_clust"] = float(model.n_clusters)
    matrices = {
        "b": equation_matrix(np.concatenate([fixed, metric]), names),
        "V": square_matrix(vcov, names),
    }
    if model.robust is not None:
        matrices["V_modelbased"] = square_matrix(model_based, names)
    if fitted.levels:
        cols = tuple(plan.name for plan in model.levels)
        for name, attribute in (
            ("N_g", "n_groups"),
            ("g_min", "size_min"),
            ("g_avg", "size_avg"),
            ("g_max", "size_max"),
        ):
            matrices[name] = StataMatrix.make(
                [[getattr(level, attribute) for level in fitted.levels]], ("r1",), cols
            )
    estimation = Estimation(
        "mixed",
        depvar,
        recipe,
        fixed,
        vcov_fixed,
        eq=depvar,
        fit=fitted,
        replay=show,
        extra={
            "model": model,
            "title": "Linear prediction, fixed portion",
            "effects": tuple(p.effects for p in model.levels),
        },
    )
    return Stored("e", scalars, macros, matrices, estimation, rows)


def _blocks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros((len(a) + len(b), len(a) + len(b)))
    out[: len(a), : len(a)] = a
    out[len(a) :, len(a) :] = b
    return out


def title_of(model: Model) -> str:
    if model.robust is not None:
        return "Mixed-effects regression"
    return f"Mixed-effects {'REML' if model.reml else 'ML'} regression"


# ---------------------------------------------------------------- display


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Everything ``mixed`` prints after the log; also its replay and ``estimates replay``."""
    e = ctx.workspace.e
    model: Model = estimation.extra["model"]
    level = options.get("level", ctx.settings.level)
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        for item in layout.heading(heading_of(estimation, e, options), ctx.settings):
            ctx.emit(item)
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(se_over="Robust" if model.robust is not None else "")
    )
    if "nofetable" not in options:
        c = coefficients(
            estimation.recipe,
            estimation.b,
            estimation.vcov,
            ctx,
            df=None,
            level=level,
            depvar=estimation.depvar,
            heads=heads,
        )
        if "baselevels" in options or "allbaselevels" in options:
            c = replace(c, base="all" if "allbaselevels" in options else "factors")
        table = _coeftable.table(c, ctx.settings, label_lookup(ctx))
        ctx.say()
        if override:
            if override["note"]:
                ctx.emit(Text(override["note"].rjust(table_width(table))))
        elif model.n_clusters is not None:
            ctx.emit(
                layout.cluster_note(model.n_clusters, model.vce.cluster, ctx.settings, table_width(table))
            )
        ctx.emit(table)
    if "noretable" not in options:
        ctx.say()
        sections = random_sections(estimation, e, level, "stddeviations" in options, ctx)
        ctx.emit(layout.random_effects_table(sections, ctx.settings, level, heads.se_over))
    if "chi2_c" in e.scalars and "nolrtest" not in options and "noretable" not in options:
        df = int(e.scalars["df_c"])
        chibar = df == 1 and not model.residual.by
        for item in layout.lr_line(e.scalars["chi2_c"], df, chibar, e.scalars["p_c"], df > 1):
            ctx.emit(item)


def heading_of(estimation: Estimation, e: Stored, options: dict[str, Any]) -> layout.Heading:
    model: Model = estimation.extra["model"]
    fitted: lmm.LmmFit = estimation.fit
    groups = tuple(
        layout.GroupInfo(plan.name, level.n_groups, level.size_min, level.size_avg, level.size_max)
        for plan, level in zip(model.levels, fitted.levels, strict=True)
    )
    what = (
        "restricted-likelihood"
        if model.reml
        else ("pseudolikelihood" if model.robust is not None else "likelihood")
    )
    return layout.Heading(
        e.macros["title"],
        fitted.n,
        () if "nogroup" in options else groups,
        f"Log {what}",
        fitted.loglik,
        e.scalars["chi2"],
        int(e.scalars["df_m"]),
        e.scalars["p"],
    )


def random_sections(
    estimation: Estimation, e: Stored, level: float, sd: bool, ctx: Context
) -> tuple[layout.Section, ...]:
    """The random-effects table's blocks, in natural units or as standard deviations and correlations."""
    model: Model = estimation.extra["model"]
    fitted: lmm.LmmFit = estimation.fit
    n_fixed = len(estimation.recipe)
    vcov_metric = e.matrices["V"].values[n_fixed:, n_fixed:]
    values, ses = natural_estimates(fitted, vcov_metric, sd)
    boundary = fitted.at_boundary
    out = []
    k = 0
    for depth, plan in enumerate(model.levels):
        for part in plan.parts:
            rows = []
            while k < len(fitted.params) and _belongs(fitted.params[k], depth, plan, part):
                p = fitted.params[k]
                kind = ("sd" if sd else "var") if p.kind == "var" else ("corr" if sd else "cov")
                label = component_names(p, part, sd)
                rows.append(layout.component(label, kind, values[k], ses[k], level, bool(boundary[k])))
                k += 1
            out.append(layout.Section((f"{plan.name}: {part.structure.capitalize()}",), tuple(rows)))
    out.append(_residual_section(model, fitted, values[k:], ses[k:], level, sd, ctx))
    return tuple(out)


def _belongs(p: lmm.Param, depth: int, plan: LevelPlan, part: Any) -> bool:
    return p.level == depth + 1 and p.equation == plan.parts.index(part) + 1


def _residual_section(
    model: Model,
    fitted: lmm.LmmFit,
    values: np.ndarray,
    ses: np.ndarray,
    level: float,
    sd: bool,
    ctx: Context,
) -> layout.Section:
    kind = "sd" if sd else "var"
    if not model.residual.by:
        return layout.Section((), (layout.component(f"{kind}(Residual)", kind, values[0], ses[0], level),))
    by = model.residual.by
    codes = np.flatnonzero(ctx.workspace.e_sample())
    groups = ctx.data.groups([by], ctx.workspace.e_sample()) if len(codes) else None
    rows = []
    for s in range(len(values)):
        text = (
            _stratum_text(estimation_values(groups, ctx, by, s), by, ctx)
            if groups is not None
            else str(s + 1)
        )
        rows.append(layout.component(f"{text}: {kind}(e)", kind, values[s], ses[s], level))
    return layout.Section(("Residual: Independent,", f"    by {by}"), tuple(rows))


def estimation_values(groups: Any, ctx: Context, by: str, stratum: int) -> float:
    """The by-variable's value in a residual stratum (strata are in ascending order)."""
    row = int(groups.first_rows[stratum])
    return float(ctx.data.column(by).take(np.array([row])).values()[0])


def _stratum_text(value: float, by: str, ctx: Context) -> str:
    from pystata_hlm.runtime.display import number_text

    label = level_label(ctx.data, by, int(value)) if value == int(value) else None
    return label if label is not None else number_text(ctx.data, by, value)


def natural_estimates(fitted: lmm.LmmFit, vcov_metric: np.ndarray, sd: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard errors in the order of ``fitted.params``: variances and covariances, or sds and
    correlations, by the delta method from the estimation metric."""
    jacobian = fitted.jacobian
    values = fitted.natural
    if sd:
        return _as_sd(fitted, vcov_metric)
    vcov = jacobian @ vcov_metric @ jacobian.T
    return values, np.sqrt(np.maximum(np.diag(vcov), 0.0))


def _as_sd(fitted: lmm.LmmFit, vcov_metric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations exp(lns), correlations tanh(atr); residual strata add their log ratio to lnsig_e."""
    metric = fitted.metric
    k = len(metric)
    values, jacobian = np.empty(k), np.zeros((k, k))
    first_residual = next(j for j, p in enumerate(fitted.metric_params) if p.kind == "lnsig_e")
    for j, p in enumerate(fitted.metric_params):
        if p.kind == "atr":
            values[j] = math.tanh(metric[j])
            jacobian[j, j] = 1 - values[j] ** 2
        elif p.kind == "r_lns":
            values[j] = math.exp(metric[first_residual] + metric[j])
            jacobian[j, first_residual] = jacobian[j, j] = values[j]
        else:
            values[j] = math.exp(metric[j])
            jacobian[j, j] = values[j]
    vcov = jacobian @ vcov_metric @ jacobian.T
    return values, np.sqrt(np.maximum(np.diag(vcov), 0.0))
