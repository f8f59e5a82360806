"""browse: Look at data.   browse [varlist] [if] [in] [, nolabel]

There is no Data Editor here: the rows are listed, up to a hundred of them. ``edit`` does the same.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands.list import show
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

MOST = 100


def look(call: Call, ctx: Context) -> None:
    rows = np.flatnonzero(call.sample)
    if not call.varlist or not rows.size:
        return
    show(call, ctx, rows[:MOST])
    if rows.size > MOST:
        ctx.say(f"(first {MOST} of {rows.size:,} observations)")


@command("browse", min=2, varlist="all", options=(Opt("nolabel", 3, "off"),))
def run(call: Call, ctx: Context) -> Stored | None:
    look(call, ctx)
    return None
