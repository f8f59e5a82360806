"""pause: stop and wait, for finding mistakes in programs (goes on at once here).   pause [on | off | message]"""

from __future__ import annotations

from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("pause", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = strip_quotes(call.text.strip())
    if text in ("on", "off"):
        ctx.settings.pause = text == "on"
    elif ctx.settings.pause:
        ctx.say(f"pause:  {text}")
    return None
