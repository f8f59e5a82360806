"""bootstrap: what is drawn, what is stored, what is printed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, fails


def test_mean_standard_error() -> None:
    """The bootstrap standard error of a mean approaches sd/sqrt(n) (Efron and Tibshirani 1993): within 4 Monte-Carlo
    standard errors (1/sqrt(2 R))."""
    s = Session()
    s.run("sysuse hsb\nbootstrap m=r(mean), reps(400) seed(7) nodots: summarize mathach")
    se = float(np.sqrt(s.e["V"][0, 0]))
    expected = 6.878246 / np.sqrt(7185)
    assert abs(se / expected - 1) < 4 / np.sqrt(2 * 400)
    assert s.e["N_reps"] == 400
    assert s.e["prefix"] == "bootstrap"


def test_same_seed_same_results() -> None:
    line = "bootstrap, reps(10) seed(3) cluster(id) nodots: regress mathach ses"
    a, b = Session(), Session()
    for s in (a, b):
        s.run(f"sysuse hsb\n{line}")
    assert np.array_equal(a.e["V"], b.e["V"])


def test_data_and_observed_results_survive() -> None:
    s = Session()
    s.run("sysuse hsb\nregress mathach ses")
    observed = s.e["b"].copy()
    s.run("bootstrap, reps(5) nodots: regress mathach ses")
    assert s.data.n == 7185
    assert np.array_equal(s.e["b"], observed)
    s.run("count if e(sample)")
    assert s.r["N"] == 7185


def test_cluster_refits_equal_resampled_rows() -> None:
    """The short cut for mixed (cross-products) against running mixed on the resampled rows: same draws, same e(b)."""
    model = "mixed mathach ses || id: female, cov(un)"
    fast, slow = Session(), Session()
    fast.run(f"sysuse hsb\nbootstrap, reps(4) seed(11) cluster(id) nodots: {model}")
    slow.run(f"sysuse hsb\nbootstrap, reps(4) seed(11) cluster(id) nodots reject(0): {model}")
    assert fast.rc == slow.rc == 0
    assert np.allclose(fast.e["b_bs"], slow.e["b_bs"], rtol=1e-5, atol=1e-5)


def test_copies_of_a_cluster_are_merged() -> None:
    """Without idcluster() both copies of a school are one group, so between-school standard errors come out smaller
    than with new identifiers. The notes (50 replications, unknown seed) print .1797 for _cons and .3618 for meanses;
    distinct copies give about .225 and .50, merged ones about .18 and .39 (Monte-Carlo error about 10%)."""
    s = Session()
    s.run(
        "sysuse hsb\nbootstrap, reps(200) seed(5) cluster(id) nodots: "
        "mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector "
        "|| id: female, cov(unstr)"
    )
    names = s.e.matrix("b").cols
    se = dict(zip(names, np.sqrt(np.diag(s.e["V"])), strict=True))
    assert 0.15 < se["mathach:_cons"] < 0.21
    assert 0.30 < se["mathach:meanses"] < 0.47


def test_layout() -> None:
    s = Session()
    out = s.run("sysuse hsb\nbootstrap, reps(20) seed(1) cluster(id): mixed mathach ses || id:")
    assert "(running mixed on estimation sample)" in out
    assert "Bootstrap replications (20): .........10.........20 done" in out
    assert "(Replications based on 160 clusters in id)" in out
    assert "             |   Observed   Bootstrap                         Normal-based" in out
    assert "     mathach | coefficient  std. err.      z    P>|z|     [95% conf. interval]" in out
    old = Session(16).run("sysuse hsb\nbootstrap, reps(50) seed(1) cluster(id): mixed mathach ses || id:")
    assert "Bootstrap replications (50)\n----+--- 1 ---+--- 2 ---+--- 3 ---+--- 4 ---+--- 5 \n" in old
    assert "." * 50 + "    50" in old


def test_saving(tmp_path: object) -> None:
    s = Session(cwd=str(tmp_path))
    s.run("sysuse hsb\nbootstrap m=r(mean) r(sd), reps(6) seed(2) nodots saving(bs): summarize ses")
    s.run("use bs, clear")
    assert s.data.names == ["m", "_bs_2"]
    assert s.data.n == 6
    s.run("sysuse hsb, clear\nbootstrap m=r(mean), reps(3) nodots saving(bs): summarize ses")
    assert s.rc == 602


def test_strata_keep_their_sizes() -> None:
    """Drawing within strata leaves the share of girls as it is, so its standard error is zero."""
    s = Session()
    s.run("sysuse hsb\nbootstrap m=r(mean), reps(5) seed(2) nodots strata(female): summarize female")
    assert s.e["V"][0, 0] == pytest.approx(0.0, abs=1e-20)
    assert s.e["N_strata"] == 2


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("bootstrap, reps(5): regress mathach nosuch", 111, "variable nosuch not found"),
        ("bootstrap, reps(5) bca: regress mathach ses", 198, "option bca not yet supported"),
        ("bootstrap, foo: regress mathach ses", 198, "option foo not allowed"),
        ("bootstrap, cluster(nosuch): regress mathach ses", 111, "variable nosuch not found"),
        ("bootstrap, reps(1): regress mathach ses", 198, "reps() must be an integer greater than 1"),
        ("bootstrap, reps(.): regress mathach ses", 198, "option reps() incorrectly specified"),
        ("bootstrap r(foo), reps(5): summarize ses", 322, "'r(foo)' evaluated to missing in full sample"),
        ("bootstrap, reps(5): nosuchcommand", 199, "command nosuchcommand is unrecognized"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f"sysuse hsb\n{line}", rc, message)


def test_default_statistics_are_those_the_command_left() -> None:
    """[R] bootstrap: without exp_list e(b) when the command changes e(), else all scalars of r(); what an earlier
    command left in e() does not count."""
    s = Session()
    s.run("sysuse hsb\nregress mathach ses\nbootstrap, reps(5) nodots nowarn: summarize mathach")
    assert s.rc == 0
    assert s.e.matrix("b").cols == ("N", "sum_w", "mean", "Var", "sd", "min", "max", "sum")
    assert s.e["b"][0, 2] == pytest.approx(12.747853, abs=1e-6)
    fails("sysuse hsb\nbootstrap, reps(5): display 1", 198, "expression list required")


@pytest.mark.parametrize(
    "prefix", ["bootstrap, reps(3)", "jackknife r(mean), rclass", "permute ses r(mean), reps(3)"]
)
def test_saving_is_checked_before_the_replications(prefix: str, tmp_path: object) -> None:
    """An existing file stops the command at once, not after an hour of replications."""
    s = Session(cwd=str(tmp_path))
    s.run("sysuse hsb\nkeep in 1/50\nsave there")
    out = s.run(f"{prefix} saving(there): summarize ses")
    assert s.rc == 602
    assert "....." not in out and "replications (" not in out
