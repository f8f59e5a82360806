"""Collation of Unicode strings ([FN] ustrcompare() and kin): the root order of the Unicode collation algorithm as CLDR
has it for marks, digits and letters of the Latin script, and the languages whose extra letters follow others.

A key has levels: base characters, then accents, then case. Sort keys order as ICU's do; their bytes are our own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pystata_hlm.expr.functions.registry import EMPTY, function
from pystata_hlm.expr.functions.text import decode, encode, per_distinct

_MARKS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_PLACE = {char: k for k, char in enumerate(_MARKS)}
_EXPANDED = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th"}
_SWEDISH = {"å": ("z", 1), "ä": ("z", 2), "æ": ("z", 2), "ö": ("z", 3), "ø": ("z", 3)}
_DANISH = {"æ": ("z", 1), "ä": ("z", 1), "ø": ("z", 2), "ö": ("z", 2), "å": ("z", 3)}
_TAILORED: dict[str, dict[str, tuple[str, int]]] = {
    "sv": _SWEDISH,
    "fi": _SWEDISH,
    "da": _DANISH,
    "nb": _DANISH,
    "nn": _DANISH,
    "no": _DANISH,
    "es": {"ñ": ("n", 1)},
}
"""Letters that stand after another one, by language: (letter, how far behind it)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """strength 1 to 4: base characters, accents, case, marks; first: 1 capitals, 2 small letters first (0: the
    default, small letters); numeric: digits count as numbers; shifted: blanks and marks are ignored."""

    language: str = ""
    strength: int = 3
    first: int = 0
    case_level: bool = False
    numeric: bool = False
    shifted: bool = False
    french: bool = False


ROOT = Rules()


def _rank(char: str) -> tuple[int, int, str]:
    """Blanks, marks, symbols, digits, letters."""
    if char.isspace():
        return 0, 0, char
    if char in _PLACE:
        return 1, _PLACE[char], ""
    kind = unicodedata.category(char)[0]
    if kind == "N":
        return 3, unicodedata.digit(char, 0), char
    return (4, 0, char) if kind == "L" else (2, 0, char)


@lru_cache(maxsize=65536)
def key(text: str, rules: Rules = ROOT) -> tuple[Any, ...]:
    """What strings are compared by."""
    tailored = _TAILORED.get(rules.language, {})
    base: list[Any] = []
    accents: list[str] = []
    cases: list[int] = []
    ignored: list[Any] = []
    pieces = re.findall(r"\d+|\D", text) if rules.numeric else list(text)
    for piece in unicodedata.normalize("NFC", "".join(pieces)) if not rules.numeric else pieces:
        if rules.numeric and piece.isdigit():
            base.append((3, int(piece), ""))
            accents.append("")
            cases.append(0)
            continue
        folded = piece.lower()
        if folded in tailored:
            letter, behind = tailored[folded]
            base.append((4, 0, letter, behind))
            accents.append("")
            cases.append(int(piece != folded))
            continue
        for char in _EXPANDED.get(folded, folded.casefold()):
            parts = unicodedata.normalize("NFD", char)
            rank = _rank(parts[0])
            if rules.shifted and rank[0] < 3:
                ignored.append(rank)
                continue
            base.append((*rank, 0) if rank[0] == 4 else rank)
            accents.append(parts[1:] + ("\u0338" if folded in _EXPANDED else ""))
            cases.append(int(piece != folded))
    levels: list[Any] = [tuple(base)]
    if rules.strength >= 2:
        levels.append(tuple(reversed(accents)) if rules.french else tuple(accents))
    if rules.strength >= 3 or rules.case_level:
        levels.append(tuple(1 - c for c in cases) if rules.first == 1 else tuple(cases))
    if rules.strength >= 4:
        levels.append(tuple(ignored))
    return tuple(levels)


def compare(a: bytes, b: bytes, rules: Rules) -> float:
    one, two = key(decode(a), rules), key(decode(b), rules)
    return float((one > two) - (one < two))


def sort_key(raw: bytes, rules: Rules) -> bytes:
    """Bytes that order as the keys do."""
    out = []
    for level in key(decode(raw), rules):
        for item in level:
            parts = item if isinstance(item, tuple) else (item,)
            out += [encode(part) + b"\x02" if isinstance(part, str) else _ordinal(part) for part in parts]
        out.append(b"\x01")
    return b"".join(out)


def _ordinal(number: int) -> bytes:
    """Text that orders as the number: one character, or many digits for a large one."""
    return encode(chr(0x21 + number) if number < 0xD000 else f"\U000f0000{number:040d}")


def _language(locale: bytes) -> str:
    return re.split(r"[_\-]", decode(locale).strip().lower())[0]


def _rules(locale: bytes, st: float, case: float, cslv: float, num: float, alt: float, fr: float) -> Rules:
    return Rules(
        _language(locale),
        3 if st < 0 else min(max(int(st), 1), 4),
        max(int(case), 0),
        cslv > 0,
        num > 0,
        alt > 0,
        fr > 0,
    )


@function("ustrcompare", "s s s?", "-1, 0 or 1 by the order of s1 and s2 in a locale", family="string")
def ustrcompare(a: Any, b: Any, locale: Any = EMPTY) -> Any:
    return per_distinct(lambda x, y, where: compare(x, y, Rules(_language(where))), a, b, locale)


@function(
    "ustrcompareex",
    "s s s n n n n n n n",
    "-1, 0 or 1 by the order of s1 and s2: strength, case first, case level, normalisation, numeric, alternate, French",
    family="string",
)
def ustrcompareex(
    a: Any, b: Any, locale: Any, st: Any, case: Any, cslv: Any, norm: Any, num: Any, alt: Any, fr: Any
) -> Any:
    def one(x: bytes, y: bytes, where: bytes, *values: float) -> float:
        return compare(x, y, _rules(where, *values))

    return per_distinct(one, a, b, locale, *map(np.nan_to_num, (st, case, cslv, num, alt, fr)))


@function("ustrsortkey", "s s?", "a string that sorts as s does in a locale", family="string")
def ustrsortkey(s: Any, locale: Any = EMPTY) -> Any:
    return per_distinct(lambda x, where: sort_key(x, Rules(_language(where))), s, locale)


@function(
    "ustrsortkeyex",
    "s s n n n n n n n",
    "a string that sorts as s does: strength, case first, case level, normalisation, numeric, alternate, French",
    family="string",
)
def ustrsortkeyex(
    s: Any, locale: Any, st: Any, case: Any, cslv: Any, norm: Any, num: Any, alt: Any, fr: Any
) -> Any:
    def one(x: bytes, where: bytes, *values: float) -> bytes:
        return sort_key(x, _rules(where, *values))

    return per_distinct(one, s, locale, *map(np.nan_to_num, (st, case, cslv, num, alt, fr)))
