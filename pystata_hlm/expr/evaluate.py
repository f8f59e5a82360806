"""Vectorised evaluation of expressions.

``evaluate(node, env)`` gives a ``Num`` or ``Text`` whose values are vectors of ``env.n`` rows, or 0-d when
the expression names no variable. All arithmetic is in double; missing is NaN with optional codes.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

import pystata_hlm.expr.functions  # noqa: F401  (fills the table)
from pystata_hlm.errors import StataError
from pystata_hlm.expr.env import DataEnv, Env
from pystata_hlm.expr.functions.registry import call, find
from pystata_hlm.expr.functions.text import join, repeat
from pystata_hlm.expr.values import (
    LARGEST,
    BoolArray,
    Num,
    Text,
    Value,
    limit,
    number,
    ordered,
    text,
    to_str,
    truth,
)
from pystata_hlm.lang import nodes as ast

__all__ = ["DataEnv", "Env", "evaluate", "evaluate_cell", "evaluate_scalar", "evaluate_truth", "truth"]

_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LEVEL = re.compile(r"(\d+)(?:b|bn|o)?")
_TIME_SERIES = re.compile(r"[LFDS]\d*(?:[LFDS]\d*)*", re.IGNORECASE)
_STORED = frozenset("resc")


class _Evaluation:
    """One evaluation: the environment and numpy's overflow and divide-by-zero flags since last looked at."""

    __slots__ = ("env", "flagged")

    def __init__(self, env: Env) -> None:
        self.env = env
        self.flagged = False

    def flag(self, kind: str, status: int) -> None:
        self.flagged = True

    def eval(self, node: ast.Expr) -> Value:
        try:
            return _NODES[type(node)](self, node)
        except RecursionError:
            raise StataError(130, "expression too long") from None

    def number(self, node: ast.Expr) -> Num:
        value = self.eval(node)
        if isinstance(value, Text):
            raise StataError.type_mismatch()
        return value

    # ------------------------------------------------------------ leaves
    def literal(self, node: ast.Number) -> Num:
        return number(node.value, node.code)

    def string(self, node: ast.String) -> Text:
        return text(node.value)

    def labelled(self, node: ast.Labelled) -> Num:
        return number(*self.env.labelled(node.text.value, node.label))

    def name(self, node: ast.Name) -> Value:
        name, env = node.name, self.env
        if name[0] == "_":
            if name == "_n":
                return Num(env.obs_number)
            if name == "_N":
                return Num(env.obs_total)
            if name == "_pi":
                return number(np.pi)
            if name == "_rc":
                return _as_value(env.setting("rc"))
            if name == "_cons":
                return number(1.0)
        variable = env.resolve(name)  # a variable, even abbreviated, goes before a scalar
        if variable is not None:
            return env.column(variable)
        held = env.scalar_value(name)
        if held is None:
            raise StataError.not_found(name)
        return _as_value(held)

    def operated(self, node: ast.Operated) -> Value:
        level = _LEVEL.fullmatch(node.operator)
        if level is not None:
            value = self.env.column(node.name)
            if isinstance(value, Text):
                raise StataError.type_mismatch()
            floats = value.floats()
            return Num(np.where(np.isnan(floats), np.nan, floats == float(level[1]))[()])
        if node.operator == "c":
            return self.env.column(node.name)
        if _TIME_SERIES.fullmatch(node.operator):
            return self.env.operated(node.operator, node.name)
        raise StataError(101, "factor-variable and time-series operators not allowed")

    def subscript(self, node: ast.Subscript) -> Value:
        env = self.env
        if node.column is not None:
            return self._matrix_element(node.name, env.matrix(node.name), node.index, node.column)
        index = self.number(node.index).floats()
        if index.ndim == 0 and (env.scalar or (not isinstance(env.by_start, np.ndarray))):
            return env.element(node.name, int(index) - 1 if abs(index) < 2**52 else -1)
        whole = env.full_column(node.name)
        rows = np.trunc(index)
        with np.errstate(invalid="ignore"):
            inside = (rows >= 1) & (rows <= env.obs_total)
        at = np.where(inside, rows, 1.0).astype(np.intp) + (env.by_start - 1)
        inside = np.broadcast_to(inside, at.shape)
        if isinstance(whole, Text):
            found = whole.values[at]
            return Text(found if inside.all() else np.where(inside, found, np.bytes_(b"")))
        codes = None if whole.codes is None else np.where(inside, whole.codes[at], np.int8(0))
        found = whole.floats()[at]
        return Num(found if inside.all() else np.where(inside, found, np.nan), codes)

    def function(self, node: ast.Function) -> Value:
        name = node.name
        if name in _STORED and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            return self.stored(ast.StoredResult(name, node.args[0].name))
        spec = find(name)
        kinds = spec.kinds(len(node.args))
        values = [
            node_ if kind == "x" else self.eval(node_) for kind, node_ in zip(kinds, node.args, strict=True)
        ]
        return call(spec, values, kinds, self.env)

    def stored(self, node: ast.StoredResult) -> Value:
        env = self.env
        found = env.setting(node.name) if node.klass == "c" else env.stored(node.klass, node.name)
        if node.row is not None:
            where = f"{node.klass}({node.name})"
            return self._matrix_element(where, found, node.row, node.column or ast.Number(1.0))
        return _as_value(found, env)

    def _matrix_element(self, name: str, matrix: Any, row: ast.Expr, column: ast.Expr) -> Num:
        if matrix is None or not hasattr(matrix, "rows"):
            raise StataError.not_found(name)
        values = np.atleast_2d(matrix.values)
        at = []
        for node, names, size in (
            (row, matrix.rows, values.shape[0]),
            (column, matrix.cols, values.shape[1]),
        ):
            index = self.eval(node)
            if isinstance(index, Text):
                wanted = to_str(index)
                if wanted not in names:
                    return number(np.nan)
                at.append(list(names).index(wanted))
                continue
            place = np.trunc(index.floats())
            if place.ndim or not 1 <= place <= size:
                return number(np.nan)
            at.append(int(place) - 1)
        return number(float(values[at[0], at[1]]))

    def coefficient(self, node: ast.Coefficient) -> Num:
        return number(float(self.env.coefficient(node.kind, node.equation, node.term)))

    # ------------------------------------------------------------ operators
    def unary(self, node: ast.Unary) -> Value:
        value = self.number(node.operand)
        if node.op == "!":
            return Num(np.logical_not(truth(value)))
        if node.op == "+":
            return value
        floats = value.floats()
        if value.owned and floats is value.values:
            return Num(np.negative(floats, out=floats), None, True)
        return Num(np.negative(floats), None, floats.ndim > 0)

    def binary(self, node: ast.Binary) -> Value:
        op = node.op
        left, right = self.eval(node.left), self.eval(node.right)
        if op in _ARITHMETIC:
            if isinstance(left, Text) or isinstance(right, Text):
                return _string_arithmetic(op, left, right)
            return self._arithmetic(op, left, right)
        if op == "&":
            return Num(np.logical_and(truth(left), truth(right)))
        if op == "|":
            return Num(np.logical_or(truth(left), truth(right)))
        if isinstance(left, Text) and isinstance(right, Text):
            return Num(np.asarray(_COMPARE[op](left.values, right.values))[()])
        if isinstance(left, Text) or isinstance(right, Text):
            raise StataError.type_mismatch()
        return Num(_compare(op, left, right))

    def _arithmetic(self, op: str, left: Num, right: Num) -> Num:
        a, b = left.floats(), right.floats()
        if a.ndim == 0 and b.ndim == 0:
            result = a**b if op == "^" else _ARITHMETIC[op](a, b)
            if op == "^" and (np.isnan(a) or np.isnan(b)):
                result = np.float64(np.nan)
            self.flagged = False
            return Num(limit(result))
        out = None
        if left.owned and a is left.values and a.ndim:
            out = a
        elif right.owned and b is right.values and b.ndim:
            out = b
        if op == "^":
            result = _power(a, b)
        else:
            result = _ARITHMETIC[op](a, b, out=out)
        if self.flagged:
            self.flagged = False
            result[np.isinf(result)] = np.nan
        return Num(result, None, True)


