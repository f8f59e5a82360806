"""format: set or show display formats.   format varlist %fmt | format %fmt varlist | format [varlist]"""

from __future__ import annotations

from pystata_hlm.data import names as naming
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import parse_format
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

NAME_WIDTH = 12


@command("format", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    formats = [word for word in words if word.startswith("%")]
    if len(formats) > 1:
        raise StataError.invalid_syntax()
    rest = " ".join(word for word in words if not word.startswith("%"))
    names = (
        list(expand_varlist(ctx.data, parse("varlist", rest), varabbrev=ctx.settings.varabbrev))
        if rest
        else list(ctx.data.names)
    )
    if not formats:
        width = max((len(naming.abbrev(name, 32)) for name in names), default=0)
        width = max(width, NAME_WIDTH)
        if names:
            heading = ["", f"{'variable name':<{width + 2}}display format", "-" * (width + 2 + 14)]
            body = [f"{name:<{width + 2}}{ctx.data.column(name).format}" for name in names]
            ctx.emit(lines(*heading, *body, "-" * (width + 2 + 14)))
        return None
    if not rest:
        raise StataError.varlist_required()
    wanted = parse_format(formats[0])
    for name in names:
        if ctx.data.column(name).is_string != wanted.is_string:
            raise StataError.type_mismatch()
    for name in names:
        column = ctx.data.column(name).with_(format=formats[0])
        ctx.data.set_column(name, column, same_values=True)
    return None
