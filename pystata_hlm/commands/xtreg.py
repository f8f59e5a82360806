"""xtreg: linear models for panel data.   xtreg depvar [indepvars] [if] [in] [weight] [, re|be|fe|mle|pa vce(vcetype) ...]

The panel variable is the one that ``xtset`` declared. re: Swamy-Arora GLS; be: regression of panel means; fe: within
regression; mle: random intercept by maximum likelihood; pa: exchangeable or independent GEE.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands import _xtreg_layout as layout
from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    coefficients,
    dependent,
    design_of,
    equation_matrix,
    label_lookup,
    mark_complete,
    square_matrix,
)
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.commands._panels import (
    PanelIndex,
    index_panels,
    panel_variable,
    within_design,
    within_slopes,
)
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.design.collinear import independent
from pystata_hlm.design.matrix import Design
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, gee, ols, panel
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.output.items import Rule, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.output.items import Table
    from pystata_hlm.runtime.context import Context

MODELS = ("re", "fe", "be", "mle", "pa")
_TITLES = {
    "re": "Random-effects GLS regression",
    "fe": "Fixed-effects (within) regression",
    "be": "Between regression (regression on group means)",
    "mle": "Random-effects ML regression",
    "pa": "GEE population-averaged model",
}
_DISPLAY = (Opt("level", 1, "level"), Opt("theta"), Opt("baselevels", 5), Opt("allbaselevels", 7))
_ONLY = {
    "theta": ("re",),
    "sa": ("re",),
    "wls": ("be",),
    "nonest": ("re", "fe"),
    "noconstant": ("mle", "pa"),
    "nolog": ("mle", "pa"),
    "log": ("mle", "pa"),
    "iterate": ("mle", "pa"),
    "tolerance": ("pa",),
    "corr": ("pa",),
    "nmp": ("pa",),
    "rgf": ("pa",),
}


@dataclass(frozen=True)
class Sample:
    """The estimation sample of an xt command: rows (mask), dependent variable, design and panels."""

    call: Call
    depvar: str
    found: Design
    rows: np.ndarray
    y: np.ndarray
    index: PanelIndex
    weights: np.ndarray | None
    vce: Vce

    @property
    def panels(self) -> panel.Panels:
        return panel.Panels.of(self.index.codes, self.weights)

    def with_(self, found: Design) -> Sample:
        return replace(self, found=found)


def model_of(call: Call) -> str:
    """The estimator asked for; ``re mle`` is mle."""
    given = [name for name in MODELS if call.has(name)]
    if given == ["re", "mle"]:
        given = ["mle"]
    if len(given) > 1:
        raise StataError(198, "only one of re, be, fe, mle, and pa may be specified")
    model = given[0] if given else "re"
    for name, models in _ONLY.items():
        if call.has(name) and model not in models:
            raise StataError(198, f"option {name} not allowed")
    return model


@command(
    "xtreg",
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("aweight", "fweight", "pweight", "iweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        *(Opt(name) for name in MODELS),
        Opt("sa"),
        Opt("wls"),
        Opt("nonest"),
        Opt("noconstant", 5),
        Opt("i", 1, "varname"),
        Opt("vce", 3, "text"),
        Opt("robust", 1),
        Opt("cluster", 2, "varname"),
        Opt("nolog", 5),
        Opt("log"),
        Opt("iterate", 4, "int"),
        Opt("tolerance", 3, "real"),
        Opt("corr", 1, "text"),
        Opt("nmp"),
        Opt("rgf"),
    ),
    unsupported=(
        "cre",
        "absorb:3",
        "vcetype",
        "dfadj",
        "from",
        "force",
        "scale:1",
        "offset:3",
        "exposure:3",
        "coeflegend",
        "cformat",
        "pformat",
        "sformat",
        "noomitted",
        "vsquish",
        "noemptycells",
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    model = model_of(call)
    sample = prepare(call, model, ctx)
    stored = _FIT[model](sample, ctx)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)
    return None


def prepare(call: Call, model: str, ctx: Context) -> Sample:
    """Read the variables; panels, weights and clusters checked."""
    name = panel_variable(ctx, call.opt("i"))
    if call.weight is not None and model in ("re", "be"):
        raise StataError(101, "weights not allowed")
    depvar, terms = dependent(call.terms, ctx)
    vce = panel_vce(call, model, name, ctx)
    sample = mark_complete((name, *((vce.cluster,) if vce.cluster else ())), call.sample, ctx)
    found, rows = design_of(terms, sample, ctx, (depvar,), not call.has("noconstant"))
    index = index_panels(name, rows, ctx)
    weights = None
    if call.weight is not None:
        if call.weight.kind == "aweight" and model in ("pa",):
            raise StataError(101, "aweights not allowed")
        if model == "mle" and call.weight.kind != "iweight":
            raise StataError(101, f"{call.weight.kind}s not allowed")
        weights = call.weight.values[rows]
        _constant_within(weights, index)
        if model == "mle":
            raise StataError(198, "iweights with mle not yet supported")
        if call.weight.kind in ("aweight", "pweight"):
            weights = weights * (len(weights) / weights.sum())
    y = ctx.data.values(depvar)[rows]
    return Sample(call, depvar, found, rows, y, index, weights, vce)


def _constant_within(weights: np.ndarray, index: PanelIndex) -> None:
    first = np.full(index.n_groups, np.nan)
    first[index.codes[::-1]] = weights[::-1]
    if not np.array_equal(first[index.codes], weights):
        raise StataError(199, f"weight must be constant within {index.name}")


def panel_vce(call: Call, model: str, panelvar: str, ctx: Context) -> Vce:
    """vce(conventional|robust|cluster v); robust means clustered on the panels (for pa the sandwich by panels)."""
    text = call.opt("vce")
    robust = call.has("robust") or (call.weight is not None and call.weight.kind == "pweight")
    if text is None:
        cluster = call.opt("cluster")
    else:
        if call.has("robust") or call.opt("cluster"):
            raise StataError(198, "options vce() and robust or cluster() may not be combined")
        words = text.split() or [""]
        word, cluster = words[0], None
        if len(word) >= 2 and "cluster".startswith(word) and len(words) == 2:
            cluster = ctx.data.find(words[1])
        elif len(words) > 1 or not word:
            raise StataError(198, "option vce() incorrectly specified")
        elif "robust".startswith(word):
            robust = True
        elif "bootstrap".startswith(word) or "jackknife".startswith(word):
            raise StataError(198, f"vce({word}) not yet supported")
        elif not (len(word) >= 4 and "conventional".startswith(word)) and not (
            model == "mle" and word == "oim"
        ):
            raise StataError(198, f"vcetype '{text}' not allowed")
    if cluster:
        if model in ("be", "mle", "pa"):
            raise StataError(198, "vcetype 'cluster' not allowed")
        return Vce("cluster", cluster)
    if robust:
        if model in ("be", "mle"):
            raise StataError(198, "vcetype 'robust' not allowed")
        return Vce("robust", panelvar)
    return Vce("conventional")


# ---------------------------------------------------------------- the estimators


def _clustered(sample: Sample, fit: ols.OlsFit, ctx: Context) -> tuple[np.ndarray, int]:
    codes, n = cluster_codes(sample.vce.cluster, sample.rows, ctx)
    if not sample.call.has("nonest"):
        first = np.zeros(sample.index.n_groups, dtype=np.intp)
        first[sample.index.codes] = codes
        if not np.array_equal(first[sample.index.codes], codes):
            raise StataError(498, "panels are not nested within clusters")
    return ols.vcov_cluster(fit, codes, n), n


def _fit_fe(sample: Sample, ctx: Context) -> Stored:
    found = within_design(sample.found, sample.panels)
    for note in found.notes:
        ctx.emit(Text(note.text(ctx.settings.release)))
    sample = sample.with_(found)
    panels = sample.panels
    k = found.x.shape[1] - 1
    if panels.total - panels.n_groups - k <= 0:
        raise StataError.insufficient_observations()
    fit = panel.fixed_effects(sample.y, found.x, panels)
    vcov, df_r, n_clusters, f = fit.vcov, fit.df_residual, None, fit.f_test
    if sample.vce.cluster:
        vcov, n_clusters = _clustered(sample, fit.fit, ctx)
        df_r = float(n_clusters - 1)
        f = _wald(fit.b, vcov, k) / k if k else math.nan
    rho = fit.sigma_u**2 / (fit.sigma_u**2 + fit.sigma_e**2)
    r2_a = 1 - (1 - fit.r2[0]) * (panels.total - 1) / fit.df_residual
    scalars = {
        **_common(sample),
        "df_m": float(k),
        "mss": fit.fit.mss,
        "rss": fit.fit.rss,
        "tss": fit.fit.tss,
        "df_r": df_r,
        "r2": fit.r2[0],
        "r2_a": r2_a,
        "F": f,
        "p": _f_tail(k, df_r, f),
        "rmse": fit.sigma_e,
        "ll": ols.normal_loglik(fit.fit.rss, panels.total),
        "ll_0": ols.normal_loglik(fit.fit.tss, panels.total),
        "df_a": float(fit.df_absorbed),
        "df_b": float(k),
        "corr": fit.corr_u_xb,
        "sigma": math.sqrt(fit.sigma_u**2 + fit.sigma_e**2),
        "sigma_u": fit.sigma_u,
        "sigma_e": fit.sigma_e,
        "rho": rho,
        "r2_w": fit.r2[0],
        "r2_b": fit.r2[1],
        "r2_o": fit.r2[2],
        "rank": float(k + 1),
    }
    if n_clusters is None:
        scalars |= {"F_f": fit.f_panels, "p_f": _f_tail(fit.df_absorbed, df_r, fit.f_panels)}
    return _stored(sample, "fe", fit.b, vcov, scalars, {}, ctx, df_r=df_r, n_clusters=n_clusters)


def _fit_re(sample: Sample, ctx: Context) -> Stored:
    panels, x = sample.panels, sample.found.x
    k = x.shape[1] - 1
    if panels.n_groups <= k + 1 or panels.total - panels.n_groups - k <= 0:
        raise StataError.insufficient_observations()
    fit = panel.random_effects(sample.y, x, panels, within_slopes(x, panels), sample.call.has("sa"))
    vcov, n_clusters = fit.vcov, None
    if sample.vce.cluster:
        vcov, n_clusters = _clustered(sample, fit.fit, ctx)
    chi2 = _wald(fit.b, vcov, k)
    theta = np.concatenate([[fit.theta.min()], percentiles(fit.theta, [5, 50, 95]), [fit.theta.max()]])
    scalars = {
        **_common(sample),
        "df_m": float(k),
        "rmse": math.sqrt(fit.fit.sigma2),
        "chi2": chi2,
        "p": _chi2_tail(k, chi2),
        "sigma": math.sqrt(fit.sigma_u**2 + fit.sigma_e**2),
        "sigma_u": fit.sigma_u,
        "sigma_e": fit.sigma_e,
        "rho": fit.rho,
        "r2_w": fit.r2[0],
        "r2_b": fit.r2[1],
        "r2_o": fit.r2[2],
        "rank": float(k + 1),
    }
    if sample.index.balanced:
        scalars["theta"] = float(theta[0])
    else:
        scalars |= {
            f"thta_{n}": float(t) for n, t in zip(("min", "5", "50", "95", "max"), theta, strict=True)
        }
    return _stored(sample, "re", fit.b, vcov, scalars, {"sa": "sa"} if sample.call.has("sa") else {}, ctx,
                   n_clusters=n_clusters)  # fmt: skip


def _fit_be(sample: Sample, ctx: Context) -> Stored:
    panels = sample.panels
    means = panels.means(sample.found.x)
    found = sample.found.without(~independent(means[:, :-1], True))
    for note in found.notes:
        ctx.emit(Text(note.text(ctx.settings.release)))
    sample = sample.with_(found)
    k = found.x.shape[1] - 1
    if panels.n_groups <= k + 1:
        raise StataError.insufficient_observations()
    fit = panel.between(sample.y, found.x, panels, sample.call.has("wls"))
    f = fit.mss / k / fit.sigma2 if k else 0.0
    r2 = panel.r_squared(sample.y, found.x @ fit.b, panels)
    scalars = {
        **_common(sample),
        "df_m": float(k),
        "mss": fit.mss,
        "rss": fit.rss,
        "df_r": fit.df_residual,
        "r2": fit.r2,
        "r2_a": fit.r2_adjusted,
        "F": f,
        "p": _f_tail(k, fit.df_residual, f),
        "rmse": math.sqrt(fit.sigma2),
        "ll": fit.loglik,
        "ll_0": fit.loglik_null,
        "r2_w": r2[0],
        "r2_b": fit.r2,
        "r2_o": r2[2],
        "rank": float(k + 1),
    }
    return _stored(sample, "be", fit.b, fit.vcov, scalars, {}, ctx, df_r=fit.df_residual)


def _start(sample: Sample, x: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Least-squares coefficients; variance shares from the residuals' panel means."""
    fit = ols.fit_ols(sample.y, x, None, False)
    total = fit.rss / len(sample.y)
    means = sample.panels.means(fit.residuals)
    share = min(max(float(np.var(means)) / total if total > 0 else 0.0, 0.05), 0.95) / 2
    return fit.b, math.sqrt(share * total), math.sqrt((1 - share) * total)


