"""The description that ``syntax`` takes: ``varlist(min=2) [if] [in] [fw] using/ , ID(varname) [Level(cilevel) *]``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from pystata_hlm.commands._tokens import quoted_end
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import is_abbreviation

LEADS = ("varlist", "varname", "newvarlist", "newvarname", "namelist", "name", "anything")
WEIGHTS = ("fweight", "aweight", "pweight", "iweight")
_TYPES = (
    ("integer", 3),
    ("real", 4),
    ("cilevel", 7),
    ("numlist", 7),
    ("varlist", 7),
    ("varname", 7),
    ("newvarlist", 10),
    ("newvarname", 10),
    ("namelist", 8),
    ("name", 4),
    ("string", 3),
    ("passthru", 4),
)


@dataclass(frozen=True)
class Lead:
    """The first element: which of ``LEADS``, and its specifiers."""

    kind: str
    optional: bool = False
    flags: frozenset[str] = frozenset()
    """numeric, string, fv, ts, none (default=none), generate, local, equalok, everything, str#."""
    least: int = 1
    most: int | None = None
    macro: str = ""
    id: str = ""


@dataclass(frozen=True)
class Clause:
    """if, in, using, exp, weight. ``bare``: a slash asks for the contents without the word before them."""

    kind: str
    optional: bool = False
    bare: bool = False
    weights: tuple[str, ...] = ()


@dataclass(frozen=True)
class OptionSpec:
    """One option. kind: on, off (``noXyz``), or one of ``_TYPES``; ``detail`` is the text after the type's name."""

    name: str
    least: int
    kind: str
    required: bool = False
    detail: str = ""

    @property
    def macro(self) -> str:
        return self.name[2:] if self.kind == "off" else self.name

    @property
    def argument(self) -> bool:
        return self.kind not in ("on", "off")


@dataclass(frozen=True)
class Description:
    lead: Lead | None = None
    clauses: dict[str, Clause] = field(default_factory=dict)
    options: tuple[OptionSpec, ...] = ()
    rest: bool = False
    """``*``: all other options go to `options'."""


def wrong() -> StataError:
    return StataError(197, "invalid syntax")


@lru_cache(maxsize=512)
def describe(text: str) -> Description:
    """Read a description; r(197) when it is none."""
    lead: Lead | None = None
    clauses: dict[str, Clause] = {}
    options: list[OptionSpec] = []
    rest = False
    body, after = _cut(text)
    for optional, element in _elements(body):
        if element.startswith(","):
            found, star = _options(element[1:], required=False)
            options, rest = options + found, rest or star
            continue
        for piece in _pieces(element):
            item = _element(piece, optional)
            if isinstance(item, Lead):
                if lead is not None:
                    raise wrong()
                lead = item
            elif item.kind == "weight" and "weight" in clauses:
                clauses["weight"] = Clause(
                    "weight", optional, item.bare, clauses["weight"].weights + item.weights
                )
            else:
                clauses[item.kind] = item
    if after is not None:
        found, star = _options(after, required=True)
        options, rest = options + found, rest or star
    return Description(lead, clauses, tuple(options), rest)


def _cut(text: str) -> tuple[str, str | None]:
    """The part before the comma that stands outside brackets, and the part after it (None: there is none)."""
    at = closing(text, 0, ",")
    return (text, None) if at < 0 else (text[:at], text[at + 1 :])


def closing(text: str, at: int, wanted: str) -> int:
    """Position of the first ``wanted`` character outside quotes, parentheses and brackets; -1 when there is none."""
    depth = 0
    while at < len(text):
        here = text[at]
        if here == '"' or text.startswith('`"', at):
            end = quoted_end(text, at)
            at = end if end > 0 else at + 1
            continue
        if depth == 0 and here in wanted:
            return at
        if here in "([":
            depth += 1
        elif here in ")]":
            depth -= 1
        at += 1
    return -1


def _elements(body: str) -> Iterator[tuple[bool, str]]:
    """(in brackets, text) of each element."""
    at = 0
    while at < len(body):
        if body[at].isspace():
            at += 1
        elif body[at] == "[":
            end = closing(body, at + 1, "]")
            if end < 0:
                raise wrong()
            yield True, body[at + 1 : end].strip()
            at = end + 1
        else:
            end = closing(body, at, "[")
            end = len(body) if end < 0 else end
            yield False, body[at:end].strip()
            at = end


_PIECE = re.compile(r"\s*(=\s*/?\s*exp\b|(?:if|in|using|\w+)\s*/?)\s*")


