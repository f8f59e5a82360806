"""Matrix expressions: ``(1,2\\3,4)``, ``A*B'``, ``inv(A)``, ``e(b)``, ``A[1,2...]``.

Binding, loosest first: ``\\`` (rows), ``,`` (columns), ``+ -``, ``* / #``, unary ``-``, postfix ``'`` and subscripts.
Whatever is no matrix is handed to the scalar evaluator.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix

Value = StataMatrix | float
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\.(?![a-z\d]))|(?P<name>[^\W\d]\w*)"
    r"|(?P<string>\"[^\"]*\")|(?P<op>\.\.\.|\.\.|[-+*/#\\,()\[\]'^]))"
)


def conformability() -> StataError:
    return StataError(503, "conformability error")


def lookup(name: str, ctx: Context) -> StataMatrix | None:
    return ctx.workspace.matrices.get(name)


def stored(text: str, ctx: Context) -> StataMatrix | None:
    """``e(b)``, ``r(C)``: the stored matrix of that name."""
    found = re.fullmatch(r"([ers])\(\s*(\w+)\s*\)", text.strip())
    if found is None:
        return None
    held = getattr(ctx.workspace, found[1]).get(found[2])
    return held if isinstance(held, StataMatrix) else None


def find(text: str, ctx: Context) -> StataMatrix:
    """A matrix by name or stored result; r(111) when there is none."""
    text = text.strip()
    matrix = lookup(text, ctx) or stored(text, ctx)
    if matrix is None:
        raise StataError(111, f"matrix {text} not found")
    return matrix


def as_matrix(value: Value) -> StataMatrix:
    return value if isinstance(value, StataMatrix) else StataMatrix.make([[value]])


def as_number(value: Value) -> float:
    if isinstance(value, StataMatrix):
        if value.values.shape != (1, 1):
            raise conformability()
        return float(value.values[0, 0])
    return value


class MatrixParser:
    """One expression; ``value()`` reads it to its end."""

    def __init__(self, text: str, ctx: Context) -> None:
        self.text = text
        self.ctx = ctx
        self.at = 0

    # ------------------------------------------------------------ tokens
    def peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            return ""
        return found["op"] or found["name"] or found["number"] or found["string"] or ""

    def take(self, expected: str | None = None) -> str:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise StataError.invalid_syntax()
        token = found["op"] or found["name"] or found["number"] or found["string"]
        if expected is not None and token != expected:
            raise StataError.invalid_syntax()
        self.at = found.end()
        return str(token)

    def balanced(self) -> str:
        """The text between the parenthesis just opened and its partner, which is taken too."""
        depth, start = 1, self.at
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
            if depth == 0:
                return self.text[start : self.at - 1]
        raise StataError(132, "too many '(' or '['")

    # ------------------------------------------------------------ grammar
    def value(self) -> Value:
        out = self.rows()
        if self.text[self.at :].strip():
            raise StataError.invalid_syntax()
        return out

    def rows(self) -> Value:
        out = self.columns()
        while self.peek() == "\\":
            self.take()
            out = stack(out, self.columns())
        return out

    def columns(self) -> Value:
        out = self.sum()
        while self.peek() == ",":
            self.take()
            out = beside(out, self.sum())
        return out

    def sum(self) -> Value:
        out = self.product()
        while self.peek() in ("+", "-"):
            sign = 1.0 if self.take() == "+" else -1.0
            out = add(out, self.product(), sign)
        return out

    def product(self) -> Value:
        out = self.unary()
        while self.peek() in ("*", "/", "#"):
            op = self.take()
            out = {"*": multiply, "/": divide, "#": kronecker}[op](out, self.unary())
        return out

    def unary(self) -> Value:
        if self.peek() == "-":
            self.take()
            return multiply(-1.0, self.unary())
        if self.peek() == "+":
            self.take()
            return self.unary()
        return self.postfix()

    def postfix(self) -> Value:
        out = self.primary()
        while True:
            token = self.peek()
            if token == "'":
                self.take()
                out = transpose(out)
            elif token == "[" and isinstance(out, StataMatrix):
                self.take()
                out = self.subscript(out)
            elif token == "^":
                self.take()
                out = as_number(out) ** as_number(self.unary())
            else:
                return out

    def primary(self) -> Value:
        start = self.at
        token = self.take()
        if token == "(":
            out = self.rows()
            self.take(")")
            return out
        if token[0].isdigit() or (token[0] == "." and token not in ("..", "...")):
            return float("nan") if token == "." else float(token)
        if not re.match(r"[^\W\d]", token):
            raise StataError.invalid_syntax()
        if self.text[self.at : self.at + 1] == "(" or self.peek() == "(":
            self.take("(")
            return self.call(token, start)
        matrix = lookup(token, self.ctx)
        if matrix is not None:
            return matrix
        if self.peek() == "[":  # _b[x] and the like
            self.take()
            self.balanced()
        return self.scalar(self.text[start : self.at])

    def scalar(self, text: str) -> float:
        value = self.ctx.scalar(parse("expr", text.strip()))
        if not isinstance(value, float):
            raise StataError.type_mismatch()
        return value

    def call(self, name: str, start: int) -> Value:
        inside = self.balanced()
        held = stored(f"{name}({inside})", self.ctx)
        if held is not None:
            return held
        if name in ("e", "r", "s"):
            return self.scalar(self.text[start : self.at])
        if name == "nullmat":
            return lookup(inside.strip(), self.ctx) or EMPTY
        if name == "get":
            word = inside.strip()
            return find("e(b)" if word == "_b" else "e(V)" if word == "VCE" else word, self.ctx)
        function = FUNCTIONS.get(name)
        if function is not None:
            return function([MatrixParser(part, self.ctx).value() for part in split_arguments(inside)])
        return self.scalar(self.text[start : self.at])

    # ------------------------------------------------------------ subscripts
    def subscript(self, matrix: StataMatrix) -> Value:
        inside = self.balanced()
        parts = split_arguments(inside)
        if len(parts) != 2:
            raise StataError.invalid_syntax()
        rows = positions(parts[0], matrix.rows, self.ctx)
        columns = positions(parts[1], matrix.cols, self.ctx)
        return StataMatrix(
            matrix.values[np.ix_(rows, columns)],
            tuple(matrix.rows[i] for i in rows),
            tuple(matrix.cols[j] for j in columns),
        )


EMPTY = StataMatrix(np.zeros((0, 0)), (), ())


def split_arguments(text: str) -> list[str]:
    """Arguments between commas outside parentheses, brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for k, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
            if c == "," and depth == 0:
                parts.append(text[start:k])
                start = k + 1
    return [*parts, text[start:]]


