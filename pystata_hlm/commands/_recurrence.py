"""Expressions that look at the variable being replaced, turned into a loop over the observations.

Whatever does not depend on the variable's other observations is evaluated beforehand, for all rows at once; the rest
becomes straight-line Python on plain floats, well under a microsecond an operation. Numbers are held as ``missing.ordered`` has
them (``.`` is 2**1023, ``.a`` above it ...), so that comparisons need no special cases.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pystata_hlm.data import missing, storage
from pystata_hlm.errors import StataError
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate
from pystata_hlm.expr.functions.registry import FUNCTIONS, call
from pystata_hlm.expr.values import Text, number
from pystata_hlm.lang import nodes

MISSING = missing.SYSMISS_ORDER
_COMPARE = ("==", "!=", "<", "<=", ">", ">=")


class NotSequential(Exception):
    """The expression takes more than this: matrices, running sums of the variable itself ..."""


@dataclass
class Piece:
    """Where the value of a part is found: Python text, whether it is a string, whether it may be missing."""

    text: str
    string: bool = False
    missing: bool = True


@dataclass
class Writer:
    """Collects the lines of the loop's body and the objects they use."""

    depends: Callable[[Any], bool]
    means: Callable[[str], bool]
    env: DataEnv
    string: bool
    lines: list[str] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    # ------------------------------------------------------------ names
    def fresh(self, letter: str = "t") -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def keep(self, thing: Any) -> str:
        name = self.fresh("k")
        self.objects[name] = thing
        return name

    def put(self, text: str, string: bool = False, missing: bool = True) -> Piece:
        name = self.fresh()
        self.lines.append(f"{name} = {text}")
        return Piece(name, string, missing)

    # ------------------------------------------------------------ parts
    def write(self, node: Any) -> Piece:
        if not self.depends(node):
            return self.known(node)
        maker = _PARTS.get(type(node))
        if maker is None:
            raise NotSequential
        return maker(self, node)

    def number(self, node: Any) -> Piece:
        piece = self.write(node)
        if piece.string:
            raise StataError.type_mismatch()
        return piece

    def known(self, node: Any) -> Piece:
        """A part that does not depend on what is being made."""
        value = evaluate(node, self.env)
        if isinstance(value, Text):
            if value.ndim == 0:
                return Piece(self.keep(bytes(value.values.item())), True)
            return Piece(f"{self.keep(value.values.tolist())}[i]", True)
        values = missing.ordered(value.floats(), value.codes)
        absent = bool((values >= MISSING).any())
        if values.ndim == 0:
            return Piece(self.keep(float(values)), False, absent)
        return self.put(f"{self.keep(_view(values))}[i]", False, absent)

    def subscript(self, node: nodes.Subscript) -> Piece:
        if node.column is not None:
            raise NotSequential
        step = _step(node.index)
        if step is not None:
            place = "i" if step == 0 else f"i + {step}" if step > 0 else f"i - {-step}"
        else:
            index = self.number(node.index)
            place = f"first + int({index.text}) - 1"
            if index.missing:
                place = f"({place} if {index.text} < M else -1)"
        if self.means(node.name):
            source, string = "x", self.string
        else:
            source, string = self.other(node.name)
        at = self.fresh("j")
        self.lines.append(f"{at} = {place}")
        empty = "b''" if string else "M"
        return self.put(f"{source}[{at}] if first <= {at} < stop else {empty}", string)

    def other(self, name: str) -> tuple[str, bool]:
        """Another variable, all of its rows."""
        value = self.env.full_column(name)
        if isinstance(value, Text):
            return self.keep(value.values.tolist()), True
        values = missing.ordered(value.floats(), value.codes)
        return self.keep(_view(values)), False

    def unary(self, node: nodes.Unary) -> Piece:
        held = self.number(node.operand)
        if node.op == "!":
            return self.put(f"1.0 if {held.text} == 0.0 else 0.0", missing=False)
        if node.op == "+":
            return held
        if not held.missing:
            return self.put(f"-{held.text}", missing=False)
        return self.put(f"-{held.text} if {held.text} < M else M")

    def binary(self, node: nodes.Binary) -> Piece:
        op = node.op
        a, b = self.write(node.left), self.write(node.right)
        if op in _COMPARE:
            if a.string != b.string:
                raise StataError.type_mismatch()
            return self.put(f"1.0 if {a.text} {op} {b.text} else 0.0", missing=False)
        if a.string and b.string and op == "+":
            return self.put(f"{a.text} + {b.text}", True)
        if a.string or b.string:
            if op == "*" and a.string != b.string:
                raise NotSequential
            raise StataError.type_mismatch()
        if op in ("&", "|"):
            word = "and" if op == "&" else "or"
            return self.put(f"1.0 if {a.text} != 0.0 {word} {b.text} != 0.0 else 0.0", missing=False)
        return self.arithmetic(op, a, b)

    def arithmetic(self, op: str, a: Piece, b: Piece) -> Piece:
        fit = [f"{part.text} < M" for part in (a, b) if part.missing]
        if op == "/":
            fit.append(f"{b.text} != 0.0")
        result = f"power({a.text}, {b.text})" if op == "^" else f"{a.text} {op} {b.text}"
        if fit:
            result = f"{result} if {' and '.join(fit)} else M"
        made = self.put(result)
        self.lines.append(f"if not -M < {made.text} < M: {made.text} = M")
        return made

    def function(self, node: nodes.Function) -> Piece:
        spec = FUNCTIONS.get(node.name)
        if spec is None or spec.env:
            raise NotSequential
        kinds = spec.kinds(len(node.args))
        if "x" in kinds:
            raise NotSequential
        args = [self.write(arg) for arg in node.args]
        if node.name == "cond":
            return self.choice(args)
        if node.name in ("missing", "mi"):
            tests = [f"{arg.text} == b''" if arg.string else f"{arg.text} >= M" for arg in args]
            return self.put(f"1.0 if {' or '.join(tests)} else 0.0", missing=False)
        if any(arg.string for arg in args):
            raise NotSequential
        if node.name in ("max", "min") and len(args) > 1:
            return self.extreme(node.name, args)
        if node.name in _PLAIN:
            held = args[0].text
            result = _PLAIN[node.name].format(held)
            return self.put(
                f"{result} if {held} < M else M" if args[0].missing else result, missing=args[0].missing
            )
        # any other function: run on one number at a time
        apply = self.keep(_applied(spec, kinds, self.env))
        return self.put(f"{apply}({', '.join(arg.text for arg in args)})")

    def choice(self, args: list[Piece]) -> Piece:
        test, yes, no = args[:3]
        if test.string or len({arg.string for arg in args[1:]}) > 1:
            raise StataError.type_mismatch()
        text = f"{yes.text} if {test.text} != 0.0 else {no.text}"
        if len(args) == 4 and test.missing:
            text = f"{args[3].text} if {test.text} >= M else {text}"
        return self.put(text, yes.string)

    def extreme(self, name: str, args: list[Piece]) -> Piece:
        """Missing arguments are left out of account: they are the largest already."""
        texts = [arg.text for arg in args]
        if name == "max":
            texts = [
                f"({text} if {text} < M else -M)" if arg.missing else text
                for text, arg in zip(texts, args, strict=True)
            ]
        made = self.put(f"{name}({', '.join(texts)})")
        self.lines.append(f"if not -M < {made.text} < M: {made.text} = M")
        return made


