"""erase: erase a file.   erase filename"""

from __future__ import annotations

from pystata_hlm.commands._files import file_argument
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("erase", syntax="raw", aliases=(("rm", 2),))
def run(call: Call, ctx: Context) -> Stored | None:
    name = file_argument(call.text)
    if not name:
        raise StataError(198, "invalid file specification")
    path = ctx.workspace.resolve(name)
    if not path.is_file():
        raise StataError.file_not_found(name)
    try:
        path.unlink()
    except OSError:
        raise StataError(608, f"file {name} is read-only; cannot be modified or erased") from None
    return None
