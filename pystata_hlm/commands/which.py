"""which: Show where a command comes from.   which command_name"""

from __future__ import annotations

import sys

from pystata_hlm.errors import StataError
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("which", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.partition(",")[0].split()
    if len(words) != 1:
        raise StataError.invalid_syntax()
    spec = registry.find(words[0])
    if spec is None:
        raise StataError(111, f"command {words[0]} not found as a command of pystata_hlm")
    file = sys.modules[spec.run.__module__].__file__
    ctx.say(f"{file}\n{spec.name}: {spec.summary}")
    return None
