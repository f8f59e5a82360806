"""Statistics by group in single vectorised passes: what ``egen``, ``collapse`` and others compute.

``codes`` (n,) are group numbers 0..g-1 of the rows in use; results have one entry per group, NaN where undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import sorting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _ratio(a: Floats, b: Floats | Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        out = a / b
    return np.where(np.isfinite(out), out, np.nan)


def _stable(keys: list[NDArray[Any]]) -> Ints:
    """Row numbers in order of the keys, ties in data order."""
    order = sorting.stable_order(keys)
    return np.arange(len(keys[0])) if order is None else order


def group_sums(values: Floats, codes: Ints, g: int) -> Floats:
    """Sums by group, correct to about the last bit whatever the order: each number is split in a part on a grid so coarse
    that these parts add up without rounding, and a small rest."""
    top = float(max(values.max(), -values.min())) if values.size else 0.0
    if not 0.0 < top < math.inf:
        return np.asarray(np.bincount(codes, weights=values, minlength=g), dtype=np.float64)
    exponent = math.frexp(top)[1] + values.size.bit_length()
    if exponent > 1020:
        return np.asarray(np.bincount(codes, weights=values, minlength=g), dtype=np.float64)
    coarse = math.ldexp(1.5, exponent)  # adding and subtracting it rounds to the grid
    step = max(1 << 17, 4 * g)
    sums, rests = np.zeros(g), np.zeros(g)
    for start in range(0, values.size, step):
        part, of = values[start : start + step], codes[start : start + step]
        high = part + coarse
        high -= coarse
        sums += np.bincount(of, weights=high, minlength=g)
        np.subtract(part, high, out=high)
        if high.any():
            rests += np.bincount(of, weights=high, minlength=g)
    return sums + rests


@dataclass
class Grouped:
    """Nonmissing values with their group numbers and (optional) weights."""

    x: Floats
    codes: Ints
    g: int
    weights: Floats | None = None
    _order: Ints | None = field(default=None, repr=False)

    @cached_property
    def n(self) -> Ints:
        """Rows per group, unweighted."""
        return np.bincount(self.codes, minlength=self.g)

    @property
    def total_weight(self) -> Floats:
        return self.n.astype(float) if self.weights is None else self._sum(self.weights)

    def _sum(self, values: Floats) -> Floats:
        return group_sums(values, self.codes, self.g)

    def sum(self) -> Floats:
        """(Weighted) sum; 0 for an empty group."""
        return self._sum(self.x if self.weights is None else self.x * self.weights)

    def mean(self) -> Floats:
        return _ratio(self.sum(), self.total_weight)

    def deviations(self) -> Floats:
        return self.x - self.mean()[self.codes]

    def power_sum(self, k: int) -> Floats:
        """Sum of the k-th powers of deviations from the group mean."""
        d = self.deviations() ** k
        return self._sum(d if self.weights is None else d * self.weights)

    def sd(self) -> Floats:
        """Divisor n-1; missing for a single observation."""
        free = self.total_weight - 1
        return np.sqrt(_ratio(self.power_sum(2), np.where(free > 0, free, np.nan)))

    def moment(self, k: int) -> Floats:
        return _ratio(self.power_sum(k), self.total_weight)

    def skewness(self) -> Floats:
        return _ratio(self.moment(3), self.moment(2) ** 1.5)

    def kurtosis(self) -> Floats:
        return _ratio(self.moment(4), self.moment(2) ** 2)

    # -- order statistics -----------------------------------------------------------------------
    @property
    def order(self) -> Ints:
        """Rows by group, ascending within the group; ties in data order."""
        if self._order is None:
            self._order = _stable([self.codes, self.x])
        return self._order

    @property
    def starts(self) -> Ints:
        n = self.n
        return np.cumsum(n) - n

    def at(self, position: Ints) -> Floats:
        """Value at a 0-based position of each group's sorted values (NaN in empty groups)."""
        n = self.n
        if not self.x.size:
            return np.full(self.g, np.nan)
        place = self.starts + np.clip(position, 0, np.maximum(n - 1, 0))
        values = self.x[self.order][np.minimum(place, self.x.size - 1)]
        return np.where(n > 0, values, np.nan)

    def min(self) -> Floats:
        return self._extreme(np.minimum, np.inf)

    def max(self) -> Floats:
        return self._extreme(np.maximum, -np.inf)

    def _extreme(self, ufunc: np.ufunc, start: float) -> Floats:
        out = np.full(self.g, start)
        ufunc.at(out, self.codes, self.x)
        return np.where(np.isfinite(out), out, np.nan)

    def percentile(self, p: float) -> Floats:
        """Stata's definition: with P = n p/100, the mean of x[P] and x[P+1] when P is whole, else x[ceil P]."""
        if self.weights is not None:
            return self._weighted_percentile(p)
        n = self.n
        place = n * p / 100.0
        whole = np.abs(place - np.rint(place)) < 1e-9
        low = np.where(whole, np.rint(place) - 1, np.floor(place)).astype(np.int64)
        high = np.where(whole, np.rint(place), np.floor(place)).astype(np.int64)
        return (self.at(low) + self.at(high)) / 2.0

    def _weighted_percentile(self, p: float) -> Floats:
        assert self.weights is not None
        order, n = self.order, self.n
        out = np.full(self.g, np.nan)
        if not self.x.size:
            return out
        running = np.cumsum(self.weights[order])
        starts = self.starts
        used = n > 0
        before = np.where(starts > 0, running[np.maximum(starts - 1, 0)], 0.0)
        target = before + self.total_weight * p / 100.0
        slack = 1e-9 * np.maximum(1.0, np.abs(target))
        first = np.searchsorted(running, target - slack)  # first cumulative weight reaching the target
        first = np.clip(first, starts, starts + np.maximum(n - 1, 0))
        exact = np.abs(running[np.minimum(first, running.size - 1)] - target) <= slack
        after = np.clip(first + exact, starts, starts + np.maximum(n - 1, 0))
        sorted_x = self.x[order]
        last = sorted_x.size - 1
        values = (sorted_x[np.minimum(first, last)] + sorted_x[np.minimum(after, last)]) / 2.0
        out[used] = values[used]
        return out

    def median(self) -> Floats:
        return self.percentile(50.0)

    def iqr(self) -> Floats:
        return self.percentile(75.0) - self.percentile(25.0)

    def mad(self) -> Floats:
        """Median absolute deviation from the median."""
        return Grouped(np.abs(self.x - self.median()[self.codes]), self.codes, self.g).median()

    def mdev(self) -> Floats:
        """Mean absolute deviation from the mean."""
        return Grouped(np.abs(self.deviations()), self.codes, self.g, self.weights).mean()

    def runs(self) -> tuple[Ints, Ints, Ints]:
        """Runs of equal values in sorted order: (group, first position in ``order``, length)."""
        order = self.order
        x, codes = self.x[order], self.codes[order]
        fresh = np.ones(len(x), dtype=bool)
        fresh[1:] = (x[1:] != x[:-1]) | (codes[1:] != codes[:-1])
        first = np.flatnonzero(fresh)
        return codes[first], first, np.diff(first, append=len(x))

    def ranks(self, kind: str = "mean") -> Floats:
        """Rank of each row in its group. kind: mean (average of ties), track (ties get the lowest rank),
        field (from the highest, ties get the best), unique (ties in data order)."""
        order = self.order
        place = np.arange(len(order)) - self.starts[self.codes[order]]  # 0-based within the group
        groups, first, length = self.runs()
        run = np.repeat(np.arange(len(first)), length)
        if kind == "unique":
            sorted_ranks = place + 1.0
        elif kind == "track":
            sorted_ranks = (place[first] + 1.0)[run]
        elif kind == "field":
            sorted_ranks = (self.n[groups] - (place[first] + length) + 1.0)[run]
        else:
            sorted_ranks = (place[first] + (length + 1) / 2.0)[run]
        out = np.empty(len(order))
        out[order] = sorted_ranks
        return out


STATISTICS: dict[str, Callable[[Grouped], Floats]] = {
    "mean": Grouped.mean,
    "sd": Grouped.sd,
    "min": Grouped.min,
    "max": Grouped.max,
    "median": Grouped.median,
    "iqr": Grouped.iqr,
    "mad": Grouped.mad,
    "mdev": Grouped.mdev,
    "skew": Grouped.skewness,
    "kurt": Grouped.kurtosis,
}
