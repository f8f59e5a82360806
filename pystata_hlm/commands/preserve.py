"""preserve: keep a copy of the data.   preserve"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def depth(ctx: Context) -> int:
    """How many do-files and programs are running: each may preserve once."""
    return len(ctx.executor.frames)


@command("preserve", varlist="none", allow=set(), options=(Opt("changed"), Opt("memory"), Opt("frame")))
def run(call: Call, ctx: Context) -> Stored | None:
    kept = ctx.workspace.preserved
    if kept and kept[-1][0] == depth(ctx):
        raise StataError(621, "already preserved")
    kept.append((depth(ctx), ctx.data.copy()))
    return None
