"""version: Say or state the release that commands are written for.   version [#[.#]]"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.versions import read_version


@command("version", min=4, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    ws = ctx.workspace
    if not call.text.partition(",")[0].strip():
        ctx.say(f"version {ws.settings.release if ws.version is None else ws.version:.1f}")
    else:
        ws.set_version(read_version(call.text, ctx))
    return None
