"""postclose: end posting and leave the dataset on disk.   postclose postname"""

from __future__ import annotations

from pystata_hlm.commands._postfiles import find
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("postclose", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    if len(words) != 1:
        raise StataError.invalid_syntax()
    find(words[0], ctx).write()
    del ctx.workspace.postfiles[words[0]]
    return None
