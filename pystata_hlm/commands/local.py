"""local: Define a local macro.   local [++|--]name [=exp | : extended_fcn | text]"""

from __future__ import annotations

from pystata_hlm.commands._macros import define
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("local", min=3, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    define(call.text, "local", ctx)
    return None
