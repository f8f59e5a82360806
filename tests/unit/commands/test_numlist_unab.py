"""numlist, unab, tsunab, fvunab: [P] numlist, [P] unab."""

from __future__ import annotations

import pytest
from support import Session, fails

NUMLISTS = {
    '"1/3 10(5)20"': "1 2 3 10 15 20",
    "1 2 to 5": "1 2 3 4 5",
    '"3 1 2", sort': "1 2 3",
    '"1 .", missingokay': "1 .",
    '"1/4", integer min(2) max(4) range(>=1 <5)': "1 2 3 4",
    '"5(-2)1", descending': "5 3 1",
}
BAD = {
    "abc": 121,
    '"1", min(2)': 122,
    '"1/3", max(2)': 123,
    '"1 1", ascending': 124,
    '"0", range(>0)': 125,
    '"1.5", integer': 126,
    '"1 ."': 127,
}


@pytest.mark.parametrize("typed", NUMLISTS)
def test_numlist(typed: str) -> None:
    session = Session()
    session.run(f"numlist {typed}")
    assert session.rc == 0, session.text()
    assert session.r["numlist"] == NUMLISTS[typed]


@pytest.mark.parametrize("typed", BAD)
def test_numlist_errors(typed: str) -> None:
    session = Session()
    session.run(f"numlist {typed}")
    assert session.rc == BAD[typed]


VARIABLES = "quietly set obs 1\ngenerate price = 1\ngenerate mpg = 1\ngenerate rep78 = 1\n"


@pytest.mark.parametrize(
    "line, expected",
    [
        ("unab v : pr m*", "price mpg"),
        ("unab v : _all", "price mpg rep78"),
        ("unab v : price-mpg, min(2) max(2)", "price mpg"),
        ("tsunab v : L.pr mp", "L.price mpg"),
        ("fvunab v : i.rep c.pr#c.mp", "i.rep78 c.price#c.mpg"),
    ],
)
def test_unab(line: str, expected: str) -> None:
    session = Session()
    session.run(VARIABLES + line)
    assert session.run('display "`v\'"') == expected + "\n"


@pytest.mark.parametrize(
    "line, rc, message",
    [
        ("unab v : nosuch", 111, "variable nosuch not found"),
        ("unab v : price, min(2) name(group())", 102, "group():  too few variables specified"),
        ("unab v : price mpg, max(1)", 103, "too many variables specified"),
        ("unab v : i.price", 101, "factor-variable and time-series operators not allowed"),
        ("tsunab v : i.price", 101, "factor-variable and time-series operators not allowed"),
        ("unab v price", 198, "invalid syntax"),
    ],
)
def test_unab_errors(line: str, rc: int, message: str) -> None:
    fails(VARIABLES + line, rc, message)
