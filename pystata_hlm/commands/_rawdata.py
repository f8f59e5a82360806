"""What infile and infix share: choosing observations, notes, storing the variables, dictionaries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands._files import restrict
from pystata_hlm.data import names as naming
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.data.records import Bad, Field, Records, column_of
from pystata_hlm.errors import StataError
from pystata_hlm.formats import text_width
from pystata_hlm.lang import nodes
from pystata_hlm.runtime.context import Context

_CALL = re.compile(r"_(lrecl|firstlineoffile|first|lines|line|newline|column|skip)\s*(?:\(\s*(\d+)\s*\))?")
_VARIABLE = re.compile(
    r"(?:(byte|int|long|float|double|strL|str\d*)\s+)?"
    r"([^\W\d]\w*)(?:\s*:\s*(\w+))?"
    r"(?:\s+%(\d*)(?:\.(\d+))?([fgesS]))?"
    r"(?:\s+(\"[^\"]*\"|`\".*?\"'))?(?=\s|$)"
)


@dataclass(frozen=True)
class Layout:
    """What a dictionary or a command line says: the fields, the lines of a record, where the data begin."""

    fields: tuple[Field, ...]
    lines: int = 1
    first: int = 1
    length: int = 0


@dataclass(frozen=True)
class Dictionary:
    """A dictionary file: its text up to the closing brace, the file of the data ("" for what follows), the rest."""

    shown: str
    body: str
    using: str
    rest: bytes


def read_dictionary(raw: bytes, shown: str, word: str) -> Dictionary:
    """Take a dictionary file apart. Errors: r(613) no dictionary, r(614) not closed."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head = re.compile(
        rf"\s*(?:\*[^\n]*\n\s*)*(?:{word}\s+)?dictionary\s*(?:using\s+(\"[^\"]*\"|[^\s{{]+)\s*)?\{{", re.I
    )
    found = head.match(text)
    if found is None:
        raise StataError(613, f"file {shown} does not contain dictionary")
    close = _closing(text, found.end())
    if close < 0:
        raise StataError(614, "dictionary invalid")
    rest = text[close + 1 :].partition("\n")[2]
    return Dictionary(
        text[: close + 1].strip("\n"), text[found.end() : close], (found[1] or "").strip('"'), rest.encode()
    )


def _closing(text: str, at: int) -> int:
    quoted = False
    for k in range(at, len(text)):
        if text[k] == '"':
            quoted = not quoted
        elif text[k] == "\n":
            quoted = False
        elif text[k] == "}" and not quoted:
            return k
    return -1


def infile_layout(body: str, default: str) -> Layout:
    """The fields of an infile dictionary; r(614) for what is no directive."""
    fields: list[Field] = []
    lines = first = 1
    length = line = skip = 0
    column: int | None = None
    lines_said = False
    text = "\n".join(part for part in body.split("\n") if not part.lstrip().startswith("*"))
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found = _CALL.match(text, at)
        if found is not None:
            word, number = found[1], int(found[2]) if found[2] else None
            if word in ("lrecl", "firstlineoffile", "first", "lines", "line", "column") and not number:
                raise StataError(614, "dictionary invalid")
            if word == "lrecl":
                length = int(number or 0)
            elif word in ("firstlineoffile", "first"):
                first = int(number or 1)
            elif word == "lines":
                lines, lines_said = int(number or 1), True
            elif word in ("line", "newline"):
                line = int(number or 1) - 1 if word == "line" else line + (1 if number is None else number)
                column, skip = 0, 0
            elif word == "column":
                column, skip = int(number or 1) - 1, 0
            else:
                skip += 1 if number is None else number
            at = found.end()
            continue
        match = _VARIABLE.match(text, at)
        if match is None:
            raise StataError(614, "dictionary invalid")
        fields.append(_dictionary_field(match, line, column, skip, default))
        column, skip = None, 0
        at = match.end()
    most = max((field.line for field in fields), default=0) + 1
    if lines_said and most > lines:
        raise StataError(614, "dictionary invalid")
    return Layout(tuple(fields), max(lines, most), first, length)


