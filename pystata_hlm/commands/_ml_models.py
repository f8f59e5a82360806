"""logit, probit, cloglog, poisson, nbreg, ologit, oprobit: fit and store.

The engine is ``numeric.glm``. e(b) has the dependent variable as equation name and free parameters after a slash
(``/cut1``, ``/lnalpha``). Layouts: ../shared/cases logit_auto_or, poisson_ceb_offset, ologit_copen.
Errors: r(2000) no observations or no variation in the outcome, r(459) negative counts, r(430) no convergence.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._ml_common import (
    Sample,
    control_of,
    covariance,
    log_items,
    sample_of,
    shared_macros,
    test_of_model,
)
from pystata_hlm.commands._ml_kinds import KINDS, Kind, Outcome, outcome_of
from pystata_hlm.commands._ml_show import show
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import glm
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

VANISHING = -15.0
"""ln(alpha) below which there is no overdispersion to speak of."""
DETERMINED = 1.5e-8
"""Fitted probabilities this near 0 or 1 count as completely determined: Stata's FAQ on the note lists 1.49e-8 as one."""


def estimate(call: Call, ctx: Context, name: str) -> None:
    """Fit, store and show; ``name`` is the key of KINDS."""
    kind = KINDS[name]
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    sample = sample_of(call, ctx, kind.vces, ordinal=kind.family == "ordinal", binary=kind.family == "binary")
    outcome = outcome_of(kind, sample.y, sample.depvar, call.opt("dispersion", "mean") == "constant")
    fit, null, before = fit_model(call, ctx, kind, sample, outcome)
    stored = results(call, ctx, kind, sample, outcome, fit, null, before)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def fit_model(
    call: Call, ctx: Context, kind: Kind, sample: Sample, outcome: Outcome
) -> tuple[glm.GlmFit, glm.GlmFit, glm.GlmFit | None]:
    """The fit, that without covariates, and for nbreg the Poisson fit; prints the logs."""
    x, family = sample.design.x, outcome.family
    given: dict[str, Any] = {"offset": sample.offset, "weights": sample.weights}
    control = control_of(call)
    with_constant = sample.design.recipe.constant
    place = -1 if with_constant else None
    before = None
    if kind.family == "nbreg":
        poisson = glm.Poisson(sample.y)
        flat = glm.fit_constant(poisson, constant=with_constant, control=glm.without_log(), **given)
        start = glm.constant_start(flat, x.shape[1], place)
        before = glm.fit_glm(poisson, x, start=start, control=control, **given)
        log_items(call, ctx, before.trace, sample.vce, "Fitting Poisson model:")
        first = np.concatenate([flat.b, [0.0]])
        null = glm.fit_glm(family, flat.data.x, start=first, control=control, **given)
        if (
            null.aux[0] < VANISHING
        ):  # no overdispersion: approach alpha = 0 in plain steps, from a finite start
            control = replace(control, forward=False)
            null = glm.fit_glm(family, flat.data.x, start=first, control=control, **given)
        if with_constant:
            log_items(call, ctx, null.trace, sample.vce, "Fitting constant-only model:")
        # the better of the constant-only model and the Poisson fit with the constant-only dispersion
        starts = [glm.constant_start(null, x.shape[1], place), np.concatenate([before.b, null.aux])]
        start = max(starts, key=before_value(family, x, given))
    else:
        null = glm.fit_constant(family, constant=with_constant, control=glm.without_log(), **given)
        start = glm.constant_start(null, x.shape[1], place)
    try:
        fit = glm.fit_glm(family, x, start=start, control=control, **given)
        if len(fit.aux) == 1 and kind.family == "nbreg" and fit.aux[0] < VANISHING:
            fit = glm.fit_glm(family, x, start=start, control=replace(control, forward=False), **given)
    except glm.NotFeasibleError:
        raise StataError(1400, "initial values not feasible") from None
    head = "Fitting full model:" if kind.family == "nbreg" else ""
    log_items(call, ctx, fit.trace, sample.vce, head)
    if not fit.converged:
        if not call.has("iterate"):
            raise StataError(430, "convergence not achieved")
        ctx.say("convergence not achieved")
    return fit, null, before


