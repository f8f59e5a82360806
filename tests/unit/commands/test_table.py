"""table (both grammars) and dtable."""

from __future__ import annotations

import pytest
from support import Session, compare_case, example, fails, needs_shared

SMALL = """set obs 6
gen g = 1 + (_n > 3)
gen h = mod(_n, 2)
gen x = _n
label variable g "Group"
label define gl 1 "one" 2 "two"
label values g gl"""


@needs_shared
def test_case() -> None:
    compare_case("table_drsr03x")


def output(line: str, release: int = 18) -> list[str]:
    s = Session(release)
    s.run(SMALL)
    text = s.run(line)
    assert s.rc == 0, text
    return [row.rstrip() for row in text.splitlines() if row.strip()]


def test_frequencies() -> None:
    assert output("table g") == [
        "--------------------",
        "        |  Frequency",
        "--------+-----------",
        "Group   |",
        "  one   |          3",
        "  two   |          3",
        "  Total |          6",
        "--------------------",
    ]


def test_two_variables_go_to_the_columns() -> None:
    """Printed by Stata 17 for table foreign, statistic(mean price mpg) (Statalist): Mean over the two labels."""
    s = Session()
    s.run(f'use "{example("auto.dta")}"')
    text = s.run("table foreign, statistic(mean price mpg)")
    assert "           |            Mean          " in text
    assert "  Total    |  6165.257         21.2973" in text


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("table g h", "  one   |  1   2       3"),
        ("table g h, nototals", "  one |  1   2"),
        ("table g, stat(percent)", "  one   |    50.00"),
        ("table g h, stat(percent, across(h))", "  one   |  33.33   66.67   100.00"),
        ("table g, stat(mean x) stat(min x) nformat(%4.1f mean)", "  two   |   5.0               4"),
        ('table g, stat(total x) sformat("<%s>" total)', "  Total |   <21>"),
        ("table (g h), nototals", "      0 |          1"),
    ],
)
def test_rows(line: str, row: str) -> None:
    assert row in output(line)


def test_totals_by_name() -> None:
    """totals(g): the totals for each level of g, a last column."""
    lines = output("table g h, totals(g)")
    assert not any(line.startswith("  Total") for line in lines)
    assert any("Total" in line for line in lines)


def test_classic() -> None:
    """Layout as UCLA prints table prog, contents(mean write sd write): one blank, then two, columns of one width."""
    assert output("table g, c(mean x sd x)", 16) == [
        "----------------------------------",
        "Group     |    mean(x)       sd(x)",
        "----------+-----------------------",
        "      one |          2           1",
        "      two |          5           1",
        "----------------------------------",
    ]


def test_classic_under_version() -> None:
    s = Session()
    s.run(SMALL)
    assert "Freq." in s.run("version 16: table g")
    assert "option c() not allowed" in s.run("table g, c(mean x)")


def test_classic_replace() -> None:
    s = Session(16)
    s.run(SMALL)
    s.run("table g h, c(mean x freq) replace")
    assert s.data.names == ["g", "h", "table1", "table2"]
    assert s.data.values("table1").tolist() == [2.0, 2.0, 5.0, 5.0]
    assert s.data.values("table2").tolist() == [1.0, 2.0, 2.0, 1.0]


def test_weights_count() -> None:
    assert "  one   |          6" in output("table g [fw=x]")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("table g, statistic(nosuch x)", 198),
        ("table g, statistic(mean)", 100),
        ("table g, command(regress x g)", 198),
        ("table nosuch", 111),
        ("table g if x > 100", 2000),
        ("table g h x g", 103),
        ("table g, nformat(abc)", 120),
        ("table (g) (g)", 198),
        ("dtable x, by(nosuch)", 111),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"{SMALL}\n{line}", rc)


def test_dtable_tests() -> None:
    """p-values: regress (F test of means) and Pearson's chi-squared, as scipy has them."""
    from scipy import stats

    s = Session()
    s.run(f'use "{example("auto.dta")}"')
    text = s.run("dtable headroom i.rep78, by(foreign, tests nototals)")
    x, g = s.data.values("headroom"), s.data.values("foreign")
    p = stats.f_oneway(x[g == 0], x[g == 1]).pvalue
    shown = next(line for line in text.splitlines() if line.startswith("Headroom"))
    assert shown.split()[-1] == f"{p:.3f}"
    assert "note: using test pearson across levels of foreign for rep78." in text
