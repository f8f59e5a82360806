"""Laws: what must not change the fit, how it must change with the units, and errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lmm_support import random_problem

from pystata_hlm.numeric.lmm import (
    Control,
    Equation,
    InsufficientObservationsError,
    Level,
    LmmFit,
    NoObservationsError,
    NotConvergedError,
    PerfectFitError,
    SingularDesignError,
    fit_lmm,
)
from pystata_hlm.numeric.lmm.blocks import nest


def two_level_data(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """y, x, top codes, low codes (unique within top only), stratum."""
    rng = np.random.default_rng(seed)
    top = np.repeat(np.arange(10), 12)
    low = np.tile(np.repeat(np.arange(3), 4), 10)
    x = np.column_stack([rng.normal(size=120), np.ones(120)])
    y = x.sum(axis=1) + rng.normal(size=10)[top] + rng.normal(size=30)[top * 3 + low]
    y += x[:, 0] * rng.normal(size=10)[top] + rng.normal(size=120)
    return y, x, top, low, rng.integers(0, 2, size=120)


def fit_two_levels(y, x, top, low, stratum, reml: bool = False) -> LmmFit:
    levels = [
        Level.single("top", top, x, "unstructured"),
        Level.single("low", low, np.ones((y.size, 1)), "identity"),
    ]
    return fit_lmm(y, x, levels, reml=reml, residual_groups=stratum)


def same(a: LmmFit, b: LmmFit) -> None:
    assert a.loglik == pytest.approx(b.loglik, abs=1e-7)
    np.testing.assert_allclose(a.beta, b.beta, rtol=1e-6, atol=1e-7)
    inner = ~(a.at_boundary | b.at_boundary)
    np.testing.assert_allclose(a.natural[inner], b.natural[inner], rtol=1e-5, atol=1e-6)


seeds = st.integers(0, 10_000)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_row_order_does_not_matter(seed: int) -> None:
    y, x, top, low, stratum = two_level_data(seed)
    shuffled = np.random.default_rng(seed).permutation(y.size)
    a = fit_two_levels(y, x, top, low, stratum)
    b = fit_two_levels(y[shuffled], x[shuffled], top[shuffled], low[shuffled], stratum[shuffled])
    same(a, b)
    np.testing.assert_allclose(a.fitted()[shuffled], b.fitted(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(a.scores(), b.scores(), rtol=1e-4, atol=1e-4)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_group_labels_do_not_matter(seed: int) -> None:
    y, x, top, low, stratum = two_level_data(seed)
    rng = np.random.default_rng(seed)
    relabelled = rng.permutation(10)[top] * 7919 - 10**9
    unique_low = rng.permutation(30)[top * 3 + low]  # codes unique over all, or only within the top level
    a = fit_two_levels(y, x, top, low, stratum)
    b = fit_two_levels(y, x, relabelled, unique_low, 5 - 3 * (1 - stratum))
    same(a, b)
    np.testing.assert_allclose(a.fitted(), b.fitted(), rtol=1e-5, atol=1e-5)


@settings(max_examples=12, deadline=None)
@given(seeds, st.floats(-6, 6), st.booleans())
def test_units_of_the_response(seed: int, exponent: float, reml: bool) -> None:
    y, x, top, low, stratum = two_level_data(seed)
    c = 10.0**exponent
    a = fit_two_levels(y, x, top, low, stratum, reml)
    b = fit_two_levels(c * y, x, top, low, stratum, reml)
    df = y.size - 2 * reml
    assert b.loglik == pytest.approx(a.loglik - df * np.log(c), abs=1e-6)
    np.testing.assert_allclose(b.beta, c * a.beta, rtol=1e-6, atol=1e-7 * c)
    inner = ~(a.at_boundary | b.at_boundary)
    np.testing.assert_allclose(b.natural[inner], c * c * a.natural[inner], rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(seeds, st.floats(-3000, 3000))
def test_origin_of_a_slope_covariate(seed: int, origin: float) -> None:
    """Unstructured models do not depend on where time starts: a calendar year is as good as a centred one."""
    y, x, top, low, stratum = two_level_data(seed)
    moved = x + np.array([origin, 0.0])
    a = fit_two_levels(y, x, top, low, stratum)
    b = fit_two_levels(y, moved, top, low, stratum)
    assert b.loglik == pytest.approx(a.loglik, abs=1e-6)
    assert b.beta[0] == pytest.approx(a.beta[0], rel=1e-5, abs=1e-6)
    assert b.natural[0] == pytest.approx(a.natural[0], rel=1e-3, abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(
    seeds, st.sampled_from(["one level, unstructured", "two levels", "three levels, strata"]), st.booleans()
)
def test_every_fit_meets_its_tolerances(seed: int, shape: str, reml: bool) -> None:
    """Random models with little information: on the boundary or not, the stop is a proven one."""
    problem = random_problem(shape, seed, reml, n=150)
    fit = fit_lmm(problem.y, problem.x, problem.levels, reml=reml, residual_groups=problem.strata)
    o = fit.optimisation
    assert o.converged
    assert o.reason == "gradient"
    assert o.relative_gradient <= 1e-8
    assert o.decrement <= 1e-12
    assert fit.loglik >= fit.optimisation.trace[-1] - 1e-9
    for level in fit.levels:
        assert np.linalg.eigvalsh(level.covariance)[0] >= -1e-12 * np.trace(level.covariance)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=40))
def test_nesting(rows: list[tuple[int, int, int]]) -> None:
    """Group numbers are the ranks of the code paths, and sorted rows make groups contiguous."""
    table = np.array(rows)
    nesting = nest(list(table.T), len(rows))
    order = np.arange(len(rows)) if nesting.order is None else nesting.order
    for level in range(3):
        paths = [tuple(r[: level + 1]) for r in rows]
        rank = {path: i for i, path in enumerate(sorted(set(paths)))}
        assert nesting.row_group[level].tolist() == [rank[p] for p in paths]
        sorted_groups = nesting.row_group[level][order]
        assert np.all(np.diff(sorted_groups) >= 0)
        assert nesting.starts[level].tolist() == [int(np.argmax(sorted_groups == g)) for g in rank.values()]
        for k in range(level):
            parents = [sorted({p[: k + 1] for p in paths}).index(p[: k + 1]) for p in sorted(set(paths))]
            assert nesting.parent(level, k).tolist() == parents


# -- plain models and errors -----------------------------------------------------------------------------------
def test_no_levels_is_linear_regression() -> None:
    y, x, *_ = two_level_data(1)
    beta, rss, *_ = np.linalg.lstsq(x, y, rcond=None)
    n, p = x.shape
    ml, reml = fit_lmm(y, x, []), fit_lmm(y, x, [], reml=True)
    np.testing.assert_allclose(ml.beta, beta, rtol=1e-12)
    assert ml.residual_variances[0] == pytest.approx(rss[0] / n, rel=1e-12)
    assert reml.residual_variances[0] == pytest.approx(rss[0] / (n - p), rel=1e-12)
    assert ml.loglik == pytest.approx(-n / 2 * (np.log(2 * np.pi * rss[0] / n) + 1), rel=1e-12)
    restricted = (
        -(n - p) / 2 * (np.log(2 * np.pi * rss[0] / (n - p)) + 1) - 0.5 * np.linalg.slogdet(x.T @ x)[1]
    )
    assert reml.loglik == pytest.approx(restricted, rel=1e-12)
    for fit in (ml, reml):
        assert fit.loglik == fit.loglik_linear
        assert fit.lr_df == 0
    assert ml.vcov_metric[0, 0] == pytest.approx(1 / (2 * n))  # information of log sigma


def test_strata_alone_split_the_variance() -> None:
    """With a saturated mean per stratum, each stratum's variance is its own mean square."""
    rng = np.random.default_rng(2)
    stratum = np.repeat([4, 9], 30)
    y = rng.normal(size=60) * np.where(stratum == 4, 1.0, 3.0)
    x = np.column_stack([stratum == 4, stratum == 9]).astype(float)
    fit = fit_lmm(y, x, [], residual_groups=stratum)
    np.testing.assert_allclose(fit.residual_variances, [y[:30].var(), y[30:].var()], rtol=1e-9)
    assert fit.residual_codes.tolist() == [4, 9]
    assert (fit.df_random, fit.df_residual, fit.lr_df) == (0, 2, 1)