def before_value(family: glm.Family, x: np.ndarray, given: dict[str, Any]) -> Any:
    """The log likelihood as a function of the parameters, minus infinity where it is not defined."""
    data = glm.Data.of(family, x, given["offset"], given["weights"])

    def value(theta: np.ndarray) -> float:
        found = data.value(theta)
        return found if np.isfinite(found) else -np.inf

    return value


def results(
    call: Call,
    ctx: Context,
    kind: Kind,
    sample: Sample,
    outcome: Outcome,
    fit: glm.GlmFit,
    null: glm.GlmFit,
    before: glm.GlmFit | None,
) -> Stored:
    recipe, slopes = sample.design.recipe, sample.slopes
    p, k, m = sample.design.x.shape[1], len(recipe), len(fit.aux)
    vcov, n_clusters = covariance(fit, sample, ctx)
    ll, ll_0 = fit.loglik, null.loglik
    chi2type, chi2, _, tail = test_of_model(
        sample, fit.b[:slopes], vcov[:slopes, :slopes], (ll, ll_0), slopes
    )
    scalars = {
        "N": sample.n,
        "k": float(k + m),
        "k_eq": float(1 + m),
        "k_eq_model": 1.0,
        "k_dv": 1.0,
        "df_m": float(slopes),
        "ll": ll,
        "chi2": chi2,
        "p": tail,
        "rank": float(np.linalg.matrix_rank(vcov, hermitian=True)),
        "ic": float(len(fit.trace) - 1),
        "rc": 0.0,
        "converged": float(fit.converged),
    }
    if sample.constant:
        scalars |= {"ll_0": ll_0, "r2_p": 1 - ll / ll_0 if slopes else 0.0}
    if n_clusters is not None:
        scalars["N_clust"] = float(n_clusters)
    macros = shared_macros(call, sample, kind.title)
    macros |= {
        "chi2type": chi2type,
        "marginsok": "default XB Pr" if kind.family == "binary" else "default XB",
    }
    aux = tuple(f"cut{j + 1}" for j in range(m))
    if kind.family == "binary":
        chance = kind.link.cdf(fit.data.split(fit.theta)[0])
        w = np.ones(len(chance)) if sample.frequency is None else sample.frequency
        one = sample.y != 0
        scalars["N_cdf"] = float(w[~one & (chance < DETERMINED)].sum())
        scalars["N_cds"] = float(w[one & (1 - chance < DETERMINED)].sum())
    if outcome.categories:
        scalars |= {"k_cat": float(len(outcome.categories)), "k_aux": float(m)}
    if before is not None:
        constant = call.opt("dispersion", "mean") == "constant"
        aux = ("lndelta",) if constant else ("lnalpha",)
        scalars |= {"k_aux": 1.0, aux[0][2:]: float(np.exp(fit.aux[0])), "ll_c": before.loglik}
        macros["dispers"] = "constant" if constant else "mean"
        if sample.vce.kind in ("oim", "opg"):
            scalars["chi2_c"] = max(2 * (ll - before.loglik), 0.0)
            macros["chi2_ct"] = "LR"
    names = (*(f"{sample.depvar}:{column}" for column in recipe.names), *(f"/:{name}" for name in aux))
    full_b = np.concatenate([recipe.widen(fit.b), fit.aux])
    full_v = np.zeros((k + m, k + m))
    at = np.concatenate([recipe.kept, k + np.arange(m)])
    full_v[np.ix_(at, at)] = vcov
    extra = {
        "title": "Linear prediction",
        "kind": call.command,
        "categories": outcome.categories,
        "offset": call.opt("offset", ""),
        "exposure": call.opt("exposure", ""),
        "engine_vcov": vcov,
        "p": p,
        "aux": aux,
        "ratio": bool(kind.always or (kind.option and call.has(kind.option))),
    }
    estimation = Estimation(
        call.command,
        sample.depvar,
        recipe,
        recipe.widen(fit.b),
        recipe.widen(vcov[:p, :p]),
        eq=sample.depvar,
        fit=fit,
        replay=show,
        extra=extra,
    )
    matrices = {"b": equation_matrix(full_b, names), "V": square_matrix(full_v, names)}
    if outcome.categories:
        matrices["cat"] = equation_matrix(
            np.array(outcome.categories), tuple(f"c{j + 1}" for j in range(len(outcome.categories))), "r1"
        )
    return Stored("e", scalars, macros, matrices, estimation, sample.rows)
