"""compare: compare two variables.   compare varname1 varname2 [if] [in]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call

RULE = "-" * 72
SHORT_RULE = " " * 23 + "-" * 10


@dataclass(frozen=True)
class Line:
    """A count and, for numbers, minimum, mean and maximum of the differences there."""

    label: str
    count: int
    spread: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Comparison:
    relations: tuple[Line, ...]
    defined: Line
    lacking: tuple[Line, ...]
    total: int


def compute(names: tuple[str, str], a: Column, b: Column, sample: np.ndarray) -> Comparison:
    x, y = abbrev(names[0], 10), abbrev(names[1], 10)
    gone_x, gone_y = a.is_missing()[sample], b.is_missing()[sample]
    there = ~(gone_x | gone_y)
    text = a.is_string
    left, right = (column.data[sample] if text else column.values()[sample] for column in (a, b))
    difference = np.zeros(len(there)) if text else left - right

    def line(label: str, rows: np.ndarray, differences: bool) -> Line:
        count = int(np.count_nonzero(rows))
        if text or not differences or not count:
            return Line(label, count)
        d = difference[rows]
        return Line(label, count, (float(d.min()), float(d.mean()), float(d.max())))

    with np.errstate(invalid="ignore"):
        below, equal, above = there & (left < right), there & (left == right), there & (left > right)
    return Comparison(
        (line(f"{x}<{y}", below, True), line(f"{x}={y}", equal, False), line(f"{x}>{y}", above, True)),
        line("Jointly defined", there, True),
        (
            line(f"{x} missing only", gone_x & ~gone_y, False),
            line(f"{y} missing only", gone_y & ~gone_x, False),
            line("Jointly missing", gone_x & gone_y, False),
        ),
        int(np.count_nonzero(sample)),
    )


def layout(found: Comparison, settings: Settings) -> list[str]:
    """The table; words begin with small letters up to release 16."""

    def word(text: str) -> str:
        return text if settings.new_headings else text[0].lower() + text[1:]

    def row(one: Line, label: str) -> str:
        out = f"{label:<23}{one.count:>10}"
        if one.spread is not None:
            cells = (
                format_number(v, "%9.0g").strip().rjust(w)
                for v, w in zip(one.spread, (14, 13, 12), strict=True)
            )
            out += "".join(cells)
        return out

    out = [
        "",
        f"{'':40}---------- {word('Difference')} ----------",
        f"{'':28}{word('Count')}       {word('Minimum')}      {word('Average')}     {word('Maximum')}",
        RULE,
    ]
    out += [row(one, one.label) for one in found.relations if one.count]
    out += [SHORT_RULE, row(found.defined, word(found.defined.label))]
    for k, one in enumerate(found.lacking):
        if one.count:
            out.append(row(one, word(one.label) if k == 2 else one.label))
    return [*out, SHORT_RULE, row(Line("", found.total), word("Total"))]


@command("compare", varlist="required", min_vars=2, max_vars=2, byable="loop")
def run(call: Call, ctx: Context) -> Stored | None:
    first, second = call.varlist
    a, b = ctx.data.column(first), ctx.data.column(second)
    if a.is_string != b.is_string:
        raise StataError.type_mismatch()
    if not call.sample.any():
        raise StataError.no_observations()
    ctx.emit(lines(*layout(compute((first, second), a, b, call.sample), ctx.settings)))
    return None
