"""pwd: Show the working directory.   pwd"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("pwd", varlist="none", allow=frozenset())
def run(call: Call, ctx: Context) -> Stored | None:
    ctx.say(str(ctx.workspace.cwd))
    return None
