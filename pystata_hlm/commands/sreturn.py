"""sreturn: Store and list results in s().   sreturn {local name ... | clear | list}"""

from __future__ import annotations

from pystata_hlm.commands._listing import list_results
from pystata_hlm.commands._returning import check_list, set_local, subcommand
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("sreturn", min=3, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    ws = ctx.workspace
    sub, rest = subcommand(call.text)
    if sub == "list":
        check_list(rest)
        list_results(ws.s, ctx)
    elif sub == "clear":
        ws.s = Stored("s")
    elif sub == "local":
        ws.s = set_local(ws.s, rest, ctx)
    else:
        raise StataError.invalid_word(sub)
    return None
