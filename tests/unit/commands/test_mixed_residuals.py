"""mixed, residuals(): estimates against nlme, names, tables, predictions, refusals.

nlme figures: R 4.2.2, nlme 3.1-162, lme() with corARMA / corCAR1 and gls() with corAR1, corSymm and varIdent on the
same example data, optimised with tolerance 1e-13 (run on 2026-11-23). gls() states sigma^2 and the coefficients as
Stata does; its ML standard errors carry n/(n - p) and are not used.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from support import Session, example, fails

GAPS = "keep if inlist(week,1,3,4,6) & !(mod(id,5)==0 & week==4)"


def fitted(name: str, line: str, before: str = "") -> tuple[Session, str]:
    s = Session()
    path = example(f"{name}.dta")
    out = s.run(f'use "{path}", clear\n{before}\n{line}')
    assert s.rc == 0, out
    return s, out


def rows(out: str) -> dict[str, list[float]]:
    """The random-effects table: label -> figures."""
    part = out[out.index("Random-effects parameters") :]
    found = {}
    for line in part.splitlines():
        label, bar, rest = line.partition("|")
        if bar and (numbers := re.findall(r"-?[\d.]+(?:e[-+]\d+)?", rest)):
            found[label.strip()] = [float(x) for x in numbers if x != "."]
    return found


@pytest.mark.parametrize(
    ("line", "before", "ll", "beta", "se", "table"),
    [
        (
            "mixed weight week || id:, residuals(ma 2, t(week))",
            "",
            -888.650168845,
            [6.246355067, 19.094767438],
            [0.0530387702, 0.6221836262],
            {"theta1": 0.823701662, "theta2": 0.485383528, "var(e)": 4.694601598, "var(_cons)": 13.9671},
        ),
        (
            "mixed weight week || id:, residuals(ma 2, t(week)) reml",
            "",
            -890.317520453,
            [6.246378808, 19.094559159],
            [0.0531479038, 0.6278052405],
            {"theta1": 0.824954585, "theta2": 0.486547463, "var(e)": 4.713760999, "var(_cons)": 14.2851},
        ),
        (
            "mixed weight week || id:, noconstant residuals(ar 1, t(week)) reml",
            "",
            -848.656479234,
            [6.273515642, 18.810831167],
            [0.0717038531, 0.7082636155],
            {"rho": 0.94565854, "var(e)": 21.910360060},
        ),
        (
            "mixed weight week || id:, noconstant residuals(ar, t(week))",
            "",
            -847.358635939,
            [6.273472364, 18.811982611],
            None,
            {"rho": 0.944623691, "var(e)": 21.455896851},
        ),
        (
            "mixed weight week || id:, noconstant residuals(ar 1, t(week)) reml",
            GAPS,  # lags 1 to 5
            -402.910770754,
            [6.284389039, 18.839422834],
            [0.0880519165, 0.5661874598],
            {"rho": 0.916612727, "var(e)": 13.179668290},
        ),
        (
            "mixed weight week || id:, noconstant residuals(unstructured, t(week)) reml",
            GAPS,
            -378.933428335,
            [6.063980483, 18.802677179],
            [0.0855669762, 0.3445879829],
            {
                "var(e1)": 6.116948091,
                "var(e3)": 6.116948091 * 1.61614555**2,
                "var(e6)": 6.116948091 * 1.86840417**2,
                "cov(e1,e3)": 6.116948091 * 1.61614555 * 0.737816972,
                "cov(e4,e6)": 6.116948091 * 1.61625093 * 1.86840417 * 0.932991618,
            },
        ),
    ],
)
def test_nlme_pig(
    line: str, before: str, ll: float, beta: list[float], se: list[float] | None, table: dict[str, float]
) -> None:
    s, out = fitted("pig", line, before)
    assert s.e["ll"] == pytest.approx(ll, abs=2e-8)  # nlme stops 1e-9 below the optimum now and then
    b, v = s.e.matrix("b").values[0], np.asarray(s.e["V"])
    assert b[:2] == pytest.approx(beta, rel=1e-6)
    if se is not None:
        assert np.sqrt(np.diag(v)[:2]) == pytest.approx(se, rel=5e-6)
    shown = rows(out)
    for label, value in table.items():
        assert shown[label][0] == pytest.approx(value, rel=1e-5), label  # where nlme stops


def test_nlme_exponential() -> None:
    """lme(height ~ age + age2, ~ age | id, corCAR1(form = ~ age | id)), unequally spaced ages."""
    s, out = fitted(
        "oxboys", "mixed height age age2 || id: age, cov(un) reml residuals(exponential, t(age)) nolog"
    )
    assert s.e["ll"] == pytest.approx(-323.399922624, abs=1e-6)
    shown = rows(out)
    for label, value in {
        "rho": 0.349359554,
        "var(e)": 1.088204533,
        "var(age)": 2.137692,
        "cov(age,_cons)": 8.42236,
    }.items():
        assert shown[label][0] == pytest.approx(value, rel=2e-5), label  # a flat optimum: rho's s.e. is .52


def test_exchangeable_is_the_random_intercept_model() -> None:
    """[ME] mixed prints the random-intercept fit of the pigs: -1014.9268, week 6.209896 (.0390124), var(_cons) 14.81751
    (3.124226), var(Residual) 4.383264; cov(e) is the first, var(e) their sum."""
    s, out = fitted("pig", "mixed weight week || id:, noconstant residuals(exchangeable) nolog")
    assert "Log likelihood = -1014.9268" in out
    assert "week |   6.209896   .0390124" in out
    shown = rows(out)
    assert shown["cov(e)"][:2] == pytest.approx([14.81751, 3.124226], rel=5e-6)
    assert shown["var(e)"][0] == pytest.approx(14.81751 + 4.383264, rel=5e-6)
    assert "chi2(1) = 472.65" in out  # chibar2 of the manual; no parameter is on a boundary here
    assert "Prob >= chibar2" not in out
    assert tuple(s.e.matrix("b").cols[-2:]) == ("lnsig_e:_cons", "r_atr1:_cons")


def test_by_groups_are_separate_models() -> None:
    """With the mean by group as well, the by() likelihood is the sum of the two groups' own."""
    s, out = fitted(
        "pig",
        "mixed weight i.g##c.week || id:, noconstant residuals(ar 1, t(week) by(g)) nolog",
        "generate g = id > 30",
    )
    together = s.e["ll"]
    cols = s.e.matrix("b").cols
    # names: https://www.stata.com/statalist/archive/2010-03/ "Estout after xtmixed with ar(1) residuals"
    assert tuple(cols[-4:]) == ("lnsig_e:_cons", "r_atr1:_cons", "r_lns2ose:_cons", "r_atr2:_cons")
    b = s.e.matrix("b").values[0][-4:]
    shown = rows(out)
    assert shown["1: var(e)"][0] == pytest.approx(np.exp(2 * (b[0] + b[2])), rel=1e-6)
    assert shown["1: rho"][0] == pytest.approx(np.tanh(b[3]), rel=1e-6)
    assert "Residual: AR(1),             |\n    by g                     |" in out
    assert (s.e["rbyvar"], s.e["timevar"], s.e["rstructure"], s.e["rstructlab"]) == (
        "g",
        "week",
        "ar",
        "AR(1)",
    )
    assert (s.e["nrgroups"], s.e["k_res"], s.e["ar_p"]) == (2, 4, 1)
    parts = 0.0
    for g in (0, 1):
        s.run(f"mixed weight week if g == {g} || id:, noconstant residuals(ar 1, t(week)) nolog")
        parts += s.e["ll"]
    assert together == pytest.approx(parts, abs=1e-7)


