"""tempvar: Name of a temporary variable.   tempvar name [name ...]"""

from __future__ import annotations

from pystata_hlm.commands._macros import check_name
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import fresh_name
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("tempvar", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    if not words:
        raise StataError(198, "invalid syntax")
    for word in words:
        name = fresh_name(ctx)
        ctx.locals[check_name(word, "local")] = name
        ctx.executor.frame.temporaries.append(("var", name))
    return None
