"""rename: rename variables.   rename old new | rename (old1 old2 ...) (new1 new2 ...) | rename pattern pattern [, addnumber renumber]"""

from __future__ import annotations

import re

from pystata_hlm.commands import _renaming
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_WORD = r"(?:\((?:#+)(?:[-+]\d+)?\)|[^\s()])+"
_SIDES = re.compile(rf"\s*(?:({_WORD})|\(((?:\s*{_WORD})*\s*)\))")
_CASES = {"upper": str.upper, "lower": str.lower, "proper": str.title}


def _sides(text: str) -> list[list[str]]:
    """The words of each side of ``rename a b`` or ``rename (a b) (c d)``."""
    out, at = [], 0
    while text[at:].strip():
        found = _SIDES.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        out.append(re.findall(_WORD, found[2]) if found[2] is not None else [found[1]])
    return out


@command(
    "rename",
    min=3,
    syntax="anything",
    allow=set(),
    options=(
        Opt("upper", 1),
        Opt("lower", 1),
        Opt("proper", 1),
        Opt("addnumber", 4, "flagortext"),
        Opt("renumber", 5, "flagortext"),
        Opt("sort"),
        Opt("dryrun", 1),
        Opt("r"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    sides = _sides(call.node.text)
    cases = [name for name in _CASES if call.has(name)]
    if cases:
        if len(cases) > 1 or not sides or any(call.has(o) for o in ("addnumber", "renumber", "sort")):
            raise StataError.invalid_syntax()
        words = [word for side in sides for word in side]
        found = [one for word in words for one in _renaming.match(word, ctx.data, ctx.settings.varabbrev)]
        pairs = {one.name: _CASES[cases[0]](one.name) for one in found}
    else:
        pairs = _pairs(sides, call, ctx)
    pairs = {old: new for old, new in pairs.items() if old != new}
    before = ctx.data.copy()
    ctx.data.rename_all(pairs)
    if call.has("dryrun"):
        ctx.data.restore(before)
        width = max(map(len, pairs), default=0)
        shown = [f"    {old:<{width}}  ->  {new}" for old, new in pairs.items()]
        ctx.emit(lines(*(shown or ["    (no names change)"])))
    if call.has("r"):
        macros = {"oldnames": " ".join(pairs), "newnames": " ".join(pairs.values())}
        return Stored("r", scalars={"n": float(len(pairs))}, macros=macros)
    return None


def _pairs(sides: list[list[str]], call: Call, ctx: Context) -> dict[str, str]:
    if len(sides) != 2 or not all(sides):
        raise StataError.invalid_syntax()
    if call.has("addnumber") and call.has("renumber"):
        raise StataError(198, "options addnumber and renumber may not be combined")
    if call.has("sort") and not call.has("renumber"):
        raise StataError(198, "option sort requires option renumber")
    number = None
    for option in ("addnumber", "renumber"):
        if call.has(option):
            start = call.opt(option) or "1"
            if not start.strip().isdigit():
                raise StataError(198, f"option {option}() incorrectly specified")
            number = _renaming.counter(int(start))
            if not any("#" in word for word in sides[1]):
                raise StataError(198, f"option {option} requires # in the new names")
    olds, news = sides
    return _renaming.pairs(olds, news, ctx.data, ctx.settings.varabbrev, number, call.has("sort"))