def positions(text: str, names: tuple[str, ...], ctx: Context) -> list[int]:
    """0-based positions of ``2``, ``1..3``, ``2...``, ``.``, ``"name"``, ``"eq:"``."""
    text = text.strip()
    if text in (".", "1..."):
        return list(range(len(names)))
    first, dots, last = text.partition("..")
    start = _position(first, names, ctx)
    if not dots:
        return start
    end = [len(names) - 1] if last.strip() == "." else _position(last.strip(), names, ctx)
    if start[0] > end[-1]:
        raise conformability()
    return list(range(start[0], end[-1] + 1))


def _position(text: str, names: tuple[str, ...], ctx: Context) -> list[int]:
    text = text.strip()
    if text.startswith('"'):
        wanted = text.strip('"')
        if wanted.endswith(":"):
            found = [k for k, name in enumerate(names) if name.startswith(wanted)]
        else:
            found = [k for k, name in enumerate(names) if wanted in (name, name.rpartition(":")[2])][:1]
        if not found:
            raise conformability()
        return found
    value = ctx.scalar(parse("expr", text))
    if not isinstance(value, float) or value != value or not 1 <= int(value) <= len(names):
        raise conformability()
    return [int(value) - 1]


# ---------------------------------------------------------------- operations


def transpose(a: Value) -> Value:
    return StataMatrix(a.values.T, a.cols, a.rows) if isinstance(a, StataMatrix) else a


