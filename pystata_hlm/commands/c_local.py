"""c_local: Define a local macro of the program's caller.   c_local name [=exp | : extended_fcn | text]"""

from __future__ import annotations

from pystata_hlm.commands._macros import define
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import Frame
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("c_local", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    frames = ctx.executor.frames
    if len(frames) < 2:
        raise StataError.invalid_syntax()
    name = call.text.strip().split("=")[0].split(":")[0].split()[0] if call.text.strip() else ""
    frames.append(Frame(locals=dict(frames[-1].locals)))  # the expression may name the program's own macros
    try:
        define(call.text, "local", ctx)
        text = ctx.executor.macro(name.lstrip("+-"), "local")
    finally:
        frames.pop()
    caller = frames[-2].locals
    caller[name.lstrip("+-")] = text
    return None
