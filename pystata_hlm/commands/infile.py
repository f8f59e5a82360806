"""infile: read text in free format or with a dictionary.   infile [varlist] using filename [if] [in] [, automatic byvariable(#) clear]"""

from __future__ import annotations

import re
from typing import Any

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands import _rawdata
from pystata_hlm.data import names as naming
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.records import Bad, Field, bare, column_of, free_tokens
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("clear"),
    Opt("automatic", 1),
    Opt("byvariable", 2, "int"),
    Opt("using", 1, "string"),
    Opt("ebcdic"),
)
_SPEC = re.compile(
    r"\s*(?:_skip(?:\((\d+)\))?|(byte|int|long|float|double|strL|str\d*)\s*\(([^()]*)\)"
    r"|(byte|int|long|float|double|strL|str\d*)(?=\s)|([^\W\d]\w*)-([^\W\d]\w*)|([^\W\d]\w*)(?::(\w+))?)"
)
_ENDING = re.compile(r"(.*?)(\d+)\Z")


def numbered(first: str, last: str) -> list[str]:
    """``x1-x5`` -> x1 ... x5; r(198)."""
    a, b = _ENDING.fullmatch(first), _ENDING.fullmatch(last)
    if a is None or b is None or a[1] != b[1] or int(a[2]) > int(b[2]):
        raise StataError.invalid_syntax()
    return [f"{a[1]}{k}" for k in range(int(a[2]), int(b[2]) + 1)]


def targets(text: str, default: str) -> list[Field | None]:
    """The variables in order; None for a value to skip."""
    out: list[Field | None] = []
    stype, at = "", 0
    while text[at:].strip():
        found = _SPEC.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        if found[4]:
            stype = found[4]
            continue
        if found[2]:
            inner = targets(found[3], found[2])
            out += inner
        elif found[5]:
            out += [_field(name, stype or default) for name in numbered(found[5], found[6])]
        elif found[7]:
            out.append(_field(found[7], stype or default, found[8] or ""))
        else:
            out += [None] * int(found[1] or 1)
        stype = ""
    names = [field.name for field in out if field is not None]
    if stype or not names:
        raise StataError.invalid_syntax()
    if len(set(names)) < len(names):
        raise StataError.already_defined(next(name for name in names if names.count(name) > 1))
    return out


def _field(name: str, stype: str, label: str = "") -> Field:
    naming.check(name)
    return Field(
        name, "str244" if stype == "str" else stype, text=storage.is_string(stype), value_label=label
    )


def read_free(text: bytes, fields: list[Field | None], by_variable: int) -> tuple[Any, Any, int, bool]:
    """Columns, entries that are no numbers, observations, and whether the last observation is complete."""
    tokens = free_tokens(text)
    k = len(fields)
    n = by_variable or -(-len(tokens) // k)
    whole = len(tokens) == n * k
    columns: list[tuple[Field, Column]] = []
    wrong: list[tuple[Field, list[Bad]]] = []
    for j, field in enumerate(fields):
        if field is None:
            continue
        entries = tokens[j * n : (j + 1) * n] if by_variable else tokens[j::k]
        strings = bare([*entries.tolist(), *[b""] * (n - len(entries))])
        column, bad = column_of(strings, field.stype, field.text)
        columns.append((field, column))
        if bad:
            wrong.append((field, bad))
    return columns, wrong, n, whole


@command("infile", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    node, options, name = shared.parsed(call.text, OPTIONS, (), ctx)
    clauses = node.clauses
    if clauses.using is None:
        raise StataError(100, "using required")
    shared.need_file(name)
    shared.need_empty(ctx, "clear" in options)
    if not node.text.strip():
        if "byvariable" in options:
            raise StataError(198, "option byvariable() not allowed with a dictionary")
        _rawdata.from_dictionary(name, "infile", _rawdata.infile_layout, options, clauses, ctx)
        return None
    if "using" in options or "ebcdic" in options:
        raise StataError.option_not_allowed("using()" if "using" in options else "ebcdic")
    fields = targets(node.text, ctx.settings.type)
    if options.get("byvariable", 1) < 1:
        raise StataError(198, "option byvariable() incorrectly specified")
    text = shared.contents(name, ".raw", ctx)
    columns, wrong, n, whole = read_free(text, fields, options.get("byvariable", 0))
    if not whole:
        ctx.say("(eof not at end of obs)")
    _rawdata.store(columns, wrong, n, clauses, "automatic" in options, ctx)
    return None
