"""Stata's distribution functions against scipy.stats (another formulation) and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pystata_hlm.numeric import dist as d

GRID = np.array([0.001, 0.3, 1.0, 2.5, 7.0, 40.0])
SIGNED = np.concatenate([-GRID, [0.0], GRID])
COUNTS = np.array([0.0, 1, 2, 5, 9])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (d.normal(SIGNED), stats.norm.cdf(SIGNED)),
        (d.lnnormal(SIGNED), stats.norm.logcdf(SIGNED)),
        (d.normalden(SIGNED), stats.norm.pdf(SIGNED)),
        (d.normalden(SIGNED, 2.0), stats.norm.pdf(SIGNED, 0, 2)),
        (d.normalden(SIGNED, 1.0, 2.0), stats.norm.pdf(SIGNED, 1, 2)),
        (d.chi2(3, GRID), stats.chi2.cdf(GRID, 3)),
        (d.chi2tail(3.5, GRID), stats.chi2.sf(GRID, 3.5)),
        (d.chi2den(3, GRID), stats.chi2.pdf(GRID, 3)),
        (d.nchi2(3, 2.0, GRID), stats.ncx2.cdf(GRID, 3, 2.0)),
        (d.gammap(2.5, GRID), stats.gamma.cdf(GRID, 2.5)),
        (d.gammaptail(2.5, GRID), stats.gamma.sf(GRID, 2.5)),
        (d.gammaden(2.0, 3.0, 0.5, GRID), stats.gamma.pdf(GRID, 2.0, 0.5, 3.0)),
        (d.F(3, 20, GRID), stats.f.cdf(GRID, 3, 20)),
        (d.Ftail(3, 20, GRID), stats.f.sf(GRID, 3, 20)),
        (d.Fden(3, 20, GRID), stats.f.pdf(GRID, 3, 20)),
        (d.t(7.5, SIGNED), stats.t.cdf(SIGNED, 7.5)),
        (d.ttail(7.5, SIGNED), stats.t.sf(SIGNED, 7.5)),
        (d.tden(7.5, SIGNED), stats.t.pdf(SIGNED, 7.5)),
        (d.ibeta(2, 3, [0.1, 0.9]), stats.beta.cdf([0.1, 0.9], 2, 3)),
        (d.ibetatail(2, 3, [0.1, 0.9]), stats.beta.sf([0.1, 0.9], 2, 3)),
        (d.betaden(2, 3, [0.1, 0.9]), stats.beta.pdf([0.1, 0.9], 2, 3)),
        (d.binomial(9, COUNTS, 0.3), stats.binom.cdf(COUNTS, 9, 0.3)),
        (d.binomialtail(9, COUNTS, 0.3), stats.binom.sf(COUNTS - 1, 9, 0.3)),
        (d.binomialp(9, COUNTS, 0.3), stats.binom.pmf(COUNTS, 9, 0.3)),
        (d.poisson(2.2, COUNTS), stats.poisson.cdf(COUNTS, 2.2)),
        (d.poissontail(2.2, COUNTS), stats.poisson.sf(COUNTS - 1, 2.2)),
        (d.poissonp(2.2, COUNTS), stats.poisson.pmf(COUNTS, 2.2)),
        (d.nbinomial(3, COUNTS, 0.4), stats.nbinom.cdf(COUNTS, 3, 0.4)),
        (d.nbinomialtail(3, COUNTS, 0.4), stats.nbinom.sf(COUNTS - 1, 3, 0.4)),
        (d.nbinomialp(3, COUNTS, 0.4), stats.nbinom.pmf(COUNTS, 3, 0.4)),
        (d.exponential(2, GRID), stats.expon.cdf(GRID, scale=2)),
        (d.exponentialtail(2, GRID), stats.expon.sf(GRID, scale=2)),
        (d.exponentialden(2, GRID), stats.expon.pdf(GRID, scale=2)),
        (d.weibull(1.7, 2, GRID), stats.weibull_min.cdf(GRID, 1.7, scale=2)),
        (d.weibulltail(1.7, 2, GRID), stats.weibull_min.sf(GRID, 1.7, scale=2)),
        (d.weibullden(1.7, 2, GRID), stats.weibull_min.pdf(GRID, 1.7, scale=2)),
        (d.logistic(SIGNED), stats.logistic.cdf(SIGNED)),
        (d.logistictail(2, SIGNED), stats.logistic.sf(SIGNED, 0, 2)),
        (d.logisticden(1, 2, SIGNED), stats.logistic.pdf(SIGNED, 1, 2)),
        (d.laplace(1, 2, SIGNED), stats.laplace.cdf(SIGNED, 1, 2)),
        (d.laplaceden(1, 2, SIGNED), stats.laplace.pdf(SIGNED, 1, 2)),
        (d.cauchy(1, 2, SIGNED), stats.cauchy.cdf(SIGNED, 1, 2)),
        (d.cauchyden(1, 2, SIGNED), stats.cauchy.pdf(SIGNED, 1, 2)),
    ],
)
def test_equal_to_scipy_stats(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-300)


P = np.array([1e-12, 0.025, 0.5, 0.9, 1 - 1e-6])


@pytest.mark.parametrize(
    ("function", "inverse"),
    [
        (d.normal, d.invnormal),
        (lambda x: d.chi2(4, x), lambda p: d.invchi2(4, p)),
        (lambda x: d.chi2tail(4, x), lambda p: d.invchi2tail(4, p)),
        (lambda x: d.F(3, 17, x), lambda p: d.invF(3, 17, p)),
        (lambda x: d.Ftail(3, 17, x), lambda p: d.invFtail(3, 17, p)),
        (lambda x: d.t(2.5, x), lambda p: d.invt(2.5, p)),
        (lambda x: d.ttail(1e9, x), lambda p: d.invttail(1e9, p)),
        (lambda x: d.gammap(3, x), lambda p: d.invgammap(3, p)),
        (lambda x: d.gammaptail(3, x), lambda p: d.invgammaptail(3, p)),
        (lambda x: d.ibeta(2, 5, x), lambda p: d.invibeta(2, 5, p)),
        (lambda x: d.ibetatail(2, 5, x), lambda p: d.invibetatail(2, 5, p)),
        (lambda x: d.binomial(9, 4, x), lambda p: d.invbinomial(9, 4, p)),
        (lambda x: d.binomialtail(9, 4, x), lambda p: d.invbinomialtail(9, 4, p)),
        (lambda x: d.poisson(x, 4), lambda p: d.invpoisson(4, p)),
        (lambda x: d.poissontail(x, 4), lambda p: d.invpoissontail(4, p)),
        (lambda x: d.exponential(2, x), lambda p: d.invexponential(2, p)),
        (lambda x: d.weibulltail(1.7, 2, x), lambda p: d.invweibulltail(1.7, 2, p)),
        (lambda x: d.weibull(1.7, 2, x), lambda p: d.invweibull(1.7, 2, p)),
        (lambda x: d.logistic(1, 2, x), lambda p: d.invlogistic(1, 2, p)),
        (lambda x: d.logistictail(1, 2, x), lambda p: d.invlogistictail(1, 2, p)),
    ],
)
def test_inverses(function, inverse):
    np.testing.assert_allclose(function(inverse(P)), P, rtol=1e-9)


@pytest.mark.parametrize(
    ("value", "expected"),
    [  # standard tables and closed forms
        (d.invnormal(0.975), 1.959963984540054),
        (d.invttail(10, 0.025), 2.2281388519649385),
        (d.invttail(1, 0.25), 1.0),
        (d.ttail(1, 1), 0.25),
        (d.ttail(1e17, 1.96), 0.024997895148220435),
        (d.chi2tail(2, 1400), math.exp(-700)),
        (d.chi2tail(1, 3.841458820694124), 0.05),
        (d.Ftail(2, 10, 4.102821015030716), 0.05),
        (d.F(2, 2, 3.0), 0.75),
        (d.binormal(0, 0, 0.5), 1 / 3),
        (d.lnnormal(-40), -804.6084420137538),
        (d.lnfactorial(10), math.log(3628800)),
        (d.lngamma(0.5), math.log(math.pi) / 2),
        (d.digamma(1), -0.5772156649015329),
        (d.trigamma(1), math.pi**2 / 6),
        (d.trigamma(-0.5), math.pi**2 / 2 + 4),
        (d.comb(10, 3), 120),
    ],
)
def test_known_values(value, expected):
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("h", "k", "r"), [(1, 0.5, 0.3), (-1, 2, -0.9), (0, 1, 0.5), (0, -1, 0.5), (-1, 0, 0.2), (-0.3, -2, 0.99)]
)
def test_binormal(h, k, r):
    joint = stats.multivariate_normal.cdf([h, k], cov=[[1, r], [r, 1]])
    assert d.binormal(h, k, r) == pytest.approx(joint, abs=1e-10)


@pytest.mark.parametrize(
    "missing",
    [
        d.invnormal([0.0, 1.0, -0.1, 1.1, np.nan]),
        d.chi2tail([0.0, -1.0, np.nan], 2.0),
        d.ttail([0.0, 3.0], [1.0, np.nan]),
        d.Ftail(3, [-1.0, 0.0], 2.0),
        d.invttail(5, [0.0, 1.0]),
        d.binomial(5, 2, [-0.1, 1.1]),
        d.normalden(1.0, 0.0, [-1.0, 0.0]),
        d.lngamma([0.0, -1.0]),
        d.digamma([0.0, -2.0]),
        d.comb([3.5, 3.0], [1.0, 4.0]),
        d.binormal(0, 0, [1.5, np.nan]),
        d.logistic(-1.0, 2.0),
    ],
)
def test_missing_outside_the_domain(missing):
    assert np.isnan(missing).all()


def test_outside_the_support():
    """[FN]: chi2() and F() are 0 and their tails 1 below zero; binomial() is 0 for k < 0 and 1 for k > n."""
    assert [float(v) for v in (d.chi2(3, -1), d.chi2tail(3, -1), d.F(2, 3, -1), d.Ftail(2, 3, -1))] == [
        0,
        1,
        0,
        1,
    ]
    assert [float(d.binomial(5, k, 0.5)) for k in (-1, 5, 9)] == [0, 1, 1]
    assert [float(d.binomialtail(5, k, 0.5)) for k in (-1, 0, 6)] == [1, 1, 0]
    assert [float(d.ibeta(2, 3, x)) for x in (-1, 2)] == [0, 1]


@settings(max_examples=200, deadline=None)
@given(st.floats(0.5, 1e6), st.floats(-50, 50))
def test_t_tails_are_symmetric_and_its_square_is_f(df, x):
    tail = float(d.ttail(df, x))
    assert float(d.t(df, -x)) == tail
    if x > 1e-100:
        assert 2 * tail == pytest.approx(float(d.Ftail(1, df, x * x)), rel=1e-10)
