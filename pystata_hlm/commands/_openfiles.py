"""Files opened by ``file open``: text by lines, binary by typed pieces."""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

MAX_LINE = 4_194_304
"""Bytes of one line that a macro takes; what is longer arrives in pieces."""

NATIVE = 2 if sys.byteorder == "little" else 1


@dataclass
class OpenFile:
    """byteorder: 1 hilo, 2 lohi. column: bytes written on the present line. ``looks``: read, write or both."""

    shown: str
    handle: BinaryIO
    reads: bool
    writes: bool
    binary: bool
    byteorder: int = NATIVE
    column: int = 0
    looks: str = field(default="")

    def close(self) -> None:
        self.handle.close()

    # ------------------------------------------------------------ text
    def line(self) -> tuple[str, str]:
        """The next line without its end, and how it ended: win, mac, unix, none, split, eof."""
        start = self.handle.tell()
        raw = self.handle.readline(MAX_LINE)
        if not raw:
            return "", "eof"
        body = raw.rstrip(b"\n")
        ended = len(raw) != len(body)
        mac = raw.find(b"\r")
        if 0 <= mac < len(raw) - (2 if ended else 1):  # a return alone ends a line as well
            self.handle.seek(start + mac + 1)
            return _text(raw[:mac]), "mac"
        if ended:
            return (_text(body[:-1]), "win") if body.endswith(b"\r") else (_text(body), "unix")
        if body.endswith(b"\r"):
            return _text(body[:-1]), "mac"
        return _text(body), "split" if len(raw) >= MAX_LINE else "none"

    def write(self, raw: bytes) -> None:
        self.handle.write(raw)
        last = raw.rfind(b"\n")
        self.column = len(raw) - last - 1 if last >= 0 else self.column + len(raw)

    # ------------------------------------------------------------ binary
    def number_format(self, kind: str, width: int, signed: bool) -> str:
        letters = {
            ("z", 8): "d",
            ("z", 4): "f",
            ("b", 4): "i" if signed else "I",
            ("b", 2): "h" if signed else "H",
            ("b", 1): "b" if signed else "B",
        }
        letter = letters.get((kind, width))
        if letter is None:
            raise StataError(120, "invalid %format")
        return (">" if self.byteorder == 1 else "<") + letter

    def take(self, count: int) -> bytes | None:
        """So many bytes; None at the end of the file."""
        raw = self.handle.read(count)
        return raw if len(raw) == count else None


def pack(fmt: str, value: float) -> bytes:
    """A number in a binary format; r(198) when it does not fit."""
    try:
        return struct.pack(fmt, value if fmt[-1] in "df" else int(value))
    except (struct.error, OverflowError, ValueError):
        raise StataError(198, "value out of range for binary format") from None


def unpack(fmt: str, raw: bytes) -> float:
    value: Any = struct.unpack(fmt, raw)[0]
    return float(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def find(name: str, ctx: Context) -> OpenFile:
    """The file behind a handle; r(111) when nothing is open under that name."""
    found = ctx.workspace.files.get(name)
    if not isinstance(found, OpenFile):
        raise StataError(111, f"file handle {name} not found")
    return found


def close_all(ctx: Context) -> None:
    for open_file in ctx.workspace.files.values():
        open_file.close()
    ctx.workspace.files.clear()
