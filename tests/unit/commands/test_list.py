"""list: formats and options. Boxes from the real logs are in test_data_cases; the display format's box is the one
printed in the README of MarkDoc (haghish/MarkDoc on GitHub), Stata 14, auto data."""

from __future__ import annotations

import pytest

from tests.support import Session, example, fails

NARROW = """\

     +-----------------------------------------------------------------+
  1. | make          | price | mpg | rep78 | headroom | trunk | weight |
     | AMC Concord   | 4,099 |  22 |     3 |      2.5 |    11 |  2,930 |
     |-----------------------------------------------------------------|
     |  length   |  turn   |  displa~t   |   gear_r~o   |    foreign   |
     |     186   |    40   |       121   |       3.58   |   Domestic   |
     +-----------------------------------------------------------------+

     +-----------------------------------------------------------------+
  2. | make          | price | mpg | rep78 | headroom | trunk | weight |
     | AMC Pacer     | 4,749 |  17 |     3 |      3.0 |    11 |  3,350 |
     |-----------------------------------------------------------------|
     |  length   |  turn   |  displa~t   |   gear_r~o   |    foreign   |
     |     173   |    40   |       258   |       2.53   |   Domestic   |
     +-----------------------------------------------------------------+
"""

WIDE = """\

     +---------------------------------------------------------------------------------+
  1. | make          | price | mpg | rep78 | headroom | trunk | weight | length | turn |
     | AMC Concord   | 4,099 |  22 |     3 |      2.5 |    11 |  2,930 |    186 |   40 |
     |---------------------------------------------------------------------------------|
     |         displa~t         |         gear_r~o         |          foreign          |
     |              121         |             3.58         |         Domestic          |
     +---------------------------------------------------------------------------------+
"""


@pytest.fixture
def auto() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


def test_display_format(auto: Session) -> None:
    assert auto.run("list in 1/5").startswith(NARROW)
    assert auto.run("list in 1/5, linesize(90)").startswith(WIDE)


def test_clean(auto: Session) -> None:
    assert auto.run("list make price in 1/2, clean") == (
        "\n       make          price  \n  1.   AMC Concord   4,099  \n  2.   AMC Pacer     4,749  \n"
    )
    assert auto.run("list make price in 1/2, clean noobs noheader") == (
        "\n    AMC Concord   4,099  \n    AMC Pacer     4,749  \n"
    )


def test_noobs_nolabel_abbreviate(auto: Session) -> None:
    out = auto.run("list foreign gear_ratio in 1, noobs nolabel abbreviate(10)")
    assert out.splitlines() == [
        "",
        "  +----------------------+",
        "  | foreign   gear_ratio |",
        "  |----------------------|",
        "  |       0         3.58 |",
        "  +----------------------+",
    ]


def rules(text: str) -> list[int]:
    """Observation numbers before which a rule is drawn (the heading's own rule aside)."""
    out, rule = [], False
    for line in text.splitlines()[4:]:
        if line.strip().startswith("|-"):
            rule = True
        elif rule:
            out.append(int(line.split(".")[0]))
            rule = False
    return out


def test_separators(auto: Session) -> None:
    assert rules(auto.run("list mpg in 1/12")) == [6, 11]
    assert rules(auto.run("list mpg in 1/12, separator(4)")) == [5, 9]
    assert rules(auto.run("list mpg in 1/12, sep(0)")) == []
    assert rules(auto.run("list mpg rep78 in 1/8, sepby(rep78)")) == [3, 4, 5, 6, 7, 8]


def test_number_width_follows_the_last_observation(auto: Session) -> None:
    """As in the log of xtmixed_lang_null_blup: 2,287 observations, so four digits, though the last listed is 53."""
    auto.run("set obs 1000")
    assert "   1. | " in auto.run("list mpg if _n == 1")
    assert "\n  1. | " in auto.run("list mpg in 1/5")


def test_divider_string_and_extended_missing(auto: Session) -> None:
    auto.run("replace rep78 = .b in 1")
    out = auto.run("list make rep78 in 1, divider string(6)")
    assert out.splitlines()[2:5] == [
        "     | make   | rep78 |",
        "     |--------+-------|",
        "  1. | AMC .. |    .b |",
    ]


def test_nothing_to_list(auto: Session) -> None:
    assert auto.run("list if mpg > 1000") == ""
    fails("set obs 2\ngenerate x = 1\nlist in 1/3", 198)
    fails("set obs 2\ngenerate x = 1\nlist y", 111, "variable y not found")


def test_by_numbers_within_groups(auto: Session) -> None:
    out = auto.run("by foreign: list mpg if _n <= 1")
    assert "-> foreign = Domestic" in out and "-> foreign = Foreign" in out
    assert out.count("  1. | ") == 2
