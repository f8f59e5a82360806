"""edit: Look at data (nothing can be changed by hand here: see browse).   edit [varlist] [if] [in] [, nolabel]"""

from __future__ import annotations

from pystata_hlm.commands.browse import look
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("edit", min=2, varlist="all", options=(Opt("nolabel", 3, "off"),))
def run(call: Call, ctx: Context) -> Stored | None:
    look(call, ctx)
    return None
