"""mrunning: Multivariable scatterplot smoother.   mrunning yvar xvarlist [if] [in] [weight] [, options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("mrunning", varlist="required", min_vars=2, weights=("aweight", "fweight"), any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import mrunning

    return mrunning.run(call, ctx)
