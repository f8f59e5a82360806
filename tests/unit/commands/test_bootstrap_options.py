"""bootstrap: every option, against the replicates that saving() leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.support import Session, example, fails


@pytest.fixture
def s(tmp_path: Path) -> Session:
    session = Session(cwd=str(tmp_path))
    session.run(f"use {example('auto.dta')}")
    return session


def saved(s: Session, *names: str) -> np.ndarray:
    s.run("preserve\nuse bs, clear")
    values = np.column_stack([s.data.values(name) for name in names])
    s.run("restore")
    return values


def test_variance_and_intervals(s: Session) -> None:
    """Normal, percentile and bias-corrected intervals as in Efron and Tibshirani (1993), chapters 13 and 14."""
    s.run("bootstrap m=r(mean) sd=r(sd), reps(200) seed(4) nodots nowarn saving(bs, double): summarize mpg")
    reps = saved(s, "m", "sd")
    b = s.e["b"][0]
    assert np.allclose(s.e["V"], np.cov(reps.T), rtol=1e-10)
    assert np.allclose(s.e["bias"][0], reps.mean(axis=0) - b)
    z = stats.norm.ppf(0.975)
    assert np.allclose(s.e["ci_normal"][0], b - z * reps.std(axis=0, ddof=1))
    for k in range(2):
        z0 = stats.norm.ppf((reps[:, k] <= b[k]).mean())
        assert s.e["z0"][0, k] == pytest.approx(z0)
        low, high = stats.norm.cdf(2 * z0 - z), stats.norm.cdf(2 * z0 + z)
        for at, found in (
            (low, s.e["ci_bc"][0, k]),
            (high, s.e["ci_bc"][1, k]),
            (0.025, s.e["ci_percentile"][0, k]),
        ):
            ordered = np.sort(reps[:, k])
            place = int(np.floor(200 * at))
            exact = abs(200 * at - round(200 * at)) < 1e-9
            expected = (
                (ordered[round(200 * at) - 1] + ordered[round(200 * at)]) / 2 if exact else ordered[place]
            )
            assert found == pytest.approx(expected)


def test_mse(s: Session) -> None:
    s.run("bootstrap m=r(mean), reps(30) seed(4) nodots nowarn mse saving(bs, double): summarize mpg")
    reps = saved(s, "m")
    assert s.e["V"][0, 0] == pytest.approx(((reps - s.e["b"]) ** 2).mean())
    assert s.e["mse"] == "mse"


def test_size_and_strata(s: Session) -> None:
    s.run("bootstrap n=r(N) m=r(mean), reps(5) seed(1) nodots nowarn size(10) saving(bs): summarize foreign")
    assert (saved(s, "n") == 10).all() and s.e["bs_size"] == 10
    s.run(
        "bootstrap n=r(N) m=r(mean), reps(5) seed(1) nodots nowarn size(6) strata(foreign) saving(bs, replace): "
        "summarize foreign"
    )
    assert (saved(s, "n") == 12).all() and (saved(s, "m") == 0.5).all()
    fails("bootstrap r(mean), size(75): summarize mpg", 498, session=s)
    fails("bootstrap r(mean), cluster(rep78) strata(foreign): summarize mpg", 459, session=s)


def test_idcluster_makes_distinct_groups(s: Session) -> None:
    s.run(
        "drop if missing(rep78)\nbootstrap g=e(N_g)[1,1], reps(6) seed(3) nodots cluster(rep78) idcluster(new) "
        "saving(bs): mixed mpg weight || new:"
    )
    if s.rc:  # e(matrix)[i,j] needs a program
        s.run(
            "program one, eclass\nmixed mpg weight || new:\nmatrix g = e(N_g)\nereturn scalar g = g[1,1]\nend"
        )
        s.run(
            "bootstrap g=e(g), reps(6) seed(3) nodots cluster(rep78) idcluster(new) saving(bs, replace): one"
        )
    assert s.rc == 0, s.text()[-300:]
    assert (saved(s, "g") == 5).all() and "new" not in s.data
    fails("bootstrap, idcluster(new): regress mpg weight", 198, session=s)


def test_reject(s: Session) -> None:
    out = s.run("bootstrap m=r(mean), reps(40) seed(2) nowarn reject(r(mean)>21.3) saving(bs): summarize mpg")
    reps = saved(s, "m")
    failed = int(np.isnan(reps).sum())
    assert 0 < failed < 40 and np.nanmax(reps) <= 21.3
    assert s.e["N_reps"] == 40 - failed and s.e["N_misreps"] == failed
    assert "x" in out and f"could not be estimated in {failed} bootstrap" in " ".join(out.split())
    fails("bootstrap r(mean), reject(1): summarize mpg", 2001, session=s)


def test_what_is_shown(s: Session) -> None:
    line = "bootstrap m=r(mean), reps(5) seed(2) nodots nowarn"
    assert "Command" not in s.run(f"{line} nolegend: summarize mpg")
    out = s.run(f"{line} noheader: summarize mpg")
    assert "Bootstrap results" not in out and "-------" in out
    assert "-------" not in s.run(f"{line} notable: summarize mpg")
    out = s.run(f'{line} title("My title") level(90): summarize mpg')
    assert "My title  " in out and "[90% conf. interval]" in out and s.e["level"] == 90
    assert "My title  " in s.run("bootstrap")
    assert "10......" in s.run("bootstrap r(mean), reps(60) nowarn dots(1): summarize mpg")
    assert "Bootstrap replications (60): ...... done" in s.run(
        "bootstrap r(mean), reps(60) nowarn dots(10): summarize mpg"
    )
    assert s.run("bootstrap r(mean), reps(3) nowarn noisily nodots: summarize mpg").count("Obs  ") == 3


def test_estimation_sample(s: Session) -> None:
    s.run("bootstrap, reps(4) seed(1) nodots saving(bs): regress mpg rep78")
    assert s.e["N"] == 69 and s.run("bootstrap, reps(4) nodots: regress mpg rep78").count("warning") == 0
    s.run("count if e(sample)")
    assert s.r["N"] == 69
    s.run("test rep78")
    assert s.r["chi2"] == pytest.approx(s.e["chi2"])


def test_programs_that_change_the_data(s: Session) -> None:
    s.run(
        "program top, rclass\nkeep if mpg > 20\nsummarize price\nreturn scalar m = r(mean)\nend\n"
        "bs m=r(m), reps(4) nodots nowarn: top"
    )
    assert s.rc == 0 and s.data.n == 74 and s.e["N"] == 74


# ---------------------------------------------------------------- estat bootstrap


def test_estat_bootstrap(s: Session) -> None:
    """Layout of [R] bootstrap postestimation: the key in words to release 16, letters from 17."""
    s.run("bootstrap m=r(mean), reps(50) seed(1) nodots nowarn: summarize mpg")
    out = s.run("estat bootstrap, all")
    assert (
        "             |    Observed               Bootstrap\n"
        "             | coefficient       Bias    std. err.  [95% conf. interval]\n"
        "-------------+----------------------------------------------------------------\n"
        "           m |   21.297297" in out
    )
    assert out.endswith("Key:  N: Normal\n      P: Percentile\n     BC: Bias-corrected\n")
    for tag in ("(N)", "(P)", "(BC)"):
        assert out.count(tag) == 1
    out = s.run("estat bootstrap, percentile noheader")
    assert out.startswith("\n----") and out.count("(P)") == 1 and "(BC)" not in out
    assert "(BC)" in s.run("estat boot") and "(N)" not in s.text()[-300:]
    old = Session(15)
    out = old.run(
        f"use {example('auto.dta')}\nbootstrap, reps(20) seed(1) nodots: regress mpg weight\nestat bootstrap, bc normal"
    )
    assert "         mpg |       Coef.       Bias    Std. Err.  [95% Conf. Interval]\n" in out
    assert out.endswith("(N)    normal confidence interval\n(BC)   bias-corrected confidence interval\n")
    fails("regress mpg weight\nestat bootstrap", 321, session=s)
    fails("bootstrap, reps(3) nodots: regress mpg weight\nestat bootstrap, bca", 198, session=s)
