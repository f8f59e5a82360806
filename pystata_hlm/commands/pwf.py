"""pwf: say which frame is the current one.   pwf"""

from __future__ import annotations

from pystata_hlm.commands import _frames
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("pwf", varlist="none", allow=set(), klass="r")
def run(call: Call, ctx: Context) -> Stored | None:
    return _frames.show_current(ctx)
