"""graph: The graph command.   graph {twoway|box|hbox|combine|export|display|save|use|drop|dir} ..."""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("graph", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.commands.graphs import graph

    return graph.run(call, ctx)
