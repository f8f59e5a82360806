"""Percentiles and the coordinates of distribution plots: quantile-normal, histogram, box.

Definitions from the Methods and formulas of [R] summarize, [D] pctile, [R] centile, [R] Diagnostic plots,
[R] histogram and [G-2] graph box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray


def percentiles(x: Array, at: ArrayLike, weights: Array | None = None, *, altdef: bool = False) -> Array:
    """Percentiles ``at`` (0 < at < 100) of x (n,), no missing values.

    With W_i the running sum of the ordered weights and P = W_n at/100, the percentile is the first x_i with
    W_i > P, or the mean of x_(i-1) and x_i when W_(i-1) = P.  ``altdef`` interpolates at (n+1) at/100 instead
    (``pctile, altdef``; ``centile``) and takes no weights.
    """
    points = np.atleast_1d(np.asarray(at, dtype=float))
    n = len(x)
    if n == 0:
        return np.full(points.shape, np.nan)
    order = np.argsort(x, kind="stable")
    xs = np.asarray(x, dtype=float)[order]
    if altdef:
        if weights is not None:
            raise ValueError("altdef takes no weights")
        place = (n + 1) * points / 100
        i = np.floor(place)
        h = np.clip(place - i, 0, 1)
        low, high = np.clip(i, 1, n).astype(int) - 1, np.clip(i + 1, 1, n).astype(int) - 1
        return (1 - h) * xs[low] + h * xs[high]
    if weights is None:
        target = n * points / 100
        cumulative = np.arange(1.0, n + 1)
    else:
        cumulative = np.cumsum(np.asarray(weights, dtype=float)[order])
        target = cumulative[-1] * points / 100
    # sums of weights and products with percentages carry rounding error; n p/100 for p like 10 must be exact
    slack = 1e-12 * cumulative[-1]
    above = np.minimum(np.searchsorted(cumulative, target + slack, side="right"), n - 1)
    reached = np.searchsorted(cumulative, target - slack, side="left")
    equal = (reached < above) & (reached < n)
    return np.where(equal, (xs[np.minimum(reached, n - 1)] + xs[above]) / 2, xs[above])


# -- quantile-normal and probability plots ------------------------------------------------------------


def quantile_normal(x: Array) -> tuple[Array, Array]:
    """``qnorm``: ordered x, and mean + sd invnormal(i/(n+1)); the reference line is y = x."""
    from scipy.special import ndtri

    xs = np.sort(np.asarray(x, dtype=float))
    n = len(xs)
    sd = xs.std(ddof=1) if n > 1 else np.nan
    return xs, xs.mean() + sd * ndtri(np.arange(1, n + 1) / (n + 1))


def probability_normal(x: Array) -> tuple[Array, Array]:
    """``pnorm``: normal((x_i - mean)/sd) of the ordered x (NaN when x does not vary), and i/(n+1)."""
    from scipy.special import ndtr

    xs = np.sort(np.asarray(x, dtype=float))
    n = len(xs)
    sd = xs.std(ddof=1) if n > 1 else 0.0
    return ndtr((xs - xs.mean()) / (sd if sd > 0 else np.nan)), np.arange(1, n + 1) / (n + 1)


# -- histogram ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Histogram:
    """Bins [start + j width, start + (j+1) width), the last one closed; ``counts`` are weighted.

    When ``discrete``, bar j is centred on start + j width.
    """

    bins: int
    start: float
    width: float
    counts: Array
    total: float
    discrete: bool = False

    @property
    def edges(self) -> Array:
        first = self.start - self.width / 2 if self.discrete else self.start
        return first + self.width * np.arange(self.bins + 1)

    @property
    def centres(self) -> Array:
        return self.edges[:-1] + self.width / 2

    @property
    def fraction(self) -> Array:
        return self.counts / self.total

    @property
    def density(self) -> Array:
        return self.counts / (self.total * self.width)

    @property
    def percent(self) -> Array:
        return 100 * self.counts / self.total


def default_bins(n: float) -> int:
    """min(sqrt(n), 10 log10(n)), cut to an integer, at least 1."""
    return max(1, int(min(np.sqrt(n), 10 * np.log10(n))))


def histogram(
    x: Array,
    *,
    bins: int | None = None,
    width: float | None = None,
    start: float | None = None,
    weights: Array | None = None,
    discrete: bool = False,
) -> Histogram:
    """``histogram x, bin(#) width(#) start(#) discrete``: x (n,), n > 0, no missing values.

    Give ``bins`` or ``width``, not both.  ValueError where start exceeds the minimum.  ``discrete``: the
    width is the smallest distance between different values unless given.
    """
    x = np.asarray(x, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    low, high = float(x.min()), float(x.max())
    first = low if start is None else start
    if first > low:
        raise ValueError("start() exceeds the minimum")
    total = float(w.sum())
    if discrete:
        if width is None:
            gaps = np.diff(np.unique(x))
            width = float(gaps.min()) if gaps.size else 1.0
        k = int(np.floor((high - first) / width + 0.5 + 1e-9)) + 1
        index = np.floor((x - first) / width + 0.5 + 1e-9)
    else:
        if width is None:
            k = default_bins(total) if bins is None else bins
            width = (high - first) / k
            if width == 0:  # one value only: a bar of width 1 ... k of them hold nothing
                k, width = 1, 1.0
        else:
            k = max(1, int(np.ceil((high - first) / width * (1 - 1e-12))))
        index = np.floor((x - first) / width)
    index = np.clip(index, 0, k - 1).astype(np.intp)
    return Histogram(k, first, width, np.bincount(index, weights=w, minlength=k), total, discrete)


# -- box plot -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """Quartiles, adjacent values (the most extreme data within 1.5 IQR of the box) and outside values."""

    lower_adjacent: float
    q25: float
    median: float
    q75: float
    upper_adjacent: float
    outside: Array


def box(x: Array, weights: Array | None = None) -> Box:
    """``graph box``: x (n,), n > 0, no missing values."""
    x = np.asarray(x, dtype=float)
    q25, median, q75 = percentiles(x, (25, 50, 75), weights).tolist()
    reach = 1.5 * (q75 - q25)
    inside = (x >= q25 - reach) & (x <= q75 + reach)
    # an interpolated quartile may leave no datum between it and the fence: the whisker then has no length
    lower = min(float(x[inside].min()), q25)
    upper = max(float(x[inside].max()), q75)
    return Box(lower, q25, median, q75, upper, np.sort(x[~inside]))
