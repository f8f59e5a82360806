"""Macro lists: ``list uniq A``, ``list A | B``, ``list posof "x" in A`` ([P] macro lists).

Operands are names of local macros, ``local(name)`` or ``global(name)``. Elements are compared without their
quotes and keep them in the result. The operators tell repeated elements apart: the second ``b`` of A goes with the
second ``b`` of B.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.words import quoted, raw_tokens, unquote

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Element = tuple[str, str]
"""An element as written, and without its quotes."""
Elements = list[Element]

_OPERAND = r"((?:global|local)\(\s*\w+\s*\)|\w+)"
_UNARY = re.compile(rf"([a-z]+)\s+{_OPERAND}\s*")
_BINARY = re.compile(rf"{_OPERAND}\s*(===|==|\||&|-|\bin\b)\s*{_OPERAND}\s*")
_POSOF = re.compile(rf"posof\s+(.*?)\s+in\s+{_OPERAND}\s*", re.DOTALL)


def elements(operand: str, ctx: Context) -> Elements:
    """The elements of a macro; an undefined one is an empty list."""
    found = re.fullmatch(r"(global|local)\(\s*(\w+)\s*\)", operand)
    scope, name = (found[1], found[2]) if found else ("local", operand)
    return [(word, unquote(word)) for word in raw_tokens(ctx.executor.macro(name, scope))]


def _key(element: Element) -> str:
    return element[1]


def _uniq(a: Elements) -> Elements:
    seen: set[str] = set()
    return [x for x in a if not (x[1] in seen or seen.add(x[1]))]  # type: ignore[func-returns-value]


def _dups(a: Elements) -> Elements:
    seen: set[str] = set()
    return [x for x in a if x[1] in seen or seen.add(x[1])]  # type: ignore[func-returns-value]


_UNARIES: dict[str, Callable[[Elements], Elements]] = {
    "uniq": _uniq,
    "dups": _dups,
    "sort": lambda a: sorted(a, key=_key),
    "rsort": lambda a: sorted(a, key=_key, reverse=True),
    "retokenize": lambda a: a,
    "clean": lambda a: [(quoted(x[1]), x[1]) for x in a],
}


def _minus(a: Elements, b: Elements) -> Elements:
    """A without the elements of B, each taking one of its kind."""
    left = Counter(map(_key, b))
    out = []
    for x in a:
        if left[x[1]]:
            left[x[1]] -= 1
        else:
            out.append(x)
    return out


def _both(a: Elements, b: Elements) -> Elements:
    left = Counter(map(_key, b))
    out = []
    for x in a:
        if left[x[1]]:
            left[x[1]] -= 1
            out.append(x)
    return out


def _keys(a: Elements) -> list[str]:
    return [x[1] for x in a]


def _binary(operator: str, a: Elements, b: Elements) -> Elements | bool:
    if operator == "|":
        return a + _minus(b, a)
    if operator == "&":
        return _both(a, b)
    if operator == "-":
        return _minus(a, b)
    if operator == "==":
        return _keys(a) == _keys(b)
    if operator == "===":
        return sorted(_keys(a)) == sorted(_keys(b))
    return not _minus(a, b)


def evaluate(text: str, ctx: Context) -> str:
    """The text after ``list``."""
    text = text.strip()
    position = _POSOF.fullmatch(text)
    if position is not None:
        words = _keys(elements(position[2], ctx))
        wanted = unquote(position[1])
        return str(words.index(wanted) + 1 if wanted in words else 0)
    binary = _BINARY.fullmatch(text)
    if binary is not None:
        outcome = _binary(binary[2], elements(binary[1], ctx), elements(binary[3], ctx))
        return str(int(outcome)) if isinstance(outcome, bool) else " ".join(x[0] for x in outcome)
    unary = _UNARY.fullmatch(text)
    if unary is not None:
        if unary[1] == "sizeof":
            return str(len(elements(unary[2], ctx)))
        name = match(unary[1], [(name, 0) for name in _UNARIES])
        if name is not None:
            return " ".join(x[0] for x in _UNARIES[name](elements(unary[2], ctx)))
    raise StataError.invalid_syntax()
