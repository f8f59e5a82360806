"""Weights: integer weights are repetitions, likelihood derivatives, scores, the definition of the pseudolikelihood."""

from __future__ import annotations

import numpy as np
import pytest

from pystata_hlm.numeric.lmm import Equation, Level, LmmError, LmmFit, Resampler, fit_lmm

RNG = np.random.default_rng(3)
N = 120
TOP, WITHIN = RNG.integers(0, 6, N), RNG.integers(0, 4, N)
BOTTOM = np.unique(TOP * 10 + WITHIN, return_inverse=True)[1]
X = np.column_stack([RNG.normal(size=N), np.ones(N)])
Y = (
    X @ [1.0, 2.0]
    + RNG.normal(size=6)[TOP] * 1.5
    + RNG.normal(size=int(BOTTOM.max()) + 1)[BOTTOM] * X[:, 0] * 1.2
    + RNG.normal(size=N)
)
STRATA = RNG.integers(0, 2, N)
W = RNG.integers(1, 4, N).astype(float)
W_TOP = RNG.integers(1, 4, 6).astype(float)[TOP]
W_BOTTOM = RNG.integers(1, 4, int(BOTTOM.max()) + 1).astype(float)[BOTTOM]


def levels(weighted: bool = True) -> list[Level]:
    return [
        Level("top", TOP, (Equation(X[:, 1:]),), W_TOP if weighted else None),
        Level("bottom", BOTTOM, (Equation(X, "unstructured"),), W_BOTTOM if weighted else None),
    ]


def repeated() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(source row, top group, bottom group) of the data written out."""
    rows = [
        (i, TOP[i] * 10 + a, BOTTOM[i] * 10 + b)
        for i in range(N)
        for a in range(int(W_TOP[i]))
        for b in range(int(W_BOTTOM[i]))
        for _ in range(int(W[i]))
    ]
    found = np.array(rows)
    return found[:, 0], found[:, 1], found[:, 2]


@pytest.mark.parametrize("strata", [None, STRATA], ids=["one variance", "strata"])
def test_integer_weights_are_repetitions(strata: np.ndarray | None) -> None:
    fit = fit_lmm(Y, X, levels(), weights=W, residual_groups=strata)
    at, top, bottom = repeated()
    other = [
        Level("top", top, (Equation(X[at, 1:]),)),
        Level("bottom", bottom, (Equation(X[at], "unstructured"),)),
    ]
    same = fit_lmm(Y[at], X[at], other, residual_groups=None if strata is None else strata[at])
    assert fit.loglik == pytest.approx(same.loglik, abs=1e-9)
    assert fit.lr_chi2 == pytest.approx(same.lr_chi2, abs=1e-9)
    assert fit.optimisation.trace[0] == pytest.approx(same.optimisation.trace[0], abs=1e-7)  # EM weighted too
    for name in ("beta", "vcov_beta", "natural", "vcov_natural", "metric"):
        np.testing.assert_allclose(getattr(fit, name), getattr(same, name), atol=1e-8)
    np.testing.assert_allclose(fit.scores(), same.scores(top // 10), atol=1e-7)
    for ours, theirs in zip(fit.effects, same.effects, strict=True):
        np.testing.assert_allclose(
            ours.values[ours.row_group[at]], theirs.values[theirs.row_group], atol=1e-8
        )
        np.testing.assert_allclose(
            ours.standard_errors[ours.row_group[at]], theirs.standard_errors[theirs.row_group], atol=1e-8
        )
    copies = W_TOP[fit.levels[0].group_row]
    np.testing.assert_allclose(fit.robust(None, copies).full, same.robust().full, atol=1e-7)
    assert fit.robust(None, copies).n_clusters == same.levels[0].n_groups


@pytest.mark.parametrize("strata", [None, STRATA], ids=["one variance", "strata"])
def test_derivatives(strata: np.ndarray | None) -> None:
    rng = np.random.default_rng(8)
    weights = rng.uniform(0.3, 2, N)
    fit = fit_lmm(Y, X, levels(), weights=weights, residual_groups=strata)
    objective, tau = fit.objective, fit.state.tau + 0.3
    _, gradient, hessian = objective.in_tau(tau, 2)
    for i in range(tau.size):
        d = np.zeros(tau.size)
        d[i] = 1e-5
        slope = (objective.value(tau + d) - objective.value(tau - d)) / 2e-5
        assert gradient[i] == pytest.approx(slope, abs=1e-6)
        bend = (objective.in_tau(tau + d, 1)[1] - objective.in_tau(tau - d, 1)[1]) / 2e-5
        np.testing.assert_allclose(hessian[i], bend, atol=1e-5)
    np.testing.assert_allclose(fit.scores().sum(axis=0), 0, atol=1e-6)


def pseudo_loglik(fit: LmmFit, weights: np.ndarray, groups: np.ndarray) -> float:
    """Sum_j w_j log of the integral over u of prod_i phi(y | u)^w_i phi(u), by 60-point Gauss-Hermite quadrature."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(60)
    sd, residual = np.sqrt(fit.natural[0]), fit.natural[1]
    total = 0.0
    for g in np.unique(TOP):
        rows = groups == g
        mean = (X[rows] @ fit.beta)[:, None]
        shift = fit.effects[0].values[fit.effects[0].row_group[rows][0], 0]
        spread = fit.effects[0].standard_errors[fit.effects[0].row_group[rows][0], 0]
        u = shift + spread * nodes  # adaptive: centred and scaled at the mode
        log = -0.5 * (np.log(2 * np.pi * residual) + (Y[rows, None] - mean - u) ** 2 / residual)
        joint = weights[rows] @ log - 0.5 * (u / sd) ** 2 - 0.5 * np.log(2 * np.pi) - np.log(sd)
        total += W_TOP[rows][0] * np.log(np.sum(mass * np.exp(joint + nodes**2 / 2)) * spread)
    return total


def test_pseudolikelihood_by_quadrature() -> None:
    """The definition of Rabe-Hesketh and Skrondal (2006), fractional weights."""
    weights = np.random.default_rng(2).uniform(0.3, 2, N)
    fit = fit_lmm(Y, X, [Level("top", TOP, (Equation(X[:, 1:]),), W_TOP)], weights=weights)
    assert fit.loglik == pytest.approx(pseudo_loglik(fit, weights, TOP), abs=1e-8)


def test_refused() -> None:
    with pytest.raises(LmmError, match="weights"):
        fit_lmm(Y, X, levels(), weights=W, reml=True)
    crossed = [Level("_all", np.zeros(N, int), (Equation(X[:, 1:], "identity", TOP),))]
    with pytest.raises(LmmError, match="weights"):
        fit_lmm(Y, X, crossed, weights=W)
    with pytest.raises(LmmError, match="weights"):
        Resampler(fit_lmm(Y, X, levels(), weights=W))
