"""tempfile: Name of a temporary file.   tempfile name [name ...]"""

from __future__ import annotations

from pystata_hlm.commands._macros import check_name
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.tempfiles import new_tempfile


@command("tempfile", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    if not words:
        raise StataError(198, "invalid syntax")
    for word in words:
        ctx.locals[check_name(word, "local")] = new_tempfile(ctx)
    return None
