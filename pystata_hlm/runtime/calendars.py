"""Finding and loading business calendars along the ado-path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.data.calendars import Calendar, read
from pystata_hlm.errors import StataError
from pystata_hlm.lang.source import decode

if TYPE_CHECKING:
    from pystata_hlm.runtime.workspace import Workspace


def load(name: str, ws: Workspace, again: bool = False) -> Calendar:
    """The calendar of a name or of a format ``%tbname``; r(601) when there is no file of it."""
    short = name.strip().removeprefix("%tb").partition(":")[0].removesuffix(".stbcal").lower()
    held = ws.calendars.get(short)
    if isinstance(held, Calendar) and not again:
        return held
    path = ws.ado.find(f"{short}.stbcal", ws.cwd)
    if path is None:
        raise StataError(601, f"business calendar {short} not found\nfile {short}.stbcal not found")
    found = read(decode(path.read_bytes()), short)
    ws.calendars[short] = found
    return found
