"""preserve: keep a copy of the data, restored by restore or at the end of the do-file.   preserve"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import depth, own
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("preserve", varlist="none", allow=set(), options=(Opt("changed"), Opt("memory"), Opt("frame")))
def run(call: Call, ctx: Context) -> Stored | None:
    if own(ctx) is not None:
        raise StataError(621, "already preserved")
    ctx.workspace.preserved.append((depth(ctx), ctx.data.copy(), ctx.workspace.frame))
    return None
