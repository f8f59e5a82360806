"""mean, total, ratio, proportion: several over() variables, clusters, layouts of older releases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import Session, example, fails


def auto(lines: str, release: int = 18) -> tuple[Session, str]:
    s = Session(release)
    s.run(f'use "{example("auto.dta")}"')
    return s, s.run(lines)


def frame() -> pd.DataFrame:
    return pd.read_stata(example("auto.dta"), convert_categoricals=False)


def test_mean_over_two_variables_against_pandas() -> None:
    s, text = auto("mean mpg price, over(foreign rep78)")
    groups = frame().dropna(subset="rep78").groupby(["foreign", "rep78"])[["mpg", "price"]]
    assert s.e["b"][0] == pytest.approx(groups.mean().to_numpy().T.ravel(), rel=1e-6)
    assert np.sqrt(np.diag(s.e["V"])) == pytest.approx(groups.sem().to_numpy().T.ravel(), rel=1e-6)
    assert s.e["_N"][0] == pytest.approx(np.tile(groups.size().to_numpy(), 2))
    assert s.e.matrix("b").cols[:2] == ("c.mpg@0bn.foreign#1bn.rep78", "c.mpg@0bn.foreign#2.rep78")
    assert s.e["over"] == "foreign rep78" and s.e["N_over"] == 8
    assert "c.mpg@foreign#rep78" in text and "        Domestic#2  |" in text
    assert s.run("mean") == text


def _cluster_variance(z: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """G/(G-1) sum of squares of the clusters' totals about their mean, by a loop."""
    sums = np.array([z[groups == g].sum(0) for g in np.unique(groups)])
    sums = sums - sums.mean(0)
    return len(sums) / (len(sums) - 1) * sums.T @ sums


def test_clusters() -> None:
    s, text = auto("mean mpg price, vce(cluster rep78)")
    data = frame().dropna(subset="rep78")
    x, g = data[["mpg", "price"]].to_numpy(float), data.rep78.to_numpy()
    expected = _cluster_variance((x - x.mean(0)) / len(x), g)
    assert s.e["V"] == pytest.approx(expected, rel=1e-6)
    assert (s.e["df_r"], s.e["N_clust"]) == (4, 5)
    assert (s.e["vce"], s.e["vcetype"], s.e["clustvar"]) == ("cluster", "Robust", "rep78")
    assert "(Std. err. adjusted for 5 clusters in rep78)\n---" in text
    s.run("total mpg, vce(cluster rep78)")
    assert s.e["V"] == pytest.approx(_cluster_variance(x[:, :1], g), rel=1e-6)
    s.run("ratio mpg/price, vce(cluster rep78)")
    r = x[:, 0].sum() / x[:, 1].sum()
    z = (x[:, :1] - r * x[:, 1:]) / x[:, 1].sum()
    assert s.e["V"] == pytest.approx(_cluster_variance(z, g), rel=1e-6)
    s.run("proportion foreign, vce(cluster rep78)")
    f = data.foreign.to_numpy(float)[:, None]
    assert s.e["V"][1, 1] == pytest.approx(_cluster_variance((f - f.mean()) / len(f), g)[0, 0], rel=1e-6)


def test_clustered_mean_is_that_of_regress() -> None:
    """regress of a constant: the same score, the factor G/(G-1) (N-1)/(N-1)."""
    s, _ = auto("mean mpg, vce(cluster rep78)")
    v = s.e["V"][0, 0]
    s.run("regress mpg, vce(cluster rep78)")
    assert s.e["V"][0, 0] == pytest.approx(v, rel=1e-9)


def test_pweights_over_groups() -> None:
    """Linearized: the scores of all observations, zero outside the group."""
    s, _ = auto("mean mpg [pw=weight], over(foreign)")
    d = frame()
    for k in (0, 1):
        inside = (d.foreign == k).to_numpy(float) * d.weight.to_numpy(float)
        b = (inside * d.mpg).sum() / inside.sum()
        z = inside * (d.mpg - b) / inside.sum()
        assert s.e["b"][0, k] == pytest.approx(b, rel=1e-9)
        assert s.e["V"][k, k] == pytest.approx(74 / 73 * (z**2).sum(), rel=1e-9)


def test_layout_before_release_16() -> None:
    """[R] mean, Stata 13 and 15: a legend, the variable on a line of its own, the groups below."""
    s, text = auto("mean mpg, over(foreign)", release=15)
    lines = text.splitlines()
    assert "     Domestic: foreign = Domestic" in lines and "      Foreign: foreign = Foreign" in lines
    assert "        Over |       Mean   Std. Err.     [95% Conf. Interval]" in lines
    assert "mpg          |" in [line.rstrip() for line in lines]
    assert lines[-3].startswith("    Domestic |   19.82692    .657777")
    assert s.e.matrix("b").cols == ("mpg:Domestic", "mpg:Foreign")
    text = s.run("mean mpg, over(rep78)")
    assert "    _subpop_1: rep78 = 1\n" in text
    text = s.run("mean mpg, over(foreign rep78)")
    assert "         Over: foreign rep78\n    _subpop_1: Domestic 1\n" in text


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("mean mpg, over(make)", 109),
        ("mean mpg, over(gear_ratio)", 452),
        ("mean mpg, vce(robust)", 198),
        ("mean mpg, vce(cluster nosuch)", 111),
        ("mean mpg if rep78 == 3, vce(cluster rep78)", 2001),
        ("mean mpg, over(nosuch)", 111),
        ("total make", 109),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f'use "{example("auto.dta")}"\n{line}', rc)


def test_proportion_before_release_16() -> None:
    """[R] proportion, Stata 13: ``rep78        |`` over its categories; ``_prop_1: rep78 = 1`` under over()."""
    s, text = auto("proportion rep78", release=15)
    assert "rep78        |" in [line.rstrip() for line in text.splitlines()]
    assert "           2 |    .115942   .0385422" in text
    assert s.e.matrix("b").cols[0] == "rep78:1"
    text = s.run("proportion rep78, over(foreign)")
    assert "      _prop_1: rep78 = 1\n" in text
    assert "_prop_3      |" in [line.rstrip() for line in text.splitlines()]
    assert s.e.matrix("b").cols[:2] == ("_prop_1:Domestic", "_prop_1:Foreign")
    assert "    Domestic |      .5625   .0716027      .4184154    .6967587" in text