_PARTS: dict[type, Callable[[Writer, Any], Piece]] = {
    nodes.Subscript: Writer.subscript,
    nodes.Unary: Writer.unary,
    nodes.Binary: Writer.binary,
    nodes.Function: Writer.function,
}

_PLAIN = {"abs": "abs({})", "floor": "float(floor({}))", "ceil": "float(ceil({}))", "int": "float(trunc({}))"}


def _view(values: np.ndarray) -> Any:
    """Numbers that plain Python reads fast, one by one."""
    return memoryview(np.ascontiguousarray(values))  # type: ignore[arg-type]


def _step(index: Any) -> int | None:
    """k of ``_n + k``; None when the index is something else."""
    if isinstance(index, nodes.Name) and index.name == "_n":
        return 0
    if isinstance(index, nodes.Binary) and index.op in "+-" and index.left == nodes.Name("_n"):
        by = index.right
        if isinstance(by, nodes.Number) and by.value == int(by.value) and by.code == 0:
            return int(by.value) if index.op == "+" else -int(by.value)
    return None


def _power(a: float, b: float) -> float:
    result = float(np.power(a, b))
    return result if result == result else MISSING


def _applied(spec: Any, kinds: str, env: Any) -> Callable[..., float]:
    def apply(*args: float) -> float:
        values = [number(math.nan if value >= MISSING else value) for value in args]
        found = call(spec, values, kinds, env)
        if isinstance(found, Text):
            raise StataError.type_mismatch()
        return float(missing.ordered(found.floats(), found.codes))

    return apply


