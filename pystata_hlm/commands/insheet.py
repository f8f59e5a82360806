"""insheet: read comma- or tab-separated text.   insheet [varlist] using filename [, tab comma delimiter() [no]names case double clear]"""

from __future__ import annotations

from typing import Any

from pystata_hlm.commands import _import_delimited, _importing
from pystata_hlm.data import storage
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("double", 1),
    Opt("tab", 1),
    Opt("comma", 1),
    Opt("delimiter", 3, "text"),
    Opt("clear"),
    Opt("case"),
    Opt("names", 1),
    Opt("nonames", 3),
)


def settings(options: dict[str, Any]) -> dict[str, Any]:
    """The options in the words of import delimited."""
    if sum(name in options for name in ("tab", "comma", "delimiter")) > 1:
        raise StataError(198, "only one of options tab, comma, and delimiter() is allowed")
    if "names" in options and "nonames" in options:
        raise StataError(198, "options names and nonames may not be combined")
    out: dict[str, Any] = {"case": "preserve" if "case" in options else "lower", "encoding": "latin1"}
    if "tab" in options or "comma" in options:
        out["delimiters"] = '"tab"' if "tab" in options else '"comma"'
    if "delimiter" in options:
        mark = strip_quotes(options["delimiter"])
        if len(mark) != 1:
            raise StataError(198, "delimiter() must be one character")
        out["delimiters"] = f'"{mark}"'
    if "names" in options or "nonames" in options:
        out["varnames"] = "1" if "names" in options else "nonames"
    if "double" in options:
        out["asdouble"] = True
    return out


@command("insheet", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    node, options, name = _importing.parsed(call.text, OPTIONS, (), ctx)
    _importing.refuse_qualifiers(node)
    if node.clauses.using is None:
        raise StataError(100, "using required")
    wanted = settings(options)
    _importing.need_file(name)
    _importing.need_empty(ctx, "clear" in options)
    raw = _importing.contents(name, ".raw", ctx)
    if _is_utf8(raw):
        del wanted["encoding"]
    default = ctx.settings.type if ctx.settings.type in storage.NUMERIC_TYPES[3:] else "float"
    data, _ = _import_delimited.read_text(raw, wanted, default, node.text)
    _importing.adopt_new(data, ctx)
    ctx.say(_importing.size_note(data))
    return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
