"""Time-series operators: ``L`` lag, ``F`` lead, ``D`` difference, ``S`` seasonal difference, chained as in ``L2D``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.timesettings import row_at, time_settings
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset

RANGED = re.compile(r"([LFDS])(?:(\d+)|\(([^()]*)\))?", re.IGNORECASE)
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


def is_operator(text: str) -> bool:
    """``L``, ``L2D``, ``L(0/2)``: does the text before the dot stand for time-series operators?"""
    return bool(text) and RANGED.sub("", text) == ""


def operated_name(operator: str, name: str) -> str:
    """``L2.x``; the name alone when the operator does nothing."""
    head = normalised(operator)
    return f"{head}.{name}" if head else name


def operated_column(data: Dataset, name: str) -> Column | None:
    """The values of ``L2.x``; None when the name is no operated variable.

    Errors: r(111) no time variable, r(5) data not sorted by it, r(109) for a string.
    """
    operator, dot, variable = name.rpartition(".")
    if not dot or variable not in data or not OPERATOR.fullmatch(operator):
        return None
    column = data.column(variable)
    if column.is_string:
        raise StataError.type_mismatch()
    step = parse_operator(operator)
    settings = time_settings(data)
    weights = {step.lead: 1.0}
    for season in (1,) * step.differences + step.seasons:
        new = dict(weights)
        for lead, weight in weights.items():
            new[lead - season] = new.get(lead - season, 0.0) - weight
        weights = new
    values, codes = column.values(), column.codes()
    if len(weights) == 1:  # a plain lag keeps type and missing codes
        rows = row_at(data, settings, step.lead)
        moved = np.where(rows >= 0, values[rows], np.nan) if data.n else values
        marks = None if codes is None else np.where(rows >= 0, codes[rows], np.int8(0)).astype(np.int8)
        return Column.numeric(moved, marks, column.stype).with_(format=column.format)
    total = np.zeros(data.n)
    for lead, weight in weights.items():
        rows = row_at(data, settings, lead)
        total = total + (weight * np.where(rows >= 0, values[rows], np.nan) if data.n else 0.0)
    return Column.numeric(total, None, "double").with_(format=column.format)
