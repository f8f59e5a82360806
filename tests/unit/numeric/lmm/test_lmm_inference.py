"""Information, scores, robust covariance and boundary estimates against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from lmm_support import Problem, dense_loglik, dense_v, nested_codes

from pystata_hlm.numeric.lmm import (
    Equation,
    Level,
    LmmFit,
    NotNestedError,
    RestrictedScoresError,
    fit_lmm,
)


def simulated(structure: str, q: int, strata: int, levels: int, reml: bool = False, seed: int = 0) -> Problem:
    """Data with well-determined variance components."""
    rng = np.random.default_rng(seed)
    n_top, n_low, n_in = (10, 3, 4) if levels == 2 else (14, 1, 7)
    n = n_top * n_low * n_in
    top = np.repeat(np.arange(n_top), n_low * n_in)
    low = np.repeat(np.arange(n_top * n_low), n_in)
    z = np.column_stack([*rng.normal(size=(q - 1, n)), np.ones(n)])
    x = np.column_stack([z, rng.normal(size=n)])
    y = x.sum(axis=1) + np.einsum("ij,ij->i", z, rng.normal(size=(n_top, q))[top])
    out = [Level.single("top", top, z, structure)]
    if levels == 2:
        out.append(Level.single("low", low, np.ones((n, 1)), "identity"))
        y = y + rng.normal(size=n_top * n_low)[low]
    stratum = rng.integers(0, strata, size=n) if strata > 1 else None
    sd = 1.0 + 0.5 * (stratum if stratum is not None else 0)
    return Problem(y + sd * rng.normal(size=n), x, out, reml, stratum)


def fitted(problem: Problem) -> LmmFit:
    return fit_lmm(problem.y, problem.x, problem.levels, reml=problem.reml, residual_groups=problem.strata)


def loglik_in_metric(problem: Problem, fit: LmmFit, metric: np.ndarray) -> float:
    """Dense log likelihood as a function of Stata's metric, built from the layout alone."""
    by_address = {
        (p.kind, p.level, p.equation, p.i, p.j): v for p, v in zip(fit.metric_params, metric, strict=True)
    }
    covariances = []
    for level, lf in enumerate(fit.levels, start=1):
        blocks = []
        for eq, (structure, q) in enumerate(zip(lf.structures, lf.widths, strict=True), start=1):
            common = structure in ("identity", "exchangeable")
            sd = np.array(
                [
                    np.exp(by_address["lns", level, eq, *((1, 1) if common else (i, i))])
                    for i in range(1, q + 1)
                ]
            )
            corr = np.eye(q)
            for i in range(q):
                for j in range(i + 1, q):
                    address = ("atr", level, eq, *((1, 2) if common else (i + 1, j + 1)))
                    corr[i, j] = corr[j, i] = np.tanh(by_address.get(address, 0.0))
            blocks.append(np.outer(sd, sd) * corr)
        assert len(blocks) == 1
        covariances.append(blocks[0])
    first = by_address["lnsig_e", 0, 0, 1, 1]
    stratum = problem.strata if problem.strata is not None else np.zeros(problem.y.size, dtype=int)
    log_sd = np.array(
        [first + by_address.get(("r_lns", 0, 0, s + 1, s + 1), 0.0) for s in range(stratum.max() + 1)]
    )
    return dense_loglik(problem, dense_v(problem, covariances, np.exp(2 * log_sd[stratum])))


MODELS = [
    ("unstructured", 2, 1, 1, False),
    ("unstructured", 3, 1, 1, True),
    ("independent", 2, 2, 1, False),
    ("exchangeable", 3, 1, 1, False),
    ("identity", 2, 3, 1, True),
    ("unstructured", 2, 2, 2, False),
    ("exchangeable", 2, 1, 2, True),
]


