"""marginsplot: Graph the results of margins.   marginsplot [, xdimension() plotdimension() noci options]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("marginsplot", varlist="none", allow=frozenset(), any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import marginsplot

    return marginsplot.run(call, ctx)
