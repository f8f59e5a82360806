"""tempfile: Name of a temporary file.   tempfile name [name ...]"""

from __future__ import annotations

import os
import tempfile as temporary
from pathlib import Path

from pystata_hlm.runtime.frames import fresh_name
from pystata_hlm.commands._macros import check_name
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("tempfile", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    if not words:
        raise StataError(198, "invalid syntax")
    folder = Path(temporary.gettempdir())
    for word in words:
        number = fresh_name(ctx).lstrip("_")
        path = folder / f"St{os.getpid():05d}.{number}"
        ctx.locals[check_name(word, "local")] = path.as_posix()
        ctx.executor.frame.temporaries.append(("file", path.as_posix()))
    return None
