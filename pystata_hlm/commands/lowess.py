"""lowess: Lowess smoothing.   lowess yvar xvar [if] [in] [, bwidth(#) mean generate(newvar) options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("lowess", varlist="required", min_vars=2, max_vars=2, any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import lowess

    return lowess.run(call, ctx)
