"""logit, logistic, probit, cloglog, poisson, ologit, oprobit: statsmodels, closed forms, and what follows them.

Printed logs: tests/golden/test_cases.py (logit_auto_or, logit_auto_margins, margins_nlsw88_logit, poisson_ceb_offset,
ologit_copen).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support import SHARED, Session, fails

HSB = """sysuse hsb, clear
generate byte high = mathach > 15
generate count = floor(mathach + 3)
generate byte g = 1 + (mathach > 8) + (mathach > 16)
"""


@pytest.fixture(scope="module")
def hsb() -> Session:
    s = Session()
    s.run(HSB)
    assert s.rc == 0
    return s


def _arrays(s: Session) -> tuple[np.ndarray, np.ndarray]:
    d = s.data
    x = np.column_stack([d.values("ses"), d.values("female"), np.ones(d.n)])
    return x, d.values("count")


@pytest.mark.parametrize("name", ["logit", "probit", "poisson", "cloglog"])
def test_against_statsmodels(hsb: Session, name: str) -> None:
    import statsmodels.api as sm

    x, count = _arrays(hsb)
    high = hsb.data.values("high")
    y = count if name == "poisson" else high
    made = {
        "logit": lambda: sm.Logit(y, x).fit(disp=0, tol=1e-12),
        "probit": lambda: sm.Probit(y, x).fit(disp=0, tol=1e-12),
        "poisson": lambda: sm.Poisson(y, x).fit(disp=0, tol=1e-12),
        "cloglog": lambda: sm.GLM(y, x, sm.families.Binomial(sm.families.links.CLogLog())).fit(tol=1e-12),
    }[name]()
    hsb.run(f"quietly {name} {'count' if name == 'poisson' else 'high'} ses female")
    np.testing.assert_allclose(hsb.e["b"][0], made.params, rtol=1e-6)
    if name != "cloglog":
        np.testing.assert_allclose(np.sqrt(np.diag(hsb.e["V"])), made.bse, rtol=1e-5)
        assert hsb.e["ll_0"] == pytest.approx(made.llnull, rel=1e-9)
    assert hsb.e["ll"] == pytest.approx(made.llf, rel=1e-9)


@pytest.mark.parametrize(("name", "distr"), [("ologit", "logit"), ("oprobit", "probit")])
def test_ordered_against_statsmodels(hsb: Session, name: str, distr: str) -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    x, _ = _arrays(hsb)
    made = OrderedModel(hsb.data.values("g"), x[:, :2], distr=distr).fit(method="bfgs", disp=0, gtol=1e-8)
    hsb.run(f"quietly {name} g ses female")
    cuts = made.model.transform_threshold_params(made.params)[1:-1]
    np.testing.assert_allclose(hsb.e["b"][0], [*made.params[:2], *cuts], rtol=1e-4)
    assert hsb.e["ll"] == pytest.approx(made.llf, rel=1e-8)
    hsb.run("predict q1 q2 q3")
    total = sum(hsb.data.values(f"q{k}") for k in (1, 2, 3))
    np.testing.assert_allclose(total, 1, atol=1e-6)
    hsb.run("predict only, outcome(2)\nassert abs(only - q2) < 1e-6\ndrop q1 q2 q3 only")
    assert hsb.rc == 0


def test_one_dummy_has_closed_forms(hsb: Session) -> None:
    """The odds ratio of a 2x2 table and its standard error (Woolf); incidence-rate ratio of two means."""
    d = hsb.data
    high, female, count = d.values("high"), d.values("female"), d.values("count")
    n = [[float(np.sum((high == i) & (female == j))) for j in (0, 1)] for i in (0, 1)]
    log = hsb.run("logistic high female, nolog")
    ratio = n[1][1] * n[0][0] / (n[1][0] * n[0][1])
    se = math.sqrt(sum(1 / v for row in n for v in row))
    assert hsb.e["b"][0, 0] == pytest.approx(math.log(ratio), rel=1e-7)
    assert math.sqrt(hsb.e["V"][0, 0]) == pytest.approx(se, rel=1e-6)
    assert "Odds ratio" in log and "Note: _cons estimates baseline odds." in log
    assert "Odds ratio" not in hsb.run("logistic, coef")
    hsb.run("quietly lincom female, or")
    assert hsb.run("lincom female, or").count("Odds ratio") == 1
    log = hsb.run("poisson count female, irr nolog")
    assert hsb.e["b"][0, 0] == pytest.approx(
        math.log(count[female == 1].mean() / count[female == 0].mean()), rel=1e-9
    )
    assert "Note: _cons estimates baseline incidence rate." in log


def test_weights_offset_and_clusters(hsb: Session) -> None:
    s = Session()
    s.run(HSB + "keep in 1/400\ngenerate w = 1 + mod(_n, 3)\ngenerate double lw = ln(w)")
    s.run("quietly logit high ses [fw=w]")
    weighted = s.e["b"].copy(), s.e["V"].copy(), s.e["N"], s.e["ll"]
    s.run("quietly poisson count ses, exposure(w)")
    exposed = s.e["b"].copy()
    s.run("quietly poisson count ses, offset(lw)")
    np.testing.assert_allclose(s.e["b"], exposed)
    s.run("quietly logit high ses [pw=w]")
    assert s.e["vce"] == "robust" and s.e["chi2type"] == "Wald"
    np.testing.assert_allclose(s.e["b"], weighted[0], rtol=1e-7)
    s.run("expand w\nquietly logit high ses")
    np.testing.assert_allclose(s.e["b"], weighted[0], rtol=1e-8)
    np.testing.assert_allclose(s.e["V"], weighted[1], rtol=1e-6)
    assert (s.e["N"], s.e["ll"]) == pytest.approx(weighted[2:])
    import statsmodels.api as sm

    d = s.data
    x = np.column_stack([d.values("ses"), np.ones(d.n)])
    made = sm.Logit(d.values("high"), x).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": d.values("id"), "use_correction": False}
    )
    groups = len(np.unique(d.values("id")))
    log = s.run("logit high ses, vce(cluster id) nolog")
    np.testing.assert_allclose(s.e["V"], made.cov_params() * groups / (groups - 1), rtol=1e-5)
    assert f"(Std. err. adjusted for {groups} clusters in id)" in log and "Wald chi2(1)" in log


def test_perfect_prediction_drops_the_variable() -> None:
    """Stata's note; the estimates are those of the rest."""
    s = Session()
    s.run(
        "clear\nset obs 40\nset seed 1\ngenerate x = rnormal()\ngenerate y = runiform() > .4\ngenerate d = _n > 34\nreplace y = 1 if d"
    )
    log = s.run("logit y x d, nolog")
    assert "\nnote: d != 0 predicts success perfectly;\n      d omitted and 6 obs not used.\n" in log
    assert s.e["N"] == 34 and "           d |          0  (omitted)" in log
    b = s.e["b"][0, 0]
    s.run("quietly logit y x if d == 0")
    assert s.e["b"][0, 0] == pytest.approx(b)
    s.run("replace y = x > 0")
    assert "predicts data perfectly" in s.run("logit y x") and s.rc == 2000