def _power(a: Any, b: Any) -> Any:
    """``a^b`` with a missing operand giving missing (IEEE has nan**0 = 1 and 1**nan = 1)."""
    result = a**b
    if b.ndim == 0 and b != 0 and not np.isnan(b):
        return result
    bad = np.isnan(a) | np.isnan(b)
    if bad.any():
        result[np.broadcast_to(bad, result.shape)] = np.nan
    return result


def _compare(op: str, left: Num, right: Num) -> Any:
    """0/1 outcome of a comparison, missing values being larger than every number."""
    a, b = left.floats(), right.floats()
    if a.ndim == 0 and b.ndim and not np.isnan(a):
        left, right, a, b, op = right, left, b, a, _MIRROR[op]
    if b.ndim == 0 and not np.isnan(b):
        # NaN compares false with everything: ask for the opposite where missing must count as large
        if op == ">":
            return np.logical_not(a <= b)
        if op == ">=":
            return np.logical_not(a < b)
        return _COMPARE[op](a, b)
    if np.isnan(a).any() or np.isnan(b).any():
        return np.asarray(_COMPARE[op](ordered(left), ordered(right)))[()]
    return _COMPARE[op](a, b)


def _string_arithmetic(op: str, left: Value, right: Value) -> Text:
    """``s1 + s2`` joins; ``s * n`` repeats."""
    if op == "+" and isinstance(left, Text) and isinstance(right, Text):
        return Text(join(left.values, right.values))
    if op == "*" and isinstance(left, Text) != isinstance(right, Text):
        if isinstance(left, Num):
            left, right = right, left
        assert isinstance(left, Text) and isinstance(right, Num)
        return Text(repeat(left.values, right.floats()))
    raise StataError.type_mismatch()


