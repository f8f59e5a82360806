"""Statistical distributions ([FN] Statistical functions): the language's side of ``numeric.dist``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.expr.functions.registry import function
from pystata_hlm.numeric import dist

_TABLE = """
normal            n       cumulative standard normal
lnnormal          n       log of the cumulative standard normal
invnormal         n       inverse cumulative standard normal
normalden         n n? n? normal density of z; of x with sd s; of x with mean m and sd s
lnnormalden       n n? n? log of the normal density
binormal          n n n   joint cumulative bivariate normal with correlation r
gammap            n n     cumulative gamma with shape a
gammaptail        n n     upper tail of the gamma with shape a
invgammap         n n     inverse of gammap()
invgammaptail     n n     inverse of gammaptail()
gammaden          n n n n gamma density: shape a, scale b, location g
chi2              n n     cumulative chi-squared
chi2tail          n n     upper tail of the chi-squared
invchi2           n n     inverse of chi2()
invchi2tail       n n     inverse of chi2tail()
chi2den           n n     chi-squared density
nchi2             n n n   cumulative noncentral chi-squared
ibeta             n n n   cumulative beta
ibetatail         n n n   upper tail of the beta
invibeta          n n n   inverse of ibeta()
invibetatail      n n n   inverse of ibetatail()
betaden           n n n   beta density
F                 n n n   cumulative F
Ftail             n n n   upper tail of the F
invF              n n n   inverse of F()
invFtail          n n n   inverse of Ftail()
Fden              n n n   F density
t                 n n     cumulative Student's t
ttail             n n     upper tail of Student's t
invt              n n     inverse of t()
invttail          n n     inverse of ttail()
tden              n n     Student's t density
binomial          n n n   probability of k or fewer successes in n trials
binomialtail      n n n   probability of k or more successes in n trials
binomialp         n n n   probability of k successes in n trials
invbinomial       n n n   success probability at which binomial() is p
invbinomialtail   n n n   success probability at which binomialtail() is p
poisson           n n     probability of k or fewer events
poissontail       n n     probability of k or more events
poissonp          n n     probability of k events
invpoisson        n n     mean at which poisson() is p
invpoissontail    n n     mean at which poissontail() is p
nbinomial         n n n   probability of k or fewer failures before the n-th success
nbinomialtail     n n n   probability of k or more failures
nbinomialp        n n n   probability of k failures
exponential       n n     cumulative exponential with mean b
exponentialtail   n n     upper tail of the exponential
exponentialden    n n     exponential density
invexponential    n n     inverse of exponential()
invexponentialtail n n    inverse of exponentialtail()
weibull           n n n   cumulative Weibull with shape a, scale b
weibulltail       n n n   upper tail of the Weibull
weibullden        n n n   Weibull density
invweibull        n n n   inverse of weibull()
invweibulltail    n n n   inverse of weibulltail()
logistic          n n? n? cumulative logistic
logistictail      n n? n? upper tail of the logistic
logisticden       n n? n? logistic density
invlogistic       n n? n? inverse of logistic()
invlogistictail   n n? n? inverse of logistictail()
laplace           n n n   cumulative Laplace with mean m, scale b
laplaceden        n n n   Laplace density
cauchy            n n n   cumulative Cauchy with location a, scale b
cauchyden         n n n   Cauchy density
"""

_ALIASES = {
    "normal": "norm normprob",
    "invnormal": "invnorm",
    "normalden": "normd normden",
    "chi2tail": "chiprob",
    "Ftail": "fprob",
}


def _declare(line: str) -> None:
    name, *rest = line.split()
    count = 0
    while count < len(rest) and rest[count] in ("n", "n?"):
        count += 1
    args, help = " ".join(rest[:count]), " ".join(rest[count:])
    names = " ".join([name, _ALIASES.get(name, "")])
    function(names, args, help, family="distributions")(getattr(dist, name))


for _line in _TABLE.strip().splitlines():
    _declare(_line)


@function("tprob", "n n", "two-sided tail probability of Student's t")
def tprob(df: Any, t: Any) -> Any:
    return 2 * dist.ttail(df, np.abs(t))


@function("invnbinomial", "n n n", "success probability at which nbinomial() is p")
def invnbinomial(n: Any, k: Any, p: Any) -> Any:
    return dist.invibeta(n, np.floor(k) + 1, p)  # nbinomial(n,k,q) = ibeta(n,k+1,q)


@function("invnbinomialtail", "n n n", "success probability at which nbinomialtail() is p")
def invnbinomialtail(n: Any, k: Any, p: Any) -> Any:
    return dist.invibetatail(n, np.floor(k), p)


def _noncentrality(cdf: Callable[[Any], Any], start: Any, p: Any) -> Any:
    """The noncentrality with ``cdf`` equal to p, from an approximate one, by Newton's method."""
    value = np.asarray(start, dtype=np.float64)
    for _ in range(5):
        step = 1e-4 * (1 + value)
        slope = (cdf(value + step) - cdf(np.maximum(value - step, 0))) / (
            value + step - np.maximum(value - step, 0)
        )
        value = np.maximum(value - (cdf(value) - p) / slope, 0)
    return value


