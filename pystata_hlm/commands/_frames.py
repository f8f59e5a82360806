"""Frames of data: what ``frame``, ``cwf``, ``mkf``, ``pwf`` and the links between frames share ([D] frames)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.results import Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def existing(name: str, ctx: Context) -> Dataset:
    """The data in a frame; r(111) when there is no such frame."""
    found = ctx.workspace.frame_data(name)
    if found is None:
        raise StataError(111, f"frame {name} not found")
    return found


def new_name(name: str, ctx: Context) -> str:
    """The name of a frame to be made; r(198) when it is invalid, r(110) when there is such a frame."""
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    if ctx.workspace.frame_data(name) is not None:
        raise StataError(110, f"frame {name} already exists")
    return name


@contextmanager
def in_frame(name: str, ctx: Context) -> Iterator[None]:
    """With another frame as the current one; afterwards the one that was current is so again."""
    ws = ctx.workspace
    existing(name, ctx)
    before = ws.frame
    ws.change_frame(name)
    try:
        yield
    finally:
        if ws.frame != before and before in ws.other_frames:
            ws.change_frame(before)


def change(name: str, ctx: Context) -> Stored:
    existing(name, ctx)
    ctx.workspace.change_frame(name)
    return Stored("r", macros={"currentframe": name})


def show_current(ctx: Context) -> Stored:
    """``(current frame is default)``."""
    name = ctx.workspace.frame
    ctx.say(f"  (current frame is {name})")
    return Stored("r", macros={"currentframe": name})


def directory(ctx: Context) -> Stored:
    """Every frame with its size and the label, or else the file, of its data; a star for unsaved changes."""
    ws = ctx.workspace
    names = ws.frame_names()
    found = [existing(name, ctx) for name in names]
    changed = [bool(data.changed and (data.k or data.n)) for data in found]
    sizes = [f"{data.n} x {data.k}" for data in found]
    wide = max(map(len, names))
    width = max(len(size.partition(" x ")[0]) for size in sizes)
    out = []
    for name, data, size, star in zip(names, found, sizes, changed, strict=True):
        rows, _, columns = size.partition(" x ")
        about = data.label or data.filename
        tail = f"; {about}" if about else ""
        out.append(f"{'*' if star else ' '} {name:<{wide}}  {rows:>{width}} x {columns}{tail}")
    if any(changed):
        out += ["", "Note: Frames marked with * contain unsaved data."]
    ctx.say("\n".join(out))
    marked = [name for name, star in zip(names, changed, strict=True) if star]
    return Stored("r", macros={"frames": " ".join(names), "changed": " ".join(marked)})
