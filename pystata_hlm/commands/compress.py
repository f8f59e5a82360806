"""compress: store variables in the smallest type.   compress [varlist]"""

from __future__ import annotations

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column, longest
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def smallest(column: Column) -> str:
    """The smallest type that holds the contents without loss; never a float for an integer type."""
    if column.stype == "strL":
        width = longest(column.data)
        return "strL" if width > storage.MAX_STR_WIDTH else storage.str_type(width)
    if column.is_string:
        return storage.str_type(longest(column.data))
    found = storage.smallest_type(column.values())
    if column.stype == "float" and found == "long":  # the same four bytes
        return "float"
    if storage.byte_width(found) >= storage.byte_width(column.stype):
        return column.stype
    return column.stype if storage.is_integer(column.stype) and found == "float" else found


@command("compress", min=3, varlist="all", allow=set(), options=(Opt("nocoalesce", 4, "off"),))
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    before = data.width
    for name in call.varlist:
        column = data.column(name)
        stype = smallest(column)
        if stype == column.stype:
            continue
        changed = column.recast(stype)
        if changed.is_string and column.format == storage.default_format(column.stype):
            changed = changed.with_(format=storage.default_format(stype))
        data.set_column(name, changed, same_values=True)
        ctx.say(f"  variable {name} was {column.stype} now {stype}")
    saved = (before - data.width) * data.n
    ctx.say(f"  ({saved:,} bytes saved)")
    return None
