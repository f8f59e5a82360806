"""Printing an expression and reading it again gives the same tree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.lang import nodes as n
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.unparse import unparse

NAMES = st.sampled_from(["x", "y", "_n", "mpg", "año", "ln_w", "e", "if_", "r", "L", "D2x"])
NUMBERS = st.floats(0, 1e300, allow_nan=False).map(n.Number) | st.integers(0, 10**18).map(
    lambda k: n.Number(float(k))
)
MISSING = st.integers(0, 26).map(lambda code: n.Number(math.nan, code))
STRINGS = st.text("ab ,(['=|:/", max_size=8).map(n.String) | st.just(n.String('say "hi" (')).map(lambda s: s)
ATOMS = (
    NAMES.map(n.Name)
    | NUMBERS
    | MISSING
    | STRINGS
    | st.builds(n.Operated, st.sampled_from(["2", "L", "L2D", "1b"]), NAMES)
    | st.builds(n.StoredResult, st.sampled_from("resc"), NAMES)
    | st.builds(
        n.Coefficient,
        st.sampled_from(["_b", "_se"]),
        st.sampled_from(["", "eq", "lns1_1_1", "/"]),
        st.sampled_from(["x", "_cons", "sigma_u"]),
    )
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "^", "==", "!=", "<", "<=", ">", ">=", "&", "|"])


def grow(inner: st.SearchStrategy[n.Expr]) -> st.SearchStrategy[n.Expr]:
    return (
        st.builds(n.Binary, OPERATORS, inner, inner)
        | st.builds(n.Unary, st.sampled_from("-+!"), inner)
        | st.builds(
            n.Function, st.sampled_from(["ln", "cond", "max"]), st.lists(inner, max_size=3).map(tuple)
        )
        | st.builds(n.Subscript, NAMES, inner)
        | st.builds(n.Subscript, NAMES, inner, inner)
        | st.builds(
            lambda k, name, i, j: n.StoredResult(k, name, i, j), st.sampled_from("re"), NAMES, inner, inner
        )
    )


@given(st.recursive(ATOMS, grow, max_leaves=12))
def test_round_trip(node: n.Expr) -> None:
    text = unparse(node)
    again = parse("expr", text)
    assert repr(again) == repr(node)  # repr: NaN equals no NaN
    assert unparse(again) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    {
        "r(a) - (r(b) - 1)": "r(a)-(r(b)-1)",
        "( x )": "x",
        "0.5*x": ".5*x",
        "(a+b)*c": "(a+b)*c",
        "_b[ x ]": "_b[x]",
        "[eq]_b[x]": "_b[eq:x]",
        "td(1jan2000)": "td(1jan2000)",
        "1e10": "10000000000",
        "2.50": "2.5",
    }.items(),
)
def test_shown(text: str, shown: str) -> None:
    assert unparse(parse("expr", text)) == shown