def test_balanced_one_way_closed_form() -> None:
    """REML of a balanced one-way layout: the analysis-of-variance estimates (Searle, Casella, McCulloch 1992)."""
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(15), 6)
    y = 10 + 2 * rng.normal(size=15)[g] + rng.normal(size=90)
    one = np.ones((90, 1))
    fit = fit_lmm(y, one, [Level.single("g", g, one, "identity")], reml=True)
    means = y.reshape(15, 6).mean(axis=1)
    within = ((y.reshape(15, 6) - means[:, None]) ** 2).sum() / 75
    between = 6 * ((means - y.mean()) ** 2).sum() / 14
    np.testing.assert_allclose(fit.natural, [(between - within) / 6, within], rtol=1e-9)
    assert fit.beta[0] == pytest.approx(y.mean(), rel=1e-12)
    assert fit.vcov_beta[0, 0] == pytest.approx(between / 90, rel=1e-9)


def test_two_equations_at_one_level_equal_the_block_diagonal_model() -> None:
    """|| g: a, nocons || g: , is || g: a, cov(independent)."""
    y, x, top, *_ = two_level_data(4)
    split = Level("g", top, (Equation(x[:, :1], "identity"), Equation(x[:, 1:], "identity")))
    joined = Level.single("g", top, x, "independent")
    a, b = fit_lmm(y, x, [split]), fit_lmm(y, x, [joined])
    same(a, b)
    assert [(p.equation, p.i) for p in a.params] == [(1, 1), (2, 1), (0, 1)]
    assert [(p.equation, p.i) for p in b.params] == [(1, 1), (1, 2), (0, 1)]


