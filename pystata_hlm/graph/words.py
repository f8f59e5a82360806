"""Reading option arguments: quoted strings, commas, suboptions, number lists. Text in, tokens out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pystata_hlm.errors import StataError


class OptionLike(Protocol):
    """What ``lang.nodes.Option`` offers: a name and the raw text between the parentheses."""

    @property
    def name(self) -> str: ...
    @property
    def argument(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Given:
    """An option read from an option's own suboptions."""

    name: str
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A word; ``quoted`` ones keep their text without the quotes."""

    text: str
    quoted: bool = False


def shown(option: OptionLike) -> str:
    """The option as error messages name it."""
    return option.name if option.argument is None else f"{option.name}()"


def _closing(text: str, start: int) -> int:
    """Position after the quoted string that opens at ``start`` (plain or compound)."""
    if text.startswith('`"', start):
        depth, i = 1, start + 2
        while i < len(text) and depth:
            if text.startswith('`"', i):
                depth, i = depth + 1, i + 2
            elif text.startswith("\"'", i):
                depth, i = depth - 1, i + 2
            else:
                i += 1
        if depth:
            raise StataError(132, "too few quotes")
        return i
    end = text.find('"', start + 1)
    if end < 0:
        raise StataError(132, "too few quotes")
    return end + 1


def _quote_at(text: str, i: int) -> bool:
    return text[i] == '"' or text.startswith('`"', i)


def _unquoted(text: str) -> str:
    return text[2:-2] if text.startswith('`"') else text[1:-1]


def split_comma(text: str) -> tuple[str, str]:
    """Text before and after the first comma outside quotes and parentheses."""
    i = depth = 0
    while i < len(text):
        if _quote_at(text, i):
            i = _closing(text, i)
            continue
        if text[i] in "([":
            depth += 1
        elif text[i] in ")]":
            depth -= 1
        elif text[i] == "," and depth == 0:
            return text[:i].strip(), text[i + 1 :].strip()
        i += 1
    return text.strip(), ""


_NAME = re.compile(r"[A-Za-z_]\w*")


def split_options(text: str) -> tuple[Given, ...]:
    """``size(small) color(red) span`` as options; r(198) for anything else."""
    out: list[Given] = []
    i = 0
    while i < len(text):
        if text[i].isspace() or text[i] == ",":
            i += 1
            continue
        m = _NAME.match(text, i)
        if m is None:
            raise StataError.invalid_word(text[i:].split()[0])
        name, i = m.group(), m.end()
        if i < len(text) and text[i] == "(":
            end = _parenthesis(text, i)
            out.append(Given(name, text[i + 1 : end - 1].strip()))
            i = end
        else:
            out.append(Given(name))
    return tuple(out)


def _parenthesis(text: str, start: int) -> int:
    depth, i = 0, start
    while i < len(text):
        if _quote_at(text, i):
            i = _closing(text, i)
            continue
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        i += 1
        if depth == 0:
            return i
    raise StataError(132, "too few ')' or ']'")


def tokens(text: str, keep_parentheses: bool = True) -> tuple[Token, ...]:
    """Blank-separated words; quoted strings are one token; ``0(10)100`` stays one word."""
    out: list[Token] = []
    i = 0
    while i < len(text):
        if text[i].isspace():
            i += 1
        elif _quote_at(text, i):
            end = _closing(text, i)
            out.append(Token(_unquoted(text[i:end]), True))
            i = end
        else:
            start = i
            while i < len(text) and not text[i].isspace() and not _quote_at(text, i):
                i = _parenthesis(text, i) if text[i] == "(" and keep_parentheses else i + 1
            out.append(Token(text[start:i]))
    return tuple(out)


def list_items(text: str) -> tuple[str, ...]:
    """The elements of a style list such as ``red "0 0 255" navy%50``: quoted parts hold together."""
    found = tokens(text)
    if len(found) == 3 and all(re.fullmatch(r"\d+", t.text) for t in found[:2]) and not found[0].quoted:
        last = re.match(r"\d+", found[2].text)
        if last is not None:  # an unquoted RGB triple
            return (" ".join(t.text for t in found),)
    out: list[str] = []
    pending = ""
    for t in found:
        if not t.quoted and out and pending and t.text[0] in "%*":
            out[-1] += t.text  # "26 71 111"%50
        else:
            out.append(t.text)
        pending = "quoted" if t.quoted else ""
    return tuple(out)


def text_lines(text: str) -> tuple[str, ...]:
    """Lines of a title: a list of quoted strings, or the text itself."""
    text = text.strip()
    if not text:
        return ()
    found = tokens(text)
    if found and all(t.quoted for t in found):
        inner = []
        for t in found:
            nested = tokens(t.text) if t.text.lstrip().startswith(('"', '`"')) else ()
            inner += [n.text for n in nested] if nested and all(n.quoted for n in nested) else [t.text]
        return tuple(inner)
    return (text,)


def one_number(text: str, option: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        raise StataError(198, f"option {option}() incorrectly specified") from None


_RANGE = re.compile(r"^(?P<a>[-+.\deE]+?)\((?P<d>[-+.\deE]+)\)(?P<b>[-+.\deE]+)$")
_SLASH = re.compile(r"^(?P<a>[-+]?[.\deE]+)/(?P<b>[-+]?[.\deE]+)$")
_BRACKET = re.compile(r"^(?P<a>[-+.\deE]+?)\[(?P<d>[-+.\deE]+)\](?P<b>[-+.\deE]+)$")


def number_range(word: str) -> tuple[float, ...] | None:
    """``5``, ``0(10)100``, ``0[10]100`` or ``1/5`` as numbers; None for anything else."""
    try:
        return (float(word),) if word[-1:].isdigit() or word[-1:] == "." else None
    except ValueError:
        pass
    m = _RANGE.match(word) or _BRACKET.match(word)
    try:
        if m is not None:
            a, d, b = float(m["a"]), float(m["d"]), float(m["b"])
        else:
            m = _SLASH.match(word)
            if m is None:
                return None
            a, b = float(m["a"]), float(m["b"])
            d = 1.0 if b >= a else -1.0
    except ValueError:
        return None
    if d == 0 or (b - a) / d < -1e-9 or (b - a) / d > 10_000:
        raise StataError(124, "invalid values or range specified")
    count = int((b - a) / d * (1 + 1e-12) + 1e-9) + 1
    return tuple(round(a + i * d, 12) for i in range(count))


def numbers(text: str, option: str) -> tuple[float, ...]:
    """A number list; r(121) when it is not one."""
    out: list[float] = []
    words = re.sub(r"(?<=[\d.])\s*\(\s*([^()\s]+)\s*\)\s*(?=[-+\d.])", r"(\1)", text).split()
    for word in words:
        found = number_range(word)
        if found is None:
            raise StataError(121, "invalid numlist")
        out += found
    return tuple(out)


def abbreviations(text: str) -> dict[str, int]:
    """``title:2 subtitle:3`` as {full name: length of the shortest abbreviation}."""
    return {name: int(least) for name, least in (item.split(":") for item in text.split())}


def match(name: str, table: Mapping[str, int]) -> str | None:
    """The full name of an abbreviated option; ``table`` gives the shortest abbreviation's length."""
    if name in table:
        return name
    for full, shortest in table.items():
        if shortest and len(name) >= shortest and full.startswith(name):
            return full
    return None


def matched(
    options: Iterable[OptionLike], table: Mapping[str, int], lacking: Mapping[str, int]
) -> list[tuple[str, OptionLike]]:
    """Options by full name. r(198) for one Stata has and we lack (``lacking``), and for an unknown one."""
    out = []
    for option in options:
        full = match(option.name, table)
        if full is None:
            known = match(option.name, lacking)
            if known is not None:
                raise StataError.option_not_supported(known if option.argument is None else f"{known}()")
            raise StataError.option_not_allowed(shown(option))
        out.append((full, option))
    return out


def required(option: OptionLike, full: str) -> str:
    """The argument of an option that must have one."""
    if option.argument is None:
        raise StataError(198, f"option {full}() incorrectly specified")
    return option.argument


def no_argument(option: OptionLike) -> None:
    if option.argument is not None:
        raise StataError.option_not_allowed(shown(option))