def add(a: Value, b: Value, sign: float) -> Value:
    if isinstance(a, StataMatrix) and isinstance(b, StataMatrix):
        if a.values.shape != b.values.shape:
            raise conformability()
        return StataMatrix(a.values + sign * b.values, a.rows, a.cols)
    if not isinstance(a, StataMatrix) and not isinstance(b, StataMatrix):
        return a + sign * b
    if as_matrix(a).values.shape == as_matrix(b).values.shape:
        return add(as_matrix(a), as_matrix(b), sign)
    raise conformability()


def multiply(a: Value, b: Value) -> Value:
    if isinstance(a, StataMatrix) and isinstance(b, StataMatrix):
        if a.values.shape[1] == b.values.shape[0]:
            return StataMatrix(a.values @ b.values, a.rows, b.cols)
        if a.values.shape == (1, 1):
            return multiply(float(a.values[0, 0]), b)
        if b.values.shape == (1, 1):
            return multiply(a, float(b.values[0, 0]))
        raise conformability()
    if isinstance(a, StataMatrix):
        assert not isinstance(b, StataMatrix)
        return StataMatrix(a.values * b, a.rows, a.cols)
    if isinstance(b, StataMatrix):
        return StataMatrix(a * b.values, b.rows, b.cols)
    return a * b


def divide(a: Value, b: Value) -> Value:
    number = as_number(b)
    return multiply(a, 1 / number if number else float("nan"))


def kronecker(a: Value, b: Value) -> Value:
    left, right = as_matrix(a), as_matrix(b)
    rows = tuple(f"{x}:{y}" for x in left.rows for y in right.rows)
    columns = tuple(f"{x}:{y}" for x in left.cols for y in right.cols)
    return StataMatrix(np.kron(left.values, right.values), rows, columns)


def _default(names: tuple[str, ...], letter: str) -> bool:
    return all(name == f"{letter}{k + 1}" for k, name in enumerate(names))


def _joined(a: tuple[str, ...], b: tuple[str, ...], letter: str) -> tuple[str, ...]:
    """Names of joined rows or columns: default names are numbered anew."""
    if _default(a, letter) and _default(b, letter):
        return tuple(f"{letter}{k + 1}" for k in range(len(a) + len(b)))
    return a + b


def beside(a: Value, b: Value) -> StataMatrix:
    left, right = as_matrix(a), as_matrix(b)
    if not left.values.size:
        return right
    if left.values.shape[0] != right.values.shape[0]:
        raise conformability()
    return StataMatrix(np.hstack([left.values, right.values]), left.rows, _joined(left.cols, right.cols, "c"))


def stack(a: Value, b: Value) -> StataMatrix:
    upper, lower = as_matrix(a), as_matrix(b)
    if not upper.values.size:
        return lower
    if upper.values.shape[1] != lower.values.shape[1]:
        raise conformability()
    return StataMatrix(
        np.vstack([upper.values, lower.values]), _joined(upper.rows, lower.rows, "r"), upper.cols
    )


# ---------------------------------------------------------------- functions


def _square(value: Value) -> StataMatrix:
    matrix = as_matrix(value)
    if matrix.values.shape[0] != matrix.values.shape[1]:
        raise conformability()
    return matrix


def _inverse(args: list[Value]) -> Value:
    matrix = _square(args[0])
    if np.isnan(matrix.values).any():
        raise StataError(504, "matrix has missing values")
    try:
        inverse = np.linalg.inv(matrix.values)
    except np.linalg.LinAlgError:
        raise StataError(506, "matrix singular") from None
    return StataMatrix(inverse, matrix.cols, matrix.rows)


