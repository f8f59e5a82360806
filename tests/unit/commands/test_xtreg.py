"""xtreg, xtsum, xtdescribe, xttest0, hausman: printed figures of the manuals and real logs, laws of the estimators.

``nlswork`` figures are those printed in [XT] xtreg, xtreg postestimation, xtsum, xtdescribe and on
stata.com/features (ln_wage on grade, age, ... ; 28,091 observations, 4,697 groups).
"""

from __future__ import annotations

import numpy as np
import pytest
from support import SHARED, Session, fails

from pystata_hlm.numeric import panel

NLSWORK = SHARED / "data" / "examples" / "nlswork.dta"
LONG = "grade age c.age#c.age ttl_exp c.ttl_exp#c.ttl_exp tenure c.tenure#c.tenure 2.race not_smsa south"

pytestmark = pytest.mark.skipif(not NLSWORK.is_file(), reason="../shared/data is absent")


@pytest.fixture(scope="module")
def work() -> Session:
    s = Session()
    s.run(f"use {NLSWORK}, clear\nquietly xtset idcode year")
    return s


PRINTED = {
    "re theta": (
        "     Within  = 0.1715                                         min =          1",
        "     Between = 0.4784                                         avg =        6.0",
        "     Overall = 0.3708                                         max =         15",
        "                                                Wald chi2(10)     =    9244.74",
        "corr(u_i, X) = 0 (assumed)                      Prob > chi2       =     0.0000",
        "0.2520   0.2520     0.5499     0.7016   0.7206",
        "       grade |   .0646499   .0017812    36.30   0.000     .0611589    .0681409",
        "       _cons |   .2387207    .049469     4.83   0.000     .1417633    .3356781",
        "     sigma_u |  .25790526",
        "         rho |  .44045273   (fraction of variance due to u_i)",
    ),
    "fe": (
        "note: grade omitted because of collinearity.",
        "note: 2.race omitted because of collinearity.",
        "corr(u_i, Xb) = 0.1936                          Prob > F          =     0.0000",
        "         age |   .0359987   .0033864    10.63   0.000     .0293611    .0426362",
        "     sigma_u |  .35562203",
        "     sigma_e |  .29068923",
        "         rho |  .59946283   (fraction of variance due to u_i)",
        "F test that all u_i=0: F(4696, 23386) = 6.65                 Prob > F = 0.0000",
    ),
    "be": (
        "Between regression (regression on group means)  Number of obs     =     28,091",
        "     Between = 0.4900                                         avg =        6.0",
        "                                                F(10, 4686)       =     450.23",
        "sd(u_i + avg(e_i.)) = .3036114                  Prob > F          =     0.0000",
    ),
    "pa": (
        "Iteration 1: Tolerance = .0310561",
        "Iteration 2: Tolerance = .000749",
        "       grade |   .0645427   .0016829    38.35   0.000",
        "         age |    .036932   .0031509    11.72   0.000",
    ),
    "mle": ("Log likelihood = -8853.4254",),
}


@pytest.mark.parametrize("options", PRINTED)
def test_printed_figures(work: Session, options: str) -> None:
    log = work.run(f"xtreg ln_w {LONG}, {options}").splitlines()
    for line in PRINTED[options]:
        assert any(found.startswith(line) for found in log), line


def test_pa_wald_and_scale(work: Session) -> None:
    log = work.run(f"xtreg ln_w {LONG}, pa nolog")
    assert "Wald chi2(10)    = 9598.89" in log
    assert "Scale parameter = .1436709" in log


def test_older_layout() -> None:
    """Release 14: stata.com/features, printed with 14's headings."""
    s = Session(release=14)
    log = s.run(f"use {NLSWORK}, clear\nxtset idcode\nxtreg ln_w {LONG}, fe")
    for line in (
        "R-sq:                                           Obs per group:",
        "     within  = 0.1727                                         min =          1",
        "                                                F(8,23386)        =     610.12",
        "corr(u_i, Xb)  = 0.1936                         Prob > F          =     0.0000",
    ):
        assert line in log


def test_hausman(work: Session) -> None:
    """[XT] xtreg postestimation: chi2(8) = 149.43."""
    work.run(f"quietly xtreg ln_w {LONG}, fe\nestimates store fixed\nquietly xtreg ln_w {LONG}, re")
    log = work.run("hausman fixed .")
    assert "         age |    .0359987     .0368059       -.0008073        .0013177" in log
    assert "    chi2(8) = (b-B)'[(V_b-V_B)^(-1)](b-B)\n            = 149.43\nProb > chi2 = 0.0000\n" in log
    assert work.r["df"] == 8


def test_lagrange_multiplier(work: Session) -> None:
    """[XT] xtreg postestimation: xttest0 after the model above, chibar2(01) = 14779.98."""
    work.run(f"quietly xtreg ln_w {LONG}, re")
    log = work.run("xttest0")
    assert "chibar2(01) = 14779.98" in log
    assert "         ln_wage |  .2283326        .4778416" in log


def test_xtsum(work: Session) -> None:
    """[XT] xtsum: hours of nlswork."""
    assert work.run("xtsum hours") == (
        "\nVariable         |      Mean   Std. dev.       Min        Max |    Observations\n"
        "-----------------+--------------------------------------------+----------------\n"
        "hours    overall |  36.55956   9.869623          1        168 |     N =   28467\n"
        "         between |             7.846585          1       83.5 |     n =    4710\n"
        "         within  |             7.520712  -2.154726   130.0596 | T-bar = 6.04395\n"
    )
    assert work.r["sd_b"] == pytest.approx(7.846585, abs=5e-7)


