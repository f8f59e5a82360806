"""clear: remove data and results from memory.   clear [all|results|matrix|programs|mata|frames|*]"""

from __future__ import annotations

from pystata_hlm.commands import _openfiles, _postfiles
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def clear_results(ctx: Context) -> None:
    """``clear results``: r(), e() and s()."""
    ws = ctx.workspace
    ws.clear_estimates()
    ws.r, ws.s = Stored("r"), Stored("s")


@command("clear", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    what = call.text.strip()
    ws = ctx.workspace
    everything = what in ("all", "*", "_all")
    if what not in ("", "all", "_all", "*", "results", "matrix", "programs", "mata", "ado", "frames"):
        raise StataError.invalid_syntax()
    if what == "frames" or everything:
        ws.reset_frames()
    elif what == "":
        ctx.data = Dataset()
    if what == "results" or everything:
        clear_results(ctx)
    if what == "matrix" or everything:
        ws.matrices.clear()
    if everything:
        ws.scalars.clear()
        ws.estimates.clear()
        ws.graphs.clear()
        ws.current_graph = ""
        ws.preserved.clear()
    if everything:
        _openfiles.close_all(ctx)
        _postfiles.close_all(ctx)
        ws.constraints.clear()
        ws.timers.clear()
    if what in ("programs", "ado") or everything:
        from pystata_hlm.runtime.programs import drop

        drop(["_allado" if what == "ado" else "_all"], ctx.executor)
    return None
