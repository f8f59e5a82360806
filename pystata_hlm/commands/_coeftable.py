"""The coefficient table shared by every estimation command.

Layout facts are read off printed Stata output (../shared/cases): factor variables get a heading row and one row for
each level, set off by empty rows; continuous interactions stand alone between empty rows; a factor without
value label whose block shows a single level is written ``1.foreign``. The stub has 12 characters and widens for
long names and labels as far as the line size allows: not at all for a full table under ``set linesize 80``. Then
long names are abbreviated, interactions break after ``#``, and long labels end in ``..``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pystata_hlm.data.names import abbrev
from pystata_hlm.data.timeseries import is_operator
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table

STUB = 12
"""Narrowest stub."""

_PART = re.compile(r"^(?:(?P<op>[^.]+)\.)?(?P<name>.+)$")
_LEVEL = re.compile(r"^(\d+)([bon]*)$")


@dataclass(frozen=True)
class Heads:
    """Texts over the columns: ``b`` replaces Coefficient (Margin, Contrast); ``se_over`` is Robust, Bootstrap ...;
    ``b_over`` Observed; ``ci_over`` Normal-based; ``adjusted`` Unadjusted, Bonferroni ... over tests and intervals."""

    b: str = ""
    se_over: str = ""
    b_over: str = ""
    ci_over: str = ""
    adjusted: str = ""


@dataclass(frozen=True)
class Coefficients:
    """What the table shows, one entry for each coefficient.

    names    terms without equation (``1.sector#c.ses``), e(b)'s order
    status   ok, base, omitted, empty, "not estimable"
    df       residual degrees of freedom (t), or None (z)
    extra    replaces the confidence interval (``beta``): heading and values
    tests    show the statistic and its p-value
    interval show the confidence interval
    adjust   adjusted p-values and critical value in place of the usual ones
    """

    names: Sequence[str]
    status: Sequence[str]
    b: np.ndarray
    se: np.ndarray
    df: float | None = None
    level: float = 95.0
    depvar: str = ""
    heads: Heads = field(default_factory=Heads)
    extra: tuple[str, np.ndarray] | None = None
    base: str = ""
    """Which base levels to show: "", "factors" (baselevels) or "all" (allbaselevels)."""
    show_omitted: bool = True
    show_empty: bool = True
    tests: bool = True
    interval: bool = True
    adjust: tuple[np.ndarray, np.ndarray] | None = None
    eform: bool = False
    """Show exp(b) with its standard error and the interval's ends in exponentials; tests stay those of b."""


def statistics(c: Coefficients) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Statistic, p-value and confidence limits; missing where the standard error is zero or missing."""
    b = np.asarray(c.b, dtype=float)
    se = np.where(np.asarray(c.se, dtype=float) > 0, c.se, np.nan)
    stat = b / se
    tail = 1 - (1 - c.level / 100) / 2
    if c.df is None:
        p = 2 * dist.normal(-np.abs(stat))
        crit = float(dist.invnormal(tail))
    else:
        p = 2 * dist.ttail(c.df, np.abs(stat))
        crit = float(dist.invttail(c.df, 1 - tail))
    half = (crit if c.adjust is None else c.adjust[1]) * se
    p = p if c.adjust is None else c.adjust[0]
    return stat, np.asarray(p, dtype=float), b - half, b + half


# ---------------------------------------------------------------- blocks of rows


@dataclass(frozen=True)
class Part:
    """One factor of a term: a level of a factor variable, or a continuous variable."""

    name: str
    level: int | None
    continuous: bool

    @property
    def heading(self) -> str:
        if not self.continuous:
            return self.name
        return f"c{self.name}" if "." in self.name else f"c.{self.name}"


def parts_of(term: str) -> tuple[Part, ...]:
    out = []
    for text in term.split("#"):
        found = _PART.match(text)
        assert found is not None
        op, name = found["op"] or "", found["name"]
        level = _LEVEL.match(op)
        lags = op.removeprefix("c")
        if is_operator(lags):
            name = f"{lags}.{name}"
        out.append(Part(name, int(level[1]) if level else None, op.startswith("c")))
    return tuple(out)


def lagged(term: str) -> tuple[str, str]:
    """Time-series operators of a single variable and its name: ("L2D", "x"); ("", "") for an interaction."""
    operator, _, name = term.rpartition(".")
    return (operator, name) if "#" not in term and (not operator or is_operator(operator)) else ("", "")


def lag_text(operator: str) -> str:
    """How the stub shows an operator: ``L1.``, ``L2.``, ``LD.``, and ``--.`` for none."""
    return f"{operator}1." if len(operator) == 1 else f"{operator or '--'}."


@dataclass(frozen=True)
class Block:
    """Rows that belong together. ``spaced`` blocks are set off by empty rows. Rows: stub text, coefficient index.

    ``equation`` is a heading at the left margin, printed where it changes; equations are set off by rules.
    ``note`` follows the heading of an equation without rows (``(base outcome)``).
    """

    heading: str
    rows: tuple[tuple[str, int], ...]
    spaced: bool
    equation: str = ""
    note: str = ""
    flush: bool = False
    """Rows end where the heading ends (lags); levels of a factor end one column before."""

    @property
    def indented(self) -> bool:
        return bool(self.heading) and not self.flush

    @property
    def spaced_after(self) -> bool:
        """A single labelled level is not set off from what follows."""
        return self.spaced and (len(self.rows) != 1 or not self.heading or "#" in self.heading or self.flush)


def blocks_of(c: Coefficients, label: Callable[[str, int], str | None]) -> list[Block]:
    """Group the terms to show into blocks. ``label(variable, level)`` is the value label's text or None."""
    shown = [k for k in range(len(c.names)) if _visible(c, k)]
    operated = {name for operator, name in (lagged(c.names[k]) for k in shown) if operator}
    out: list[Block] = []
    group: list[int] = []
    signature: Any = None

    def flush() -> None:
        if group and signature[0] == "lags":
            rows = tuple((lag_text(lagged(c.names[k])[0]), k) for k in group)
            out.append(Block(signature[1], rows, True, flush=True))
        elif group:
            out.append(_block([(k, parts_of(c.names[k])) for k in group], label))

    for k in shown:
        parts = parts_of(c.names[k])
        sign = (
            tuple((p.name, p.continuous) for p in parts)
            if any(p.level is not None for p in parts)
            else ("alone", k)
        )
        name = lagged(c.names[k])[1]
        if name in operated:
            signature_of_lags: Any = ("lags", name)
            sign = signature_of_lags
        if sign != signature:
            flush()
            group = []
        group.append(k)
        signature = sign
    flush()
    return out


def _visible(c: Coefficients, k: int) -> bool:
    status = c.status[k]
    if status == "base":
        return c.base == "all" or (c.base == "factors" and "#" not in c.names[k])
    if status == "omitted":
        return c.show_omitted
    return c.show_empty if status == "empty" else True


def _block(group: list[tuple[int, tuple[Part, ...]]], label: Callable[[str, int], str | None]) -> Block:
    first = group[0][1]
    if all(p.level is None for p in first):
        k = group[0][0]
        if len(first) == 1:
            return Block("", ((first[0].name, k),), False)
        return Block("", (("#".join(p.heading for p in first), k),), True)
    if len(group) == 1 and len(first) == 1 and label(first[0].name, first[0].level or 0) is None:
        return Block("", ((f"{first[0].level}.{first[0].name}", group[0][0]),), False)
    heading = "#".join(p.heading for p in first)
    rows = []
    for k, parts in group:
        levels = [(p, label(p.name, p.level)) for p in parts if p.level is not None]
        if any(text is not None for _, text in levels):
            stub = "#".join(text if text is not None else str(p.level) for p, text in levels)
        else:
            stub = " ".join(str(p.level) for p, _ in levels)
        rows.append((stub, k))
    return Block(heading, tuple(rows), True)


# ---------------------------------------------------------------- the table


def _clip(text: str, width: int) -> str:
    """Long level texts end in ``..``."""
    return text if len(text) <= width else text[: width - 2] + ".."


def stub_width(blocks: Sequence[Block], depvar: str, limit: int) -> int:
    """Wide enough for every name and label, but not beyond ``limit``."""
    needed = [STUB, len(depvar)]
    for block in blocks:
        needed += [len(block.equation), len(block.heading)]
        needed += [len(text) + block.indented for text, _ in block.rows]
    return min(max(needed), max(limit, STUB))


def stub_lines(text: str, width: int) -> list[str]:
    """A name in the stub: interactions break after ``#`` when too long, plain names are abbreviated."""
    if len(text) <= width or "#" not in text:
        return [abbrev(text, width)]
    pieces: list[str] = []
    *inner, last = text.split("#")
    for piece in (*(f"{part}#" for part in inner), last):
        if piece.startswith("c.") and len(piece.rstrip("#")) > width:
            pieces += ["c.", abbrev(piece[2:].rstrip("#"), width) + piece[len(piece.rstrip("#")) :]]
        else:
            pieces.append(piece)
    lines: list[str] = []
    current = ""
    for piece in pieces:
        if current and (current == "c." or len(current) + len(piece) > width + piece.endswith("#")):
            lines.append(current)
            current = ""
        current += piece
    return [*lines, current]


def label_lines(text: str, width: int) -> list[str]:
    """A label in the stub: comparisons break around ``vs``, interactions after ``#``; long ones end in ``..``."""
    if len(text) > width and " vs " in text:
        first, _, second = text.partition(" vs ")
        return [_clip(first, width), "vs", _clip(second, width)]
    if len(text) > width and "#" in text:
        *before, last = stub_lines(text, width)
        return [*(_clip(line, width) for line in before), _clip(last, width)]
    return [_clip(text, width)]


def table(
    c: Coefficients,
    settings: Any,
    label: Callable[[str, int], str | None] = lambda name, level: None,
    *,
    stub: int | None = None,
    head: str | None = None,
    top: bool = True,
    name: str = "coefficients",
    blocks: Sequence[Block] | None = None,
) -> Table:
    """The coefficient table as an output item; ``blocks`` replaces the arrangement by names."""
    if blocks is None:
        blocks = blocks_of(c, label)
    depvar = c.depvar if head is None else head
    columns = _columns(c)
    limit = settings.linesize - 4 - sum(col.width for col in columns)
    width = stub if stub is not None else stub_width(blocks, depvar, limit)
    stat, p, low, high = statistics(c)
    b, se = np.asarray(c.b, dtype=float), np.asarray(c.se, dtype=float)
    if c.eform:
        with np.errstate(over="ignore"):
            b, low, high = np.exp(b), np.exp(low), np.exp(high)
            se = b * se
    body: list[Row | Rule] = []

    def cells(k: int) -> tuple[tuple[Cell, ...], str]:
        fmt = settings.cformat or "%9.0g"
        if c.status[k] != "ok":
            nothing = 1.0 if c.eform else 0.0
            return (Cell(math.nan if c.status[k] == "not estimable" else nothing, fmt),), f"  ({c.status[k]})"
        out = [Cell(float(b[k]), fmt), Cell(float(se[k]) if se[k] > 0 else math.nan, fmt)]
        if c.tests:
            out += [
                Cell(float(stat[k]), settings.sformat or "%8.2f"),
                Cell(float(p[k]), settings.pformat or "%5.3f"),
            ]
        if c.extra is not None:
            out.append(Cell(float(c.extra[1][k]), fmt))
        elif c.interval:
            out += [Cell(float(low[k]), fmt), Cell(float(high[k]), fmt)]
        return tuple(out), ""

    equation = ""
    for n, block in enumerate(blocks):
        new = bool(block.equation) and (block.equation != equation or not block.rows)
        if n and new:
            body.append(Rule())
        elif n and (block.spaced or blocks[n - 1].spaced_after):
            body.append(Row())
        if new:
            equation = block.equation
            body.append(
                Row(abbrev(equation, width), tail=f"  {block.note}" if block.note else "", stub_align="left")
            )
        if block.heading:
            body += heading_rows(block.heading, width)
        for text, k in block.rows:
            values, tail = cells(k)
            if block.indented:
                *before, last = label_lines(text, width - 1)
                body += [broken(line) if line.endswith("#") else Row(line + " ") for line in before]
                body.append(Row(last + " ", values, tail))
            else:
                *before, last = stub_lines(text, width)
                body += [broken(line) for line in before]
                body.append(Row(last, values, tail))
    return Table(
        stub_head=abbrev(depvar, width),
        stub_width=width,
        columns=columns,
        body=tuple(body),
        top=top,
        bottom=True,
        head_text=_head_text(c, settings),
        name=name,
    )


def broken(line: str) -> Row:
    """A name broken after ``#``: the mark takes the blank before the bar."""
    return Row(line, stub_align="tight" if line.endswith("#") else None)


def heading_rows(heading: str, width: int) -> list[Row]:
    *before, last = stub_lines(heading, width)
    return [*(broken(line) for line in before), Row(last)]


def _columns(c: Coefficients) -> tuple[Col, ...]:
    letter = "z" if c.df is None else "t"
    columns = [Col("b", 11), Col("se", 11)]
    if c.tests:
        columns += [Col(letter, 9), Col("p", 8)]
    if c.extra is not None:
        columns.append(Col(c.extra[0], 25))
    elif c.interval:
        columns += [Col("ll", 13 if c.tests else 14), Col("ul", 12)]
    return tuple(columns)


def level_text(level: float) -> str:
    return f"{level:g}"


def _head_text(c: Coefficients, settings: Any) -> tuple[str, ...]:
    letter = "z" if c.df is None else "t"
    new = settings.new_headings
    over = bool(c.heads.se_over or c.heads.b_over)
    b_head = c.heads.b or (("coefficient" if c.heads.b_over else "Coefficient") if new else "Coef.")
    se_head = ("std. err." if over else "Std. err.") if new else "Std. Err."
    first = f" {b_head}" if len(b_head) == 11 else b_head.rjust(11)
    line = first + se_head.rjust(23 - len(first))
    if c.tests:
        line += letter.rjust(7) + f"P>|{letter}|".rjust(9)
    if c.extra is not None:
        line += c.extra[0].rjust(25)
    elif c.interval:
        level = level_text(c.level)
        line += (f"[{level}% conf. interval]" if new else f"[{level}% Conf. Interval]").rjust(25)
    if not over and not c.heads.adjusted:
        return (line,)
    upper = c.heads.b_over.rjust(11) + c.heads.se_over.rjust(_OVER_WIDTH.get(c.heads.se_over, 12))
    if c.heads.adjusted:  # centred over the test and over the interval
        word = c.heads.adjusted
        shift = (10 - len(word)) // 2
        starts = [28] * c.tests + ([49 if c.tests else 33] if c.interval else [])
        for start in starts:
            upper = upper.ljust(start + shift) + word
    if c.heads.ci_over:
        upper = upper.ljust(48) + c.heads.ci_over
    return (upper.rstrip(), line)


_OVER_WIDTH = {"Robust": 10, "Delta-method": 13, "OIM": 9, "Bootstrap": 12, "Jackknife": 12}
"""Where the word over ``std. err.`` ends, counted from the end of the coefficient column, as printed by Stata."""

__all__ = ["Block", "Coefficients", "Heads", "blocks_of", "parts_of", "statistics", "table"]
