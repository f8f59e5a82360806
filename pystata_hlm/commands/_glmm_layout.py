"""What the generalised mixed commands print: iteration log, heading, one table of all parameters, LR test line.

Layouts are read off ../shared/cases/melogit_hospital and mepoisson_lips (release 17) and Stata's published output of
meologit (releases 13 to 18).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._mixed_layout import WIDTH, Component, GroupInfo, grouping_table
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Header, OutputItem, Row, Rule, Table, Text

if TYPE_CHECKING:
    from pystata_hlm.commands._glmm_model import GlmmModel
    from pystata_hlm.numeric import glm, glmm
    from pystata_hlm.runtime.settings import Settings


# ---------------------------------------------------------------- log


def iteration_log(fit: glmm.GlmmFit, model: GlmmModel, settings: Settings, robust: bool) -> list[OutputItem]:
    """Fits of the fixed part and of the whole model."""
    new = settings.release >= 18
    gap = "  " if new else "   "

    def steps(trace: tuple[glm.Step, ...], what: str = "likelihood") -> list[str]:
        word = f"{'Log' if new else 'log'} {what}"
        return [
            f"Iteration {k}:{gap}{word} = {format_number(step.value, '%10.0g')}  "
            + (f"({step.note})" if step.note else "")
            for k, step in enumerate(trace)
        ]

    what = "pseudolikelihood" if robust else "likelihood"
    full = steps(fit.optimum.trace, what)
    if model.legacy:
        refined = full[:2]
        lines = [
            "",
            "Refining starting values: ",
            "",
            *refined,
            "",
            "Performing gradient-based optimization: ",
        ]
        trace = fit.optimum.trace[len(refined) - 1 :]
        return [Text("\n".join([*lines, "", *steps(trace, what)]))]
    word = f"{'Log' if new else 'log'} {what}"
    grid = [
        f"Grid node {k}:{gap}{word} = {format_number(step.value, '%10.0g')}"
        for k, step in enumerate(fit.grid)
    ]
    lines = ["", "Fitting fixed-effects model:", "", *steps(fit.fixed.trace)]
    lines += ["", "Refining starting values:", "", *grid, "", "Fitting full model:", "", *full]
    return [Text("\n".join(lines))]


# ---------------------------------------------------------------- heading


@dataclass(frozen=True)
class Heading:
    title: str
    n: float
    groups: tuple[GroupInfo, ...]
    notes: tuple[str, ...]
    """Lines under the title: Family:, Link:, Overdispersion: ..."""
    method: str
    points: int
    likelihood: str
    loglik: float
    chi2: float
    df: int
    p: float
    legacy: bool = False


def heading(h: Heading, settings: Settings) -> list[OutputItem]:
    """Title, sample, group sizes, integration, Wald test and log likelihood."""
    wide, value = "%12.0fc", 10
    ll = f"{h.likelihood} = {format_number(h.loglik, '%10.0g')}"
    wald = (f"Wald chi2({h.df})", Cell(h.chi2, "%9.2f"))
    prob = ("Prob > chi2", Cell(h.p, "%6.4f"))
    points = ("Integration pts.", Cell(float(h.points), "%9.0f"))
    rows: list[tuple[str, tuple[str, Cell] | None]] = [(h.title, ("Number of obs", Cell(h.n, wide)))]
    rows += [(line, None) for line in h.notes]
    tail: list[tuple[str, tuple[str, Cell] | None]]
    if h.legacy:
        tail = [(f"Integration points ={h.points:4d}", wald), (ll, prob)]
    else:
        tail = [(f"Integration method: {h.method}", points), ("", None), ("", wald), (ll, prob)]
    if len(h.groups) == 1:
        g = h.groups[0]
        name = abbrev(g.name, 12)
        gap = f"{name:>16}" if settings.release <= 16 and not h.legacy else f" {name}"
        rows += [
            (f"Group variable:{gap}", ("Number of groups", Cell(float(g.n_groups), wide))),
            ("", None),
            ("", ("Obs per group:", Cell(None))),
            ("", ("\tmin", Cell(float(g.size_min), wide))),
            ("", ("\tavg", Cell(g.size_avg, "%12.1fc"))),
            ("", ("\tmax", Cell(float(g.size_max), wide))),
            ("", None),
        ]
        return [Text(), _block([*rows, *tail], value)]
    if not h.groups:
        return [Text(), _block([*rows, ("", None), *tail], value)]
    return [
        Text(),
        _block(rows, value),
        Text("\n        Grouping information" if settings.release >= 17 else ""),
        grouping_table(h.groups, settings),
        Text(),
        _block(tail, value),
    ]


def _block(rows: list[tuple[str, tuple[str, Cell] | None]], value: int) -> Header:
    return Header(
        tuple(a for a, _ in rows), tuple(b for _, b in rows), width=WIDTH, compact=False, value_width=value
    )


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class FreeRow:
    """A row below the coefficients: ``label``, numbers, and whether the test columns are filled (covariances)."""

    label: str
    component: Component
    tested: bool = False


@dataclass(frozen=True)
class FreeBlock:
    """Rows set off by a rule under a heading (``school>class``; "" for cutpoints)."""

    heading: str
    rows: tuple[FreeRow, ...]


def parameter_table(
    c: _coeftable.Coefficients,
    free: tuple[FreeBlock, ...],
    offset: tuple[str, str] | None,
    settings: Settings,
    label: Callable[[str, int], str | None],
) -> Table:
    """Coefficients, the offset's row (name, ``offset`` or ``exposure``), then the free parameters."""
    blocks = _coeftable.blocks_of(c, label)
    limit = settings.linesize - 4 - 74 + 10
    names = [c.depvar, *(block.heading for block in free)]
    names += [row.label for block in free for row in block.rows if "," not in row.label]
    names += [piece for block in free for row in block.rows for piece in _pieces(row.label)]
    names += [offset[0]] if offset else []
    width = max(
        _coeftable.stub_width(blocks, c.depvar, limit), min(max(map(len, names)), max(limit, _coeftable.STUB))
    )
    table = _coeftable.table(c, settings, label, stub=width)
    body: list[Row | Rule] = list(table.body)
    fmt = settings.cformat or "%9.0g"
    if offset:
        body.append(Row(abbrev(offset[0], width), (Cell(1.0, fmt),), f"  ({offset[1]})"))
    for block in free:
        if body:
            body.append(Rule())
        if block.heading:
            body += [
                Row(abbrev(line, width), stub_align="left") for line in _path_lines(block.heading, width)
            ]
        for row in block.rows:
            body += _free_rows(row, width, settings, fmt)
    return replace(table, body=tuple(body), name="parameters")


