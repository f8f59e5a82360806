"""order: reorder variables.   order varlist [, first last before(var) after(var) alphabetic sequential]"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def sequential_key(name: str) -> tuple[object, ...]:
    """``x2`` before ``x10``: digits compare as numbers."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


@command(
    "order",
    varlist="required",
    allow=set(),
    options=(
        Opt("first", 1),
        Opt("last", 1),
        Opt("before", 1, "varname"),
        Opt("after", 1, "varname"),
        Opt("alphabetic", 2),
        Opt("sequential", 3),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if sum(call.has(name) for name in ("first", "last", "before", "after")) > 1:
        raise StataError(198, "only one of first, last, before() or after() may be specified")
    names = list(dict.fromkeys(call.varlist))
    if call.has("alphabetic"):
        names.sort()
    elif call.has("sequential"):
        names.sort(key=sequential_key)
    ctx.data.order(names, before=call.opt("before"), after=call.opt("after"), last=call.has("last"))
    return None
