"""Distribution functions behind binary and ordinal links, in logs where tails matter.

For an index x: ``log_cdf`` ln F(x) with two derivatives, ``log_tail`` ln(1 - F(x)) with two derivatives, and for
ordinal outcomes the density and its derivative. Closed forms; the normal ones use ``scipy.special.log_ndtr``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

Array = np.ndarray
Three = tuple[Array, Array, Array]

_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)
_MOST = 700.0


@dataclass(frozen=True)
class Link:
    """A binary or ordinal link. ``name`` is Stata's: logit, probit, cloglog."""

    name: str
    log_cdf: Callable[[Array], Three]
    log_tail: Callable[[Array], Three]
    cdf: Callable[[Array], Array]
    quantile: Callable[[Array], Array]
    density: Callable[[Array], Array]
    density_slope: Callable[[Array], Array]
    variance: float
    """Variance of the latent error: pi^2/3, 1, pi^2/6."""

    def interval(self, low: Array, high: Array) -> Array:
        """F(high) - F(low), taken from the upper tail where that loses less."""
        if self.name == "cloglog":
            return np.exp(-_exp(low)) - np.exp(-_exp(high))
        swap = low > 0
        a, b = np.where(swap, -high, low), np.where(swap, -low, high)
        return self.cdf(b) - self.cdf(a)


def _exp(x: Array) -> Array:
    return np.exp(np.minimum(x, _MOST))


def _logit_cdf(x: Array) -> Three:
    p = special.expit(x)
    q = special.expit(-x)
    return -np.logaddexp(0, -x), q, -p * q


def _logit_tail(x: Array) -> Three:
    value, first, second = _logit_cdf(-x)
    return value, -first, second


def _logit_density(x: Array) -> Array:
    return special.expit(x) * special.expit(-x)


def _logit_slope(x: Array) -> Array:
    p, q = special.expit(x), special.expit(-x)
    return p * q * (q - p)


def _normal_density(x: Array) -> Array:
    return np.exp(-0.5 * x * x - _LOG_ROOT_2PI)


def _probit_cdf(x: Array) -> Three:
    value = special.log_ndtr(x)
    ratio = np.exp(-0.5 * x * x - _LOG_ROOT_2PI - value)
    return value, ratio, -ratio * (ratio + x)


def _probit_tail(x: Array) -> Three:
    value, first, second = _probit_cdf(-x)
    return value, -first, second


def _cloglog_cdf(x: Array) -> Three:
    t = _exp(x)
    positive = np.maximum(t, 1e-300)
    ratio = np.where(t < 1e-300, 1.0, positive / np.expm1(np.minimum(positive, _MOST)))
    small = t < 1e-8
    value = np.where(small, x - t / 2, np.log(-np.expm1(-np.where(small, 1.0, t))))
    return value, ratio, ratio * (1 - t - ratio)


def _cloglog_tail(x: Array) -> Three:
    t = _exp(x)
    return -t, -t, -t


LOGIT = Link(
    "logit",
    _logit_cdf,
    _logit_tail,
    special.expit,
    special.logit,
    _logit_density,
    _logit_slope,
    np.pi**2 / 3,
)
PROBIT = Link(
    "probit",
    _probit_cdf,
    _probit_tail,
    special.ndtr,
    special.ndtri,
    _normal_density,
    lambda x: -x * _normal_density(x),
    1.0,
)
CLOGLOG = Link(
    "cloglog",
    _cloglog_cdf,
    _cloglog_tail,
    lambda x: -np.expm1(-_exp(x)),
    lambda p: np.log(-np.log1p(-p)),
    lambda x: np.exp(np.minimum(x, _MOST) - _exp(x)),
    lambda x: np.exp(np.minimum(x, _MOST) - _exp(x)) * (1 - _exp(x)),
    np.pi**2 / 6,
)
LINKS = {link.name: link for link in (LOGIT, PROBIT, CLOGLOG)}
