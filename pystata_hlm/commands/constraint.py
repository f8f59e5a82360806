"""constraint: define, list and drop linear constraints.   constraint {define # exp | list | dir | drop | get | free} ..."""

from __future__ import annotations

import re

from pystata_hlm.commands._constraints import HIGHEST, check_number
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_SUBCOMMANDS = (("define", 2), ("dir", 1), ("list", 1), ("drop", 4), ("get", 3), ("free", 4))
_NUMBERED = re.compile(r"\s*(\S+)\s*(.*)$", re.DOTALL)


def _which(text: str, ctx: Context) -> list[int]:
    """Numbers of a list (commas and dashes allowed); all of them for ``_all``."""
    if text.strip() == "_all":
        return sorted(ctx.workspace.constraints)
    body = text.replace(",", " ").replace("-", "/")
    return [check_number(value) for value in parse_numlist(body)]


def _define(text: str, ctx: Context) -> None:
    found = _NUMBERED.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    try:
        number = check_number(float(found[1]))
    except ValueError:
        raise StataError.invalid_word(found[1]) from None
    if found[2].strip():
        ctx.workspace.constraints[number] = " ".join(found[2].split())
    else:
        ctx.workspace.constraints.pop(number, None)


@command("constraint", min=4, klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    held = ctx.workspace.constraints
    word, _, rest = text.partition(" ")
    if not word:
        raise StataError.invalid_syntax()
    sub = match(word, _SUBCOMMANDS)
    if sub is None or sub == "define":
        _define(text if sub is None else rest, ctx)
        return None
    if sub in ("list", "dir"):
        for number in _which(rest or "_all", ctx):
            if number in held:
                ctx.say(f"{number:6d}:  {held[number]}")
        return None
    if sub == "drop":
        if not rest.strip():
            raise StataError.invalid_syntax()
        for number in _which(rest, ctx):
            held.pop(number, None)
        return None
    if sub == "free":
        free = next((number for number in range(1, HIGHEST + 1) if number not in held), None)
        if free is None:
            raise StataError(198, "no free constraint numbers")
        return Stored("r", macros={"free": str(free)})
    wanted = _which(rest, ctx)
    if len(wanted) != 1:
        raise StataError.invalid_syntax()
    found = held.get(wanted[0])
    macros = {} if found is None else {"contents": found}
    return Stored("r", scalars={"defined": float(found is not None)}, macros=macros)
