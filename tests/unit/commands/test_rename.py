"""rename in group form ([D] rename group: the rules and their examples) and renpfix."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

NAMES = ("v1", "v2", "v10", "a", "b", "monthjan", "yearjan", "s_1_x")
SETUP = "clear\nset obs 1\n" + "".join(f"gen {name} = 1\n" for name in NAMES)

CASES = {
    "rename v# stat#": "stat1 stat2 stat10 a b monthjan yearjan s_1_x",
    "rename v# v(##)": "v01 v02 v10 a b monthjan yearjan s_1_x",
    "rename v(#) w#": "w1 w2 v10 a b monthjan yearjan s_1_x",
    "rename v(##) w#": "v1 v2 w10 a b monthjan yearjan s_1_x",
    "rename v# v(#+1)": "v2 v3 v11 a b monthjan yearjan s_1_x",
    "rename v? q?": "q1 q2 v10 a b monthjan yearjan s_1_x",
    "rename *jan *1": "v1 v2 v10 a b month1 year1 s_1_x",
    "rename *jan jan*": "v1 v2 v10 a b janmonth janyear s_1_x",
    "rename s_#_* *[2]_#[1]": "v1 v2 v10 a b monthjan yearjan x_1",
    "rename s_#_* n.*": "v1 v2 v10 a b monthjan yearjan nx",
    "rename (a b) (b a)": "v1 v2 v10 b a monthjan yearjan s_1_x",
    "rename (a b) old_=": "v1 v2 v10 old_a old_b monthjan yearjan s_1_x",
    "rename (a b) =_old": "v1 v2 v10 a_old b_old monthjan yearjan s_1_x",
    "rename (b a) z#, addnumber": "v1 v2 v10 z2 z1 monthjan yearjan s_1_x",
    "rename (a b) z(##), addnumber(7)": "v1 v2 v10 z07 z08 monthjan yearjan s_1_x",
    "rename v# v#, renumber": "v1 v2 v3 a b monthjan yearjan s_1_x",
    "rename v# w#, renumber(5) sort": "w5 w6 w7 a b monthjan yearjan s_1_x",
    "rename a-monthjan (x y z)": "v1 v2 v10 x y z yearjan s_1_x",
    "rename *jan, upper": "v1 v2 v10 a b MONTHJAN YEARJAN s_1_x",
    "rename s_1_x monthjan, proper": "v1 v2 v10 a b Monthjan yearjan S_1_X",
    "rename v# q#, dryrun": " ".join(NAMES),
    "renpfix v w": "w1 w2 w10 a b monthjan yearjan s_1_x",
    "renpfix s_1_": "v1 v2 v10 a b monthjan yearjan x",
}


@pytest.mark.parametrize("line", CASES)
def test_names(line: str) -> None:
    s = Session()
    s.run(SETUP + line)
    assert s.rc == 0, s.text()[-300:]
    assert s.data.names == CASES[line].split()


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("rename v# v", 198),
        ("rename q* z*", 111),
        ("rename (a b) (c c)", 110),
        ("rename (a b) (c v1)", 110),
        ("rename a *", 198),
        ("rename a c*[3]", 198),
        ("rename v# v(#-2)", 198),
        ("rename v# z, addnumber", 198),
        ("rename v# z#, addnumber renumber", 198),
        ("rename v# z#, sort", 198),
        ("rename *, upper lower", 198),
        ("rename (a a) (x y)", 198),
        ("renpfix q", 111),
        ("renpfix v", 198),
        ("rename a", 198),
    ],
)
def test_errors_leave_the_names(line: str, rc: int) -> None:
    fails(SETUP + line, rc)


def test_r() -> None:
    s = Session()
    s.run(SETUP + "rename v# w#, renumber sort r")
    assert s.r["n"] == 3
    assert s.r["oldnames"] == "v1 v2 v10"
    assert s.r["newnames"] == "w1 w2 w3"


@settings(max_examples=20, deadline=None)
@given(st.permutations(NAMES))
def test_a_permutation_and_back(order: list[str]) -> None:
    s = Session()
    s.run(
        SETUP
        + f"rename ({' '.join(NAMES)}) ({' '.join(order)})\nrename ({' '.join(order)}) ({' '.join(NAMES)})"
    )
    assert s.rc == 0
    assert s.data.names == list(NAMES)
