"""fvexpand, fvrevar, tsrevar and creturn list. Sources: [P] fvexpand, [R] fvrevar, [TS] tsrevar, [P] creturn;
[U] 11.4.3.2 on base levels, whose virtual variables are 0."""

from __future__ import annotations

import pytest
from support import Session, fails

DATA = """clear
input a b x
1 0 2
2 1 3
3 0 5
1 1 7
2 0 .
end
generate t = _n
tsset t
"""


def session(text: str) -> Session:
    s = Session()
    s.run(DATA + text)
    assert s.rc == 0, s.text()
    return s


@pytest.mark.parametrize(
    ("typed", "expanded", "fv", "ts"),
    [
        ("x i.b", "x 0b.b 1.b", True, False),
        ("i.a", "1b.a 2.a 3.a", True, False),
        ("ib2.a", "1.a 2b.a 3.a", True, False),
        ("ibn.b", "0bn.b 1.b", True, False),
        ("i.a if a > 1", "2b.a 3.a", True, False),
        ("i.b##c.x", "0b.b 1.b x 0b.b#co.x 1.b#c.x", True, False),
        ("c.x#c.t", "c.x#c.t", True, False),
        ("x t", "x t", False, False),
        ("L(1/2).x", "L.x L2.x", False, True),
        ("", "a b x t", False, False),
    ],
)
def test_fvexpand(typed: str, expanded: str, fv: bool, ts: bool) -> None:
    s = session(f"fvexpand {typed}")
    assert s.r["varlist"] == expanded
    assert ("fvops" in s.r, "tsops" in s.r) == (fv, ts)
    assert s.text().rstrip().endswith("tsset t") or "fvexpand" not in s.text()


def test_fvrevar_makes_indicators_and_products() -> None:
    s = session(
        "fvrevar i.b x c.x#c.t i.b#c.x\nlocal v `r(varlist)'\ntokenize `v'\nassert `1' == 0\nassert `2' == b\n"
        'assert "`3\'" == "x"\nassert `4\' == x*t\nassert `6\' == b*x'
    )
    assert s.rc == 0, s.text()


def test_fvrevar_stub_list_and_tsonly() -> None:
    s = session("fvrevar i.a, stub(d)")
    assert s.r["varlist"] == "d1 d2 d3"
    assert s.data.column("d3").values().tolist() == [0, 0, 1, 0, 0]
    s = session("fvrevar i.a##c.L.x b, list")
    assert s.r["varlist"] == "a x b"
    s = session("fvrevar L.x i.b c.L.x#i.b, tsonly\nlocal v `r(varlist)'\nassert `: word 1 of `v'' == L.x")
    words = s.r["varlist"].split()
    assert (words[1] == "i.b" and words[2] == f"i.b#c.{words[0]}") or words[2] == f"c.{words[0]}#i.b"


def test_tsrevar() -> None:
    s = session(
        "tsrevar L.x D.x x\ntokenize `r(varlist)'\nassert `1' == L.x\nassert `2' == D.x\nassert \"`3'\" == \"x\""
    )
    assert s.rc == 0, s.text()
    assert session("tsrevar L(0/2).x F.t, list").r["varlist"] == "x t"


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("tsrevar i.a", 101, "factor-variable and time-series operators not allowed"),
        ("fvexpand i.nosuch", 111, "variable nosuch not found"),
        ("fvrevar i.a, list substitute", 198, "options substitute and list may not be combined"),
        ("fvrevar i.a, stub(1x)", 198, None),
        ("creturn", 198, "invalid syntax"),
    ],
)
def test_errors(line: str, rc: int, message: str | None) -> None:
    fails(DATA + line, rc, message)


def test_creturn_list_shows_values_and_how_to_set_them() -> None:
    text = Session().run("set level 90\ncreturn list")
    assert (
        "\nSystem values\n" in text
        and "               c(level) = 90                    (set level)\n" in text
    )
    assert "                  c(pi) = 3.14159265358979" in text
