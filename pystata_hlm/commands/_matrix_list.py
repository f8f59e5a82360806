"""``matrix list``: names over the columns, values in %10.0g (layout: ../shared/cases/mixed_egm_3level_null)."""

from __future__ import annotations

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number, parse_format
from pystata_hlm.runtime.results import StataMatrix

NAME = 12
"""Longest column name in full."""
GENERAL = "%10.0g"


def cell(value: float, fmt: str, dotz: bool = True) -> str:
    """A number without its padding; ``.z`` is blank unless ``dotz``."""
    if value == value:
        return format_number(value, fmt).strip()
    _, codes = missing.decode(np.array([value]))
    code = 0 if codes is None else int(codes[0])
    return "" if code == 26 and not dotz else missing.text_of(code)


def widest(matrix: StataMatrix, fmt: str) -> int:
    """Columns are as wide as the longest number needs (whole numbers stand close together)."""
    return max((len(cell(float(v), fmt)) for v in matrix.values.ravel()), default=1)


def heading_lines(name: str) -> list[str]:
    """A column's name from top to bottom: equation, then operators and factors on lines of their own."""
    equation, colon, term = name.rpartition(":")
    lines = [equation + ":"] if colon else []
    parts = term.split("#")
    if len(parts) > 1:
        return [*lines, *(f"{part}#" for part in parts[:-1]), parts[-1]]
    operator, dot, variable = term.partition(".")
    if dot and operator and variable:
        return [*lines, operator + ".", abbrev(variable, NAME)]
    return [*lines, abbrev(term, NAME)]


def is_symmetric(matrix: StataMatrix) -> bool:
    v = matrix.values
    return v.shape[0] == v.shape[1] and v.shape[0] > 1 and bool(np.array_equal(v, v.T, equal_nan=True))


def layout(
    matrix: StataMatrix,
    linesize: int,
    fmt: str = GENERAL,
    names: bool = True,
    half: bool = True,
    dotz: bool = True,
) -> list[str]:
    """The lines under the title."""
    heads = [heading_lines(name) for name in matrix.cols] if names else [[""] for _ in matrix.cols]
    width = widest(matrix, fmt) if fmt == GENERAL else parse_format(fmt).width
    widths = [max(width, *(len(text.rstrip("#:.")) for head in heads for text in head)) + 2] * len(heads)
    rows = (
        [name if not name.startswith("_:") else name[2:] for name in matrix.rows]
        if names
        else [""] * len(matrix.rows)
    )
    stub = max((len(row) for row in rows), default=0)
    symmetric = half and is_symmetric(matrix)
    lines: list[str] = []
    start = 0
    while start < len(heads):
        stop, used = start, stub
        while stop < len(heads) and (stop == start or used + widths[stop] <= linesize - 1):
            used += widths[stop]
            stop += 1
        if start:
            lines.append("")
        if names:
            lines += _heads(heads[start:stop], widths[start:stop], stub)
        for i, row in enumerate(rows):
            cells = ""
            for j in range(start, stop):
                if symmetric and j > i:
                    break
                cells += cell(float(matrix.values[i, j]), fmt, dotz).rjust(widths[j])
            if symmetric and start > i:
                continue
            lines.append(row.rjust(stub) + cells)
        start = stop
    return lines


def _heads(heads: list[list[str]], widths: list[int], stub: int) -> list[str]:
    """Bottom-aligned names; a mark at the end (: # .) stands one column to the right."""
    depth = max(len(head) for head in heads)
    lines = []
    for level in range(depth):
        line = ""
        end = stub
        for head, width in zip(heads, widths, strict=True):
            end += width
            k = level - (depth - len(head))
            text = head[k] if k >= 0 else ""
            shift = int(text.endswith((":", "#", ".")))
            line = line.ljust(end + shift - len(text)) + text
        lines.append(line)
    return lines
