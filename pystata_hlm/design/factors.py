"""Levels, base levels and level numbers of factor variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.design.terms import Base, TermList
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset

Rows = NDArray[Any] | None
"""Rows to use: boolean mask, row numbers, or None for all."""


@dataclass(frozen=True)
class Factor:
    """A factor variable as found in the estimation sample.

    levels   its values, ascending
    counts   observations at each
    base     the base level, None without one (``ibn.``)
    """

    name: str
    levels: tuple[int, ...]
    counts: tuple[int, ...]
    base: int | None


def take(array: NDArray[Any], rows: Rows) -> NDArray[Any]:
    return array if rows is None else array[rows]


def all_rows(rows: Rows) -> Rows:
    """None when a mask keeps everything: then nothing needs copying."""
    return None if rows is not None and rows.dtype == np.bool_ and rows.all() else rows


def factor_values(data: Dataset, name: str, rows: Rows) -> NDArray[Any]:
    """Values of a factor variable in the rows, as integers; r(109) or r(452) when it cannot be a factor."""
    column = data.column(name)
    if column.is_string:
        raise StataError(109, f"{name}:  string variables may not be used as factor variables")
    stored = take(column.data, rows)
    if stored.dtype.kind == "f":
        if stored.size and not np.array_equal(stored, np.floor(stored)):
            if np.isnan(stored).any():
                raise ValueError("missing values must be marked out first")
            raise StataError(452, f"{name}:  factor variables may not contain noninteger values")
        if stored.size and stored.max() >= 2**31:
            raise StataError(452, f"{name}:  factor variables may not contain values so large")
    if stored.size and stored.min() < 0:
        raise StataError(452, f"{name}:  factor variables may not contain negative values")
    return stored


def tabulate(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(levels ascending, counts) of nonnegative integers."""
    if not values.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low < max(65_536, 2 * len(values)):
        counts = np.bincount((values - values.dtype.type(low)).astype(np.intp), minlength=high - low + 1)
        present = np.flatnonzero(counts)
        return present + low, counts[present]
    levels, counts = np.unique(values, return_counts=True)
    return levels.astype(np.int64), counts


def find_factor(data: Dataset, name: str, rows: Rows, base: Base, extra: tuple[int, ...] = ()) -> Factor:
    """The factor with its base; levels that are asked for by number join the list with no observations."""
    levels, counts = tabulate(factor_values(data, name, rows))
    wanted = list(extra) + ([base.value] if base.kind == "level" else [])
    absent = sorted(set(wanted) - set(levels.tolist()))
    chosen = _base_level(levels.tolist(), counts.tolist(), base)
    if absent:
        levels = np.append(levels, absent)
        counts = np.append(counts, np.zeros(len(absent), np.int64))
        order = np.argsort(levels, kind="stable")
        levels, counts = levels[order], counts[order]
    return Factor(name, tuple(levels.tolist()), tuple(counts.tolist()), chosen)


def _base_level(levels: list[int], counts: list[int], base: Base) -> int | None:
    if base.kind == "none" or (not levels and base.kind != "level"):
        return None
    if base.kind == "level":
        return base.value
    if base.kind == "last":
        return levels[-1]
    if base.kind == "freq":
        return levels[counts.index(max(counts))]
    if base.kind == "nth":
        if not 1 <= base.value <= len(levels):
            raise StataError(198, f"invalid base level #{base.value}")
        return levels[base.value - 1]
    return levels[0]


def find_factors(data: Dataset, terms: TermList, rows: Rows) -> dict[str, Factor]:
    """Every factor variable of the list, from the rows of the estimation sample."""
    extra: dict[str, set[int]] = {}
    for term in terms.terms:
        for part in term.factors:
            extra.setdefault(part.name, set()).update(part.levels or ())
    return {
        name: find_factor(data, name, rows, terms.base(name), tuple(extra[name]))
        for name in terms.factor_names
    }
