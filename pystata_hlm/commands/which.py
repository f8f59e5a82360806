"""which: Show where a command comes from.   which command_name [, all]"""

from __future__ import annotations

import sys
from pathlib import Path

from pystata_hlm.errors import StataError
from pystata_hlm.lang.source import decode
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def show_file(path: Path, ctx: Context) -> None:
    """The path and the ``*!`` lines."""
    ctx.say(path.as_posix())
    for line in decode(path.read_bytes()).splitlines():
        if line.startswith("*!"):
            ctx.say(line)


@command("which", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    name, _, option = (part.strip() for part in call.text.partition(","))
    if len(name.split()) != 1:
        raise StataError.invalid_syntax()
    if option not in ("", "all"):
        raise StataError.option_not_allowed(option)
    ws = ctx.workspace
    spec = None if "." in name else registry.find(name)
    if spec is not None and name not in ws.programs:
        file = sys.modules[spec.run.__module__].__file__
        ctx.say(f"{file}\n{spec.name}: {spec.summary}")
        if not option:
            return None
    paths = list(ws.ado.find_all(name if "." in name else f"{name}.ado", ws.cwd))
    for path in paths if option else paths[:1]:
        show_file(path, ctx)
    if paths or spec is not None:
        return None
    if "." in name and not name.endswith(".ado"):
        raise StataError(111, f"file {name} not found along ado-path")
    raise StataError(111, f"command {name} not found as either built-in or ado-file")