def _fit_mle(sample: Sample, ctx: Context) -> Stored:
    panels, x = sample.panels, sample.found.x
    constant = sample.found.recipe.constant
    k = x.shape[1] - int(constant)
    options = {"max_iterations": sample.call.opt("iterate", 300)}
    log = not sample.call.has("nolog")
    null = None
    if k and constant:
        null = panel.random_ml(sample.y, x[:, -1:], panels, _start(sample, x[:, -1:]), **options)
        if log:
            ctx.say("\nFitting constant-only model:")
            _iterations(null.trace, ctx)
            ctx.say("\nFitting full model:")
    elif log:
        ctx.say()
    fit = panel.random_ml(sample.y, x, panels, _start(sample, x), **options)
    if log:
        _iterations(fit.trace, ctx)
    if not fit.converged:
        ctx.say("convergence not achieved")
    if null is not None:
        chi2, kind = 2 * (fit.loglik - null.loglik), "LR"
    else:
        chi2, kind = _wald(fit.b, fit.vcov[:k, :k], k) if k else 0.0, "Wald"
    s_u, s_e = fit.sigma_u, fit.sigma_e
    chi2_c = max(2 * (fit.loglik - fit.loglik_linear), 0.0)
    scalars = {
        **_common(sample),
        "df_m": float(k),
        "ll": fit.loglik,
        "ll_c": fit.loglik_linear,
        "chi2": chi2,
        "p": _chi2_tail(k, chi2),
        "chi2_c": chi2_c,
        "rho": s_u**2 / (s_u**2 + s_e**2),
        "sigma_u": s_u,
        "sigma_e": s_e,
        "converged": float(fit.converged),
        "ic": float(len(fit.trace) - 1),
        "rank": float(len(fit.b) + 2),
        "k": float(len(fit.b) + 2),
    }
    if null is not None:
        scalars["ll_0"] = null.loglik
    return _stored(
        sample,
        "ml",
        fit.b,
        fit.vcov,
        scalars,
        {"chi2type": kind, "chi2_ct": "LR", "distrib": "Gaussian"},
        ctx,
    )


