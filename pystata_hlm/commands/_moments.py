"""Sums and moments of a variable under weights, exact to the last bit (``math.fsum``)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.runtime.spec import Weights


@dataclass(frozen=True)
class Moments:
    """What ``summarize`` shows of one variable.

    n      observations (sum of the weights under fweight)
    sum_w  sum of the weights; sum: weighted sum of the values
    var    divisor n-1 (aweights scaled to sum to n), sum_w-1 under iweight; NaN when that is not positive
    """

    n: float
    sum_w: float
    mean: float
    var: float
    sum: float
    min: float
    max: float

    @property
    def sd(self) -> float:
        return math.sqrt(self.var) if self.var >= 0 else math.nan


_EXTENDED = np.finfo(np.longdouble).eps < 1e-18
"""The platform has 80-bit (or wider) long doubles."""


def fsum(x: np.ndarray) -> float:
    """Sum without visible rounding: correctly rounded, or pairwise in extended precision for long vectors."""
    if _EXTENDED and x.size > 1000:
        return float(np.sum(x, dtype=np.longdouble))
    return math.fsum(x.tolist())


EMPTY = Moments(0.0, 0.0, math.nan, math.nan, 0.0, math.nan, math.nan)


def moments(x: np.ndarray, weight: Weights | None = None, w: np.ndarray | None = None) -> Moments:
    """Moments of nonmissing values ``x``; ``w`` are their weights, ``weight.kind`` says of what kind."""
    if x.size == 0:
        return EMPTY
    low, high = float(x.min()), float(x.max())
    if weight is None or w is None:
        n = float(x.size)
        total = fsum(x)
        mean = total / n
        var = _squares(x, mean, None, n) / (n - 1) if n > 1 else math.nan
        return Moments(n, n, mean, var, total, low, high)
    sum_w = fsum(w)
    total = fsum(w * x)
    mean = total / sum_w if sum_w else math.nan
    if weight.kind == "aweight":
        n = float(x.size)
        squares = _squares(x, mean, w, sum_w) * n / sum_w
        return Moments(n, sum_w, mean, squares / (n - 1) if n > 1 else math.nan, total, low, high)
    n = sum_w if weight.kind == "fweight" else float(x.size)
    var = _squares(x, mean, w, sum_w) / (sum_w - 1) if sum_w > 1 else math.nan
    return Moments(n, sum_w, mean, var, total, low, high)


def _squares(x: np.ndarray, mean: float, w: np.ndarray | None, total: float) -> float:
    """Sum of (weighted) squared deviations, corrected for the rounding of the mean."""
    d = x - mean
    wd = d if w is None else w * d
    return max(0.0, fsum(wd * d) - fsum(wd) ** 2 / total)


def central(x: np.ndarray, w: np.ndarray | None = None) -> tuple[float, float]:
    """Skewness m3/m2^1.5 and kurtosis m4/m2^2, moments with divisor n; NaN for a constant."""
    if x.size == 0:
        return math.nan, math.nan
    weights = np.ones_like(x) if w is None else w
    total = fsum(weights)
    d = x - fsum(weights * x) / total
    d2 = d * d
    m2 = fsum(weights * d2) / total
    if m2 <= 0:
        return math.nan, math.nan
    return fsum(weights * d2 * d) / total / m2**1.5, fsum(weights * d2 * d2) / total / m2**2
