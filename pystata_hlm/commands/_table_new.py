"""``table`` from release 17 on: rows, columns and tables of any number of variables, statistics as a dimension.

Layout: ../shared/cases/table_drsr03x. Statistics go to the columns when no variable stands there, else to the rows, within
the categories; a single statistic in the rows goes unnamed, as does the variable when there is only one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from pystata_hlm.commands._table_cells import (
    COUNT_STATISTICS,
    FACTOR_STATISTICS,
    Cell,
    Cells,
    default_format,
    statistic_label,
    statistic_name,
)
from pystata_hlm.commands._table_grid import Grid, Head, Path, render
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, is_valid_format
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("statistic", 4, "text", repeat=True),
    Opt("nformat", 4, "text", repeat=True),
    Opt("sformat", 4, "text", repeat=True),
    Opt("nototals", 5),
    Opt("totals", 3, "text"),
    Opt("missing", 4),
    Opt("zerocounts", 4),
    Opt("listwise", 4),
    Opt("nolabel", 5),
    Opt("style", 0, "text"),
)
UNSUPPORTED = ("command:4", "name", "append", "replace", "label", "markvar", "noisily", "nobaselevels")
RESULT, VAR = "result", "var"
_LACKING = ("across", "colname", "rowname", "coleq", "roweq", "statcmd", "command", "cmdset")
_STYLES = ("table", "table-tab2")


@dataclass(frozen=True)
class Entry:
    """One column of results: the statistic, its variable ("" for counts), the level of a factor variable."""

    statistic: str
    variable: str = ""
    level: float = np.nan
    across: frozenset[int] | None = None

    @property
    def key(self) -> tuple[str, float]:
        return self.variable, self.level if self.level == self.level else -np.inf


@dataclass(frozen=True)
class Spec:
    """Dimension names on rows, columns and tables; ``variables`` are the categorical ones in order."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    tables: tuple[str, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Formats:
    """Number formats and string formats by statistic ("" for all), the last given first."""

    numbers: tuple[tuple[str, frozenset[str]], ...] = ()
    strings: tuple[tuple[str, frozenset[str]], ...] = ()

    def text(self, statistic: str, value: float) -> str:
        fmt = next(
            (f for f, names in self.numbers if not names or statistic in names), default_format(statistic)
        )
        out = format_number(value, fmt).strip()
        pattern = next((s for s, names in self.strings if not names or statistic in names), None)
        if pattern is None or value != value:
            return out
        return pattern.replace("%%", "\0").replace("%s", out).replace("\0", "%")


# ---------------------------------------------------------------- what the user asked for


def groups_of(text: str) -> list[str]:
    """``(a b) (c)`` and ``a b c`` as the texts of rows, columns and tables."""
    out: list[str] = []
    rest = text.strip()
    while rest:
        if rest.startswith("("):
            inside, closed, rest = rest[1:].partition(")")
            if not closed:
                raise StataError.invalid_syntax()
            out.append(inside.strip())
        else:
            word = re.match(r"[^\s(]+", rest)
            assert word is not None
            out.append(word[0])
            rest = rest[word.end() :]
        rest = rest.strip()
    if len(out) > 3:
        raise StataError.too_many_variables()
    return out


def specification(text: str, ctx: Context) -> Spec:
    sides: list[tuple[str, ...]] = []
    variables: list[str] = []
    for group in groups_of(text):
        names: list[str] = []
        for word in group.replace("#", " ").split():
            if word in (RESULT, VAR):
                names.append(word)
                continue
            if word in _LACKING and word not in ctx.data:
                raise StataError(198, f"dimension {word} not yet supported")
            found = expand_varlist(ctx.data, parse("varlist", word), varabbrev=ctx.settings.varabbrev)
            names += found
            variables += found
        sides.append(tuple(names))
    for name in [*variables, RESULT, VAR]:
        if sum(side.count(name) for side in sides) > 1:
            raise StataError(198, f"dimension {name} specified more than once")
    sides += [()] * (3 - len(sides))
    return Spec(sides[0], sides[1], sides[2], tuple(variables))


def _dimensions(text: str, spec: Spec, ctx: Context) -> frozenset[int]:
    out = set()
    for word in text.replace("#", " ").split():
        name = ctx.data.find(word)
        if name not in spec.variables:
            raise StataError(198, f"{word} is not a row, column or table variable")
        out.add(spec.variables.index(name))
    return frozenset(out)


