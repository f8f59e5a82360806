"""Text files: bytes to UTF-8 with plain newlines, and writing beside and moving into place."""

from __future__ import annotations

import codecs
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pystata_hlm.errors import StataError

_ALIASES = {
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "mac": "mac_roman",
}
"""Browsers' and ICU's habit: what calls itself Latin-1 is read as its superset Windows-1252."""


def to_utf8(raw: bytes, encoding: str = "") -> tuple[bytes, str]:
    """The text as UTF-8 without a byte-order mark, ``\\n`` at line ends; and the name of the encoding.

    Without ``encoding``: by byte-order mark; UTF-8 when the bytes are valid (and not ASCII only); else ISO-8859-1.
    Errors: r(198) for an unknown encoding.
    """
    raw, name = _recoded(raw, encoding)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw, name


def _recoded(raw: bytes, encoding: str) -> tuple[bytes, str]:
    if not encoding:
        if raw.startswith(codecs.BOM_UTF8):
            return raw[3:], "UTF-8"
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            name = "UTF-16LE" if raw.startswith(codecs.BOM_UTF16_LE) else "UTF-16BE"
            return raw.decode("utf-16", "replace").encode(), name
        if raw.isascii():
            return raw, "ISO-8859-1"
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace").encode(), "ISO-8859-1"
        return raw, "UTF-8"
    wanted = encoding.strip().lower().replace("_", "-")
    try:
        codec = codecs.lookup(_ALIASES.get(wanted, wanted)).name
    except LookupError:
        raise StataError(198, f"encoding {encoding} not found") from None
    if codec == "utf-8":
        raw = raw.removeprefix(codecs.BOM_UTF8)
        if raw.isascii():
            return raw, encoding
    return raw.decode(codec, "replace").removeprefix("\ufeff").encode(), encoding


def read_bytes(path: Path, shown: str) -> bytes:
    """Contents of a file; r(601) when there is none, r(603) when it cannot be opened."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StataError.file_not_found(shown) from None
    except (OSError, ValueError):
        raise StataError(603, f"file {shown} could not be opened") from None


@contextlib.contextmanager
def replacing(target: Path, shown: str) -> Iterator[BinaryIO]:
    """A file written beside its target and moved into place when the block ends well; r(603) when it cannot be."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(beside, target)
    except OSError:
        raise StataError(603, f"file {shown} could not be opened") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def join_columns(columns: list[Any], delimiter: bytes) -> bytes:
    """Lines of byte-string columns, the delimiter between, a newline after each line."""
    if not columns or not len(columns[0]):
        return b""
    if any(column.dtype.kind == "O" for column in columns) or sum(c.dtype.itemsize for c in columns) > 4096:
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return b"".join(delimiter.join(row) + b"\n" for row in rows)
    out = []
    step = 65536
    for first in range(0, len(columns[0]), step):
        line = columns[0][first : first + step]
        for column in columns[1:]:
            line = np.strings.add(np.strings.add(line, delimiter), column[first : first + step])
        out.append(b"\n".join(line.tolist()) + b"\n")
    return b"".join(out)
