"""error: Issue an error by its return code.   error exp"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.returncodes import wording
from pystata_hlm.runtime.spec import Call


@command("error", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    if not text:
        raise StataError.invalid_syntax()
    value = ctx.scalar(parse("expr", text))
    if not isinstance(value, float) or value != value:
        raise StataError.type_mismatch()
    rc = int(value)
    if not 0 <= rc <= 9999:
        raise StataError.invalid_syntax()
    if rc == 0:
        return None
    raise StataError(rc, wording(rc))
