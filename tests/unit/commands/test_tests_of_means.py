"""ttest, oneway, mean, ci, tabstat, ladder, sktest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support import Session, compare_case, example, fails, needs_shared

DATA = """set obs 40
set seed 12
gen g = _n > 22
gen x = rnormal() + g
gen y = x + rnormal()
replace x = . in 3
gen one = _n == 1
"""


# ---------------------------------------------------------------- ttest


@needs_shared
@pytest.mark.parametrize(
    ("name", "only"), [("ttest_auto", None), ("oneway_pwcorr_clients", "^(ttest|oneway)")]
)
def test_case(name: str, only: str | None) -> None:
    compare_case(name, only=only)


def split(s: Session) -> tuple[np.ndarray, np.ndarray]:
    x, g = s.data.values("x"), s.data.values("g")
    return x[(g == 0) & ~np.isnan(x)], x[(g == 1) & ~np.isnan(x)]


@pytest.mark.parametrize("options", ["", "unequal"])
def test_two_sample_against_scipy(options: str) -> None:
    from scipy import stats

    s = Session()
    s.run(DATA + f"quietly ttest x, by(g) {options}")
    a, b = split(s)
    found = stats.ttest_ind(a, b, equal_var=not options)
    assert (s.r["t"], s.r["p"], s.r["df_t"]) == pytest.approx((found.statistic, found.pvalue, found.df))
    assert s.r["p_l"] + s.r["p_u"] == pytest.approx(1)


def test_welch_degrees_of_freedom() -> None:
    """Welch (1947): -2 + (v1+v2)^2 / (v1^2/(n1+1) + v2^2/(n2+1))."""
    s = Session()
    out = s.run(DATA + "ttest x, by(g) welch")
    a, b = split(s)
    v1, v2 = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    df = -2 + (v1 + v2) ** 2 / (v1**2 / (len(a) + 1) + v2**2 / (len(b) + 1))
    assert s.r["df_t"] == pytest.approx(df)
    assert "Welch's degrees of freedom = " in out


def test_paired_and_unpaired() -> None:
    from scipy import stats

    s = Session()
    out = s.run(DATA + "ttest x == y")
    x, y = s.data.values("x"), s.data.values("y")
    both = ~np.isnan(x)
    found = stats.ttest_rel(x[both], y[both])
    assert (s.r["t"], s.r["df_t"]) == pytest.approx((found.statistic, 38))
    assert out.splitlines()[-2].split() == [
        "Ha:",
        "mean(diff)",
        "<",
        "0",
        "Ha:",
        "mean(diff)",
        "!=",
        "0",
        "Ha:",
        "mean(diff)",
        ">",
        "0",
    ]
    s.run("quietly ttest x == y, unpaired")
    assert s.r["t"] == pytest.approx(stats.ttest_ind(x[both], y).statistic)


def test_old_wording() -> None:
    out = Session(16).run(DATA + "ttest x == 0")
    assert "Std. Err.   Std. Dev.   [95% Conf. Interval]" in out
    assert "Ho: mean = 0                                     degrees of freedom =       38" in out


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("ttest x", 100, "by() option required"),
        ("ttest x, by(one)", None, None),
        ("ttest y, by(x)", 420, "more than 2 groups found, only 2 allowed"),
        ("ttest x if g, by(g)", 420, "1 group found, 2 required"),
        ("ttest nosuch == 3", 111, "variable nosuch not found"),
        ("ttest x == y, unequal", 198, None),
        ("ttest x == 3 if x > 99", 2000, "no observations"),
    ],
)
def test_ttest_errors(line: str, rc: int | None, message: str | None) -> None:
    if rc is None:  # a group of one observation still has a pooled variance
        s = Session()
        s.run(DATA + line)
        assert s.rc == 0
        return
    fails(DATA + line, rc, message)


# ---------------------------------------------------------------- oneway


def test_oneway_against_scipy() -> None:
    from scipy import stats

    s = Session()
    s.run(DATA + "gen h = mod(_n, 4)\nquietly oneway x h")
    x, h = s.data.values("x"), s.data.values("h")
    parts = [x[(h == k) & ~np.isnan(x)] for k in range(4)]
    assert s.r["F"] == pytest.approx(stats.f_oneway(*parts).statistic)
    assert s.r["chi2bart"] == pytest.approx(stats.bartlett(*parts).statistic)
    assert (s.r["df_m"], s.r["df_r"], s.r["df_bart"]) == (3, 35, 3)


def test_oneway_comparisons_of_two_groups_are_the_f_test() -> None:
    s = Session()
    out = s.run(DATA + "oneway x g, scheffe bonferroni").splitlines()
    p = next(line for line in out if line.startswith("Between")).split()[-1]
    values = [
        line.split("|")[1].strip() for line in out if line.startswith("         |") and line[10:].strip()
    ]
    assert len(values) == 2
    assert all(float(v) == pytest.approx(float(p), abs=6e-4) for v in values)


# ---------------------------------------------------------------- mean


@needs_shared
def test_mean_case() -> None:
    compare_case("mean_auto", only="^mean")
    compare_case("lang_return_ereturn_list")


def test_mean_covariance_and_replay() -> None:
    s = Session()
    first = s.run(DATA + "mean x y")
    x = np.column_stack([s.data.values("x"), s.data.values("y")])
    x = x[~np.isnan(x).any(1)]
    np.testing.assert_allclose(s.e["V"], np.cov(x.T) / len(x), rtol=1e-12)
    assert s.e.matrix("b").cols == ("x", "y")
    again = s.run("mean")
    assert first.endswith(again)


def test_mean_pweights_by_linearization() -> None:
    s = Session()
    s.run(DATA + "gen w = mod(_n, 5) + 1\nquietly mean y [pw=w]")
    y, w = s.data.values("y"), s.data.values("w")
    m = (w * y).sum() / w.sum()
    score = w * (y - m) / w.sum()
    assert s.e["b"][0, 0] == pytest.approx(m)
    assert s.e["V"][0, 0] == pytest.approx((score**2).sum() * 40 / 39)


def test_mean_over() -> None:
    s = Session()
    s.run(DATA + "quietly mean x, over(g)")
    a, b = split(s)
    assert s.e.matrix("b").cols == ("c.x@0bn.g", "c.x@1.g")
    assert s.e["b"].ravel().tolist() == pytest.approx([a.mean(), b.mean()])
    assert np.diag(s.e["V"]).tolist() == pytest.approx([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    assert s.e["df_r"] == len(a) + len(b) - 1


# ---------------------------------------------------------------- ci and tabstat


def test_ci_proportion_is_clopper_pearson() -> None:
    from scipy import stats

    s = Session()
    s.run(DATA + "quietly ci proportions g")
    exact = stats.binomtest(18, 40).proportion_ci(0.95)
    assert (s.r["lb"], s.r["ub"]) == pytest.approx((exact.low, exact.high))


@needs_shared
def test_ci_means_agree_with_a_printed_t_test() -> None:
    """ttest_auto prints 19.9569 and 22.63769 for mpg."""
    s = Session()
    out = s.run(f"use {example('auto.dta')}\nci means mpg")
    assert (
        out.splitlines()[-1]
        == "         mpg |         74     21.2973    .6725511         19.9569    22.63769"
    )


TABSTAT = """
Summary for variables: x
Group variable: g @

       g |      Mean         N       Min
