"""describe: describe data in memory or in a file.   describe [varlist] [using filename] [, short simple fullnames]"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from pystata_hlm.commands import _files
from pystata_hlm.commands.sysuse import columns
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


def variable_lines(rows: list[Row], settings: Settings, fullnames: bool = False) -> list[str]:
    """One line per variable; long labels go on below, indented."""
    room = max(10, settings.linesize - 1 - LABEL_AT)
    out = []
    for row in rows:
        mark = "*" if row.noted else " "
        rest = f"{row.stype:<7} {row.format:<10} {abbrev(row.value_label, 9):<9}{mark} "
        if fullnames and len(row.name) > 15:
            out.append(row.name)
            first = " " * 16 + rest
        else:
            first = f"{abbrev(row.name, 15):<15} " + rest
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


def summary_lines(data: Dataset, settings: Settings) -> list[str]:
    """Where the data come from, their size, label and date."""
    first = f"Contains data from {data.filename}" if data.filename else "Contains data"
    noted = "(_dta has notes)" if data.notes() else ""
    facts = [data.label, data.timestamp.strip() if data.filename else "", noted]
    if settings.release >= 17:
        sizes = [(" Observations:", f"{data.n:,}"), ("    Variables:", f"{data.k:,}")]
        label_width, edge = 14, 28
    else:
        sizes = [("  obs:", f"{data.n:,}"), (" vars:", f"{data.k:,}"), (" size:", f"{data.width * data.n:,}")]
        label_width, edge = 7, 20
    out = [first]
    for i in range(max(len(sizes), 3 if noted else 0)):
        left = f"{sizes[i][0]:<{label_width}}{sizes[i][1]:>{edge - label_width}}" if i < len(sizes) else ""
        out.append(f"{left:<{LABEL_AT}}{facts[i]}")
    return out


def footer_lines(data: Dataset, settings: Settings) -> list[str]:
    out = ["Sorted by: " + "  ".join(data.sortedby)]
    if data.changed:
        out.append("     Note: Dataset has changed since last saved.")
    return out


@command("describe", min=1, klass="r", syntax="raw", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    node = parse("anything", call.text)
    clauses = node.clauses
    options = typed_options(clauses.options, OPTIONS, ("replace", "clear", "numbers:1", "detail:1"), ctx)
    if clauses.if_ is not None or clauses.in_ is not None:
        raise StataError(101, "if not allowed" if clauses.if_ is not None else "in range not allowed")
    data = _files.read(strip_quotes(clauses.using), ctx) if clauses.using is not None else ctx.data
    settings = ctx.settings
    chosen = bool(node.text.strip())
    names = (
        list(expand_varlist(data, parse("varlist", node.text), varabbrev=settings.varabbrev))
        if chosen
        else list(data.names)
    )
    macros = {"varlist": " ".join(names), "sortlist": " ".join(data.sortedby)} if "varlist" in options else {}
    stored = Stored(
        "r",
        scalars={
            "N": float(data.n),
            "k": float(data.k),
            "width": float(data.width),
            "changed": float(data.changed),
        },
        macros=macros,
    )
    if "simple" in options:
        ctx.emit(lines(*columns(names, settings.linesize)))
        return stored
    out = [""]
    whole = not chosen
    if whole:
        out += summary_lines(data, settings)
    if "short" in options:
        if whole:
            ctx.emit(lines(*out, *footer_lines(data, settings)))
            return stored
        raise StataError(198, "short may not be combined with a varlist")
    rows = variable_rows(data, names)
    rule = "-" * (settings.linesize - 1)
    if rows:
        if whole:
            out.append(rule)
        out += heading(settings)
        out += variable_lines(rows, settings, "fullnames" in options)
        if whole:
            out.append(rule)
        if any(row.noted for row in rows):
            out.append(" " * (LABEL_AT - 2) + "* indicated variables have notes")
        if whole and any(row.noted for row in rows):
            out.append(rule)
    if whole:
        out += footer_lines(data, settings)
    ctx.emit(lines(*out))
    return stored
