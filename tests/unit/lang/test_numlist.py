"""Number lists: the forms of [U] 11.1.8 and its examples."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist

LISTS = {
    "2": [2],
    "1 2 3": [1, 2, 3],
    "3,2,1": [3, 2, 1],
    "1/3": [1, 2, 3],
    "3/1": [3, 2, 1],
    "5/8": [5, 6, 7, 8],
    "-8/-5": [-8, -7, -6, -5],
    "-5/-8": [-5, -6, -7, -8],
    "-1/2": [-1, 0, 1, 2],
    "1 2 to 4": [1, 2, 3, 4],
    "4 3 to 1": [4, 3, 2, 1],
    "10 15 to 30": [10, 15, 20, 25, 30],
    "1 2:4": [1, 2, 3, 4],
    "4 3:1": [4, 3, 2, 1],
    "10 15:30": [10, 15, 20, 25, 30],
    "1(1)3": [1, 2, 3],
    "1(2)9": [1, 3, 5, 7, 9],
    "1(2)10": [1, 3, 5, 7, 9],
    "9(-2)1": [9, 7, 5, 3, 1],
    "-1(.5)2.5": [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5],
    "1[2]9": [1, 3, 5, 7, 9],
    "9[-2]1": [9, 7, 5, 3, 1],
    "1 2 3/5 8(2)12": [1, 2, 3, 4, 5, 8, 10, 12],
    "1,2,3/5,8(2)12": [1, 2, 3, 4, 5, 8, 10, 12],
    "1 2 3/5 8 10 to 12": [1, 2, 3, 4, 5, 8, 10, 12],
    ".5(.25)2": [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2],
    "0(.1).5": [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    "5(5)20": [5, 10, 15, 20],
    "1e3 -2.5": [1000, -2.5],
    "1 / 3": [1, 2, 3],
}


@pytest.mark.parametrize(("text", "numbers"), LISTS.items())
def test_lists(text: str, numbers: list[float]) -> None:
    assert parse_numlist(text) == numbers


def test_missing() -> None:
    first, second = parse_numlist("1 .")
    assert first == 1 and math.isnan(second)


@pytest.mark.parametrize(
    "text", ["a", "1/", "/3", "1(2", "1(0)5", "1(1)-5", "2 to 4", "1 (2 3) 4", "1..2", "1]2"]
)
def test_invalid(text: str) -> None:
    with pytest.raises(StataError) as caught:
        parse_numlist(text)
    assert (caught.value.rc, caught.value.message) == (121, "invalid numlist")


def test_empty_and_endless() -> None:
    with pytest.raises(StataError) as caught:
        parse_numlist(" ")
    assert caught.value.rc == 122
    with pytest.raises(StataError) as caught:
        parse_numlist("1(1e-9)1e9")
    assert caught.value.rc == 123


@given(st.integers(-500, 500), st.integers(-500, 500))
def test_ranges_hold_all_integers(a: int, b: int) -> None:
    step = 1 if b >= a else -1
    assert parse_numlist(f"{a}/{b}") == [float(v) for v in range(a, b + step, step)]


@given(st.text("0123456789.()[]/: to,-+e", max_size=20))
def test_nothing_but_numbers_or_an_error(text: str) -> None:
    try:
        assert all(isinstance(v, float) for v in parse_numlist(text))
    except StataError as error:
        assert error.rc in (121, 122, 123)