def test_predictions_and_margins(hsb: Session) -> None:
    """pr = F(xb); the mean of margins is the mean of pr; dydx by brute force."""
    for name in ("logit", "probit"):
        hsb.run(
            f"quietly {name} high ses i.female\ncapture drop p_*\npredict double p_r\npredict double p_x, xb"
        )
        pr, xb = hsb.data.values("p_r"), hsb.data.values("p_x")
        expected = (
            1 / (1 + np.exp(-xb)) if name == "logit" else 0.5 * np.vectorize(math.erfc)(-xb / math.sqrt(2))
        )
        np.testing.assert_allclose(pr, expected, rtol=1e-9)
        hsb.run("quietly margins")
        assert hsb.r["b"][0, 0] == pytest.approx(pr.mean(), rel=1e-9)
        hsb.run("quietly margins, dydx(ses)")
        f = pr * (1 - pr) if name == "logit" else np.exp(-xb * xb / 2) / math.sqrt(2 * math.pi)
        assert hsb.r["b"][0, 0] == pytest.approx(f.mean() * hsb.e["b"][0, 0], rel=1e-8)
    hsb.run("quietly poisson count ses\npredict double p_n\nquietly margins")
    assert hsb.r["b"][0, 0] == pytest.approx(hsb.data.values("p_n").mean(), rel=1e-9)
    hsb.run("drop p_*")