def _iterations(trace: tuple[float, ...], ctx: Context) -> None:
    capital = ctx.settings.release >= 18
    text, gap = ("Log likelihood", "  ") if capital else ("log likelihood", "   ")
    for k, value in enumerate(trace):
        ctx.say(f"Iteration {k}:{gap}{text} = {format_number(value, '%10.0g')}")


def _fit_pa(sample: Sample, ctx: Context) -> Stored:
    call, x = sample.call, sample.found.x
    words = (call.opt("corr") or "exchangeable").split()
    if not words or len(words) > 1 or not (
        (len(words[0]) >= 3 and "exchangeable".startswith(words[0]))
        or (len(words[0]) >= 3 and "independent".startswith(words[0]))
    ):  # fmt: skip
        raise StataError(198, f"corr({call.opt('corr')}) not yet supported")
    kind = "exchangeable" if words[0].startswith("e") else "independent"
    try:
        fit = gee.fit_gee(
            sample.y,
            x,
            sample.index.codes,
            gee.GAUSSIAN,
            kind == "exchangeable",
            weights=sample.weights,
            nmp=call.has("nmp"),
            tolerance=call.opt("tolerance", 1e-6),
            max_iterations=call.opt("iterate", 100),
        )
    except gee.GeeError as error:
        raise StataError(430 if "diverging" in str(error) else 506, str(error)) from None
    if not call.has("nolog"):
        ctx.say()
        for n, tolerance in enumerate(fit.tolerances):
            shown = format_number(tolerance, "%9.0g").strip()
            word = "Tolerance" if ctx.settings.release >= 18 else "tolerance"
            ctx.say(f"Iteration {n + 1}: {word} = {shown}")
    if not fit.converged:
        ctx.say("convergence not achieved")
    k = x.shape[1] - int(sample.found.recipe.constant)
    vcov, n_clusters = fit.vcov, None
    if sample.vce.cluster:
        n_clusters = sample.index.n_groups
        vcov = fit.robust * (n_clusters / (n_clusters - 1))
        if call.has("rgf"):
            vcov = vcov * (len(sample.y) - 1) / (len(sample.y) - x.shape[1])
    chi2 = _wald(fit.b, vcov, k) if k else 0.0
    scalars = {
        **_common(sample),
        "df_m": float(k),
        "chi2": chi2,
        "p": _chi2_tail(k, chi2),
        "df_pear": float(len(sample.y) - (x.shape[1] if call.has("nmp") else 0)),
        "phi": fit.scale,
        "dispers": fit.scale,
        "tol": call.opt("tolerance", 1e-6),
        "dif": fit.tolerances[-1],
        "rank": float(x.shape[1]),
    }
    macros = {
        "family": "Gaussian",
        "link": "identity",
        "corr": kind,
        "scale": "x2",
        "cmd2": "xtgee",
        "chi2type": "Wald",
    }
    return _stored(sample, "pa", fit.b, vcov, scalars, macros, ctx, n_clusters=n_clusters)


