"""tsset, xtset and the operators L. F. D. S.: [XT] xtset, [TS] tsset, [U] 11.4.4; values by hand."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, fails

PANEL = """
input id year x
1 1 10
1 2 20
1 3 40
2 1 5
2 3 7
2 4 9
end
"""
N = np.nan

LAYOUT = """
Panel variable: id (weakly balanced)
 Time variable: year, 1 to 4, but with a gap
         Delta: 1 unit
"""


def _session() -> Session:
    s = Session()
    s.run(PANEL + "xtset id year")
    assert s.rc == 0, s.last_error
    return s


def test_layout_by_release() -> None:
    s = Session()
    s.run(PANEL)
    assert s.run("xtset id year") == LAYOUT
    old = Session(release=16)
    old.run(PANEL)
    assert old.run("xtset id year") == (
        "       panel variable:  id (weakly balanced)\n"
        "        time variable:  year, 1 to 4, but with a gap\n"
        "                delta:  1 unit\n"
    )


@pytest.mark.parametrize(
    ("data", "line", "expected"),
    [
        ("set obs 4\ngen t = _n", "tsset t", "\nTime variable: t, 1 to 4\n        Delta: 1 unit\n"),
        ("set obs 4\ngen g = 1 + (_n > 2)", "xtset g", "\nPanel variable: g (balanced)\n"),
        ("set obs 5\ngen g = 1 + (_n > 2)", "xtset g", "\nPanel variable: g (unbalanced)\n"),
        (
            "set obs 4\ngen t = 2*_n",
            "tsset t, delta(2)",
            "\nTime variable: t, 2 to 8\n        Delta: 2 units\n",
        ),
        (
            "set obs 3\ngen t = _n",
            "tsset t, monthly",
            "\nTime variable: t, 1960m2 to 1960m4\n        Delta: 1 month\n",
        ),
        (
            "set obs 3\ngen t = 7*_n",
            "tsset t, daily delta(1 week)",
            "\nTime variable: t, 08jan1960 to 22jan1960\n        Delta: 7 days\n",
        ),
        (
            "set obs 4\ngen g = 1 + (_n > 2)\ngen t = mod(_n, 2)",
            "tsset g t",
            "\nPanel variable: g (strongly balanced)\n Time variable: t, 0 to 1\n         Delta: 1 unit\n",
        ),
    ],
)
def test_layouts(data: str, line: str, expected: str) -> None:
    s = Session()
    s.run(data)
    assert s.run(line) == expected
    assert s.run(line.split(",")[0].split()[0]) == expected  # shown again


def test_stored_results_and_clear() -> None:
    s = _session()
    assert (s.r["panelvar"], s.r["timevar"], s.r["balanced"]) == ("id", "year", "weakly balanced")
    assert (s.r["tmin"], s.r["tmax"], s.r["tdelta"], s.r["imin"], s.r["imax"]) == (1, 4, 1, 1, 2)
    assert s.data.get_chars("_dta")["_TStvar"] == "year"
    fails("gen bad = L.x", 111, "time variable not set", session=_cleared())


def _cleared() -> Session:
    s = _session()
    s.run("xtset, clear")
    assert s.rc == 0
    return s


OPERATED = {
    "L.x": [N, 10, 20, N, N, 7],
    "L1.x": [N, 10, 20, N, N, 7],
    "l.x": [N, 10, 20, N, N, 7],
    "L2.x": [N, N, 10, N, 5, N],
    "F.x": [20, 40, N, N, 9, N],
    "D.x": [N, 10, 20, N, N, 2],
    "D2.x": [N, N, 10, N, N, N],
    "S2.x": [N, N, 30, N, 2, N],
    "LD.x": [N, N, 10, N, N, N],
    "FL.x": [10, 20, 40, 5, 7, 9],
    "L.x + x": [N, 30, 60, N, N, 16],
    "x - L.x == D.x | missing(L.x)": [1, 1, 1, 1, 1, 1],
}


@pytest.mark.parametrize("expression", OPERATED)
def test_operators_in_expressions(expression: str) -> None:
    s = _session()
    s.run(f"gen new = {expression}")
    assert s.rc == 0, s.last_error
    np.testing.assert_array_equal(s.data.values("new"), OPERATED[expression])


def test_operators_in_varlists() -> None:
    s = _session()
    s.run("summarize L.x")
    assert s.r["N"] == 3 and s.r["mean"] == pytest.approx(37 / 3)
    assert "L.x" in s.run("list id year x L.x in 1/2")
    s.run("gen lag = L.x\ngen d = D.x\nquietly regress x lag")
    expected = s.e["b"]
    s.run("quietly regress x L.x")
    np.testing.assert_allclose(s.e["b"], expected)
    assert s.e.matrix("b").cols == ("L.x", "_cons")
    s.run("predict xb\nquietly regress D.x year\nmatrix b = e(b)\nquietly regress d year")
    np.testing.assert_allclose(s.workspace.matrices["b"].values, s.e["b"])
    s.run("quietly regress year L(0/1).x")
    assert s.e.matrix("b").cols == ("x", "L.x", "_cons")
    fails("drop L.x", 101, session=s)


def test_coefficient_table() -> None:
    """Lags stand under their variable ([TS] Time series; -- marks the variable itself)."""
    s = Session()
    s.run("set obs 30\ngen t = _n\ngen x = mod(_n^2, 7)\ngen y = x + mod(_n, 5)\ntsset t")
    stubs = [
        line[:14].rstrip() for line in s.run("regress D.y x L.x LD.y c.x#cL.x").splitlines() if "|" in line
    ]
    assert stubs[-11:] == [
        "         D.y |",
        "           x |",
        "         --. |",
        "         L1. |",
        "             |",
        "           y |",
        "         LD. |",
        "             |",
        "    c.x#cL.x |",
        "             |",
        "       _cons |",
    ]
    s.run("scatter y L.y t")
    assert s.rc == 0


def test_rows_must_be_sorted() -> None:
    s = _session()
    s.run("sort x")
    fails("gen bad = L.x", 5, "not sorted", session=s)
    s.run("xtset")
    s.run("gen good = L.x")
    assert s.rc == 0


@pytest.mark.parametrize(
    ("lines", "rc"),
    [
        ("set obs 2\ngen t = 1\ntsset t", 451),
        ("set obs 2\ngen t = _n/2\ntsset t", 451),
        ("set obs 3\ngen t = _n\ntsset t, delta(2)", 451),
        ('set obs 2\ngen str1 t = "a"\nxtset t', 109),
        ("set obs 2\ngen t = _n\nxtset", 459),
        ("set obs 2\ngen t = _n\ntsset", 111),
        ("set obs 2\ngen t = _n\ntsset t t t", 103),
        ("set obs 2\ngen t = _n\ntsset t, delta(x y)", 198),
        ('set obs 2\ngen t = _n\ngen str1 s = "a"\ntsset t\ngen z = L.s', 109),
    ],
)
def test_errors(lines: str, rc: int) -> None:
    *before, last = lines.splitlines()
    s = Session()
    s.run("\n".join(before))
    fails(last, rc, session=s)


def test_settings_travel_with_the_file(tmp_path: object) -> None:
    s = Session(cwd=str(tmp_path))
    s.run(PANEL + "xtset id year, delta(1)\nsave p, replace\nclear\nuse p\ngen l = L.x")
    assert s.rc == 0, s.last_error
    np.testing.assert_array_equal(s.data.values("l"), OPERATED["L.x"])
