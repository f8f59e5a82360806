"""Rank tests, proportions, variances, reliability and percentiles against printed examples and scipy.

The fuel data (mpg of 12 cars without and with a treatment) and the figures printed for them are those of [R] ranksum
and [R] signrank; the centile of price that of [R] centile.
"""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, example, fails

FUEL = """input mpg1 mpg2
20 24
23 25
21 21
25 22
18 23
17 18
18 17
24 28
20 24
24 27
23 21
19 23
end"""
LONG = (
    FUEL
    + """
set obs 24
gen treat = _n > 12
gen mpg = mpg1
replace mpg = mpg2[_n-12] if treat"""
)


def fuel(lines: str, release: int = 18) -> tuple[Session, str]:
    s = Session(release)
    s.run(LONG)
    return s, s.run(lines)


def auto(lines: str, release: int = 18) -> tuple[Session, str]:
    s = Session(release)
    s.run(f'use "{example("auto.dta")}"')
    return s, s.run(lines)


def test_ranksum() -> None:
    s, text = fuel("ranksum mpg, by(treat)")
    assert "           0 |       12         128         150" in text
    assert "Adjustment for ties       -4.04" in text
    assert "         z = -1.279\nProb > |z| = 0.2010\nExact prob = 0.2117\n" in text
    assert s.r["sum_obs"] == 128


def test_ranksum_before_17() -> None:
    _, text = fuel("ranksum mpg, by(treat)", 15)
    assert "Two-sample Wilcoxon rank-sum (Mann-Whitney) test" in text
    assert "unadjusted variance      300.00" in text
    assert "             z =  -1.279\n    Prob > |z| =   0.2010\n" in text
    assert "Exact" not in text


def test_exact_p_of_many_observations_agrees_with_scipy() -> None:
    from scipy import stats

    s = Session()
    s.run("set seed 1\nset obs 80\ngen x = rnormal()\ngen g = _n > 30")
    s.run("ranksum x, by(g)")
    x, g = s.data.values("x"), s.data.values("g")
    p = stats.mannwhitneyu(x[g == 0], x[g == 1], method="exact").pvalue
    assert s.r["p_exact"] == pytest.approx(p, rel=1e-9)


def test_signrank_and_signtest() -> None:
    s, text = fuel("signrank mpg1 = mpg2")
    assert "    Negative |        8        63.5        38.5" in text
    assert "Adjusted variance        160.62" in text
    assert "         z = -1.973\nProb > |z| = 0.0485\nExact prob = 0.0479\n" in text
    text = s.run("signtest mpg1 = mpg2")
    assert "Binomial(n = 11, x >= 8, p = 0.5) =  0.1133" in text
    assert "min(1, 2*Binomial(n = 11, x >= 8, p = 0.5)) =  0.2266" in text


def test_median() -> None:
    s, text = fuel("median mpg, by(treat) exact")
    assert "Pearson chi2(1) =   0.6667   Pr = 0.414" in text
    assert "Pearson chi2(1) =   0.1667   Pr = 0.683" in text
    assert s.r["p_exact"] == pytest.approx(0.684, abs=5e-4)


def test_kwallis() -> None:
    """Rank sums printed for kwallis mpg, by(rep78) of auto.dta (Statalist); the statistic is scipy's."""
    from scipy import stats

    s, text = auto("kwallis mpg, by(rep78)")
    assert "  |     3 |  30 |   905.00 |" in text
    x, g = s.data.values("mpg"), s.data.values("rep78")
    h = stats.kruskal(*(x[g == k] for k in range(1, 6)))
    assert s.r["chi2_adj"] == pytest.approx(h.statistic)