def _pieces(element: str) -> Iterator[str]:
    """Elements that stand side by side: ``varlist(min=1) if``, ``fweight aweight``."""
    at = 0
    while at < len(element):
        found = _PIECE.match(element, at)
        if found is None:
            raise wrong()
        at = found.end()
        text = re.sub(r"\s+", "", found[1])
        if element.startswith("(", at):
            end = closing(element, at + 1, ")")
            if end < 0:
                raise wrong()
            text += element[at : end + 1]
            at = end + 1
        yield text


def _element(text: str, optional: bool) -> Lead | Clause:
    word = text.rstrip("/")
    bare = text.endswith("/")
    if text in ("=exp", "=/exp"):
        return Clause("exp", optional, "/" in text)
    if word in ("if", "in", "using"):
        return Clause(word, optional, bare)
    for name in WEIGHTS:
        if word.rstrip("s") in (name, f"{name[0]}w") or (
            word.startswith(f"{name[0]}w") and name.startswith(word)
        ):
            return Clause("weight", optional, bare, (name,))
    if word == "weight":
        return Clause("weight", optional, bare, WEIGHTS)
    found = re.match(r"(\w+)(?:\((.*)\))?$", text, re.DOTALL)
    if found is None or found[1] not in LEADS:
        raise wrong()
    return read_lead(found[1], found[2] or "", optional)


_SPECIFIER = re.compile(r"\s*,?\s*(?:(\w+)\s*=\s*(\"[^\"]*\"|[^\s,]+)|(\w+))")


def read_lead(kind: str, text: str, optional: bool) -> Lead:
    flags: set[str] = set()
    least, most, macro, label = 1, None, "", ""
    if kind in ("varname", "newvarname", "name"):
        most = 1
    for found in specifiers(text):
        key, value = found
        if value is None:
            flags.add(key)
        elif key == "default":
            flags.add(value.strip('"'))
        elif key in ("min", "max"):
            number = int(value) if value.isdigit() else None
            if number is None:
                raise wrong()
            least, most = (number, most) if key == "min" else (least, number)
        elif key == "name":
            macro = value
        elif key == "id":
            label = value.strip('"')
        else:
            raise wrong()
    return Lead(kind, optional, frozenset(flags), least, most, macro, label)


def specifiers(text: str) -> Iterator[tuple[str, str | None]]:
    """``min=2 numeric default=none`` as pairs."""
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _SPECIFIER.match(text, at)
        if found is None:
            raise wrong()
        yield (found[1], found[2]) if found[1] else (found[3], None)
        at = found.end()


# ---------------------------------------------------------------- options

_OPTION = re.compile(r"\s*([^\W\d]\w*)(\s*\()?")


def _options(text: str, required: bool) -> tuple[list[OptionSpec], bool]:
    out: list[OptionSpec] = []
    star = False
    at = 0
    depth = 0
    while at < len(text):
        here = text[at]
        if here.isspace() or here == ",":
            at += 1
        elif here in "[]":
            depth += 1 if here == "[" else -1
            at += 1
        elif here == "*":
            star, at = True, at + 1
        else:
            found = _OPTION.match(text, at)
            if found is None:
                raise wrong()
            name, at, inside = found[1], found.end(), None
            if found[2]:
                end = closing(text, at, ")")
                if end < 0:
                    raise wrong()
                inside, at = text[at:end].strip(), end + 1
            out.append(_option(name, inside, required and depth == 0))
    return out, star


def _option(name: str, inside: str | None, required: bool) -> OptionSpec:
    if inside is None:
        if name.startswith("no") and len(name) > 2:
            capitals = _capitals(name[2:])
            return OptionSpec(name.lower(), 2 + capitals if capitals else len(name), "off", required)
        return OptionSpec(name.lower(), _capitals(name) or len(name), "on", required)
    word, _, detail = inside.partition(" ")
    kind = next((full for full, least in _TYPES if is_abbreviation(word, full, least)), None)
    if kind is None and re.match(r"(numlist|varlist|varname|name|namelist)\b", inside):
        kind = re.match(r"\w+", inside)[0]  # type: ignore[index]
        detail = inside[len(kind) :]
    if kind is None:
        raise wrong()
    detail = detail.strip()
    if (
        kind in ("integer", "real")
        and not required
        and not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|\.[a-z]?", detail)
    ):
        raise wrong()
    if detail.startswith("(") and detail.endswith(")"):
        detail = detail[1:-1]
    return OptionSpec(name.lower(), _capitals(name) or len(name), kind, required, detail)


def _capitals(name: str) -> int:
    """How many characters the shortest abbreviation has: those before the first lowercase letter, 0 for none."""
    for k, letter in enumerate(name):
        if letter.islower():
            return k
    return len(name)
