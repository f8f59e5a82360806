"""predict, estat and lrtest after mixed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, fails

MODEL = "quietly mixed mathach ses female || id: ses, cov(un)"


@pytest.fixture
def fitted() -> Session:
    s = Session()
    s.run(f"sysuse hsb\n{MODEL}")
    return s


def test_pieces_add_up(fitted: Session) -> None:
    """fitted = xb + Zu; residuals = y - fitted; rstandard = residuals / sigma_e."""
    fitted.run(
        "predict double f, fitted\npredict double x, xb\npredict double r, resid\npredict double u*, reffects\n"
        "predict double rs, rstandard"
    )
    d = fitted.data
    v = d.values
    assert np.allclose(v("f"), v("x") + v("u1") * v("ses") + v("u2"))
    assert np.allclose(v("r"), v("mathach") - v("f"))
    sigma = np.exp(fitted.e.matrix("b").values[0, -1])
    assert np.allclose(v("rs"), v("r") / sigma)


def test_blup_closed_form() -> None:
    """Random intercept: u_j = n v / (n v + s2) times the group's mean residual (Searle, Casella and McCulloch 1992)."""
    s = Session()
    s.run("sysuse hsb\nquietly mixed mathach ses || id:\npredict double u, reffects\npredict double xb\n")
    b = s.e.matrix("b").values[0]
    variance, residual = np.exp(2 * b[-2]), np.exp(2 * b[-1])
    d = s.data
    codes = d.groups(["id"]).codes
    n = np.bincount(codes)
    mean = np.bincount(codes, weights=d.values("mathach") - d.values("xb")) / n
    expected = (n * variance / (n * variance + residual) * mean)[codes]
    assert np.allclose(d.values("u"), expected, atol=1e-9)


def test_sorting_does_not_matter(fitted: Session) -> None:
    fitted.run("gen long n0 = _n\npredict double a, fitted\ngsort -mathach\npredict double b, fitted\n")
    assert np.allclose(fitted.data.values("a"), fitted.data.values("b"))


def test_out_of_sample_rows() -> None:
    """Observations outside e(sample) of a known group get its effects; other groups' are missing."""
    s = Session()
    s.run(
        "sysuse hsb\nquietly mixed mathach ses || id: if female == 1 & id != 1224\n"
        "predict u, reffects\npredict f, fitted"
    )
    d = s.data
    known = d.values("id") != 1224
    males = d.values("female") == 0
    same_school = d.groups(["id"]).codes
    has_girls = np.bincount(same_school, weights=~males)[same_school] > 0
    assert np.isnan(d.values("u")[~known]).all()
    assert not np.isnan(d.values("f")[known & males & has_girls]).any()
    assert np.isnan(d.values("f")[known & ~has_girls]).all()


def test_labels_and_note(fitted: Session) -> None:
    out = fitted.run("predict u*, reffects\npredict p\n")
    assert "(option xb assumed)" in out
    assert fitted.data.column("u2").label == "BLUP r.e. for id: _cons"
    assert fitted.data.column("p").stype == "float"


def test_estat_ic_and_lrtest() -> None:
    """AIC and BIC by their definitions; the LR statistic is twice the difference of the log likelihoods."""
    s = Session()
    s.run("sysuse hsb\nquietly mixed mathach ses || id:\nestimates store a\nestat ic")
    ll, n = s.e["ll"], s.e["N"]
    table = s.r.matrix("S").values[0]
    assert table[4] == pytest.approx(-2 * ll + 2 * 4)
    assert table[5] == pytest.approx(-2 * ll + np.log(n) * 4)
    s.run("quietly mixed mathach ses || id: ses\nestimates store b")
    out = s.run("lrtest a b")
    assert "Assumption: a nested within b" in out
    assert "LR chi2(1) = " in out
    assert s.r["chi2"] == pytest.approx(2 * (s.e["ll"] - ll))
    assert "_est_a" in s.data


def test_estimates_restore_keeps_the_sample() -> None:
    s = Session()
    s.run(
        "sysuse hsb\nquietly mixed mathach ses || id: if female\nest store girls\nquietly regress mathach ses"
    )
    s.run("estimates restore girls\ncount if e(sample)")
    assert s.r["N"] == 3795
    assert s.e["cmd"] == "mixed"


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("predict ses", 110, "variable ses already defined"),
        ("predict a b, fitted", 103, "too many variables specified"),
        ("predict a, reffects", 102, "too few variables specified"),
        ("predict a, fitted resid", 198, "only one statistic may be specified"),
        ("predict a, cooksd", 198, "option cooksd not allowed"),
        ("predict, fitted", 100, "varlist required"),
        ("predict a, fitted relevel(ses)", 198, "ses is not a level variable of this model"),
        ("lrtest zz", 111, "estimation result zz not found"),
        ("estimates restore zz", 111, "estimation result zz not found"),
        ("estat foo", 321, "estat foo not valid"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f"sysuse hsb\n{MODEL}\n{line}", rc, message)


def test_lrtest_refuses_different_samples() -> None:
    fails(
        "sysuse hsb\nquietly mixed mathach ses || id:\nest store a\nquietly mixed mathach ses || id: ses if female\n"
        "est store b\nlrtest a b",
        498,
        "observations differ: 7185 vs. 3795",
    )
