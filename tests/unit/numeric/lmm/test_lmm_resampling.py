"""Refits from resampled cross-products equal refits of the duplicated rows."""

from __future__ import annotations

import numpy as np
import pytest
from lmm_support import Problem, nested_codes, random_problem

from pystata_hlm.numeric.lmm import (
    Control,
    Equation,
    InsufficientObservationsError,
    Level,
    Resampler,
    fit_lmm,
    refit_resampled,
)


def problem_with_effects(shape: str, reml: bool) -> Problem:
    problem = random_problem(shape, seed=31, reml=reml, n=240)
    rng = np.random.default_rng(32)
    top = np.arange(240) % 12
    levels = [
        Level(lv.name, top if i == 0 else lv.groups, lv.equations) for i, lv in enumerate(problem.levels)
    ]
    problem = Problem(problem.y, problem.x, levels, reml, problem.strata)
    for z, g in zip(problem.rows().z, nested_codes(levels), strict=True):
        problem.y += np.einsum("ij,ij->i", z, rng.normal(size=(g.max() + 1, z.shape[1]))[g])
    return problem


def duplicated(problem: Problem, counts: np.ndarray, new_identity: bool) -> Problem:
    """The rows of group j repeated counts[j] times."""
    picked, identity = [], []
    for j, k in enumerate(counts):
        rows = np.flatnonzero(problem.levels[0].groups == j)
        for copy in range(k):
            picked.append(rows)
            identity.append(np.full(rows.size, 1000 * j + (copy if new_identity else 0)))
    at, top = np.concatenate(picked), np.concatenate(identity)
    levels = [
        Level(
            lv.name,
            top if i == 0 else lv.groups[at],
            tuple(Equation(e.z[at], e.structure) for e in lv.equations),
        )
        for i, lv in enumerate(problem.levels)
    ]
    strata = None if problem.strata is None else problem.strata[at]
    return Problem(problem.y[at], problem.x[at], levels, problem.reml, strata)


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("shape", ["one level, unstructured", "two levels, two equations, strata"])
def test_refit_equals_fitting_duplicated_rows(shape: str, reml: bool, merged: bool) -> None:
    problem = problem_with_effects(shape, reml)
    fit = fit_lmm(problem.y, problem.x, problem.levels, reml=reml, residual_groups=problem.strata)
    counts = np.bincount(np.random.default_rng(33).integers(0, 12, 12), minlength=12)
    assert counts.max() > 1
    assert counts.min() == 0
    quick = Resampler(fit).refit(counts, merged=merged)
    rows = duplicated(problem, counts, new_identity=not merged)
    slow = fit_lmm(rows.y, rows.x, rows.levels, reml=reml, residual_groups=rows.strata)
    assert quick.n == slow.n
    assert quick.n_groups == tuple(lv.n_groups for lv in slow.levels)
    assert quick.loglik == pytest.approx(slow.loglik, abs=1e-7)
    assert quick.loglik_linear == pytest.approx(slow.loglik_linear, abs=1e-7)
    np.testing.assert_allclose(quick.beta, slow.beta, rtol=1e-6, atol=1e-7)
    inner = ~slow.at_boundary
    np.testing.assert_allclose(quick.natural[inner], slow.natural[inner], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(quick.vcov_beta, slow.vcov_beta, rtol=1e-5, atol=1e-8)


def test_every_group_once_gives_the_fit_back() -> None:
    problem = problem_with_effects("two levels", False)
    fit = fit_lmm(problem.y, problem.x, problem.levels)
    again = refit_resampled(fit, np.ones(12, dtype=int))
    assert again.loglik == pytest.approx(fit.loglik, abs=1e-9)
    np.testing.assert_allclose(again.metric, fit.metric, rtol=1e-6, atol=1e-6)


def test_a_fit_on_the_boundary_does_not_pin_the_resamples() -> None:
    """Starting from a zero variance, a resample whose optimum is inside must be reached."""
    rng = np.random.default_rng(34)
    g = np.repeat(np.arange(10), 5)
    one = np.ones((50, 1))
    y = rng.normal(size=50)
    for j in range(10):  # first five groups vary between, the others cancel them out
        y[g == j] += (1.5 if j % 2 else -1.5) * (j < 2) - y[g == j].mean() * (j >= 2)
    fit = fit_lmm(y, one, [Level.single("g", g, one, "identity")])
    counts = np.array([5, 5, 0, 0, 0, 0, 0, 0, 0, 0])
    quick = Resampler(fit).refit(counts)
    rows = duplicated(Problem(y, one, [Level.single("g", g, one, "identity")]), counts, True)
    slow = fit_lmm(rows.y, rows.x, rows.levels)
    assert slow.natural[0] > 0.1
    assert quick.loglik == pytest.approx(slow.loglik, abs=1e-8)


def test_draws_and_bad_counts() -> None:
    problem = problem_with_effects("one level, unstructured", False)
    sampler = Resampler(fit_lmm(problem.y, problem.x, problem.levels))
    draws = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11])
    np.testing.assert_array_equal(
        sampler.refit_draws(draws).beta, sampler.refit(np.bincount(draws, minlength=12)).beta
    )
    with pytest.raises(ValueError, match="12 non-negative"):
        sampler.refit(np.ones(3, dtype=int))
    with pytest.raises(InsufficientObservationsError):
        sampler.refit(np.zeros(12, dtype=int))
    assert sampler.refit(np.ones(12, dtype=int), Control(tol=1e-6)).optimisation.converged
