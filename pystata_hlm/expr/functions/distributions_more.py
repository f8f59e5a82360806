"""Derivatives of gammap(), Dunnett's distribution, and densities of vectors and matrices ([FN] Statistical functions)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.matrix import matrix_argument
from pystata_hlm.expr.functions.registry import FUNCTIONS, function
from pystata_hlm.lang import nodes as ast

# ---------------------------------------------------------------- derivatives of gammap(a, x)


def _terms(a: float, x: float, order: int) -> float:
    """Derivative in a of P(a,x) = sum of exp(-x) x^(a+k)/gamma(a+k+1), term by term."""
    from scipy.special import digamma, gammainc, gammaln, zeta

    if x + a > 1e6:  # many terms: differences of gammap() itself
        step = 1e-3 * math.sqrt(a)
        below, at, above = (float(gammainc(max(a + k * step, 1e-300), x)) for k in (-1, 0, 1))
        return (above - below) / (2 * step) if order == 1 else (above - 2 * at + below) / step**2
    count = int(x + 12 * math.sqrt(x) + 60)
    k = a + np.arange(count)
    weight = np.exp(k * math.log(x) - x - gammaln(k + 1))
    slope = math.log(x) - digamma(k + 1)
    factor = slope if order == 1 else slope**2 - zeta(2.0, k + 1)
    return float((weight * factor).sum())


def _each(run: Callable[..., float]) -> Callable[..., Any]:
    """Over arrays, missing outside a > 0 and 0 for x <= 0."""

    def safe(a: float, x: float) -> float:
        if not a > 0 or x != x:
            return math.nan
        return 0.0 if x <= 0 else run(a, x)

    vectorised = np.vectorize(safe, otypes=[np.float64])
    return lambda a, x: vectorised(a, x)[()]


def _density(a: float, x: float) -> float:
    from scipy.special import gammaln

    return math.exp(min((a - 1) * math.log(x) - x - float(gammaln(a)), 709.0))


def _mixed(a: float, x: float) -> float:
    from scipy.special import digamma

    return _density(a, x) * (math.log(x) - float(digamma(a)))


_DERIVATIVES: dict[str, Callable[[float, float], float]] = {
    "dgammapda": lambda a, x: _terms(a, x, 1),
    "dgammapdada": lambda a, x: _terms(a, x, 2),
    "dgammapdadx": _mixed,
    "dgammapdx": _density,
    "dgammapdxdx": lambda a, x: _density(a, x) * ((a - 1) / x - 1),
}
for _name, _run in _DERIVATIVES.items():
    function(_name, "n n", "derivative of gammap()", family="distributions", missing="any")(_each(_run))


# ---------------------------------------------------------------- Dunnett's multiple range distribution


def _dunnett(k: float, df: float, x: float) -> float:
    """P(max |Z_i - Z_0| <= sqrt(2) x s), i = 1..k, s^2 an independent chi2(df)/df: Gauss-Legendre over s and Z_0."""
    from scipy.special import chdtri, gammaln, ndtr

    z, wz = np.polynomial.legendre.leggauss(96)
    z, wz = 9.0 * z, 9.0 * wz * np.exp(-0.5 * (9.0 * z) ** 2) / math.sqrt(2 * math.pi)
    low, high = (math.sqrt(float(chdtri(df, p)) / df) for p in (1 - 1e-15, 1e-15))
    s, ws = np.polynomial.legendre.leggauss(96)
    s, ws = low + (high - low) * (s + 1) / 2, ws * (high - low) / 2
    logs = (
        math.log(2)
        + df / 2 * math.log(df / 2)
        - float(gammaln(df / 2))
        + (df - 1) * np.log(s)
        - df * s**2 / 2
    )
    reach = math.sqrt(2) * x * s[:, None]
    inner = (ndtr(z + reach) - ndtr(z - reach)) ** k @ wz
    return float(min(max((np.exp(logs) * ws) @ inner, 0.0), 1.0))


def _dunnettprob(k: float, df: float, x: float) -> float:
    if not (k >= 2 and df >= 2) or x != x:
        return math.nan
    return 0.0 if x <= 0 else _dunnett(k, df, x)


def _invdunnettprob(k: float, df: float, p: float) -> float:
    from scipy.optimize import brentq

    if not (k >= 2 and df >= 2 and 0 <= p < 1):
        return math.nan
    if p == 0:
        return 0.0
    high = 1.0
    while _dunnett(k, df, high) < p:
        high *= 2
        if high > 1e6:
            return math.nan
    return float(brentq(lambda x: _dunnett(k, df, x) - p, 0.0, high, xtol=1e-12))


for _name, _one in (("dunnettprob", _dunnettprob), ("invdunnettprob", _invdunnettprob)):
    _vectorised = np.vectorize(_one, otypes=[np.float64])
    function(_name, "n n n", "Dunnett's multiple range distribution", family="distributions", missing="any")(
        lambda k, df, x, run=_vectorised: run(k, df, x)[()]
    )


# ---------------------------------------------------------------- noncentral beta


@function("invnibeta", "n n n n", "inverse of nibeta()", family="distributions", missing="any")
def invnibeta(a: Any, b: Any, nc: Any, p: Any) -> Any:
    """By bisection: nibeta() increases from 0 at 0 to 1 at 1."""
    cumulative = FUNCTIONS["nibeta"].run
    shape = np.broadcast_shapes(*(np.shape(v) for v in (a, b, nc, p)))
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(60):
        middle = (low + high) / 2
        below = cumulative(a, b, nc, middle) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    good = (np.asarray(p) >= 0) & (np.asarray(p) <= 1) & ~np.isnan(cumulative(a, b, nc, np.full(shape, 0.5)))
    return np.where(good, (low + high) / 2, np.nan)[()]


# ---------------------------------------------------------------- densities of vectors and matrices


def _conformable(*shapes: bool) -> None:
    if not all(shapes):
        raise StataError(503, "conformability error")


def _log_determinant(values: np.ndarray) -> float:
    """Log determinant of a symmetric positive definite matrix; r(506) when it is not."""
    try:
        return 2 * float(np.log(np.diag(np.linalg.cholesky(values))).sum())
    except np.linalg.LinAlgError:
        raise StataError(506, "matrix not positive definite") from None


@function("lnmvnormalden", "x x x", "log density of the multivariate normal", missing="own", env=True)
def lnmvnormalden(env: Any, mean: ast.Expr, variance: ast.Expr, at: ast.Expr) -> Any:
    m, v, x = (np.atleast_2d(matrix_argument(env, node).values) for node in (mean, variance, at))
    n = len(v)
    _conformable(v.shape == (n, n), m.shape == x.shape, m.size == n)
    d = (x - m).ravel()
    return np.float64(-0.5 * (n * math.log(2 * math.pi) + _log_determinant(v) + d @ np.linalg.solve(v, d)))


def _lngamma(n: int, half: float) -> float:
    """Log of the multivariate gamma function."""
    return n * (n - 1) / 4 * math.log(math.pi) + sum(math.lgamma(half - j / 2) for j in range(n))


def _wishart(env: Any, df: Any, scale: ast.Expr, at: ast.Expr, inverse: bool) -> Any:
    v, x = (np.atleast_2d(matrix_argument(env, node).values) for node in (scale, at))
    n, df = len(v), float(df)
    _conformable(v.shape == (n, n), x.shape == (n, n))
    if not df > n - 1:
        return np.float64(np.nan)
    common = -df * n / 2 * math.log(2) - _lngamma(n, df / 2)
    if inverse:
        trace = float(np.trace(np.linalg.solve(x, v)))
        logs = df / 2 * _log_determinant(v) - (df + n + 1) / 2 * _log_determinant(x)
    else:
        trace = float(np.trace(np.linalg.solve(v, x)))
        logs = (df - n - 1) / 2 * _log_determinant(x) - df / 2 * _log_determinant(v)
    return np.float64(common + logs - trace / 2)


@function("lnwishartden", "n x x", "log density of the Wishart distribution", missing="own", env=True)
def lnwishartden(env: Any, df: Any, scale: ast.Expr, at: ast.Expr) -> Any:
    return _wishart(env, df, scale, at, inverse=False)


@function(
    "lniwishartden", "n x x", "log density of the inverse Wishart distribution", missing="own", env=True
)
def lniwishartden(env: Any, df: Any, scale: ast.Expr, at: ast.Expr) -> Any:
    return _wishart(env, df, scale, at, inverse=True)
