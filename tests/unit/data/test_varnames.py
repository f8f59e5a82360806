"""Variable names: validity, display abbreviation, lookup, patterns, ranges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data import names
from pystata_hlm.errors import StataError

AUTO = [
    "make",
    "price",
    "mpg",
    "rep78",
    "headroom",
    "trunk",
    "weight",
    "length",
    "turn",
    "displacement",
    "gear_ratio",
    "foreign",
]


@pytest.mark.parametrize("name", ["x", "_x", "x1", "a" * 32, "größe", "名前", "str", "str1x", "Int", "ifs"])
def test_valid(name):
    assert names.is_valid_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1x",
        "a b",
        "a" * 33,
        "x-y",
        "_all",
        "_n",
        "_N",
        "if",
        "in",
        "using",
        "with",
        "byte",
        "strL",
        "str5",
        "_b",
        "_cons",
        "a.b",
    ],
)
def test_invalid(name):
    with pytest.raises(StataError, match="invalid name") as error:
        names.check(name)
    assert error.value.rc == 198


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("mathach_c", 8, "mathac~c"),  # course notes, ladder
        ("displacement", 8, "displa~t"),  # help abbrev()
        ("mental_health_T1", 12, "mental_hea~1"),  # shared/cases
        ("gear_ratio", 8, "gear_r~o"),
        ("physical_punishment", 18, "physical_punishm~t"),
        ("insample_12", 8, "insamp~2"),
        ("mpg", 8, "mpg"),
        ("displacement", 12, "displacement"),
        ("displacement", 3, "dis~t"),  # widths below 5 count as 5
    ],
)
def test_abbrev(name, width, shown):
    assert names.abbrev(name, width) == shown


@settings(deadline=None)
@given(st.from_regex(r"[a-z_][a-z0-9_]{0,31}", fullmatch=True), st.integers(1, 40))
def test_abbrev_fits_and_finds_its_name(name, width):
    shown = names.abbrev(name, width)
    assert len(shown) <= max(5, width)
    assert names.matching(shown, [name]) == [name]


def test_wide_characters_take_two_columns():
    assert names.display_width("名前ab") == 6
    assert names.abbrev("名前名前名前", 8) == "名前~前"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("price", ["price"]),
        ("pr", ["price"]),
        ("m*", ["make", "mpg"]),
        ("*t", ["weight", "displacement"]),
        ("?p?", ["mpg"]),
        ("disp~t", ["displacement"]),
        ("_all", AUTO),
        ("*", AUTO),
        ("mpg-trunk", ["mpg", "rep78", "headroom", "trunk"]),
        ("mp-head", ["mpg", "rep78", "headroom"]),
        ("tr-tr", ["trunk"]),
    ],
)
def test_unabbreviate(word, found):
    assert names.unabbreviate(word, AUTO) == found


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("zzz", "variable zzz not found"),
        ("t", "t ambiguous abbreviation"),
        ("z*", "variable z* not found"),
        ("trunk-mpg", "variables out of order"),
        ("mpg-zzz", "variable zzz not found"),
        ("t~n", None),
        ("m~", "m~ ambiguous abbreviation"),
    ],
)
def test_unabbreviate_errors(word, message):
    if message is None:
        assert names.unabbreviate(word, AUTO) == ["turn"]
        return
    with pytest.raises(StataError) as error:
        names.unabbreviate(word, AUTO)
    assert (error.value.rc, error.value.message) == (111, message)


def test_varabbrev_off():
    assert names.find("pri", AUTO, varabbrev=False) is None
    assert names.find("price", AUTO, varabbrev=False) == "price"


def test_exact_name_beats_longer_names():
    assert names.find("x", ["x", "xy", "xyz"]) == "x"