def _symmetric_inverse(args: list[Value]) -> Value:
    """Generalized inverse: rows and columns that depend on earlier ones are zero."""
    matrix = _square(args[0])
    a = matrix.values
    if np.isnan(a).any():
        raise StataError(504, "matrix has missing values")
    if not np.allclose(a, a.T, rtol=1e-8, atol=0):
        raise StataError(505, "matrix not symmetric")
    kept = independent(a)
    out = np.zeros_like(a)
    if kept.any():
        block = np.ix_(kept, kept)
        out[block] = np.linalg.inv(a[block])
    return StataMatrix((out + out.T) / 2, matrix.cols, matrix.rows)


def independent(a: np.ndarray) -> np.ndarray:
    """Which rows of a symmetric matrix do not depend on earlier ones (sweeping, relative tolerance 1e-10)."""
    left = a.astype(float).copy()
    scale = np.abs(np.diag(left)).copy()
    kept = np.zeros(len(left), dtype=bool)
    for k in range(len(left)):
        pivot = left[k, k]
        if abs(pivot) > 1e-10 * max(scale[k], 1e-300):
            kept[k] = True
            left = left - np.outer(left[:, k], left[k]) / pivot
    return kept


def _identity(args: list[Value]) -> Value:
    return StataMatrix.make(np.eye(int(as_number(args[0]))))


def _constant(args: list[Value]) -> Value:
    if len(args) != 3:
        raise StataError.invalid_syntax()
    r, c, z = (as_number(a) for a in args)
    return StataMatrix.make(np.full((int(r), int(c)), z))


def _diag(args: list[Value]) -> Value:
    matrix = as_matrix(args[0])
    if 1 not in matrix.values.shape:
        raise conformability()
    names = matrix.cols if matrix.values.shape[0] == 1 else matrix.rows
    return StataMatrix(np.diag(matrix.values.ravel()), names, names)


def _vecdiag(args: list[Value]) -> Value:
    matrix = _square(args[0])
    return StataMatrix(np.diag(matrix.values)[None, :], ("r1",), matrix.cols)


def _cholesky(args: list[Value]) -> Value:
    matrix = _square(args[0])
    try:
        lower = np.linalg.cholesky(matrix.values)
    except np.linalg.LinAlgError:
        raise StataError(506, "matrix not positive definite") from None
    return StataMatrix(lower, matrix.rows, matrix.cols)


def _corr(args: list[Value]) -> Value:
    matrix = _square(args[0])
    sd = np.sqrt(np.diag(matrix.values))
    with np.errstate(divide="ignore", invalid="ignore"):
        return StataMatrix(matrix.values / np.outer(sd, sd), matrix.rows, matrix.cols)


def _hadamard(args: list[Value]) -> Value:
    a, b = as_matrix(args[0]), as_matrix(args[1])
    if a.values.shape != b.values.shape:
        raise conformability()
    return StataMatrix(a.values * b.values, a.rows, a.cols)


def _vec(args: list[Value]) -> Value:
    matrix = as_matrix(args[0])
    rows = tuple(f"{c}:{r}" for c in matrix.cols for r in matrix.rows)
    return StataMatrix(matrix.values.T.reshape(-1, 1), rows, ("c1",))


FUNCTIONS: dict[str, Callable[[list[Any]], Value]] = {
    "inv": _inverse,
    "invsym": _symmetric_inverse,
    "syminv": _symmetric_inverse,
    "I": _identity,
    "J": _constant,
    "diag": _diag,
    "vecdiag": _vecdiag,
    "cholesky": _cholesky,
    "corr": _corr,
    "hadamard": _hadamard,
    "vec": _vec,
    "rowsof": lambda args: float(as_matrix(args[0]).values.shape[0]),
    "colsof": lambda args: float(as_matrix(args[0]).values.shape[1]),
    "trace": lambda args: float(np.trace(_square(args[0]).values)),
    "det": lambda args: float(np.linalg.det(_square(args[0]).values)),
    "el": lambda args: float(
        as_matrix(args[0]).values[int(as_number(args[1])) - 1, int(as_number(args[2])) - 1]
    ),
}


def evaluate(text: str, ctx: Context) -> StataMatrix:
    """The value of a matrix expression."""
    return as_matrix(MatrixParser(text, ctx).value())
