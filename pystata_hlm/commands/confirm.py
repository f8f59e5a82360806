"""confirm: Check what an argument is.   confirm {file | new | variable | number | ...} anything"""

from __future__ import annotations

from collections.abc import Callable

from pystata_hlm.commands._syntax_spec import closing
from pystata_hlm.data import names as naming
from pystata_hlm.data.storage import is_string
from pystata_hlm.errors import StataError
from pystata_hlm.formats import is_valid_format, parse_format
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens

Check = Callable[[list[str], Context], None]
_TYPES = ("byte", "int", "long", "float", "double", "numeric", "string", "str", "str#", "strL")


def _quoted(words: list[str]) -> str:
    return f"'{words[0]}' found where" if words else "nothing found where"


def _files(words: list[str], ctx: Context) -> None:
    if not words:
        raise StataError(7, "nothing found where filename expected")
    for word in words:
        if not ctx.workspace.resolve(word).exists():
            raise StataError.file_not_found(word)


def _new_files(words: list[str], ctx: Context) -> None:
    for word in words:
        if ctx.workspace.resolve(word).exists():
            raise StataError.file_exists(word)


def _number(words: list[str], ctx: Context, integer: bool = False) -> None:
    expected = "integer" if integer else "number"
    if len(words) != 1:
        raise StataError(7, f"{_quoted(words)} {expected} expected")
    if words[0] == "." and not integer:  # "a number, such as 1, 5.2, or ."
        return
    try:
        value = float(words[0])
    except ValueError:
        raise StataError(7, f"{_quoted(words)} {expected} expected") from None
    if value != value or (integer and value != int(value)):
        raise StataError(7, f"{_quoted(words)} {expected} expected")


def _format(words: list[str], ctx: Context) -> None:
    if len(words) != 1 or not is_valid_format(words[0]):
        raise StataError(7, f"{_quoted(words)} format expected")


def _names(words: list[str], ctx: Context) -> None:
    for word in words or [""]:
        if not naming.is_wellformed(word):
            raise StataError(7, f"'{word}' found where name expected")


def _scalar(words: list[str], ctx: Context) -> None:
    for word in words:
        if word not in ctx.workspace.scalars:
            raise StataError(111, f"scalar {word} not found")


def _matrix(words: list[str], ctx: Context) -> None:
    for word in words:
        held = ctx.workspace.matrices.get(word)
        if held is None and word[:2] in ("r(", "e(") and word.endswith(")"):
            held = getattr(ctx.workspace, word[0]).matrices.get(word[2:-1])
        if held is None:
            raise StataError(111, f"matrix {word} not found")


def _existing(words: list[str], ctx: Context, kind: str, exact: bool) -> None:
    """Variables, of a storage type; wildcards and abbreviations are allowed unless ``exact``."""
    if not words:
        raise StataError(7, "nothing found where variable expected")
    for word in words:
        if exact and word not in ctx.data:
            raise StataError.varlist_not_found(word)
        for name in ctx.data.unabbreviate(word, ctx.settings.varabbrev):
            stype = ctx.data.column(name).stype
            good = {"": True, "numeric": not is_string(stype), "string": is_string(stype)}.get(kind)
            if good is None:
                fixed = is_string(stype) and (kind == "str" or stype != "strL")
                good = fixed if kind in ("str", "str#") else stype == kind
            if not good:
                raise StataError(7, f"'{word}' found where {kind} variable expected")


def _new_variables(words: list[str], ctx: Context) -> None:
    for word in words or [""]:
        if not naming.is_valid_name(word):
            raise StataError(
                7,
                f"'{word}' found where new variable name expected"
                if word
                else "nothing found where new variable name expected",
            )
        if word in ctx.data:
            raise StataError.already_defined(word)


def _frame(words: list[str], ctx: Context) -> None:
    frames = getattr(ctx.workspace, "frame_names", lambda: ["default"])()
    for word in words:
        if word not in frames:
            raise StataError(111, f"frame {word} not found")


def _new_frame(words: list[str], ctx: Context) -> None:
    frames = getattr(ctx.workspace, "frame_names", lambda: ["default"])()
    for word in words:
        if word in frames:
            raise StataError(110, f"frame {word} already exists")


def _existence(words: list[str], ctx: Context) -> None:
    if not words:
        raise StataError(6, "nothing found where something expected")


_CHECKS: dict[str, Check] = {
    "file": _files,
    "number": _number,
    "format": _format,
    "names": _names,
    "scalar": _scalar,
    "matrix": _matrix,
    "frame": _frame,
    "existence": _existence,
}
_WORDS = (
    ("existence", 1),
    ("file", 1),
    ("format", 4),
    ("frame", 5),
    ("integer", 3),
    ("matrix", 3),
    ("names", 4),
    ("new", 3),
    ("number", 3),
    ("scalar", 3),
    ("variable", 1),
)
_FORMATS = {"numeric": "gfexHL", "string": "s", "date": "t"}


def _typed_format(kind: str, words: list[str], ctx: Context) -> None:
    _format(words, ctx)
    letters = parse_format(words[0]).kind
    if letters not in _FORMATS[kind]:
        raise StataError(7, f"{_quoted(words)} {kind} format expected")


@command("confirm", min=3, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    comma = closing(call.text, 0, ",")
    body, option = (call.text, "") if comma < 0 else (call.text[:comma], call.text[comma + 1 :].strip())
    if option not in ("", "exact"):
        raise StataError.option_not_allowed(option)
    words = tokens(body)
    if not words:
        raise StataError.invalid_syntax()
    first, rest = words[0], words[1:]
    kind = match(first, _WORDS)
    second = match(rest[0], _WORDS) if rest else None
    typed = first in _TYPES or (first.startswith("str") and first[3:].isdigit())
    if typed and second == "variable":  # `int variable' is not `integer number'
        _existing(rest[1:], ctx, first, option == "exact")
    elif kind == "integer":
        if second != "number":
            raise StataError.invalid_syntax()
        _number(rest[1:], ctx, integer=True)
    elif kind == "new":
        if second == "file":
            _new_files(rest[1:], ctx)
        elif second == "frame":
            _new_frame(rest[1:], ctx)
        else:
            _new_variables(rest[1:] if second == "variable" else rest, ctx)
    elif kind == "variable":
        _existing(rest, ctx, "", option == "exact")
    elif kind is not None:
        _CHECKS[kind](rest, ctx)
    elif first in _FORMATS and second == "format":
        _typed_format(first, rest[1:], ctx)
    else:
        raise StataError.invalid_syntax()
    return None