# ---------------------------------------------------------------- the loop


def _store(stype: str, promote: bool) -> list[str]:
    """Lines that round ``v`` through the type; ``return i`` where the type must grow first to hold ``wide[0]``."""
    if stype == "double":
        return []
    if stype == "float":
        limit = repr(storage.FLOAT_LIMIT)
        beyond = "wide[0] = v; return i" if promote else "v = M"
        return [
            "if v < M:",
            f" if not -{limit} < v < {limit}: {beyond}",
            " else:",
            "  cell[0] = v",
            "  v = cell[0]",
            f"  if not -{limit} < v < {limit}: v = M",
        ]
    low, high = storage.RANGES[stype]
    if promote:
        return [f"if v < M and not ({low} <= v <= {high} and v == trunc(v)): wide[0] = v; return i"]
    return ["if v < M:", " v = float(trunc(v))", f" if not {low} <= v <= {high}: v = M"]


@dataclass
class Recurrence:
    """The loop over observations in a variable of one kind: ``run(start, first, stop)`` goes through ``start`` to
    ``stop`` of the group that begins at ``first``; the row where the type has to grow, -1 when it is through."""

    writer: Writer
    tests: int
    condition: str
    value: str
    wide: array[float] = field(default_factory=lambda: array("d", [0.0]))
    """The number that made the loop stop."""

    def compiled(self, x: Any, chosen: Any, stype: str, promote: bool) -> Callable[[int, int, int], int]:
        lines = self.writer.lines
        body = ["if not chosen[i]: continue", *lines[: self.tests]]
        if self.condition:
            body.append(f"if {self.condition} == 0.0: continue")
        body += [*lines[self.tests :], f"v = {self.value}"]
        if not storage.is_string(stype):
            body += _store(stype, promote)
        elif stype != "strL" and not promote:
            body.append(f"v = v[:{storage.str_width(stype)}]")
        body.append("x[i] = v")
        names = {
            "x": x,
            "chosen": chosen,
            "M": MISSING,
            "cell": array("f", [0.0]),
            "wide": self.wide,
            "floor": math.floor,
            "ceil": math.ceil,
            "trunc": math.trunc,
            "power": _power,
            **self.writer.objects,
        }
        head = f"def run(start, first, stop, *, {', '.join(f'{name}={name}' for name in names)}):"
        source = [head, " for i in range(start, stop):", *(f"  {line}" for line in body), " return -1"]
        space = dict(names)
        exec(compile("\n".join(source), "<replace>", "exec"), space)
        found: Callable[[int, int, int], int] = space["run"]
        return found


def recurrence(
    expression: nodes.Expr,
    condition: nodes.Expr | None,
    depends: Callable[[Any], bool],
    means: Callable[[str], bool],
    env: DataEnv,
    string: bool,
) -> Recurrence:
    """The loop for ``replace x = expression if condition``; ``depends`` tells which parts subscript the variable,
    ``means`` whether a name is its. NotSequential when a part is of another kind."""
    writer = Writer(depends, means, env, string)
    test = "" if condition is None else writer.number(condition).text
    tests = len(writer.lines)
    value = writer.write(expression)
    if value.string != string:
        raise StataError.type_mismatch()
    return Recurrence(writer, tests, test, value.text)
