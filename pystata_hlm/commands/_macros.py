"""Defining macros: the syntax that ``local`` and ``global`` share."""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.words import unquote

MAX_NAME = {"local": 31, "global": 32}
_DEFINITION = re.compile(r"\s*(?P<step>\+\+|--)?\s*(?P<name>\w+)(?P<rest>.*)$", re.DOTALL)


def check_name(name: str, scope: str) -> str:
    """Macro names: letters, digits, underscores; globals do not start with a digit."""
    if scope == "global" and name[0].isdigit():
        raise StataError.invalid_name(name)
    if len(name) > MAX_NAME[scope]:
        raise StataError(198, f"{name} invalid name")
    return name


def define(text: str, scope: str, ctx: Context) -> None:
    """``name text``, ``name = exp``, ``name : extended function``, ``++name``, ``name`` (erases it)."""
    found = _DEFINITION.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    executor = ctx.executor
    name, rest = check_name(found["name"], scope), found["rest"]
    if found["step"]:
        if rest.strip():
            raise StataError.invalid_syntax()
        step = "+ 1" if found["step"] == "++" else "- 1"
        executor.set_macro(name, scope, executor.evaluate(f"({executor.macro(name, scope)}) {step}"))
        return
    if rest and not rest[0].isspace() and rest[0] not in '=:"`':
        raise StataError.invalid_syntax()
    body = rest.strip()
    if body.startswith("="):
        executor.set_macro(name, scope, executor.evaluate(body[1:]))
    elif body.startswith(":"):
        executor.set_macro(name, scope, executor.extended(body[1:].strip()))
    else:
        executor.set_macro(name, scope, unquote(body))
