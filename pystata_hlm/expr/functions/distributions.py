"""Statistical distributions ([FN] Statistical functions): the language's side of ``numeric.dist``."""

from __future__ import annotations

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


def _scipy(run: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        from scipy import stats

        with np.errstate(all="ignore"):
            return run(stats, *args)

    return wrapped


_SCIPY: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    (
        "nchi2tail",
        "n n n",
        lambda st, df, nc, x: st.ncx2.sf(x, df, nc),
        "upper tail of the noncentral chi-squared",
    ),
    ("nchi2den", "n n n", lambda st, df, nc, x: st.ncx2.pdf(x, df, nc), "noncentral chi-squared density"),
    ("invnchi2", "n n n", lambda st, df, nc, p: st.ncx2.ppf(p, df, nc), "inverse of nchi2()"),
    ("invnchi2tail", "n n n", lambda st, df, nc, p: st.ncx2.isf(p, df, nc), "inverse of nchi2tail()"),
    ("nF", "n n n n", lambda st, a, b, nc, x: st.ncf.cdf(x, a, b, nc), "cumulative noncentral F"),
    ("nFtail", "n n n n", lambda st, a, b, nc, x: st.ncf.sf(x, a, b, nc), "upper tail of the noncentral F"),
    ("nFden", "n n n n", lambda st, a, b, nc, x: st.ncf.pdf(x, a, b, nc), "noncentral F density"),
    ("invnF", "n n n n", lambda st, a, b, nc, p: st.ncf.ppf(p, a, b, nc), "inverse of nF()"),
    ("invnFtail", "n n n n", lambda st, a, b, nc, p: st.ncf.isf(p, a, b, nc), "inverse of nFtail()"),
    ("nt", "n n n", lambda st, df, nc, x: st.nct.cdf(x, df, nc), "cumulative noncentral t"),
    ("nttail", "n n n", lambda st, df, nc, x: st.nct.sf(x, df, nc), "upper tail of the noncentral t"),
    ("ntden", "n n n", lambda st, df, nc, x: st.nct.pdf(x, df, nc), "noncentral t density"),
    ("invnt", "n n n", lambda st, df, nc, p: st.nct.ppf(p, df, nc), "inverse of nt()"),
    ("invnttail", "n n n", lambda st, df, nc, p: st.nct.isf(p, df, nc), "inverse of nttail()"),
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
        "n n n",
        lambda st, k, df, x: st.studentized_range.cdf(x, k, df),
        "cumulative studentized range",
    ),
    (
        "invtukeyprob",
        "n n n",
        lambda st, k, df, p: st.studentized_range.ppf(p, k, df),
        "inverse of tukeyprob()",
    ),
    (
        "igaussian",
        "n n n",
        lambda st, m, a, x: st.invgauss.cdf(x, m / a, scale=a),
        "cumulative inverse Gaussian",
    ),
    (
        "igaussiantail",
        "n n n",
        lambda st, m, a, x: st.invgauss.sf(x, m / a, scale=a),
        "upper tail of the inverse Gaussian",
    ),
    (
        "igaussianden",
        "n n n",
        lambda st, m, a, x: st.invgauss.pdf(x, m / a, scale=a),
        "inverse Gaussian density",
    ),
    (
        "nibeta",
        "n n n n",
        lambda st, a, b, nc, x: st.ncf.cdf(x / (1 - x) * b / a, 2 * a, 2 * b, nc),
        "cumulative noncentral beta",
    ),
    (
        "nbetaden",
        "n n n n",
        lambda st, a, b, nc, x: st.ncf.pdf(x / (1 - x) * b / a, 2 * a, 2 * b, nc) * b / a / (1 - x) ** 2,
        "noncentral beta density",
    ),
    (
        "invigaussian",
        "n n n",
        lambda st, m, a, p: st.invgauss.ppf(p, m / a, scale=a),
        "inverse of igaussian()",
    ),
    (
        "invigaussiantail",
        "n n n",
        lambda st, m, a, p: st.invgauss.isf(p, m / a, scale=a),
        "inverse of igaussiantail()",
    ),
    (
        "lnigaussianden",
        "n n n",
        lambda st, m, a, x: st.invgauss.logpdf(x, m / a, scale=a),
        "log of igaussianden()",
    ),
    ("invlaplacetail", "n n n", lambda st, m, b, p: st.laplace.isf(p, m, b), "inverse of laplacetail()"),
    ("lnlaplaceden", "n n n", lambda st, m, b, x: st.laplace.logpdf(x, m, b), "log of laplaceden()"),
    ("invcauchytail", "n n n", lambda st, a, b, p: st.cauchy.isf(p, a, b), "inverse of cauchytail()"),
    ("lncauchyden", "n n n", lambda st, a, b, x: st.cauchy.logpdf(x, a, b), "log of cauchyden()"),
    (
        "lnigammaden",
        "n n n",
        lambda st, a, b, x: st.invgamma.logpdf(x, a, scale=b),
        "log of the inverse gamma density",
    ),
    ("laplacetail", "n n n", lambda st, m, b, x: st.laplace.sf(x, m, b), "upper tail of the Laplace"),
    ("invlaplace", "n n n", lambda st, m, b, p: st.laplace.ppf(p, m, b), "inverse of laplace()"),
    ("cauchytail", "n n n", lambda st, a, b, x: st.cauchy.sf(x, a, b), "upper tail of the Cauchy"),
    ("invcauchy", "n n n", lambda st, a, b, p: st.cauchy.ppf(p, a, b), "inverse of cauchy()"),
)
for _name, _args, _run, _help in _SCIPY:
    function(_name, _args, _help, family="distributions", missing="any")(_scipy(_run))
