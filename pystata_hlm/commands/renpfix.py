"""renpfix: rename the prefix of variables.   renpfix oldstub [newstub]"""

from __future__ import annotations

from pystata_hlm.data import names as naming
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("renpfix", syntax="anything", allow=set())
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.node.text.split()
    if len(words) not in (1, 2):
        raise StataError.invalid_syntax()
    old, new = (*words, "")[:2]
    pairs = {name: new + name[len(old) :] for name in ctx.data.names if name.startswith(old)}
    if not pairs:
        raise StataError(111, f"no variables starting with {old} found")
    for name in pairs.values():
        naming.check(name)
    ctx.data.rename_all(pairs)
    return None
