"""_pctile: percentiles in r().   _pctile varname [if] [in] [weight] [, nquantiles(#) percentiles(numlist) altdef]"""

from __future__ import annotations

from pystata_hlm.commands import _percentiles
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command(
    "_pctile",
    klass="r",
    varlist="required",
    max_vars=1,
    weights=("aweight", "fweight", "pweight"),
    options=_percentiles.OPTIONS,
)
def run(call: Call, ctx: Context) -> Stored:
    column = ctx.data.column(call.varlist[0])
    if column.is_string:
        raise StataError.type_mismatch()
    return _percentiles.stored(_percentiles.compute(column.values(), _percentiles.wanted(call), call))