def test_margins_after_ologit_are_of_every_category(hsb: Session) -> None:
    """Since release 14; each is the mean of its prediction, effects add up to zero; expression() by hand."""
    hsb.run(
        "quietly ologit g ses i.female\npredict double c1 c2 c3\npredict double first\nassert first == c1"
    )
    assert hsb.rc == 0
    log = hsb.run("margins")
    means = [hsb.data.values(f"c{k}").mean() for k in (1, 2, 3)]
    assert hsb.r["b"][0] == pytest.approx(means, rel=1e-9)
    assert "3._predict: Pr(g==3), predict(pr outcome(3))" in log
    hsb.run("quietly margins, dydx(ses)")
    assert abs(hsb.r["b"].sum()) < 1e-12
    plain = hsb.r["b"][0, 1], hsb.r["V"][1, 1]
    hsb.run("quietly margins, dydx(ses) expression(predict(outcome(2)))")
    assert (hsb.r["b"][0, 0], hsb.r["V"][0, 0]) == pytest.approx(plain, rel=1e-6)
    hsb.run("quietly margins, at(ses=1) expression(predict(outcome(2)) * ses * 2 + _b[ses])")
    twice = hsb.r["b"][0, 0]
    hsb.run("quietly margins, at(ses=1) predict(outcome(2))")
    assert twice == pytest.approx(2 * hsb.r["b"][0, 0] + hsb.e["b"][0, 0], rel=1e-9)
    hsb.run("drop c1 c2 c3 first")


def test_separation_but_for_ties() -> None:
    """UCLA's page on complete and quasi-complete separation: y against x1 with ties at 3."""
    s = Session()
    s.run(
        "clear\ninput y x1 x2\n0 1 3\n0 2 0\n0 3 -1\n0 3 4\n1 3 1\n1 4 0\n1 5 2\n1 6 7\n1 10 3\n1 11 4\nend"
    )
    log = s.run("logit y x1 x2, nolog")
    assert (
        "\nnote: outcome = x1 > 3 predicts data perfectly except for\n"
        "      x1 == 3 subsample:\n      x1 omitted and 7 obs not used.\n"
    ) in log
    assert s.e["N"] == 3


def test_completely_determined_outcomes() -> None:
    """Stata's FAQ: auto.dta without 6 observations has 4 failures completely determined; its coefficients."""
    auto = SHARED / "data" / "examples" / "auto.dta"
    if not auto.exists():
        pytest.skip("shared data absent")
    s = Session()
    s.run(f'use "{auto}", clear\ndrop if foreign==0 & gear_ratio>3.1')
    log = s.run("logit foreign mpg weight gear_ratio, nolog")
    assert "Note: 4 failures and 0 successes completely determined." in log
    assert s.e["ll"] == pytest.approx(-6.4874814, abs=2e-7)
    assert s.e["b"][0] == pytest.approx([-0.4944907, -0.0060919, 15.70509, -21.39527], rel=1e-5)


def test_gof_of_poisson(hsb: Session) -> None:
    hsb.run("quietly poisson count ses\npredict double m\nestat gof")
    y, m = hsb.data.values("count"), hsb.data.values("m")
    assert hsb.r["chi2_p"] == pytest.approx(np.sum((y - m) ** 2 / m), rel=1e-9)
    hsb.run("drop m")


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("logit nosuch ses", 111, "variable nosuch not found"),
        ("logit high ses if ses > 100", 2000, "no observations"),
        ("logit high ses if high == 1", 2000, None),
        ("logit high ses, constraints(1)", 198, "option constraints() not yet supported"),
        ("poisson ses female", 459, "ses must be greater than or equal to zero"),
        ("poisson count female, exposure(ses)", 459, "ses must be greater than zero"),
        (
            "poisson count female, exposure(size) offset(size)",
            198,
            "only one of offset() or exposure() can be specified",
        ),
        ("ologit high ses if high == 1", 148, "outcome does not vary in remaining observations"),
        ("probit high ses, or", 198, "option or not allowed"),
    ],
)
def test_errors(hsb: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=hsb)
