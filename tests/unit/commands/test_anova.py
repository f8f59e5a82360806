"""anova. Data: Afifi and Azen (1979), 58 patients (printed in SAS/STAT's PROC GLM example "Unbalanced ANOVA for Two-Way
Design with Interaction"); the table: www.stata.com/features/overview/anova-ancova (no bars there, older page
www.stata.com/capabilities/ancova.html with bars)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import Session, example, fails

_PATIENTS = {
    (1, 1): "42 44 36 13 19 22",
    (1, 2): "33 26 33 21",
    (1, 3): "31 -3 25 25 24",
    (2, 1): "28 23 34 42 13",
    (2, 2): "34 33 31 36",
    (2, 3): "3 26 28 32 4 16",
    (3, 1): "1 29 19",
    (3, 2): "11 9 7 1 -6",
    (3, 3): "21 1 9 3",
    (4, 1): "24 9 22 -2 15",
    (4, 2): "27 12 12 -5 16 15",
    (4, 3): "22 7 25 5 12",
}
SYSTOLIC = (
    "input drug disease systolic\n"
    + "\n".join(f"{a} {b} {v}" for (a, b), values in _PATIENTS.items() for v in values.split())
    + "\nend"
)

TABLE = """
                         Number of obs =         58    R-squared     =  0.4560
                         Root MSE      =    10.5096    Adj R-squared =  0.3259

                  Source | Partial SS         df         MS        F    Prob>F
            -------------+----------------------------------------------------
                   Model |  4259.3385         11   387.21259      3.51  0.0013
                         |
                    drug |  2997.4719          3   999.15729      9.05  0.0001
                 disease |  415.87305          2   207.93652      1.88  0.1637
            drug#disease |  707.26626          6   117.87771      1.07  0.3958
                         |
                Residual |  5080.8167         46   110.45254
            -------------+----------------------------------------------------
                   Total |  9340.1552         57   163.86237
