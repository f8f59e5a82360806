"""mlogit: statsmodels, closed forms; test across equations as on UCLA's mlogit page; predictions and margins."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support import Session, fails

DATA = """sysuse hsb, clear
keep in 1/1500
generate byte g = 1 + (mathach > 8) + (mathach > 16)
label define g 1 "low end" 2 "mid" 3 "high"
label values g g
"""


@pytest.fixture(scope="module")
def hsb() -> Session:
    s = Session()
    s.run(DATA)
    assert s.rc == 0
    return s


def _matrix(s: Session) -> np.ndarray:
    return np.column_stack([s.data.values("ses"), s.data.values("female"), np.ones(s.data.n)])


def test_against_statsmodels(hsb: Session) -> None:
    import statsmodels.api as sm

    y = hsb.data.values("g")
    made = sm.MNLogit(y, _matrix(hsb)).fit(disp=0, method="newton", tol=1e-12)
    log = hsb.run("mlogit g ses female, baseoutcome(1)")
    b = hsb.e["b"][0].reshape(3, 3)
    np.testing.assert_allclose(b[1:], made.params.T, rtol=1e-6)
    assert not b[0].any()
    v = hsb.e["V"][3:, 3:]
    np.testing.assert_allclose(np.sqrt(np.diag(v)).reshape(2, 3), made.bse.T, rtol=1e-5)
    assert hsb.e["ll"] == pytest.approx(made.llf, rel=1e-9)
    assert hsb.e["ll_0"] == pytest.approx(made.llnull, rel=1e-9)
    assert hsb.e["df_m"] == 4 and hsb.e["baseout"] == 1 and hsb.e["k_eq"] == 3
    assert "low_end      |  (base outcome)" in log
    hsb.run("predict p1 p2 p3\npredict second, outcome(mid)\nassert second == p2")
    assert hsb.rc == 0
    np.testing.assert_allclose(
        np.column_stack([hsb.data.values(f"p{k}") for k in (1, 2, 3)]), made.predict(), atol=1e-6
    )
    assert hsb.data.column("p1").label == "Pr(g==low end)"
    hsb.run("drop p1 p2 p3 second")


def test_robust_clusters_and_weights(hsb: Session) -> None:
    """Frequency weights are repeated observations; the sandwich of the scores by clusters."""
    import statsmodels.api as sm

    s = Session()
    s.run(DATA + "keep in 1/400\ngenerate w = 1 + mod(_n, 2)\nquietly mlogit g ses [fw=w], base(2)")
    weighted = s.e["b"].copy(), s.e["V"].copy(), s.e["N"]
    s.run("expand w\nquietly mlogit g ses, base(2)")
    np.testing.assert_allclose(s.e["b"], weighted[0], rtol=1e-7)
    np.testing.assert_allclose(s.e["V"], weighted[1], rtol=1e-5)
    assert s.e["N"] == weighted[2]
    s.run("quietly mlogit g ses, base(1) vce(cluster id)")
    x = np.column_stack([s.data.values("ses"), np.ones(s.data.n)])
    model = sm.MNLogit(s.data.values("g"), x)
    made = model.fit(disp=0, method="newton", tol=1e-12)
    u = np.asarray(
        model.score_obs(made.params.to_numpy() if hasattr(made.params, "to_numpy") else made.params)
    )
    codes = np.unique(s.data.values("id"), return_inverse=True)[1]
    sums = np.zeros((codes.max() + 1, u.shape[1]))
    np.add.at(sums, codes, u)
    bread = np.asarray(made.cov_params())
    n = len(sums)
    np.testing.assert_allclose(s.e["V"][2:, 2:], bread @ sums.T @ sums @ bread * n / (n - 1), rtol=1e-5)


def test_one_dummy_gives_the_table_s_odds(hsb: Session) -> None:
    """Relative-risk ratios of a saturated model are ratios of the table's odds."""
    log = hsb.run("mlogit g i.female, rrr nolog base(1)")
    y, f = hsb.data.values("g"), hsb.data.values("female")
    n = {(c, j): float(np.sum((y == c) & (f == j))) for c in (1, 2, 3) for j in (0, 1)}
    ratio = n[3, 1] * n[1, 0] / (n[3, 0] * n[1, 1])
    assert float(hsb.run("display exp([high]1.female)")) == pytest.approx(ratio, rel=1e-6)
    assert "RRR" in log and "Note: _cons estimates baseline relative risk for each outcome." in log
    hsb.run("quietly margins female, predict(outcome(3))")
    assert hsb.r["b"][0] == pytest.approx([n[3, j] / (n[1, j] + n[2, j] + n[3, j]) for j in (0, 1)])
    p = n[3, 1] / (n[1, 1] + n[2, 1] + n[3, 1])
    total = n[1, 1] + n[2, 1] + n[3, 1]
    assert math.sqrt(hsb.r["V"][1, 1]) == pytest.approx(math.sqrt(p * (1 - p) / total), rel=1e-6)


def test_margins_of_every_outcome(hsb: Session) -> None:
    """Average probabilities are the shares; effects add up to zero over outcomes."""
    hsb.run("quietly mlogit g ses female")
    log = hsb.run("margins")
    shares = [float(np.mean(hsb.data.values("g") == c)) for c in (1, 2, 3)]
    assert hsb.r["b"][0] == pytest.approx(shares, rel=1e-7)
    assert "2._predict: Pr(g==mid), predict(pr outcome(2))" in log and "    _predict |" in log
    hsb.run("quietly margins, dydx(ses)")
    assert abs(hsb.r["b"].sum()) < 1e-10
    hsb.run(
        "predict double p, outcome(3)\nquietly mlogit g ses female\nquietly margins, dydx(ses) predict(outcome(3))"
    )
    b = hsb.e["b"][0].reshape(3, 3)
    hsb.run("predict double a, outcome(1)\npredict double m, outcome(2)")
    a, m, p = (hsb.data.values(name) for name in ("a", "m", "p"))
    by_hand = np.mean(p * (b[2, 0] - (a * b[0, 0] + m * b[1, 0] + p * b[2, 0])))
    assert hsb.r["b"][0, 0] == pytest.approx(by_hand, rel=1e-8)
    hsb.run("drop a m p")


def test_tests_across_equations(hsb: Session) -> None:
    hsb.run("quietly mlogit g ses female, base(2)")
    log = hsb.run("test ses")
    assert " ( 2)  [mid]o.ses = 0" in log and "Constraint 2 dropped" in log and hsb.r["df"] == 2


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("mlogit g ses if g == 1", 148, "outcome does not vary in remaining observations"),
        ("mlogit g ses, baseoutcome(9)", 198, "base outcome 9 not found"),
        ("mlogit g ses, constraints(1)", 198, "option constraints() not yet supported"),
        ("mlogit g nosuch", 111, "variable nosuch not found"),
        ("mlogit g ses, vce(opg)", 198, None),
    ],
)
def test_errors(hsb: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=hsb)
