"""scalar: Define, list and drop scalars.   scalar [define] name = exp | list [names] | drop names"""

from __future__ import annotations

import re

from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_SUBCOMMANDS = (("list", 1), ("dir", 2), ("drop", 4))
_DEFINITION = re.compile(r"\s*(?:(?:de|def|defi|defin|define)\s+)?([^\W\d]\w*)\s*=(?!=)(.*)$", re.DOTALL)


def _show(words: list[str], ctx: Context) -> None:
    scalars = ctx.workspace.scalars
    names = list(reversed(scalars)) if not words or words == ["_all"] else words
    for name in names:
        if name not in scalars:
            raise StataError.not_found(name)
        value = scalars[name]
        text = value if isinstance(value, str) else format_number(value, "%10.0g").rjust(10)
        ctx.say(f"{name:>10} = {text}")


@command("scalar", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    found = _DEFINITION.match(call.text)
    if found is not None:
        name = found[1]
        if not is_wellformed(name):
            raise StataError.invalid_name(name)
        ctx.workspace.scalars[name] = ctx.scalar(parse("expr", found[2].strip()))
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
