"""gladder: Ladder-of-powers histograms.   gladder varname [if] [in] [, bin(#) frequency options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("gladder", varlist="required", max_vars=1, any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import gladder

    return gladder.run(call, ctx)
