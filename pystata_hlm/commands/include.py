"""include: Run the commands of a file in the present scope of local macros.   include filename"""

from __future__ import annotations

from pystata_hlm.commands._dofile import run_file
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("include", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    run_file(call.text, ctx, echo=True, shared_locals=True)
    return None
