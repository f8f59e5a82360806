"""copy: copy a file from disk or a web address.   copy filename1 filename2 [, public text replace]"""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands import _network
from pystata_hlm.data.textfile import read_bytes, replacing, to_utf8
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens

OPTIONS = (Opt("replace"), Opt("public"), Opt("text"))


@command("copy", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    node, options, _ = shared.parsed(call.text, OPTIONS, (), ctx)
    words = tokens(node.text)
    if len(words) != 2 or not all(words):
        raise StataError(198, "invalid file specification" if len(words) < 2 else "invalid syntax")
    source, target = words
    if _network.is_url(target):
        raise StataError(633, "may not write files over Internet")
    remote = _network.is_url(source)
    path = ctx.workspace.resolve(target)
    if path.is_dir():
        name = PurePosixPath(source.partition("?")[0]).name if remote else ctx.workspace.resolve(source).name
        path, target = path / name, f"{target.rstrip('/')}/{name}"
    if not remote and not ctx.workspace.resolve(source).is_file():
        raise StataError.file_not_found(source)
    exists = path.exists()
    if exists and "replace" not in options:
        raise StataError.file_exists(target)
    raw = _network.download(source) if remote else read_bytes(ctx.workspace.resolve(source), source)
    if "text" in options:
        raw = to_utf8(raw, "utf-8" if _valid(raw) else "")[0].replace(b"\n", os.linesep.encode())
    with replacing(path, target) as handle:
        handle.write(raw)
    if "public" in options:
        path.chmod(0o644)
    if "replace" in options and not exists:
        ctx.say(shared.not_found_note(target, ctx))
    return None


def _valid(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