def test_spearman_and_ktau() -> None:
    from scipy import stats

    s, text = auto("spearman mpg rep78")
    x, y = s.data.values("mpg"), s.data.values("rep78")
    kept = ~np.isnan(y)
    assert s.r["rho"] == pytest.approx(stats.spearmanr(x[kept], y[kept]).statistic)
    assert "Test of H0: mpg and rep78 are independent" in text
    s.run("ktau mpg rep78")
    assert s.r["tau_b"] == pytest.approx(stats.kendalltau(x[kept], y[kept]).statistic)
    s.run("spearman mpg rep78 price, stats(rho obs p) pw star(5)")
    assert s.r["Rho"].shape == (3, 3)
    assert s.r["Nobs"][0, 2] == 74
    s.run("ktau mpg rep78 price")
    assert s.r["Tau_a"].shape == (3, 3)


def test_centile() -> None:
    """[R] centile: price 5006.50, 4593.57 to 5717.90."""
    s, text = auto("centile price, format(%8.2f)")
    assert "       price |        74         50     5006.50         4593.57     5717.90" in text
    assert s.r["c_1"] == 5006.5
    s.run("centile price, centile(25 75) cci")
    assert s.r["n_cent"] == 2


def test_pctile() -> None:
    s, _ = auto("_pctile mpg, p(10 50 90)")
    assert [s.r[f"r{k}"] for k in (1, 2, 3)] == [14, 20, 29]
    s.run("pctile q = mpg, nq(4) genp(p)")
    assert s.data.values("q")[:3].tolist() == [18, 20, 25]
    assert s.data.values("p")[:3].tolist() == [25, 50, 75]


def test_prtest() -> None:
    s, text = auto("prtest foreign == .5")
    assert "     foreign |   .2972973   .0531331                      .1931583    .4014363" in text
    z = (22 / 74 - 0.5) / np.sqrt(0.25 / 74)
    assert s.r["z"] == pytest.approx(z)
    _, text = auto("gen hi = mpg > 20\nprtest hi, by(foreign)")
    assert "under H0:   .1271201    -3.20   0.001" in text


def test_sdtest() -> None:
    from scipy import stats

    s, text = auto("sdtest mpg, by(foreign)")
    x, g = s.data.values("mpg"), s.data.values("foreign")
    f = x[g == 0].var(ddof=1) / x[g == 1].var(ddof=1)
    assert s.r["F"] == pytest.approx(f)
    assert s.r["p"] == pytest.approx(2 * stats.f.cdf(f, 51, 21))
    assert "Degrees of freedom =   51, 21" in text
    s.run("sdtest mpg == 5")
    assert s.r["chi2"] == pytest.approx(73 * x.var(ddof=1) / 25)


def test_bitest() -> None:
    from scipy import stats

    s, _ = auto("bitest foreign == .25")
    assert s.r["p"] == pytest.approx(stats.binomtest(22, 74, 0.25).pvalue)


def test_alpha() -> None:
    """k c / (v + (k-1) c) of the definition; with std the mean correlation in place of c."""
    s, text = auto("alpha price headroom rep78 trunk weight, std")
    assert "Reversed item: rep78" in text
    names = ["price", "headroom", "rep78", "trunk", "weight"]
    import pandas as pd

    frame = pd.DataFrame({n: s.data.values(n) for n in names})
    frame["rep78"] *= -1
    r = frame.corr().to_numpy()
    mean = (r.sum() - 5) / 20
    assert s.r["rho"] == pytest.approx(mean)
    assert s.r["alpha"] == pytest.approx(5 * mean / (1 + 4 * mean))
    s.run("alpha headroom trunk, item generate(score)")
    assert s.data.values("score")[0] == (2.5 + 11) / 2


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("ranksum mpg", 198),
        ("ranksum mpg, by(mpg)", 420),
        ("kwallis mpg", 198),
        ("signrank mpg", 198),
        ("spearman mpg", 102),
        ("centile mpg, centile(0)", 198),
        ("_pctile mpg, nq(1)", 198),
        ("pctile mpg = treat", 110),
        ("prtest mpg == .5", 450),
        ("bitest treat == 2", 198),
        ("alpha mpg", 102),
        ("median mpg", 198),
        ("sdtest mpg == -1", 198),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"{LONG}\n{line}", rc)
