"""Names of temporary files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pystata_hlm.runtime.frames import fresh_name

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def new_tempfile(ctx: Context) -> str:
    """A file name that nobody uses; the file goes when the running do-file or program ends."""
    number = fresh_name(ctx).lstrip("_")
    path = (Path(tempfile.gettempdir()) / f"St{os.getpid():05d}.{number}").as_posix()
    ctx.executor.frame.temporaries.append(("file", path))
    return path
