"""restore: bring the preserved data back.   restore [, not preserve]"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import own
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("restore", varlist="none", allow=set(), options=(Opt("not"), Opt("preserve")))
def run(call: Call, ctx: Context) -> Stored | None:
    place = own(ctx)
    if place is None:
        raise StataError(622, "nothing to restore")
    if call.has("not") and call.has("preserve"):
        raise StataError(198, "options not and preserve may not be combined")
    snapshot = ctx.workspace.preserved[place][1]
    if not call.has("preserve"):
        del ctx.workspace.preserved[place]
    if not call.has("not"):
        ctx.data = snapshot.copy()
    return None