def _path_lines(heading: str, width: int) -> list[str]:
    """``school>class``, one line a level where it does not fit."""
    if len(heading) <= width:
        return [heading]
    *above, last = heading.split(">")
    return [*(f"{name}>" for name in above), last]


def _pieces(label: str) -> list[str]:
    """``cov(a,`` and ``b)`` of a covariance, which may break there."""
    first, comma, second = label.partition(",")
    return [first + comma, second] if comma else [label]


def _free_rows(row: FreeRow, width: int, settings: Settings, fmt: str) -> list[Row | Rule]:
    c = row.component
    tight = not row.label.startswith("/")
    align = "tight" if tight else None
    lines = [row.label] if len(row.label) <= width else _pieces(row.label)
    stat: tuple[Cell | None, ...] = (None, None)
    if row.tested and c.se > 0:
        z = c.estimate / c.se
        p = 2 * float(dist.normal(-abs(z)))
        stat = (Cell(z, settings.sformat or "%8.2f"), Cell(p, settings.pformat or "%5.3f"))
    se = c.se if c.se > 0 else math.nan
    low = c.low if c.se > 0 else math.nan
    high = c.high if c.se > 0 else math.nan
    cells = (Cell(c.estimate, fmt), Cell(se, fmt), *stat, Cell(low, fmt), Cell(high, fmt))
    body: list[Row | Rule] = [Row(abbrev(line, width), stub_align=align) for line in lines[:-1]]
    body.append(Row(abbrev(lines[-1], width), cells, stub_align=align))
    return body


def lr_line(model: str, chi2: float, df: int, p: float) -> list[OutputItem]:
    """``LR test vs. logistic model: chibar2(01) = 29.61`` and the note for several parameters."""
    shown = f"{chi2:.2f}" if chi2 == 0 or 0.005 <= abs(chi2) < 1e7 else f"{chi2:.1e}"
    name = f"chibar2(01) = {shown}" if df == 1 else f"chi2({df}) = {shown}"
    left = f"LR test vs. {model} model: {name}"
    right = f"Prob >= chibar2 = {p:.4f}" if df == 1 else f"Prob > chi2 = {p:.4f}"
    items: list[OutputItem] = [Text(left + right.rjust(WIDTH - len(left)))]
    if df > 1:
        items.append(Text("\nNote: LR test is conservative and provided only for reference."))
    return items
