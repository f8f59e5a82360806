"""Matrix expressions: ``(1,2\\3,4)``, ``A*B'``, ``inv(A)``, ``e(b)``, ``A[1,2...]`` ([P] matrix define).

Binding, loosest first: ``\\`` (rows), ``,`` (columns), ``+ -``, ``* /``, ``#``, unary ``-``, postfix ``'`` and
subscripts. Whatever is no matrix is handed to the scalar evaluator; a number stands for a 1 x 1 matrix.
"""

from __future__ import annotations

import re

from pystata_hlm.commands import _matrix_functions as functions
from pystata_hlm.commands._matrix_functions import Value, as_matrix, as_number, conformability
from pystata_hlm.commands._matrix_subscripts import positions, split_arguments, take
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\.[a-z]?(?![\w.]))|(?P<name>[^\W\d]\w*)"
    r"|(?P<string>\"[^\"]*\")|(?P<op>\.\.\.|\.\.|==|[!~<>]=|[<>&|!~]|[-+*/#\\,()\[\]'^]))"
)
_LOGICAL = frozenset(["==", "!=", "~=", "<", "<=", ">", ">=", "&", "|"])
_WORDS = re.compile(r"[^\W\d]\w*")


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


class MatrixParser:
    """One expression; ``value()`` reads it to its end."""

    def __init__(self, text: str, ctx: Context) -> None:
        self.text = text
        self.ctx = ctx
        self.at = 0

    # ------------------------------------------------------------ tokens
    def peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        return "" if found is None else str(found[0].strip())

    def take(self, expected: str | None = None) -> str:
        found = _TOKEN.match(self.text, self.at)
        token = "" if found is None else found[0].strip()
        if found is None or (expected is not None and token != expected):
            raise StataError.invalid_syntax()
        self.at = found.end()
        return token

    def balanced(self) -> str:
        """The text between the parenthesis just opened and its partner, which is taken too."""
        depth, start, quoted = 1, self.at, False
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            if c == '"':
                quoted = not quoted
            elif not quoted:
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
                if depth == 0:
                    return self.text[start : self.at - 1]
        raise StataError(132, "too many '(' or '['")

    def element(self, start: int) -> str:
        """The text from ``start`` to the end of the element: a comma, backslash or parenthesis outside pairs."""
        depth, self.at = 0, start
        while self.at < len(self.text):
            c = self.text[self.at]
            if depth == 0 and c in ",\\)]":
                break
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
            self.at += 1
        return self.text[start : self.at]

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
            out = functions.stack(out, self.columns())
        return out

    def columns(self) -> Value:
        out = self.item()
        while self.peek() == ",":
            self.take()
            out = functions.beside(out, self.item())
        return out

    def item(self) -> Value:
        """A sum; with a comparison or a logical operator the whole element is a scalar expression."""
        start = self.at
        if self.peek() in ("!", "~"):
            return self.scalar(self.element(start))
        out = self.sum()
        if self.peek() in _LOGICAL:
            return self.scalar(self.element(start))
        return out

    def sum(self) -> Value:
        out = self.product()
        while self.peek() in ("+", "-"):
            sign = 1.0 if self.take() == "+" else -1.0
            out = functions.add(out, self.product(), sign)
        return out

    def product(self) -> Value:
        out = self.kronecker()
        while self.peek() in ("*", "/"):
            run = functions.multiply if self.take() == "*" else functions.divide
            out = run(out, self.kronecker())
        return out

    def kronecker(self) -> Value:
        out = self.unary()
        while self.peek() == "#":
            self.take()
            out = functions.kronecker(out, self.unary())
        return out

    def unary(self) -> Value:
        if self.peek() == "-":
            self.take()
            return functions.multiply(-1.0, self.unary())
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
                out = functions.transpose(out)
            elif token == "[" and isinstance(out, StataMatrix):
                self.take()
                out = self.subscript(out)
            elif token == "^":
                self.take()
                base, power = as_number(out), as_number(self.unary())
                out = self.scalar(f"({base!r})^({power!r})".replace("nan", "."))
            else:
                return out

    def primary(self) -> Value:
        start = self.at
        token = self.take()
        if token == "(":
            out = self.rows()
            self.take(")")
            return out
        if token[0].isdigit() or (token[0] == "." and token[1:2].isdigit()):
            return float(token)
        if token[0] == "." and token not in ("..", "..."):
            return self.scalar(token)
        if not re.match(r"[^\W\d]", token):
            raise StataError.invalid_syntax()
        if self.peek() == "(":
            self.take("(")
            return self.call(token, start)
        matrix = lookup(token, self.ctx)
        if matrix is not None:
            return matrix
        if self.peek() == "[":  # _b[x], x[3]
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
        if name in ("e", "r", "s", "c"):
            return self.scalar(self.text[start : self.at])
        if name == "matrix":
            return MatrixParser(inside, self.ctx).value()
        if name == "nullmat":
            return lookup(inside.strip(), self.ctx) or functions.EMPTY
        if name == "get":
            word = inside.strip()
            return find("e(b)" if word == "_b" else "e(V)" if word == "VCE" else f"e({word})", self.ctx)
        if name == "matuniform":
            r, c = (int(as_number(MatrixParser(part, self.ctx).value())) for part in split_arguments(inside))
            return StataMatrix.make(self.ctx.rng.uniform(r * c).reshape(r, c))
        parts = split_arguments(inside) if inside.strip() else []
        function = functions.FUNCTIONS.get(name)
        if function is not None:
            return function.call([self.argument(part) for part in parts])
        named = functions.NAMED.get(name)
        if named is not None:
            if len(parts) != 2:
                raise StataError.invalid_syntax()
            matrix = as_matrix(MatrixParser(parts[0], self.ctx).value())
            wanted = self.ctx.scalar(parse("expr", parts[1].strip()))
            if not isinstance(wanted, str):
                raise StataError.type_mismatch()
            return named(matrix, wanted)
        if any(
            word in self.ctx.workspace.matrices or word in functions.FUNCTIONS
            for word in _WORDS.findall(inside)
        ):
            values = [as_number(self.argument(part)) for part in parts]
            return self.scalar(f"{name}({', '.join(map(repr, values))})".replace("nan", "."))
        return self.scalar(self.text[start : self.at])

    def argument(self, text: str) -> Value:
        return MatrixParser(text, self.ctx).value()

    # ------------------------------------------------------------ subscripts
    def subscript(self, matrix: StataMatrix) -> Value:
        parts = split_arguments(self.balanced())
        if len(parts) == 1 and 1 in matrix.values.shape:  # a vector's element
            parts = ["1", *parts] if matrix.values.shape[0] == 1 else [*parts, "1"]
        if len(parts) != 2:
            raise StataError.invalid_syntax()
        rows = positions(parts[0], matrix.rows, self.ctx)
        columns = positions(parts[1], matrix.cols, self.ctx)
        return take(matrix, rows, columns)


def evaluate(text: str, ctx: Context) -> StataMatrix:
    """The value of a matrix expression."""
    return as_matrix(MatrixParser(text, ctx).value())


__all__ = [
    "MatrixParser",
    "conformability",
    "evaluate",
    "find",
    "lookup",
    "positions",
    "split_arguments",
    "stored",
]
