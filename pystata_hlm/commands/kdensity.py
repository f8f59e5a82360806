"""kdensity: Univariate kernel density estimation.   kdensity varname [if] [in] [weight] [, options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command(
    "kdensity",
    min=2,
    klass="r",
    varlist="required",
    max_vars=1,
    weights=("fweight", "aweight"),
    any_option=True,
)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import kdensity

    return kdensity.run(call, ctx)