def _as_value(found: Any, env: Env | None = None) -> Value:
    """A stored result: number, string, or row-aligned array such as e(sample); unknown is missing."""
    if found is None:
        return number(np.nan)
    if isinstance(found, str):
        return text(found)
    if isinstance(found, np.ndarray) and found.ndim == 1:
        if env is not None and env.scalar:
            return number(float(found[0]) if found.size else np.nan)
        return Num(found if found.dtype == np.bool_ else found.astype(np.float64))
    if hasattr(found, "rows"):
        values = np.atleast_2d(found.values)
        if values.shape == (1, 1):
            return number(float(values[0, 0]))
        raise StataError(509, "matrix operators that return matrices not allowed in this context")
    value = float(found)
    if value != value:
        from pystata_hlm.data import missing

        values, codes = missing.decode(np.asarray([value]))
        return Num(values[0], None if codes is None else np.asarray(codes[0]))
    return number(value)


_NODES: dict[type, Callable[[_Evaluation, Any], Value]] = {
    ast.Number: _Evaluation.literal,
    ast.String: _Evaluation.string,
    ast.Labelled: _Evaluation.labelled,
    ast.Name: _Evaluation.name,
    ast.Operated: _Evaluation.operated,
    ast.Subscript: _Evaluation.subscript,
    ast.Function: _Evaluation.function,
    ast.StoredResult: _Evaluation.stored,
    ast.Coefficient: _Evaluation.coefficient,
    ast.Unary: _Evaluation.unary,
    ast.Binary: _Evaluation.binary,
}


def _run(node: ast.Expr, env: Env) -> Value:
    run = _Evaluation(env)
    with np.errstate(over="call", divide="call", invalid="ignore", under="ignore", call=run.flag):
        return run.eval(node)


def evaluate(node: ast.Expr, env: Env) -> Value:
    """The value of an expression: ``Num`` with float64 values or ``Text``; 0-d when no variable occurs."""
    value = _run(node, env)
    if isinstance(value, Num):
        return Num(limit(value.floats()), value._codes)
    return value


def evaluate_unlimited(node: ast.Expr, env: Env) -> Value:
    """``evaluate`` for a caller that makes too large numbers missing itself."""
    return _run(node, env)


def evaluate_truth(node: ast.Expr, env: Env) -> BoolArray:
    """Rows for which the expression is true (nonzero or missing), shape (n,)."""
    outcome = np.asarray(truth(_run(node, env)))
    return np.broadcast_to(outcome, (env.n,)) if outcome.ndim == 0 else outcome


def evaluate_cell(node: ast.Expr, env: DataEnv) -> Value:
    """0-d value of an expression in which variables stand for their first observation (``display x``)."""
    return evaluate(node, env.as_scalar())


_QUICK: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": lambda a, b: a != 0 and b != 0,
    "|": lambda a, b: a != 0 or b != 0,
}


def _quick(node: ast.Expr, env: DataEnv) -> float | None:
    """Arithmetic on literals, scalars and stored numbers in plain floats; None when it takes more than that.

    Loops and macro arithmetic spend their time here, not in arrays.
    """
    found: Any = None
    if isinstance(node, ast.Number):
        found = node.value
    elif isinstance(node, ast.Binary):
        left = _quick(node.left, env)
        right = None if left is None else _quick(node.right, env)
        if left is None or right is None:
            return None
        try:
            found = float(_QUICK[node.op](left, right))
        except (ArithmeticError, TypeError):  # division by zero, overflow, root of a negative number
            return None
    elif isinstance(node, ast.Unary):
        inner = _quick(node.operand, env)
        if inner is None:
            return None
        found = -inner if node.op == "-" else inner if node.op == "+" else float(inner == 0)
    elif isinstance(node, ast.Name):
        if node.name[0] != "_" and env.resolve(node.name) is None:
            found = env.scalar_value(node.name)
    elif isinstance(node, ast.StoredResult) and node.row is None and node.klass != "c":
        found = env.stored(node.klass, node.name)
    return found if isinstance(found, float) and -LARGEST < found < LARGEST else None


def evaluate_scalar(node: ast.Expr, env: DataEnv) -> float | str:
    """Like ``evaluate_cell``, as a Python float or str; ``.a``-``.z`` keep their NaN payload."""
    quick = _quick(node, env)
    if quick is not None:
        return quick
    value = evaluate_cell(node, env)
    if isinstance(value, Text):
        return to_str(value)
    result = float(value.values)
    if result == result:
        return result
    if value.codes is None or not int(value.codes):
        return math.nan  # what arithmetic made of .a is .
    from pystata_hlm.data import missing

    codes = np.asarray([int(value.codes)], dtype=np.int8)
    return float(missing.encode(np.asarray([np.nan]), codes, "double")[0])
