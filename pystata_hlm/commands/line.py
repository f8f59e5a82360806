"""line: Line plot.   line yvars xvar [if] [in] [, options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("line", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import twoway

    return twoway.run_line(call, ctx)
