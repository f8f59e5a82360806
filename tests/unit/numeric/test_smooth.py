"""Smoothers against their formulas written out point by point, exact cases and invariances."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.numeric.smooth import lowess, multivariable_running, neighbours, running

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def window_fit(x, y, at, low, high, weights, mean):
    u, v = x[low : high + 1] - at, y[low : high + 1]
    if mean:
        return np.average(v, weights=weights)
    return np.polyfit(u, v, 1, w=np.sqrt(weights))[1]


def lowess_by_the_manual(y, x, bandwidth, mean, weight):
    """[R] lowess, Methods and formulas, one regression a point (x without ties)."""
    order = np.argsort(x)
    xs, ys, n = x[order], y[order], len(x)
    k = int(np.floor((n * bandwidth - 0.5) / 2))
    out = np.empty(n)
    for i in range(n):
        low, high = max(0, i - k), min(n - 1, i + k)
        delta = 1.0001 * max(xs[high] - xs[i], xs[i] - xs[low])
        w = (
            (1 - (np.abs(xs[low : high + 1] - xs[i]) / delta) ** 3) ** 3
            if weight
            else np.ones(high - low + 1)
        )
        out[order[i]] = window_fit(xs, ys, xs[i], low, high, w, mean)
    return out


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 1000), st.integers(12, 150), st.sampled_from([0.3, 0.5, 0.8]), st.booleans(), st.booleans()
)
def test_lowess_equals_the_manual(seed, n, bandwidth, mean, weight):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, n)
    y = np.sin(x) + rng.normal(size=n)
    ours = lowess(y, x, bandwidth, mean=mean, weight=weight)
    np.testing.assert_allclose(
        ours, lowess_by_the_manual(y, x, bandwidth, mean, weight), rtol=1e-7, atol=1e-8
    )


def test_lowess_batches_join(monkeypatch):
    """More points than one batch holds; compared at a few places."""
    rng = np.random.default_rng(5)
    x = rng.uniform(size=1500)
    y = x**2 + rng.normal(size=1500)
    every = lowess(y, x, 0.4)
    order = np.argsort(x)
    k = int(np.floor((1500 * 0.4 - 0.5) / 2))
    for i in (0, 1, 299, 300, 700, 1200, 1498, 1499):
        low, high = max(0, i - k), min(1499, i + k)
        xs = x[order]
        delta = 1.0001 * max(xs[high] - xs[i], xs[i] - xs[low])
        w = (1 - (np.abs(xs[low : high + 1] - xs[i]) / delta) ** 3) ** 3
        assert every[order[i]] == pytest.approx(window_fit(xs, y[order], xs[i], low, high, w, False))


@pytest.mark.parametrize("bandwidth", [0.2, 0.8])
def test_lowess_reproduces_a_line(bandwidth):
    x = np.random.default_rng(0).integers(0, 40, 300).astype(float)
    np.testing.assert_allclose(lowess(3 - 2 * x, x, bandwidth), 3 - 2 * x, atol=1e-9)


def test_lowess_with_ties_is_a_function_of_x():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 8, 500).astype(float)
    y = x + rng.normal(size=500)
    smooth = lowess(y, x, 0.3)
    for value in range(8):
        assert np.ptp(smooth[x == value]) == 0
    # a group larger than the window is smoothed by its own mean and the line through its neighbours
    binary = (x > 3).astype(float)
    np.testing.assert_allclose(lowess(y, binary, 0.05), [y[binary == b].mean() for b in binary])


@pytest.mark.skipif(not DATA.exists(), reason="shared data not present")
def test_lowess_of_the_notes_is_close_to_the_untied_formula():
    """A tenth of mathach on ses, with ties: within .01 sd of the manual's formula averaged over ties."""
    pd = pytest.importorskip("pandas")
    data = pd.read_csv(DATA / "hsb.csv").iloc[::10]
    x, y = data.ses.to_numpy(float), data.mathach.to_numpy(float)
    literal = lowess_by_the_manual(y, x + 1e-9 * np.arange(len(x)), 0.8, False, True)
    averaged = pd.Series(literal).groupby(x).transform("mean").to_numpy()
    assert np.abs(lowess(y, x, 0.8) - averaged).max() < 0.01 * literal.std()