def _dictionary_field(match: re.Match[str], line: int, column: int | None, skip: int, default: str) -> Field:
    stype, name, label_name, width, decimals, kind, label = match.groups()
    stype = stype or default
    text = storage.is_string(stype)
    if stype == "str":
        stype = f"str{width}" if width else "str244"
    if kind is not None and (kind in "sS") != text:
        if text:
            raise StataError(614, "dictionary invalid")
        kind = None if kind not in "fge" else kind
    naming.check(name)
    return Field(
        name,
        stype,
        line,
        column,
        skip,
        int(width) if width else None,
        int(decimals) if decimals and not text else 0,
        kind == "S",
        text,
        (label or "").strip('`"').rstrip("'\"") if label else "",
        label_name or "",
    )


# ---------------------------------------------------------------- storing


def read_records(
    text: bytes, layout: Layout
) -> tuple[list[tuple[Field, Column]], list[tuple[Field, list[Bad]]], int]:
    """Columns of the fields, the entries that are no numbers, and the number of records."""
    records = Records(text, layout.lines, layout.first, layout.length)
    columns, wrong = [], []
    for field in layout.fields:
        column, bad = column_of(records.read(field), field.stype, field.text)
        columns.append((field, column))
        if bad:
            wrong.append((field, bad))
    return columns, wrong, records.n


def automatic_labels(column: Column, bad: Sequence[Bad], name: str) -> tuple[Column, ValueLabel]:
    """Option automatic: nonnumeric entries become labelled numbers, in the order in which they appear."""
    values, codes = column.decoded()
    values = np.array(values)
    start = int(np.nanmax(values)) if not np.isnan(values).all() else 0
    keys: dict[str, int] = {}
    for entry in bad:
        values[entry.row] = keys.setdefault(entry.text, max(start, 0) + len(keys) + 1)
    width = max(8, *(text_width(text) for text in keys)) if keys else 8
    made = Column.numeric(
        values, codes, column.stype, format=f"%{width}.0g", value_label=name, label=column.label
    )
    return made, ValueLabel({key: text for text, key in keys.items()})


def store(
    columns: Sequence[tuple[Field, Column]],
    wrong: Sequence[tuple[Field, list[Bad]]],
    n: int,
    clauses: nodes.Clauses,
    automatic: bool,
    ctx: Context,
) -> None:
    """Make the columns the data in memory: labels, the observations that if and in ask for, notes."""
    data = Dataset(n=n)
    for field, column in columns:
        column = column.with_(label=field.label[: shared.MAX_LABEL], value_label=field.value_label)
        bad = next((entries for other, entries in wrong if other is field), [])
        if bad and automatic:
            label_name = field.value_label or field.name
            column, data.value_labels[label_name] = automatic_labels(column, bad, label_name)
        data.add(field.name, column)
    if not automatic:
        for row, name, text in sorted((b.row, f.name, b.text) for f, entries in wrong for b in entries):
            ctx.say(f"'{text}' cannot be read as a number for {name}[{row + 1}]")
    if clauses.in_ is not None:
        clauses = _within(clauses, data.n, ctx)
    restrict(data, "", clauses, ctx)
    shared.adopt_new(data, ctx)
    ctx.say(f"({data.n:,} {'observation' if data.n == 1 else 'observations'} read)")


def _within(clauses: nodes.Clauses, n: int, ctx: Context) -> nodes.Clauses:
    """``in 1/100`` of a file with fewer records reads what there is."""
    range_ = clauses.in_
    assert range_ is not None
    last = range_.last
    if last is not None and not (isinstance(last, nodes.Name) and last.name.lower() in ("l", "f")):
        value: Any = ctx.scalar(last)
        if isinstance(value, float) and value > n:
            return replace(clauses, in_=replace(range_, last=nodes.Name("l")))
    return clauses


def from_dictionary(
    name: str,
    word: str,
    layout_of: Callable[[str, str], Layout],
    options: dict[str, Any],
    clauses: nodes.Clauses,
    ctx: Context,
) -> None:
    """``infile using dictionary``, ``infix using dictionary``."""
    raw = shared.contents(name, ".dct", ctx)
    found = read_dictionary(raw, name, word)
    layout = layout_of(found.body, ctx.settings.type)
    if not layout.fields:
        raise StataError(614, "dictionary invalid")
    other = options.get("using") or found.using
    text = shared.contents(other, ".raw", ctx) if other else found.rest
    if "ebcdic" in options:
        text = text.decode("cp037", "replace").encode()
    text = text.replace(b"\r\n", b"\n")
    ctx.say("\n".join(["", *found.shown.split("\n"), ""]))
    columns, wrong, n = read_records(text, layout)
    store(columns, wrong, n, clauses, "automatic" in options, ctx)
