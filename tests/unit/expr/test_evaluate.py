"""Operators, names, subscripts and missing values."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import DataEnv, evaluate, evaluate_truth
from pystata_hlm.expr.values import Num
from pystata_hlm.lang import nodes as ast
from pystata_hlm.lang.parser import parse

from .support import dataset, run, scalar

DATA = dataset({"x": [1, 2, ".", ".a", 5], "y": [2, 2, 3, ".b", ".z"], "s": ["a", "b", "b", "abc", "x y"]})

# expression on DATA -> cells, from the rules of [U] 12.2.1 and 13.2
VECTORS = {
    "x + y": [3, 4, ".", ".", "."],
    "x": [1, 2, ".", ".a", 5],
    "-x": [-1, -2, ".", ".", -5],
    "x / 0": [".", ".", ".", ".", "."],
    "x > 2": [0, 0, 1, 1, 1],
    "x >= .": [0, 0, 1, 1, 0],
    "x == .": [0, 0, 1, 0, 0],
    "x == .a": [0, 0, 0, 1, 0],
    "x != .": [1, 1, 0, 1, 1],
    "x < y": [1, 0, 0, 1, 1],
    "y <= x": [0, 1, 1, 0, 0],
    "2 < x": [0, 0, 1, 1, 1],
    "2 >= x": [1, 1, 0, 0, 0],
    "x & 0": [0, 0, 0, 0, 0],
    "x & 1": [1, 1, 1, 1, 1],
    "!x": [0, 0, 0, 0, 0],
    "(x == 1) | (y == 3)": [1, 0, 1, 0, 0],
    "_n": [1, 2, 3, 4, 5],
    "x[_n-1]": [".", 1, 2, ".", ".a"],
    "x[_N]": [5],
    "x[1.9]": [1],
    "x[0]": ["."],
    "s[_n+1]": ["b", "b", "abc", "x y", ""],
    's == "b"': [0, 1, 1, 0, 0],
    's > "b"': [0, 0, 0, 0, 1],
    's + "!"': ["a!", "b!", "b!", "abc!", "x y!"],
    "s * 2": ["aa", "bb", "bb", "abcabc", "x yx y"],
    "1.x": [1, 0, ".", ".", 0],
    "x ^ 0": [1, 1, ".", ".", 1],
    "1 ^ x": [1, 1, ".", ".", 1],
    "(x > 1) + 1": [1, 2, 2, 2, 2],
    "1e308": ["."],
    "x * 8e307": [8e307, ".", ".", ".", "."],
}


@pytest.mark.parametrize("text", VECTORS)
def test_vectors(text: str) -> None:
    assert run(text, DATA) == VECTORS[text]


SCALARS = {
    "2 + 3 * 4": 14.0,
    "-2^2": -4.0,
    "7/2": 3.5,
    "1e307 * 10 > 5": 1.0,
    "1/(10^308*10)": math.nan,
    "x": 1.0,
    "_N": 5.0,
    "_pi": math.pi,
    '"a" < "b"': 1.0,
    '"ab" + "cd"': "abcd",
    "k": 7.0,
    "k * 2": 14.0,
    "name": "scalar text",
    "A[2,1]": 3.0,
    'A[1,"c2"]': 2.0,
    "A[9,1]": math.nan,
    "r(mean)": 4.5,
    "r(nosuch)": math.nan,
    "x[5]": 5.0,
}


@pytest.mark.parametrize("text", SCALARS)
def test_scalars(text: str) -> None:
    matrix = SimpleNamespace(values=np.array([[1.0, 2], [3, 4]]), rows=("r1", "r2"), cols=("c1", "c2"))
    got = scalar(
        text,
        DATA,
        scalars={"k": 7.0, "name": "scalar text", "s": 9.0},
        matrix={"A": matrix}.get,
        stored=lambda klass, name: {"mean": 4.5}.get(name),
    )
    assert got == SCALARS[text] or (got != got and SCALARS[text] != SCALARS[text])


ERRORS = {
    "nosuch + 1": (111, "nosuch not found"),
    "s + 1": (109, "type mismatch"),
    "s == 1": (109, "type mismatch"),
    "!s": (109, "type mismatch"),
    "s & 1": (109, "type mismatch"),
    's - "a"': (109, "type mismatch"),
    "frobnicate(1)": (133, "unknown function frobnicate()"),
    "inv(x)": (509, "matrix operators that return matrices not allowed in this context"),
    "ln(1, 2)": (198, "invalid syntax"),
    "ln()": (198, "invalid syntax"),
    "ln(s)": (109, "type mismatch"),
    "strlen(1)": (109, "type mismatch"),
    "L.x": (111, "time variable not set"),
    "scalar(zz)": (111, "zz not found"),
    "_b[x]": (301, "last estimates not found"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(text: str) -> None:
    with pytest.raises(StataError) as caught:
        run(text, DATA)
    assert (caught.value.rc, caught.value.message) == ERRORS[text]


def test_abbreviation_and_precedence_over_scalars() -> None:
    data = dataset({"weight": [10, 20], "price": [1, 2], "prime": [3, 4]})
    assert run("wei", data) == [10, 20]
    assert scalar("wei", data, scalars={"wei": 1.0}) == 10  # variables first, even abbreviated
    assert scalar("scalar(wei)", data, scalars={"wei": 1.0}) == 1
    with pytest.raises(StataError, match="pri ambiguous abbreviation"):
        run("pri", data)


def test_float_variable_is_not_its_literal() -> None:
    data = dataset({"x": [1.1]}, stype="float")
    assert run("x == 1.1", data) == [0]
    assert run("x == float(1.1)", data) == [1]


def test_by_groups() -> None:
    data = dataset({"g": [1, 1, 1, 2, 2], "x": [1, 2, 3, 4, 5]})
    data.sort(["g"])
    parts = {"groups": data.groups(["g"])}
    assert run("_n", data, **parts) == [1, 2, 3, 1, 2]
    assert run("_N", data, **parts) == [3, 3, 3, 2, 2]
    assert run("x[_n-1]", data, **parts) == [".", 1, 2, ".", 4]
    assert run("x[1]", data, **parts) == [1, 1, 1, 4, 4]
    assert run("x[_N]", data, **parts) == [3, 3, 3, 5, 5]
    assert run("x[3]", data, **parts) == [3, 3, 3, ".", "."]
    assert run("sum(x)", data, **parts) == [1, 3, 6, 4, 9]


def test_columns_are_not_overwritten() -> None:
    data = dataset({"x": [1, 2, 3]})
    env = DataEnv(data)
    for text in ("x*2+x", "-x+1", "x+0-x", "-(x*2)"):
        evaluate(parse("expr", text), env)
    assert data.values("x").tolist() == [1, 2, 3]


def test_no_data() -> None:
    assert scalar("2+2") == 4
    with pytest.raises(StataError, match="x not found"):
        scalar("x")
    empty = dataset({"x": []})
    assert math.isnan(float(scalar("x", empty)))
    assert run("x + _n", empty) == []


# ---------------------------------------------------------------- laws

cells = st.one_of(st.sampled_from([".", ".a", ".m", ".z"]), st.sampled_from([-1.5, 0.0, 1.0, 2.0, 1e300]))
column = st.lists(st.tuples(cells, cells), min_size=1, max_size=8)


def rank(cell: object) -> tuple[int, float, int]:
    """Stata's order: numbers, then . < .a < ... < .z."""
    if isinstance(cell, str):
        return (1, 0.0, 0 if cell == "." else ord(cell[1]) - 96)
    assert isinstance(cell, float)
    return (0, cell, 0)


