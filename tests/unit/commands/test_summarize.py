"""summarize: printed output of Stata, the course notes' figures, and definitions."""

from __future__ import annotations

import math

import pytest
from support import Session, compare_case, example, fails, needs_shared

SMALL = "set obs 5\ngen x = _n^2\ngen w = 6 - _n\ngen f = mod(_n, 3)"


@needs_shared
@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("by_prefix_summ_auto", None),
        ("summarize_detail_price", "^summ"),
        ("summarize_if_list_auto", "^summ"),
        ("oneway_pwcorr_clients", "^summ"),
        ("rng_seed3846_runiform", "^summ"),
    ],
)
def test_case(name: str, only: str | None) -> None:
    compare_case(name, only=only)


def test_notes_mathach() -> None:
    """HLM Diagnostics notes, section 3 (release 17 layout)."""
    s = Session(17)
    out = s.run("sysuse hsb\nquietly describe\nsum mathach")
    assert out.endswith(
        "    Variable |        Obs        Mean    Std. dev.       Min        Max\n"
        "-------------+---------------------------------------------------------\n"
        "     mathach |      7,185    12.74785    6.878246     -2.832     24.993\n"
    )


def test_notes_detail_of_ses() -> None:
    """HLM Diagnostics notes: ``sum ses, detail`` (figures; the notes' release prints no commas)."""
    s = Session(15)
    out = s.run("sysuse hsb\nsum ses, detail").splitlines()[-12:]
    assert out == [
        "      Percentiles      Smallest",
        " 1%       -1.848         -3.758",
        " 5%       -1.318         -2.838",
        "10%       -1.038         -2.508       Obs               7,185",
        "25%        -.538         -2.508       Sum of Wgt.       7,185",
        "",
        "50%         .002                      Mean           .0001434",
        "                        Largest       Std. Dev.      .7793552",
        "75%         .602          1.732",
        "90%        1.022          1.762       Variance       .6073945",
        "95%        1.212          1.832       Skewness      -.2281447",
        "99%        1.512          2.692       Kurtosis       2.620279",
    ]


@pytest.mark.parametrize(
    ("variable", "mean", "sd"),
    [("size", 1097.825, 629.5064), ("meanses", -0.0001875, 0.4139731)],
)
def test_notes_school_level(variable: str, mean: float, sd: float) -> None:
    s = Session()
    s.run(f"sysuse hsb\nsort id\nquietly by id: gen first = _n == 1\nsum {variable} if first")
    assert s.r["N"] == 160
    assert s.r["mean"] == pytest.approx(mean, rel=1e-6, abs=5e-9)
    assert s.r["sd"] == pytest.approx(sd, rel=1e-6)


def test_stored_results_by_definition() -> None:
    s = Session()
    s.run(SMALL + "\nsummarize x, detail")
    x = [1, 4, 9, 16, 25]
    mean = 11
    m2 = sum((v - mean) ** 2 for v in x) / 5
    assert list(s.r) == (
        ["N", "sum_w", "mean", "Var", "sd", "skewness", "kurtosis", "sum", "min", "max"]
        + ["p1", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "p99"]
    )
    assert s.r["Var"] == pytest.approx(m2 * 5 / 4)
    assert s.r["skewness"] == pytest.approx(sum((v - mean) ** 3 for v in x) / 5 / m2**1.5)
    assert s.r["kurtosis"] == pytest.approx(sum((v - mean) ** 4 for v in x) / 5 / m2**2)
    assert [s.r[p] for p in ("p25", "p50", "p75")] == [4, 9, 16]


def test_percentile_between_two_values() -> None:
    s = Session()
    s.run("set obs 4\ngen x = _n\nsummarize x, detail")
    assert (s.r["p25"], s.r["p50"]) == (1.5, 2.5)


@pytest.mark.parametrize("kind", ["fweight", "aweight", "iweight"])
def test_weights(kind: str) -> None:
    """Formulas of [R] summarize, Methods and formulas."""
    s = Session()
    s.run(SMALL + f"\nsummarize x [{kind}=w]")
    x, w = [1, 4, 9, 16, 25], [5, 4, 3, 2, 1]
    total = sum(w)
    mean = sum(a * b for a, b in zip(x, w, strict=True)) / total
    squares = sum(b * (a - mean) ** 2 for a, b in zip(x, w, strict=True))
    n = {"fweight": 15, "aweight": 5, "iweight": 5}[kind]
    var = {"fweight": squares / 14, "aweight": squares * 5 / 15 / 4, "iweight": squares / 14}[kind]
    assert s.r["N"] == n
    assert s.r["sum_w"] == 15
    assert s.r["mean"] == pytest.approx(mean)
    assert s.r["Var"] == pytest.approx(var)
    assert s.r["sum"] == pytest.approx(mean * total)


def test_weighted_layout() -> None:
    """Column positions as in printed output: N 12,921 and weight 486061.372 (a public log of release 15)."""
    s = Session(15)
    out = s.run(SMALL + "\nsummarize x [aw=w]")
    assert out.splitlines()[-3:] == [
        "    Variable |     Obs      Weight        Mean   Std. Dev.       Min        Max",
        "-------------+-----------------------------------------------------------------",
        "           x |       5          15           7   7.713624          1         25",
    ]


def test_string_variables_and_separators() -> None:
    s = Session()
    out = s.run(SMALL + '\ngen str3 name = "abc"\nsummarize name x, separator(1)')
    lines = out.splitlines()[-3:]
    assert lines[0] == "        name |          0"
    assert set(lines[1]) == {"-", "+"}
    assert lines[2].startswith("           x |          5          11")


def test_no_observations() -> None:
    s = Session()
    out = s.run(SMALL + "\nsummarize x if x > 99")
    assert out.splitlines()[-1] == "           x |          0"
    assert dict(s.r) == {"N": 0, "sum_w": 0, "sum": 0}
    assert s.run("summarize x if x > 99, detail").splitlines()[-1] == "no observations"


def test_one_observation_has_no_spread() -> None:
    s = Session()
    s.run(SMALL + "\nsummarize x in 1")
    assert math.isnan(s.r["sd"])


def test_meanonly_prints_nothing() -> None:
    s = Session()
    assert s.run(SMALL.splitlines()[0] + "\ngen x = _n") != ""
    assert s.run("summarize x, meanonly") == ""
    assert list(s.r) == ["N", "sum_w", "sum", "mean", "min", "max"]


def test_sums_do_not_lose_digits() -> None:
    s = Session()
    s.run("set obs 3\ngen double x = 1e15 + _n\nsummarize x")
    assert s.r["Var"] == 1.0
    assert s.r["mean"] == 1e15 + 2


@needs_shared
def test_group_means_of_a_case() -> None:
    """../shared/cases/xtmixed_lang_null_blup: di r(mean) after weighted summaries."""
    s = Session()
    s.run(f"use {example('snijders.dta')}\nsum langpost")
    assert s.run("di r(mean)") == "40.934849\n"


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("summarize x, detail meanonly", 198, "options detail and meanonly may not be combined"),
        ("summarize nosuch", 111, "variable nosuch not found"),
        ("summarize x [pw=w]", 101, None),
        ("summarize x, nosuch", 198, "option nosuch not allowed"),
        ("summarize x [fw=w/2]", 401, "may not use noninteger frequency weights"),
    ],
)
def test_errors(line: str, rc: int, message: str | None) -> None:
    fails(SMALL + "\n" + line, rc, message)