def entries(call_options: dict[str, list[str]], spec: Spec, ctx: Context, rows: np.ndarray) -> list[Entry]:
    """Statistics in the order given; frequencies when none are."""
    out: list[Entry] = []
    for text in call_options.get("statistic", ["frequency"]):
        body, _, suboptions = text.partition(",")
        words = body.split()
        if not words:
            raise StataError(198, "option statistic() incorrectly specified")
        name = statistic_name(words[0].lower())
        across = None
        if suboptions.strip():
            found = re.fullmatch(r"\s*across\s*\(([^()]*)\)\s*", suboptions)
            if found is None:
                raise StataError(198, f"option {suboptions.split()[0]} not allowed")
            if name not in COUNT_STATISTICS or name in ("frequency", "sumw"):
                raise StataError(198, f"option across() not allowed with statistic {name}")
            across = _dimensions(found[1], spec, ctx)
        if name in COUNT_STATISTICS:
            if len(words) > 1:
                raise StataError(198, f"varlist not allowed with statistic {name}")
            out.append(Entry(name, across=across))
            continue
        if len(words) == 1:
            raise StataError(100, f"varlist required with statistic {name}")
        listed = parse("varlist", " ".join(w.removeprefix("i.") for w in words[1:]))
        for variable in expand_varlist(ctx.data, listed, varabbrev=ctx.settings.varabbrev):
            if ctx.data.column(variable).is_string:
                raise StataError.type_mismatch()
            if name not in FACTOR_STATISTICS:
                out.append(Entry(name, variable))
                continue
            values = ctx.data.column(variable).values()[rows]
            out += [Entry(name, variable, float(v)) for v in np.unique(values[~np.isnan(values)])]
    return out


def formats(call_options: dict[str, list[str]]) -> Formats:
    numbers, strings = [], []
    for text in reversed(call_options.get("nformat", [])):
        first, *rest = text.split() or [""]
        if not is_valid_format(first):
            raise StataError(120, "invalid %format")
        numbers.append((first, frozenset(statistic_name(w) for w in rest)))
    for text in reversed(call_options.get("sformat", [])):
        found = re.fullmatch(r'\s*(`".*?"\'|"[^"]*"|\S+)\s*(.*)', text)
        if found is None or "%s" not in found[1]:
            raise StataError(198, "option sformat() incorrectly specified")
        strings.append((strip_quotes(found[1]), frozenset(statistic_name(w) for w in found[2].split())))
    return Formats(tuple(numbers), tuple(strings))


# ---------------------------------------------------------------- rows and columns


