"""areg: the printed example of [R] areg (auto: mpg on weight and gear_ratio, absorb(rep78)) and regress with indicators."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def auto() -> Session:
    s = Session()
    s.run(f"use {example('auto.dta')}, clear")
    return s


def test_printed_example(auto: Session) -> None:
    log = auto.run("areg mpg weight gear_ratio, absorb(rep78)")
    for line in (
        "Linear regression, absorbing indicators             Number of obs     =     69",
        "Absorbed variable: rep78                            No. of categories =      5",
        "                                                    F(2, 62)          =  41.64",
        "                                                    R-squared         = 0.6734",
        "                                                    Adj R-squared     = 0.6418",
        "                                                    Root MSE          = 3.5109",
        "      weight |  -.0051031   .0009206    -5.54   0.000    -.0069433    -.003263",
        "       _cons |   34.05889   7.056383     4.83   0.000     19.95338     48.1644",
        "F test of absorbed indicators: F(4, 62) = 1.117               Prob > F = 0.356",
    ):
        assert line in log.splitlines()


@pytest.mark.parametrize("vce", ["", "robust", "vce(cluster trunk)"])
@pytest.mark.parametrize("weight", ["", "[aw=length]", "[fw=turn]", "[pw=length]"])
def test_is_regress_with_indicators(auto: Session, vce: str, weight: str) -> None:
    s = auto
    s.run(f"quietly regress mpg weight gear_ratio i.rep78 {weight}, {vce}")
    slopes = [(s.run(f"display %18.0g {f}[{v}]")) for v in ("weight", "gear_ratio") for f in ("_b", "_se")]
    rest = [s.e[k] for k in ("r2", "rmse", "ll", "df_r")]
    s.run(f"quietly areg mpg weight gear_ratio {weight}, absorb(rep78) {vce}")
    again = [(s.run(f"display %18.0g {f}[{v}]")) for v in ("weight", "gear_ratio") for f in ("_b", "_se")]
    assert [float(x) for x in again] == pytest.approx([float(x) for x in slopes], rel=1e-9)
    assert [s.e[k] for k in ("r2", "rmse", "ll", "df_r")] == pytest.approx(rest, rel=1e-9)


def test_predictions(auto: Session) -> None:
    s = auto
    s.run(
        "quietly areg mpg weight, absorb(rep78)\npredict double xb\npredict double d, d\npredict double e, residuals"
    )
    s.run("quietly regress mpg weight i.rep78\npredict double f\npredict double r, residuals")
    used = ~np.isnan(s.data.values("d"))
    assert used.sum() == 69
    np.testing.assert_allclose((s.data.values("xb") + s.data.values("d"))[used], s.data.values("f")[used])
    np.testing.assert_allclose(s.data.values("e")[used], s.data.values("r")[used], atol=1e-9)


def test_constant_within_groups_is_omitted(auto: Session) -> None:
    log = auto.run("areg mpg weight foreign, absorb(foreign)")
    assert log.startswith("note: foreign omitted because of collinearity.\n")
    assert "     foreign |          0  (omitted)" in log


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("areg mpg weight", 198, "option absorb() required"),
        ("areg mpg weight, absorb(rep78 foreign)", 198, "several variables in absorb() not yet supported"),
        ("areg mpg weight, absorb(nosuch)", 111, "variable nosuch not found"),
        ("areg mpg weight if rep78 == 9, absorb(rep78)", 2000, "no observations"),
    ],
)
def test_errors(auto: Session, line: str, rc: int, message: str) -> None:
    fails(line, rc, message, session=auto)
