"""glm: Generalized linear models.   glm depvar [indepvars] [if] [in] [weight] [, family() link() eform scale() offset() vce()]"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _glm_spec as specs
from pystata_hlm.commands import _ml_common as common
from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._glm_show import show
from pystata_hlm.commands._ml_perfect import without_perfect
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist, glm, ols
from pystata_hlm.numeric.glm.quasi import QuasiFit, fit_quasi
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    Opt("level", 2, "level"),
    *(o for o in common.DISPLAY if o.name != "level"),
    Opt("eform", 2),
    Opt("notable", 5),
)
VCES = ("oim", "eim", "opg", "robust", "cluster")


@command(
    "glm",
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("fweight", "aweight", "iweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        *common.MODEL,
        common.OFFSET,
        common.EXPOSURE,
        Opt("noconstant", 5),
        Opt("asis"),
        Opt("family", 1, "text"),
        Opt("link", 1, "text"),
        Opt("scale", 2, "text"),
    ),
    unsupported=(
        *common.LACKING,
        "mu",
        "init",
        "vfactor:2",
        "disp",
        "irls",
        "fisher",
        "search:3",
        "ml",
        "nodisplay:3",
    ),
)
def run(call: Call, ctx: Context) -> None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    spec = specs.read(call.opt("family"), call.opt("link"), ctx)
    if spec.trials and not spec.trials.replace(".", "").isdigit():
        call = replace(call, sample=call.sample & ~np.isnan(ctx.data.values(spec.trials)))
    sample = common.sample_of(call, ctx, VCES)
    sample, trials = outcome_of(call, spec, sample, ctx)
    weights = sample.weights
    if weights is not None and sample.weight_kind == "aweight":
        weights = weights * (len(weights) / weights.sum())
    if spec.ml:
        spec = replace(spec, alpha=estimated_alpha(spec, sample, weights))
    try:
        fit = fit_quasi(
            spec.quasi_family(trials),
            spec.quasi_link(),
            sample.y,
            sample.design.x,
            offset=sample.offset,
            weights=weights,
            control=common.control_of(call),
        )
    except glm.NotFeasibleError:
        raise StataError(1400, "initial values not feasible") from None
    common.log_items(call, ctx, fit.trace, sample.vce)
    if not fit.converged:
        if not call.has("iterate"):
            raise StataError(430, "convergence not achieved")
        ctx.say("convergence not achieved")
    stored = results(call, ctx, spec, sample, fit)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def outcome_of(
    call: Call, spec: specs.Spec, sample: common.Sample, ctx: Context
) -> tuple[common.Sample, np.ndarray | float]:
    """Check the outcome's range; leave out perfect predictors of a 0/1 outcome."""
    y = sample.y
    if spec.family == "binomial":
        trials = specs.trials_of(spec, sample.rows, ctx)
        if (y < 0).any() or (y > trials).any():
            upper = spec.trials or "1"
            raise StataError(499, f"dependent variable {sample.depvar} has values not between 0 and {upper}")
        if not spec.trials and np.isin(y, (0.0, 1.0)).all():
            if y.all() or not y.any():
                raise StataError(2000, common.NO_VARIATION)
            if not call.has("asis"):
                design, keep = without_perfect(sample.design, y, ctx)
                rows = sample.rows.copy()
                rows[np.flatnonzero(rows)[~keep]] = False

                def kept(v: np.ndarray | None) -> np.ndarray | None:
                    return None if v is None else v[keep]

                sample = replace(
                    sample,
                    design=common.without_collinear(design, ctx),
                    y=y[keep],
                    rows=rows,
                    weights=kept(sample.weights),
                    offset=kept(sample.offset),
                )
        elif (y != np.floor(y)).any():
            ctx.say("note: " + sample.depvar + " has noninteger values")
        return sample, trials
    if spec.family in ("gamma", "igaussian") and (y <= 0).any():
        raise StataError(499, f"dependent variable {sample.depvar} has nonpositive values")
    if spec.family in ("poisson", "nbinomial"):
        if (y < 0).any():
            raise StataError(499, f"dependent variable {sample.depvar} has negative values")
        if (y != np.floor(y)).any():
            ctx.say("note: " + sample.depvar + " has noninteger values")
    return sample, 1.0


