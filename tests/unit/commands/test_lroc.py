"""lroc, estat classification, estat gof: printed figures of the manual's low-birth-weight example where the shipped
copy of the data agrees, and what follows from the definitions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import SHARED, Session, fails

LBW = SHARED / "data" / "examples" / "lbw.dta"


@pytest.fixture(scope="module")
def lbw() -> Session:
    if not LBW.exists():
        pytest.skip("shared data absent")
    s = Session()
    s.run(f'use "{LBW}", clear\nquietly logistic low age lwt i.race smoke ptl ht ui')
    assert s.rc == 0
    return s


def test_classification_of_the_manual(lbw: Session) -> None:
    """[R] estat classification: 21, 12, 38, 118; 35.59, 90.77, 63.64, 75.64, 73.54 per cent."""
    log = lbw.run("estat classification")
    for line in (
        "     +     |         21            12  |         33",
        "     -     |         38           118  |        156",
        "Sensitivity                     Pr( +| D)    35.59%",
        "Specificity                     Pr( -|~D)    90.77%",
        "Positive predictive value       Pr( D| +)    63.64%",
        "Negative predictive value       Pr(~D| -)    75.64%",
        "Correctly classified                        73.54%",
    ):
        assert line in log
    assert lbw.r["P_corr"] == pytest.approx(100 * 139 / 189)


def test_hosmer_lemeshow_of_the_manual(lbw: Session) -> None:
    """[R] estat gof: chi2(8) = 9.65 in ten groups."""
    lbw.run("estat gof, group(10)")
    assert lbw.r["chi2"] == pytest.approx(9.65, abs=0.005) and lbw.r["df"] == 8


def test_area_is_the_share_of_ordered_pairs(lbw: Session) -> None:
    """The area under the curve is the Mann-Whitney probability."""
    log = lbw.run("predict double p\nlroc, nograph")
    p, y = lbw.data.values("p"), lbw.data.values("low")
    one, zero = p[y == 1], p[y == 0]
    difference = one[:, None] - zero
    share = np.mean((difference > 0) + 0.5 * (difference == 0))
    assert lbw.r["area"] == pytest.approx(share, rel=1e-12)
    assert f"Area under ROC curve   = {share:8.4f}" in log
    lbw.run("lroc if smoke == 1, title(Smokers)")
    assert lbw.r["N"] == 74 and lbw.rc == 0


def test_needs_a_binary_model(lbw: Session) -> None:
    s = Session()
    s.run(f'use "{LBW}", clear\nquietly regress low age')
    fails("lroc", 301, "last estimates not found", session=s)
