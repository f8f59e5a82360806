"""What ``file write`` and ``file read`` are given: strings, (exp), %fmt(exp), _newline, _column(#), binary formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pystata_hlm.commands._openfiles import OpenFile, pack, unpack
from pystata_hlm.commands._syntax_spec import closing
from pystata_hlm.commands._tokens import quoted_end
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.directives import value_text

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DIRECTIVES = (
    ("_skip", 2),
    ("_column", 4),
    ("_newline", 2),
    ("_char", 5),
    ("_tab", 4),
    ("_page", 5),
    ("_dup", 4),
)
_NEEDS_NUMBER = ("_skip", "_column", "_char", "_dup")
_WORD = re.compile(r"_[a-z]+")
_FORMAT = re.compile(r"%[^\s(\"`]+")
_BINARY = re.compile(r"%(?:(8|4)(z)|(4|2|1)(b)([su]?)|(\d+)(s))\s*")


@dataclass(frozen=True)
class Spec:
    """kind: string, exp, or a directive's name; ``text``: the string or the expression; ``fmt``: its format."""

    kind: str
    text: str = ""
    fmt: str = ""


def read_specs(text: str) -> Iterator[Spec]:
    """The pieces of ``file write``."""
    at = 0
    fmt = ""
    while at < len(text):
        here = text[at]
        if here.isspace():
            at += 1
        elif here == '"' or text.startswith('`"', at):
            end = quoted_end(text, at)
            if end < 0:
                raise StataError(132, "too few quotes")
            yield Spec("string", strip_quotes(text[at:end]), fmt)
            at, fmt = end, ""
        elif here == "(":
            end = closing(text, at + 1, ")")
            if end < 0:
                raise StataError(132, "too few ')' or ']'")
            yield Spec("exp", text[at + 1 : end], fmt)
            at, fmt = end + 1, ""
        elif here == "%" and not fmt and (found := _FORMAT.match(text, at)):
            fmt, at = found[0], found.end()
        elif here == "_" and not fmt and (found := _WORD.match(text, at)):
            name = match(found[0], _DIRECTIVES)
            if name is None:
                raise StataError.invalid_syntax()
            at = found.end()
            argument = ""
            if text[at : at + 1] == "(":
                end = closing(text, at + 1, ")")
                if end < 0:
                    raise StataError(132, "too few ')' or ']'")
                argument, at = text[at + 1 : end], end + 1
            elif name in _NEEDS_NUMBER:
                raise StataError.invalid_syntax()
            yield Spec(name, argument)
        else:
            raise StataError.invalid_syntax()
    if fmt:
        raise StataError.invalid_syntax()


def _number(text: str, ctx: Context, default: int = 1) -> int:
    if not text.strip():
        return default
    value = ctx.scalar(parse("expr", text.strip()))
    if not isinstance(value, float):
        raise StataError.type_mismatch()
    return int(value) if value == value else 0


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def write_text(target: OpenFile, text: str, ctx: Context) -> None:
    repeat = 1
    pieces = list(read_specs(text))
    out: list[bytes] = []
    column = target.column
    for spec in pieces:
        if spec.kind == "_dup":
            repeat = max(0, _number(spec.text, ctx))
            continue
        if spec.kind == "string":
            if spec.fmt:
                raise StataError.invalid_syntax()
            raw = _bytes(spec.text)
        elif spec.kind == "exp":
            raw = _bytes(value_text(parse("expr", spec.text.strip()), spec.fmt or None, ctx))
        elif spec.kind == "_char":
            raw = bytes([_number(spec.text, ctx) % 256])
        elif spec.kind == "_column":
            raw = b" " * max(0, _number(spec.text, ctx) - 1 - column)
        else:
            unit = {"_skip": b" ", "_newline": b"\n", "_tab": b"\t", "_page": b"\f"}[spec.kind]
            raw = unit * max(0, _number(spec.text, ctx))
        raw *= repeat
        repeat = 1
        last = raw.rfind(b"\n")
        column = len(raw) - last - 1 if last >= 0 else column + len(raw)
        out.append(raw)
    target.write(b"".join(out))


def write_binary(target: OpenFile, text: str, ctx: Context) -> None:
    out: list[bytes] = []
    for spec in read_specs(text):
        found = _BINARY.fullmatch(spec.fmt)
        if spec.kind not in ("string", "exp") or found is None:
            raise StataError(120, "invalid %format") if spec.fmt else StataError.invalid_syntax()
        if found[7]:
            raw = _bytes(spec.text)
            if spec.kind == "exp":
                value = ctx.scalar(parse("expr", spec.text.strip()))
                if not isinstance(value, str):
                    raise StataError.type_mismatch()
                raw = _bytes(value)
            width = int(found[6])
            out.append(raw[:width].ljust(width, b"\0"))
            continue
        if spec.kind == "string":
            raise StataError.type_mismatch()
        value = ctx.scalar(parse("expr", spec.text.strip()))
        if not isinstance(value, float):
            raise StataError.type_mismatch()
        kind, width = (found[2], int(found[1])) if found[2] else (found[4], int(found[3]))
        out.append(pack(target.number_format(kind, width, found[5] != "u"), value))
    target.write(b"".join(out))


_TARGET = re.compile(r"([^\W\d]\w*|\d\w*)\s*")


def read_binary(source: OpenFile, text: str, ctx: Context) -> tuple[int, bool]:
    """``%fmt name ...``: scalars and macros filled; how many bytes were read, and whether the file ended."""
    at, count = 0, 0
    text = text.strip()
    while at < len(text):
        found = _BINARY.match(text, at)
        name = _TARGET.match(text, found.end()) if found else None
        if found is None or name is None:
            raise StataError.invalid_syntax()
        at = name.end()
        if found[7]:
            raw = source.take(int(found[6]))
            if raw is not None:
                plain = raw.rstrip(b"\0").decode("utf-8", "surrogateescape")
                ctx.executor.set_macro(name[1], "local", plain)
        else:
            kind, width = (found[2], int(found[1])) if found[2] else (found[4], int(found[3]))
            fmt = source.number_format(kind, width, found[5] != "u")
            raw = source.take(width)
            if raw is not None:
                ctx.workspace.scalars[name[1]] = unpack(fmt, raw)
        if raw is None:
            return count, True
        count += len(raw)
    return count, False
