"""mkf: make a frame.   mkf name [newvarlist]"""

from __future__ import annotations

from pystata_hlm.commands.frame import create
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("mkf", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    return create(call.text, ctx)
