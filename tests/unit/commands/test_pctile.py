"""_pctile and pctile. Stata's definition: the mean of two neighbours when n*p is whole, else the next value up;
altdef interpolates at (n+1)p ([D] pctile, methods and formulas)."""

import numpy as np
import pytest
from support import Session, fails

FIVE = "clear\nset obs 5\ngenerate x = _n*10\n"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", [30]),
        (", p(2.5 50 97.5)", [10, 30, 50]),
        (", p(20 40)", [15, 25]),
        (", nq(4)", [20, 30, 40]),
        (", p(20 50) altdef", [12, 30]),
        ("if x > 10, p(50)", [35]),
        ("[fw=_n], p(50)", [40]),
    ],
)
def test_percentiles_in_r(options: str, found: list[float]):
    s = Session()
    s.run(FIVE + f"_pctile x {options}")
    assert s.rc == 0
    assert [s.r[f"r{k}"] for k in range(1, len(s.r) + 1)] == pytest.approx(found)


def test_variable_of_percentiles():
    s = Session()
    s.run(FIVE + "pctile double p = x + 1, nq(4) genp(at)")
    assert s.data.values("p")[:3].tolist() == [21, 31, 41]
    assert np.isnan(s.data.values("p")[3:]).all()
    assert s.data.values("at")[:3].tolist() == [25, 50, 75]
    assert s.r["r2"] == 31


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("_pctile x, p(0)", 125),
        ("_pctile x, nq(1)", 198),
        ("_pctile x, nq(4) p(5)", 198),
        ("_pctile x if 0", 2000),
        ("_pctile", 100),
        ("_pctile nosuch", 111),
        ("pctile p = x, nq(20)", 198),
        ("pctile x = x", 110),
        ("pctile p", 198),
    ],
)
def test_errors(line: str, rc: int):
    fails(FIVE + line, rc)
