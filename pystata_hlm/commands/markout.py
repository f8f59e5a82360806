"""markout: Drop observations with missings from the marked sample.   markout markvar [varlist] [, strok]"""

from __future__ import annotations

from pystata_hlm.commands import _marking
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("markout", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text, _, tail = call.text.strip().partition(",")
    name, _, varlist = text.strip().partition(" ")
    options = typed_options(
        parse("options", tail.strip()) if tail.strip() else (),
        (Opt("strok", 5), Opt("sysmissok", 9)),
        (),
        ctx,
    )
    if not name:
        raise StataError.varlist_required()
    name = ctx.data.find(name, ctx.settings.varabbrev)
    column = ctx.data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    values = column.values()
    sample = _marking.markout(
        values != 0, varlist, ctx, strok="strok" in options, sysmissok="sysmissok" in options
    )
    _marking.put(name, sample, ctx)
    return None