_FIT = {"fe": _fit_fe, "re": _fit_re, "be": _fit_be, "mle": _fit_mle, "pa": _fit_pa}


# ---------------------------------------------------------------- e()


def _wald(b: np.ndarray, vcov: np.ndarray, k: int) -> float:
    return ols.wald(b[:k], vcov[:k, :k])[0] if k else 0.0


def _f_tail(k: float, df: float, f: float) -> float:
    return float(dist.Ftail(k, df, f)) if k and not math.isnan(f) else math.nan


def _chi2_tail(k: int, chi2: float) -> float:
    return float(dist.chi2tail(k, chi2)) if k else math.nan


def _common(sample: Sample) -> dict[str, float]:
    n = float(len(sample.y)) if sample.weights is None else float(sample.weights.sum())
    return {"N": n, **sample.index.scalars()}


def _stored(
    sample: Sample,
    model: str,
    b: np.ndarray,
    vcov: np.ndarray,
    scalars: dict[str, float],
    macros: dict[str, str],
    ctx: Context,
    *,
    df_r: float | None = None,
    n_clusters: int | None = None,
) -> Stored:
    recipe, call = sample.found.recipe, sample.call
    key = "mle" if model == "ml" else model
    macros = {
        "cmd": "xtreg",
        "cmdline": call.line,
        "depvar": sample.depvar,
        "title": _TITLES[key],
        "model": model,
        "ivar": sample.index.name,
        "vce": "cluster" if sample.vce.cluster else "conventional",
        "properties": "b V",
        "predict": "xtrefe_p",
        "marginsok": "XB default",
        **macros,
    }
    if sample.vce.cluster:
        macros |= {"vcetype": "Robust", "clustvar": sample.vce.cluster}
        assert n_clusters is not None
        scalars["N_clust"] = float(n_clusters)
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    k = len(recipe)
    wide_b = recipe.widen(b[: len(recipe.kept)])
    names: tuple[str, ...] = recipe.names
    slopes = vcov[: len(recipe.kept), : len(recipe.kept)]
    wide = recipe.widen(slopes)
    full_b, full_v = wide_b, wide
    if model == "ml":
        names = (*(f"{sample.depvar}:{name}" for name in names), "/:sigma_u", "/:sigma_e")
        full_b = np.append(wide_b, [scalars["sigma_u"], scalars["sigma_e"]])
        full_v = np.zeros((k + 2, k + 2))
        full_v[:k, :k] = wide
        full_v[k:, k:] = vcov[-2:, -2:]
        full_v[recipe.kept, k:] = vcov[:-2, -2:]
        full_v[k:, recipe.kept] = vcov[-2:, :-2]
    estimation = Estimation(
        "xtreg",
        sample.depvar,
        recipe,
        wide_b,
        wide,
        eq=sample.depvar if model == "ml" else "",
        df_r=df_r,
        replay=show,
        extra={"title": "Linear prediction", "panels": sample.index},
    )
    return Stored(
        "e",
        scalars,
        macros,
        {"b": equation_matrix(full_b, names), "V": square_matrix(full_v, names)},
        estimation,
        sample.rows,
    )


