"""Generalised linear and ordinal models with one level, by maximum likelihood.

    from pystata_hlm.numeric import glm

    family = glm.Binomial(y, trials=np.ones_like(y), link=glm.LOGIT)     # or glm.PROBIT, glm.CLOGLOG
    family = glm.Poisson(y); glm.NegativeBinomial(y, constant=False); glm.Gamma(y); glm.Gaussian(y, log=False)
    family = glm.Ordinal(codes_from_0, categories, link=glm.PROBIT)      # aux parameters: the cutpoints
    null = glm.fit_constant(family, offset=offset, weights=w)            # constant-only model, ll_0
    fit = glm.fit_glm(family, x, offset=offset, weights=w,               # x holds the constant's column
                      start=glm.constant_start(null, x.shape[1]))        # iteration 0 = constant-only likelihood
    fit.b, fit.aux, fit.loglik, fit.vcov                                 # theta = (b, aux); vcov of theta (oim)
    fit.trace                                                            # Step(value, note): the iteration log
    fit.robust(clusters), fit.scores, fit.converged

``fit_glm`` without ``start`` begins where Stata's ``me`` commands begin their fixed-effects fit
(``gauss_newton_start``). With the constant-only start the iteration logs of logit agree with Stata's line for line
(step lengths 1, 1.125, 1.375 ..., see ``maximise``); ``poisson`` starts elsewhere (ceb log: -2051.3779 after the
constant-only -2080.664), which its command has to supply.
``family.terms(eta, aux)`` gives log likelihoods and their derivatives for (n,) or (n, nodes) indices;
``family.mean(eta, aux)`` the mean; ``Ordinal.probability(eta, aux, c)``. Weights multiply the terms; frequency,
importance and sampling weights are the caller's business (``robust(frequency=)`` for fweights).
Perfect prediction is not looked for: the caller drops separated variables first.
"""

from pystata_hlm.numeric.glm.families import (
    Binomial,
    Family,
    Gamma,
    Gaussian,
    NegativeBinomial,
    Ordinal,
    Poisson,
    Terms,
)
from pystata_hlm.numeric.glm.fit import (
    Data,
    GlmFit,
    constant_start,
    fit_constant,
    fit_glm,
    gauss_newton_start,
    sandwich,
    without_log,
)
from pystata_hlm.numeric.glm.links import CLOGLOG, LINKS, LOGIT, PROBIT, Link
from pystata_hlm.numeric.glm.maximise import Control, NotFeasibleError, Optimum, Step, maximise

__all__ = [
    "CLOGLOG",
    "LINKS",
    "LOGIT",
    "PROBIT",
    "Binomial",
    "Control",
    "Data",
    "Family",
    "Gamma",
    "Gaussian",
    "GlmFit",
    "Link",
    "NegativeBinomial",
    "NotFeasibleError",
    "Optimum",
    "Ordinal",
    "Poisson",
    "Step",
    "Terms",
    "constant_start",
    "fit_constant",
    "fit_glm",
    "gauss_newton_start",
    "maximise",
    "sandwich",
    "without_log",
]
