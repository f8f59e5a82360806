"""nlcom: the delta method against closed forms and against ``estat icc``."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, fails, run

START = "sysuse hsb, clear\nquietly regress mathach ses female"


def test_ratio_by_the_delta_method() -> None:
    s = Session()
    s.run(START)
    b, v = s.e["b"][0], s.e["V"]
    s.run("nlcom _b[ses]/_b[female]")
    slopes = np.array([1 / b[1], -b[0] / b[1] ** 2])
    assert s.r["b"][0, 0] == pytest.approx(b[0] / b[1], rel=1e-14)
    assert s.r["V"][0, 0] == pytest.approx(slopes @ v[:2, :2] @ slopes, rel=1e-7)


def test_linear_is_lincom() -> None:
    s = Session()
    s.run(START + "\nlincom 2*ses - female")
    expected = s.r["estimate"], s.r["se"]
    s.run("nlcom (a: 2*_b[ses] - _b[female]) (c: _b[_cons]^2)")
    assert (s.r["b"][0, 0], s.r["V"][0, 0] ** 0.5) == pytest.approx(expected, rel=1e-8)


def test_variance_parameters_of_mixed() -> None:
    s = Session()
    s.run("sysuse hsb, clear\nquietly mixed mathach ses || id:\nestat icc")
    expected = s.r["icc2"], s.r["se2"]
    s.run("nlcom exp(2*_b[lns1_1_1:_cons])/(exp(2*_b[lns1_1_1:_cons])+exp(2*_b[lnsig_e:_cons]))")
    assert (s.r["b"][0, 0], s.r["V"][0, 0] ** 0.5) == pytest.approx(expected, rel=1e-6)


def test_layout_and_post() -> None:
    s = Session()
    s.run(START)
    log = s.run("nlcom (r: _b[ses]/_b[female]) (q: exp(_b[ses])), post df(20)")
    assert log.startswith("\n           r: _b[ses]/_b[female]\n           q: exp(_b[ses])\n\n")
    assert "t    P>|t|" in log
    assert s.e["cmd"] == "nlcom"
    s.run("test r = q")
    assert s.rc == 0
    assert run(START + "\nnlcom (r: _b[ses])", release=15).count("           r:  _b[ses]\n") == 1


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("nlcom", 198, "invalid syntax"),
        ("nlcom 2 + 3", 498, "expression (2 + 3) contains reference to constant coefficients only"),
        ("nlcom _b[nosuch]", 111, "[nosuch] not found"),
        ("nlcom ln(_b[female])", 498, "expression (ln(_b[female])) evaluates to missing"),
        ("nlcom (a: _b[ses]) (a: _b[female])", 110, "expression name a used more than once"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f"{START}\n{line}", rc, message)


def test_no_estimates() -> None:
    fails("sysuse hsb, clear\nnlcom _b[ses]", 301, "last estimates not found")
