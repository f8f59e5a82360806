"""Random-number functions ([FN] Random-number functions), drawn from ``env.rng`` in observation order.

Only the rows of ``env.sample`` take draws; the others are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.expr.functions.registry import ZERO, function


def _draw(env: Any, draw: Callable[..., Any], *parameters: Any) -> Any:
    """``draw(*parameters, count)`` for the rows wanted, spread over all rows."""
    if env.scalar:
        return np.asarray(draw(*(np.float64(p) for p in parameters), 1), dtype=np.float64)[0]
    sample = env.sample
    if env.n == 0 or (sample is not None and not sample.any()):
        return np.full(env.n, np.nan)
    if sample is None or sample.all():
        return np.asarray(draw(*parameters, env.n), dtype=np.float64)
    count = int(np.count_nonzero(sample))
    chosen = [p[sample] if p.ndim else p for p in parameters]
    result = np.full(env.n, np.nan)
    result[sample] = draw(*chosen, count)
    return result


@function("runiform uniform", "n? n?", "uniform on (0,1), or on (a,b)", missing="own", env=True)
def runiform(env: Any, a: Any = None, b: Any = None) -> Any:
    if a is None:
        return _draw(env, env.rng.uniform)
    if b is None:
        from pystata_hlm.errors import StataError

        raise StataError.invalid_syntax()
    return _draw(env, env.rng.uniform_ab, a, b)


@function("rnormal", "n? n?", "standard normal, or with mean m and sd s", missing="own", env=True)
def rnormal(env: Any, m: Any = None, s: Any = None) -> Any:
    if m is None:
        return _draw(env, env.rng.normal)
    return _draw(env, env.rng.normal_ms, m, np.float64(1.0) if s is None else s)


@function("runiformint", "n n", "uniform integers of [a,b]", missing="own", env=True)
def runiformint(env: Any, a: Any, b: Any) -> Any:
    return _draw(env, env.rng.uniform_int, a, b)


@function("rbernoulli", "n", "1 with probability p, else 0", missing="own", env=True)
def rbernoulli(env: Any, p: Any) -> Any:
    return _draw(env, lambda q, count: env.rng.binomial(1.0, q, count), p)


@function(
    "rhypergeometric", "n n n", "hypergeometric: successes in n draws from N with K", missing="own", env=True
)
def rhypergeometric(env: Any, size: Any, good: Any, draws: Any) -> Any:
    def draw(n_: Any, k_: Any, d_: Any, count: int) -> Any:
        from scipy import stats

        u = env.rng.uniform(count)
        return stats.hypergeom.ppf(u, n_, k_, d_)

    return _draw(env, draw, size, good, draws)


@function(
    "rweibullph", "n n n?", "Weibull (proportional hazards) with shape a, scale b", missing="own", env=True
)
def rweibullph(env: Any, a: Any, b: Any, g: Any = ZERO) -> Any:
    return _draw(
        env, lambda a_, b_, g_, count: g_ + (-np.log(env.rng.uniform(count)) / b_) ** (1 / a_), a, b, g
    )


@function("rweibull", "n n n?", "Weibull with shape a, scale b, location g", missing="own", env=True)
def rweibull(env: Any, a: Any, b: Any, g: Any = ZERO) -> Any:
    return _draw(env, lambda a_, b_, g_, count: env.rng.weibull(a_, b_, count, g_), a, b, g)


@function("rlogistic", "n? n?", "logistic with mean m and scale s", missing="own", env=True)
def rlogistic(env: Any, m: Any = None, s: Any = None) -> Any:
    if m is None:
        return _draw(env, env.rng.logistic, np.float64(0.0), np.float64(1.0))
    if s is None:  # one argument is the scale
        return _draw(env, env.rng.logistic, np.float64(0.0), m)
    return _draw(env, env.rng.logistic, m, s)


@function("rnbinomial", "n n", "negative binomial with n and p", missing="own", env=True)
def rnbinomial(env: Any, n: Any, p: Any) -> Any:
    """Documented for n of at least .0001 and p in [.0001, .9999]."""
    good = (n >= 1e-4) & (n <= 1e5) & (p >= 1e-4) & (p <= 1 - 1e-4)
    return _draw(env, env.rng.negative_binomial, np.where(good, n, np.nan), p)


_PLAIN = (
    ("rbeta", "beta", 2, "beta with shapes a and b"),
    ("rbinomial", "binomial", 2, "binomial with n trials of probability p"),
    ("rcauchy", "cauchy", 2, "Cauchy with location a and scale b"),
    ("rchi2", "chi2", 1, "chi-squared with df degrees of freedom"),
    ("rexponential", "exponential", 1, "exponential with mean b"),
    ("rgamma", "gamma", 2, "gamma with shape a and scale b"),
    ("rigaussian", "inverse_gaussian", 2, "inverse Gaussian with mean m and shape a"),
    ("rlaplace", "laplace", 2, "Laplace with mean m and scale b"),
    ("rpoisson", "poisson", 1, "Poisson with mean m"),
    ("rt", "t", 1, "Student's t with df degrees of freedom"),
)


def _plain(method: str) -> Callable[..., Any]:
    def run(env: Any, *parameters: Any) -> Any:
        return _draw(env, getattr(env.rng, method), *parameters)

    return run


for _name, _method, _count, _help in _PLAIN:
    function(_name, " ".join("n" * _count), _help, family="random", missing="own", env=True)(_plain(_method))
