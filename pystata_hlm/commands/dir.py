"""dir: list files.   dir ["][filespec]["] [, wide]"""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import translate
from pathlib import Path

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands.sysuse import columns
from pystata_hlm.data.paths import expanded
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def matching(spec: str, folder: Path) -> list[Path]:
    """The files and folders of a pattern's last part, in order of name; hidden ones only when asked for."""
    target = folder / expanded(spec) if spec else folder
    if target.is_dir() and "*" not in spec and "?" not in spec:
        folder, pattern = target, "*"
    else:
        folder, pattern = target.parent, target.name
    if not folder.is_dir():
        return []
    fits = re.compile(translate(pattern)).match
    found = [path for path in folder.iterdir() if fits(path.name)]
    if not pattern.startswith("."):
        found = [path for path in found if not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.name.lower())


def size_text(size: int) -> str:
    """Bytes in thousands: ``5.6k``, ``1.2M``."""
    if size >= 999_950:
        return f"{size / 1024 / 1024:.1f}M"
    return f"{size / 1024:.1f}k"


def line(path: Path) -> str:
    about = path.stat() if path.exists() else path.lstat()
    when = datetime.fromtimestamp(about.st_mtime)
    size = "<dir>" if path.is_dir() else size_text(about.st_size)
    stamp = f"{when.month}/{when.day:02d}/{when.year % 100:02d} {when:%H:%M}"
    return f"{size:>7}  {stamp:>14}  {path.name}"


@command("dir", syntax="raw", aliases=(("ls", 0),))
def run(call: Call, ctx: Context) -> Stored | None:
    _, options, spec = shared.parsed(call.text, (Opt("wide", 1),), (), ctx)
    found = matching(spec, ctx.workspace.cwd)
    if not found and spec and not ctx.workspace.resolve(spec).is_dir():
        raise StataError.file_not_found(spec)
    if "wide" in options:
        shown = columns([path.name for path in found], ctx.settings.linesize)
    else:
        shown = [line(path) for path in found]
    if shown:
        ctx.emit(lines(*shown))
    return None
