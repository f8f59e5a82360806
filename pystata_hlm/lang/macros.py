"""Macro expansion: text in, text out. What a macro holds, and the value of an expression, comes from ``env``.

Forms: `` `name' ``, nested `` `a`i'' ``, `` ``v'' ``, ``$name``, ``${name}``, ``${g`i'}``, ``$`v'``, ``$$v``,
`` `=exp' ``, `` `:extended function' ``, `` `++i' `` `` `--i' `` `` `i++' `` `` `i--' ``, `` `macval(x)' ``,
`` `r(mean)' `` `` `e(cmd)' `` `` `c(pwd)' `` `` `s(x)' ``. An undefined macro is empty. What a macro holds is
expanded in its turn, except under ``macval()``. A backslash before `` ` `` or ``$`` stops the expansion and
disappears; two backslashes leave one and expand. Compound quotes are no macros.

A text is taken apart once (cached), so that a loop body costs little more than the look-ups.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from pystata_hlm.errors import StataError

MAX_DEPTH = 64


class MacroEnv(Protocol):
    """What expansion needs to know."""

    def macro(self, name: str, scope: str) -> str:
        """Contents of a macro, "" when undefined; scope is ``local`` or ``global``."""

    def set_macro(self, name: str, scope: str, text: str) -> None:
        """Store a macro (`` `++i' ``)."""

    def evaluate(self, text: str) -> str:
        """The value of an expression as text."""

    def extended(self, text: str) -> str:
        """The value of an extended macro function, e.g. ``variable label mpg``."""

    def stored_text(self, klass: str, name: str) -> str:
        """The text of r(name), e(name), s(name) or c(name); "" when there is no such result."""


class _Local:
    """A name in local quotes: the name itself, or parts that have to be expanded to get at it."""

    __slots__ = ("name", "parts")

    def __init__(self, parts: _Template) -> None:
        self.parts = parts
        only = parts[0] if len(parts) == 1 else None
        self.name = only if isinstance(only, str) and _NAME.fullmatch(only) else ""


class _Global:
    __slots__ = ("parts",)

    def __init__(self, parts: _Template) -> None:
        self.parts = parts


_Template = tuple["str | _Local | _Global", ...]

_NAME = re.compile(r"\w+|\*")
_MARK = re.compile(r"\\+(?=[`$])|[`$'}]")
_GLOBAL_NAME = re.compile(r"[^\W\d]\w{0,31}")
_STORED = re.compile(r"([resc])\(\s*(\w+)\s*\)")
_MACVAL = re.compile(r"macval\(\s*(.*?)\s*\)", re.DOTALL)
_STEP = re.compile(r"(\+\+|--)\s*(\w+)|(\w+)\s*(\+\+|--)")


def expand(text: str, env: MacroEnv, depth: int = 0) -> str:
    """``text`` with its macros replaced by what they hold."""
    if "`" not in text and "$" not in text:
        return text
    if depth > MAX_DEPTH:
        raise StataError(920, "macro substitution results in line that is too long")
    return _join(template(text), env, depth)


def fill(parts: _Template, env: MacroEnv) -> str:
    """The text of a ``template``, its macros replaced."""
    return _join(parts, env, 0)


@lru_cache(maxsize=8192)
def template(text: str) -> _Template:
    """The literal stretches and macro references of a text."""
    return _take(text, 0, "")[0]


# ---------------------------------------------------------------- taking apart


def _take(text: str, at: int, closing: str) -> tuple[_Template, int, bool]:
    """Parts from ``at`` to the closing mark (`'`, `}`, "" for the end), where it ends, found or not."""
    parts: list[str | _Local | _Global] = []
    literal = at  # start of the pending literal text
    quotes = 0  # compound quotes open inside a macro's own quotes

    def flush(end: int) -> None:
        if end > literal:
            parts.append(text[literal:end])

    while True:
        mark = _MARK.search(text, at)
        if mark is None:
            flush(len(text))
            return tuple(parts), len(text), not closing
        where, m = mark.start(), mark[0]
        if m[0] == "\\":
            flush(where)
            parts.append("\\" * (len(m) // 2))
            literal = mark.end()
            at = mark.end() + len(m) % 2  # an odd backslash protects the mark
        elif m == "`" and text.startswith('"', where + 1):
            quotes += 1
            at = where + 2
        elif m == "`":
            inside, after, closed = _take(text, where + 1, "'")
            flush(where)
            if closed:
                parts.append(_Local(inside))
            else:
                parts += ["`", *inside]
            literal = at = after
        elif m == "$":
            found = _global(text, where + 1)
            if found is None:
                at = where + 1
                continue
            flush(where)
            parts.append(found[0])
            literal = at = found[1]
        elif m == closing and not (m == "'" and quotes and where and text[where - 1] == '"'):
            flush(where)
            return tuple(parts), where + 1, True
        else:
            if m == "'" and quotes and where and text[where - 1] == '"':
                quotes -= 1
            at = where + 1


def _global(text: str, at: int) -> tuple[_Global, int] | None:
    """The global reference whose name starts at ``at`` (after the dollar sign); None when there is none."""
    name = _GLOBAL_NAME.match(text, at)
    if name is not None:
        return _Global((name[0],)), name.end()
    if text.startswith("{", at):
        inside, after, closed = _take(text, at + 1, "}")
        return (_Global(inside), after) if closed else None
    if text.startswith("`", at) and not text.startswith('`"', at):
        inside, after, closed = _take(text, at + 1, "'")
        return (_Global((_Local(inside),)), after) if closed else None
    if text.startswith("$", at):
        inner = _global(text, at + 1)
        return (_Global((inner[0],)), inner[1]) if inner is not None else None
    return None


# ---------------------------------------------------------------- putting together


def _join(parts: _Template, env: MacroEnv, depth: int) -> str:
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, _Local):
            if part.name:
                out.append(expand(env.macro(part.name, "local"), env, depth + 1))
            else:
                out.append(_quoted(_join(part.parts, env, depth).strip(), env, depth))
        else:
            name = _join(part.parts, env, depth).strip()
            out.append(expand(env.macro(name, "global"), env, depth + 1))
    return "".join(out)


def _quoted(text: str, env: MacroEnv, depth: int) -> str:
    """What stands between local quotes, its inner macros already expanded."""
    if not text:
        return ""
    if _NAME.fullmatch(text):
        return expand(env.macro(text, "local"), env, depth + 1)
    if text[0] == "=":
        return env.evaluate(text[1:])
    if text[0] == ":":
        return env.extended(text[1:].strip())
    stored = _STORED.fullmatch(text)
    if stored is not None:
        return expand(env.stored_text(stored[1], stored[2]), env, depth + 1)
    macval = _MACVAL.fullmatch(text)
    if macval is not None:
        return env.macro(macval[1], "local")
    step = _STEP.fullmatch(text)
    if step is not None:
        return _stepped(step[2] or step[3], (step[1] or step[4])[0], first=step[1] is not None, env=env)
    return ""


def _stepped(name: str, sign: str, first: bool, env: MacroEnv) -> str:
    """`` `++i' `` (first) and `` `i++' ``: add or subtract one, in place."""
    old = env.macro(name, "local") or "0"
    new = env.evaluate(f"({old}){sign}1")
    env.set_macro(name, "local", new)
    return new if first else old