def test_xtdescribe(work: Session) -> None:
    """[XT] xtdescribe: nlswork."""
    log = work.run("xtdescribe")
    for line in (
        "  idcode:  1, 2, ..., 5159                                   n =       4711",
        "    year:  68, 69, ..., 88                                   T =         15",
        "           Span(year)  = 21 periods",
        "                         1       1       3         5         9      13      15",
        "      136      2.89    2.89 |  1....................",
        "       54      1.15   14.50 |  ...............1.1.11",
        "     3974     84.36  100.00 | (other patterns)",
        "     4711    100.00         |  XXXXXX.X.XX.X.XX.X.XX",
    ):
        assert line in log
    table = log[log.index("     Freq.") :].splitlines()
    assert {line.index("|" if "|" in line else "+") for line in table} == {28}  # one bar down the table


def test_predictions_add_up(work: Session) -> None:
    """xb + u + e = y for fe and re; fe effects average to zero over observations."""
    s = work
    for model in ("fe", "re"):
        s.run(f"quietly xtreg ln_w age ttl_exp, {model}")
        s.run(
            "capture drop p_*\npredict double p_u, u\npredict double p_e, e\npredict double p_xb, xb\npredict double p_ue, ue"
        )
        s.run(
            "assert abs(ln_wage - p_xb - p_u - p_e) < 1e-10 if e(sample)\nassert abs(p_ue - p_u - p_e) < 1e-10 if e(sample)"
        )
        if model == "fe":
            s.run("summarize p_u, meanonly")
            assert abs(s.r["mean"]) < 1e-9
    s.run("drop p_*")


def test_ml_agrees_with_mixed(work: Session) -> None:
    """The same likelihood as ``mixed y x || id:``."""
    work.run("quietly xtreg ln_w age south, mle nolog")
    ll, su = work.e["ll"], work.e["sigma_u"]
    work.run("quietly mixed ln_w age south || idcode:")
    assert ll == pytest.approx(work.e["ll"], rel=1e-9)
    assert float(work.run("display exp(_b[lns1_1_1:_cons])")) == pytest.approx(su, rel=1e-5)


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("xtreg ln_w age, fe pa", 198, "only one of re, be, fe, mle, and pa may be specified"),
        ("xtreg ln_w age, fe sa", 198, "option sa not allowed"),
        ("xtreg ln_w age, pa corr(ar 1)", 198, "corr(ar 1) not yet supported"),
        ("xtreg ln_w age, be vce(robust)", 198, "vcetype 'robust' not allowed"),
        ("xtreg ln_w nosuch", 111, "variable nosuch not found"),
        ("xtreg ln_w age [aw=hours]", 101, "weights not allowed"),
        ("xtreg ln_w age, fe vce(cluster year)", 498, "panels are not nested within clusters"),
        ("xtreg ln_w age if idcode < 0", 2000, "no observations"),
        ("hausman nosuch", 111, "estimation result nosuch not found"),
    ],
)
def test_errors(work: Session, line: str, rc: int, message: str) -> None:
    fails(line, rc, message, session=work)


def test_panel_variable_is_needed() -> None:
    fails("sysuse hsb, clear\nxtreg mathach ses, fe", 459, "must specify panelvar; use xtset")
    fails("sysuse hsb, clear\nxtsum ses", 459, "must specify panelvar; use xtset")


def test_derivatives_of_the_likelihood() -> None:
    """Gradient and Hessian against central differences, and the likelihood against the normal density."""
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(6), [1, 2, 3, 4, 5, 1])
    x = np.column_stack([rng.normal(size=16), np.ones(16)])
    y = rng.normal(size=16) + rng.normal(size=6)[codes]
    panels = panel.Panels.of(codes)
    at = np.array([0.3, 0.1, 0.7, 1.1])

    def terms(t: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return panel._ml_terms(y, x, panels, t)

    value, gradient, hessian = terms(at)
    v = at[3] ** 2 * np.eye(16) + at[2] ** 2 * (codes[:, None] == codes)
    e = y - x @ at[:2]
    dense = -0.5 * (16 * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + e @ np.linalg.solve(v, e))
    assert value == pytest.approx(dense, rel=1e-12)
    steps = np.eye(4) * 1e-5
    assert gradient == pytest.approx([(terms(at + d)[0] - terms(at - d)[0]) / 2e-5 for d in steps], abs=1e-6)
    numeric = np.array([(terms(at + d)[1] - terms(at - d)[1]) / 2e-5 for d in steps])
    assert hessian == pytest.approx(numeric, abs=1e-5)


def test_balanced_panels_give_the_textbook_theta() -> None:
    """theta = 1 - sigma_e / sqrt(T sigma_u^2 + sigma_e^2) (Baltagi, balanced one-way model)."""
    s = Session()
    s.run(
        "set obs 60\nset seed 3\ngenerate id = ceil(_n/5)\ngenerate x = rnormal()\n"
        "generate y = x + rnormal() + id/4\nxtset id\nquietly xtreg y x, theta"
    )
    expected = 1 - s.e["sigma_e"] / np.sqrt(5 * s.e["sigma_u"] ** 2 + s.e["sigma_e"] ** 2)
    assert s.e["theta"] == pytest.approx(expected)
    assert f"theta        = {s.e['theta']:.7f}"[:20] in s.run("xtreg, theta").replace("= .", "= 0.")
