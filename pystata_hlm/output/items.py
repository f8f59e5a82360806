"""What commands emit: plain data with numbers unformatted, rendered elsewhere (``output.text`` and friends).

A number is a ``Cell(value, fmt)``: the text renderer formats it, JSON keeps all its digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table. Numbers carry a Stata display format; NaN prints as ``.``.

    ``before``/``after`` are texts set tight against the formatted number (``(`` ``)`` ``*``).
    ``code`` 1..26 prints .a to .z.
    """

    value: float | str | None
    fmt: str = "%9.0g"
    code: int = 0
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Col:
    """One column: cells right-aligned in ``width``; heading right-aligned in ``head_width`` (defaults to width).

    ``head`` may have several lines (``\\n``), bottom-aligned. ``bar`` draws `` |`` before the column:
    the bar takes two characters which are not part of ``width``.
    """

    head: str = ""
    width: int = 11
    head_width: int | None = None
    align: str = "right"
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Stub and cells; may be shorter than the table. ``tail`` is literal text after the last cell.

    ``stub_align`` overrides the table's: ``left`` for headings such as ``id: Unstructured``.
    """

    stub: str = ""
    cells: tuple[Cell | None, ...] = ()
    tail: str = ""
    stub_align: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule across the table, ``-----+-----``."""


@dataclass(frozen=True, slots=True)
class Table:
    """A stub column, a bar, and columns: the shape of nearly every Stata table.

    ``stub_width`` counts the characters before `` |``. ``top``/``bottom`` draw a full ``---`` line above and below.
    ``head_rule`` draws ``----+----`` under the headings. ``width`` overrides the line length of rules (else: the sum).
    ``row_end`` is appended to every row and heading-less line (Stata leaves a blank after some tables' cells).
    ``name`` tells machine readers what the table is (``coefficients``, ``summarize`` ...).
    """

    stub_head: str
    stub_width: int
    columns: tuple[Col, ...]
    body: tuple[Row | Rule, ...]
    top: bool = False
    bottom: bool = False
    head: bool = True
    head_rule: bool = True
    indent: int = 0
    row_end: str = ""
    head_end: str = ""
    stub_align: str = "right"
    name: str = ""
    width: int | None = None
    head_text: tuple[str, ...] = ()
    """Literal heading lines (the part after the bar), for headings that do not follow the columns."""


@dataclass(frozen=True, slots=True)
class Text:
    """Lines printed as they are (no trailing newline needed). ``style``: text, result, input, error."""

    text: str = ""
    style: str = "text"
    newline: bool = True


@dataclass(frozen=True, slots=True)
class Error:
    """An error as shown: message, then ``r(rc);``."""

    rc: int
    message: str


@dataclass(frozen=True, slots=True)
class Echo:
    """A command as typed, prompts included: ``. first line``, ``> continuation``, ``  2. `` inside blocks.

    ``tight``: no empty line before it, since the prompt above ran nothing (an empty line, a comment).
    """

    lines: tuple[str, ...]
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The heading block of an estimation: texts at the left, ``label = value`` pairs at the right.

    ``left`` and ``right`` have the same number of lines (pad with "" / None). A right entry is (label, Cell); a
    label starting with a tab is right-aligned (min, avg, max), a Cell of None makes it a heading (``Obs per group:``).
    ``compact`` (release 18) fits labels and values; otherwise ``label_width`` and ``value_width`` hold (to release 17).
    """

    left: tuple[str, ...]
    right: tuple[tuple[str, Cell] | None, ...]
    width: int = 78
    label_width: int = 17
    value_width: int = 10
    compact: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """``list``: column heads, cells, observation numbers, separators (drawn by the renderer).

    ``columns``: (heading, alignment right/left, texts already formatted one per observation).
    ``options``: clean, noobs, sep (int), sepby (tuple of row indices after which a rule is drawn), divider, header ...
    """

    heads: tuple[str, ...]
    aligns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    obs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawn graph: ``spec`` is a ``graph.spec`` object, ``name`` Stata's graph name (default ``Graph``)."""

    spec: Any
    name: str = "Graph"


@dataclass(frozen=True, slots=True)
class Side:
    """Blocks printed beside each other (``regress``: the ANOVA table and the summary statistics)."""

    left: Table
    right: tuple[tuple[str, Cell], ...]
    gap: int = 3
    label_width: int = 15
    value_width: int = 9


OutputItem: TypeAlias = Table | Text | Error | Echo | Header | Listing | Graph | Side


def lines(*texts: str) -> Text:
    """Several lines as one Text item."""
    return Text("\n".join(texts))


def cells(values: Sequence[float], fmt: str) -> tuple[Cell, ...]:
    return tuple(Cell(float(v), fmt) for v in values)
