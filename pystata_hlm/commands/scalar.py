"""scalar: Define, list and drop scalars.   scalar [define] name = exp | list [names] | drop names"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.formats import format_macro_number, format_number
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor

_SUBCOMMANDS = (("list", 1), ("dir", 2), ("drop", 4))
_DEFINITION = re.compile(r"\s*(?:(?:de|def|defi|defin|define)\s+)?([^\W\d]\w*)\s*=(?!=)(.*)$", re.DOTALL)


def _show(words: list[str], ctx: Context) -> None:
    scalars = ctx.workspace.scalars
    names = list(reversed(scalars)) if not words or words == ["_all"] else words
    for name in names:
        if name not in scalars:
            raise StataError.not_found(name)
        value = scalars[name]
        if isinstance(value, str):
            text = value
        elif value != value:
            text = format_macro_number(value).rjust(10)
        else:
            text = format_number(value, "%10.0g").rjust(10)
        ctx.say(f"{name:>10} = {text}")


def _keep(name: str, value: float | str, executor: Executor) -> None:
    """Scalars and matrices share their names: a matrix called so goes."""
    ws = executor.workspace
    if ws.matrices:
        ws.matrices.pop(name, None)
    ws.scalars[name] = value


def prepare(text: str) -> Callable[[Executor], None] | None:
    """``scalar x = exp`` in a loop."""
    found = _DEFINITION.match(text)
    if found is None or not is_wellformed(found[1]):
        return None
    name, compute = found[1], quick.line(found[2])

    def run(executor: Executor) -> None:
        _keep(name, compute(executor), executor)

    return run


@command("scalar", min=3, syntax="raw", light=True, prepare=prepare)
def run(call: Call, ctx: Context) -> Stored | None:
    found = _DEFINITION.match(call.text)
    if found is not None:
        name = found[1]
        if not is_wellformed(name):
            raise StataError.invalid_name(name)
        _keep(name, quick.value(found[2], ctx.executor), ctx.executor)
        return None
    words = call.text.split()
    sub = match(words[0], _SUBCOMMANDS) if words else None
    if sub is None:
        raise StataError.invalid_syntax()
    if sub == "drop":
        names = list(ctx.workspace.scalars) if words[1:] == ["_all"] else words[1:]
        if not words[1:]:
            raise StataError.invalid_syntax()
        for name in names:
            if name not in ctx.workspace.scalars:
                raise StataError.not_found(name)
        for name in names:
            ctx.workspace.scalars.pop(name, None)
    else:
        _show(words[1:], ctx)
    return None
