"""more: Pause until a key is pressed (goes on at once here).   more"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("more", varlist="none", allow=frozenset())
def run(call: Call, ctx: Context) -> Stored | None:
    return None