def test_lowess_adjust_and_logit():
    rng = np.random.default_rng(2)
    x = np.sort(rng.uniform(-3, 3, 200))
    y = (rng.uniform(size=200) < 1 / (1 + np.exp(-x))).astype(float)
    plain = lowess(y, x, 0.5)
    adjusted = lowess(y, x, 0.5, adjust=True)
    assert adjusted.mean() == pytest.approx(y.mean())
    np.testing.assert_allclose(adjusted / plain, adjusted[0] / plain[0])
    logit = lowess(y, x, 0.5, logit=True)
    inside = (plain > 0.0001) & (plain < 0.9999)
    np.testing.assert_allclose(logit[inside], np.log(plain[inside] / (1 - plain[inside])))
    assert (plain < 0.0001).any()
    np.testing.assert_allclose(logit[plain < 0.0001], -np.log(199))


def test_constant_x_and_single_observation():
    assert lowess(np.array([1.0, 3, 5]), np.ones(3)).tolist() == [3, 3, 3]
    assert lowess(np.array([7.0]), np.array([1.0])).tolist() == [7]
    assert running(np.array([1.0, 3, 5]), np.ones(3)).tolist() == [3, 3, 3]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(5, 80), st.integers(1, 12), st.booleans(), st.booleans())
def test_running_line_equals_a_regression_per_point(seed, n, k, mean, weighted):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n), rng.normal(size=n)
    w = rng.uniform(0.5, 2, n) if weighted else np.ones(n)
    order = np.argsort(x)
    xs, ys, ws = x[order], y[order], w[order]
    expected = np.empty(n)
    for i in range(n):
        low, high = max(0, i - k), min(n - 1, i + k)
        expected[order[i]] = window_fit(xs, ys, xs[i], low, high, ws[low : high + 1], mean)
    ours = running(y, x, knn=k, mean=mean, weights=w if weighted else None)
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-7)


def test_running_of_a_binary_predictor_gives_its_group_means():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 2, 200).astype(float)
    y = 2 * x + rng.normal(size=200)
    means = np.array([y[x == b].mean() for b in (0, 1)])
    np.testing.assert_allclose(running(y, x, knn=150), means[x.astype(int)])


def test_span_and_neighbours():
    """help running: k = (n span - 1)/2"""
    assert neighbours(101, 0.2) == 10
    assert neighbours(7185) == round((7185**0.8 - 1) / 2)
    x = np.arange(50.0)
    y = np.sin(x)
    np.testing.assert_array_equal(running(y, x, span=0.3), running(y, x, knn=7))
    np.testing.assert_array_equal(running(y, x, knn=4, repeat=2), running(running(y, x, knn=4), x, knn=4))


def test_backfitting_recovers_a_linear_model_at_once():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 3))
    y = 1 + x @ [2.0, -1.0, 0.5]
    fit = multivariable_running(y, x)
    np.testing.assert_allclose(fit.fitted, y, atol=1e-8)
    assert fit.r_squared == pytest.approx((1, 1, 1))
    np.testing.assert_allclose(fit.adjusted, fit.curves, atol=1e-8)


def test_backfitting_finds_additive_functions_and_converges():
    rng = np.random.default_rng(6)
    n = 2000
    x = rng.uniform(-2, 2, size=(n, 2))
    x[:, 1] += 0.5 * x[:, 0]
    y = np.sin(2 * x[:, 0]) + x[:, 1] ** 2 + rng.normal(scale=0.3, size=n)
    fit = multivariable_running(y, x, span=0.1, cycles=40)
    assert fit.change < 1e-8
    # the fixed point of backfitting: every function is the smooth of its own partial residuals
    for j in range(2):
        f = running(fit.adjusted[:, j], x[:, j], span=0.1)
        np.testing.assert_allclose(f - f.mean(), fit.functions[:, j], atol=1e-6)
    middle = np.abs(x[:, 0]) < 1.5
    truth = np.sin(2 * x[:, 0])
    assert np.abs((fit.functions[:, 0] - truth + truth.mean())[middle]).max() < 0.25
    for j in range(2):
        np.testing.assert_allclose(fit.adjusted[:, j] - fit.curves[:, j], y - fit.fitted, atol=1e-12)
    np.testing.assert_allclose(fit.fitted - fit.constant, fit.functions.sum(axis=1))
