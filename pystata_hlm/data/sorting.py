"""Stable ordering and grouping of rows in Stata's order, without an observation loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column

Rows = NDArray[np.int64]


def sort_key(column: Column) -> NDArray[Any]:
    """Array whose ``<`` and ``==`` order the column as Stata does (numbers < . < .a < .z; strings by bytes).

    Stored integers already compare that way, their missing codes being the largest values of the type.
    """
    data = column.data
    if data.dtype.kind == "f" and missing.has_nan(data):
        return missing.ordered(*missing.decode(data))
    if data.dtype.kind == "O":  # strL: rank the distinct strings
        return np.unique(data, return_inverse=True)[1]
    if data.dtype.kind == "S" and data.dtype.itemsize <= 8:
        return np.ascontiguousarray(data).astype("S8").view(">u8").astype(np.uint64)
    return data


def is_ordered(keys: Sequence[NDArray[Any]]) -> bool:
    """True when rows are already in (lexicographic) order of the keys."""
    tied: NDArray[np.bool_] | None = None
    for key in keys:
        before, after = key[:-1], key[1:]
        wrong = before > after
        if (wrong if tied is None else wrong & tied).any():
            return False
        same = before == after
        tied = same if tied is None else tied & same
        if not tied.any():
            return True
    return True


def stable_order(keys: Sequence[NDArray[Any]]) -> Rows | None:
    """Row numbers that put the rows in order of the keys, ties in present order; None if already so."""
    if is_ordered(keys):
        return None
    order: Rows | None = None
    for key in reversed(keys):
        order = _argsort(key) if order is None else order[_argsort(key[order])]
    assert order is not None
    return order


def _argsort(key: NDArray[Any]) -> Rows:
    """Stable argsort; integers of up to 32 bits go by radix on their 16-bit halves."""
    if key.dtype.kind in "iu" and key.size > 256:
        low, high = int(key.min()), int(key.max())
        spread = high - low
        if spread < 1 << 16:
            return np.argsort((key - key.dtype.type(low)).astype(np.uint16), kind="stable")
        if spread < 1 << 32:
            wide = (key.astype(np.int64) - low) if key.dtype.kind == "i" else key - key.dtype.type(low)
            order = np.argsort((wide & 0xFFFF).astype(np.uint16), kind="stable")
            upper = (wide >> 16).astype(np.uint16)
            return order[np.argsort(upper[order], kind="stable")]
    return np.argsort(key, kind="stable")


def descending_key(column: Column, missing_first: bool = False) -> NDArray[Any]:
    """Key that sorts a column from high to low, missing values last unless ``missing_first``."""
    if column.is_string:
        return -np.unique(column.data, return_inverse=True)[1]
    values, codes = column.decoded()
    absent = np.isnan(values)
    if not absent.any():
        return -values
    if missing_first:
        return -missing.ordered(values, codes)
    # the missing values themselves also descend: .z first, . last
    rank = 26 - missing.combine_codes(len(values), codes)
    return np.where(absent, missing.ordered(np.full(len(values), np.nan), rank.astype(np.int8)), -values)


@dataclass(frozen=True, eq=False)
class Groups:
    """A partition of rows by the values of some variables (missing values are values like others).

    names       grouping variables
    codes       (n,) group number of each row, 0-based in sorted order of the values; -1 for rows left out
    order       row numbers listed group by group (original order within a group); None when rows 0..n-1
                are themselves so listed (contiguous groups)
    starts      (g,) where each group begins in ``order`` (or in the data when order is None)
    sizes       (g,) rows per group
    """

    names: tuple[str, ...]
    codes: Rows
    order: Rows | None
    starts: Rows
    sizes: Rows

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def first_rows(self) -> Rows:
        """Row number of each group's first row."""
        return self.starts if self.order is None else self.order[self.starts]

    @property
    def last_rows(self) -> Rows:
        """Row number of each group's last row."""
        last = self.starts + self.sizes - 1
        return last if self.order is None else self.order[last]

    def rows(self, group: int) -> Rows | slice:
        """Rows of one group: a slice when contiguous, else row numbers."""
        start, stop = int(self.starts[group]), int(self.starts[group] + self.sizes[group])
        return slice(start, stop) if self.order is None else self.order[start:stop]

    def gather(self, x: NDArray[Any]) -> NDArray[Any]:
        """Rows of x listed group by group, ready for ``np.add.reduceat(..., groups.starts)``."""
        return x if self.order is None else x[self.order]

    def spread(self, per_group: NDArray[Any]) -> NDArray[Any]:
        """One value per group -> one per row (rows left out get the last group's: mask them)."""
        return per_group[self.codes]

    def within(self) -> tuple[Rows, Rows]:
        """(``_n``, ``_N``) of each row inside its group, 1-based; 0 for rows left out."""
        listed = int(self.sizes.sum())
        inside = np.arange(listed) - np.repeat(self.starts, self.sizes) + 1
        total = np.repeat(self.sizes, self.sizes)
        if self.order is None:
            return inside, total
        number, size = np.zeros(len(self.codes), np.int64), np.zeros(len(self.codes), np.int64)
        number[self.order], size[self.order] = inside, total
        return number, size


def group_rows(
    names: Sequence[str], columns: Sequence[Column], n: int, rows: NDArray[np.bool_] | None = None
) -> Groups:
    """Partition n rows (or only those of the mask) by the columns' values; no columns = one group."""
    picked = None if rows is None or rows.all() else np.flatnonzero(rows)
    size = n if picked is None else len(picked)
    keys = [sort_key(column if picked is None else column.take(picked)) for column in columns]
    order = stable_order(keys) if keys else None
    breaks = np.zeros(size, dtype=bool)
    breaks[:1] = True
    for key in keys:
        listed = key if order is None else key[order]
        breaks[1:] |= listed[1:] != listed[:-1]
    starts = np.flatnonzero(breaks)
    sizes = np.diff(starts, append=size)
    labels = np.cumsum(breaks) - 1
    if order is None and picked is None:
        return Groups(tuple(names), labels, None, starts, sizes)
    listing = order if picked is None else picked if order is None else picked[order]
    codes = np.full(n, -1, dtype=np.int64)
    codes[listing] = labels
    return Groups(tuple(names), codes, listing, starts, sizes)
