"""sample, bsample, splitsample, drawnorm, expandcl: counts that must come out, moments that must be near."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

PANEL = "clear\nset obs 60\ngen g = ceil(_n/20)\ngen c = ceil(_n/4)\ngen id = _n\nset seed 7\n"


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 80), st.integers(0, 100))
def test_sample_keeps_the_rounded_percentage(n: int, percent: int) -> None:
    """[D] sample: # percent of the observations, rounded."""
    s = Session()
    s.run(f"set obs {n}\ngen id = _n\nsample {percent}")
    assert s.rc == 0
    assert s.data.n == int(np.floor(n * percent / 100 + 0.5))
    kept = s.data.values("id") if s.data.n else np.zeros(0)
    assert len(set(kept.tolist())) == s.data.n  # without replacement


def test_sample_by_group_and_outside_the_condition() -> None:
    s = Session()
    log = s.run(PANEL + "sample 3 if g < 3, count by(g)")
    assert "(34 observations deleted)" in log
    assert np.bincount(s.data.values("g").astype(int)).tolist() == [0, 3, 3, 20]


def test_sample_keeps_small_groups_whole() -> None:
    s = Session()
    s.run(PANEL + "drop if g == 1 & _n > 2\nsample 5, count by(g)")
    assert np.bincount(s.data.values("g").astype(int)).tolist() == [0, 2, 5, 5]


def test_by_prefix_of_sample() -> None:
    s = Session()
    s.run(PANEL + "bysort g: sample 10")
    assert np.bincount(s.data.values("g").astype(int)).tolist() == [0, 2, 2, 2]


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("sample", 198),
        ("sample 120", 198),
        ("sample -1", 198),
        ("sample 2.5, count", 198),
        ("sample 5, by(q)", 111),
    ],
)
def test_sample_errors(line: str, rc: int) -> None:
    fails(PANEL + line, rc)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60))
def test_bsample_has_the_size_asked_for(size: int) -> None:
    s = Session()
    s.run(PANEL + f"bsample {size}")
    assert (s.rc, s.data.n) == (0, size)
    assert set(s.data.values("id").tolist()) <= set(range(1, 61))


def test_bsample_within_strata_and_of_clusters() -> None:
    s = Session()
    s.run(PANEL + "bsample _N/2, strata(g)")
    assert np.bincount(s.data.values("g").astype(int)).tolist() == [0, 10, 10, 10]
    s = Session()
    s.run(PANEL + "bsample 3, cluster(c) strata(g) idcluster(new)")
    assert s.data.n == 9 * 4
    assert np.bincount(s.data.values("new").astype(int)).tolist() == [0] + [4] * 9


def test_bsample_weights_leave_the_data() -> None:
    s = Session()
    s.run(PANEL + "gen w = .\nbsample 15 if g == 2, weight(w)")
    w = s.data.values("w")
    assert s.data.n == 60
    assert w.sum() == 15
    assert w[s.data.values("g") != 2].sum() == 0


def test_bsample_errors() -> None:
    fails(PANEL + "bsample 61", 498, "resample size must not be greater than number of observations")
    fails(PANEL + "bsample 21, strata(g)", 498)
    fails(PANEL + "bsample, idcluster(z)", 198)
    fails(PANEL + "replace c = 1\nbsample, cluster(c) strata(g)", 459)
    fails("bsample", 2000, "no observations")


def test_splitsample_shares() -> None:
    s = Session()
    s.run(PANEL + "splitsample, generate(v) split(1 1 2) balance(g) rseed(5)")
    table = np.zeros((4, 4), dtype=int)
    np.add.at(table, (s.data.values("g").astype(int), s.data.values("v").astype(int)), 1)
    assert table[1:, 1:].tolist() == [[5, 5, 10]] * 3
    s.run("splitsample id if g > 1, generate(v, replace) nsplit(4) values(0 1 2 3) cluster(c)")
    v, c = s.data.values("v"), s.data.values("c")
    assert np.isnan(v[s.data.values("g") == 1]).all()
    assert all(len(set(v[c == k].tolist())) == 1 for k in range(6, 16))
    assert s.r["N_clust"] == 10
    fails(PANEL + "splitsample", 198, "option generate() required")
    fails(PANEL + "splitsample, generate(g)", 110)
    fails(PANEL + "splitsample, generate(v) nsplit(3) values(1 2)", 198)


