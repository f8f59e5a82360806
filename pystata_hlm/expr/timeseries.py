"""Time-series operators: ``L`` lag, ``F`` lead, ``D`` difference, ``S`` seasonal difference, chained as in ``L2D``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Num

_STEP = re.compile(r"([LFDS])(\d*)")
OPERATOR = re.compile(r"(?:[LFDS]\d*)+", re.IGNORECASE)


@dataclass(frozen=True)
class TimeOperator:
    """lead: net number of periods ahead; differences: how often D applies; seasons: lags of the S operators."""

    lead: int = 0
    differences: int = 0
    seasons: tuple[int, ...] = ()

    def __str__(self) -> str:
        def step(letter: str, count: int) -> str:
            return "" if not count else letter if count == 1 else f"{letter}{count}"

        lead = step("F", self.lead) if self.lead > 0 else step("L", -self.lead)
        return lead + step("D", self.differences) + "".join(step("S", season) for season in self.seasons)


def parse_operator(text: str) -> TimeOperator:
    """``L2D`` and the like; the order of the letters does not matter. r(198) for anything else."""
    if not OPERATOR.fullmatch(text):
        raise StataError(198, f"{text}: invalid time-series operator")
    lead = differences = 0
    seasons: list[int] = []
    for letter, digits in _STEP.findall(text.upper()):
        count = int(digits) if digits else 1
        if letter == "L":
            lead -= count
        elif letter == "F":
            lead += count
        elif letter == "D":
            differences += count
        elif count:
            seasons.append(count)
    return TimeOperator(lead, differences, tuple(sorted(seasons)))


def normalised(text: str) -> str:
    """The shortest spelling: ``ldl`` is ``L2D``."""
    return str(parse_operator(text)) if text else ""


def apply(
    operator: TimeOperator, value: Num, row_at: Callable[[int], NDArray[np.intp]]
) -> tuple[NDArray[np.float64], NDArray[np.int8] | None]:
    """The operated variable; ``row_at(k)`` gives the row k periods ahead, -1 where there is none."""
    weights = {operator.lead: 1.0}
    for season in (1,) * operator.differences + operator.seasons:
        new = dict(weights)
        for lead, weight in weights.items():
            new[lead - season] = new.get(lead - season, 0.0) - weight
        weights = new
    floats = np.asarray(value.floats(), dtype=np.float64)
    total = np.zeros(len(floats))
    for lead, weight in weights.items():
        rows = row_at(lead)
        found = np.where(rows >= 0, floats[rows], np.nan) if len(floats) else floats
        total = total + weight * found
    codes = value.codes
    if codes is None or len(weights) > 1 or not len(floats):
        return total, None
    rows = row_at(operator.lead)
    return total, np.where(rows >= 0, codes[rows], np.int8(0)).astype(np.int8)
