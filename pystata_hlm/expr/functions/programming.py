"""Selecting and programming functions ([FN] Selecting functions, [FN] Programming functions)."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pystata_hlm.data.paths import expanded
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import ZERO, function
from pystata_hlm.expr.values import Num, Text, Value, number, ordered
from pystata_hlm.lang import nodes as ast

# ---------------------------------------------------------------- choosing among values


def same_type(values: tuple[Value, ...] | list[Value]) -> bool:
    """True for all strings, False for all numbers; a mixture is r(109)."""
    texts = [isinstance(v, Text) for v in values]
    if any(texts) != all(texts):
        raise StataError.type_mismatch()
    return texts[0]


def choose(where: Any, yes: Value, no: Value) -> Value:
    """``yes`` in the rows where ``where`` holds, else ``no``; extended missing values are kept."""
    if same_type((yes, no)):
        assert isinstance(yes, Text) and isinstance(no, Text)
        return Text(np.where(where, yes.values, no.values))
    assert isinstance(yes, Num) and isinstance(no, Num)
    values = np.where(where, yes.floats(), no.floats())
    a, b = yes.codes, no.codes
    if a is None and b is None:
        return Num(values[()])
    zero = np.int8(0)
    return Num(values[()], np.asarray(np.where(where, zero if a is None else a, zero if b is None else b)))


def number_of(value: Value) -> Num:
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    return value


@function("cond", "v v v v?", "a if x is true, b if false, c if missing", missing="own", family="programming")
def cond(x: Value, a: Value, b: Value, c: Value | None = None) -> Value:
    test = number_of(x)
    floats = test.floats()
    missing = np.isnan(floats)
    result = choose((floats != 0) & ~missing, a, b)
    if c is None:
        return choose(missing, a, result) if np.any(missing) else result
    same_type((result, c))
    return choose(missing, c, result)


@function("inlist", "v v v*", "1 if z is one of the remaining arguments", missing="own")
def inlist(z: Value, *members: Value) -> Any:
    if same_type((z, *members)):
        found: Any = False
        for member in members:
            found = found | (z.values == member.values)
        return np.asarray(found)
    keys = z.floats()  # type: ignore[union-attr]
    exact = np.isnan(keys).any() or any(np.isnan(m.floats()).any() for m in members)  # type: ignore[union-attr]
    if exact:
        keys = ordered(z)  # type: ignore[arg-type]
    found = False
    for member in members:
        found = found | (keys == (ordered(member) if exact else member.floats()))  # type: ignore[arg-type,union-attr]
    return np.asarray(found)


@function("inrange", "v v v", "1 if a <= z <= b; a missing bound is no bound", missing="own")
def inrange(z: Value, a: Value, b: Value) -> Any:
    if same_type((z, a, b)):
        low = (a.values == b"") | (z.values >= a.values)
        high = (b.values == b"") | (z.values <= b.values)
        return np.asarray((z.values != b"") & low & high)
    x, low_, high_ = z.floats(), a.floats(), b.floats()  # type: ignore[union-attr]
    return np.asarray(~np.isnan(x) & (np.isnan(low_) | (x >= low_)) & (np.isnan(high_) | (x <= high_)))


@function("clip", "v n n", "x kept between a and b; a missing bound is no bound", missing="own")
def clip(x: Value, a: Any, b: Any) -> Value:
    test = number_of(x)
    floats = test.floats()
    values = np.fmin(np.fmax(floats, a), b)
    values = np.where(np.isnan(floats), floats, values)
    crossed = a > b
    if np.any(crossed):
        values = np.where(crossed & ~np.isnan(floats), np.nan, values)
    return Num(values[()], test._codes)


@function("missing mi", "v v*", "1 if any argument is missing (strings: empty)", missing="own")
def missing_(*args: Value) -> Any:
    found: Any = False
    for arg in args:
        found = found | ((arg.values == b"") if isinstance(arg, Text) else np.isnan(arg.floats()))
    return np.asarray(found)


def _weakly_increasing(bounds: list[Any]) -> Any:
    good: Any = True
    for low, high in pairwise(bounds):
        good = good & (low <= high)
    return good


@function("irecode", "n n n*", "0 if x <= x1, 1 if x1 < x <= x2, ..., n if x > xn", missing="own")
def irecode(x: Any, *bounds: Any) -> Any:
    filled = [np.where(np.isnan(b), np.inf, b) for b in bounds]
    place: Any = 0.0
    for bound in filled:
        place = place + (x > bound)
    return np.where(np.isnan(x) | ~np.asarray(_weakly_increasing(filled)), np.nan, place)


@function("recode", "v n n*", "first of x1, ..., xn that is not below x; xn if none", missing="own")
def recode(x: Value, *bounds: Any) -> Value:
    test = number_of(x)
    floats = test.floats()
    filled = [np.where(np.isnan(b), np.inf, b) for b in bounds]
    result: Any = bounds[-1]
    for raw, bound in zip(reversed(bounds[:-1]), reversed(filled[:-1]), strict=True):
        result = np.where(floats <= bound, raw, result)
    result = np.where(np.asarray(_weakly_increasing(filled)), result, np.nan)
    return choose(np.isnan(floats), test, Num(np.asarray(result, dtype=np.float64)[()]))


@function("autocode", "n n n n", "upper bound of the one of n equal intervals of x0 to x1 that holds x")
def autocode(x: Any, n: Any, low: Any, high: Any) -> Any:
    width = (high - low) / n
    place = np.clip(np.ceil((x - low) / width), 1, n)
    good = (n >= 1) & (n <= 10000) & (n == np.floor(n)) & (high > low)
    return np.where(good & ~np.isnan(x), low + place * width, np.nan)


@function("chop", "v n", "round(x) if within tol of it, else x", missing="own")
def chop(x: Value, tol: Any) -> Value:
    test = number_of(x)
    floats = test.floats()
    low = np.floor(floats)
    nearest = low + (floats - low >= 0.5)
    return Num(np.where(np.abs(floats - nearest) < tol, nearest, floats)[()], test._codes)


@function("float", "v", "x rounded to float precision", missing="own")
def float_(x: Value) -> Value:
    test = number_of(x)
    with np.errstate(over="ignore"):
        rounded = np.asarray(test.floats(), dtype=np.float32).astype(np.float64)
    return Num(np.where(np.abs(rounded) > 1.7014117331926443e38, np.nan, rounded)[()], test._codes)


# ---------------------------------------------------------------- constants of the storage types

_CONSTANTS = {
    "epsdouble": 2.0**-52,
    "epsfloat": 2.0**-23,
    "smallestdouble": 2.0**-1022,
    "maxbyte": 100.0,
    "maxint": 32740.0,
    "maxlong": 2147483620.0,
    "maxfloat": float.fromhex("0x1.fffffep126"),
    "maxdouble": float.fromhex("0x1.fffffffffffffp1022"),
    "minbyte": -127.0,
    "minint": -32767.0,
    "minlong": -2147483647.0,
    "minfloat": -float.fromhex("0x1.fffffep126"),
    "mindouble": -float.fromhex("0x1.fffffffffffffp1022"),
}


def _constant(value: float) -> Any:
    return lambda: np.float64(value)


for _name, _value in _CONSTANTS.items():
    function(_name, "", "limit or precision of a storage type", family="programming")(_constant(_value))


@function("byteorder", "", "1 for most significant byte first, 2 for least")
def byteorder() -> Any:
    return np.float64(2.0 if sys.byteorder == "little" else 1.0)


# ---------------------------------------------------------------- names, files, state


@function("scalar", "x", "the scalar called name, whatever the variables", missing="own", env=True)
def scalar(env: Any, node: ast.Expr) -> Value:
    if not isinstance(node, ast.Name):
        raise StataError.invalid_syntax()
    held = env.scalar_value(node.name)
    if held is None:
        raise StataError.not_found(node.name)
    if isinstance(held, str):
        return Text(np.asarray(held.encode(), dtype="S"))
    value = float(held)
    if value == value:
        return number(value)
    from pystata_hlm.data import missing

    _, codes = missing.decode(np.array([value]))
    return number(value, 0 if codes is None else int(codes[0]))


def _path(env: Any, raw: bytes) -> Path:
    """A file name as typed, relative to the session's working directory."""
    path = expanded(raw.decode("utf-8", "surrogateescape"))
    here = env.setting("pwd")
    return path if path.is_absolute() or not here else Path(str(here)) / path


