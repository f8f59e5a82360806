"""do: Run the commands of a file.   do filename [arguments]"""

from __future__ import annotations

from pystata_hlm.commands._dofile import run_file
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("do", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    run_file(call.text, ctx, echo=True)
    return None
