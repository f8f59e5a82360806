"""run: Run the commands of a file without output.   run filename [arguments]"""

from __future__ import annotations

from pystata_hlm.commands._dofile import run_file
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("run", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    with ctx.executor.quiet():
        run_file(call.text, ctx, echo=False)
    return None
