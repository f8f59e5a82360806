"""Axis ranges and round tick values.

The steps are 1, 2 or 5 times a power of ten, as few as possible with at most about five intervals, which
reproduces the labels printed in the manuals' graphs of the auto data (price 0(5000)15000, weight
2000(1000)5000, mpg 10(10)40, length 140(20)240).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.formats import format_number

_MOST_INTERVALS = 5.4
_OVERHANG = 0.33
"""A range may stick out of the outermost labels by this part of a step."""


def nice_step(low: float, high: float, intervals: float = _MOST_INTERVALS) -> float:
    """The smallest 1-2-5 step that cuts [low, high] into at most ``intervals`` pieces."""
    rough = (high - low) / intervals
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 5.0, 10.0):
        if rough <= factor * power * (1 + 1e-9):
            return factor * power
    return 10.0 * power


def nice_values(low: float, high: float, count: int | None = None) -> tuple[float, ...]:
    """Round values covering [low, high], about five of them (or ``count``)."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ()
    if high <= low:
        return (low,)
    step = nice_step(low, high, _MOST_INTERVALS if count is None else max(count - 1, 1) * 1.25)
    first = math.floor(low / step + 1e-9)
    if (first + 1) * step - low <= _OVERHANG * step:
        first += 1
    last = math.ceil(high / step - 1e-9)
    if high - (last - 1) * step <= _OVERHANG * step:
        last -= 1
    return tuple(rounded(k * step, step) for k in range(first, last + 1))


def rounded(value: float, step: float) -> float:
    """``value`` without the dust of multiplying by a decimal step."""
    digits = max(0, 12 - math.floor(math.log10(max(abs(value), step))))
    out = round(value, min(digits, 15 + 300))
    return 0.0 if out == 0 else out


def tick_text(value: float, fmt: str = "%9.0g") -> str:
    return format_number(value, fmt).strip()


def extent(arrays: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Smallest and largest finite value; (0, 1) when there is none."""
    filled = [a for a in arrays if a.size]
    if not filled:
        return 0.0, 1.0
    return float(min(a.min() for a in filled)), float(max(a.max() for a in filled))
