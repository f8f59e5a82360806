"""display: Strings and values of scalar expressions.   display [directive [directive ...]]"""

from __future__ import annotations

from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.directives import build
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def wrap(text: str, column: int, linesize: int) -> str:
    """Break lines beyond the line size as logs show them: the rest goes on after ``> ``."""
    out = []
    for k, line in enumerate(text.split("\n")):
        room = linesize - 1 - (column if k == 0 else 0)
        pieces = [line[: max(room, 0)]]
        rest = line[max(room, 0) :]
        while rest:
            pieces.append(rest[: linesize - 3])
            rest = rest[linesize - 3 :]
        out.append("\n> ".join(pieces))
    return "\n".join(out)


@command("display", min=2, syntax="display")
def run(call: Call, ctx: Context) -> Stored | None:
    start = ctx.workspace.cursor
    line = build(call.node, ctx, start)
    ctx.emit(Text(wrap(line.text, start, ctx.settings.linesize), line.style, newline=not line.open))
    if not ctx.executor.silent:
        ctx.workspace.cursor = line.cursor if line.open else 0
    return None
