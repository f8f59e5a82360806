"""Linear and restricted cubic spline bases ([R] mkspline, Methods and formulas; Harrell 2001, Regression Modeling
Strategies, sec. 2.4)."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

HARRELL: dict[int, tuple[float, ...]] = {
    3: (10, 50, 90),
    4: (5, 35, 65, 95),
    5: (5, 27.5, 50, 72.5, 95),
    6: (5, 23, 41, 59, 77, 95),
    7: (2.5, 18.33, 34.17, 50, 65.83, 81.67, 97.5),
}
"""Percentiles of the knots by their number (Harrell 2001, p. 23)."""


def linear(x: Array, knots: Array, marginal: bool = False) -> list[Array]:
    """len(knots) + 1 columns: slopes of the intervals, or (marginal) changes of slope."""
    out = [x if marginal else np.minimum(x, knots[0])]
    for k, knot in enumerate(knots):
        above = np.maximum(x, knot)
        if not marginal and k + 1 < len(knots):
            above = np.minimum(above, knots[k + 1])
        out.append(above - knot)
    return out


def restricted_cubic(x: Array, knots: Array) -> list[Array]:
    """len(knots) - 1 columns: x, then the cubic terms divided by the square of the knots' range."""

    def cube(knot: float) -> Array:
        return np.maximum(x - knot, 0.0) ** 3

    before, last = knots[-2], knots[-1]
    scale = (last - knots[0]) ** 2
    out = [x]
    for knot in knots[:-2]:
        tail = (cube(before) * (last - knot) - cube(last) * (before - knot)) / (last - before)
        out.append((cube(knot) - tail) / scale)
    return out