def estimated_alpha(spec: specs.Spec, sample: common.Sample, weights: np.ndarray | None) -> float:
    """alpha of the negative binomial by maximum likelihood (nbreg's)."""
    if spec.link != "log":
        raise StataError(198, "family(nbinomial ml) with a link other than log not yet supported")
    family, x = glm.NegativeBinomial(sample.y), sample.design.x
    given: dict[str, Any] = {"offset": sample.offset, "weights": weights}
    first = glm.fit_glm(glm.Poisson(sample.y), x, **given)
    fit = glm.fit_glm(family, x, start=np.concatenate([first.b, [0.0]]), control=glm.without_log(), **given)
    return float(np.exp(fit.aux[0]))


def scale_of(text: str | None, fit: QuasiFit, df: float) -> tuple[float, str]:
    """The scale parameter and what it was asked to be: "" (the family's default), x2, dev or a number."""
    if text is None:
        return (1.0, "") if fit.data.family.discrete else (fit.pearson / df if df > 0 else math.nan, "")
    if text in ("x2", "dev"):
        return (fit.pearson if text == "x2" else fit.deviance) / df, text
    try:
        value = float(text)
    except ValueError:
        raise StataError(198, "option scale() incorrectly specified") from None
    if value <= 0:
        raise StataError(198, "option scale() incorrectly specified")
    return value, "number"


def results(call: Call, ctx: Context, spec: specs.Spec, sample: common.Sample, fit: QuasiFit) -> Stored:
    recipe, p, slopes = sample.design.recipe, sample.design.x.shape[1], sample.slopes
    n = sample.n
    df = n - p
    phi, scale = scale_of(call.opt("scale"), fit, df)
    kind = sample.vce.kind
    vcov, n_clusters = common.covariance(fit, sample, ctx)
    if kind == "eim":
        vcov = fit.expected
    if kind in ("oim", "eim"):
        vcov = vcov * phi
    elif kind == "opg":
        vcov = vcov * phi**2
    deviance, pearson = fit.deviance, fit.pearson
    chi2 = ols.wald(fit.b[:slopes], vcov[:slopes, :slopes])[0] if slopes else math.nan
    scalars = {
        "N": n,
        "k": float(len(recipe)),
        "k_eq": 1.0,
        "k_eq_model": 1.0,
        "k_dv": 1.0,
        "df_m": float(slopes),
        "df": df,
        "phi": phi,
        "aic": (-2 * fit.loglik + 2 * p) / n,
        "bic": deviance - df * math.log(n),
        "ll": fit.loglik,
        "chi2": chi2,
        "p": float(dist.chi2tail(slopes, chi2)) if slopes else math.nan,
        "deviance": deviance,
        "deviance_s": deviance / phi,
        "deviance_p": pearson,
        "deviance_ps": pearson / phi,
        "dispers": deviance / df if df > 0 else math.nan,
        "dispers_s": deviance / phi / df if df > 0 else math.nan,
        "dispers_p": pearson / df if df > 0 else math.nan,
        "dispers_ps": pearson / phi / df if df > 0 else math.nan,
        "nbml": float(spec.ml),
        "vf": 1.0,
        "power": {"identity": 1.0, "log": 0.0}.get(
            spec.link, spec.power if spec.link == "power" else math.nan
        ),
        "rank": float(np.linalg.matrix_rank(vcov, hermitian=True)) if p else 0.0,
        "ic": float(len(fit.trace) - 1),
        "rc": 0.0,
        "converged": float(fit.converged),
    }
    if math.isnan(scalars["power"]):
        del scalars["power"]
    if n_clusters is not None:
        scalars["N_clust"] = float(n_clusters)
    variance, link = spec.variance_text, spec.link_text
    macros = common.shared_macros(call, sample, "Generalized linear models")
    macros |= {
        "chi2type": "Wald",
        "varfunct": variance[1],
        "varfuncf": variance[0],
        "linkt": link[1],
        "linkf": link[0],
        "m": spec.trials or "1",
        "opt1": "ML",
        "marginsok": "default MU XB",
        "vcetype": common.VCETYPES[kind] or "OIM",
    }
    names = tuple(f"{sample.depvar}:{column}" for column in recipe.names)
    b, v = recipe.widen(fit.b), recipe.widen(vcov)
    extra = {
        "title": "Linear prediction",
        "spec": spec,
        "offset": call.opt("offset", ""),
        "exposure": call.opt("exposure", ""),
        "ratio": call.has("eform"),
        "scale": scale,
        "phi": phi,
    }
    estimation = Estimation(
        "glm", sample.depvar, recipe, b, v, eq=sample.depvar, fit=fit, replay=show, extra=extra
    )
    matrices = {"b": equation_matrix(b, names), "V": square_matrix(v, names)}
    return Stored("e", scalars, macros, matrices, estimation, sample.rows)
