"""drop: eliminate variables or observations.   drop varlist | [by:] drop if exp | drop in range [if exp]"""

from __future__ import annotations

from pystata_hlm.commands._rows import select
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("drop", varlist="raw", byable="vector")
def run(call: Call, ctx: Context) -> Stored | None:
    select(call, ctx, keep=False)
    return None
