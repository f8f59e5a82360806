"""cd: Change the working directory.   cd [directory_name]"""

from __future__ import annotations

from pathlib import Path

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("cd", syntax="raw", aliases=(("chdir", 0),))
def run(call: Call, ctx: Context) -> Stored | None:
    name = strip_quotes(call.text)
    if name:
        folder = ctx.workspace.resolve(name)
        if not folder.is_dir():
            raise StataError(170, f"unable to change to {name}")
        ctx.workspace.cwd = Path(folder).resolve()
    ctx.say(str(ctx.workspace.cwd))
    return None
