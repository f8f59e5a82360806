"""rename: rename variables.   rename old new | rename (old1 old2 ...) (new1 new2 ...) | rename pattern pattern"""

from __future__ import annotations

import re

from pystata_hlm.data import names as naming
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_SIDES = re.compile(r"\s*(\([^()]*\)|[^\s()]+)")
_WILD = re.compile(r"\*|\?|\(#+\)|#+")


def _sides(text: str) -> list[list[str]]:
    """The words of each side of ``rename a b`` or ``rename (a b) (c d)``."""
    out, at = [], 0
    while text[at:].strip():
        found = _SIDES.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        out.append(found[1].strip("()").split())
    return out


def _pattern(word: str) -> re.Pattern[str]:
    """``*`` any characters, ``?`` one, ``#`` digits, ``##`` two digits ..., each captured."""
    out = ""
    at = 0
    for found in _WILD.finditer(word):
        out += re.escape(word[at : found.start()])
        piece = found[0]
        digits = len(piece.strip("()"))
        out += {"*": "(.*)", "?": "(.)"}.get(piece, r"(\d+)" if digits == 1 else rf"(\d{{{digits}}})")
        at = found.end()
    return re.compile(out + re.escape(word[at:]), re.DOTALL)


def _match(word: str, ctx: Context) -> list[tuple[str, tuple[str, ...]]]:
    """Variables an old name stands for, each with the texts its wildcards matched."""
    if not _WILD.search(word):
        if "-" in word or word == "_all" or "~" in word:
            return [(name, ()) for name in ctx.data.unabbreviate(word, ctx.settings.varabbrev)]
        return [(ctx.data.find(word, ctx.settings.varabbrev), ())]
    matcher = _pattern(word)
    found = [(name, m.groups()) for name in ctx.data.names if (m := matcher.fullmatch(name))]
    if not found:
        raise StataError.varlist_not_found(word)
    return found


def _fill(word: str, old: str, pieces: tuple[str, ...], number: int) -> str:
    """New name: each wildcard takes what the old name's wildcard at its place matched; ``=`` is the old name;
    ``#`` without a partner counts 1, 2, ..."""
    left = list(pieces)

    def put(found: re.Match[str]) -> str:
        piece = found[0]
        if piece == "=":
            return old
        if piece.startswith(("#", "(")) and not any(p.isdigit() for p in left):
            return str(number).zfill(len(piece.strip("()")))
        if piece.startswith(("#", "(")):
            while left and not left[0].isdigit():
                left.pop(0)
            return str(int(left.pop(0))).zfill(len(piece.strip("()")))
        if not left:
            raise StataError(198, "syntax error: wildcards of the old and the new names do not go together")
        return left.pop(0)

    return re.sub(r"\*|\?|\(#+\)|#+|=", put, word)


@command(
    "rename",
    min=3,
    syntax="anything",
    allow=set(),
    options=(Opt("upper", 1), Opt("lower", 1), Opt("proper", 1)),
    unsupported=("addnumber:4", "renumber:5", "sort", "dryrun:1", "r"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    sides = _sides(call.node.text)
    cases = [name for name in ("upper", "lower", "proper") if call.has(name)]
    if cases:
        if len(cases) > 1 or not sides:
            raise StataError.invalid_syntax()
        change = {"upper": str.upper, "lower": str.lower, "proper": str.capitalize}[cases[0]]
        olds = [old for side in sides for word in side for old, _ in _match(word, ctx)]
        pairs = {old: change(old) for old in olds}
    else:
        pairs = _pairs(sides, ctx)
    ctx.data.rename_all({old: new for old, new in pairs.items() if old != new})
    return None


def _pairs(sides: list[list[str]], ctx: Context) -> dict[str, str]:
    if len(sides) != 2 or not all(sides):
        raise StataError.invalid_syntax()
    olds, news = sides
    if len(olds) != len(news):
        wide = any(_WILD.search(word) or "-" in word for word in olds)
        if len(news) == 1 and "=" in news[0]:  # rename (a b) pre_=
            news = news * len(olds)
        elif wide:
            return _spread(olds, news, ctx)
        else:
            raise StataError(198, f"syntax error: {len(olds)} old names and {len(news)} new names")
    pairs: dict[str, str] = {}
    for old_word, new_word in zip(olds, news, strict=True):
        found = _match(old_word, ctx)
        if len(found) > 1 and not re.search(r"[*?#=]", new_word):
            return _spread(olds, news, ctx)
        for number, (old, pieces) in enumerate(found, 1):
            pairs[old] = _fill(new_word, old, pieces, number) if re.search(r"[*?#=]", new_word) else new_word
    for new in pairs.values():
        naming.check(new)
    return pairs


def _spread(olds: list[str], news: list[str], ctx: Context) -> dict[str, str]:
    """A range or pattern on the left, plain names on the right, one each."""
    found = [old for word in olds for old, _ in _match(word, ctx)]
    if len(found) != len(news):
        raise StataError(198, f"syntax error: {len(found)} old names and {len(news)} new names")
    return dict(zip(found, news, strict=True))
