"""Stable ordering and grouping of rows in Stata's order, without an observation loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column

Rows = NDArray[np.int64]

_PIECE = 1 << 18
"""Rows handled at a time where numbers of all rows would take as much memory again."""


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
    room = 64 - len(keys[0]).bit_length()  # bits a key may take beside the row number
    order: Rows | None = None
    for key in reversed(pack(keys, room)):
        listed = key if order is None else key[order]
        inner = _argsort(listed, room)
        order = inner if order is None else order[inner]
    assert order is not None
    return order


def pack(keys: Sequence[NDArray[Any]], room: int) -> list[NDArray[Any]]:
    """Fewer keys of the same order: neighbours that fit together in ``room`` bits become one uint64."""
    out: list[NDArray[Any]] = []
    free = -1  # bits still free in the last key of ``out``, -1 when it is not packed
    for key in keys:
        zeroed, bits = _from_zero(key)
        if bits > room:
            out.append(key)
            free = -1
        elif bits <= free:
            out[-1] = out[-1] << np.uint64(bits) | zeroed
            free -= bits
        else:
            out.append(zeroed)
            free = room - bits
    return out


def _from_zero(key: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Integer or float32 key -> (uint64 key of the same order starting at 0, bits it takes); else 65 bits."""
    if key.dtype == np.float32:
        bits = (key + np.float32(0)).view(np.uint32)  # + 0 makes -0 and 0 one value
        key = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    if key.dtype.kind not in "iu":
        return key, 65
    if not key.size:
        return key.astype(np.uint64), 0
    low, high = int(key.min()), int(key.max())
    if key.dtype.kind == "i":
        zeroed = (key.astype(np.int64) - low).view(np.uint64)
    else:
        zeroed = key.astype(np.uint64) - np.uint64(low)
    return zeroed, (high - low).bit_length()


def _argsort(key: NDArray[Any], room: int) -> Rows:
    """Stable argsort. A key that leaves room for the row number is sorted together with it, by value."""
    n = len(key)
    row_bits = np.uint64(64 - room)
    if key.dtype == np.uint64 and int(key.max()).bit_length() <= room:
        tagged = key << row_bits | np.arange(n, dtype=np.uint64)
        tagged.sort()
        return (tagged & np.uint64((1 << int(row_bits)) - 1)).view(np.int64)
    if key.dtype.kind not in "iuf":
        return np.argsort(key, kind="stable")
    order = np.argsort(key)  # faster than a stable sort; ties are put right below
    listed = key[order]
    same = listed[1:] == listed[:-1]
    if same.any():
        tied = np.zeros(n, dtype=bool)
        tied[1:] = same
        tied[:-1] |= same
        at = np.flatnonzero(tied)
        run = np.concatenate(([0], np.cumsum(~same)))[at]
        order[at] = np.sort(run * n + order[at]) - run * n  # rows ascend within each run
    return order


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
    starts      (g,) where each group begins in ``order`` (or in the data when order is None)
    sizes       (g,) rows per group
    contiguous  True when rows 0..n-1 are themselves listed group by group
    """

    names: tuple[str, ...]
    codes: Rows
    starts: Rows
    sizes: Rows
    contiguous: bool

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def order(self) -> Rows | None:
        """Row numbers group by group (data order within a group); None when contiguous."""
        if self.contiguous:
            return None
        left_out = len(self.codes) - int(self.sizes.sum())
        order = stable_order([self.codes])
        return (np.arange(len(self.codes)) if order is None else order)[left_out:]

    @cached_property
    def first_rows(self) -> Rows:
        """Row number of each group's first row."""
        return self.starts if self.contiguous else self._edge(backwards=True)

    @cached_property
    def last_rows(self) -> Rows:
        """Row number of each group's last row."""
        return self.starts + self.sizes - 1 if self.contiguous else self._edge(backwards=False)

    def _edge(self, backwards: bool) -> Rows:
        """The row that is met last in each group, going through the rows forwards or backwards."""
        n = len(self.codes)
        out = np.zeros(len(self.starts) + 1, dtype=np.int64)  # rows left out (-1) go to the last place
        starts = range(0, n, _PIECE)
        for start in reversed(starts) if backwards else starts:
            part = self.codes[start : start + _PIECE]
            rows = np.arange(start, start + len(part))
            if backwards:
                out[part[::-1]] = rows[::-1]
            else:
                out[part] = rows
        return out[:-1]

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
    in_order = is_ordered(keys)
    labels = _ranks_in_order(keys, size) if in_order else _ranks(keys, size)
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    if picked is None:
        return Groups(tuple(names), labels, starts, sizes, in_order)
    codes = np.full(n, -1, dtype=np.int64)
    codes[picked] = labels
    return Groups(tuple(names), codes, starts, sizes, False)


def _ranks_in_order(keys: Sequence[NDArray[Any]], n: int) -> Rows:
    """Group numbers of rows that already are in order of the keys."""
    breaks = np.zeros(n, dtype=bool)
    for key in keys:
        breaks[1:] |= key[1:] != key[:-1]
    return np.cumsum(breaks, dtype=np.int64)


def _ranks(keys: Sequence[NDArray[Any]], n: int) -> Rows:
    """Group numbers of rows in any order: by a table when the keys span few values, else by sorting."""
    if len(keys) == 1 and keys[0].dtype.kind in "iu" and n:
        key = keys[0]
        low, high = int(key.min()), int(key.max())
        if high - low < max(4 * n, 1 << 16):
            return _by_table(
                key - key.dtype.type(low) if low >= 0 else key.astype(np.int64) - low, high - low
            )
    packed = pack(keys, 64 - n.bit_length())
    key = packed[0]
    if len(packed) == 1 and key.dtype == np.uint64 and (top := int(key.max())) < max(4 * n, 1 << 16):
        return _by_table(key, top)
    order = stable_order(packed)
    assert order is not None
    labels = np.empty(n, dtype=np.int64)
    labels[order] = _ranks_in_order([key[order] for key in packed], n)
    return labels


def _by_table(key: NDArray[Any], top: int) -> Rows:
    """Group numbers of keys from 0 to ``top``."""
    present = np.zeros(top + 1, dtype=bool)
    present[key] = True
    if present.all():
        return key.astype(np.int64)
    return (np.cumsum(present) - 1)[key]
