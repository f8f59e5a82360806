"""tab1: One-way tables of several variables.   tab1 varlist [if] [in] [weight] [, tabulate_options]"""

from __future__ import annotations

from pystata_hlm.commands import _oneway
from pystata_hlm.commands.tabulate import OPTIONS, sample_of
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_OWN = tuple(o for o in OPTIONS if o.name in ("missing", "nofreq", "nolabel", "sort", "matcell", "matrow"))


@command(
    "tab1",
    klass="r",
    varlist="required",
    byable="loop",
    weights=("fweight", "aweight", "iweight"),
    options=_OWN,
    unsupported=("plot:2",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    stored = None
    for name in call.varlist:
        ctx.say(f"\n-> tabulation of {name}  ")
        stored = _oneway.tabulate(call, ctx, name, sample_of(call, ctx, (name,)))
    return stored