# ---------------------------------------------------------------- display


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading, coefficients and what stands under them (also the replay)."""
    e = ctx.workspace.e
    settings = ctx.settings
    model = e.macros["model"]
    index: PanelIndex = estimation.extra["panels"]
    level = options.get("level", settings.level)
    ctx.say()
    if model == "ml":
        ctx.emit(layout.ml_heading(e, index, settings))
    elif model == "pa":
        ctx.emit(layout.pa_heading(e, index, settings))
    else:
        theta = "theta" in options
        ctx.emit(layout.least_squares_heading(e, index, settings, theta))
        if theta and "thta_min" in e.scalars:
            for item in layout.theta_table(e):
                ctx.emit(item)
    table = _table(estimation, options, level, ctx)
    ctx.say()
    if "clustvar" in e.macros:
        note = cluster_note(int(e.scalars["N_clust"]), e.macros["clustvar"], settings, table_width(table))
        ctx.emit(note)
    ctx.emit(table)
    if "F_f" in e.scalars:
        ctx.emit(layout.fixed_effects_test(e))
    if model == "ml":
        ctx.emit(layout.boundary_test(e.scalars["chi2_c"], settings))


def _table(estimation: Estimation, options: dict[str, Any], level: float, ctx: Context) -> Table:
    e = ctx.workspace.e
    override = estimation.extra.get("bootstrap")
    heads = _coeftable.Heads(se_over="Robust" if e.macros.get("vcetype") == "Robust" else "")
    c = coefficients(
        estimation.recipe,
        estimation.b,
        estimation.vcov,
        ctx,
        df=override["df_r"] if override else estimation.df_r,
        level=level,
        depvar=estimation.depvar,
        heads=override["heads"] if override else heads,
    )
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    table = _coeftable.table(c, ctx.settings, label_lookup(ctx))
    model = e.macros["model"]
    if model in ("re", "fe"):
        return replace(table, body=(*table.body, Rule(), *layout.sigma_rows(e)))
    if model == "ml":
        rows = layout.ancillary_rows(_ml_components(e, level), ctx.settings)
        return replace(table, body=(*table.body, Rule(), *rows))
    return table


def _ml_components(e: Stored, level: float) -> tuple[tuple[str, float, float, float, float], ...]:
    """sigma_u and sigma_e with intervals on the log scale, rho on the probit scale (read off the printed limits)."""
    s_u, s_e, rho = e.scalars["sigma_u"], e.scalars["sigma_e"], e.scalars["rho"]
    v = e.matrices["V"].values[-2:, -2:]
    z = float(dist.invnormal(1 - (1 - level / 100) / 2))

    def scale(label: str, value: float, variance: float) -> tuple[str, float, float, float, float]:
        se = math.sqrt(max(variance, 0.0))
        if not (value > 1e-6 and se > 0):
            return label, value, se if se > 0 else math.nan, math.nan, math.nan
        factor = math.exp(z * se / value)
        return label, value, se, value / factor, value * factor

    total = s_u**2 + s_e**2
    gradient = np.array([2 * s_u * s_e**2, -2 * s_e * s_u**2]) / total**2
    se = math.sqrt(max(float(gradient @ v @ gradient), 0.0))
    if 1e-8 < rho < 1 - 1e-8 and se > 0:
        middle = float(dist.invnormal(rho))
        half = z * se / (math.exp(-middle * middle / 2) / math.sqrt(2 * math.pi))
        low, high = (float(dist.normal(middle + d)) for d in (-half, half))
    else:
        low = high = math.nan
    return (
        scale("/sigma_u", s_u, float(v[0, 0])),
        scale("/sigma_e", s_e, float(v[1, 1])),
        ("rho", rho, se if se > 0 else math.nan, low, high),
    )


# ---------------------------------------------------------------- predict


_STATISTICS = tuple(Opt(name) for name in ("xb", "stdp", "ue", "xbu", "u", "e"))
_LABELS = {
    "stdp": "S.E. of the prediction",
    "ue": "u[{i}] + e[{i},t]",
    "xbu": "Xb + u[{i}]",
    "u": "u[{i}]",
    "e": "e[{i},t]",
}
_AFTER = {
    "re": ("xb", "stdp", "ue", "xbu", "u", "e"),
    "fe": ("xb", "stdp", "ue", "xbu", "u", "e"),
    "be": ("xb", "stdp", "ue", "xbu", "u", "e"),
    "ml": ("xb", "stdp", "ue", "xbu", "u", "e"),
    "pa": ("xb", "stdp"),
}


@postestimation("predict", "xtreg")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after xtreg: xb stdp ue xbu u e."""
    statistic, _ = choose(request, ctx, _STATISTICS, (), ("mu", "rate", "score:2", "nooffset"))
    name = request.names(1)[0]
    e, estimation, data = ctx.workspace.e, ctx.estimation, ctx.data
    model = e.macros["model"]
    if statistic is None:
        ctx.say(
            "(option xb assumed; fitted values)" if model != "pa" else "(option mu assumed; fitted values)"
        )
        statistic = "xb"
    if statistic not in _AFTER[model]:
        raise StataError(198, f"option {statistic} not allowed")
    if statistic == "xb":
        xb = np.asarray(estimation.recipe.linear(data, estimation.b), dtype=float)
        return [(name, Prediction(xb, "Linear prediction"))]
    if statistic == "stdp":
        x = estimation.recipe.evaluate(data)
        kept = estimation.recipe.kept
        v = estimation.vcov[np.ix_(kept, kept)]
        return [(name, Prediction(np.sqrt(np.einsum("ij,jk,ik->i", x, v, x)), _LABELS["stdp"]))]
    index: PanelIndex = estimation.extra["panels"]
    label = _LABELS[statistic].format(i=index.name)
    return [(name, Prediction(_panel_prediction(statistic, estimation, e, ctx), label))]


def _panel_prediction(statistic: str, estimation: Estimation, e: Stored, ctx: Context) -> np.ndarray:
    """u: the panel's effect (fe: from means, re and mle: shrunken); e, ue and xbu from it. Estimation sample only,
    except for ue."""
    data = ctx.data
    xb = np.asarray(estimation.recipe.linear(data, estimation.b), dtype=float)
    combined = data.values(estimation.depvar) - xb
    if statistic == "ue":
        return combined
    inside = ctx.workspace.e_sample()
    u = np.full(data.n, np.nan)
    if inside.any():
        index = index_panels(e.macros["ivar"], inside, ctx)
        sums = np.bincount(index.codes, weights=combined[inside], minlength=index.n_groups)
        if e.macros["model"] in ("fe", "be"):
            effects = sums / index.sizes
        else:
            s_u2, s_e2 = e.scalars["sigma_u"] ** 2, e.scalars["sigma_e"] ** 2
            effects = sums * s_u2 / (index.sizes * s_u2 + s_e2)
        u[inside] = effects[index.codes]
    return {"u": u, "e": combined - u, "xbu": xb + u}[statistic]
