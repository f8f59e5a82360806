"""discard: Drop programs that were loaded from ado-files, and estimation results.   discard"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("discard", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.runtime import programs

    if call.text.strip():
        raise StataError.invalid_syntax()
    programs.drop(["_allado"], ctx.executor)
    ctx.workspace.clear_estimates()
    ctx.workspace.r, ctx.workspace.s = Stored("r"), Stored("s")
    return None