---------+------------------------------
       0 |       2.5         4         1
       1 |       6.5         4         5
---------+------------------------------
   Total |       4.5         8         1
----------------------------------------
"""


def test_tabstat_by_group_layout() -> None:
    """Layout as in public logs of release 17; the lower-case headings are those of release 16."""
    data = "set obs 8\ngen x = _n\ngen g = _n > 4\n"
    line = "tabstat x, by(g) statistics(mean n min)"
    s = Session(17)
    s.run(data)
    assert s.run(line) == TABSTAT.replace("@", "")
    s = Session(16)
    s.run(data)
    old = (
        TABSTAT.replace("@", "")
        .replace("Group variable: ", "     by categories of: ")
        .replace("Mean", "mean")
        .replace("Min", "min")
    )
    assert s.run(line) == old


def test_tabstat_save() -> None:
    s = Session()
    s.run("set obs 8\ngen x = _n\ngen z = 2 * _n\nquietly tabstat x z, stat(mean sd p25 iqr cv semean) save")
    table = s.r.matrix("StatTotal")
    assert table.rows == ("mean", "sd", "p25", "iqr", "cv", "se(mean)")
    sd = math.sqrt(6)
    assert table.values[:, 0].tolist() == pytest.approx([4.5, sd, 2.5, 4, sd / 4.5, sd / math.sqrt(8)])


def test_tabstat_errors() -> None:
    fails("set obs 8\ngen x = _n\ntabstat x, statistics(nosuch)", 198, "unknown statistic: nosuch")


# ---------------------------------------------------------------- ladder and sktest

LADDER = """
Transformation         Formula               chi2(2)   Prob > chi2
------------------------------------------------------------------
Cubic                  mathach^3             758.08        0.000
Square                 mathach^2             758.90        0.000
Identity               mathach               914.19        0.000
Square root            sqrt(mathach)              .            .
Log                    log(mathach)               .            .
1/(Square root)        1/sqrt(mathach)            .            .
Inverse                1/mathach                  .            .
1/Square               1/(mathach^2)              .            .
1/Cubic                1/(mathach^3)              .            .
"""


def test_notes_ladder_of_mathach() -> None:
    """HLM Diagnostics notes, section 3: every figure and heading."""
    s = Session()
    s.run("sysuse hsb")
    assert s.run("ladder mathach") == LADDER
    assert s.r["cube"] == pytest.approx(758.08, abs=0.005)
    assert "P_sqrt" not in s.r


def test_notes_ladder_of_shifted_mathach() -> None:
    s = Session()
    s.run("sysuse hsb\nquietly sum mathach\ngen mathach_c = mathach - r(min) + 1")
    lines = s.run("ladder mathach_c").splitlines()
    assert [line.split()[-2:] for line in lines[3:]] == [
        ["595.26", "0.000"],
        ["1029.42", "0.000"],
        ["914.19", "0.000"],
        ["380.40", "0.000"],
        *[[".", "."]] * 5,
    ]
    assert lines[3].startswith("Cubic                  mathac~c^3 ")


def test_notes_ladder_of_size() -> None:
    """One school a row; the notes' release prints lower-case headings and loses the last three figures."""
    s = Session(14)
    s.run("sysuse hsb\nquietly bysort id: keep if _n == 1")
    lines = s.run("ladder size").splitlines()
    assert lines[1] == "Transformation         formula               chi2(2)       P(chi2)"
    assert lines[3] == "cubic                  size^3                 60.02        0.000"
    assert [line.split()[-2] for line in lines[3:9]] == ["60.02", "31.36", "8.37", "7.18", "16.55", "58.10"]
    assert [line.split()[-1] for line in lines[3:9]] == ["0.000", "0.000", "0.015", "0.028", "0.000", "0.000"]


