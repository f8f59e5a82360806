"""return: Store and list results in r().   return scalar|local|matrix|add|clear|list

A program's results wait in its frame; those of an rclass program replace r() when it ends.
"""

from __future__ import annotations

from pystata_hlm.commands._listing import list_results
from pystata_hlm.commands._returning import SETTERS, check_list, subcommand
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("return", min=3, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    ws, frame = ctx.workspace, ctx.executor.frame
    sub, rest = subcommand(call.text, (("add", 3),))
    if sub == "list":
        check_list(rest)
        list_results(ws.r, ctx)
    elif sub == "clear":
        frame.returns = Stored("r")
        if frame.program is None:
            ws.r = Stored("r")
    elif sub == "add":
        r, mine = ws.r, frame.returns
        frame.returns = Stored(
            "r",
            {**r.scalars, **mine.scalars},
            {**r.macros, **mine.macros},
            {**r.matrices, **mine.matrices},
        )
    else:
        frame.returns = SETTERS[sub](frame.returns, rest, ctx)
    return None
