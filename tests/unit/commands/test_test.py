"""test, testparm and lincom against real logs and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, compare_case, fails, needs_shared


@needs_shared
@pytest.mark.parametrize("name", ["recode_tabsum_testparm_effort", "twoway_anova_regress_effort"])
def test_real_log(name: str) -> None:
    compare_case(name, only="^testparm")


@pytest.fixture(scope="module")
def fitted() -> Session:
    s = Session()
    s.run("sysuse hsb\nlabel values sector\nregress mathach ses female i.sector c.ses#i.sector meanses")
    return s


def test_overall_test_is_the_models_f(fitted: Session) -> None:
    """Testing all slopes gives the F of the heading."""
    fitted.run("testparm ses female i.sector c.ses#i.sector meanses")
    assert fitted.r["F"] == pytest.approx(fitted.e["F"], rel=1e-10)
    assert fitted.r["df"] == 5


def test_single_restriction_is_t_squared(fitted: Session) -> None:
    fitted.run("test ses = 2")
    f = fitted.r["F"]
    fitted.run("lincom ses - 2")
    assert fitted.r["t"] ** 2 == pytest.approx(f, rel=1e-10)


def test_lincom_by_hand(fitted: Session) -> None:
    names = fitted.e.matrix("b").cols
    i, j = names.index("ses"), names.index("1.sector#c.ses")
    b, v = fitted.e["b"][0], fitted.e["V"]
    out = fitted.run("lincom 2*ses + 1.sector#c.ses")
    assert " ( 1)  2*ses + 1.sector#c.ses = 0" in out
    assert fitted.r["estimate"] == pytest.approx(2 * b[i] + b[j])
    assert fitted.r["se"] == pytest.approx(np.sqrt(4 * v[i, i] + 4 * v[i, j] + v[j, j]))


def test_dropped_constraint(fitted: Session) -> None:
    out = fitted.run("test (ses = 0) (2*ses = 0)")
    assert "Constraint 2 dropped" in out
    assert fitted.r["df"] == 1


def test_accumulate(fitted: Session) -> None:
    fitted.run("test ses\ntest female, accumulate")
    both = fitted.r["F"]
    fitted.run("test ses female")
    assert fitted.r["F"] == pytest.approx(both)


def test_equation_names_after_mixed() -> None:
    s = Session()
    out = s.run("sysuse hsb\nquietly mixed mathach ses || id:\ntest ses")
    assert " ( 1)  [mathach]ses = 0" in out
    assert s.r["chi2"] == pytest.approx(s.e["chi2"])


@pytest.mark.parametrize(
    ("line", "rc"),
    [("test nosuch", 111), ("test ses*female = 0", 131), ("lincom 3", 198), ("test [zz]", 303)],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"sysuse hsb\nregress mathach ses female\n{line}", rc)


def test_without_estimates() -> None:
    fails("sysuse hsb\ntest ses", 301, "last estimates not found")
