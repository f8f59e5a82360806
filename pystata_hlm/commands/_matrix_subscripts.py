"""Subscripts of matrices: ``2``, ``1..3``, ``2...``, ``.``, ``"name"``, ``"eq:"``, ``"eq:name"``."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._matrix_functions import conformability, matching
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix


def split_arguments(text: str) -> list[str]:
    """Arguments between commas outside parentheses, brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for k, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
            if c == "," and depth == 0:
                parts.append(text[start:k])
                start = k + 1
    return [*parts, text[start:]]


def positions(text: str, names: tuple[str, ...], ctx: Context) -> list[int]:
    """0-based positions that a subscript means; r(503) when it is out of range."""
    text = text.strip()
    if text == ".":
        return list(range(len(names)))
    first, dots, last = text.partition("..")
    start = _position(first, names, ctx)
    if not dots:
        return start
    last = last.strip()
    end = [len(names) - 1] if last in (".", "") else _position(last, names, ctx)
    if start[0] > end[-1]:
        raise conformability()
    return list(range(start[0], end[-1] + 1))


def _position(text: str, names: tuple[str, ...], ctx: Context) -> list[int]:
    value = ctx.scalar(parse("expr", text.strip()))
    if isinstance(value, str):
        found = matching(value, names)
        if not found:
            raise conformability()
        return found
    if value != value or not 1 <= int(value) <= len(names):
        raise conformability()
    return [int(value) - 1]


def take(matrix: StataMatrix, rows: list[int], columns: list[int]) -> StataMatrix:
    """The submatrix of some rows and columns, with their names."""
    return StataMatrix(
        matrix.values[np.ix_(rows, columns)],
        tuple(matrix.rows[i] for i in rows),
        tuple(matrix.cols[j] for j in columns),
    )
