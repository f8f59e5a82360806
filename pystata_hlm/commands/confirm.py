"""confirm: Check what an argument is.   confirm {file | new | variable | number | ...} anything"""

from __future__ import annotations

from collections.abc import Callable

from pystata_hlm.data import names as naming
from pystata_hlm.data.storage import is_string
from pystata_hlm.errors import StataError
from pystata_hlm.formats import is_valid_format
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens

Check = Callable[[list[str], Context], None]
_TYPES = ("byte", "int", "long", "float", "double", "numeric", "string", "str", "strL")


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
    try:
        value = float(words[0])
    except ValueError:
        raise StataError(7, f"{_quoted(words)} {expected} expected") from None
    if value != value or (integer and value != int(value)):
        raise StataError(7, f"{_quoted(words)} {expected} expected")


def _integer(words: list[str], ctx: Context) -> None:
    _number(words[1:] if words[:1] == ["number"] else words, ctx, integer=True)


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
                good = is_string(stype) if kind == "str" else stype == kind
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


_CHECKS: dict[str, Check] = {
    "file": _files,
    "number": _number,
    "integer": _integer,
    "format": _format,
    "names": _names,
    "scalar": _scalar,
    "matrix": _matrix,
    "existence": lambda words, ctx: None,
}
_WORDS = (
    ("file", 1),
    ("number", 1),
    ("integer", 3),
    ("format", 4),
    ("names", 4),
    ("scalar", 3),
    ("matrix", 3),
)


@command("confirm", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    body, _, option = call.text.rpartition(",") if "," in call.text else (call.text, "", "")
    exact = option.strip() == "exact"
    if option.strip() and not exact:
        raise StataError.option_not_allowed(option.strip())
    words = tokens(body)
    if not words:  # `confirm' of an empty argument: nothing was given
        raise StataError(7, "nothing found where something expected")
    first = words[0]
    if first == "existence":
        if len(words) == 1:
            raise StataError(6, "nothing found where something expected")
        return None
    kind = match(first, _WORDS)
    if kind is not None:
        _CHECKS[kind](words[1:], ctx)
        return None
    if first == "new":
        if len(words) > 1 and match(words[1], (("file", 1),)):
            _new_files(words[2:], ctx)
        else:
            rest = words[2:] if len(words) > 1 and match(words[1], (("variable", 1),)) else words[1:]
            _new_variables(rest, ctx)
        return None
    stype = ""
    if (first in _TYPES or (first.startswith("str") and first[3:].isdigit())) and len(words) > 1:
        stype, words = first, words[1:]
    if match(words[0], (("variable", 1),)) and (len(words) > 1 or words[0] not in ctx.data):
        words = words[1:]
    elif not stype:
        raise StataError.invalid_syntax()
    _existing(words, ctx, stype, exact)
    return None