def test_empty_level_and_notes() -> None:
    _, out = fitted("pig", "mixed weight week || id:, noconstant residuals(toeplitz 2, t(week)) nolog")
    assert "id:                  (empty) |" in out
    assert "Residual: Toeplitz(2)        |" in out
    assert "The reported degrees of freedom assumes the null hypothesis is not on the" in out
    _, out = fitted("pig", "mixed weight week || id:, residuals(ar 1, t(week)) nolog")
    assert "Note: LR test is conservative and provided only for reference." in out
    # both notes: log of Hoffman (2015), Longitudinal Analysis, chapter 3a, www.pilesofvariance.com
    _, out = fitted("pig", "mixed weight week || id:, noconstant residuals(independent, t(week)) nolog")
    assert "Note: t() not required for this residual structure; ignored" in out
    assert "Note: all random-effects equations are empty; model is linear regression" in out
    assert "Number of groups" not in out
    assert "LR test" not in out


def test_standard_deviations_and_replay() -> None:
    s, out = fitted(
        "pig", f"{'mixed weight week || id:, noconstant residuals(unstructured, t(week))'} nolog", GAPS
    )
    natural = rows(out)
    again = s.run("mixed, stddeviations")
    sds = rows(again)
    assert sds["sd(e3)"][0] == pytest.approx(np.sqrt(natural["var(e3)"][0]), rel=1e-6)
    r = natural["cov(e1,e3)"][0] / np.sqrt(natural["var(e1)"][0] * natural["var(e3)"][0])
    assert sds["corr(e1,e3)"][0] == pytest.approx(r, rel=1e-6)


