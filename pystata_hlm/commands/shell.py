"""shell: run a command of the operating system.   shell [command] | ! [command]"""

from __future__ import annotations

import subprocess

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("shell", min=2, syntax="raw", aliases=(("!", 0),))
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    if not text:
        raise StataError(198, "shell without a command opens a window, which is not possible here")
    try:
        done = subprocess.run(
            text,
            shell=True,
            cwd=ctx.workspace.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except (OSError, ValueError) as error:
        raise StataError(198, f"command could not be run: {error}") from None
    shown = done.stdout.decode("utf-8", "replace").rstrip("\n")
    if shown:
        ctx.say(shown)
    return None
