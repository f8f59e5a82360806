"""rmdir: remove an empty directory.   rmdir directoryname"""

from __future__ import annotations

from pystata_hlm.commands import _importing as shared
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("rmdir", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    name = shared.parsed(call.text, (), (), ctx)[2]
    folder = ctx.workspace.resolve(shared.need_file(name))
    if not folder.is_dir():
        raise StataError(601, f"directory {name} not found")
    try:
        folder.rmdir()
    except OSError:
        raise StataError(693, f"could not remove directory {name}") from None
    return None