def test_start_values_skip_em() -> None:
    y, x, top, low, stratum = two_level_data(5)
    first = fit_two_levels(y, x, top, low, stratum)
    levels = [
        Level.single("top", top, x, "unstructured"),
        Level.single("low", low, np.ones((y.size, 1)), "identity"),
    ]
    again = fit_lmm(y, x, levels, residual_groups=stratum, start=first.metric)
    same(first, again)
    assert again.optimisation.em_iterations == 0
    assert again.optimisation.trace[0] == pytest.approx(first.loglik, abs=1e-6)


def test_iteration_limit() -> None:
    y, x, top, *_ = two_level_data(6)
    level = [Level.single("top", top, x, "unstructured")]
    with pytest.raises(NotConvergedError) as caught:
        fit_lmm(y, x, level, control=Control(max_iter=1, em_iter=0))
    assert caught.value.summary.reason == "iterations"
    assert caught.value.summary.iterations == 1
    lax = fit_lmm(y, x, level, control=Control(max_iter=0, strict=False))  # EM only
    assert not lax.optimisation.converged
    full = fit_lmm(y, x, level)
    assert lax.loglik == pytest.approx(full.optimisation.trace[0], abs=1e-9)
    assert lax.loglik < full.loglik


@pytest.mark.parametrize(
    ("y", "x", "error"),
    [
        (np.zeros(0), np.zeros((0, 1)), NoObservationsError),
        (np.arange(3.0), np.eye(3), InsufficientObservationsError),
        (np.arange(9.0) % 4, np.ones((9, 2)), SingularDesignError),
        (np.arange(9.0) % 4, np.column_stack([np.ones(9), np.zeros(9)]), SingularDesignError),
        (np.ones(9), np.ones((9, 1)), PerfectFitError),
    ],
)
def test_errors(y: np.ndarray, x: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        fit_lmm(y, x, [])


def test_the_dependent_column_is_named() -> None:
    rng = np.random.default_rng(7)
    a = rng.normal(size=50)
    with pytest.raises(SingularDesignError) as caught:
        fit_lmm(a + rng.normal(size=50), np.column_stack([a, 2 * a + 1, np.ones(50), a**2]), [])
    assert caught.value.column == 2


def test_unknown_structure() -> None:
    with pytest.raises(ValueError, match="toeplitz"):
        Equation(np.ones((3, 1)), "toeplitz")  # type: ignore[arg-type]
