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


# ---------------------------------------------------------------- whole command lines

STABLE_RULES = frozenset({"standard", "generate", "egen", "assertion", "display", "clauses"})
"""Start rules under which a number means the same wherever it stands: nothing is counted out while parsing."""

LONGEST = 400
_INTEGER = re.compile(r"(?<![\w.])(\d{1,15})(?![\w.])")
_MARK = "734003"
_MARKED = re.compile(_MARK + r"(\d{3})")
Fill = Callable[[list[str]], Any]
_LINES: dict[Key, Fill | int] = {}


def parse_line(start: str, text: str) -> Any:
    """``parse(start, text)``; a text that differs only in its whole numbers from two seen before is not parsed."""
    if start not in STABLE_RULES or len(text) > LONGEST:
        return parse(start, text)
    pieces = _INTEGER.split(text)
    if len(pieces) == 1 or len(pieces) > 1000:
        return parse(start, text)
    key = (start, *pieces[::2])
    known = _LINES.get(key)
    if known is None:  # most lines are met once
        if len(_LINES) >= MAX_SHAPES:
            _LINES.clear()
        _LINES[key] = 0
        return parse(start, text)
    if known == 0:
        known = _LINES[key] = _line_filler(start, pieces)
    return parse(start, text) if isinstance(known, int) else known(pieces[1::2])


def _line_filler(start: str, pieces: list[str]) -> Fill | int:
    """Makes the tree of a text of this shape from its numbers; 1 when some number cannot be told from the tree."""
    if any(_MARK in piece for piece in pieces):
        return 1
    text = "".join(piece if k % 2 == 0 else f"{_MARK}{k // 2:03d}" for k, piece in enumerate(pieces))
    try:
        node = parse(start, text)
    except StataError:
        return 1
    found: set[int] = set()
    filler = _filler(node, found)
    return filler if filler is not None and len(found) == len(pieces) // 2 else 1


def _filler(node: Any, found: set[int]) -> Fill | None:
    """Rebuilds a part of a tree; None when it holds no number of the text."""
    if isinstance(node, str):
        if _MARK not in node:
            return None
        parts = _MARKED.split(node)
        places = [int(part) for part in parts[1::2]]
        literals = parts[::2]
        found.update(places)
        return lambda values: "".join(
            part for pair in zip(literals, [*(values[at] for at in places), ""], strict=True) for part in pair
        )
    if isinstance(node, float):
        if not node.is_integer() or not str(int(node)).startswith(_MARK):
            return None
        at = int(str(int(node))[len(_MARK) :])
        found.add(at)
        return lambda values: float(values[at])
    if isinstance(node, tuple):
        inner = [_filler(item, found) for item in node]
        items = node
        if not any(inner):
            return None
        return lambda values: tuple(
            item if fill is None else fill(values) for item, fill in zip(items, inner, strict=True)
        )
    kind = type(node)
    if not hasattr(kind, "__dataclass_fields__"):
        return None
    fields = [getattr(node, name) for name in kind.__dataclass_fields__]
    fills = [_filler(field, found) for field in fields]
    if not any(fills):
        return None
    return lambda values: kind(
        *(field if fill is None else fill(values) for field, fill in zip(fields, fills, strict=True))
    )
