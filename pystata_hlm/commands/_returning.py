"""Setting stored results: what ``return``, ``ereturn`` and ``sreturn`` share.

Stata lists what programs store with the latest first; a result that is set again keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.results import Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

T = TypeVar("T")

_SUBCOMMANDS = (
    ("local", 3),
    ("scalar", 3),
    ("matrix", 3),
    ("clear", 5),
    ("list", 2),
)
_LINE = re.compile(r"\s*(\w+)\s*(.*)$", re.DOTALL)
_NAMED = re.compile(r"\s*([^\W\d]\w*)(.*)$", re.DOTALL)


def subcommand(text: str, more: tuple[tuple[str, int], ...] = ()) -> tuple[str, str]:
    """The subcommand by its full name, and the text after it; r(198) for an unknown one."""
    found = _LINE.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    word = match(found[1], (*_SUBCOMMANDS, *more))
    if word is None:
        raise StataError.invalid_word(found[1])
    return word, found[2]


def check_list(text: str) -> None:
    if text.replace(" ", "") not in ("", ",all"):
        raise StataError.invalid_syntax()


def placed(store: Mapping[str, T], name: str, value: T) -> dict[str, T]:
    return {**store, name: value} if name in store else {name: value, **store}


def _named(text: str) -> tuple[str, str]:
    found = _NAMED.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    name = found[1]
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    return name, found[2]


def set_scalar(stored: Stored, text: str, ctx: Context) -> Stored:
    """``name = exp``."""
    name, rest = _named(text)
    rest = rest.strip()
    if not rest.startswith("=") or rest.startswith("=="):
        raise StataError.invalid_syntax()
    value = quick.value(rest[1:], ctx.executor)
    if isinstance(value, str):
        raise StataError.type_mismatch()
    return _without(stored, name).with_(scalars=placed(stored.scalars, name, value))


def set_local(stored: Stored, text: str, ctx: Context) -> Stored:
    """``name text``, ``name = exp``, ``name : extended function``; nothing erases it."""
    name, rest = _named(text)
    body = rest.strip()
    if body.startswith("="):
        value = ctx.executor.evaluate(body[1:])
    elif body.startswith(":"):
        value = ctx.executor.extended(body[1:].strip())
    else:
        value = strip_quotes(body)
    if not value:
        return stored.with_(macros={k: v for k, v in stored.macros.items() if k != name})
    return _without(stored, name).with_(macros=placed(stored.macros, name, value))


def set_matrix(stored: Stored, text: str, ctx: Context) -> Stored:
    """``name [=] matrix [, copy]``: the matrix moves, unless it is to be copied."""
    name, rest = _named(text)
    source, _, option = rest.partition(",")
    source = source.strip().removeprefix("=").strip()
    if option.strip() not in ("", "copy"):
        raise StataError.option_not_allowed(option.strip())
    matrix = _matrix_expr.find(source, ctx)
    if option.strip() != "copy":
        ctx.workspace.matrices.pop(source, None)
    return _without(stored, name).with_(matrices={**stored.matrices, name: matrix})


def _without(stored: Stored, name: str) -> Stored:
    """The results without one that goes by this name, of whatever kind (it may come back under another kind)."""
    if name not in stored.hidden:
        return stored
    return stored.with_(hidden={k: v for k, v in stored.hidden.items() if k != name})


SETTERS = {"scalar": set_scalar, "local": set_local, "matrix": set_matrix}
