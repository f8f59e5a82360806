"""Reading text by position: free-format tokens, and records whose fields stand in known columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import reading
from pystata_hlm.data.column import Column
from pystata_hlm.data.delimited import cut

Positions = NDArray[np.int64]
_TOKEN: Final = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'|[^\s,]+|,")
_QUOTES: Final = b"\"'"


@dataclass(frozen=True)
class Field:
    """A variable to read, and where it stands in its record.

    line    line of the record, from 0
    column  first column from 0; None: where the field before ended
    skip    columns left out before it
    width   columns; None: up to the next blank or comma
    decimals  digits after an implied decimal point
    exact   blanks around a string stay
    """

    name: str
    stype: str = "float"
    line: int = 0
    column: int | None = None
    skip: int = 0
    width: int | None = None
    decimals: int = 0
    exact: bool = False
    text: bool = False
    label: str = ""
    value_label: str = ""


@dataclass(frozen=True)
class Bad:
    """An entry of a numeric variable that is no number."""

    row: int
    text: str


def free_tokens(text: bytes) -> NDArray[Any]:
    """Values separated by blanks, tabs, newlines or commas; two commas in a row hold a missing value between them."""
    found = _TOKEN.findall(text)
    tokens: NDArray[Any] = np.empty(len(found), dtype=object)
    tokens[:] = found
    if b"," in text and len(tokens):
        comma = tokens == b","
        before = np.concatenate([[True], comma[:-1]])
        tokens = tokens[~comma | before]
        tokens[tokens == b","] = b""
    return tokens


def bare(tokens: list[bytes]) -> NDArray[Any]:
    """Tokens without their quotes, as one array."""
    out = [t[1:-1] if len(t) > 1 and t[0] in _QUOTES and t[0] == t[-1] else t for t in tokens]
    if max(map(len, out), default=0) <= 2045:
        return np.array(out or [b""], dtype="S")[: len(out)]
    strings: NDArray[Any] = np.empty(len(out), dtype=object)
    strings[:] = out
    return strings


def column_of(strings: NDArray[Any], stype: str, is_text: bool) -> tuple[Column, list[Bad]]:
    """The column of a variable's entries, and the entries of a numeric one that are no numbers."""
    if is_text:
        return Column.text(strings, stype), []
    values, codes, good = reading.numbers(strings)
    bad = [
        Bad(row, bytes(strings[row]).decode("utf-8", "replace").strip())
        for row in np.flatnonzero(~good).tolist()
    ]
    return Column.numeric(values, codes, stype), bad


class Records:
    """Lines of text as records of ``lines`` lines each; fields are read from left to right, all records at once."""

    def __init__(self, text: bytes, lines: int = 1, first: int = 1, length: int = 0) -> None:
        """``first``: the line of the file where the data begin; ``length``: record length without newlines."""
        if text and not text.endswith(b"\n"):
            text += b"\n"
        if length:
            starts = np.arange(0, max(len(text) - 1, 0), length, dtype=np.int64)
            ends = np.minimum(starts + length, len(text) - 1)
        else:
            buffer = np.frombuffer(text, dtype=np.uint8)
            ends = np.flatnonzero(buffer == 10)
            starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        starts, ends = starts[first - 1 :], ends[first - 1 :]
        self.text = text
        self.n = -(-len(starts) // lines)
        extra = self.n * lines - len(starts)
        if extra:  # the last record is short of lines: they are empty
            starts = np.concatenate([starts, np.full(extra, len(text))])
            ends = np.concatenate([ends, np.full(extra, len(text))])
        self.starts = starts.reshape(self.n, lines)
        self.ends = ends.reshape(self.n, lines)
        self.at = np.zeros(self.n, dtype=np.int64)
        self.line = 0
        gap = np.isin(np.frombuffer(text + b"\n", dtype=np.uint8), np.frombuffer(b" \t\n,", np.uint8))
        self.gaps = np.flatnonzero(gap)
        self.solid = np.flatnonzero(~gap)

    def read(self, field: Field) -> NDArray[Any]:
        """The entries of one field."""
        if field.line != self.line:
            self.line, self.at = field.line, np.zeros(self.n, dtype=np.int64)
        starts, ends = self.starts[:, field.line], self.ends[:, field.line]
        if field.column is not None:
            self.at = np.full(self.n, field.column, dtype=np.int64)
        self.at = self.at + field.skip
        left = np.minimum(starts + self.at, ends)
        if field.width is None:
            left, right, after = self._free(left, ends)
        else:
            right = np.minimum(left + field.width, ends)
            after = left + field.width
        self.at = after - starts
        strings = cut(self.text, left, right)
        if field.width is not None and not field.exact:
            strings = stripped(strings)
        if field.decimals:
            strings = with_point(strings, field.decimals)
        return strings

    def _free(self, left: Positions, ends: Positions) -> tuple[Positions, Positions, Positions]:
        """From each place the next entry: up to a blank or comma, or within quotes."""
        begin = np.minimum(_next(self.solid, left, len(self.text)), ends)
        stop = np.minimum(_next(self.gaps, begin, len(self.text)), ends)
        after = stop
        buffer = np.frombuffer(self.text + b"\n", dtype=np.uint8)
        for mark in _QUOTES:
            rows = np.flatnonzero((buffer[begin] == mark) & (begin < ends))
            if not len(rows):
                continue
            marks = np.flatnonzero(buffer == mark)
            closing = np.minimum(_next(marks, begin[rows] + 1, len(self.text)), ends[rows])
            begin, stop, after = begin.copy(), stop.copy(), after.copy()
            begin[rows] += 1
            stop[rows] = closing
            after[rows] = np.minimum(closing + 1, ends[rows])
        return begin, stop, after


def _next(places: Positions, start: Positions, none: int) -> Positions:
    """The first of the places at or after each start; ``none`` when there is none."""
    if not len(places):
        return np.full(len(start), none, dtype=np.int64)
    at = np.searchsorted(places, start)
    return np.where(at < len(places), places[np.minimum(at, len(places) - 1)], none)


def stripped(strings: NDArray[Any]) -> NDArray[Any]:
    if strings.dtype.kind == "S":
        return np.asarray(np.strings.strip(strings))
    out: NDArray[Any] = np.empty(len(strings), dtype=object)
    out[:] = [text.strip() for text in strings.tolist()]
    return out


def with_point(strings: NDArray[Any], decimals: int) -> NDArray[Any]:
    """An implied decimal point put in where there is none: ``1234`` with 2 decimals is 12.34."""
    levels, which = np.unique(strings, return_inverse=True)
    out = []
    for text in levels.tolist():
        raw = text.strip()
        digits = raw.lstrip(b"+-")
        if digits.isdigit():
            sign = raw[: len(raw) - len(digits)]
            digits = digits.rjust(decimals + 1, b"0")
            raw = sign + digits[:-decimals] + b"." + digits[-decimals:]
        out.append(raw)
    return np.array(out or [b""], dtype="S")[which] if len(which) else strings
