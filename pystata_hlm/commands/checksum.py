"""checksum: POSIX checksum and length of a file.   checksum filename [, save replace saving(filename [, replace])]"""

from __future__ import annotations

import zlib
from pathlib import Path

from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.textfile import read_bytes, replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("save"), Opt("replace"), Opt("saving", 4, "text"))
_MIRROR = bytes(int(f"{k:08b}"[::-1], 2) for k in range(256))
VERSION = 2


def cksum(raw: bytes) -> int:
    """The CRC of POSIX 1003.2: most significant bit first, the length after the data, complemented.

    zlib's CRC works least significant bit first on the same polynomial: bytes and result are mirrored.
    """
    length = len(raw).to_bytes((len(raw).bit_length() + 7) // 8, "little")
    reflected = zlib.crc32((raw + length).translate(_MIRROR), 0xFFFFFFFF)
    return int(f"{reflected:032b}"[::-1], 2)


@command("checksum", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    _, options, name = shared.parsed(call.text, OPTIONS, (), ctx)
    path, shown = shared.locate(shared.need_file(name), "", ctx)
    raw = read_bytes(path, shown)
    value = cksum(raw)
    target, replace = f"{name}.sum", "replace" in options
    if "saving" in options:
        target, _, word = str(options["saving"]).rpartition(",")
        if word.strip() == "replace" and target:
            replace = True
        else:
            target = str(options["saving"])
        target = strip_quotes(target)
    if "save" in options or "saving" in options:
        place: Path = ctx.workspace.resolve(target)
        if place.exists() and not replace:
            raise StataError.file_exists(target)
        with replacing(place, target) as handle:
            handle.write(f"{VERSION} {len(raw)} {value}\n".encode())
        ctx.say(f"file {target} saved")
    ctx.say(f"Checksum for {name} = {value}, size = {len(raw)}")
    return Stored(
        "r", scalars={"version": float(VERSION), "filelen": float(len(raw)), "checksum": float(value)}
    )
