"""zipfile: put files into a zip archive.   zipfile filelist, saving(zipfilename [, replace])"""

from __future__ import annotations

import zipfile
from pathlib import Path

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands._files import with_suffix
from pystata_hlm.commands.dir import matching
from pystata_hlm.data.textfile import replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens


def files_of(words: list[str], home: Path) -> list[Path]:
    """The files named; a folder gives the files below it. r(601) when a name fits none."""
    out: list[Path] = []
    for word in words:
        found = matching(word, home)
        if not found:
            raise StataError.file_not_found(word)
        for path in found:
            out += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return out


def name_of(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.name


@command("zipfile", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    node, options, _ = shared.parsed(call.text, (Opt("saving", 3, "text"),), ("complevel",), ctx)
    words = tokens(node.text)
    if not words:
        raise StataError(198, "invalid file specification")
    if "saving" not in options:
        raise StataError(198, "option saving() required")
    name, comma, word = str(options["saving"]).rpartition(",")
    replace = bool(comma) and word.strip() == "replace"
    shown = with_suffix(strip_quotes(name if replace else str(options["saving"])), ".zip")
    target = ctx.workspace.resolve(shown)
    if target.exists() and not replace:
        raise StataError.file_exists(shown)
    home = ctx.workspace.cwd
    members = files_of(words, home)
    with replacing(target, shown) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in members:
            archive.write(path, name_of(path, home))
            ctx.say(f"    adding: {name_of(path, home)}")
    return None
