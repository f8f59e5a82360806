"""jackknife: closed forms, statsmodels' HC3, what plays no part, layout."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def s() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


def test_mean_has_its_classical_standard_error(s: Session) -> None:
    """The jackknife of a mean is s/sqrt(n) (Efron 1979), t with n-1; rows missing in rep78 are no part of it."""
    s.run("jackknife m=r(mean), rclass nodots: summarize rep78")
    x = s.data.values("rep78")
    x = x[~np.isnan(x)]
    assert s.e["V"][0, 0] == pytest.approx(x.var(ddof=1) / len(x), rel=1e-12)
    assert (s.e["N"], s.e["N_reps"], s.e["N_misreps"], s.e["df_r"]) == (69, 69, 5, 68)
    assert s.e["b_jk"][0, 0] == pytest.approx(x.mean())


def test_regression_equals_the_closed_form(s: Session) -> None:
    """beta - beta_(i) = (X'X)^-1 x_i e_i/(1-h_i)."""
    s.run("jackknife, nodots: regress mpg weight turn")
    names = ("weight", "turn")
    x = np.column_stack([*(s.data.values(n) for n in names), np.ones(74)])
    y = s.data.values("mpg")
    inv = np.linalg.inv(x.T @ x)
    b = inv @ x.T @ y
    h = np.einsum("ij,jk,ik->i", x, inv, x)
    reps = b - (inv @ x.T * ((y - x @ b) / (1 - h))).T
    dev = reps - reps.mean(axis=0)
    assert np.allclose(s.e["V"], 73 / 74 * dev.T @ dev, rtol=1e-7)
    v = s.e["V"][:2, :2]
    assert s.e["F"] == pytest.approx(b[:2] @ np.linalg.solve(v, b[:2]) / 2, rel=1e-6)
    s.run("jackknife, nodots mse: regress mpg weight turn")
    assert np.allclose(s.e["V"], 73 / 74 * (reps - b).T @ (reps - b), rtol=1e-7)
    s.run("regress mpg weight turn, vce(hc3)")  # MSE form = (n-1)/n of HC3
    assert np.allclose(s.e["V"] * 73 / 74, 73 / 74 * (reps - b).T @ (reps - b), rtol=1e-7)


def test_clusters(s: Session) -> None:
    s.run("jackknife m=r(mean), cluster(rep78) nodots: summarize mpg")
    rep, y = s.data.values("rep78"), s.data.values("mpg")
    groups = np.where(np.isnan(rep), -1, rep)
    means = np.array([y[groups != g].mean() for g in np.unique(groups)])
    assert s.e["V"][0, 0] == pytest.approx(5 / 6 * ((means - means.mean()) ** 2).sum())
    assert s.e["N_clust"] == 6 and s.e["df_r"] == 5 and s.e["cluster"] == "rep78"


def test_idcluster(s: Session) -> None:
    s.run("jackknife, cluster(rep78) idcluster(new) nodots: mixed mpg weight || new:")
    assert s.rc == 0 and s.e["N_reps"] == 6 and "new" not in s.data


def test_pseudovalues(s: Session) -> None:
    """Those of a mean are the observations."""
    s.run("jackknife m=r(mean), keep nodots: summarize rep78")
    assert np.allclose(s.data.values("m"), s.data.values("rep78"), equal_nan=True, atol=1e-5)
    assert s.data.column("m").label == "pseudovalues: r(mean)"


def test_default_statistics_and_counts(s: Session) -> None:
    """The program's own count, r(N) or none: without one every observation counts."""
    s.run(
        "program myreg, eclass\nregress mpg rep78\nend\nprogram mymean, rclass\nsummarize rep78\n"
        "return scalar m = r(mean)\nreturn scalar n = r(N)\nend"
    )
    s.run("jackknife, nodots: myreg")
    assert s.e.matrix("b").cols == ("rep78", "_cons") and s.e["N_reps"] == 69
    s.run("jackknife r(m), nodots: mymean")
    assert s.e["N_reps"] == 74
    s.run("jackknife r(m), n(r(n)) nodots: mymean")
    assert s.e["N_reps"] == 69 and s.e["nfunction"] == "r(n)"


def test_layout(s: Session) -> None:
    out = s.run("jackknife sd=r(sd), rclass: summarize mpg")
    assert "Jackknife replications (74): .........10" in out
    assert "\n      Command: summarize mpg\n           sd: r(sd)\n          n(): r(N)\n" in out
    assert (
        "             |              Jackknife\n             | Coefficient  std. err.      t    P>|t|" in out
    )
    old = Session(16)
    out = old.run(f"use {example('auto.dta')}\njackknife sd=r(sd), rclass: summarize mpg")
    assert "Jackknife replications (74)\n----+--- 1 ---+--- 2" in out
    assert "Jackknife results                               Number of obs     =         74\n" in out
    assert "      command:  summarize mpg\n           sd:  r(sd)\n          n():  r(N)\n" in out
    out = s.run("jackknife, nodots: regress mpg weight")
    assert "F(1, 73)" in out and "Replications  =     74" in out
    assert s.run("jackknife") in out + "\n"
    assert s.run("jackknife, noheader").startswith("\n------")


def test_saving(s: Session, tmp_path: object) -> None:
    s.workspace.cwd = tmp_path  # type: ignore[assignment]
    s.run("jackknife, nodots saving(reps, double): regress mpg weight\nuse reps, clear")
    assert s.data.names == ["_b_weight", "_b_cons"] and s.data.n == 74
    fails("jackknife, saving(reps): regress _b_weight _b_cons", 602, session=s)


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("jackknife, idcluster(x): regress mpg weight", 198, "option idcluster() requires option cluster()"),
        ("jackknife r(foo): summarize mpg", 322, "'r(foo)' evaluated to missing in full sample"),
        ("jackknife, eclass rclass: regress mpg weight", 198, None),
        ("jackknife, keep: regress mpg nosuch", 111, None),
        ("jackknife", 301, None),
        ("jackknife r(mean): summarize mpg in 1", 2001, None),
    ],
)
def test_errors(s: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=s)
