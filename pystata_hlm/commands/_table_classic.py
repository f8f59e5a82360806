"""``table`` as it was up to release 16: one row, column and supercolumn variable, superrows, up to five statistics.

Layout after printed output: columns one blank from the bar, two between; without a column variable the statistics stand
side by side under their names, else one below the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._categories import Axis, wrap
from pystata_hlm.commands._table_cells import VARIABLE_STATISTICS, Cell, Cells
from pystata_hlm.commands._table_grid import left, right
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number, is_valid_format, text_width
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("contents", 1, "text"),
    Opt("by", 0, "varlist"),
    Opt("cellwidth", 4, "int"),
    Opt("csepwidth", 5, "int", 2),
    Opt("stubwidth", 5, "int", 9),
    Opt("scsepwidth", 6, "int", 4),
    Opt("center", 3),
    Opt("left", 1),
    Opt("cw", 0),
    Opt("row", 0),
    Opt("column", 3),
    Opt("scolumn", 2),
    Opt("concise", 3),
    Opt("missing", 1),
    Opt("replace", 0),
    Opt("name", 1, "name"),
    Opt("format", 1, "string"),
)
UNSUPPORTED: tuple[str, ...] = ()

# what contents() may name: statistic of _table_cells, heading
_CONTENTS = {
    "freq": ("frequency", "Freq."),
    "mean": ("mean", "mean"),
    "sd": ("sd", "sd"),
    "semean": ("semean", "sem"),
    "sebinomial": ("sebinomial", "seb"),
    "sepoisson": ("sepoisson", "sep"),
    "sum": ("total", "sum"),
    "rawsum": ("rawtotal", "rawsum"),
    "count": ("count", "N"),
    "n": ("count", "N"),
    "max": ("max", "max"),
    "min": ("min", "min"),
    "median": ("median", "med"),
    "iqr": ("iqr", "iqr"),
}
_SHORTEST = {"mean": 1, "semean": 3, "sebinomial": 3, "sepoisson": 3, "median": 3, "freq": 4}


@dataclass(frozen=True)
class Statistic:
    name: str
    variable: str
    heading: str
    fmt: str


def contents(text: str, fmt: str, ctx: Context) -> list[Statistic]:
    """``mean x sd x freq``; r(198) for anything else."""
    words = text.split()
    out: list[Statistic] = []
    k = 0
    while k < len(words):
        word = words[k].lower()
        k += 1
        full = next(
            (n for n in _CONTENTS if n == word or (n.startswith(word) and len(word) >= _SHORTEST.get(n, 99))),
            None,
        )
        if full is None and re.fullmatch(r"p([1-9]|[1-9]\d)", word):
            name, heading = word, word
        elif full is None:
            raise StataError(198, f"{word} invalid statistic in contents()")
        else:
            name, heading = _CONTENTS[full]
        if full == "freq":
            out.append(Statistic(name, "", heading, "%9.0gc"))
            continue
        if k == len(words):
            raise StataError(198, "option contents() incorrectly specified")
        found = expand_varlist(ctx.data, parse("varlist", words[k]), varabbrev=ctx.settings.varabbrev)
        k += 1
        for variable in found:
            if ctx.data.column(variable).is_string:
                raise StataError.type_mismatch()
            own = "%9.0gc" if name == "count" else fmt
            out.append(Statistic(name, variable, f"{heading}({abbrev(variable, 8)})", own))
    if len(out) > 5:
        raise StataError(198, "too many statistics in contents(); at most 5 allowed")
    return out


# ---------------------------------------------------------------- layout


@dataclass
class Layout:
    """The dimensions are by variables, supercolumn, column, row, in this order."""

    cells: Cells
    stats: list[Statistic]
    supers: int
    scol: bool
    col: bool
    options: dict[str, object]
    linesize: int

    def number(self, option: str, default: int) -> int:
        value = self.options.get(option, default)
        assert isinstance(value, int)
        return value

    @property
    def row_axis(self) -> Axis:
        return self.cells.axes[-1]

    def text(self, stat: Statistic, cell: Cell) -> str:
        """The number, or nothing for an empty cell."""
        empty = not self.cells.count(cell)
        if not stat.variable:
            value = self.cells.weight_sum(cell, False)
            if empty:
                return "0" if "missing" in self.options else ""
        else:
            value = np.nan if empty else self.cells.variable(stat.name, stat.variable, cell)
        if value != value and "missing" not in self.options:
            return ""
        return format_number(value, stat.fmt).strip()

    def levels(self, axis: Axis, total: str) -> list[int]:
        return [*range(axis.size), *([-1] if total in self.options else [])]

    @staticmethod
    def name(axis: Axis, level: int) -> str:
        return "Total" if level < 0 else axis.texts[level]

    def columns(self) -> list[list[tuple[int, ...]]]:
        """Blocks (one for each supercolumn) of (supercolumn, column) levels."""
        if not self.col:
            return [[()]]
        axis = self.cells.axes[-2]
        inner = self.levels(axis, "column")
        if not self.scol:
            return [[(j,) for j in inner]]
        return [[(s, j) for j in inner] for s in self.levels(self.cells.axes[-3], "scolumn")]

    def align(self, text: str, width: int) -> str:
        if "center" in self.options:
            gap = max(0, width - text_width(text))
            return " " * (gap // 2) + text + " " * (gap - gap // 2)
        return left(text, width) if "left" in self.options else right(text, width)

    def lines(self) -> list[str]:
        groups: list[tuple[int, ...]] = [()]
        for axis in self.cells.axes[: self.supers]:
            groups = [(*g, k) for g in groups for k in range(axis.size)]
        # body[group] = rows of (stub, one list of texts for each line)
        columns = [level for block in self.columns() for level in block]
        body: list[tuple[tuple[int, ...], list[tuple[str, list[list[str]]]]]] = []
        for group in groups:
            rows = []
            for i in self.levels(self.row_axis, "row"):
                cells = [(*group, *level, i) for level in columns]
                if self.col:
                    texts = [[self.text(s, c) for c in cells] for s in self.stats]
                else:
                    texts = [[self.text(s, cells[0]) for s in self.stats]]
                if "concise" in self.options and not any(t for line in texts for t in line):
                    continue
                rows.append((self.name(self.row_axis, i), texts))
            if rows and any(self.cells.count((*group, *level, -1)) for level in columns):
                body.append((group, rows))
        return self._draw(body)

    def _draw(self, body: list[tuple[tuple[int, ...], list[tuple[str, list[list[str]]]]]]) -> list[str]:
        blocks = self.columns()
        if self.col:
            heads = [[self.name(self.cells.axes[-2], level[-1]) for level in block] for block in blocks]
            least = 4
        else:
            heads = [[s.heading for s in self.stats]]
            least = 10
        widest = max(
            [text_width(t) for _, rows in body for _, texts in rows for line in texts for t in line]
            + [text_width(t) for block in heads for t in block]
        )
        width = self.number("cellwidth", max(least, min(widest, 20)))
        stub = self.number("stubwidth", max(9, min(20, max(text_width(t) for t in self.row_axis.texts))))
        sep, scsep = self.number("csepwidth", 2), self.number("scsepwidth", 4)
        # (position of a column's cell from the bar, block)
        out: list[str] = []
        flat = [(b, j) for b, block in enumerate(heads) for j in range(len(block))]
        for part in self._panels(flat, width, sep, scsep, stub):
            if out:
                out.append("")
            out += self._panel(part, flat, heads, body, stub, width, sep, scsep)
        return out

    def _panels(
        self, flat: list[tuple[int, int]], width: int, sep: int, scsep: int, stub: int
    ) -> list[list[int]]:
        room = self.linesize - stub - 2
        out: list[list[int]] = [[]]
        used = 0
        for k, (block, _) in enumerate(flat):
            gap = 1 if not out[-1] else (sep if block == flat[k - 1][0] else scsep)
            if out[-1] and used + gap + width > room:
                out.append([])
                used, gap = 0, 1
            used += gap + width
            out[-1].append(k)
        return out

    def _panel(
        self,
        part: list[int],
        flat: list[tuple[int, int]],
        heads: list[list[str]],
        body: list[tuple[tuple[int, ...], list[tuple[str, list[list[str]]]]]],
        stub: int,
        width: int,
        sep: int,
        scsep: int,
    ) -> list[str]:
        gaps = [1 if n == 0 else (sep if flat[k][0] == flat[k - 1][0] else scsep) for n, k in enumerate(part)]
        inner = sum(gaps) + width * len(part)

        def line(texts: list[str]) -> str:
            return "".join(" " * g + self.align(t, width) for g, t in zip(gaps, texts, strict=True))

        heading = []
        if self.col:
            title = self.cells.axes[-2].head
            if self.scol:
                title = f"{self.cells.axes[-3].head} and {title}"
            for piece in wrap(title, inner - 1):
                gap = inner - 1 - text_width(piece)
                heading.append(left(" " * (1 + gap // 2) + piece, inner))
            if self.scol:
                heading.append(left(self._supercolumns(part, flat, gaps, width), inner))
        heading.append(line([heads[flat[k][0]][flat[k][1]] for k in part]))
        title = self.row_axis.head
        if self.supers:
            outer = [axis.head for axis in self.cells.axes[: self.supers]]
            title = (", ".join(outer) + f", and {title}") if len(outer) > 1 else f"{outer[0]} and {title}"
        stubs = wrap(title, stub)
        depth = max(len(stubs), len(heading))
        stubs = [""] * (depth - len(stubs)) + stubs
        heading = [" " * inner] * (depth - len(heading)) + heading
        rule, joint = "-" * (stub + 2 + inner), "-" * (stub + 1) + "+" + "-" * inner
        out = [rule, *(f"{left(a, stub)} |{b}" for a, b in zip(stubs, heading, strict=True)), joint]
        gap_line = " " * stub + " |" + " " * inner
        for n, (group, rows) in enumerate(body):
            if n:
                out.append(joint)
            for axis, level in zip(self.cells.axes, group, strict=False):
                out.append(left(cut_to_width(axis.texts[level], stub), stub) + " |" + " " * inner)
            for i, (name, texts) in enumerate(rows):
                if i and (
                    len(texts) > 1 or (name == "Total" and i == len(rows) - 1 and "row" in self.options)
                ):
                    out.append(gap_line)
                for m, numbers in enumerate(texts):
                    label = right(cut_to_width(name, stub), stub) if m == 0 else " " * stub
                    out.append(f"{label} |{line([numbers[k] for k in part])}")
        return [*out, rule]

    def _supercolumns(self, part: list[int], flat: list[tuple[int, int]], gaps: list[int], width: int) -> str:
        """``---- white ----`` over each block."""
        axis = self.cells.axes[-3]
        levels = self.levels(axis, "scolumn")
        text = ""
        for block in dict.fromkeys(flat[k][0] for k in part):
            mine = [n for n, k in enumerate(part) if flat[k][0] == block]
            room = width * len(mine) + sum(gaps[n] for n in mine[1:])
            name = f" {cut_to_width(self.name(axis, levels[block]), max(1, room - 4))} "
            dashes = max(0, room - text_width(name))
            text += " " * gaps[mine[0]] + "-" * (dashes // 2) + name + "-" * (dashes - dashes // 2)
        return text


# ---------------------------------------------------------------- replace


def replaced(layout: Layout, names: list[str], prefix: str, data: Dataset) -> Dataset:
    """The table as data: one observation for each cell, margins with missing categories."""
    axes = layout.cells.axes
    totals = (
        [""] * layout.supers
        + (["scolumn"] if layout.scol else [])
        + (["column"] if layout.col else [])
        + ["row"]
    )
    cells: list[Cell] = [()]
    for axis, total in zip(axes, totals, strict=True):
        cells = [(*c, k) for c in cells for k in layout.levels(axis, total)]
    order = [
        *range(layout.supers),
        *reversed(range(layout.supers, len(names))),
    ]  # superrows, row, column, ...
    cells = [c for c in cells if layout.cells.count(c)]
    cells.sort(key=lambda c: [c[k] if c[k] >= 0 else len(axes[k].texts) for k in order])
    columns: dict[str, Column] = {}
    for k in order:
        source, axis = data.column(names[k]), axes[k]
        levels = np.array([c[k] for c in cells])
        first = np.array(
            [int(layout.cells.rows[np.flatnonzero(axis.index == j)[0]]) for j in range(axis.size)]
        )
        taken = source.take(first[np.maximum(levels, 0)])
        if (levels < 0).any():
            blank = np.array(taken.data)
            blank[levels < 0] = missing.missing_array(1, source.stype)[0]
            taken = taken.with_(data=blank)
        columns[names[k]] = taken
    for m, stat in enumerate(layout.stats, 1):
        values = [
            layout.cells.weight_sum(c, False)
            if not stat.variable
            else layout.cells.variable(stat.name, stat.variable, c)
            for c in cells
        ]
        label = "Freq." if not stat.variable else f"{stat.name}({stat.variable})"
        kind = "float" if stat.variable in data and data.column(stat.variable).stype != "double" else "double"
        kind = kind if stat.variable else "long"
        columns[f"{prefix}{m}"] = Column.numeric(np.array(values), None, kind, label=label)
    out = Dataset(columns)
    out.value_labels = dict(data.value_labels)
    out.changed = True
    return out


def run(call: Call, options: dict[str, object], ctx: Context) -> Stored | None:
    text = call.node.text
    names = (
        list(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
        if text
        else []
    )
    if not names:
        raise StataError.varlist_required()
    if len(names) > 3:
        raise StataError.too_many_variables()
    by = options.get("by", ())
    assert isinstance(by, tuple)
    if len(by) > 4:
        raise StataError(198, "option by() incorrectly specified; at most 4 variables allowed")
    fmt = str(options.get("format", "%9.0g"))
    if not is_valid_format(fmt):
        raise StataError(120, "invalid %format")
    if "center" in options and "left" in options:
        raise StataError(198, "options center and left may not be combined")
    stats = contents(str(options.get("contents", "freq")), fmt, ctx)
    if call.weight is not None and call.weight.kind == "pweight":
        for stat in stats:
            if stat.name in ("sd", "semean", "sebinomial", "sepoisson"):
                raise StataError(135, f"pweights not allowed with {stat.name}")
    order = [*by, *reversed(names[1:]), names[0]]
    mask = call.sample.copy()
    for name in order:
        mask &= ~ctx.data.column(name).is_missing()
    if "cw" in options:
        for stat in stats:
            if stat.variable:
                mask &= ~ctx.data.column(stat.variable).is_missing()
    if not mask.any():
        raise StataError.no_observations()
    cells = Cells.make(ctx.data, mask, tuple(order), call.weight)
    assert all(s.name in VARIABLE_STATISTICS or s.name[0] == "p" for s in stats if s.variable)
    layout = Layout(cells, stats, len(by), len(names) == 3, len(names) > 1, options, ctx.settings.linesize)
    ctx.say("\n".join(["", *layout.lines()]))
    if "replace" in options:
        ctx.data = replaced(layout, order, str(options.get("name", "table")), ctx.data)
    return None