@function("fileexists", "s", "1 if the file exists", missing="own", env=True)
def fileexists(env: Any, name: Any) -> Any:
    from pystata_hlm.expr.functions.text import per_distinct

    return per_distinct(lambda raw: float(_path(env, raw).is_file()), name)


@function("fileread", "s", "contents of a file", missing="own", env=True)
def fileread(env: Any, name: Any) -> Any:
    from pystata_hlm.expr.functions.text import per_distinct

    def read(raw: bytes) -> bytes:
        try:
            return _path(env, raw).read_bytes()
        except OSError:
            return b"fileread() error 601"

    return per_distinct(read, name)


@function("filereaderror", "s", "return code that fileread() left in its result, 0 for none", missing="own")
def filereaderror(s: Any) -> Any:
    from pystata_hlm.expr.functions.text import per_distinct

    def code(raw: bytes) -> float:
        found = re.fullmatch(rb"fileread\(\) error (\d+)", raw)
        return float(found[1]) if found else 0.0

    return per_distinct(code, s)


@function(
    "filewrite",
    "s s n?",
    "write a string to a file: its bytes, or minus a return code",
    missing="own",
    env=True,
)
def filewrite(env: Any, name: Any, s: Any, mode: Any = ZERO) -> Any:
    from pystata_hlm.expr.functions.text import per_distinct

    def write(raw: bytes, contents: bytes, how: float) -> float:
        path = _path(env, raw)
        if how == 0 and path.exists():
            return -602.0
        try:
            with path.open("ab" if how == 2 else "wb") as file:
                file.write(contents)
            return float(path.stat().st_size)
        except OSError:
            return -603.0

    return per_distinct(write, name, s, mode)


