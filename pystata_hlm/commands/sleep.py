"""sleep: Pause for a number of milliseconds.   sleep #"""

from __future__ import annotations

import time

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("sleep", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    value = ctx.scalar(parse("expr", call.text.strip())) if call.text.strip() else None
    if not isinstance(value, float) or not 0 <= value < 2**31:
        raise StataError.invalid_syntax()
    time.sleep(value / 1000)
    return None
