"""``return list`` and its relatives: stored results as Stata lists them."""

from __future__ import annotations

from pystata_hlm.formats import format_macro_number
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored

NAME = 22
"""Names are right-aligned in this many columns."""


def list_results(stored: Stored, ctx: Context, sample: bool = False) -> None:
    """Scalars, macros, matrices, functions; nothing at all when there are none."""
    k = stored.klass

    def head(name: str) -> str:
        return f"{k}({name})".rjust(NAME)

    blocks: list[list[str]] = []
    if stored.scalars:
        rows = [f"{head(name)} =  {format_macro_number(value)}" for name, value in stored.scalars.items()]
        blocks.append(["scalars:", *rows])
    if stored.macros:
        rows = [f'{head(name)} : "{text}"' for name, text in stored.macros.items() if text]
        blocks.append(["macros:", *rows])
    if stored.matrices:
        rows = [
            f"{head(name)} :  {m.values.shape[0]} x {m.values.shape[1]}"
            for name, m in stored.matrices.items()
        ]
        blocks.append(["matrices:", *rows])
    if sample:
        blocks.append(["functions:", head("sample") + "   "])
    for block in blocks:
        ctx.say("\n" + "\n".join(_wrapped(line, ctx.settings.linesize) for line in block))


def _wrapped(line: str, linesize: int) -> str:
    """Long macros go on after ``> ``."""
    room = linesize - 1
    pieces = [line[:room]]
    rest = line[room:]
    while rest:
        pieces.append("> " + rest[: room - 2])
        rest = rest[room - 2 :]
    return "\n".join(pieces)
