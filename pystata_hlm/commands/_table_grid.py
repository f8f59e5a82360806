"""Tables with nested headings on both sides, as ``table`` (release 17 on) and ``dtable`` lay them out.

Layout: ../shared/cases/table_drsr03x. Headings over several columns are centred, the odd blank at the left; a level stands
two columns right of its variable's title, and what is nested in it two columns further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pystata_hlm.formats import text_width


@dataclass(frozen=True)
class Head:
    """One step of the way to a row or column: the dimension's title ("" for none) and the level ("" when hidden)."""

    title: str
    label: str


Path = tuple[Head, ...]


@dataclass(frozen=True)
class Grid:
    """Row and column paths (one Head for each dimension) and the cells' texts."""

    rows: tuple[Path, ...]
    columns: tuple[Path, ...]
    cells: tuple[tuple[str, ...], ...]


def centred(text: str, width: int) -> str:
    """In the middle of ``width`` columns; the odd blank goes to the left."""
    gap = max(0, width - text_width(text))
    left = (gap + 1) // 2
    return " " * left + text + " " * (gap - left)


def right(text: str, width: int) -> str:
    return " " * max(0, width - text_width(text)) + text


def left(text: str, width: int) -> str:
    return text + " " * max(0, width - text_width(text))


# ---------------------------------------------------------------- column headings


def _spans(columns: Sequence[Path], depth: int) -> list[range]:
    """Runs of columns with the same first ``depth`` heads."""
    out: list[range] = []
    start = 0
    for j in range(1, len(columns) + 1):
        if j == len(columns) or columns[j][:depth] != columns[start][:depth]:
            out.append(range(start, j))
            start = j
    return out


def _heading_rows(columns: Sequence[Path]) -> list[list[tuple[range, str, bool]]]:
    """Lines of (span, text, whether it is a column's own heading)."""
    depth = len(columns[0]) if columns else 0
    out = []
    for k in range(depth):
        if any(path[k].title for path in columns):
            out.append([(span, columns[span.start][k].title, False) for span in _spans(columns, k)])
        if any(path[k].label for path in columns):
            last = not any(path[m].label or path[m].title for path in columns for m in range(k + 1, depth))
            spans = [range(j, j + 1) for j in range(len(columns))] if last else _spans(columns, k + 1)
            out.append([(span, columns[span.start][k].label, last) for span in spans])
    return out


def _room(span: range, widths: Sequence[int], gap: int) -> int:
    return sum(widths[j] for j in span) + gap * (len(span) - 1)


def column_widths(grid: Grid, gap: int) -> list[int]:
    """Widest text of each column; a wide heading over several columns widens them evenly."""
    widths = [max((text_width(row[j]) for row in grid.cells), default=0) for j in range(len(grid.columns))]
    for line in reversed(_heading_rows(grid.columns)):
        for span, text, _ in line:
            lacking = text_width(text) - _room(span, widths, gap)
            if lacking > 0:
                share, rest = divmod(lacking, len(span))
                for k, j in enumerate(span):
                    widths[j] += share + (k < rest)
    return widths


def heading_lines(
    columns: Sequence[Path], widths: Sequence[int], first: int, gap: int, centre_last: bool = False
) -> list[str]:
    """The lines over the rule; ``first`` blanks before the first column, ``gap`` between columns."""
    out = []
    for line in _heading_rows(columns):
        pieces = []
        for span, text, own in line:
            room = _room(span, widths, gap)
            pieces.append(right(text, room) if own and not centre_last else centred(text, room))
        out.append(" " * first + (" " * gap).join(pieces))
    return out


# ---------------------------------------------------------------- rows


@dataclass(frozen=True)
class Line:
    """A line of the body: indented stub, and the row of the grid whose cells stand in it (None: a heading)."""

    indent: int
    text: str
    row: int | None


def row_lines(rows: Sequence[Path]) -> list[Line]:
    out: list[Line] = []
    before: Path = ()
    for i, path in enumerate(rows):
        common = 0
        while common < min(len(before), len(path)) and before[common] == path[common]:
            common += 1
        indent = 0
        shown = [k for k, head in enumerate(path) if head.label]
        last = shown[-1] if shown else -1
        for k, head in enumerate(path):
            same_title = k < len(before) and before[:k] == path[:k] and before[k].title == head.title
            if head.title and not same_title:
                out.append(Line(indent, head.title, None))
            indent += 2 if head.title else 0
            if k == last:
                out.append(Line(indent, head.label, i))
            elif head.label and (k >= common):
                out.append(Line(indent, head.label, None))
            indent += 2 if head.label else 0
        if last < 0:
            out.append(Line(0, "", i))
        before = path
    return out


def _panels(widths: Sequence[int], room: int) -> list[range]:
    """Columns that fit side by side."""
    out: list[range] = []
    start = used = 0
    for j, width in enumerate(widths):
        need = width + (2 if j == start else 3)
        if j > start and used + need > room:
            out.append(range(start, j))
            start, need, used = j, width + 2, 0
        used += need
    out.append(range(start, len(widths)))
    return out


def render(grid: Grid, linesize: int, stacked: bool = False) -> list[str]:
    """The table with its rules. ``stacked`` (style table-tab2): centred stub, results unnamed, groups set apart."""
    lines = stacked_lines(grid.rows) if stacked else row_lines(grid.rows)
    stub = max((line.indent + text_width(line.text) for line in lines), default=0)
    widths = column_widths(grid, 3)
    out: list[str] = []
    for panel in _panels(widths, linesize - stub - 2):
        if out:
            out.append("")
        columns = [grid.columns[j] for j in panel]
        own = column_widths(
            Grid((), tuple(columns), tuple(tuple(row[j] for j in panel) for row in grid.cells)), 3
        )
        inner = 2 + sum(own) + 3 * (len(own) - 1)
        rule = "-" * (stub + 1 + 1 + inner)
        out.append(rule)
        heads = heading_lines(columns, own, 2, 3)
        out += [" " * stub + " |" + left(text, inner) for text in heads]
        if heads:
            out.append("-" * (stub + 1) + "+" + "-" * inner)
        for line in lines:
            text = (
                centred(line.text, stub)
                if stacked and line.row is not None
                else " " * line.indent + line.text
            )
            body = ""
            if line.row is not None:
                row = grid.cells[line.row]
                body = "  " + "   ".join(right(row[j], w) for j, w in zip(panel, own, strict=True))
            out.append(left(text, stub) + " |" + left(body, inner))
        out.append(rule)
    return out


def stacked_lines(rows: Sequence[Path]) -> list[Line]:
    """Each group's first line carries its name; empty lines between groups of several lines."""
    out: list[Line] = []
    keys = [tuple(head for head in path if head.title) for path in rows]
    several = any(keys[i] == keys[i - 1] for i in range(1, len(rows)))
    for i, key in enumerate(keys):
        fresh = i == 0 or key != keys[i - 1]
        if fresh:
            if i and several:
                out.append(Line(0, "", None))
            before = keys[i - 1] if i else ()
            for k, head in enumerate(key):
                same = before[: k + 1] == key[: k + 1]
                if not (i and before[:k] == key[:k]):
                    out.append(Line(0, head.title, None))
                if k < len(key) - 1 and not same:
                    out.append(Line(0, head.label, None))
        out.append(Line(0, key[-1].label if fresh and key else "", i))
    return out
