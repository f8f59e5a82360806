"""aorder: alphabetize variables and move them to the front.   aorder [varlist]"""

from __future__ import annotations

from pystata_hlm.commands.order import sequential_key
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("aorder", varlist="all", allow=set())
def run(call: Call, ctx: Context) -> Stored | None:
    ctx.data.order(sorted(dict.fromkeys(call.varlist), key=sequential_key))
    return None