def test_rstandard() -> None:
    """Residuals times the inverse square root of their covariance matrix ([ME] mixed postestimation)."""
    s, _ = fitted(
        "pig",
        "mixed weight week || id:, residuals(ma 1, t(week)) nolog\npredict f, fitted\npredict r, residuals\n"
        "gsort -weight\npredict z, rstandard\nsort id week",
    )
    b = s.e.matrix("b").values[0]
    theta, s2 = b[-1], np.exp(2 * b[-2])
    v = s2 * (np.eye(9) + theta / (1 + theta**2) * (np.eye(9, k=1) + np.eye(9, k=-1)))
    values, vectors = np.linalg.eigh(v)
    root = (vectors / np.sqrt(values)) @ vectors.T
    r = s.data.values("weight") - s.data.values("f")
    assert s.data.values("r") == pytest.approx(r, abs=1e-5)  # stored as float
    expected = (r.reshape(48, 9) @ root).ravel()
    assert s.data.values("z") == pytest.approx(expected, abs=2e-5)
    fails_after = s.run("drop in 1\npredict z2, rstandard")
    assert "the estimation sample has changed since the model was fitted" in fails_after
    assert s.rc == 459


def test_three_levels_and_robust() -> None:
    """A random intercept above, correlated residuals below; robust clusters are the top-level groups."""
    s, out = fitted(
        "pig",
        "mixed weight week || farm: || id:, noconstant residuals(exchangeable) vce(robust) nolog",
        "generate farm = mod(id, 8)",
    )
    assert "Grouping information" in out
    assert "adjusted for 8 clusters in farm" in out
    plain, _ = fitted(
        "pig", "mixed weight week || farm: || id:, vce(robust) nolog", "generate farm = mod(id, 8)"
    )
    assert s.e["ll"] == pytest.approx(plain.e["ll"], abs=1e-7)
    one, other = np.asarray(s.e["V"])[:2, :2], np.asarray(plain.e["V"])[:2, :2]
    assert one == pytest.approx(other, rel=1e-4)


def test_not_identified() -> None:
    """A random intercept and an exchangeable residual are the same thing twice."""
    _, out = fitted("pig", "mixed weight week || id:, residuals(exchangeable) nolog")
    assert "standard error calculation has failed" in out
    assert len(rows(out)["var(_cons)"]) == 1


def test_bootstrap_needs_new_identifiers() -> None:
    """A group drawn twice repeats its times; with idcluster() the copies are groups of their own."""
    path = example("pig.dta")
    line = "mixed weight week || {}:, noconstant residuals(ar 1, t(week)) nolog"
    s = Session()
    s.run(
        f'use "{path}"\nset seed 1\nbootstrap, reps(2) cluster(id) idcluster(nid) nodots: {line.format("nid")}'
    )
    assert s.rc == 0
    assert s.e["N_reps"] == 2


@pytest.mark.parametrize(
    ("options", "rc", "message"),
    [
        ("residuals(ar 1)", 198, "option t() required"),
        ("residuals(unstructured)", 198, "option t() required"),
        ("residuals(ar 0, t(week))", 198, "residuals(ar 0, t(week)) not allowed"),
        ("residuals(unstructured 2, t(week))", 198, "residuals(unstructured 2, t(week)) not allowed"),
        ("residuals(foo)", 198, "residuals(foo) not allowed"),
        ("residuals(ar 1, t(nosuch))", 111, "variable nosuch not found"),
        ("residuals(ar 1, t(half))", 459, "t() variable half must be integer-valued"),
        ("residuals(unstructured, t(minus))", 459, "t() variable minus must be nonnegative"),
        ("residuals(ar 1, t(one))", 451, "repeated time values within panel"),
        ("residuals(exponential, t(one))", 451, "repeated time values within panel"),
        ("residuals(ar 1, t(week) foo(2))", 198, "option foo() not allowed"),
    ],
)
def test_errors(options: str, rc: int, message: str) -> None:
    path = example("pig.dta")
    fails(
        f'use "{path}"\ngenerate half = week / 2\ngenerate minus = -week\ngenerate one = 1\n'
        f"mixed weight week || id:, {options}",
        rc,
        message,
    )


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        (
            "mixed weight week [fw=one] || id:, residuals(ar 1, t(week))",
            101,
            "weights not allowed with residuals(ar)",
        ),
        (
            "mixed weight week || _all: R.id, residuals(ma, t(week))",
            198,
            "residuals(ma) with R.varname not yet supported",
        ),
        ("mixed weight week, residuals(ar 1, t(week))", 451, "repeated time values within panel"),
    ],
)
def test_refused_combinations(line: str, rc: int, message: str) -> None:
    path = example("pig.dta")
    fails(f'use "{path}"\ngenerate one = 1\n{line}', rc, message)


def test_missing_times_leave_the_sample() -> None:
    s, _ = fitted(
        "pig",
        "mixed weight week || id:, noconstant residuals(ar 1, t(t)) nolog",
        "generate t = week if !(id == 3 & week > 6)",
    )
    assert s.e["N"] == 432 - 3
