"""Expression nodes back to text, with no blanks and only the parentheses that the tree needs."""

from __future__ import annotations

import math

from pystata_hlm.lang import nodes

_LEVEL = {
    "|": 1,
    "&": 2,
    "==": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "^": 7,
}
_SIGN, _NOT, _ATOM = 6, 8, 9


def _number(value: float, code: int) -> str:
    if math.isnan(value):
        return "." + (chr(ord("a") + code - 1) if code else "")
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    return text[1:] if text.startswith("0.") else text


def _string(value: str) -> str:
    return f'`"{value}"\'' if '"' in value else f'"{value}"'


def _level(node: nodes.Expr) -> int:
    match node:
        case nodes.Binary(op):
            return _LEVEL[op]
        case nodes.Unary(op):
            return _NOT if op == "!" else _SIGN
        case _:
            return _ATOM


def _wrapped(node: nodes.Expr, least: int) -> str:
    text = unparse(node)
    return text if _level(node) >= least else f"({text})"


def _coefficient(node: nodes.Coefficient) -> str:
    if node.equation == "/":
        return f"{node.kind}[/{node.term}]"
    return f"{node.kind}[{node.equation}:{node.term}]" if node.equation else f"{node.kind}[{node.term}]"


def unparse(node: nodes.Expr) -> str:
    """Text that parses to the same tree."""
    match node:
        case nodes.Number(value, code):
            return _number(value, code)
        case nodes.String(value):
            return _string(value)
        case nodes.Labelled(text, label):
            return f"{unparse(text)}:{label}"
        case nodes.Name(name):
            return name
        case nodes.Operated(operator, name):
            return f"{operator}.{name}"
        case nodes.Subscript(name, index, column):
            return f"{name}[{unparse(index)}{'' if column is None else ',' + unparse(column)}]"
        case nodes.Function(name, args):
            if name in _DATE_WORDS and all(isinstance(a, nodes.String) for a in args):
                return f"{name}({','.join(a.value for a in args if isinstance(a, nodes.String))})"
            return f"{name}({','.join(map(unparse, args))})"
        case nodes.StoredResult(klass, name, row, column):
            inside = "" if row is None or column is None else f"[{unparse(row)},{unparse(column)}]"
            return f"{klass}({name}){inside}"
        case nodes.Coefficient():
            return _coefficient(node)
        case nodes.Unary(op, operand):
            return op + _wrapped(operand, _NOT if op == "!" else _SIGN)
        case nodes.Binary(op, left, right):
            level = _LEVEL[op]
            return f"{_wrapped(left, level)}{op}{_wrapped(right, level + 1)}"


_DATE_WORDS = frozenset(["td", "tc", "tC", "tw", "tm", "tq", "th", "ty", "tb", *"dwmqhy", "tin", "twithin"])
"""Functions whose arguments are literals: the grammar's DATE_CALL."""
