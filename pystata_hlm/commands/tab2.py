"""tab2: Two-way tables of all pairs of variables.   tab2 varlist [if] [in] [weight] [, tabulate_options]"""

from __future__ import annotations

from itertools import combinations

from pystata_hlm.commands import _twoway
from pystata_hlm.commands.tabulate import OPTIONS, sample_of
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_NOT = (
    "g",
    "generate",
    "sort",
    "summarize",
    "means",
    "nomeans",
    "standard",
    "nostandard",
    "freq",
    "obs",
    "noobs",
)
_OWN = (*(o for o in OPTIONS if o.name not in _NOT), Opt("firstonly", 5))


@command(
    "tab2",
    klass="r",
    varlist="required",
    min_vars=2,
    byable="loop",
    weights=("fweight",),
    options=_OWN,
)
def run(call: Call, ctx: Context) -> Stored | None:
    stored = None
    for first, second in combinations(call.varlist, 2):
        if call.has("firstonly") and first != call.varlist[0]:
            continue
        ctx.say(f"\n-> tabulation of {first} by {second}  ")
        stored = _twoway.tabulate(call, ctx, (first, second), sample_of(call, ctx, (first, second)))
    return stored
