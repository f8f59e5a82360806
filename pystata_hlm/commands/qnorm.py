"""qnorm: Quantiles against those of the normal.   qnorm varname [if] [in] [, rlopts() options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("qnorm", varlist="required", max_vars=1, any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import normal

    return normal.run(call, ctx)