def test_splitsample_rround_keeps_the_total() -> None:
    s = Session()
    log = s.run(PANEL + "splitsample, generate(v) nsplit(7) rround show percent")
    sizes = np.bincount(s.data.values("v").astype(int))[1:]
    assert sizes.sum() == 60
    assert set(sizes.tolist()) <= {8, 9}
    assert "Percent" in log


def test_drawnorm_moments() -> None:
    """The draws have the means, sds and correlation asked for, within four standard errors."""
    s = Session()
    log = s.run(
        "matrix C = (1, .5 \\ .5, 1)\nmatrix m = (1, -2)\nmatrix sd = (2, 3)\n"
        "drawnorm x y, n(20000) corr(C) means(m) sds(sd) seed(11) double"
    )
    assert "(obs 20,000)" in log
    x, y = s.data.values("x"), s.data.values("y")
    assert s.data.column("x").stype == "double"
    assert x.mean() == pytest.approx(1, abs=4 * 2 / 141)
    assert y.mean() == pytest.approx(-2, abs=4 * 3 / 141)
    assert x.std() == pytest.approx(2, rel=0.025)
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.5, abs=0.025)


def test_drawnorm_storage_forms_agree() -> None:
    full = "matrix V = (4, 1, .5 \\ 1, 9, 2 \\ .5, 2, 1)\ndrawnorm a b c, n(50) cov(V) seed(1) double"
    lower = "matrix v = (4, 1, 9, .5, 2, 1)\ndrawnorm a b c, n(50) cov(v) cstorage(lower) seed(1) double"
    upper = "matrix u = (4, 1, .5, 9, 2, 1)\ndrawnorm a-c, n(50) cov(u) cstorage(upper) seed(1) double"
    found = []
    for text in (full, lower, upper.replace("a-c", "a b c")):
        s = Session()
        s.run(text)
        assert s.rc == 0
        found.append(np.column_stack([s.data.values(name) for name in "abc"]))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("matrix B = (1, 2 \\ 2, 1)\ndrawnorm x y, n(10) cov(B)", 506),
        ("matrix B = (1, .5 \\ .2, 1)\ndrawnorm x y, n(10) corr(B)", 505),
        ("matrix B = (1, .5, 1)\ndrawnorm x y, n(10) corr(B)", 198),
        ("drawnorm x y, n(10) means(1 2 3)", 503),
        ("drawnorm x y", 2000),
        ("set obs 3\ngen x = 1\ndrawnorm x", 110),
        ("set obs 3\ngen q = 1\ndrawnorm x, n(5)", 4),
    ],
)
def test_drawnorm_errors(line: str, rc: int) -> None:
    fails(line, rc)


def test_expandcl_numbers_the_copies() -> None:
    """[D] expandcl: a cluster of k copies; the new variable identifies cluster copies."""
    s = Session()
    log = s.run("clear\nset obs 4\ngen c = ceil(_n/2)\ngen n = c + 1\nexpandcl n, cluster(c) generate(nc)")
    assert "(6 observations created)" in log
    pairs = sorted(zip(s.data.values("c").tolist(), s.data.values("nc").tolist(), strict=True))
    assert pairs == [(1, 1), (1, 1), (1, 3), (1, 3), (2, 2), (2, 2), (2, 4), (2, 4), (2, 5), (2, 5)]
    fails("clear\nset obs 4\ngen c = 1\nexpandcl _n, cluster(c) generate(nc)", 198)
    fails("clear\nset obs 4\ngen c = 1\nexpandcl 2, cluster(c)", 198, "option generate() required")
