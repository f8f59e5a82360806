"""inspect, misstable, lookfor, browse, edit, codebook compact, tabulate plot, list's further options."""

from __future__ import annotations

import pytest
from support import Session, example, fails

AUTO = "auto.dta"


def auto(lines: str, release: int = 18) -> tuple[Session, str]:
    s = Session(release)
    s.run(f'use "{example(AUTO)}"')
    return s, s.run(lines)


def test_inspect() -> None:
    """Counts of [D] inspect's example mpg: 74 positive integers, 21 values from 12 to 41; its bars."""
    s, text = auto("inspect mpg")
    assert [s.r[k] for k in ("N", "N_neg", "N_0", "N_pos", "N_posint", "N_unique")] == [74, 0, 0, 74, 74, 21]
    assert "|      #                       Positive         74            74             -" in text
    assert "12                   41                         74" in text
    assert "(21 unique values)" in text


def test_inspect_labels() -> None:
    s, text = auto("replace foreign = 7 in 1\ninspect foreign")
    assert "foreign is labeled and one or more values are NOT documented in the label." in text
    assert s.r["N_undoc"] == 1


def test_misstable_summarize() -> None:
    s, text = auto("replace mpg = .a in 1/3\nmisstable summarize")
    lines = text.splitlines()
    assert "           mpg |                   3        71  |     21          12         41" in lines
    assert "         rep78 |         5                  69  |      5           1          5" in lines
    assert s.r["N_eq_dot"] == 5
    s.run("misstable summarize, generate(m_)")
    assert s.data.values("m_mpg").sum() == 3
    assert s.data.values("m_rep78").sum() == 5


def test_misstable_patterns() -> None:
    s, text = auto("replace mpg = . in 1/10\nmisstable patterns")
    assert "       82%    |  1  1" in text.splitlines()  # 61 of 74: two of the ten lack rep78 too
    assert "  Variables are  (1) rep78  (2) mpg" in text
    assert (s.r["N_complete"], s.r["N_incomplete"]) == (61, 13)
    s.run("misstable patterns, exok frequency replace clear")
    assert s.data.names == ["_freq", "rep78", "mpg"]
    assert s.data.values("_freq").sum() == 74


def test_misstable_nested_and_tree() -> None:
    s, text = auto(
        "gen z = mpg\nreplace z = . in 1/10\ngen y = mpg\nreplace y = . in 1/4\nmisstable nested y z"
    )
    assert "1.  y(4) -> z(10)" in text
    text = s.run("misstable tree y z, frequency")
    assert [line.split() for line in text.splitlines() if line.strip()[:1].isdigit()] == [
        ["10", "4"],
        ["6"],
        ["64", "0"],
        ["64"],
    ]


def test_lookfor() -> None:
    s, _ = auto('lookfor weight "(in"')
    assert s.r["varlist"] == "headroom weight length"


def test_browse_lists() -> None:
    _, text = auto("browse make mpg in 1/2\nedit make in 1")
    assert "| AMC Concord    22 |" in text


def test_codebook_compact() -> None:
    """Figures of auto.dta as printed by codebook, compact (means: summarize)."""
    _, text = auto("codebook mpg rep78, compact")
    assert "mpg         74     21   21.2973   12   41  Mileage (mpg)" in text
    assert "rep78       69      5  3.405797    1    5  Repair record 1978" in text


def test_tabulate_plot_and_sorts() -> None:
    _, text = auto("tabulate rep78, plot\ntabulate rep78 foreign, rowsort colsort")
    assert "          4 |         18 |" + "*" * 18 in text
    rows = [
        line.split()[0] for line in text.splitlines() if line[:10].strip().isdigit() and line.endswith(" ")
    ]
    assert rows == ["3", "4", "5", "2", "1"]


def test_tabulate_subpop() -> None:
    s, _ = auto("tabulate rep78, subpop(foreign)")
    assert s.r["N"] == 21


def test_list_further_options() -> None:
    _, text = auto(
        'char mpg[varname] "Miles"\nreplace rep78 = .z in 1\nlist mpg rep78 in 1/2, subvarname nodotz'
    )
    assert "| Miles   rep78 |" in text
    assert "  1. |    22         |" in text


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("misstable", 198),
        ("misstable foo", 198),
        ("lookfor", 198),
        ("inspect nosuch", 111),
        ("codebook, dots", 198),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"set obs 3\ngen x = _n\n{line}", rc)