@function("npnchi2", "n n n", "noncentrality at which nchi2() is p", missing="any")
def npnchi2(df: Any, x: Any, p: Any) -> Any:
    from scipy import special

    return _noncentrality(lambda nc: special.chndtr(x, df, nc), special.chndtrinc(x, df, p), p)


@function("npnF", "n n n n", "noncentrality at which nF() is p", missing="any")
def npnF(df1: Any, df2: Any, f: Any, p: Any) -> Any:
    from scipy import special

    return _noncentrality(lambda nc: special.ncfdtr(df1, df2, nc, f), special.ncfdtrinc(df1, df2, p, f), p)


@function("npnt", "n n n", "noncentrality at which nttail() is p", missing="any")
def npnt(df: Any, t: Any, p: Any) -> Any:
    from scipy import special

    return _noncentrality(lambda nc: 1 - special.nctdtr(df, nc, t), special.nctdtrinc(df, 1 - p, t), p)


# Weibull in the proportional-hazards metric: survivor function exp(-b x^a)


@function("weibullph", "n n n", "cumulative Weibull (proportional hazards)")
def weibullph(a: Any, b: Any, x: Any) -> Any:
    return np.where((a > 0) & (b > 0), -np.expm1(-b * np.maximum(x, 0) ** a), np.nan)


@function("weibullphtail", "n n n", "upper tail of the Weibull (proportional hazards)")
def weibullphtail(a: Any, b: Any, x: Any) -> Any:
    return np.where((a > 0) & (b > 0), np.exp(-b * np.maximum(x, 0) ** a), np.nan)


@function("weibullphden", "n n n", "Weibull density (proportional hazards)")
def weibullphden(a: Any, b: Any, x: Any) -> Any:
    inside = b * a * np.maximum(x, 0) ** (a - 1) * np.exp(-b * np.maximum(x, 0) ** a)
    return np.where((a > 0) & (b > 0), np.where(x < 0, 0.0, inside), np.nan)


@function("invweibullph", "n n n", "inverse of weibullph()")
def invweibullph(a: Any, b: Any, p: Any) -> Any:
    good = (a > 0) & (b > 0) & (p >= 0) & (p < 1)
    return np.where(good, (-np.log1p(-p) / b) ** (1 / a), np.nan)


@function("invweibullphtail", "n n n", "inverse of weibullphtail()")
def invweibullphtail(a: Any, b: Any, p: Any) -> Any:
    good = (a > 0) & (b > 0) & (p > 0) & (p <= 1)
    return np.where(good, (-np.log(p) / b) ** (1 / a), np.nan)


# ---------------------------------------------------------------- from scipy, loaded at first use


_DOMAINS: dict[str, tuple[float, float]] = {
    "df": (2e-10, 1e6),
    "nc": (0.0, 1e4),
    "nct": (-1000.0, 1000.0),
    "a": (1e-10, 1e17),  # shapes, scales and counts
    "m": (-1e300, 1e300),  # locations
    "n": (0.0, 1e15),
    "k": (2.0, 1e6),
    "x": (-1e15, 1e15),
    "x+": (0.0, 1e15),
    "x1": (1e-300, 1 - 1e-16),
    "p": (0.0, 1.0),
}
"""Ranges of the parameters, within the documented ones: scipy may stop the whole process beyond them."""


