"""The shape of a text: its numbers and plain strings taken out, so that texts that differ only in those are alike.

A loop expands ``s + `i'`` to a new text at every pass; its shape, ``s + #``, stays the same, and what was found out
about the shape (its tree, where a condition ends) need not be found out again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse, split_condition

MAX_SHAPES = 4096

_SLOT = re.compile(
    r"((?<![\w.])(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])|(?<!`)\"[^\"`]*\"(?!['\"]))"
)
Key = tuple[str, ...]
T = TypeVar("T")


def take(text: str) -> tuple[Key, list[float | str]]:
    """The shape (literal pieces with ``#`` and ``$`` for a number and a string between them) and the values."""
    pieces = _SLOT.split(text)
    values: list[float | str] = []
    for k in range(1, len(pieces), 2):
        slot = pieces[k]
        if slot[0] == '"':
            values.append(slot[1:-1])
            pieces[k] = "$"
        else:
            values.append(float(slot))
            pieces[k] = "#"
    return tuple(pieces), values


def slot_node(node: Any) -> int | None:
    """Which value a leaf of a shape's tree stands for; None when it is a constant of the shape."""
    if isinstance(node, nodes.Number) and node.value >= _FIRST and node.value % 1 == 0.5:
        return int(node.value - _FIRST)
    if isinstance(node, nodes.String) and node.value[:1] == "\x02":
        return int(node.value[1:])
    return None


_FIRST = 7_340_033.5  # stands for value 0, the next number for value 1 ...


def tree(key: Key) -> nodes.Expr | None:
    """The tree of an expression's shape, whose leaves ``slot_node`` tells apart; None when some value is no leaf."""
    text = "".join(
        piece if k % 2 == 0 else (f'"\x02{k // 2}"' if piece == "$" else str(_FIRST + k // 2))
        for k, piece in enumerate(key)
    ).strip()
    try:
        node: nodes.Expr = parse("expr", text)
    except StataError:
        return None
    found = sorted(k for k in map(slot_node, _leaves(node)) if k is not None)
    return node if found == list(range(len(key) // 2)) else None


def _leaves(node: Any) -> list[Any]:
    out: list[Any] = []
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (nodes.Number, nodes.String)):
            out.append(item)
        elif isinstance(item, tuple):
            waiting += item
        elif hasattr(type(item), "__slots__"):
            waiting += [getattr(item, name) for name in type(item).__slots__]
    return out


class Shapes(dict[Key, T]):
    """What is known about shapes, at most ``MAX_SHAPES`` of them; ``make(key)`` finds it out."""

    def __init__(self, make: Callable[[Key], T]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: Key) -> T:
        if len(self) >= MAX_SHAPES:
            self.clear()
        value = self[key] = self.make(key)
        return value


# ---------------------------------------------------------------- one-line if


def _condition_end(key: Key) -> tuple[int, int] | None:
    """Piece and position in it where the command of ``exp command`` starts; None when a value stands there."""
    pieces = [piece if k % 2 == 0 else '""' if piece == "$" else "1" for k, piece in enumerate(key)]
    text = "".join(pieces)
    try:
        _, rest = split_condition(text.strip())
    except StataError:
        return None
    if not rest:
        return None
    at = len(text.rstrip()) - len(rest)
    for k, piece in enumerate(pieces):
        if at < len(piece):
            return (k, at) if k % 2 == 0 else None
        at -= len(piece)
    return None


_ENDS: Shapes[tuple[int, int] | None] = Shapes(_condition_end)


def split_if(text: str) -> tuple[str, str]:
    """``exp command`` of a one-line ``if``, as ``parser.split_condition``; texts of a known shape cost little."""
    pieces = _SLOT.split(text)
    key = tuple(piece if k % 2 == 0 else "$" if piece[0] == '"' else "#" for k, piece in enumerate(pieces))
    found = _ENDS[key]
    if found is None:
        return split_condition(text.strip())
    k, at = found
    head = "".join(pieces[:k]) + pieces[k][:at]
    return head.strip(), text[len(head) :].strip()
