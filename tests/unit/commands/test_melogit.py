"""melogit and its kin, end to end. Reference: ../shared/cases/melogit_hospital, mepoisson_lips (tests/golden);
figures here from glmer output as noted, closed forms, and agreement of commands that fit the same model."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, example, fails, run

LOAD = f'quietly use "{example("bangladesh.dta")}", clear\n'


@pytest.fixture(scope="module")
def fitted() -> Session:
    s = Session()
    s.run(LOAD + "melogit c_use i.urban age child1 child2 child3 || district:")
    return s


def test_stored_results(fitted: Session) -> None:
    """AGQ estimates of mlmRev::Contraception: variance .2155 quoted at github.com/Ronggui/SOCI830026 (.2154977)."""
    e = fitted.e
    assert e["N"] == 1934
    assert e["cmd"] == "meglm"
    assert e["cmd2"] == "melogit"
    assert (e["k_f"], e["k_rs"], e["k_rc"], e["df_m"], e["rank"]) == (6, 1, 0, 5, 7)
    assert e["intmethod"] == "mvaghermite"
    assert e.matrix("b").cols[-1] == "/:var(_cons[district])"
    assert e["b"][0, -1] == pytest.approx(0.2154977, abs=2e-6)
    assert e["chi2_c"] == pytest.approx(2 * (e["ll"] - e["ll_c"]))
    assert e["N_g"][0, 0] == 60


def test_replay_and_odds_ratios() -> None:
    log = run(
        LOAD + "quietly melogit c_use age || district:\nmelogit, or noheader nolrtest\nmelogit, notable"
    )
    assert "Odds ratio" in log
    assert "Mixed-effects logistic regression" in log
    assert "_cons estimates baseline odds" in log
    assert log.count("LR test vs") == 0


def test_cutpoints_of_two_categories_are_minus_the_constant() -> None:
    s = Session()
    s.run(LOAD + "melogit c_use age || district:, nolog")
    b = s.e["b"][0].copy()
    s.run("meologit c_use age || district:, nolog")
    ordered = s.e["b"][0]
    assert s.e.matrix("b").cols == ("c_use:age", "/:cut1", "/:var(_cons[district])")
    assert ordered == pytest.approx([b[0], -b[1], b[2]], abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("meprobit c_use age || district:", "meglm c_use age || district:, family(bernoulli) link(probit)"),
        ("mecloglog c_use age || district:", "meglm c_use age || district:, family(bern) link(cloglog)"),
        ("meoprobit c_use age || district:", "meglm c_use age || district:, family(ordinal) link(probit)"),
        (
            "mepoisson c_use age || district:, intpoints(5)",
            "meglm c_use age || district:, family(poisson) intp(5)",
        ),
        ("melogit c_use || district:, intmethod(laplace)", "melogit c_use || district:, intpoints(1)"),
        ("menbreg n age || district:", "meglm n age || district:, family(nbinomial mean)"),
        ("menbreg n age || district:, dispersion(constant)", "meglm n age || district:, family(nb constant)"),
        ("melogit c_use age || district:, binomial(one)", "melogit c_use age || district:"),
        ("mepoisson n || district:, exposure(one)", "mepoisson n || district:, offset(zero)"),
    ],
)
def test_two_ways_to_the_same_model(one: str, other: str) -> None:
    s = Session()
    s.run(LOAD + "gen one = 1\ngen zero = 0\ngen n = mod(_n, 7) * child1 + 2 * c_use")
    s.run(one + (" nolog" if "," in one else ", nolog"))
    first = s.e["b"][0].copy(), s.e["ll"]
    s.run(other + (" nolog" if "," in other else ", nolog"))
    assert s.e["b"][0] == pytest.approx(first[0], abs=1e-8)
    assert s.e["ll"] == pytest.approx(first[1])


def test_frequency_weights_are_copies() -> None:
    s = Session()
    s.run(
        LOAD + "keep if district < 12\ngen w = 1 + mod(_n, 3)\nmelogit c_use age [fw=w] || district:, nolog"
    )
    first = s.e["b"][0].copy(), s.e["ll"], s.e["N"], s.e["g_max"][0, 0]
    s.run("expand w\nmelogit c_use age || district:, nolog")
    assert s.e["b"][0] == pytest.approx(first[0], abs=1e-7)
    assert (s.e["ll"], s.e["N"], s.e["g_max"][0, 0]) == pytest.approx(first[1:])


def test_gaussian_family_is_mixed() -> None:
    s = Session()
    s.run(LOAD + "keep if district < 20\nmixed age child1 || district:, mle nolog")
    ll, slope = s.e["ll"], s.e["b"][0, 0]
    s.run("meglm age child1 || district:, nolog")
    assert s.e["ll"] == pytest.approx(ll, abs=1e-4)
    assert s.e["b"][0, 0] == pytest.approx(slope, abs=1e-3)
    assert s.e.matrix("b").cols[-1] == "/:var(e.age)"


@pytest.mark.parametrize("command", ["meqrlogit", "xtmelogit", "meqrpoisson", "xtmepoisson"])
def test_older_names(command: str) -> None:
    new = "melogit" if "logit" in command else "mepoisson"
    s = Session()
    s.run(LOAD + f"{new} c_use age || district: urban, cov(un) nolog")
    b, ll = s.e["b"][0].copy(), s.e["ll"]
    log = s.run(f"{command} c_use age || district: urban, cov(un)")
    assert "Performing gradient-based optimization" in log
    assert "district: Unstructured" in log
    assert ("sd(_cons)" in log) == command.startswith("xt")
    old = s.e["b"][0]
    assert s.e["cmd"] == command
    assert s.e["ll"] == pytest.approx(ll)
    assert np.exp(2 * old[2:4]) == pytest.approx(b[2:4], rel=1e-6)
    assert np.tanh(old[4]) == pytest.approx(b[4] / np.sqrt(b[2] * b[3]), rel=1e-6)


def test_three_levels() -> None:
    s = Session()
    s.run(LOAD + "gen region = ceil(district / 10)\nmelogit c_use age || region: || district:, intpoints(5)")
    assert s.e.matrix("b").cols[-2:] == ("/:var(_cons[region])", "/:var(_cons[region>district])")
    log = s.run("melogit")
    assert "region>      |\ndistrict     |\n   var(_cons)|" in log
    assert "LR test vs. logistic model: chi2(2)" in log
    assert "Note: LR test is conservative" in log
    s.run("predict r*, reffects")
    assert {"r1", "r2"} <= set(s.data.names)


def test_predictions(fitted: Session) -> None:
    fitted.run(
        "predict double mu\npredict double eta, eta\npredict double xb, xb\npredict double u, reffects reses(double_se)"
    )
    fitted.run("predict double pm, marginal\npredict double rs, residuals\npredict double pe, pearson")
    d = fitted.data
    assert d.values("eta") == pytest.approx(d.values("xb") + d.values("u"), abs=1e-10)
    assert d.values("mu") == pytest.approx(1 / (1 + np.exp(-d.values("eta"))), abs=1e-10)
    assert d.values("rs") == pytest.approx(d.values("c_use") - d.values("mu"))
    assert d.values("pe") == pytest.approx(d.values("rs") / np.sqrt(d.values("mu") * (1 - d.values("mu"))))
    assert np.abs(d.values("pm") - 0.5).max() < np.abs(1 / (1 + np.exp(-d.values("xb"))) - 0.5).max()
    fitted.run("drop mu-pe")


def test_estat(fitted: Session) -> None:
    """ICC = var / (var + pi^2/3); standard error by the delta method."""
    log = fitted.run("estat icc")
    v, se = fitted.e["b"][0, -1], np.sqrt(fitted.e["V"][-1, -1])
    total = v + np.pi**2 / 3
    assert fitted.r["icc2"] == pytest.approx(v / total)
    assert fitted.r["se2"] == pytest.approx(se * (total - v) / total**2)
    assert "district" in log
    assert "sd(_cons)" in fitted.run("estat sd")
    assert "118" in fitted.run("estat group")


def test_margins_against_differences(fitted: Session) -> None:
    """The margin is the mean marginal prediction; its standard error the delta method over all of e(b)."""
    log = fitted.run("margins")
    assert "Marginal predicted mean, predict()" in log
    fitted.run("predict double pm, marginal\nquietly summarize pm")
    mean = fitted.r["mean"]
    fitted.run("drop pm\nquietly margins")
    assert fitted.r["b"][0, 0] == pytest.approx(mean, abs=1e-9)
    assert "predict(mu fixedonly)" in fitted.run("margins urban, predict(mu fixedonly)")


def test_lrtest_and_tests(fitted: Session) -> None:
    fitted.run("estimates store a\nquietly melogit c_use age child1 child2 child3 || district:\nlrtest a .")
    assert fitted.r["df"] == 1
    fitted.run("quietly estimates restore a\ntest child1 child2")
    assert fitted.r["df"] == 2


def test_robust_is_clustered_on_the_top_level() -> None:
    log = run(LOAD + "melogit c_use age || district:, vce(robust) nolog")
    assert "(Std. err. adjusted for 60 clusters in district)" in log
    assert "Log pseudolikelihood" in log
    assert "LR test" not in log


DOES_NOT_VARY = (
    "outcome does not vary; remember:\n"
    "                                  0 = negative outcome,\n"
    "        all other nonmissing values = positive outcome"
)
ERRORS = {
    "melogit c_use age": (198, "melogit without random effects not yet supported"),
    "melogit c_use age || nosuch:": (111, "variable nosuch not found"),
    "melogit c_use age || _all: R.district": (
        198,
        "R.varname (crossed effects) in melogit not yet supported",
    ),
    "melogit c_use age || district:, intmethod(xx)": (198, "intmethod(xx) not allowed"),
    "melogit c_use age || district:, intpoints(0)": (198, "intpoints() must be an integer between 1 and 195"),
    "melogit c_use age || district:, constraints(1)": (198, "option constraints() not yet supported"),
    "melogit c_use age if c_use == 1 || district:": (2000, DOES_NOT_VARY),
    "melogit c_use age if age > 1000 || district:": (2000, "no observations"),
    "mepoisson age || district:": (459, "age must be greater than or equal to zero"),
    "meglm c_use || district:, family(gamma) link(probit)": (198, "family(gamma) link(probit) not allowed"),
    "meglm c_use || district:, family(xyz)": (198, "option family() incorrectly specified: 'xyz'"),
    "meprobit c_use age || district:, or": (198, "option or not allowed"),
    "menbreg c_use || district:, dispersion(x)": (198, "dispersion(x) not allowed"),
    "melogit c_use age || district:, vce(hc3)": (198, "vcetype 'hc3' not allowed"),
    "melogit c_use age || district:, binomial(child1)": (
        459,
        "binomial(child1) has noninteger or nonpositive values",
    ),
}


@pytest.mark.parametrize("line", ERRORS)
def test_errors(line: str) -> None:
    rc, text = ERRORS[line]
    fails(LOAD + line, rc, text)