"""


@pytest.fixture
def patients() -> Session:
    s = Session()
    s.run(SYSTOLIC)
    return s


def test_two_way_table(patients: Session) -> None:
    assert patients.run("anova systolic drug disease drug#disease") == TABLE
    assert patients.run("anova") == TABLE
    assert patients.run("anova syst drug##disease") == TABLE
    e = patients.e
    assert e["cmd"] == "anova" and e["term_3"] == "drug#disease" and e["sstype"] == "partial"
    assert e["ss_1"] == pytest.approx(2997.47186, abs=1e-5)
    assert (e["df_m"], e["df_r"], e["df_2"]) == (11, 46, 2)


def test_interaction_alone_spans_all_cells(patients: Session) -> None:
    patients.run("anova systolic drug#disease")
    assert patients.e["df_1"] == 11
    assert patients.e["ss_1"] == pytest.approx(4259.33851, abs=1e-5)


def test_sequential_against_sums_of_cell_means(patients: Session) -> None:
    """First term: sum of n (mean - mean)^2 between drugs."""
    patients.run("anova systolic drug disease drug#disease, sequential")
    frame = pd.DataFrame([(a, b, float(v)) for (a, b), vs in _PATIENTS.items() for v in vs.split()])
    groups = frame.groupby(0)[2]
    between = float((groups.size() * (groups.mean() - frame[2].mean()) ** 2).sum())
    e = patients.e
    assert e["ss_1"] == pytest.approx(between, rel=1e-12)
    assert e["ss_1"] + e["ss_2"] + e["ss_3"] == pytest.approx(e["mss"], rel=1e-12)
    assert "|    Seq. SS         df" in patients.run("anova")


def test_partial_against_statsmodels_type_3() -> None:
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    path = example("auto.dta")
    s = Session()
    s.run(f'use "{path}"\nanova price foreign c.mpg foreign#c.mpg if rep78 > 2')
    frame = pd.read_stata(path, convert_categoricals=False)
    frame = frame[(frame.rep78 > 2) | frame.rep78.isna()]
    found = anova_lm(smf.ols("price ~ C(foreign, Sum)*mpg", frame).fit(), typ=3)["sum_sq"]
    assert s.e["ss_1"] == pytest.approx(found["C(foreign, Sum)"], rel=1e-8)
    assert s.e["ss_2"] == pytest.approx(found["mpg"], rel=1e-9)
    assert s.e["ss_3"] == pytest.approx(found["C(foreign, Sum):mpg"], rel=1e-9)
    assert s.e["term_3"] == "foreign#mpg"


def _nested() -> tuple[pd.DataFrame, str]:
    rng = np.random.default_rng(4)
    rows = [
        (a, b, round(float(rng.normal(a, 1) + b), 3)) for a in (1, 2, 3) for b in (1, 2) for _ in range(4)
    ]
    text = "\n".join(f"{a} {b} {y}" for a, b, y in rows)
    return pd.DataFrame(rows, columns=["a", "b", "y"]), f"input a b double y\n{text}\nend"


def test_nested_term_as_error() -> None:
    """Balanced nested design: sums of squares of means about means (any textbook)."""
    frame, text = _nested()
    s = Session()
    s.run(text)
    log = s.run("anova y a / b|a /")
    means, cells = frame.groupby("a").y.mean(), frame.groupby(["a", "b"]).y.mean()
    ss_a = 8 * float(((means - frame.y.mean()) ** 2).sum())
    ss_b = 4 * float(((cells - means.reindex(cells.index, level="a")) ** 2).sum())
    assert s.e["ss_1"] == pytest.approx(ss_a, rel=1e-10)
    assert s.e["ss_2"] == pytest.approx(ss_b, rel=1e-10)
    assert (s.e["df_1"], s.e["df_2"], s.e["df_r"]) == (2, 3, 18)
    assert s.e["F_1"] == pytest.approx(ss_a / 2 / (ss_b / 3), rel=1e-10)
    assert s.e["errorterm_1"] == "b|a" and s.e["dfdenom_1"] == 3
    names = [line[:24].strip() for line in log.splitlines() if "|" in line[24:27]]
    assert names == ["Source", "Model", "", "a", "b|a", "b|a", "", "Residual", "Total"]
    s.run("replace b = b + 10*a")  # other names for the same units
    s.run("anova y a / b|a /")
    assert s.e["ss_1"] == pytest.approx(ss_a, rel=1e-10)
    assert "F_2" in s.e and s.e["F_2"] == pytest.approx(ss_b / 3 / (s.e["rss"] / 18), rel=1e-10)


def test_test_of_a_term(patients: Session) -> None:
    patients.run("anova systolic drug disease drug#disease")
    log = patients.run("test drug")
    assert "                    drug |  2997.4719          3   999.15729      9.05  0.0001\n" in log
    assert "                Residual |  5080.8167         46   110.45254\n" in log
    assert patients.r["F"] == pytest.approx(999.157287 / 110.452536, rel=1e-7)
    patients.run("test drug / drug#disease")
    assert patients.r["F"] == pytest.approx(999.157287 / 117.87771, rel=1e-7)
    patients.run("test 2.drug = 3.drug")  # coefficients, as after regress
    assert patients.r["df"] == 1


def test_regress_shows_the_coefficients(patients: Session) -> None:
    patients.run("regress systolic i.drug##i.disease")
    shown, b = patients.run("regress"), patients.e["b"]
    patients.run("anova systolic drug##disease")
    assert patients.run("regress") == shown
    assert np.allclose(patients.e["b"], b)
    patients.run("predict p\npredict r, resid")
    assert patients.data.values("p")[0] == pytest.approx(176 / 6, rel=1e-6)  # the cell's mean


def test_weights_and_by(patients: Session) -> None:
    patients.run("anova systolic drug disease")
    once = patients.e["F"]
    patients.run("generate two = 2\nanova systolic drug disease [fweight = two]")
    assert patients.e["N"] == 116
    assert patients.e["F"] == pytest.approx(once * 110 / 52, rel=1e-9)
    assert "-> disease = 2" in patients.run("by disease, sort: anova systolic drug")


def test_effort_of_the_case_twoway_anova() -> None:
    """Figures that Stata's regress and testparm printed in ../shared/cases/twoway_anova_regress_effort."""
    s = Session()
    s.run(
        f'use "{example("effort.dta")}"\nrecode setting (min/69=1) (70/79=2) (80/max=3), gen(setting_g)\n'
        "recode effort (0/4=1) (5/14=2) (15/max=3), gen(effort_g)"
    )
    log = s.run("anova change setting_g effort_g")
    assert "Model |  2075.8083          4   518.95207     13.55  0.0001\n" in log
    assert "Residual |  574.39171         15   38.292781\n" in log
    assert "R-squared     =  0.7833\n" in log and "Adj R-squared =  0.7255\n" in log
    log = s.run("anova change setting_g##effort_g, sequential")
    assert log.splitlines()[-5].split()[-2:] == ["0.99", "0.4318"]  # 3 and 12 degrees of freedom
    s.run("anova change setting_g##effort_g")  # Low#Strong and High#Weak... are empty
    assert s.rc == 198


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("anova systolic nosuch", 111, "variable nosuch not found"),
        ("anova systolic drug if drug > 9", 2000, "no observations"),
        ("anova systolic drug, repeated(disease)", 198, "option repeated() not yet supported"),
        ("anova systolic drug, partial sequential", 198, None),
        ("anova systolic / drug", 198, "invalid syntax"),
        ("anova systolic drug#", 198, "invalid syntax"),
        ("anova", 301, "last estimates not found"),
    ],
)
def test_errors(line: str, rc: int, message: str | None) -> None:
    fails(f"{SYSTOLIC}\n{line}", rc, message)
