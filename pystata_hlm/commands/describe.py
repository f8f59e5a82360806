"""describe: describe data in memory or in a file.   describe [varlist] [using filename] [, short simple fullnames]"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.commands.sysuse import columns
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("simple", 2),
    Opt("short", 1),
    Opt("fullnames", 1),
    Opt("varlist", 4),
    Opt("numbers", 1),
    Opt("replace"),
    Opt("clear"),
)
LABEL_AT = 46  # column where variable labels start


@dataclass(frozen=True)
class Row:
    name: str
    stype: str
    format: str
    value_label: str
    label: str
    noted: bool


def variable_rows(data: Dataset, names: list[str]) -> list[Row]:
    return [
        Row(name, c.stype, c.format, c.value_label, c.label, bool(data.notes(name)))
        for name in names
        for c in (data.column(name),)
    ]


def heading(settings: Settings) -> list[str]:
    rule = "-" * (settings.linesize - 1)
    if settings.release >= 17:
        return [
            "Variable      Storage   Display    Value",
            "    name         type    format    label      Variable label",
            rule,
        ]
    return [
        "              storage   display    value",
        "variable name   type    format     label      variable label",
        rule,
    ]


def variable_lines(
    rows: list[Row], settings: Settings, fullnames: bool = False, numbers: Sequence[int] = ()
) -> list[str]:
    """One line per variable; long labels go on below, indented. ``numbers`` go before the names."""
    room = max(10, settings.linesize - 1 - LABEL_AT)
    out = []
    if numbers:
        digits = len(str(max(numbers)))
        rows = [
            replace(row, name=f"{number:>{digits}}. {abbrev(row.name, 15 - digits - 2)}")
            for row, number in zip(rows, numbers, strict=True)
        ]
    for row in rows:
        mark = "*" if row.noted else " "
        rest = f"{row.stype:<7} {row.format:<10} {abbrev(row.value_label, 9):<9}{mark} "
        if fullnames and len(row.name) > 15:
            out.append(row.name)
            first = " " * 16 + rest
        else:
            first = f"{row.name if numbers else abbrev(row.name, 15):<15} " + rest
        label = _wrapped(row.label, room)
        out.append(first + label[0])
        out += [" " * (LABEL_AT + 2) + more for more in label[1:]]
    return out


def _wrapped(label: str, room: int) -> list[str]:
    if len(label) <= room:
        return [label]
    wrapper = textwrap.TextWrapper(width=room, break_on_hyphens=False)
    first, *_ = wrapper.wrap(label) or [""]
    rest = label[len(first) :].strip()
    return [first, *textwrap.wrap(rest, room - 2, break_on_hyphens=False)]


def summary_lines(data: Dataset, n: int, settings: Settings, using: bool = False) -> list[str]:
    """Where the data come from, their size, label and date. Of a file (``using``) the label stands a line higher."""
    first = f"Contains data from {data.filename}" if data.filename and not using else "Contains data"
    noted = "(_dta has notes)" if data.notes() else ""
    facts = [data.label, data.timestamp.strip() if data.filename else "", noted]
    if using:
        first = f"{first:<{LABEL_AT}}{facts[0]}".rstrip()
        facts = [*facts[1:], ""]
    if settings.release >= 17:
        sizes = [(" Observations:", f"{n:,}"), ("    Variables:", f"{data.k:,}")]
        label_width, edge = 14, 28
    else:
        sizes = [("  obs:", f"{n:,}"), (" vars:", f"{data.k:,}"), (" size:", f"{data.width * n:,}")]
        label_width, edge = 7, 20
    out = [first]
    for i in range(max(len(sizes), 3 if noted else 0)):
        left = f"{sizes[i][0]:<{label_width}}{sizes[i][1]:>{edge - label_width}}" if i < len(sizes) else ""
        out.append(f"{left:<{LABEL_AT}}{facts[i]}")
    return out


def footer_lines(data: Dataset) -> list[str]:
    out = ["Sorted by: " + "  ".join(data.sortedby)]
    if data.changed:
        out.append("     Note: Dataset has changed since last saved.")
    return out


def description(data: Dataset, names: list[str]) -> Dataset:
    """``describe, replace``: a dataset with one observation for each variable."""
    columns = [data.column(name) for name in names]
    order = {name: k + 1 for k, name in enumerate(data.names)}
    out = Dataset(n=len(names))

    def texts(values: list[str]) -> np.ndarray:
        return np.array([value.encode() for value in values] or [b""], dtype="S")[: len(values)]

    position = np.array([order[name] for name in names], dtype=float)
    numeric = np.array([not column.is_string for column in columns], dtype=float)
    out.add(
        "position",
        Column.numeric(position, None, storage.smallest_type(position), label="Position of variable"),
    )
    out.add("name", Column.text(texts(names), label="Variable name"))
    out.add("type", Column.text(texts([column.stype for column in columns]), label="Storage type"))
    out.add("isnumeric", Column.numeric(numeric, None, "byte", label="Variable is numeric"))
    out.add("format", Column.text(texts([column.format for column in columns]), label="Display format"))
    out.add("vallab", Column.text(texts([column.value_label for column in columns]), label="Value label"))
    out.add("varlab", Column.text(texts([column.label for column in columns]), label="Variable label"))
    return out


@command("describe", min=1, klass="r", syntax="raw", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    node = parse("anything", call.text)
    clauses = node.clauses
    options = typed_options(clauses.options, OPTIONS, ("detail:1",), ctx)
    if clauses.if_ is not None or clauses.in_ is not None:
        raise StataError(101, "if not allowed" if clauses.if_ is not None else "in range not allowed")
    if "numbers" in options and "fullnames" in options:
        raise StataError(198, "options numbers and fullnames may not be combined")
    settings = ctx.settings
    using = clauses.using is not None
    if using:
        data, n = _files.scan(strip_quotes(clauses.using), ctx)
    else:
        data, n = ctx.data, ctx.data.n
    chosen = bool(node.text.strip())
    names = (
        list(expand_varlist(data, parse("varlist", node.text), varabbrev=settings.varabbrev))
        if chosen
        else list(data.names)
    )
    macros = {"varlist": " ".join(names), "sortlist": " ".join(data.sortedby)} if "varlist" in options else {}
    scalars = {"N": float(n), "k": float(data.k), "width": float(data.width)}
    if not using:
        scalars["changed"] = float(data.changed)
    stored = Stored("r", scalars=scalars, macros=macros)
    if "replace" in options:
        if not using or "clear" in options:
            _files.refuse_to_lose(ctx, "clear" in options)
        made = description(data, names)
        made.changed = True
        ctx.data = made
        return stored
    if "simple" in options:
        ctx.emit(lines(*columns(names, settings.linesize)))
        return stored
    out = [""]
    whole = not chosen
    if whole:
        out += summary_lines(data, n, settings, using)
    if "short" in options:
        if whole:
            ctx.emit(lines(*out, *footer_lines(data)))
            return stored
        raise StataError(198, "short may not be combined with a varlist")
    rows = variable_rows(data, names)
    rule = "-" * (settings.linesize - 1)
    if rows:
        if whole:
            out.append(rule)
        out += heading(settings)
        order = {name: k + 1 for k, name in enumerate(data.names)}
        numbers = [order[name] for name in names] if "numbers" in options else ()
        out += variable_lines(rows, settings, "fullnames" in options, numbers)
        if whole:
            out.append(rule)
        if any(row.noted for row in rows):
            out.append(" " * (LABEL_AT - 2) + "* indicated variables have notes")
        if whole and any(row.noted for row in rows):
            out.append(rule)
    if whole:
        out += footer_lines(data)
    ctx.emit(lines(*out))
    return stored
