"""mkdir: create a directory.   mkdir directoryname [, public]"""

from __future__ import annotations

from pystata_hlm.commands import _importing as shared
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("mkdir", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    _, options, name = shared.parsed(call.text, (Opt("public"),), (), ctx)
    folder = ctx.workspace.resolve(shared.need_file(name))
    try:
        folder.mkdir()
        if "public" in options:
            folder.chmod(0o777)
    except OSError:
        raise StataError(693, f"could not create directory {name}") from None
    return None
