"""sreturn: List stored results s().   sreturn list"""

from __future__ import annotations

from pystata_hlm.commands._listing import list_results
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_LACKING = (
    ("local", 3),
    ("scalar", 3),
    ("matrix", 3),
    ("add", 3),
    ("post", 4),
    ("repost", 6),
    ("display", 2),
)


@command("sreturn", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.replace(",", " , ").split()
    sub = match(words[0], (("list", 2), ("clear", 5), *_LACKING)) if words else None
    if sub == "clear":
        ctx.workspace.s = Stored("s")
        return None
    if sub is not None and sub != "list":
        raise StataError(198, f"sreturn {sub} not yet supported")
    if sub is None:
        raise StataError(198, f"invalid '{words[0]}' " if words else "invalid syntax")
    if words[1:] not in ([], [",", "all"]):
        raise StataError.invalid_syntax()
    list_results(ctx.workspace.s, ctx)
    return None
