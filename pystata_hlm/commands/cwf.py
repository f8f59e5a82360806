"""cwf: make another frame the current one.   cwf name"""

from __future__ import annotations

from pystata_hlm.commands import _frames
from pystata_hlm.commands.frame import one_name
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("cwf", syntax="raw", klass="r")
def run(call: Call, ctx: Context) -> Stored | None:
    return _frames.change(one_name(call.text), ctx)
