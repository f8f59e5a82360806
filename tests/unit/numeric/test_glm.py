"""Single-level likelihoods: derivatives, densities against scipy.stats, iteration logs printed by Stata."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support import EXAMPLES, needs_shared

from pystata_hlm.data.io import read_dta
from pystata_hlm.numeric import glm

RNG = np.random.default_rng(20)
N = 60
X = np.column_stack([RNG.normal(size=N), np.ones(N)])
COUNTS = RNG.poisson(2, N).astype(float)
FAMILIES = {
    **{
        f"binomial {k}": glm.Binomial(RNG.binomial(5, 0.4, N) * 1.0, np.full(N, 5.0), v)
        for k, v in glm.LINKS.items()
    },
    "poisson": glm.Poisson(COUNTS),
    "nbinomial mean": glm.NegativeBinomial(COUNTS),
    "nbinomial constant": glm.NegativeBinomial(COUNTS, constant=True),
    "gamma": glm.Gamma(RNG.gamma(2, 1, N)),
    "gaussian": glm.Gaussian(RNG.normal(size=N)),
    "gaussian log": glm.Gaussian(RNG.normal(size=N) + 2, log=True),
    **{f"ordinal {k}": glm.Ordinal(RNG.integers(0, 4, N) * 1.0, 4, v) for k, v in glm.LINKS.items()},
}


@pytest.mark.parametrize("name", FAMILIES)
def test_score_and_hessian_are_derivatives(name: str) -> None:
    data = glm.Data.of(FAMILIES[name], X, weights=RNG.uniform(0.5, 2, N))
    theta = np.concatenate([[0.3, 0.5], np.sort(RNG.normal(size=data.family.n_aux))])
    value, gradient, hessian = data.full(theta)
    assert value == pytest.approx(data.value(theta), rel=1e-12)
    steps = 1e-5 * np.eye(len(theta))
    by_value = [(data.value(theta + s) - data.value(theta - s)) / 2e-5 for s in steps]
    by_score = [(data.full(theta + s)[1] - data.full(theta - s)[1]) / 2e-5 for s in steps]
    assert gradient == pytest.approx(np.array(by_value), rel=1e-5, abs=1e-5)
    assert hessian == pytest.approx(np.array(by_score), rel=1e-5, abs=1e-5)
    assert data.scores(theta).T @ data.weights == pytest.approx(gradient)


ETA = np.linspace(-2, 2, N)
SCALE = 0.7
MU = np.exp(ETA)
DENSITIES = {
    "binomial probit": lambda y: stats.binom.logpmf(y, 5, stats.norm.cdf(ETA)),
    "binomial cloglog": lambda y: stats.binom.logpmf(y, 5, -np.expm1(-MU)),
    "poisson": lambda y: stats.poisson.logpmf(y, MU),
    "nbinomial mean": lambda y: stats.nbinom.logpmf(y, 1 / SCALE, 1 / (1 + SCALE * MU)),
    "nbinomial constant": lambda y: stats.nbinom.logpmf(y, MU / SCALE, 1 / (1 + SCALE)),
    "gamma": lambda y: stats.gamma.logpdf(y, SCALE**-2, scale=MU * SCALE**2),
    "gaussian": lambda y: stats.norm.logpdf(y, ETA, np.sqrt(SCALE)),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_densities_are_complete(name: str) -> None:
    family = FAMILIES[name]
    aux = np.full(family.n_aux, np.log(SCALE))
    assert family.loglik(ETA, aux) == pytest.approx(DENSITIES[name](family.y), rel=1e-10)


def test_tails_do_not_overflow() -> None:
    far = np.array([-800.0, -40.0, 40.0, 800.0])
    for link in glm.LINKS.values():
        for y in (0.0, 1.0):
            terms = glm.Binomial(np.full(4, y), np.ones(4), link).terms(far, np.zeros(0))
            assert np.isfinite(terms.e).all() or link is glm.CLOGLOG


def values(trace: tuple[glm.Step, ...]) -> list[str]:
    return [f"{step.value:.8g}" for step in trace]


@needs_shared
def test_iteration_log_of_logit() -> None:
    """Log of ../shared/cases/logit_auto_or."""
    auto = read_dta(EXAMPLES / "auto.dta")
    y = auto.values("foreign")
    x = np.column_stack([auto.values("gear_ratio"), auto.values("headroom"), np.ones(len(y))])
    family = glm.Binomial(y, np.ones_like(y))
    fit = glm.fit_glm(family, x, start=glm.constant_start(glm.fit_constant(family), 3))
    assert values(fit.trace) == [
        "-45.03321",
        "-24.070574",
        "-21.955086",
        "-21.905247",
        "-21.905069",
        "-21.905069",
    ]
    assert np.sqrt(np.diag(fit.vcov)) == pytest.approx([1.32087, 0.453866, 4.565065], abs=6e-7)


@needs_shared
def test_iteration_log_of_ologit() -> None:
    """Log of ../shared/cases/ologit_copen."""
    copen = read_dta(EXAMPLES / "copen.dta")
    x = np.column_stack(
        [
            copen.values(v) == k
            for v, top in (("housing", 4), ("influence", 3), ("contact", 2))
            for k in range(2, top + 1)
        ]
    ).astype(float)
    family, w = glm.Ordinal(copen.values("satisfaction") - 1, 3), copen.values("n")
    null = glm.fit_constant(family, weights=w)
    fit = glm.fit_glm(family, x, weights=w, start=glm.constant_start(null, 6, None))
    assert values(fit.trace) == ["-1824.4388", "-1739.8163", "-1739.5747", "-1739.5746"]
    assert fit.aux == pytest.approx([-0.496135, 0.6907081], abs=6e-8)