def test_tabi() -> None:
    """Frequencies given by hand; chi-squared and exact p-values are scipy's."""
    from scipy import stats

    s = Session()
    text = s.run("tabi 30 18 \\ 38 14, chi2 exact replace")
    chi2, p, *_ = stats.chi2_contingency([[30, 18], [38, 14]], correction=False)
    assert s.r["chi2"] == pytest.approx(chi2)
    assert s.r["p"] == pytest.approx(p)
    assert s.r["p_exact"] == pytest.approx(stats.fisher_exact([[30, 18], [38, 14]]).pvalue)
    assert "         1 |        30         18 |        48 " in text
    assert s.data.values("pop").tolist() == [30, 18, 38, 14]
    fails("tabi 1 2 \\ 3", 198)


def test_tabstat_goes_on_below_when_it_is_too_wide() -> None:
    """Seven variables fit 80 columns (as in printed logs of ``tabstat`` with many variables); the rest follow."""
    s = Session()
    s.run(f'use "{example("auto.dta")}"')
    lines = s.run(
        "tabstat price mpg rep78 headroom trunk weight length turn displacement, by(foreign)"
    ).splitlines()
    assert max(map(len, lines)) == 80
    heads = [line for line in lines if line.startswith(" foreign |")]
    assert [len(head.split()) - 2 for head in heads] == [7, 2]
    lines = s.run("tabstat price mpg, stat(n mean sd var min max p1 p5 p25) columns(statistics)").splitlines()
    assert max(map(len, lines)) <= 80 and sum(line.startswith("    Variable |") for line in lines) == 2
    s.run("set linesize 120")
    assert (
        len(s.run("tabstat price mpg rep78 headroom trunk weight length turn displacement").splitlines()[1])
        == 100
    )


def test_codebook_mv() -> None:
    """[D] codebook prints these lines for cooldd of citytemp.dta."""
    s = Session()
    s.run(f'use "{example("citytemp.dta")}"')
    lines = s.run("codebook cooldd, mv").splitlines()
    assert lines[-3:] == [
        "        Missing values:       heatdd==mv <-> cooldd==mv",
        "                             tempjan==mv --> cooldd==mv",
        "                            tempjuly==mv --> cooldd==mv",
    ]


def test_list_notrim_is_clean() -> None:
    s = Session()
    s.run(f'use "{example("auto.dta")}"')
    assert s.run("list make price in 1/3, notrim") == s.run("list make price in 1/3, clean")


def test_duplicates_list_takes_sepby_and_noobs() -> None:
    s = Session()
    s.run(f'use "{example("auto.dta")}"\nsort foreign rep78')
    lines = s.run("duplicates list foreign rep78 if rep78 < 3, sepby(rep78)").splitlines()
    rules = [k for k, line in enumerate(lines) if line.startswith("  |---")]
    assert lines[rules[1] - 1].split()[1:3] == ["1", "2"] and lines[rules[1] + 1].split()[1:3] == ["2", "3"]
    assert len(rules) == 2
    assert s.run("duplicates list foreign rep78 if rep78 < 3, sepby(rep78) noobs").splitlines() == lines


def test_collapse_labels_name_the_statistic() -> None:
    s = Session()
    s.run(f'use "{example("auto.dta")}"\ncollapse (first) make (p50) mpg (sd) price, by(foreign)')
    assert [s.data.column(n).label for n in ("make", "mpg", "price")] == [
        "(first) make",
        "(p 50) mpg",
        "(sd) price",
    ]


def test_tostring_of_nothing_but_missing_values() -> None:
    s = Session()
    s.run("set obs 3\ngenerate byte a = .\ntostring a, generate(t)")
    assert s.data.column("t").data.tolist() == [b"."] * 3


def test_assert_rc0_fast_says_nothing() -> None:
    s = Session()
    assert (
        s.run("set obs 3\ngenerate x = _n\nquietly count\nassert x > 2, rc0 fast")
        .splitlines()[-1]
        .startswith("Number")
    )
    assert s.rc == 0


def test_xtile_of_nothing() -> None:
    fails("set obs 3\ngenerate x = .\nxtile q = x", 2000, "no observations")
