"""move: move a variable to the position of another.   move varname1 varname2"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("move", varlist="required", allow=set(), min_vars=2, max_vars=2)
def run(call: Call, ctx: Context) -> Stored | None:
    moved, place = call.varlist
    names = ctx.data.names
    if names.index(moved) < names.index(place):
        ctx.data.order([moved], after=place)
    elif moved != place:
        ctx.data.order([moved], before=place)
    return None
