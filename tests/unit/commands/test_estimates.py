"""estimates store, restore, table, stats, dir, query, drop, clear: layouts from a real log (case mean_auto), laws."""

from __future__ import annotations

import pytest

from tests.support import Session, fails

TWO = "sysuse hsb\nquietly regress mathach ses\nestimates store a\nquietly regress mathach ses female\nestimates store b"


def test_table_layout() -> None:
    """Columns of 13, names centred in 12: the layout of ``est table mean1 mean2`` in case mean_auto; the figures of
    the second model are the notes' regression's."""
    out = Session().run(f"{TWO}\nestimates table a b").splitlines()
    table = out[out.index("-" * 40) :]
    assert table[1] == "    Variable |     a            b       "
    assert table[2] == "-------------+--------------------------"
    assert table[3].startswith("         ses |  ")
    assert table[4].startswith("      female |" + " " * 13)
    assert all(len(line) == 40 for line in table)


def test_star_and_legend() -> None:
    out = Session().run(f"{TWO}\nestimates table a b, star")
    assert "legend: * p<0.05; ** p<0.01; *** p<0.001" in out
    assert "***" in out


def test_statistics_rows() -> None:
    s = Session()
    out = s.run(f"{TWO}\nestimates table a b, stats(N r2)")
    assert "           N |       7185         7185  " in out


def test_restore_query_drop() -> None:
    s = Session()
    s.run(TWO)
    assert "(active results produced by regress; also stored as b)" in s.run("estimates query")
    assert "(results a are active now)" in s.run("estimates restore a")
    assert s.e["df_m"] == 1
    s.run("estimates drop a")
    assert "_est_a" not in s.data
    s.run("estimates clear")
    assert not s.workspace.estimates
    assert "_est_b" not in s.data


def test_stats_matches_estat_ic() -> None:
    s = Session()
    s.run(f"{TWO}\nestat ic")
    one = s.r["S"].copy()
    s.run("estimates stats b")
    assert (s.r["S"][0, 2:] == one[0, 2:]).all()


def test_interaction_names_break_after_the_mark() -> None:
    out = Session().run(
        "sysuse hsb\nquietly regress mathach c.ses##c.meanses\nestimates store a\nest table a"
    )
    assert "       c.ses#|\n   c.meanses |" in out


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("estimates store 1a", 198, "1a invalid name"),
        ("estimates foo", 198, "invalid subcommand foo"),
        ("estimates table zz", 111, "estimation result zz not found"),
        ("estimates table a, foo", 198, "option foo not allowed"),
        ("estimates table a, style(oneline)", 198, "option style() not yet supported"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f"{TWO}\n{line}", rc, message)


def test_nothing_to_store() -> None:
    fails("sysuse hsb\nestimates store a", 301, "last estimates not found")


def test_keep_by_operator_pattern_and_equation() -> None:
    s = Session()
    s.run(
        "sysuse hsb\ngenerate byte band = 1 + (ses > -.5) + (ses > .5)\nquietly regress mathach i.band c.size"
    )
    s.run("estimates store a")
    assert s.run("estimates table a, keep(i.band)").count("\n          2") == 1
    assert "size" not in s.run("estimates table a, keep(i.band)")
    assert "_cons" not in s.run("estimates table a, drop(_c*)")


@pytest.mark.parametrize("option", ["keep(nosuch)", "drop(nosuch)", "keep(nosuch:)"])
def test_unknown_coefficients_are_an_error(option: str) -> None:
    name = option.partition("(")[2].rstrip(")")
    fails(f"{TWO}\nestimates table a b, {option}", 111, f"coefficient {name} not found")


def test_repeated_term_shows_its_estimate() -> None:
    """``ses i.sector##c.ses`` has ``ses`` and ``o.ses``: the row holds the estimated one."""
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach ses i.sector##c.ses\nestimates store f")
    out = s.run("estimates table f")
    assert "ses | (omitted)" not in out
    assert f"{s.e['b'][0, 0]:.7g}"[:6] in out


def test_base_cells_of_interactions_stay_out() -> None:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach i.sector##c.ses\nestimates store f")
    assert "(omitted)" not in s.run("estimates table f")


def test_eform_of_large_coefficients() -> None:
    s = Session()
    s.run(
        "set obs 10\ngenerate x = _n\ngenerate y = 1000*x + mod(_n, 3)\nregress y x\nestimates table, eform"
    )
    assert s.rc == 0
