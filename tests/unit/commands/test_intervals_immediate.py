"""ci, cii, ttesti, sdtesti, prtesti, bitesti, ameans, cumul.

Printed figures: [R] ameans (manual page as found at docslib.org/doc/8996346); proportions against statsmodels'
proportion_confint, variances and Poisson limits against scipy.stats, immediate tests against the same tests of data.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from support import Session, example, fails


def session(lines: str) -> tuple[Session, str]:
    s = Session()
    return s, s.run(lines)


@pytest.mark.parametrize(
    ("option", "method"),
    [
        ("", "beta"),
        ("exact", "beta"),
        ("wilson", "wilson"),
        ("agresti", "agresti_coull"),
        ("jeffreys", "jeffreys"),
    ],
)
@pytest.mark.parametrize(("n", "k"), [(10, 1), (74, 22), (200, 150)])
def test_proportions_against_statsmodels(option: str, method: str, n: int, k: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    s, _ = session(f"cii proportions {n} {k}, {option} level(90)")
    low, high = proportion_confint(k, n, alpha=0.1, method=method)
    assert s.r["lb"] == pytest.approx(max(low, 0), rel=1e-9, abs=1e-12)
    assert s.r["ub"] == pytest.approx(high, rel=1e-9)
    assert s.r["citype"] == (option or "exact")
    assert s.r["se"] == pytest.approx(math.sqrt(k / n * (1 - k / n) / n))


def test_clipped_and_one_sided() -> None:
    _, text = session("cii proportions 10 1, wald")
    assert "             |         10          .1    .0948683               0*   .2859385\n" in text
    assert "(*) The Wald interval was clipped at the lower endpoint" in text
    s, text = session("cii proportions 10 0")
    assert "0    .3084971*\n\n(*) one-sided, 97.5% confidence interval" in text
    assert s.r["ub"] == pytest.approx(1 - 0.025 ** (1 / 10))  # closed form for no success


def test_variances_and_poisson_against_scipy() -> None:
    from scipy import stats

    s, text = session("cii variances 15 .25")
    assert s.r["lb"] == pytest.approx(14 * 0.25 / stats.chi2.ppf(0.975, 14))
    assert s.r["ub"] == pytest.approx(14 * 0.25 / stats.chi2.ppf(0.025, 14))
    s.run("cii variances 15 .5, sd")
    assert s.r["ub"] == pytest.approx(math.sqrt(14 * 0.25 / stats.chi2.ppf(0.025, 14)))
    s, text = session("cii means 2 27, poisson")
    assert s.r["lb"] == pytest.approx(stats.chi2.ppf(0.025, 54) / 4)
    assert s.r["ub"] == pytest.approx(stats.chi2.ppf(0.975, 56) / 4)
    assert "   Exposure        Mean" in text


def test_ci_of_data_is_cii_of_its_summary() -> None:
    s, _ = session(f'use "{example("auto.dta")}"')
    for line, again in (
        ("ci means mpg", "cii means 74 `m' `s'"),
        ("ci variances mpg", "cii variances 74 `v'"),
        ("ci proportions foreign, wilson", "cii proportions 74 22, wilson"),
        ("ci means rep78, poisson", "cii means 69 235, poisson"),
    ):
        s.run(line)
        first = (s.r["N"], s.r["lb"], s.r["ub"])
        s.run(f"quietly summarize mpg\nlocal m = r(mean)\nlocal s = r(sd)\nlocal v = r(Var)\n{again}")
        assert (s.r["N"], s.r["lb"], s.r["ub"]) == pytest.approx(first, rel=1e-12)


def test_old_cii() -> None:
    _, new = session("cii proportions 10 1")
    assert session("version 13: cii 10 1")[1] == new
    _, means = session("cii means 166 19509 4379")
    assert session("version 13: cii 166 19509 4379")[1] == means
    assert "             |        166       19509    339.8763        18837.93    20180.07\n" in means


def test_immediate_t_and_variance_tests_agree_with_those_of_data() -> None:
    s, _ = session(f'use "{example("auto.dta")}"\nttest mpg, by(foreign) unequal')
    r = {name: s.r[name] for name in ("t", "df_t", "p", "se", "sd")}
    s.run("sdtest mpg, by(foreign)")
    f = {name: s.r[name] for name in ("F", "p", "df_1", "df_2")}
    x, g = s.data.values("mpg"), s.data.values("foreign")
    parts = " ".join(
        f"{(g == k).sum()} {float(x[g == k].mean())!r} {float(x[g == k].std(ddof=1))!r}" for k in (0, 1)
    )
    s.run(f"ttesti {parts}, unequal")
    assert {name: s.r[name] for name in r} == pytest.approx(r, rel=1e-10)
    s.run(f"sdtesti {parts}")
    assert {name: s.r[name] for name in f} == pytest.approx(f, rel=1e-10)
    text = s.run("ttesti 24 62.6 15.8 75")
    assert s.r["t"] == pytest.approx((62.6 - 75) / (15.8 / math.sqrt(24)))
    assert "       x |      24        62.6    3.225161        15.8    55.92825    69.27175\n" in text
    text = s.run("sdtesti 75 . 6.5 8")
    assert s.r["chi2"] == pytest.approx(74 * 6.5**2 / 64)


def test_immediate_proportions_and_binomial() -> None:
    from scipy import stats

    s, _ = session("prtesti 30 4 40 18, count")
    pooled = 22 / 70
    z = (4 / 30 - 18 / 40) / math.sqrt(pooled * (1 - pooled) * (1 / 30 + 1 / 40))
    assert s.r["z"] == pytest.approx(z)
    s.run("prtesti 50 .52 .70")
    assert s.r["z"] == pytest.approx((0.52 - 0.7) / math.sqrt(0.7 * 0.3 / 50))
    s.run("bitesti 10 7 .5")
    assert s.r["p"] == pytest.approx(stats.binomtest(7, 10, 0.5).pvalue)


X = "input x\n5\n4\n-4\n-5\n0\n0\n.\n7\nend\n"


def test_ameans_prints_the_manuals_figures() -> None:
    s, _ = session(X)
    lines = s.run("ameans x").splitlines()
    assert lines[3] == "           x | Arithmetic            7           1       -3.204405    5.204405"
    assert lines[4] == "             |  Geometric            3    5.192494         2.57899    10.45448"
    assert lines[5] == "             |   Harmonic            3    5.060241        3.023008     15.5179"
    lines = s.run("ameans x, add(5)").splitlines()
    assert lines[3].split()[-6:] == ["Arithmetic", "7", "6", "1.795595", "10.2044", "*"]
    assert lines[4].split()[-6:] == ["Geometric", "6", "5.477226", "2.1096", "14.22071", "*"]
    assert s.r["mean_h"] == pytest.approx(3.540984, abs=5e-7)
    assert "(*) 5 was added" in "\n".join(lines)


def test_cumul() -> None:
    s, _ = session(X + "cumul x, gen(c)\ncumul x, gen(d) equal\ncumul x, gen(f) freq")
    assert s.data.values("c")[[0, 1, 2, 3, 4, 5, 7]] == pytest.approx(
        np.array([6, 5, 2, 1, 3, 4, 7]) / 7, rel=1e-6
    )
    assert s.data.values("d")[4] == pytest.approx(4 / 7, rel=1e-6)
    assert s.data.values("f")[7] == 7
    assert s.data.column("c").label == "ECDF of x"


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("cii 10 1", 198),
        ("cii means 10", 198),
        ("cii proportions 10 12", 198),
        ("cii means 10 2 -1", 198),
        ("cii proportions 10 1, wald wilson", 198),
        ("cii means 10 1 2, wald", 198),
        ("cii variances 10 -1", 411),
        ("ci variances x, bonett", 198),
        ("ci proportions x", 198),
        ("ci means x, exposure(x)", 198),
        ("ttesti 1 2", 198),
        ("ttesti 20 a 3 4", 198),
        ("ttesti 1 2 3 4", 2001),
        ("sdtesti 20 . 3 -4", 198),
        ("prtesti 20 1.5 .5", 198),
        ("bitesti 20 30 .5", 198),
        ("ameans nosuch", 111),
        ("cumul x", 198),
        ("cumul x, gen(x)", 110),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"{X}{line}", rc)
