"""Delimited text: where every field starts and ends, found with array operations.

``scan(text, dialect)`` gives ``Fields``; ``Fields.column(j)`` the byte strings of a column. Quotes bind within a line
(``loose``), across lines (``strict``) or not at all (``nobind``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUOTE = ord('"')
NEWLINE = ord("\n")
_WIDE = 4096  # bytes; columns with longer fields are cut field by field
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Dialect:
    """delimiters  single-byte delimiters, or one longer delimiter when ``as_string``
    collapse    consecutive delimiters count as one
    bind        loose, strict or nobind
    strip       default, yes or no: what happens to double quotes
    max_quoted  lines that a quoted field may span under strict (0: any number)
    keep_empty  empty lines are observations
    """

    delimiters: bytes = b","
    as_string: bool = False
    collapse: bool = False
    bind: str = "loose"
    strip: str = "default"
    max_quoted: int = 20
    keep_empty: bool = False


@dataclass(frozen=True)
class Fields:
    """``starts`` and ``stops`` (rows, columns) into ``text``; a field that a short line lacks is empty."""

    text: bytes
    starts: Positions
    stops: Positions
    dialect: Dialect

    @property
    def rows(self) -> int:
        return self.starts.shape[0]

    @property
    def k(self) -> int:
        return self.starts.shape[1]

    def row(self, i: int) -> list[bytes]:
        """The fields of one line, quotes handled."""
        spans = zip(self.starts[i].tolist(), self.stops[i].tolist(), strict=True)
        return [unquoted(self.text[a:b], self.dialect.strip) for a, b in spans]

    def select(self, rows: slice | NDArray[Any], columns: slice) -> Fields:
        return Fields(self.text, self.starts[rows, columns], self.stops[rows, columns], self.dialect)

    def column(self, j: int) -> NDArray[Any]:
        """Byte strings of one column (``S#``, or objects when a field is very long), quotes handled."""
        starts, stops = self.starts[:, j], self.stops[:, j]
        quoting = self.dialect.strip
        if quoting == "default" and len(starts):
            buffer = np.frombuffer(self.text, dtype=np.uint8)
            last = np.maximum(stops - 1, 0)
            bound = (stops - starts >= 2) & (buffer[np.minimum(starts, len(buffer) - 1)] == QUOTE)
            bound &= buffer[last] == QUOTE
            if bound.any():
                starts, stops = starts + bound, stops - bound
        out = cut(self.text, starts, stops)
        if QUOTE not in self.text or quoting == "no":
            return out
        return _clean(out, quoting)


def unquoted(field: bytes, strip: str) -> bytes:
    """One field with its quotes handled as ``stripquotes()`` says."""
    if strip == "no":
        return field
    if strip == "yes":
        return field.replace(b'"', b"")
    if len(field) >= 2 and field[0] == field[-1] == QUOTE:
        field = field[1:-1]
    return field.replace(b'""', b'"')


def _clean(strings: NDArray[Any], strip: str) -> NDArray[Any]:
    old, new = (b'"', b"") if strip == "yes" else (b'""', b'"')
    if strings.dtype.kind == "S":
        return (
            np.strings.replace(strings, old, new)
            if bool((strings.view(np.uint8) == QUOTE).any())
            else strings
        )
    out: NDArray[Any] = np.empty(len(strings), dtype=object)
    out[:] = [text.replace(old, new) for text in strings.tolist()]
    return out


def cut(text: bytes, starts: Positions, stops: Positions) -> NDArray[Any]:
    """``text[start:stop]`` for every pair: an ``S#`` array, or an object array when one is very long."""
    lengths = stops - starts
    width = int(lengths.max()) if len(lengths) else 0
    if width > _WIDE:
        out: NDArray[Any] = np.empty(len(starts), dtype=object)
        out[:] = [text[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        return out
    if width == 0:
        return np.zeros(len(starts), dtype="S1")
    padded = np.frombuffer(text + bytes(width), dtype=np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    grid = np.empty((len(starts), width), dtype=np.uint8)
    step = max(1, (8 << 20) // width)
    places = np.arange(width)
    for first in range(0, len(starts), step):
        part = slice(first, first + step)
        piece = windows[starts[part]]
        piece[places >= lengths[part, None]] = 0
        grid[part] = piece
    return grid.view(f"S{width}").ravel()


# ---------------------------------------------------------------- scanning


def scan(text: bytes, dialect: Dialect) -> Fields:
    """Find the fields of every record."""
    if text and not text.endswith(b"\n"):
        text += b"\n"
    buffer = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(buffer == NEWLINE)
    has_quotes = dialect.bind != "nobind" and QUOTE in text
    quotes = np.flatnonzero(buffer == QUOTE) if has_quotes else np.zeros(0, dtype=np.int64)
    loose_ends = np.zeros(0, dtype=np.int64)
    if len(quotes):
        ends, loose_ends = _records(quotes, ends, dialect)
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    if not dialect.keep_empty:
        filled = ends > begins
        begins, ends = begins[filled], ends[filled]
    left, right = _separators(text, buffer, dialect)
    if len(quotes) and len(left):
        free = _outside(left, begins, quotes, loose_ends)
        left, right = left[free], right[free]
    if dialect.collapse and len(left):
        left, right = _collapsed(left, right)
    return Fields(text, *_grid(begins, ends, left, right, dialect.collapse), dialect)


def _records(quotes: Positions, ends: Positions, dialect: Dialect) -> tuple[Positions, Positions]:
    """Ends of records, and the quotes that bind nothing: the last of a line with an odd number of them.

    Under strict a line with an odd number goes on up to the next such line, within ``max_quoted`` lines.
    """
    line = np.searchsorted(ends, quotes)
    counts = np.bincount(line, minlength=len(ends))
    odd = np.flatnonzero(counts % 2)
    alone = odd.tolist()
    if dialect.bind == "strict":
        alone, joined, k = [], np.zeros(len(ends), dtype=bool), 0
        numbers = odd.tolist()
        while k < len(numbers):
            within = k + 1 < len(numbers) and (
                not dialect.max_quoted or numbers[k + 1] - numbers[k] < dialect.max_quoted
            )
            if within:
                joined[numbers[k] : numbers[k + 1]] = True
                k += 2
            else:
                alone.append(numbers[k])
                k += 1
        ends = ends[~joined]
        if not alone:
            return ends, np.zeros(0, dtype=np.int64)
    last = np.cumsum(counts)[np.array(alone, dtype=np.int64)] - 1
    return ends, quotes[last]


def _outside(
    places: Positions, begins: Positions, quotes: Positions, unbound: Positions
) -> NDArray[np.bool_]:
    """Which places stand outside quotes."""
    if len(unbound):
        quotes = np.setdiff1d(quotes, unbound, assume_unique=True)
    before = np.searchsorted(quotes, places)
    record = np.maximum(np.searchsorted(begins, places, side="right") - 1, 0)
    at_start = np.searchsorted(quotes, begins)[record]
    return np.asarray((before - at_start) % 2 == 0)


def _separators(text: bytes, buffer: NDArray[np.uint8], dialect: Dialect) -> tuple[Positions, Positions]:
    """Where each delimiter starts, and where it ends (exclusive)."""
    marks = dialect.delimiters
    if not marks:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    if dialect.as_string and len(marks) > 1:
        hit = buffer[: len(buffer) - len(marks) + 1] == marks[0]
        for offset in range(1, len(marks)):
            hit &= buffer[offset : len(buffer) - len(marks) + 1 + offset] == marks[offset]
        left = np.flatnonzero(hit)
        return left, left + len(marks)
    hit = buffer == marks[0]
    for mark in marks[1:]:
        hit |= buffer == mark
    left = np.flatnonzero(hit)
    return left, left + 1


def _collapsed(left: Positions, right: Positions) -> tuple[Positions, Positions]:
    new = np.concatenate([[True], left[1:] != right[:-1]])
    return left[new], right[np.concatenate([new[1:], [True]])]


def _grid(
    begins: Positions, ends: Positions, left: Positions, right: Positions, collapse: bool
) -> tuple[Positions, Positions]:
    """Starts and stops of the fields, one row for each record."""
    n = len(begins)
    if not n:
        empty = np.zeros((0, 0), dtype=np.int64)
        return empty, empty
    if collapse and len(left):  # delimiters at the edge of a record separate nothing
        at = np.minimum(np.searchsorted(left, begins), len(left) - 1)
        lead = left[at] == begins
        begins = np.where(lead, np.minimum(right[at], ends), begins)
        at = np.minimum(np.searchsorted(right, ends), len(right) - 1)
        trail = (right[at] == ends) & (ends > begins)
        inside = ~np.isin(right, ends) & ~np.isin(right, begins)
        ends = np.where(trail, np.maximum(left[at], begins), ends)
        left, right = left[inside], right[inside]
    each = len(left) // n
    if each and each * n == len(left):
        lefts, rights = left.reshape(n, each), right.reshape(n, each)
        if bool((lefts[:, 0] >= begins).all() and (lefts[:, -1] < ends).all()):  # as many in every record
            return np.column_stack([begins, rights]), np.column_stack([lefts, ends])
    record = np.searchsorted(begins, left, side="right") - 1
    good = (record >= 0) & (left < ends[np.maximum(record, 0)])
    left, right, record = left[good], right[good], record[good]
    counts = np.bincount(record, minlength=n)
    k = int(counts.max()) + 1
    starts = np.repeat(ends[:, None], k, axis=1)
    stops = starts.copy()
    starts[:, 0] = begins
    place = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    stops[record, place] = left
    starts[record, place + 1] = right
    return starts, stops
