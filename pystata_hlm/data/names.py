"""Variable names: validity, display abbreviation, abbreviation lookup, wildcards and ranges."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

from pystata_hlm.errors import StataError

MAX_NAME: Final = 32

_RESERVED_WORDS = (
    "_all _b byte _coef _cons double float if in int long _n _N _pi _pred _rc _skip strL using with"
)
RESERVED: Final = frozenset(_RESERVED_WORDS.split(" "))
_STR_TYPE = re.compile(r"str\d+\Z")


def is_valid_name(name: str) -> bool:
    """True for a name a user may give a variable: well formed and not reserved."""
    return is_wellformed(name) and name not in RESERVED and not _STR_TYPE.match(name)


def is_wellformed(name: str) -> bool:
    """True for 1-32 characters, letters (any script), digits and ``_``, not starting with a digit."""
    if not 1 <= len(name) <= MAX_NAME or name[0].isdigit():
        return False
    return all(ch == "_" or ch.isalnum() or unicodedata.category(ch)[0] == "M" for ch in name)


def check(name: str) -> str:
    """Return ``name``, or raise ``name invalid name`` r(198)."""
    if not is_valid_name(name):
        raise StataError.invalid_name(name)
    return name


# -- display -----------------------------------------------------------------------------------------
def display_width(text: str) -> int:
    """Columns the text takes on a terminal: wide East Asian characters take 2, combining marks 0."""
    if text.isascii():
        return len(text)
    return sum(_char_width(ch) for ch in text)


def _char_width(ch: str) -> int:
    if unicodedata.combining(ch):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def abbrev(name: str, width: int) -> str:
    """Stata's display abbreviation, as ``abbrev(s, n)``: ``displacement`` in 8 is ``displa~t``.

    The start that fits, ``~``, and the last character. Widths below 5 count as 5, above 32 as 32.
    """
    width = min(max(width, 5), MAX_NAME)
    if display_width(name) <= width:
        return name
    last = name[-1]
    room = width - 1 - display_width(last)
    start = ""
    for ch in name:
        if display_width(start + ch) > room:
            break
        start += ch
    return f"{start}~{last}"


# -- looking up --------------------------------------------------------------------------------------
def find(word: str, names: Collection[str], varabbrev: bool = True) -> str | None:
    """Name meant by ``word``: itself, or the only name it abbreviates; None when there is none.

    Raises ``word ambiguous abbreviation`` r(111) when several names start with it.
    """
    if word in names:
        return word
    if not varabbrev or not word:
        return None
    matches = [name for name in names if name.startswith(word)]
    if len(matches) > 1:
        raise StataError.ambiguous(word)
    return matches[0] if matches else None


def is_pattern(word: str) -> bool:
    """True when the word holds ``*``, ``?`` or ``~``."""
    return any(ch in word for ch in "*?~")


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """Names matching a pattern: ``*`` and ``~`` any characters, ``?`` exactly one."""
    regex = "".join("." if ch == "?" else ".*" if ch in "*~" else re.escape(ch) for ch in pattern)
    match = re.compile(regex, re.DOTALL).fullmatch
    return [name for name in names if match(name)]


def unabbreviate(word: str, names: Sequence[str], varabbrev: bool = True) -> list[str]:
    """Names meant by one element of a varlist: name or abbreviation, pattern, ``a-b`` range, ``_all``.

    Errors r(111): ``variable x not found``, ``x ambiguous abbreviation``, ``variables out of order``.
    """
    if word in ("_all", "*"):
        return list(names)
    if is_pattern(word):
        return _by_pattern(word, names)
    if "-" in word:
        first, _, last = word.partition("-")
        return span(_one(first.strip(), names, varabbrev), _one(last.strip(), names, varabbrev), names)
    return [_one(word, names, varabbrev)]


def span(first: str, last: str, names: Sequence[str]) -> list[str]:
    """Names from first to last in dataset order."""
    start, stop = names.index(first), names.index(last)
    if start > stop:
        raise StataError(111, "variables out of order")
    return list(names[start : stop + 1])


def _one(word: str, names: Sequence[str], varabbrev: bool) -> str:
    if is_pattern(word):
        found = _by_pattern(word, names)
        if len(found) > 1:
            raise StataError.ambiguous(word)
        return found[0]
    name = find(word, names, varabbrev)
    if name is None:
        raise StataError.varlist_not_found(word)
    return name


def _by_pattern(word: str, names: Sequence[str]) -> list[str]:
    found = matching(word, names)
    if not found:
        raise StataError.varlist_not_found(word)
    # a pattern with ~ and no * or ? stands for one variable
    if "~" in word and "*" not in word and "?" not in word and len(found) > 1:
        raise StataError.ambiguous(word)
    return found
