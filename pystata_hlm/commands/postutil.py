"""postutil: list or close all postfiles.   postutil {dir | clear}"""

from __future__ import annotations

from pystata_hlm.commands._postfiles import close_all
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("postutil", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    sub = match(words[0], (("dir", 1), ("clear", 5))) if len(words) == 1 else None
    if sub is None:
        raise StataError.invalid_syntax()
    if sub == "clear":
        close_all(ctx)
        return None
    held = ctx.workspace.postfiles
    for name, post in held.items():
        ctx.say(f"  {name:<20} {post.shown}")
    return Stored("r", macros={"names": " ".join(held)} if held else {})
