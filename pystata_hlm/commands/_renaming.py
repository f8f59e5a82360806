"""The patterns of ``rename`` for groups of variables ([D] rename group).

Old names: ``*`` any characters, ``?`` one, ``#`` a number, ``(#)`` ``(##)`` a number of exactly one, two digits.
New names: a specifier takes what its partner, the old name's specifier at the same place, matched; ``*[2]`` names
its partner, ``.`` leaves its partner out, ``=`` is the whole old name, ``(##)`` writes the number with at least two
digits, ``(#+1)`` adds to it; a ``#`` without a partner counts 1, 2, ... under addnumber.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pystata_hlm.data import names as naming
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError

_OLD = re.compile(r"\*|\?|\(#+\)|#+")
_NEW = re.compile(r"(\*|\?|\(\s*(#+)\s*([-+]\s*\d+)?\s*\)|#+|=|\.)(?:\[(\d+)\])?")


@dataclass(frozen=True)
class Match:
    """A variable with what each wildcard of the old pattern matched: (kind, text), kind one of * ? #."""

    name: str
    pieces: tuple[tuple[str, str], ...] = ()


def is_new_pattern(word: str) -> bool:
    return _NEW.search(word) is not None


def is_old_pattern(word: str) -> bool:
    return _OLD.search(word) is not None


def match(word: str, data: Dataset, varabbrev: bool) -> list[Match]:
    """Variables an old name, pattern or range stands for; r(111) when there is none."""
    if not is_old_pattern(word) or ("-" in word):
        if "-" in word or word == "_all" or "~" in word:
            return [Match(name) for name in data.unabbreviate(word, varabbrev)]
        return [Match(data.find(word, varabbrev))]
    out, kinds, at = "", [], 0
    for found in _OLD.finditer(word):
        out += re.escape(word[at : found.start()])
        piece, digits = found[0], found[0].count("#")
        exact = piece.startswith("(") or digits > 1
        out += {"*": "(.*)", "?": "(.)"}.get(piece, rf"(\d{{{digits}}})" if exact else r"(\d+)")
        kinds.append(piece if piece in "*?" else "#")
        at = found.end()
    matcher = re.compile(out + re.escape(word[at:]), re.DOTALL)
    hits = [(name, m) for name in data.names if (m := matcher.fullmatch(name))]
    if not hits:
        raise StataError.varlist_not_found(word)
    return [Match(name, tuple(zip(kinds, m.groups(), strict=True))) for name, m in hits]


def fill(word: str, old: Match, number: Callable[[], int] | None) -> str:
    """The new name; ``number`` gives the next number under addnumber or renumber (None without them)."""
    left = list(range(len(old.pieces)))

    def partner(kind: str) -> str | None:
        """Text of the next partner: any for ``*`` and ``.``, of the same kind for ``?`` and ``#``."""
        while left:
            at = left.pop(0)
            if kind in "*." or old.pieces[at][0] == kind:
                return old.pieces[at][1]
        return None

    def put(found: re.Match[str]) -> str:
        piece, digits, offset, index = found.groups()
        if piece == "=":
            return old.name
        kind = piece if piece in ("*", "?", ".") else "#"
        if index:
            if not 1 <= int(index) <= len(old.pieces):
                raise StataError(198, f"{found[0]} refers to a wildcard that the old name does not have")
            text: str | None = old.pieces[int(index) - 1][1]
        elif kind == "#" and number is not None:
            partner(kind)
            text = str(number())
        else:
            text = partner(kind)
        if kind == ".":
            return ""
        if text is None:
            raise StataError(
                198, f"syntax error: wildcard {piece} in {word} has no corresponding wildcard in the old name"
            )
        if kind != "#" or (digits is None and piece == "#"):
            return text
        if not text.isdigit():
            raise StataError(198, f"{found[0]} refers to a wildcard that matches no number")
        value = int(text) + int((offset or "0").replace(" ", ""))
        if value < 0:
            raise StataError(198, f"{found[0]} makes a negative number")
        return str(value).zfill(piece.count("#"))

    return _NEW.sub(put, word)


def counter(start: int) -> Callable[[], int]:
    """1, 2, 3, ... from ``start``, one more each call."""
    at = start - 1

    def following() -> int:
        nonlocal at
        at += 1
        return at

    return following


def spread(olds: list[str], news: list[str], data: Dataset, varabbrev: bool) -> dict[str, str]:
    """A range or pattern on the left, plain names on the right, one each."""
    found = [one.name for word in olds for one in match(word, data, varabbrev)]
    if len(found) != len(news):
        raise StataError(198, f"syntax error: {len(found)} old names and {len(news)} new names")
    return dict(zip(found, news, strict=True))


def pairs(
    olds: list[str],
    news: list[str],
    data: Dataset,
    varabbrev: bool,
    number: Callable[[], int] | None,
    in_order: bool = False,
) -> dict[str, str]:
    """Old name -> new name. ``in_order``: variables take part in the order of their numbers (option sort)."""
    if len(olds) != len(news):
        if len(news) == 1 and is_new_pattern(news[0]):
            news = news * len(olds)
        elif any(is_old_pattern(word) or "-" in word for word in olds):
            return spread(olds, news, data, varabbrev)
        else:
            raise StataError(198, f"syntax error: {len(olds)} old names and {len(news)} new names")
    out: dict[str, str] = {}
    for old_word, new_word in zip(olds, news, strict=True):
        found = match(old_word, data, varabbrev)
        if in_order:
            found.sort(key=lambda one: [int(text) for kind, text in one.pieces if kind == "#"])
        pattern = is_new_pattern(new_word)
        if len(found) > 1 and not pattern:
            return spread(olds, news, data, varabbrev)
        for one in found:
            if one.name in out:
                raise StataError(198, f"{one.name} is specified more than once among the old names")
            out[one.name] = fill(new_word, one, number) if pattern else new_word
    for new in out.values():
        naming.check(new)
    return out
