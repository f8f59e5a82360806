"""Macros as placeholders."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.lint.opaque import MARK, Opaque, attempt, shape, take


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("reg y `x'", ["reg y ", None]),
        ("a`b`c''d", ["a", None, "d"]),
        ("$a ${b`c'}", [None, " ", None]),
        ("$`x'", [None]),
        ("e(b)' + `a'", ["e(b)' + ", None]),
        ("`\"a `b'\"'", ['`"a ', None, "\"'"]),
        ("x\\`f'.dta", ["x", None, ".dta"]),
        ("100$ or $", ["100$ or $"]),
        ("`: word 1 of `v''", [None]),
        ('`=strpos("a\'", "b")\' x', [None, '", "b")\' x']),
    ],
)
def test_take(text: str, parts: list[str | None]) -> None:
    assert [None if part is None else part[0] for part in take(text)] == parts


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("standard", "y `x' if `touse', `options'"),
        ("standard", "y x `if' `in', level(`l')"),
        ("standard", "y x if a == `v' [`weight'`exp'], r"),
        ("standard", "y x [`weight' `exp'] `if', vce(`v')"),
        ("standard", "y x [aw=`w'] `if'"),
        ("standard", "x`i'_`j' L`k'.y i`n'.z in 1/`last'"),
        ("standard", "y x in `a'/`b'"),
        ("generate", "`type' `new' = `x' `op' `y' `if'"),
        ("generate", "x`i' = y[`j'] + `z'[1] if w`k'>=`n'*2"),
        ("generate", "`v'x = ``v'' / 2 if `cond'"),
        ("generate", "x = `a'`b'"),
        ("expr", "`a' & `b'==\"`c'\" | !`d'"),
        ("expr", "inlist(`x',`list')"),
        ("expr", "`x' `y'"),
        ("egen", "`x' = `fcn'(`args'), by(`by')"),
        ("mixed", "`y' `x' || `id': `z', `opt'"),
        ("by", "`id' (`t'), sort"),
        ("display", "as text \"a\" `x' %9.2f `y'"),
    ],
)
def test_lines_with_macros_parse(rule: str, text: str) -> None:
    attempt(text, lambda reading: parse(rule, reading))


@pytest.mark.parametrize(
    ("rule", "text", "at"),
    [("standard", "y `x' if a = 2", 11), ("generate", "x = `y' +* 2", 9), ("expr", "(`a' + 1", 4)],
)
def test_what_cannot_be_right_is_an_error_at_its_place(rule: str, text: str, at: int) -> None:
    with pytest.raises(StataError) as caught:
        attempt(text, lambda reading: parse(rule, reading))
    assert caught.value.span is not None
    assert caught.value.span[0] in (at, len(text))


def test_positions_go_back_to_the_source() -> None:
    opaque = Opaque("ab `longmacro' cd")
    assert opaque.text() == f"ab {MARK} cd"
    assert opaque.origin(0) == 0
    assert opaque.origin(5) == 15


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("income = wages*12 if year==1999", "weight = hours*3 if month==7"),
        ('name = "Ann"', 'city = "Rome"'),
        ("y educ income, cluster(id)", "z women men other, cluster(id)"),
    ],
)
def test_lines_of_one_shape(one: str, other: str) -> None:
    left, right = shape(one, True), shape(other, True)
    assert left.split(",")[0].replace("y ", "").replace("z ", "") == right.split(",")[0].replace(
        "y ", ""
    ).replace("z ", "")


@pytest.mark.parametrize(
    "text",
    ["x if y==1", "x using f", "i.group c.age##c.age L2.gnp", "strL name = a", "x in 1/5", "_all", "a-b x*"],
)
def test_a_shape_keeps_what_is_grammar(text: str) -> None:
    shaped = shape(text, True)
    for word in ("if", "using", "in", "i.vvv", "c.vvv##c.vvv", "L2.vvv", "strL", "_all", "x*"):
        plain = word.replace("vvv", "group") if word.startswith("i.") else word
        assert (plain in text.split()) <= (word in shaped.split())


@given(st.text(alphabet="ab1_ \"'`$(){}[]=+,.\\:!", max_size=40))
def test_any_text_is_taken_apart_and_put_together(text: str) -> None:
    parts = take(text)
    literal = "".join(part[0] for part in parts if part is not None)
    assert len(literal) <= len(text)
    for part in parts:
        if part is not None:
            assert text[part[1] : part[1] + len(part[0])] == part[0]
    with contextlib.suppress(StataError):
        attempt(text, lambda reading: parse("standard", reading))