@dataclass
class Layout:
    """Everything needed to fill the table."""

    spec: Spec
    cells: Cells
    entries: list[Entry]
    formats: Formats
    totals: frozenset[frozenset[int]] | None
    zero: bool
    ctx: Context
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    named: set[str] = field(default_factory=set)

    def place_results(self) -> None:
        """Put the statistics and their variables where the user did not say."""
        rows, columns = list(self.spec.rows), list(self.spec.columns)
        given = {*rows, *columns, *self.spec.tables}
        self.named = {name for name in (RESULT, VAR) if name in given}
        if RESULT not in given:
            across = [d for d in columns if d not in (RESULT, VAR)]
            side = rows if across or not self.spec.variables else columns
            side.insert(side.index(VAR) if VAR in side else len(side), RESULT)
        if not self.one_variable and VAR not in given:
            side = rows if RESULT in rows else columns
            side.insert(side.index(RESULT) + 1, VAR)
        self.rows, self.columns = tuple(rows), tuple(columns)
        single = len({e.statistic for e in self.entries}) == 1
        alone = RESULT in self.rows and not [d for d in self.rows if d in self.spec.variables]
        if RESULT in self.columns or not single or alone:
            self.named.add(RESULT)
        if VAR in {*self.rows, *self.columns}:
            self.named.add(VAR)

    @property
    def one_variable(self) -> bool:
        """No more than one variable is summarized: it goes unnamed."""
        return len({e.key for e in self.entries if e.variable}) <= 1

    # -- levels -------------------------------------------------------------------------------------
    def levels(self, name: str) -> list[object]:
        if name == RESULT:
            return list(dict.fromkeys(e.statistic for e in self.entries))
        if name == VAR:
            return list(dict.fromkeys(e.key for e in self.entries))
        k = self.spec.variables.index(name)
        return [*range(self.cells.axes[k].size), -1]

    def head(self, name: str, level: object) -> Head:
        if name == RESULT:
            return Head("", statistic_label(str(level)) if RESULT in self.named else "")
        if name == VAR:
            assert isinstance(level, tuple)
            return Head("", self.variable_label(*level) if VAR in self.named else "")
        found = self.cells.axes[self.spec.variables.index(name)]
        assert isinstance(level, int)
        return Head(found.head, "Total" if level < 0 else found.texts[level])

    def variable_label(self, variable: str, level: float) -> str:
        if not variable:
            return ""
        label = self.ctx.data.column(variable).label or variable
        return label if level == -np.inf else f"{label}={number_text(self.ctx.data, variable, level)}"

    def paths(self, names: tuple[str, ...]) -> list[tuple[object, ...]]:
        return list(product(*(self.levels(name) for name in names)))

    def allowed(self, cell: Cell) -> bool:
        """Whether this combination of margins was asked for."""
        if self.totals is None or -1 not in cell:
            return True
        return frozenset(k for k, c in enumerate(cell) if c >= 0) in self.totals

    # -- cells --------------------------------------------------------------------------------------
    def text(self, levels: dict[str, object]) -> str | None:
        """The cell's text; None when there is no such cell."""
        cell: Cell = tuple(int(levels[name]) for name in self.spec.variables)  # type: ignore[call-overload]
        if not self.allowed(cell):
            return None
        entry = next(
            (
                e
                for e in self.entries
                if e.statistic == levels[RESULT] and (VAR not in levels or e.key == levels[VAR])
            ),
            None,
        )
        if entry is None:
            return None
        if not self.cells.count(cell):
            zero = self.zero and (entry.statistic in COUNT_STATISTICS or entry.statistic in FACTOR_STATISTICS)
            return self.formats.text(entry.statistic, 0.0) if zero else None
        return self.formats.text(entry.statistic, self.value(entry, cell))

    def value(self, entry: Entry, cell: Cell) -> float:
        if not entry.variable:
            return self.cells.counted(entry.statistic, cell, entry.across)
        if entry.level == entry.level:
            return self.cells.factor(entry.statistic, entry.variable, entry.level, cell)
        return self.cells.variable(entry.statistic, entry.variable, cell)

    def grid(self, fixed: dict[str, object]) -> Grid:
        down, across = self.paths(self.rows), self.paths(self.columns)
        texts = [
            [
                self.text(
                    {
                        **fixed,
                        **dict(zip(self.rows, r, strict=True)),
                        **dict(zip(self.columns, c, strict=True)),
                    }
                )
                for c in across
            ]
            for r in down
        ]
        kept_rows = [i for i, row in enumerate(texts) if any(t is not None for t in row)]
        kept = [j for j in range(len(across)) if any(texts[i][j] is not None for i in kept_rows)]

        def path(names: tuple[str, ...], levels: tuple[object, ...]) -> Path:
            return tuple(self.head(name, level) for name, level in zip(names, levels, strict=True))

        return Grid(
            tuple(path(self.rows, down[i]) for i in kept_rows),
            tuple(path(self.columns, across[j]) for j in kept),
            tuple(tuple(texts[i][j] or "" for j in kept) for i in kept_rows),
        )


def run(call: Call, options: dict[str, object], ctx: Context) -> Stored:
    if call.by is not None:
        raise StataError(190, "table may not be combined with by")
    spec = specification(call.node.text, ctx)
    mask = call.sample.copy()
    if "missing" not in options:
        for name in spec.variables:
            mask &= ~ctx.data.column(name).is_missing()
    lists: dict[str, list[str]] = {k: v for k, v in options.items() if isinstance(v, list)}
    wanted = entries(lists, spec, ctx, mask)
    if "listwise" in options:
        for entry in wanted:
            if entry.variable:
                mask &= ~ctx.data.column(entry.variable).is_missing()
    if not mask.any():
        raise StataError.no_observations()
    style = str(options.get("style", "table")).split(",")[0].strip()
    if style not in _STYLES:
        raise StataError(198, f"style {style} not yet supported")
    totals: frozenset[frozenset[int]] | None = None
    if "totals" in options:
        totals = frozenset(_dimensions(term, spec, ctx) for term in str(options["totals"]).split())
    if "nototals" in options:
        if totals is not None:
            raise StataError(198, "options totals() and nototals may not be combined")
        totals = frozenset()
    cells = Cells.make(ctx.data, mask, spec.variables, call.weight, "nolabel" not in options)
    layout = Layout(spec, cells, wanted, formats(lists), totals, "zerocounts" in options, ctx)
    layout.place_results()
    for levels in layout.paths(spec.tables):
        fixed = dict(zip(spec.tables, levels, strict=True))
        grid = layout.grid(fixed)
        if not grid.rows:
            continue
        lines = [""]
        for name in spec.tables:
            head = layout.head(name, fixed[name])
            lines.append(f"{head.title} = {head.label}" if head.title else head.label)
        ctx.say("\n".join([*lines, *render(grid, ctx.settings.linesize, style == "table-tab2")]))
    return Stored("r", {"N": cells.weight_sum((-1,) * len(spec.variables), cells.weight is None)})