@pytest.mark.parametrize(("structure", "q", "strata", "levels", "reml"), MODELS)
def test_covariance_is_the_inverse_information_of_the_profile_likelihood(
    structure: str, q: int, strata: int, levels: int, reml: bool
) -> None:
    problem = simulated(structure, q, strata, levels, reml)
    fit = fitted(problem)
    assert loglik_in_metric(problem, fit, fit.metric) == pytest.approx(fit.loglik, abs=1e-8)
    h = 1e-3
    k = fit.metric.size
    steps = h * np.eye(k)

    def f(d: np.ndarray) -> float:
        return loglik_in_metric(problem, fit, fit.metric + d)

    information = np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            a, b = steps[i], steps[j]
            information[i, j] = information[j, i] = -(f(a + b) - f(a - b) - f(b - a) + f(-a - b)) / (
                4 * h * h
            )
    # second differences at h = 1e-3: relative error about 1e-5
    np.testing.assert_allclose(fit.vcov_metric @ information, np.eye(k), atol=2e-4)


@pytest.mark.parametrize(("structure", "q", "strata", "levels", "reml"), MODELS)
def test_natural_covariance_follows_by_the_delta_method(
    structure: str, q: int, strata: int, levels: int, reml: bool
) -> None:
    fit = fitted(simulated(structure, q, strata, levels, reml))
    errors = np.sqrt(np.diagonal(fit.vcov_natural))
    metric_errors = np.sqrt(np.diagonal(fit.vcov_metric))
    for k, (p, m) in enumerate(zip(fit.params, fit.metric_params, strict=True)):
        if p.kind == "var":
            assert m.kind == "lns"
            assert fit.natural[k] == pytest.approx(np.exp(2 * fit.metric[k]))
            assert errors[k] == pytest.approx(2 * fit.natural[k] * metric_errors[k])
    s = fit.df_residual
    np.testing.assert_allclose(
        fit.residual_variances,
        np.exp(2 * (fit.metric[-s] + np.append(0.0, fit.metric[fit.metric.size - s + 1 :]))),
    )


@pytest.mark.parametrize(("structure", "q", "strata", "levels", "reml"), [m for m in MODELS if not m[-1]])
def test_scores_are_the_gradients_of_the_clusters_log_likelihoods(
    structure: str, q: int, strata: int, levels: int, reml: bool
) -> None:
    problem = simulated(structure, q, strata, levels)
    fit = fitted(problem)
    scores = fit.scores()
    np.testing.assert_allclose(scores.sum(axis=0), 0.0, atol=1e-5)
    group = 3
    rows = nested_codes(problem.levels)[0] == group
    part = Problem(
        problem.y[rows],
        problem.x[rows],
        [
            Level(lv.name, lv.groups[rows], tuple(Equation(e.z[rows], e.structure) for e in lv.equations))
            for lv in problem.levels
        ],
        False,
        None if problem.strata is None else problem.strata[rows],
    )

    def density(theta: np.ndarray) -> float:
        """Log density of the cluster at fixed beta: the response minus X beta, no fixed effects left."""
        beta, metric = theta[: fit.p], theta[fit.p :]
        alone = Problem(part.y - part.x @ beta, np.zeros((rows.sum(), 0)), part.levels, False, part.strata)
        return loglik_in_metric(alone, fit, metric)

    if problem.strata is not None:
        assert set(part.strata) == set(problem.strata)
    theta = np.concatenate([fit.beta, fit.metric])
    h = 1e-5
    numeric = [(density(theta + s) - density(theta - s)) / (2 * h) for s in h * np.eye(theta.size)]
    np.testing.assert_allclose(scores[group], numeric, rtol=1e-5, atol=1e-6)


