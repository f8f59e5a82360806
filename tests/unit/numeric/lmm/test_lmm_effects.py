"""Predictions of random effects, their standard errors, and the row-wise predictions, against dense formulas."""

from __future__ import annotations

import lmm_support as support
import numpy as np
import pytest
from lmm_support import dense_v, needs_shared, nested_codes, random_problem

from pystata_hlm.numeric.lmm import Level, LmmError, fit_lmm, predict_effects, random_part


def dense_effects(problem, fit, known_beta: bool):
    """GZ'Py and diag(G - GZ'(V^-1 or P)ZG) with one column per random effect of every group."""
    x, y = problem.x, problem.y
    stratum = problem.strata if problem.strata is not None else np.zeros(y.size, dtype=int)
    v = dense_v(problem, [lv.covariance for lv in fit.levels], fit.residual_variances[stratum])
    inverse = np.linalg.inv(v)
    p = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    out = []
    for z, g, level in zip(problem.rows().z, nested_codes(problem.levels), fit.levels, strict=True):
        d = level.covariance
        values, errors = [], []
        for k in range(g.max() + 1):
            zk = z * (g == k)[:, None]
            values.append(d @ zk.T @ p @ y)
            middle = inverse if known_beta else p
            errors.append(np.sqrt(np.diagonal(d - d @ zk.T @ middle @ zk @ d)))
        out.append((np.array(values), np.array(errors)))
    return out


SHAPES = ["one level, exchangeable, strata", "two levels", "two levels, two equations, strata"]


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_effects_and_errors_equal_the_dense_formulas(shape: str, reml: bool) -> None:
    problem = random_problem(shape, seed=21, reml=reml, n=120)
    rng = np.random.default_rng(22)
    for z, g in zip(problem.rows().z, nested_codes(problem.levels), strict=True):
        u = rng.normal(size=(g.max() + 1, z.shape[1]))
        problem.y += np.einsum("ij,ij->i", z, u[g])
    fit = fit_lmm(problem.y, problem.x, problem.levels, reml=reml, residual_groups=problem.strata)
    total = fit.linear_prediction()
    for level, (values, errors) in enumerate(dense_effects(problem, fit, known_beta=not reml)):
        np.testing.assert_allclose(fit.random_effects(level), values, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(fit.random_effects_se(level), errors, rtol=1e-5, atol=1e-6)
        assert np.array_equal(fit.levels[level].row_group, nested_codes(problem.levels)[level])
        total = total + random_part(problem.rows().z[level], fit.effects[level])
    np.testing.assert_allclose(fit.fitted(), total)
    np.testing.assert_allclose(fit.residuals(), problem.y - total)
    stratum = problem.strata if problem.strata is not None else np.zeros(problem.y.size, dtype=int)
    np.testing.assert_allclose(
        fit.standardized_residuals(), (problem.y - total) / np.sqrt(fit.residual_variances[stratum])
    )


def test_three_levels() -> None:
    problem = random_problem("three levels, strata", seed=23, reml=True, n=150)
    fit = fit_lmm(problem.y, problem.x, problem.levels, reml=True, residual_groups=problem.strata)
    for level, (values, errors) in enumerate(dense_effects(problem, fit, known_beta=False)):
        np.testing.assert_allclose(fit.random_effects(level), values, rtol=1e-5, atol=1e-6)
        # next to a zero variance the standard error is a root of rounding
        np.testing.assert_allclose(fit.random_effects_se(level) ** 2, errors**2, rtol=1e-5, atol=1e-6)


def test_reses_counts_beta_only_after_reml() -> None:
    """Stata printed 2.13 after reml and 1.32 after mle for these data: stats.stackexchange.com/questions/48254."""
    g = np.array([12, 8, 22, 10, 10, 6, 8, 4, 14, 6, 2, 22, 12, 7, 24, 14, 8, 4, 5, 6, 14, 5, 5, 16], float)
    one = np.ones((24, 1))
    level = [Level.single("id", np.tile(np.arange(12), 2), one, "identity")]
    for reml, expected in ((True, 2.13), (False, 1.32)):
        fit = fit_lmm(g, one, level, reml=reml)
        np.testing.assert_allclose(fit.random_effects_se(0), expected, atol=0.005)


@needs_shared
def test_blups_of_the_language_data() -> None:
    """shared/cases/xtmixed_lang_null_blup: predict ahat2, reffects for schools 1, 2, 10, 12, 15."""
    d = support.example("snijders.dta")
    one = np.ones((len(d), 1))
    school = d.schoolnr.to_numpy(int)
    fit = fit_lmm(d.langpost.to_numpy(float), one, [Level.single("schoolnr", school, one, "identity")])
    of_school = dict(zip(school[fit.levels[0].group_row], fit.random_effects(0)[:, 0], strict=True))
    printed = {1: -3.498958, 2: -11.28981, 10: -5.985626, 12: -7.774852, 15: -6.704087}
    for number, value in printed.items():
        assert of_school[number] == pytest.approx(value, abs=2e-5)  # Stata's early stop moves the variances
    assert fit.loglik == pytest.approx(-8126.6092, abs=5e-5)


def test_predictions_from_other_data_equal_those_of_the_sample() -> None:
    problem = random_problem("two levels, two equations, strata", seed=25, reml=True, n=120)
    fit = fit_lmm(problem.y, problem.x, problem.levels, reml=True, residual_groups=problem.strata)
    again = predict_effects(fit, problem.y, problem.x, problem.levels, problem.strata)
    for mine, theirs in zip(fit.effects, again, strict=True):
        np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(mine.standard_errors, theirs.standard_errors, rtol=1e-8, atol=1e-10)


def test_predictions_for_a_new_group_and_a_missing_stratum() -> None:
    problem = random_problem("one level, exchangeable, strata", seed=26, reml=False, n=90)
    fit = fit_lmm(problem.y, problem.x, problem.levels, residual_groups=problem.strata)
    keep = problem.levels[0].groups == 1
    level = Level.single(
        "level0", problem.levels[0].groups[keep] + 70, problem.rows().z[0][keep], "exchangeable"
    )
    one = predict_effects(fit, problem.y[keep], problem.x[keep], [level], problem.strata[keep])[0]
    np.testing.assert_allclose(one.values[0], fit.random_effects(0)[1], rtol=1e-8)
    with pytest.raises(LmmError):
        predict_effects(fit, problem.y[keep], problem.x[keep], [level], problem.strata[keep] + 9)


def test_stdp() -> None:
    problem = random_problem("two levels", seed=27, reml=False, n=80)
    fit = fit_lmm(problem.y, problem.x, problem.levels)
    np.testing.assert_allclose(
        fit.stdp(), np.sqrt(np.diagonal(problem.x @ fit.vcov_beta @ problem.x.T)), rtol=1e-10
    )
    np.testing.assert_allclose(fit.linear_prediction(np.eye(3)), fit.beta)
