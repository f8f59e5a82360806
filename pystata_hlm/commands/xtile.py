"""xtile: categories by quantiles.   xtile newvar = exp [if] [in] [weight] [, nquantiles(#) cutpoints(varname)]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.commands._storing import count_missing, missing_note, numbers
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "xtile",
    syntax="anything_exp",
    allow={"if", "in", "exp"},
    weights=("fweight", "aweight", "pweight"),
    options=(Opt("nquantiles", 1, "int"), Opt("cutpoints", 1, "varname")),
    unsupported=("altdef",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    name = call.node.text.strip()
    if call.exp is None or not re.fullmatch(r"\w+", name):
        raise StataError.invalid_syntax()
    check(name)
    data = ctx.data
    if name in data:
        raise StataError.already_defined(name)
    if call.has("nquantiles") and call.has("cutpoints"):
        raise StataError(198, "options nquantiles() and cutpoints() may not be combined")
    value = ctx.evaluate(call.exp, call.sample)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    x = np.asarray(numbers(value, data.n)[0])
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    if call.has("cutpoints"):
        cuts = data.values(call.opt("cutpoints"))
        cuts = np.sort(cuts[~np.isnan(cuts)])
    else:
        count = call.opt("nquantiles", 2)
        if count < 2:
            raise StataError(198, "nquantiles() must be greater than or equal to 2")
        weights = None if call.weight is None else call.weight.values[used]
        grouped = Grouped(x[used], np.zeros(int(used.sum()), dtype=np.int64), 1, weights)
        cuts = np.array([grouped.percentile(100.0 * k / count)[0] for k in range(1, count)])
    out = np.full(data.n, np.nan)
    out[used] = 1.0 + np.searchsorted(cuts, x[used], side="left")
    column = Column.numeric(out, None, "byte" if len(cuts) < 100 else "int")
    data.add(name, column)
    absent = count_missing(column)
    if absent:
        ctx.say(missing_note(absent))
    return None