def _scipy(domains: tuple[tuple[float, float], ...], run: Callable[..., Any]) -> Callable[..., Any]:
    """``run(scipy.stats, *args)`` where every argument lies in its range, missing elsewhere."""

    def wrapped(*args: Any) -> Any:
        from scipy import stats

        arrays = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in args))
        good = np.ones(arrays[0].shape, dtype=bool)
        for array, (low, high) in zip(arrays, domains, strict=True):
            good &= (array >= low) & (array <= high)
        result = np.full(good.shape, np.nan)
        if good.any():
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # scipy's own, on overflow in the far tails
                result[good] = run(stats, *(array[good] for array in arrays))
        return result

    return wrapped


def _beta_as_f(x: Any, a: Any, b: Any) -> Any:
    """A noncentral beta variable is f/(1+f) with f = (a/b) F."""
    return x / (1 - x) * b / a


_SCIPY: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    ("nchi2tail", "df nc x+", lambda st, df, nc, x: st.ncx2.sf(x, df, nc), "upper tail of nchi2()"),
    ("nchi2den", "df nc x+", lambda st, df, nc, x: st.ncx2.pdf(x, df, nc), "noncentral chi-squared density"),
    ("invnchi2", "df nc p", lambda st, df, nc, p: st.ncx2.ppf(p, df, nc), "inverse of nchi2()"),
    ("invnchi2tail", "df nc p", lambda st, df, nc, p: st.ncx2.isf(p, df, nc), "inverse of nchi2tail()"),
    ("nF", "df df nc x+", lambda st, a, b, nc, x: st.ncf.cdf(x, a, b, nc), "cumulative noncentral F"),
    ("nFtail", "df df nc x+", lambda st, a, b, nc, x: st.ncf.sf(x, a, b, nc), "upper tail of nF()"),
    ("nFden", "df df nc x+", lambda st, a, b, nc, x: st.ncf.pdf(x, a, b, nc), "noncentral F density"),
    ("invnF", "df df nc p", lambda st, a, b, nc, p: st.ncf.ppf(p, a, b, nc), "inverse of nF()"),
    ("invnFtail", "df df nc p", lambda st, a, b, nc, p: st.ncf.isf(p, a, b, nc), "inverse of nFtail()"),
    ("nt", "df nct x", lambda st, df, nc, x: st.nct.cdf(x, df, nc), "cumulative noncentral t"),
    ("nttail", "df nct x", lambda st, df, nc, x: st.nct.sf(x, df, nc), "upper tail of the noncentral t"),
    ("ntden", "df nct x", lambda st, df, nc, x: st.nct.pdf(x, df, nc), "noncentral t density"),
    ("invnt", "df nct p", lambda st, df, nc, p: st.nct.ppf(p, df, nc), "inverse of nt()"),
    ("invnttail", "df nct p", lambda st, df, nc, p: st.nct.isf(p, df, nc), "inverse of nttail()"),
    (
        "hypergeometric",
        "n n n n",
        lambda st, n, good, draws, k: st.hypergeom.cdf(np.floor(k), n, good, draws),
        "probability of k or fewer special items in n draws",
    ),
    (
        "hypergeometricp",
        "n n n n",
        lambda st, n, good, draws, k: st.hypergeom.pmf(np.floor(k), n, good, draws),
        "probability of k special items in n draws",
    ),
    (
        "tukeyprob",
        "k df x+",
        lambda st, k, df, x: st.studentized_range.cdf(x, k, df),
        "cumulative studentized range",
    ),
    (
        "invtukeyprob",
        "k df p",
        lambda st, k, df, p: st.studentized_range.ppf(p, k, df),
        "inverse of tukeyprob()",
    ),
    (
        "nibeta",
        "df df nc x1",
        lambda st, a, b, nc, x: st.ncf.cdf(_beta_as_f(x, a, b), 2 * a, 2 * b, nc),
        "cumulative noncentral beta",
    ),
    (
        "nbetaden",
        "df df nc x1",
        lambda st, a, b, nc, x: st.ncf.pdf(_beta_as_f(x, a, b), 2 * a, 2 * b, nc) * b / a / (1 - x) ** 2,
        "noncentral beta density",
    ),
    ("laplacetail", "m a x", lambda st, m, b, x: st.laplace.sf(x, m, b), "upper tail of the Laplace"),
    ("invlaplace", "m a p", lambda st, m, b, p: st.laplace.ppf(p, m, b), "inverse of laplace()"),
    ("invlaplacetail", "m a p", lambda st, m, b, p: st.laplace.isf(p, m, b), "inverse of laplacetail()"),
    ("lnlaplaceden", "m a x", lambda st, m, b, x: st.laplace.logpdf(x, m, b), "log of laplaceden()"),
    ("cauchytail", "m a x", lambda st, a, b, x: st.cauchy.sf(x, a, b), "upper tail of the Cauchy"),
    ("invcauchy", "m a p", lambda st, a, b, p: st.cauchy.ppf(p, a, b), "inverse of cauchy()"),
    ("invcauchytail", "m a p", lambda st, a, b, p: st.cauchy.isf(p, a, b), "inverse of cauchytail()"),
    ("lncauchyden", "m a x", lambda st, a, b, x: st.cauchy.logpdf(x, a, b), "log of cauchyden()"),
    (
        "lnigammaden",
        "a a x+",
        lambda st, a, b, x: st.invgamma.logpdf(x, a, scale=b),
        "log inverse gamma density",
    ),
)
for _name, _domains, _run, _help in _SCIPY:
    _ranges = tuple(_DOMAINS[d] for d in _domains.split())
    function(_name, " ".join("n" * len(_ranges)), _help, family="distributions")(_scipy(_ranges, _run))


