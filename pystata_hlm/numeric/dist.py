"""Distribution functions under Stata's names ([FN] Statistical functions), vectorised over their arguments.

Arguments are numbers or arrays; results are float64 arrays (0-d for numbers).  Missing (NaN) comes back where
an argument is missing or a parameter lies outside the documented domain; below or above its support a
distribution function is 0 or 1, as documented.  Tails are computed as tails, never as 1 - p.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray


def _special() -> Any:
    import scipy.special

    return scipy.special


def _arrays(*values: ArrayLike) -> list[Array]:
    return [np.asarray(v, dtype=np.float64) for v in values]


def _result(value: Array, ok: Array | bool = True) -> Array:
    """``value`` where ``ok`` and finite, else missing."""
    return np.where(np.asarray(ok) & np.isfinite(value), value, np.nan)


def _quiet(function: Callable[..., Array]) -> Callable[..., Array]:
    """Run without floating-point warnings: masked entries may divide by zero."""

    def wrapped(*args: ArrayLike) -> Array:
        with np.errstate(all="ignore"):
            return function(*_arrays(*args))

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    return wrapped


def _ibeta(a: Array, b: Array, x: Array, complement: Array) -> Array:
    """I_x(a,b) from x and 1-x, each given without cancellation."""
    s = _special()
    a, b, x, complement = np.broadcast_arrays(a, b, x, complement)
    small = ~(x > 0.5)
    return np.where(small, s.betainc(a, b, np.where(small, x, 0.0)), s.betaincc(b, a, complement))


def _df_ok(df: Array) -> Array:
    return (df >= 2e-10) & (df <= 2e17)


def _probability(p: Array) -> Array:
    return (p >= 0) & (p <= 1)


# -- normal ------------------------------------------------------------------------------------------


@_quiet
def normal(z: Array) -> Array:
    """normal(z)"""
    return _result(_special().ndtr(z))


@_quiet
def lnnormal(z: Array) -> Array:
    """lnnormal(z): log of normal(z), accurate far down the tail."""
    return _result(_special().log_ndtr(z))


@_quiet
def invnormal(p: Array) -> Array:
    """invnormal(p), missing unless 0 < p < 1."""
    return _result(_special().ndtri(np.where(_probability(p), p, np.nan)))


def normalden(x: ArrayLike, m: ArrayLike | None = None, s: ArrayLike | None = None) -> Array:
    """normalden(z), normalden(x,s) (mean 0) and normalden(x,m,s)"""
    if s is None:
        m, s = 0.0, 1.0 if m is None else m
    return np.exp(lnnormalden(x, 0.0 if m is None else m, s))


def lnnormalden(x: ArrayLike, m: ArrayLike | None = None, s: ArrayLike | None = None) -> Array:
    """lnnormalden(z), lnnormalden(x,s) and lnnormalden(x,m,s)"""
    if s is None:
        m, s = 0.0, 1.0 if m is None else m
    x, m, s = _arrays(x, 0.0 if m is None else m, s)
    with np.errstate(all="ignore"):
        z = (x - m) / s
        return _result(-0.5 * z * z - np.log(s) - 0.5 * np.log(2 * np.pi), s > 0)


@_quiet
def binormal(h: Array, k: Array, r: Array) -> Array:
    """binormal(h,k,r): joint distribution function of standard normals with correlation r (Owen 1956)."""
    s = _special()
    h, k, r = np.broadcast_arrays(h, k, r)
    c = np.sqrt((1 - r) * (1 + r))

    def owen(x: Array, y: Array) -> Array:
        ratio = (y - r * x) / (x * c)
        at_zero = np.sign(y - r * x) * 0.25  # T(0, +-inf)
        return np.where(x == 0, at_zero, s.owens_t(x, ratio))

    opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    value = 0.5 * (s.ndtr(h) + s.ndtr(k)) - owen(h, k) - owen(k, h) - 0.5 * opposite
    value = np.where((h == 0) & (k == 0), 0.25 + np.arcsin(r) / (2 * np.pi), value)
    value = np.where(r == 1, s.ndtr(np.minimum(h, k)), value)
    value = np.where(r == -1, np.maximum(s.ndtr(h) - s.ndtr(-k), 0.0), value)
    return _result(value, np.abs(r) <= 1)


# -- chi-squared and gamma -----------------------------------------------------------------------------


@_quiet
def gammap(a: Array, x: Array) -> Array:
    """gammap(a,x): regularised lower incomplete gamma; 0 for x < 0."""
    return _result(_special().gammainc(a, np.maximum(x, 0)), (a >= 1e-10) & (a <= 1e17) & ~np.isnan(x))


@_quiet
def gammaptail(a: Array, x: Array) -> Array:
    """gammaptail(a,x): upper incomplete gamma; 1 for x < 0."""
    return _result(_special().gammaincc(a, np.maximum(x, 0)), (a >= 1e-10) & (a <= 1e17) & ~np.isnan(x))


@_quiet
def invgammap(a: Array, p: Array) -> Array:
    """invgammap(a,p)"""
    return _result(_special().gammaincinv(a, p), (a >= 1e-10) & (a <= 1e17) & _probability(p))


@_quiet
def invgammaptail(a: Array, p: Array) -> Array:
    """invgammaptail(a,p)"""
    return _result(_special().gammainccinv(a, p), (a >= 1e-10) & (a <= 1e17) & _probability(p))


@_quiet
def gammaden(a: Array, b: Array, g: Array, x: Array) -> Array:
    """gammaden(a,b,g,x): shape a, scale b, location g; 0 for x < g."""
    s = _special()
    y = (x - g) / b
    value = np.exp(s.xlogy(a - 1, y) - y - s.gammaln(a)) / b
    return _result(np.where(x < g, 0.0, value), (a > 0) & (b > 0) & ~np.isnan(x - g))


def chi2(df: ArrayLike, x: ArrayLike) -> Array:
    """chi2(df,x)"""
    df, x = _arrays(df, x)
    return _result(gammap(df / 2, x / 2), _df_ok(df))


def chi2tail(df: ArrayLike, x: ArrayLike) -> Array:
    """chi2tail(df,x)"""
    df, x = _arrays(df, x)
    return _result(gammaptail(df / 2, x / 2), _df_ok(df))


def invchi2(df: ArrayLike, p: ArrayLike) -> Array:
    """invchi2(df,p)"""
    df, p = _arrays(df, p)
    return _result(2 * invgammap(df / 2, p), _df_ok(df))


def invchi2tail(df: ArrayLike, p: ArrayLike) -> Array:
    """invchi2tail(df,p)"""
    df, p = _arrays(df, p)
    return _result(2 * invgammaptail(df / 2, p), _df_ok(df))


def chi2den(df: ArrayLike, x: ArrayLike) -> Array:
    """chi2den(df,x); 0 for x < 0"""
    df, x = _arrays(df, x)
    return _result(gammaden(df / 2, 2.0, 0.0, x), _df_ok(df))


@_quiet
def nchi2(df: Array, np_: Array, x: Array) -> Array:
    """nchi2(df,np,x): noncentral chi-squared"""
    value = np.where(x <= 0, 0.0, _special().chndtr(x, df, np_))
    return _result(value, _df_ok(df) & (np_ >= 0) & (np_ <= 10000) & ~np.isnan(x))


# -- beta, F and t ----------------------------------------------------------------------------------------


@_quiet
def ibeta(a: Array, b: Array, x: Array) -> Array:
    """ibeta(a,b,x): regularised incomplete beta; 0 for x < 0, 1 for x > 1."""
    inside = np.clip(x, 0, 1)
    return _result(_special().betainc(a, b, inside), _beta_ok(a, b) & ~np.isnan(x))


@_quiet
def ibetatail(a: Array, b: Array, x: Array) -> Array:
    """ibetatail(a,b,x) = 1 - ibeta(a,b,x)"""
    return _result(_special().betaincc(a, b, np.clip(x, 0, 1)), _beta_ok(a, b) & ~np.isnan(x))


@_quiet
def invibeta(a: Array, b: Array, p: Array) -> Array:
    """invibeta(a,b,p)"""
    return _result(_special().betaincinv(a, b, p), _beta_ok(a, b) & _probability(p))


@_quiet
def invibetatail(a: Array, b: Array, p: Array) -> Array:
    """invibetatail(a,b,p)"""
    return _result(_special().betainccinv(a, b, p), _beta_ok(a, b) & _probability(p))


@_quiet
def betaden(a: Array, b: Array, x: Array) -> Array:
    """betaden(a,b,x); 0 outside [0,1]"""
    s = _special()
    value = np.exp(s.xlogy(a - 1, x) + s.xlog1py(b - 1, -x) - s.betaln(a, b))
    outside = (x < 0) | (x > 1)
    return _result(np.where(outside, 0.0, value), _beta_ok(a, b) & ~np.isnan(x))


def _beta_ok(a: Array, b: Array) -> Array:
    return (a >= 1e-10) & (a <= 1e17) & (b >= 1e-10) & (b <= 1e17)


@_quiet
def F(df1: Array, df2: Array, f: Array) -> Array:
    """F(df1,df2,f); 0 for f < 0"""
    x, y = _f_parts(df1, df2, f)
    return _result(_ibeta(df1 / 2, df2 / 2, x, y), _df_ok(df1) & _df_ok(df2) & ~np.isnan(f))


@_quiet
def Ftail(df1: Array, df2: Array, f: Array) -> Array:
    """Ftail(df1,df2,f); 1 for f < 0"""
    x, y = _f_parts(df1, df2, f)
    return _result(_ibeta(df2 / 2, df1 / 2, y, x), _df_ok(df1) & _df_ok(df2) & ~np.isnan(f))


def _f_parts(df1: Array, df2: Array, f: Array) -> tuple[Array, Array]:
    """df1 f/(df2 + df1 f) and its complement."""
    ratio = df1 / df2 * np.maximum(f, 0)
    return np.where(np.isinf(ratio), 1.0, ratio / (1 + ratio)), 1 / (1 + ratio)


@_quiet
def invF(df1: Array, df2: Array, p: Array) -> Array:
    """invF(df1,df2,p)"""
    s = _special()
    return _inverse_f(df1, df2, s.betaincinv(df1 / 2, df2 / 2, p), s.betainccinv(df2 / 2, df1 / 2, p), p)


@_quiet
def invFtail(df1: Array, df2: Array, p: Array) -> Array:
    """invFtail(df1,df2,p)"""
    s = _special()
    return _inverse_f(df1, df2, s.betainccinv(df1 / 2, df2 / 2, p), s.betaincinv(df2 / 2, df1 / 2, p), p)


def _inverse_f(df1: Array, df2: Array, x: Array, complement: Array, p: Array) -> Array:
    ratio = np.where(x <= 0.5, x / (1 - x), (1 - complement) / complement)
    return _result(df2 / df1 * ratio, _df_ok(df1) & _df_ok(df2) & _probability(p))


@_quiet
def Fden(df1: Array, df2: Array, f: Array) -> Array:
    """Fden(df1,df2,f); 0 for f < 0"""
    s = _special()
    a, b, r = df1 / 2, df2 / 2, df1 / df2
    log_value = a * np.log(r) + s.xlogy(a - 1, f) - (a + b) * np.log1p(r * f) - s.betaln(a, b)
    return _result(np.where(f < 0, 0.0, np.exp(log_value)), _df_ok(df1) & _df_ok(df2) & ~np.isnan(f))


@_quiet
def ttail(df: Array, t: Array) -> Array:
    """ttail(df,t) = Pr(T > t)"""
    ratio = t * t / df
    x, y = np.where(np.isinf(ratio), 1.0, ratio / (1 + ratio)), 1 / (1 + ratio)
    half = 0.5 * _ibeta(df / 2, np.asarray(0.5), y, x)
    return _result(np.where(t < 0, 1 - half, half), _df_ok(df) & ~np.isnan(t))


def t(df: ArrayLike, t: ArrayLike) -> Array:
    """t(df,t) = Pr(T < t)"""
    return ttail(df, -np.asarray(t, dtype=float))


@_quiet
def invttail(df: Array, p: Array) -> Array:
    """invttail(df,p): t with ttail(df,t) = p"""
    s = _special()
    half = 2 * np.minimum(p, 1 - p)
    x = s.betainccinv(0.5, df / 2, half)  # t^2/(df + t^2)
    y = s.betaincinv(df / 2, 0.5, half)
    size = np.sqrt(df * np.where(x <= 0.5, x / (1 - x), (1 - y) / y))
    return _result(np.where(p > 0.5, -size, size), _df_ok(df) & (p > 0) & (p < 1))


def invt(df: ArrayLike, p: ArrayLike) -> Array:
    """invt(df,p): t with t(df,t) = p"""
    return -invttail(df, p)


@_quiet
def tden(df: Array, t: Array) -> Array:
    """tden(df,t)"""
    log_value = -(df + 1) / 2 * np.log1p(t * t / df) - 0.5 * np.log(df) - _special().betaln(df / 2, 0.5)
    return _result(np.exp(log_value), _df_ok(df) & ~np.isnan(t))


# -- discrete ------------------------------------------------------------------------------------------------


@_quiet
def binomial(n: Array, k: Array, p: Array) -> Array:
    """binomial(n,k,p) = Pr(floor(k) or fewer successes in floor(n) trials)"""
    n, k = np.floor(n), np.floor(k)
    value = _special().betaincc(k + 1, n - k, p)
    value = np.where(k < 0, 0.0, np.where(k >= n, 1.0, value))
    return _result(value, (n >= 0) & (n <= 1e17) & _probability(p) & ~np.isnan(k))


@_quiet
def binomialtail(n: Array, k: Array, p: Array) -> Array:
    """binomialtail(n,k,p) = Pr(floor(k) or more successes)"""
    n, k = np.floor(n), np.floor(k)
    value = _special().betainc(k, n - k + 1, p)
    value = np.where(k <= 0, 1.0, np.where(k > n, 0.0, value))
    return _result(value, (n >= 0) & (n <= 1e17) & _probability(p) & ~np.isnan(k))


@_quiet
def binomialp(n: Array, k: Array, p: Array) -> Array:
    """binomialp(n,k,p) = Pr(floor(k) successes)"""
    s = _special()
    n, k = np.floor(n), np.floor(k)
    log_value = -s.betaln(k + 1, n - k + 1) - np.log1p(n) + s.xlogy(k, p) + s.xlog1py(n - k, -p)
    value = np.where((k < 0) | (k > n), 0.0, np.exp(log_value))
    return _result(value, (n >= 1) & (n <= 1e6) & _probability(p) & ~np.isnan(k))


@_quiet
def invbinomial(n: Array, k: Array, p: Array) -> Array:
    """invbinomial(n,k,p): the success probability with binomial(n,k,.) = p"""
    n, k = np.floor(n), np.floor(k)
    return _result(_special().betainccinv(k + 1, n - k, p), (n >= 1) & (k >= 0) & (k < n) & _probability(p))


@_quiet
def invbinomialtail(n: Array, k: Array, p: Array) -> Array:
    """invbinomialtail(n,k,p): the success probability with binomialtail(n,k,.) = p"""
    n, k = np.floor(n), np.floor(k)
    return _result(_special().betaincinv(k, n - k + 1, p), (n >= 1) & (k >= 1) & (k <= n) & _probability(p))


@_quiet
def poisson(m: Array, k: Array) -> Array:
    """poisson(m,k) = Pr(floor(k) or fewer)"""
    k = np.floor(k)
    value = np.where(k < 0, 0.0, _special().gammaincc(np.maximum(k, 0) + 1, m))
    return _result(value, _mean_ok(m) & ~np.isnan(k))


@_quiet
def poissontail(m: Array, k: Array) -> Array:
    """poissontail(m,k) = Pr(floor(k) or more)"""
    k = np.floor(k)
    value = np.where(k <= 0, 1.0, _special().gammainc(np.maximum(k, 1), m))
    return _result(value, _mean_ok(m) & ~np.isnan(k))


@_quiet
def poissonp(m: Array, k: Array) -> Array:
    """poissonp(m,k) = Pr(floor(k))"""
    s = _special()
    k = np.floor(k)
    value = np.where(k < 0, 0.0, np.exp(s.xlogy(k, m) - m - s.gammaln(k + 1)))
    return _result(value, _mean_ok(m) & ~np.isnan(k))


@_quiet
def invpoisson(k: Array, p: Array) -> Array:
    """invpoisson(k,p): the mean with poisson(.,k) = p"""
    k = np.floor(k)
    return _result(_special().gammainccinv(k + 1, p), (k >= 0) & _probability(p))


@_quiet
def invpoissontail(k: Array, p: Array) -> Array:
    """invpoissontail(k,p): the mean with poissontail(.,k) = p"""
    k = np.floor(k)
    return _result(_special().gammaincinv(k, p), (k >= 1) & _probability(p))


def _mean_ok(m: Array) -> Array:
    return (m >= 1e-10) & (m <= 2.0**53)


@_quiet
def nbinomial(n: Array, k: Array, p: Array) -> Array:
    """nbinomial(n,k,p) = Pr(floor(k) or fewer failures before the n-th success)"""
    k = np.floor(k)
    value = np.where(k < 0, 0.0, _special().betainc(n, np.maximum(k, 0) + 1, p))
    return _result(value, (n >= 1e-10) & (n <= 1e17) & _probability(p) & ~np.isnan(k))


@_quiet
def nbinomialtail(n: Array, k: Array, p: Array) -> Array:
    """nbinomialtail(n,k,p) = Pr(floor(k) or more failures)"""
    k = np.floor(k)
    value = np.where(k <= 0, 1.0, _special().betaincc(n, np.maximum(k, 1), p))
    return _result(value, (n >= 1e-10) & (n <= 1e17) & _probability(p) & ~np.isnan(k))


@_quiet
def nbinomialp(n: Array, k: Array, p: Array) -> Array:
    """nbinomialp(n,k,p) = Pr(floor(k) failures)"""
    s = _special()
    k = np.floor(k)
    log_value = -s.betaln(n, k + 1) - np.log(n + k) + s.xlogy(n, p) + s.xlog1py(k, -p)
    return _result(np.where(k < 0, 0.0, np.exp(log_value)), (n >= 1e-10) & _probability(p) & ~np.isnan(k))


# -- exponential, Weibull, logistic, Laplace, Cauchy: location-scale families in closed form ------


@_quiet
def exponential(b: Array, x: Array) -> Array:
    """exponential(b,x), mean b; 0 for x < 0"""
    return _result(-np.expm1(-np.maximum(x, 0) / b), (b > 0) & ~np.isnan(x))


@_quiet
def exponentialtail(b: Array, x: Array) -> Array:
    """exponentialtail(b,x)"""
    return _result(np.exp(-np.maximum(x, 0) / b), (b > 0) & ~np.isnan(x))


@_quiet
def exponentialden(b: Array, x: Array) -> Array:
    """exponentialden(b,x)"""
    return _result(np.where(x < 0, 0.0, np.exp(-x / b) / b), (b > 0) & ~np.isnan(x))


@_quiet
def invexponential(b: Array, p: Array) -> Array:
    """invexponential(b,p)"""
    return _result(-b * np.log1p(-p), (b > 0) & _probability(p))


@_quiet
def invexponentialtail(b: Array, p: Array) -> Array:
    """invexponentialtail(b,p)"""
    return _result(-b * np.log(p), (b > 0) & _probability(p))


def _weibull_hazard(a: Array, b: Array, x: Array) -> Array:
    return (np.maximum(x, 0) / b) ** a


@_quiet
def weibull(a: Array, b: Array, x: Array) -> Array:
    """weibull(a,b,x), shape a, scale b; 0 for x < 0"""
    return _result(-np.expm1(-_weibull_hazard(a, b, x)), (a > 0) & (b > 0) & ~np.isnan(x))


@_quiet
def weibulltail(a: Array, b: Array, x: Array) -> Array:
    """weibulltail(a,b,x)"""
    return _result(np.exp(-_weibull_hazard(a, b, x)), (a > 0) & (b > 0) & ~np.isnan(x))


@_quiet
def weibullden(a: Array, b: Array, x: Array) -> Array:
    """weibullden(a,b,x)"""
    value = a / b * (x / b) ** (a - 1) * np.exp(-_weibull_hazard(a, b, x))
    return _result(np.where(x < 0, 0.0, value), (a > 0) & (b > 0) & ~np.isnan(x))


@_quiet
def invweibull(a: Array, b: Array, p: Array) -> Array:
    """invweibull(a,b,p)"""
    return _result(b * (-np.log1p(-p)) ** (1 / a), (a > 0) & (b > 0) & _probability(p))


@_quiet
def invweibulltail(a: Array, b: Array, p: Array) -> Array:
    """invweibulltail(a,b,p)"""
    return _result(b * (-np.log(p)) ** (1 / a), (a > 0) & (b > 0) & _probability(p))


def _location_scale(args: tuple[ArrayLike, ...]) -> tuple[Array, Array, Array]:
    """(x), (s,x) or (m,s,x) as m, s, x."""
    m, s, x = _arrays(*((0.0, 1.0, 0.0)[: 3 - len(args)] + tuple(args)))
    return m, np.where(s > 0, s, np.nan), x


def logistic(*args: ArrayLike) -> Array:
    """logistic(x), logistic(s,x), logistic(m,s,x)"""
    m, s, x = _location_scale(args)
    return _result(_special().expit((x - m) / s))


def logistictail(*args: ArrayLike) -> Array:
    """logistictail(x), logistictail(s,x), logistictail(m,s,x)"""
    m, s, x = _location_scale(args)
    return _result(_special().expit((m - x) / s))


def logisticden(*args: ArrayLike) -> Array:
    """logisticden(x), logisticden(s,x), logisticden(m,s,x)"""
    m, s, x = _location_scale(args)
    z = (x - m) / s
    return _result(_special().expit(z) * _special().expit(-z) / s)


def invlogistic(*args: ArrayLike) -> Array:
    """invlogistic(p), invlogistic(s,p), invlogistic(m,s,p)"""
    m, s, p = _location_scale(args)
    return _result(m + s * _special().logit(p))


def invlogistictail(*args: ArrayLike) -> Array:
    """invlogistictail(p), invlogistictail(s,p), invlogistictail(m,s,p)"""
    m, s, p = _location_scale(args)
    return _result(m - s * _special().logit(p))


@_quiet
def laplace(m: Array, b: Array, x: Array) -> Array:
    """laplace(m,b,x)"""
    z = (x - m) / b
    return _result(np.where(z < 0, 0.5 * np.exp(-np.abs(z)), 1 - 0.5 * np.exp(-np.abs(z))), b > 0)


@_quiet
def laplaceden(m: Array, b: Array, x: Array) -> Array:
    """laplaceden(m,b,x)"""
    return _result(np.exp(-np.abs(x - m) / b) / (2 * b), b > 0)


@_quiet
def cauchy(a: Array, b: Array, x: Array) -> Array:
    """cauchy(a,b,x), location a, scale b"""
    return _result(np.arctan2(1.0, -(x - a) / b) / np.pi, b > 0)


@_quiet
def cauchyden(a: Array, b: Array, x: Array) -> Array:
    """cauchyden(a,b,x)"""
    return _result(1 / (np.pi * b * (1 + ((x - a) / b) ** 2)), b > 0)


# -- gamma function and relatives ------------------------------------------------------


@_quiet
def lngamma(x: Array) -> Array:
    """lngamma(x); missing at 0, -1, -2, ..."""
    return _result(_special().gammaln(x))


@_quiet
def digamma(x: Array) -> Array:
    """digamma(x); missing at 0, -1, -2, ..."""
    return _result(_special().digamma(x), ~((x <= 0) & (x == np.floor(x))))


@_quiet
def trigamma(x: Array) -> Array:
    """trigamma(x); missing at 0, -1, -2, ... (reflection for x < 0)"""
    s = _special()
    reflected = np.pi**2 / np.sin(np.pi * x) ** 2 - s.zeta(2.0, 1 - x)
    return _result(np.where(x > 0, s.zeta(2.0, x), reflected), ~((x <= 0) & (x == np.floor(x))))


@_quiet
def lnfactorial(n: Array) -> Array:
    """lnfactorial(n), n a nonnegative integer"""
    return _result(_special().gammaln(n + 1), (n >= 0) & (n == np.floor(n)))


@_quiet
def comb(n: Array, k: Array) -> Array:
    """comb(n,k), integers 0 <= k <= n <= 1e305"""
    ok = (n >= 1) & (n == np.floor(n)) & (k == np.floor(k)) & (k >= 0) & (k <= n)
    value = _special().binom(n, k)
    return _result(np.where(value < 2.0**53, np.rint(value), value), ok)
