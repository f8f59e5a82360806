"""ds: list variable names that have (or lack) properties.   ds [varlist] [, not has(spec) not(spec) alpha detail varwidth(#)]"""

from __future__ import annotations

import fnmatch

from pystata_hlm.commands.sysuse import columns
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _is_type(column: Column, word: str) -> bool:
    if word in ("numeric", "num"):
        return not column.is_string
    if word in ("string", "str"):
        return column.is_string
    if not storage.is_type(word):
        raise StataError(198, f"invalid type {word}")
    return column.stype == word


def has(column: Column, spec: str) -> bool:
    """``type numeric``, ``vallabel [pattern]``, ``varlabel [pattern]``, ``format pattern``, ``char [pattern]``."""
    kind, *words = spec.split()
    if kind == "type":
        return any(_is_type(column, word) for word in words)
    if kind.startswith("vall"):
        return bool(column.value_label) and (not words or _matches([column.value_label], words))
    if kind.startswith("varl"):
        return bool(column.label) and (not words or _matches([column.label], words))
    if kind == "format":
        return _matches([column.format], words)
    if kind.startswith("char"):
        return bool(column.chars) and (not words or _matches(list(column.chars), words))
    raise StataError(198, f"invalid specification {kind}")


def _matches(texts: list[str], patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern.strip('"')) for text in texts for pattern in patterns)


@command(
    "ds",
    klass="r",
    varlist="all",
    allow=set(),
    options=(
        Opt("not", 0, "flagortext"),
        Opt("has", 0, "text"),
        Opt("alpha", 1),
        Opt("detail", 1),
        Opt("varwidth", 1, "int", 12),
        Opt("skip", 1, "int", 2),
    ),
    unsupported=("insensitive:4", "indent:3"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    names = list(call.varlist)
    excluded = call.opt("not")
    if call.has("not") and excluded is None and not call.has("has"):
        names = [name for name in data.names if name not in set(names)]
    if call.has("has"):
        names = [name for name in names if has(data.column(name), call.opt("has"))]
    if excluded:
        names = [name for name in names if not has(data.column(name), excluded)]
    if call.has("alpha"):
        names.sort()
    if call.has("detail"):
        ctx.execute(f"describe {' '.join(names)}") if names else None
    elif names:
        width = call.opt("varwidth", 12)
        ctx.emit(
            lines(
                *columns([abbrev(name, width) for name in names], ctx.settings.linesize, call.opt("skip", 2))
            )
        )
    return Stored("r", macros={"varlist": " ".join(names)})
