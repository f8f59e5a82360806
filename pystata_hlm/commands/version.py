"""version: Say or state the release that commands are written for.   version [#[.#]]"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

NEWEST = 19.5
"""Do-files written for these releases are read."""


@command("version", min=4, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.partition(",")[0].strip()
    release = ctx.settings.release
    if not text:
        ctx.say(f"version {release}.0")
        return None
    try:
        number = float(text)
    except ValueError:
        raise StataError(198, f"invalid '{text}' ") from None
    if not 1 <= number <= NEWEST:
        raise StataError(9, f"this is version {release}.0; it cannot run version {text} programs")
    return None
