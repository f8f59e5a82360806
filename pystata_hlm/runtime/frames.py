"""Frames: one for the session and one for each running do-file and program. Local macros, temporary objects,
preserved data and the state of ``by`` live and die with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.results import Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.programs import Program

MAX_NESTING = 64
"""Do-files and programs that may run inside one another."""


@dataclass(frozen=True)
class ByState:
    """What a program called under ``by`` knows: its group's rows and place. Rows are 0-based, ``stop`` excluded."""

    names: tuple[str, ...]
    start: int
    stop: int
    index: int
    last: bool
    rc0: bool = False


@dataclass
class Frame:
    """One running do-file or program."""

    name: str = ""
    locals: dict[str, str] = field(default_factory=dict)
    temporaries: list[tuple[str, str]] = field(default_factory=list)
    """What tempvar, tempname and tempfile made here: (var|name|file, name)."""
    program: Program | None = None
    returns: Stored = field(default_factory=lambda: Stored("r"))
    """What ``return`` has set so far; an rclass program leaves it in r()."""
    by: ByState | None = None
    muted: bool = False
    """A program that was called quietly: ``noisily`` in it has nothing to turn on."""
    version: float | None = None
    """The caller's ``version``, to come back when this frame ends."""


# ---------------------------------------------------------------- temporary names

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text.rjust(6, "0")


def fresh_name(ctx: Context) -> str:
    """The next temporary name, ``__000000``, ``__000001`` ..."""
    ws = ctx.workspace
    name = f"__{_base36(ws.temporaries)}"
    ws.temporaries += 1
    return name


def fresh_variable(ctx: Context) -> str:
    """A temporary variable's name that belongs to the running frame."""
    name = fresh_name(ctx)
    ctx.executor.frame.temporaries.append(("var", name))
    return name


def drop_temporaries(frame: Frame, ctx: Context) -> None:
    ws = ctx.workspace
    for data in (ws.data, *ws.other_frames.values()):
        gone = [name for kind, name in frame.temporaries if kind == "var" and name in data]
        if gone:
            changed = data.changed
            data.drop(gone)
            data.changed = changed
    for kind, name in frame.temporaries:
        if kind == "name":
            ws.scalars.pop(name, None)
            ws.matrices.pop(name, None)
            ws.drop_temporary_frame(name)
            ws.postfiles.pop(name, None)
            if name in ws.files:
                ws.files.pop(name).close()
        elif kind == "file":
            for path in (Path(name), Path(name + ".dta")):
                path.unlink(missing_ok=True)
    frame.temporaries.clear()


# ---------------------------------------------------------------- preserved data


def depth(ctx: Context) -> int:
    """How many do-files and programs are running: each may preserve once."""
    return len(ctx.executor.frames)


def own(ctx: Context) -> int | None:
    """Place, in the stack of preserved data, of what the running do-file or program preserved of the current frame of
    data; None when there is nothing."""
    here = (depth(ctx), ctx.workspace.frame)
    kept = ctx.workspace.preserved
    return next((k for k in range(len(kept) - 1, -1, -1) if (kept[k][0], kept[k][2]) == here), None)


def restore_at_end(ctx: Context) -> None:
    """Bring back what an ended do-file or program preserved and did not restore itself."""
    kept = ctx.workspace.preserved
    while kept and kept[-1][0] > depth(ctx):
        _, data, name = kept.pop()
        if name == ctx.workspace.frame:
            ctx.data = data
        else:
            ctx.workspace.other_frames[name] = data


# ---------------------------------------------------------------- entering and leaving


@contextlib.contextmanager
def new_frame(ctx: Context, name: str, arguments: str, words: list[str]) -> Iterator[Frame]:
    """A scope with the arguments in `0' `*' `1' ...; what tempvar and the like made goes at its end."""
    executor = ctx.executor
    if len(executor.frames) > MAX_NESTING:
        raise StataError(1000, "system limit exceeded - see manual")
    frame = Frame(name, version=ctx.workspace.version)
    set_arguments(frame, words)
    if arguments.strip():
        frame.locals["0"] = arguments
    executor.frames.append(frame)
    try:
        yield frame
    finally:
        executor.frames.pop()
        ctx.workspace.set_version(frame.version)
        restore_at_end(ctx)
        if frame.temporaries:
            drop_temporaries(frame, ctx)


def set_arguments(frame: Frame, words: list[str]) -> None:
    """`1' `2' ... and `*', in place of those there were."""
    macros = frame.locals
    for name in [name for name in macros if name.isdigit() and name != "0"]:
        del macros[name]
    macros.update({str(k): word for k, word in enumerate(words, 1) if word})
    if words:
        macros["*"] = " ".join(words)
    else:
        macros.pop("*", None)