@settings(max_examples=80, deadline=None)
@given(column, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
def test_comparisons_follow_the_order(pairs: list[tuple[object, object]], op: str) -> None:
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    data = dataset({"a": a, "b": b})
    python = {
        "==": lambda u, v: u == v,
        "!=": lambda u, v: u != v,
        "<": lambda u, v: u < v,
        "<=": lambda u, v: u <= v,
        ">": lambda u, v: u > v,
        ">=": lambda u, v: u >= v,
    }[op]
    assert run(f"a {op} b", data) == [float(python(rank(u), rank(v))) for u, v in pairs]
    # against a constant, missing or not, on either side
    first = a[0] if isinstance(a[0], str) else repr(a[0])
    assert run(f"{first} {op} b", data) == [float(python(rank(a[0]), rank(v))) for v in b]
    assert run(f"b {op} {first}", data) == [float(python(rank(v), rank(a[0]))) for v in b]


@settings(max_examples=60, deadline=None)
@given(column)
def test_logic_takes_missing_as_true(pairs: list[tuple[object, object]]) -> None:
    data = dataset({"a": [p[0] for p in pairs], "b": [p[1] for p in pairs]})
    true = [(u != 0.0, v != 0.0) for u, v in pairs]
    assert run("a & b", data) == [float(u and v) for u, v in true]
    assert run("a | b", data) == [float(u or v) for u, v in true]
    assert run("!a", data) == [float(not u) for u, _ in true]
    node = ast.Binary("&", ast.Name("a"), ast.Name("b"))
    assert evaluate_truth(node, DataEnv(data)).tolist() == [u and v for u, v in true]


@settings(max_examples=60, deadline=None)
@given(column, st.sampled_from(["+", "-", "*", "/", "^"]))
def test_arithmetic_gives_a_number_or_missing(pairs: list[tuple[object, object]], op: str) -> None:
    data = dataset({"a": [p[0] for p in pairs], "b": [p[1] for p in pairs]})
    for (u, v), got in zip(pairs, run(f"a {op} b", data), strict=True):
        if isinstance(u, str) or isinstance(v, str):
            assert got == "."
            continue
        assert isinstance(u, float) and isinstance(v, float)
        try:
            expected = {"+": u + v, "-": u - v, "*": u * v}.get(op)
            expected = (u / v if op == "/" else u**v) if expected is None else expected
        except (ZeroDivisionError, OverflowError):
            expected = math.inf
        good = not isinstance(expected, complex) and abs(expected) < 2.0**1023
        assert got == (pytest.approx(expected, rel=1e-15) if good else ".")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 12), min_size=1, max_size=9))
def test_subscripts_look_up_or_give_missing(index: list[int]) -> None:
    n = len(index)
    data = dataset({"i": index, "v": [10.0 * k for k in range(1, n + 1)]})
    assert run("v[i]", data) == [10.0 * k if 1 <= k <= n else "." for k in index]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.floats(-5, 5)), min_size=1, max_size=20))
def test_running_sum_by_group_equals_each_group_alone(rows: list[tuple[int, float]]) -> None:
    rows = sorted(rows, key=lambda r: r[0])
    data = dataset({"g": [r[0] for r in rows], "x": [r[1] for r in rows]})
    data.sort(["g"])
    expected: list[float] = []
    for group in sorted({g for g, _ in rows}):
        expected += np.cumsum([x for g, x in rows if g == group]).tolist()
    assert run("sum(x)", data, groups=data.groups(["g"])) == pytest.approx(expected, abs=1e-12)


def test_evaluate_gives_float64() -> None:
    value = evaluate(ast.Binary(">", ast.Name("x"), ast.Number(1.0)), DataEnv(DATA))
    assert isinstance(value, Num) and value.values.dtype == np.float64
