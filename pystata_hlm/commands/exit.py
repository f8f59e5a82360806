"""exit: Leave a do-file or the session.   exit [[=] exp] [, clear STATA]"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.executor import ExitDoFile, LeaveSession
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("exit", min=1, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    exp, _, options = call.text.partition(",")
    words = options.split()
    for word in words:
        if word != "STATA" and not (len(word) >= 1 and "clear".startswith(word)):
            raise StataError.option_not_allowed(word)
    exp = re.sub(r"^\s*=", "", exp).strip()
    rc = 0
    if exp:
        value = ctx.scalar(parse("expr", exp))
        if not isinstance(value, float) or value != value:
            raise StataError.type_mismatch()
        rc = int(value)
    if len(ctx.executor.frames) > 1 and "STATA" not in words:
        raise ExitDoFile(rc)
    if ctx.data.changed and ctx.data.names and len(ctx.executor.frames) == 1 and not words:
        raise StataError.data_would_be_lost()
    raise LeaveSession(rc)