def test_ladder_generate() -> None:
    s = Session()
    out = s.run("sysuse hsb\nquietly bysort id: keep if _n == 1\nladder size, generate(best)")
    assert out.endswith("\n(best = sqrt(size) generated)\n")
    np.testing.assert_allclose(s.data.values("best"), np.sqrt(s.data.values("size")), rtol=1e-7)


@pytest.mark.parametrize(
    ("line", "rc"), [("ladder nosuch", 111), ("ladder x in 1/5", 2001), ("ladder x if x > 99", 2000)]
)
def test_ladder_errors(line: str, rc: int) -> None:
    fails(DATA + line, rc)


def test_sktest_without_adjustment_is_scipys_normaltest() -> None:
    from scipy import stats

    s = Session()
    s.run(DATA + "quietly sktest y, noadjust")
    y = s.data.values("y")
    assert (s.r["chi2"], s.r["P_chi2"]) == pytest.approx(tuple(stats.normaltest(y)), rel=1e-9)
    assert s.r["P_skew"] == pytest.approx(stats.skewtest(y).pvalue)
    assert s.r["P_kurt"] == pytest.approx(stats.kurtosistest(y).pvalue)


@needs_shared
def test_sktest_layout_and_figures() -> None:
    """[R] sktest: mpg .0015 .0804 10.95 .0042, trunk .9115 .0445 4.19 .1228; layout of a public release-17 log."""
    s = Session()
    s.run(f"use {example('auto.dta')}")
    assert s.run("sktest mpg trunk") == (
        "\nSkewness and kurtosis tests for normality\n"
        "                                                         ----- Joint test -----\n"
        "    Variable |       Obs   Pr(skewness)   Pr(kurtosis)   Adj chi2(2)  Prob>chi2\n"
        "-------------+-----------------------------------------------------------------\n"
        "         mpg |        74         0.0015         0.0804         10.95     0.0042\n"
        "       trunk |        74         0.9115         0.0445          4.19     0.1228\n"
    )
