"""sample: draw a random sample without replacement.   sample # [if] [in] [, count by(varlist)]

Observations outside if and in are kept; of the others # percent, or # of each group, stay.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.commands._subset import number_in, random_place
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("sample", syntax="anything", byable="vector", options=(Opt("count", 1), Opt("by", 0, "varlist")))
def run(call: Call, ctx: Context) -> Stored | None:
    text, data = call.node.text.strip(), ctx.data
    if not text:
        raise StataError.invalid_syntax()
    size = number_in(text, ctx)
    if not size >= 0 or (size > 100 and not call.has("count")):
        raise StataError(198, f"invalid '{text}' ")
    if call.has("count") and size != int(size):
        raise StataError(198, "# must be an integer with option count")
    if call.by is not None and call.has("by"):
        raise StataError(190, "by() option may not be combined with by prefix")
    names = list(call.opt("by", call.by.names if call.by is not None else ()))
    rows = np.flatnonzero(call.sample)
    groups = data.groups(names, call.sample)
    codes = groups.codes[rows]
    place = random_place(codes, len(rows), ctx)
    wanted = (
        np.full(len(groups), size)
        if call.has("count")
        else np.floor(np.asarray(groups.sizes) * size / 100 + 0.5)
    )
    keep = ~call.sample
    keep[rows] = place < wanted[codes]
    before = data.n
    left = data.keep_rows(keep)
    ctx.say(f"({plural(before - left, 'observation', 'observations')} deleted)")
    return None
