"""Scalar expressions in plain Python: what loops and macro arithmetic spend their time on.

``local x = `x' + 1``, ``if `i' > 3``, ``scalar s = s + `i'``: a text whose shape was seen before is not parsed again,
and its arithmetic is done on floats. Whatever is not finite arithmetic on numbers, scalars and stored results is left
to ``evaluate_scalar``, so there is one place for the rules of missing values, types and errors.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate_scalar
from pystata_hlm.expr.values import LARGEST
from pystata_hlm.lang import macros, nodes, shape
from pystata_hlm.lang.parser import parse

Scalar: TypeAlias = "float | str"
Values: TypeAlias = "list[float | str]"


class Names(Protocol):
    """What a quick expression asks of its surroundings."""

    def quick_name(self, name: str) -> Any:
        """The value of a scalar; None when there is none, or a variable goes before it."""

    def quick_stored(self, klass: str, name: str) -> Any:
        """r(name), e(name), s(name)."""

    def env(self) -> DataEnv: ...


class _GiveUp(Exception):
    """Not for plain floats after all: a missing value, an overflow, a string among numbers."""


Quick: TypeAlias = Callable[[Values, Names], Any]


def value(text: str, names: Names) -> Scalar:
    """The value of a scalar expression; errors are those of ``parse`` and ``evaluate_scalar``."""
    key, values = shape.take(text)
    quick, tree = _SHAPES[key]
    if quick is not None:
        try:
            found = quick(values, names)
        except (_GiveUp, ArithmeticError, ValueError, TypeError):
            pass
        else:
            return found if isinstance(found, str) else float(found)
    node = parse("expr", text.strip()) if tree is None else _fill(tree, values)
    return evaluate_scalar(node, names.env())


def line(text: str) -> Callable[[Any], Scalar]:
    """An expression with macros in it, to be evaluated again and again as they change; the function takes the
    executor."""
    if "`" not in text and "$" not in text:
        return lambda names: value(text, names)
    parts = macros.template(text)
    attempt = digit_line(text)
    if attempt is None:
        return lambda names: value(macros.fill(parts, names), names)
    first = attempt

    def evaluate(names: Any) -> Scalar:
        found = first(names)
        return value(macros.fill(parts, names), names) if found is None else found

    return evaluate


def digit_line(text: str) -> Callable[[Any], Scalar | None] | None:
    """As ``line`` where every macro is a local that stands apart: while they hold digits, no text is put together.

    The function gives None when they hold something else; None in its place when the expression is of another kind.
    """
    slots = _digit_slots(macros.template(text))
    if slots is None:
        return None
    key, sources = slots
    quick = _SHAPES[key][0]
    if quick is None:
        return None
    compute = quick

    def evaluate(names: Any) -> Scalar | None:
        held = names.frame.locals
        values: Values = []
        for source in sources:
            if type(source) is float:
                values.append(source)
                continue
            digits = held.get(source, "")
            if not (digits.isdigit() and digits.isascii()):
                return None
            values.append(float(digits))
        try:
            result = compute(values, names)
        except (_GiveUp, ArithmeticError, ValueError, TypeError):
            return None
        return result if type(result) is str else float(result)

    return evaluate


def _digit_slots(parts: tuple[Any, ...]) -> tuple[shape.Key, list[float | str]] | None:
    """The shape of a text whose macros are all plain locals and hold digits; where its values come from."""
    marked: list[str] = []
    names: list[str] = []
    for part in parts:
        if isinstance(part, str):
            if '"' in part or _MARK in part:
                return None
            marked.append(part)
        else:
            name = getattr(part, "name", "")
            if not name or name == "*":
                return None
            marked.append(f"{_MARK}{len(names)}")
            names.append(name)
    text = "".join(marked)
    key, values = shape.take(text)
    sources: list[float | str] = []
    seen = 0
    for held in values:
        if isinstance(held, str):
            return None
        if held == float(f"{_MARK}{seen}"):
            sources.append(names[seen])
            seen += 1
        else:
            sources.append(held)
    return (key, sources) if seen == len(names) else None


_MARK = "73400331"


def true(text: str, names: Names) -> bool:
    """Whether a condition holds: nonzero or missing. r(109) for a string."""
    return truth(value(text, names))


def truth(found: Scalar) -> bool:
    if isinstance(found, str):
        raise StataError.type_mismatch()
    return found != 0


# ---------------------------------------------------------------- trees to closures


def _make(key: shape.Key) -> tuple[Quick | None, nodes.Expr | None]:
    tree = shape.tree(key)
    return (None, None) if tree is None else (_compile(tree), tree)


_SHAPES: shape.Shapes[tuple[Quick | None, nodes.Expr | None]] = shape.Shapes(_make)


def _fill(node: Any, values: Values) -> Any:
    """The tree of a text from the tree of its shape."""
    at = shape.slot_node(node)
    if at is not None:
        held = values[at]
        return nodes.String(held) if isinstance(held, str) else nodes.Number(held)
    if isinstance(node, tuple):
        return tuple(_fill(item, values) for item in node)
    kind = type(node)
    if kind in _BRANCHES:
        return kind(*(_fill(getattr(node, name), values) for name in _BRANCHES[kind]))
    return node


_BRANCHES: dict[type, tuple[str, ...]] = {
    kind: tuple(kind.__slots__)
    for kind in (
        nodes.Binary,
        nodes.Unary,
        nodes.Function,
        nodes.Subscript,
        nodes.StoredResult,
        nodes.Labelled,
    )
}


def _checked(number: Any) -> Any:
    if not -LARGEST < number < LARGEST:
        raise _GiveUp
    return number


def _compile(node: nodes.Expr) -> Quick | None:
    maker = _COMPILERS.get(type(node))
    return None if maker is None else maker(node)


def _leaf(node: Any) -> Quick | None:
    at = shape.slot_node(node)
    if at is not None:
        return lambda values, names: values[at]
    held = node.value
    return None if held != held else lambda values, names: held


def _name(node: nodes.Name) -> Quick | None:
    name = node.name
    if name[0] == "_":
        return None

    def look_up(values: Values, names: Names) -> Any:
        held = names.quick_name(name)
        if type(held) is float:
            return _checked(held)
        if type(held) is str:
            return held
        raise _GiveUp

    return look_up


def _stored(node: nodes.StoredResult) -> Quick | None:
    klass, name = node.klass, node.name
    if klass == "c" or node.row is not None:
        return None

    def look_up(values: Values, names: Names) -> Any:
        held = names.quick_stored(klass, name)
        if type(held) is str:
            return held
        if type(held) is float or type(held) is int:
            return _checked(held)
        raise _GiveUp

    return look_up


def _unary(node: nodes.Unary) -> Quick | None:
    inner = _compile(node.operand)
    if inner is None:
        return None

    def apply(values: Values, names: Names) -> Any:
        held = inner(values, names)
        if type(held) is str:
            raise _GiveUp
        return -held if minus else held == 0 if negated else held

    minus, negated = node.op == "-", node.op == "!"
    return apply


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _binary(node: nodes.Binary) -> Quick | None:
    left, right = _compile(node.left), _compile(node.right)
    if left is None or right is None:
        return None
    first, second = left, right
    if node.op in _ARITHMETIC:
        compute = _ARITHMETIC[node.op]

        def arithmetic(values: Values, names: Names) -> Any:
            result = compute(first(values, names), second(values, names))
            if type(result) is str or not -LARGEST < result < LARGEST:  # complex: TypeError
                if type(result) is str and node.op == "+":
                    return result
                raise _GiveUp
            return result

        return arithmetic
    if node.op in _COMPARE:
        compare = _COMPARE[node.op]

        def comparison(values: Values, names: Names) -> Any:
            a, b = first(values, names), second(values, names)
            if (type(a) is str) is not (type(b) is str):
                raise _GiveUp
            return compare(a, b)

        return comparison
    both = node.op == "&"

    def logical(values: Values, names: Names) -> Any:
        a, b = first(values, names), second(values, names)
        if type(a) is str or type(b) is str:
            raise _GiveUp
        return (a != 0 and b != 0) if both else (a != 0 or b != 0)

    return logical


def _mod(x: float, y: float) -> float:
    if y <= 0:
        raise _GiveUp
    return x % y


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "abs": (1, abs),
    "ceil": (1, math.ceil),
    "exp": (1, np.exp),
    "floor": (1, math.floor),
    "int": (1, math.trunc),
    "ln": (1, np.log),
    "log": (1, np.log),
    "mod": (2, _mod),
    "sqrt": (1, math.sqrt),
}


def _function(node: nodes.Function) -> Quick | None:
    arity, run = _FUNCTIONS.get(node.name, (0, None))
    if run is None or arity != len(node.args):
        return None
    compiled = [_compile(arg) for arg in node.args]
    parts = [part for part in compiled if part is not None]
    if len(parts) != arity:
        return None
    positive = run is np.log
    compute = run

    def apply(values: Values, names: Names) -> Any:
        args: list[float] = []
        for part in parts:
            held = part(values, names)
            if type(held) is str or (positive and held <= 0):
                raise _GiveUp
            args.append(float(held))
        if compute is np.exp and args[0] > 700:
            raise _GiveUp
        return _checked(float(compute(*args)))

    return apply


_COMPILERS: dict[type, Callable[[Any], Quick | None]] = {
    nodes.Number: _leaf,
    nodes.String: _leaf,
    nodes.Name: _name,
    nodes.StoredResult: _stored,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Function: _function,
}
