"""sort: sort the data in ascending order.   sort varlist [in] [, stable]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.data import sorting
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("sort", min=2, varlist="required", allow={"in"}, options=(Opt("stable", 1),))
def run(call: Call, ctx: Context) -> Stored | None:
    names = list(dict.fromkeys(call.varlist))
    if not call.restricted:
        ctx.data.sort(names, stable=True)  # ties keep their order with and without the option
        return None
    rows = np.flatnonzero(call.sample)
    inside = sorting.stable_order([sorting.sort_key(ctx.data.column(name).take(rows)) for name in names])
    if inside is not None:
        order = np.arange(ctx.data.n)
        order[rows] = rows[inside]
        ctx.data.keep_rows(order)
    return None
