"""winexec: start a program and go on.   winexec program [arguments]"""

from __future__ import annotations

import shlex
import subprocess

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("winexec", min=4, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    try:
        words = shlex.split(call.text)
    except ValueError:
        raise StataError.invalid_syntax() from None
    if not words:
        raise StataError(198, "invalid file specification")
    quiet = subprocess.DEVNULL
    try:
        subprocess.Popen(words, cwd=ctx.workspace.cwd, stdin=quiet, stdout=quiet, stderr=quiet)
    except (OSError, ValueError):
        raise StataError(601, f"program {words[0]} not found") from None
    return None
