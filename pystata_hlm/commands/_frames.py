"""Frames of local macros: running lines in a new one, and temporary objects that go with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pystata_hlm.commands._preserving import restore_at_end
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.executor import Frame

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


@contextlib.contextmanager
def new_frame(ctx: Context, name: str, arguments: str, words: list[str]) -> Iterator[Frame]:
    """A scope with the arguments in `0' `*' `1' ...; what tempvar and the like made goes at its end."""
    frame = Frame(name)
    frame.locals.update({str(k): word for k, word in enumerate(words, 1) if word})
    if arguments.strip():
        frame.locals["0"] = arguments
        frame.locals["*"] = " ".join(words)
    executor = ctx.executor
    executor.frames.append(frame)
    try:
        yield frame
    finally:
        executor.frames.pop()
        restore_at_end(ctx)
        drop_temporaries(frame, ctx)


def drop_temporaries(frame: Frame, ctx: Context) -> None:
    ws = ctx.workspace
    gone = [name for kind, name in frame.temporaries if kind == "var" and name in ws.data]
    if gone:
        changed = ws.data.changed
        ws.data.drop(gone)
        ws.data.changed = changed
    for kind, name in frame.temporaries:
        if kind == "name":
            ws.scalars.pop(name, None)
            ws.matrices.pop(name, None)
        elif kind == "file":
            for path in (Path(name), Path(name + ".dta")):
                path.unlink(missing_ok=True)
    frame.temporaries.clear()