# ---------------------------------------------------------------- inverse Gaussian, mean m and shape a


def _igaussian(m: Any, a: Any, x: Any, tail: bool) -> Any:
    """Phi(r (x/m - 1)) + exp(2a/m) Phi(-r (x/m + 1)), r = sqrt(a/x) (Chhikara and Folks 1989)."""
    from scipy.special import log_ndtr

    good = (m > 0) & (a > 0)
    y = np.where(x > 0, x, 1.0)
    root = np.sqrt(a / y)
    near, far = root * (y / m - 1), np.exp(2 * a / m + log_ndtr(-root * (y / m + 1)))
    value = np.exp(log_ndtr(-near)) - far if tail else np.exp(log_ndtr(near)) + far
    return np.where(good, np.where(x > 0, value, float(tail)), np.nan) + 0 * x


@function("igaussian", "n n n", "cumulative inverse Gaussian", missing="any")
def igaussian(m: Any, a: Any, x: Any) -> Any:
    return _igaussian(m, a, x, tail=False)


@function("igaussiantail", "n n n", "upper tail of the inverse Gaussian", missing="any")
def igaussiantail(m: Any, a: Any, x: Any) -> Any:
    return _igaussian(m, a, x, tail=True)


@function("lnigaussianden", "n n n", "log of the inverse Gaussian density", missing="any")
def lnigaussianden(m: Any, a: Any, x: Any) -> Any:
    good = (m > 0) & (a > 0) & (x > 0)
    return np.where(good, 0.5 * np.log(a / (2 * np.pi * x**3)) - a * (x - m) ** 2 / (2 * m**2 * x), np.nan)


@function("igaussianden", "n n n", "inverse Gaussian density", missing="any")
def igaussianden(m: Any, a: Any, x: Any) -> Any:
    return np.where((m > 0) & (a > 0) & (x <= 0), 0.0, np.exp(lnigaussianden(m, a, x)))


def _invert_igaussian(m: Any, a: Any, p: Any, tail: bool) -> Any:
    """Bisection on the log scale: 200 halvings of 600 e-folds end at the last bit."""
    low, high = np.broadcast_to(np.log(m) - 300.0, np.shape(m + a + p)), np.log(m) + 300.0 + 0 * (a + p)
    for _ in range(200):
        middle = (low + high) / 2
        value = _igaussian(m, a, np.exp(middle), tail)
        above = value < p if tail else value > p
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where((m > 0) & (a > 0) & (p > 0) & (p < 1), np.exp((low + high) / 2), np.nan)


@function("invigaussian", "n n n", "inverse of igaussian()", missing="any")
def invigaussian(m: Any, a: Any, p: Any) -> Any:
    return _invert_igaussian(m, a, p, tail=False)


@function("invigaussiantail", "n n n", "inverse of igaussiantail()", missing="any")
def invigaussiantail(m: Any, a: Any, p: Any) -> Any:
    return _invert_igaussian(m, a, p, tail=True)