def test_robust_covariance_is_the_documented_product() -> None:
    problem = simulated("unstructured", 2, 2, 2)
    fit = fitted(problem)
    clusters = problem.levels[0].groups // 2 + 40
    for cluster, j in ((None, 10), (clusters, 5)):
        scores = fit.scores(cluster)
        assert scores.shape == (j, fit.p + fit.metric.size)
        model = np.block(
            [
                [fit.vcov_beta, np.zeros((fit.p, fit.metric.size))],
                [np.zeros((fit.metric.size, fit.p)), fit.vcov_metric],
            ]
        )
        expected = model @ scores.T @ scores @ model * j / (j - 1)
        robust = fit.robust(cluster)
        assert robust.n_clusters == j
        np.testing.assert_allclose(robust.full, expected)
        np.testing.assert_allclose(robust.natural, fit.jacobian @ robust.metric @ fit.jacobian.T)


def test_clusters_must_contain_the_top_groups() -> None:
    fit = fitted(simulated("identity", 1, 1, 1))
    with pytest.raises(NotNestedError):
        fit.robust(np.arange(fit.n) % 7)


def test_no_robust_covariance_after_reml() -> None:
    with pytest.raises(RestrictedScoresError):
        fitted(simulated("identity", 1, 1, 1, reml=True)).robust()


class TestBoundary:
    def test_unneeded_slope_variance(self) -> None:
        """Independent structure, slopes that do not vary between groups: variance zero, correct elsewhere."""
        rng = np.random.default_rng(2)
        g = np.repeat(np.arange(25), 8)
        x = np.column_stack([np.tile(np.linspace(-1, 1, 8), 25), np.ones(200)])
        noise = rng.normal(size=200)
        basis = x[:8]
        for i in range(25):  # no between-group variation in slopes at all
            block = noise[g == i]
            noise[g == i] = block - basis @ np.linalg.lstsq(basis, block, rcond=None)[0]
        y = x @ [1.0, 2.0] + rng.normal(size=25)[g] + noise
        full = fit_lmm(y, x, [Level.single("g", g, x, "independent")])
        plain = fit_lmm(y, x, [Level.single("g", g, x[:, 1:], "identity")])
        assert full.optimisation.converged
        assert list(full.at_boundary) == [True, False, False]
        assert full.loglik == pytest.approx(plain.loglik, abs=1e-8)
        np.testing.assert_allclose(full.beta, plain.beta, rtol=1e-8)
        np.testing.assert_allclose(full.natural[1:], plain.natural, rtol=1e-6)
        np.testing.assert_allclose(
            np.sqrt(np.diagonal(full.vcov_natural))[1:], np.sqrt(np.diagonal(plain.vcov_natural)), rtol=1e-4
        )

    def test_singular_unstructured_matrix(self) -> None:
        """Random slope proportional to random intercept: correlation one, finite covariance matrix."""
        rng = np.random.default_rng(5)
        g = np.repeat(np.arange(30), 6)
        x = np.column_stack([rng.normal(size=180), np.ones(180)])
        u = rng.normal(size=30)
        y = 2 * u[g] + u[g] * x[:, 0] + 0.05 * x[:, 0] + 3 * rng.normal(size=180)
        fit = fit_lmm(y, x, [Level.single("g", g, x, "unstructured")])
        assert fit.optimisation.converged
        assert np.all(np.isfinite(fit.vcov_metric))
        assert np.all(np.isfinite(fit.vcov_natural))
        d = fit.levels[0].covariance
        assert list(fit.at_boundary) == [False, False, True, False]
        assert abs(d[0, 1]) == pytest.approx(np.sqrt(d[0, 0] * d[1, 1]), rel=1e-6)
        assert np.linalg.eigvalsh(d)[0] >= 0

    def test_one_row_per_group_leaves_a_ridge(self) -> None:
        """The two variances are not separately identified: the sum is, and nothing crashes."""
        y = np.random.default_rng(3).normal(size=50)
        one = np.ones((50, 1))
        fit = fit_lmm(y, one, [Level.single("id", np.arange(50), one, "identity")])
        assert fit.natural.sum() == pytest.approx(y.var(), rel=1e-9)
        assert fit.loglik == pytest.approx(fit.loglik_linear, abs=1e-9)
        assert np.all(np.isfinite(fit.vcov_metric))
