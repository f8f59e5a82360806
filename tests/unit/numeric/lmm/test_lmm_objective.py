"""The log likelihood at fixed parameters against dense matrices; derivatives against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from lmm_support import SHAPES, dense_loglik, dense_v, random_problem

from pystata_hlm.numeric.lmm.objective import factorise_at

CASES = [(shape, reml) for shape in SHAPES for reml in (False, True)]


def some_tau(objective, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=objective.params.size) * 0.5


@pytest.mark.parametrize(("shape", "reml"), CASES)
def test_log_likelihood_equals_the_dense_normal_density(shape: str, reml: bool) -> None:
    problem = random_problem(shape, seed=1, reml=reml)
    objective = problem.objective()
    tau = some_tau(objective, 2)
    state = factorise_at(objective.blocks, objective.params, tau)
    basis = objective.blocks.basis
    sigma2 = state.rss / objective.scale_df * basis.scale**2
    covariances = [
        sigma2 * t @ f @ f.T @ t.T for t, f in zip(basis.z_map, objective.params.factors(tau), strict=True)
    ]
    stratum = problem.strata if problem.strata is not None else np.zeros(problem.y.size, dtype=int)
    v = dense_v(problem, covariances, sigma2 / state.weights[stratum])
    # both sum about 60 logarithms; 1e-10 leaves room for the dense inverse
    assert -objective.value_of(state) == pytest.approx(dense_loglik(problem, v), abs=1e-10)


@pytest.mark.parametrize(("shape", "reml"), CASES)
def test_sigma_is_profiled_out(shape: str, reml: bool) -> None:
    """No other sigma^2 at the same relative covariance gives a higher dense log likelihood."""
    problem = random_problem(shape, seed=3, reml=reml)
    objective = problem.objective()
    state = factorise_at(objective.blocks, objective.params, some_tau(objective, 4))
    basis = objective.blocks.basis
    sigma2 = state.rss / objective.scale_df * basis.scale**2
    relative = [
        t @ f @ f.T @ t.T for t, f in zip(basis.z_map, objective.params.factors(state.tau), strict=True)
    ]
    stratum = problem.strata if problem.strata is not None else np.zeros(problem.y.size, dtype=int)
    v = dense_v(problem, relative, 1.0 / state.weights[stratum])
    best = dense_loglik(problem, sigma2 * v)
    assert best > dense_loglik(problem, 1.05 * sigma2 * v)
    assert best > dense_loglik(problem, 0.95 * sigma2 * v)


@pytest.mark.parametrize(("shape", "reml"), CASES)
def test_gradient_and_hessian_equal_finite_differences(shape: str, reml: bool) -> None:
    objective = random_problem(shape, seed=5, reml=reml).objective()
    tau = some_tau(objective, 6)
    _, gradient, hessian = objective.in_tau(tau)
    h = 1e-5
    steps = h * np.eye(tau.size)
    numeric = [(objective.value(tau + s) - objective.value(tau - s)) / (2 * h) for s in steps]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)
    rows = [(objective.in_tau(tau + s, 1)[1] - objective.in_tau(tau - s, 1)[1]) / (2 * h) for s in steps]
    # central differences of an analytic gradient: error h^2 times the fourth derivative
    np.testing.assert_allclose(hessian, np.array(rows), rtol=1e-6, atol=1e-6)


def test_gradient_of_order_one_equals_that_of_order_two() -> None:
    objective = random_problem("three levels, strata", seed=7, reml=False).objective()
    tau = some_tau(objective, 8)
    np.testing.assert_allclose(objective.in_tau(tau, 1)[1], objective.in_tau(tau, 2)[1], rtol=1e-12)


def test_tau_in_the_callers_columns_describes_the_same_matrices() -> None:
    """The logged iterations use the caller's columns: same value, gradient by the chain rule."""
    objective = random_problem("two levels, two equations, strata", seed=9, reml=True).objective()
    from pystata_hlm.numeric.lmm.objective import Objective

    raw = objective.params.in_columns(objective.blocks.basis.z_map)
    other = Objective(objective.blocks, raw, True)
    tau = some_tau(objective, 10)
    value, gradient, _ = other.in_tau(tau)
    h = 1e-6
    numeric = [(other.value(tau + s) - other.value(tau - s)) / (2 * h) for s in h * np.eye(tau.size)]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-6)
    for t, mine, theirs in zip(
        objective.blocks.basis.z_map, raw.factors(tau), objective.params.factors(tau), strict=True
    ):
        assert (t @ mine).shape == theirs.shape
    assert np.isfinite(value)
