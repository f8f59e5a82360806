"""Skewness-kurtosis tests of normality and the ladder of powers.

D'Agostino, Belanger and D'Agostino, "A suggestion for using powerful and informative tests of normality",
American Statistician 44 (1990) 316-321: the skewness test (D'Agostino 1970), the kurtosis test (Anscombe and
Glynn 1983) and K2.  The adjustment of K2 is Royston's (Stata Technical Bulletin 5, sg3.5, 1992), constants as
in shared/reference/mixed-numerics.md, point 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
MIN_OBS = 8


class TooFewObservationsError(Exception):
    """Fewer than the eight observations the tests need."""


@dataclass(frozen=True)
class Moments:
    """Moments about the mean with divisor n: skewness m3/m2^1.5 and kurtosis m4/m2^2 (normal: 3)."""

    n: float
    mean: float
    variance: float  # divisor n-1
    skewness: float
    kurtosis: float


@dataclass(frozen=True)
class NormalityTest:
    """Skewness, kurtosis and joint tests; NaN where a figure cannot be computed.

    chi2, p              the joint test as printed: adjusted unless ``noadjust`` was asked for
    k2, p_k2             the unadjusted K2 = z_skewness^2 + z_kurtosis^2 and its chi2(2) tail
    """

    n: float
    skewness: float
    kurtosis: float
    z_skewness: float
    z_kurtosis: float
    p_skewness: float
    p_kurtosis: float
    k2: float
    p_k2: float
    chi2: float
    p: float


def moments(x: Array, weights: Array | None = None) -> Moments:
    """Weighted moments; frequency weights as they are, analytic weights scaled by the caller to sum to n."""
    w = np.ones_like(x) if weights is None else weights
    n = float(w.sum())
    mean = float(w @ x) / n
    d = x - mean
    m2, m3, m4 = (float(w @ d**power) / n for power in (2, 3, 4))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        skewness = np.float64(m3) / np.float64(m2) ** 1.5
        kurtosis = np.float64(m4) / np.float64(m2) ** 2
        variance = np.float64(m2) * n / np.float64(n - 1)
    return Moments(n, mean, float(variance), float(skewness), float(kurtosis))


def skewness_z(skewness: float, n: float) -> float:
    """D'Agostino's normal deviate for a sample skewness."""
    y = skewness * np.sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    beta2 = 3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    w2 = -1 + np.sqrt(2 * (beta2 - 1))
    alpha = np.sqrt(2 / (w2 - 1))
    return float(np.arcsinh(y / alpha) / np.sqrt(0.5 * np.log(w2)))


def kurtosis_z(kurtosis: float, n: float) -> float:
    """Anscombe and Glynn's normal deviate for a sample kurtosis."""
    expected = 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x = (kurtosis - expected) / np.sqrt(variance)
    root_beta1 = (
        6
        * (n * n - 5 * n + 2)
        / ((n + 7) * (n + 9))
        * np.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    )
    a = 6 + 8 / root_beta1 * (2 / root_beta1 + np.sqrt(1 + 4 / root_beta1**2))
    ratio = (1 - 2 / a) / (1 + x * np.sqrt(2 / (a - 4)))
    return float(np.sqrt(4.5 * a) * (1 - 2 / (9 * a) - np.cbrt(ratio)))


def royston_adjustment(k2: float, n: float) -> tuple[float, float]:
    """(adjusted chi2(2), P).  Missing where exp(-K2/2) underflows, as in Stata."""
    from scipy.special import log_ndtr, ndtri

    tail = float(np.exp(-k2 / 2))
    if not tail > 0:
        return np.nan, np.nan
    zc2 = -float(ndtri(tail))
    log_n = np.log(n)
    cut = 0.55 * n**0.2 - 0.21
    a1 = (-5 + 3.46 * log_n) * np.exp(-1.37 * log_n)
    b1 = 1 + (0.854 - 0.148 * log_n) * np.exp(-0.55 * log_n)
    b2 = 2.13 / (1 - 2.37 * log_n) + b1
    a2 = a1 - (b2 - b1) * cut
    if zc2 < -1:
        z = zc2
    elif zc2 < cut:
        z = a1 + b1 * zc2
    else:
        z = a2 + b2 * zc2
    log_p = float(log_ndtr(-z))
    return -2 * log_p, float(np.exp(log_p))


def skewness_kurtosis_test(x: Array, weights: Array | None = None, *, adjust: bool = True) -> NormalityTest:
    """``sktest``: x (n,) without missing values; TooFewObservationsError when n < 8."""
    from scipy.special import ndtr

    m = moments(x, weights)
    if m.n < MIN_OBS:
        raise TooFewObservationsError(f"at least {MIN_OBS} observations are needed, not {m.n:g}")
    if not m.variance > 0 or not np.isfinite(m.kurtosis):
        nan = np.nan
        return NormalityTest(m.n, m.skewness, m.kurtosis, nan, nan, nan, nan, nan, nan, nan, nan)
    z1, z2 = skewness_z(m.skewness, m.n), kurtosis_z(m.kurtosis, m.n)
    p1, p2 = 2 * float(ndtr(-abs(z1))), 2 * float(ndtr(-abs(z2)))
    k2 = z1 * z1 + z2 * z2
    p_k2 = float(np.exp(-k2 / 2))
    chi2, p = royston_adjustment(k2, m.n) if adjust else (k2, p_k2)
    return NormalityTest(m.n, m.skewness, m.kurtosis, z1, z2, p1, p2, k2, p_k2, chi2, p)


# -- ladder of powers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Power:
    """A rung of the ladder; ``formula`` has {x} for the variable's name."""

    name: str
    formula: str
    power: float  # 0 for the logarithm
    transform: Callable[[Array], Array]


LADDER: tuple[Power, ...] = (
    Power("Cubic", "{x}^3", 3, lambda x: x**3),
    Power("Square", "{x}^2", 2, lambda x: x**2),
    Power("Identity", "{x}", 1, lambda x: x),
    Power("Square root", "sqrt({x})", 0.5, np.sqrt),
    Power("Log", "log({x})", 0, np.log),
    Power("1/(Square root)", "1/sqrt({x})", -0.5, lambda x: 1 / np.sqrt(x)),
    Power("Inverse", "1/{x}", -1, lambda x: 1 / x),
    Power("1/Square", "1/({x}^2)", -2, lambda x: 1 / x**2),
    Power("1/Cubic", "1/({x}^3)", -3, lambda x: 1 / x**3),
)


def rung(power: Power, x: Array) -> Array | None:
    """x transformed, or None when the transformation is undefined for some observation."""
    with np.errstate(all="ignore"):
        y = power.transform(x)
    return y if np.isfinite(y).all() else None


def ladder(x: Array, *, adjust: bool = True) -> list[tuple[Power, NormalityTest | None]]:
    """``ladder``: the test for each rung, None where the transformation is undefined."""
    out: list[tuple[Power, NormalityTest | None]] = []
    for power in LADDER:
        y = rung(power, x)
        out.append((power, None if y is None else skewness_kurtosis_test(y, adjust=adjust)))
    return out
