"""The table of functions: name, arguments, missing-value rule, one line of help, implementation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Num, Text, Value, limit


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function.

    args     one letter an argument: ``n`` number, ``s`` string, ``v`` either (passed as ``Num``/``Text``),
             ``x`` left unevaluated; ``?`` after a letter makes it optional, ``*`` repeatable (may be none)
    missing  ``spread``: NaN flows through the arithmetic; ``any``: missing when any numeric argument is;
             ``own``: the function's documented rule, implemented by it
    env      the environment is passed as first argument
    """

    name: str
    family: str
    args: str
    help: str
    missing: str
    env: bool
    run: Callable[..., Any]

    def kinds(self, count: int) -> str:
        """The kind letters of ``count`` arguments; a wrong number is r(198)."""
        letters: list[str] = []
        required = 0
        repeat = ""
        for item in self.args.split():
            if item.endswith("*"):
                repeat = item[0]
                continue
            letters.append(item[0])
            required += not item.endswith("?")
        if count < required or (count > len(letters) and not repeat):
            raise StataError.invalid_syntax()
        return "".join(letters)[:count] + repeat * (count - len(letters))


# defaults of optional arguments
ZERO, ONE, NONE = np.float64(0.0), np.float64(1.0), np.float64(np.nan)
EMPTY = np.bytes_(b"")

FUNCTIONS: dict[str, FunctionSpec] = {}


MATRIX_VALUED = frozenset(
    [
        "cholesky",
        "corr",
        "diag",
        "get",
        "hadamard",
        "I",
        "inv",
        "invsym",
        "invvech",
        "invvecp",
        "J",
        "matuniform",
        "nullmat",
        "sweep",
        "vec",
        "vecdiag",
        "vech",
        "vecp",
    ]
)
"""Functions of the matrix language, which give no number."""

UNSUPPORTED = frozenset(
    [
        "collatorlocale",
        "collatorversion",
        "wordbreaklocale",
    ]
)
"""Functions that Stata has and we lack."""


def find(name: str) -> FunctionSpec:
    """The function called ``name``; r(133) when unknown or lacking, r(509) when it gives a matrix."""
    spec = FUNCTIONS.get(name)
    if spec is not None:
        return spec
    if name in MATRIX_VALUED:
        raise StataError(509, "matrix operators that return matrices not allowed in this context")
    if name in UNSUPPORTED:
        raise StataError(133, f"function {name}() not yet supported")
    raise StataError(133, f"unknown function {name}()")


def function(
    name: str, args: str, help: str, *, family: str = "", missing: str = "spread", env: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function; ``name`` may hold several names separated by blanks."""

    def declare(run: Callable[..., Any]) -> Callable[..., Any]:
        for one in name.split():
            group = family or run.__module__.rpartition(".")[2].partition("_")[0]
            FUNCTIONS[one] = FunctionSpec(one, group, args, help, missing, env, run)
        return run

    return declare


def wrap(result: Any) -> Value:
    """Make a value of what an implementation returned; infinities and too large numbers become missing."""
    if isinstance(result, Num | Text):
        return result
    result = np.asarray(result)
    if result.dtype.kind in "SO":
        return Text(result)
    if result.dtype == np.bool_:
        return Num(result)
    if result.dtype.kind == "U":
        return Text(np.char.encode(result, "utf-8"))
    result = result.astype(np.float64, copy=False)
    return Num(limit(result[()]))


def call(spec: FunctionSpec, values: list[Any], kinds: str, env: Any) -> Value:
    """Run a function on evaluated arguments."""
    args: list[Any] = []
    bad: Any = False
    for kind, value in zip(kinds, values, strict=True):
        if kind == "n":
            if isinstance(value, Text):
                raise StataError.type_mismatch()
            floats = value.floats()
            if spec.missing == "any":
                bad = bad | np.isnan(floats)
            args.append(floats)
        elif kind == "s":
            if isinstance(value, Num):
                raise StataError.type_mismatch()
            args.append(value.values)
        else:
            args.append(value)
    result = wrap(spec.run(env, *args) if spec.env else spec.run(*args))
    if bad is not False and isinstance(result, Num) and np.any(bad):
        return Num(np.where(bad, np.nan, result.floats())[()])
    return result