@function("fmtwidth", "s", "output width of a display format, missing when it is none", missing="own")
def fmtwidth(s: Any) -> Any:
    from pystata_hlm.expr.functions.text import per_distinct
    from pystata_hlm.formats import is_valid_format, parse_format

    def width(raw: bytes) -> float:
        text = raw.decode("utf-8", "replace")
        return float(parse_format(text).width) if is_valid_format(text) else float("nan")

    return per_distinct(width, s)


@function("matmissing", "x", "1 if any element of the matrix is missing", missing="own", env=True)
def matmissing(env: Any, node: ast.Expr) -> Any:
    from pystata_hlm.expr.functions.matrix import matrix_argument

    return np.float64(np.isnan(matrix_argument(env, node).values).any())


@function("_caller callersversion", "", "version of the program that called", missing="own", env=True)
def caller(env: Any) -> Any:
    return np.float64(env.setting("version") or 18.0)


@function("stataversion", "", "version of Stata that is spoken", missing="own", env=True)
def stataversion(env: Any) -> Any:
    return np.float64(env.setting("stata_version") or 18.0) * 100


@function("has_eprop", "x", "1 if name is a word of e(properties)", missing="own", env=True)
def has_eprop(env: Any, node: ast.Expr) -> Any:
    if not isinstance(node, ast.Name):
        raise StataError.invalid_syntax()
    held = env.stored("e", "properties")
    return np.float64(isinstance(held, str) and node.name in held.split())


@function("replay", "", "1 if the command was typed with no arguments", missing="own", env=True)
def replay(env: Any) -> Any:
    typed = env.setting("cmdline_rest")
    return np.float64(not typed or str(typed).lstrip().startswith(","))
