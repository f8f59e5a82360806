"""#delimit: the character that ends a command.   #delimit cr|;"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("#delimit", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    """#delimit: the character that ends a command.   #delimit cr|;

    ``lang.source`` has already read what follows accordingly; here is the message.
    """
    found = re.fullmatch(r"\s*(cr|;)\s*;?\s*", call.text)
    if found is None:
        raise StataError.invalid_syntax()
    ctx.say(f"delimiter now {found[1]}")
    return None
