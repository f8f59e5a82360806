"""Collation and the new regular-expression functions.

Figures: [FN] String functions and Stata's page on regular expressions in version 18 (``\\d{3}`` matches 123, but not
under version 17); the order of marks, accents and case is CLDR's root order (unicode.org, allkeys_CLDR).
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Session, fails

from pystata_hlm.expr.functions.collation import ROOT, compare, sort_key


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (r'regexm("123", "\d{3}")', "1"),
        (r'regexmatch("(201) 555-0123", "\((?<area>\d{3})\) (\d{3})-(\d{4})")', "1"),
        ('regexreplaceall("a1b22", "[0-9]+", "#")', "a#b#"),
        ('regexreplace("a1b22", "[0-9]+", "#")', "a#b22"),
        ('ustrcompare("café", "cafe")', "1"),
        ('ustrcompare("café", "cafes")', "-1"),
        ('ustrcompare("a", "B")', "-1"),
        ('ustrcompare("a", "A")', "-1"),
        ('ustrcompare("", "a")', "-1"),
        ('ustrcompare("z", "ö", "sv")', "-1"),
        ('ustrcompare("z", "ö", "de")', "1"),
        ('ustrcompare("å", "ø", "da_DK")', "1"),
        ('ustrcompare("nz", "ñ", "es")', "-1"),
        ('ustrcompare("nz", "ñ", "en")', "1"),
        ('ustrcompareex("a10", "a9", "en", -1, -1, -1, -1, 1, -1, -1)', "1"),
        ('ustrcompareex("a10", "a9", "en", -1, -1, -1, -1, -1, -1, -1)', "-1"),
        ('ustrcompareex("é", "E", "en", 1, -1, -1, -1, -1, -1, -1)', "0"),
        ('ustrcompareex("a", "A", "en", 2, -1, -1, -1, -1, -1, -1)', "0"),
        ('ustrcompareex("a", "A", "en", 2, -1, 1, -1, -1, -1, -1)', "-1"),
        ('ustrcompareex("a", "A", "en", 3, 1, -1, -1, -1, -1, -1)', "1"),
        ('ustrcompareex("co-op", "coop", "en", 3, -1, -1, -1, -1, 1, -1)', "0"),
        ('ustrcompareex("coté", "côte", "fr", -1, -1, -1, -1, -1, -1, 1)', "1"),
        ('ustrcompareex("coté", "côte", "en", -1, -1, -1, -1, -1, -1, -1)', "-1"),
        ('ustrsortkey("abc", "en") < ustrsortkey("abd", "en")', "1"),
        ('ustrsortkeyex("a9","en",-1,-1,-1,-1,1,-1,-1) < ustrsortkeyex("a10","en",-1,-1,-1,-1,1,-1,-1)', "1"),
    ],
)
def test_values(expression: str, value: str):
    assert Session().run(f"display {expression}").strip() == value


def test_old_syntax_before_version_18():
    s = Session()
    out = s.run('version 17: display regexm("123", "\\d{3}") regexm("a.b", "a\\.b") regexm("ddd", "\\d+")')
    assert out.strip() == "011"
    assert Session(17).run('display regexm("123", "\\d{3}") regexmatch("123", "\\d{3}")').strip() == "01"


def test_parts_of_the_last_match():
    s = Session()
    s.run('display regexmatch("(201) 555-0123", "\\((?<area>\\d{3})\\) (\\d{3})-(\\d{4})")')
    out = s.run(
        'display regexcapture(0) "|" regexcapture(2) "|" regexcapturenamed("area") "|" regexcapturenamed("no")'
    )
    assert out.strip() == "(201) 555-0123|555|201|"
    s.run(
        'clear\nset obs 2\ngen s = cond(_n==1, "ab12", "34")\ngen y = regexcapture(1) if regexmatch(s, "([a-z]+)")'
    )
    assert s.data.column("y").strings().tolist() == [b"ab", b""]


def test_no_match_yet():
    fails("display regexcapture(0)", 198, "invalid syntax")
    fails('display regexcapturenamed("a")', 198, "invalid syntax")


def test_marks_in_root_order():
    order = [
        "_",
        "-",
        ",",
        ";",
        ":",
        "!",
        "?",
        ".",
        "'",
        '"',
        "(",
        "$",
        "0",
        "9",
        "a",
        "A",
        "á",
        "b",
        "ß",
        "t",
        "z",
    ]
    assert all(compare(a.encode(), b.encode(), ROOT) == -1 for a, b in pairwise(order))


@given(st.text(max_size=8), st.text(max_size=8))
def test_sort_keys_order_as_the_comparison_does(a: str, b: str):
    one, two = (
        text.encode("utf-8", "surrogateescape") for text in (a.replace("\0", ""), b.replace("\0", ""))
    )
    keys = sort_key(one, ROOT), sort_key(two, ROOT)
    assert compare(one, two, ROOT) == (keys[0] > keys[1]) - (keys[0] < keys[1])
