"""ereturn: Store and list estimation results.   ereturn post|repost|scalar|local|matrix|display|clear|list"""

from __future__ import annotations

from pystata_hlm.commands import _posting
from pystata_hlm.commands._listing import list_results
from pystata_hlm.commands._returning import SETTERS, check_list, subcommand
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.workspace import E_SAMPLE

_MORE = (("post", 4), ("repost", 6), ("display", 2))


@command("ereturn", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    ws = ctx.workspace
    sub, rest = subcommand(call.text, _MORE)
    if sub == "list":
        check_list(rest)
        list_results(ws.e, ctx, sample=E_SAMPLE in ctx.data.hidden)
    elif sub == "clear":
        ws.clear_estimates()
    elif sub == "post":
        _posting.post(rest, ctx)
    elif sub == "repost":
        _posting.repost(rest, ctx)
    elif sub == "display":
        _posting.display(rest, ctx)
    else:
        ws.e = SETTERS[sub](ws.e, rest, ctx)
    return None
