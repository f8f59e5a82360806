"""Display formats against printed Stata output; each figure's source is beside it."""

import datetime
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.errors import StataError
from pystata_hlm.formats import (
    default_format,
    format_column,
    format_macro_number,
    format_number,
    format_string,
    format_trimmed,
    parse_format,
)

PI = math.pi
NAN = math.nan

NUMBERS = [
    # W. Gould, Statalist 7apr2003 and 18jul2003
    (PI, "%12.0g", " 3.141592654"),
    (PI * 10, "%12.0g", " 31.41592654"),
    (PI * 1e5, "%12.0g", " 314159.2654"),
    (PI * 1e8, "%12.0g", " 314159265.4"),
    (PI * 1e9, "%12.0g", "  3141592654"),
    (PI * 1e10, "%12.0g", " 3.14159e+10"),
    (PI * 1e-1, "%12.0g", " .3141592654"),
    (PI * 1e-4, "%12.0g", " .0003141593"),
    (PI * 1e-5, "%12.0g", " .0000314159"),
    (PI * 1e-6, "%12.0g", " 3.14159e-06"),
    (4.52394e-3, "%9.2g", "    .0045"),
    (4.52394e-5, "%9.2g", "  .000045"),
    (-0.0000201, "%9.2g", "  -.00002"),  # Statalist 2009-10 msg00039
    (12345678, "%12.0gc", "  12,345,678"),
    # B. Sayer, Statalist 4apr2003
    (123456789, "%12.0gc", "   123456789"),
    (123456789, "%12.0fc", " 123,456,789"),
    (23667902, "%11.0gc", "   23667902"),
    (23667902, "%11.0fc", " 23,667,902"),
    (1e7, "%9.2fc", " 1.00e+07"),
    # [U] 12.5 / help format
    (1000.03, "%9,2fc", " 1.000,03"),
    (3.14159, "%9.4g", "    3.142"),
    (314.159, "%9.4g", "    314.2"),
    # the course notes (mixed, regress, ladder tables: %9.0g)
    (-0.10819264, "%9.0g", "-.1081926"),
    (2.8521821, "%9.0g", " 2.852182"),
    (0.147225001, "%9.0g", "  .147225"),
    (46591.0, "%9.0g", "    46591"),
    (46460.2941, "%9.0g", " 46460.29"),
    (0.0003457123, "%9.0g", " .0003457"),
    (0.00008921, "%9.0g", " .0000892"),  # cases/logit_auto_or
    (1.0001e-6, "%9.0g", " 1.00e-06"),
    (4.68e-7, "%9.0g", " 4.68e-07"),
    (1.16e-8, "%9.0g", " 1.16e-08"),
    (-1.63e-9, "%9.0g", "-1.63e-09"),
    (1.66e-15, "%9.0g", " 1.66e-15"),
    (1.4e-14, "%8.0g", " 1.4e-14"),  # cases/mixed_zero_variance, chibar2
    (861.54, "%9.0g", "   861.54"),
    (6165.256756756757, "%9.0g", " 6165.257"),  # cases/summarize_detail_price
    (8699525.974268788, "%9.0g", "  8699526"),
    (20120101.0, "%9.0g", " 2.01e+07"),
    (6165.256756756757, "%8.0gc", " 6,165.3"),  # [R] summarize, format option
    (2949.495884768919, "%8.0gc", " 2,949.5"),
    (15906, "%8.0gc", "  15,906"),
    (7185, "%9.0gc", "    7,185"),
    (61205.66113, "%11.0g", " 61205.6611"),  # regress tables of the notes
    (278671.2731, "%11.0g", " 278671.273"),
    # fixed, padded, left
    (0.5, "%9.2f", "     0.50"),
    (12.3456, "%-9.2f", "12.35    "),
    (3.14, "%09.2f", "000003.14"),
    (7.0, "%03.0f", "007"),
    (12345.6, "%10.2e", "  1.23e+04"),
    (123.456, "%4.2f", "123.46"),
    # missing values
    (NAN, "%9.0g", "        ."),
    (NAN, "%-5.2f", ".    "),
    (NAN, "%td", "        ."),
    # hexadecimal: help format; 2^-4 * 1.6
    (0.1, "%21x", "+1.999999999999aX-004"),
    (1.5, "%16H", "3ff8000000000000"),
    (1.5, "%16L", "000000000000f83f"),
    (1.5, "%8H", "3fc00000"),
]


@pytest.mark.parametrize(("value", "fmt", "expected"), NUMBERS)
def test_numbers(value, fmt, expected):
    assert format_number(value, fmt) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [  # c() values as creturn list prints them, return list of cases/lang_return_ereturn_list
        (6165.256756756757, "6165.256756756757"),
        (8699525.974268788, "8699525.974268788"),
        (PI, "3.141592653589793"),
        (8.98846567431158e307, "8.9884656743e+307"),
        (2.0**-52, "2.22044604925e-16"),
        (2.0**-1022, "2.2250738585e-308"),
        (1 / 3, ".3333333333333333"),
        (0.1, ".1"),
        (1e10, "10000000000"),
        (2.0**53, "9007199254740992"),
        (1e-10, "1.00000000000e-10"),
        (-0.25, "-.25"),
        (0.0, "0"),
        (NAN, "."),
    ],
)
def test_macro_text(value, expected):
    assert format_macro_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [  # display in cases/regress_effort and lang_return_ereturn_list
        (1201.08 / 2650.2, ".45320353"),
        (-312.25874125874, "-312.25874"),
        (123456789.0, "1.235e+08"),
        (4.0, "4"),
    ],
)
def test_display_default(value, expected):
    assert format_trimmed(value) == expected


def test_extended_missing_values():
    assert format_number(NAN, "%9.0g", 1) == "       .a"
    assert format_number(NAN, "%9.0g", 26) == "       .z"
    assert format_column(np.array([1.5, NAN, NAN]), np.array([0, 0, 2]), "%4.0g") == [" 1.5", "   .", "  .b"]


@pytest.mark.parametrize(
    ("value", "fmt", "expected"),
    [  # [D] Datetime display formats: defaults and the manual's kinds of mask
        (0, "%td", "01jan1960"),
        (17911, "%td", "14jan2009"),
        (17911, "%d", "14jan2009"),
        (17911, "%tdCCYY-NN-DD", "2009-01-14"),
        (17911, "%tdNN/DD/CCYY", "01/14/2009"),
        (17911, "%tdNN/DD/YY", "01/14/09"),
        (17911, "%tdD_m_Y", "14 Jan 09"),
        (17911, "%tdD_m_CY", "14 Jan 2009"),
        (17911, "%tdMonth_dd,_CCYY", "January 14, 2009"),
        (17911, "%tdDay_DD_mon_CCYY", "Wed 14 jan 2009"),
        (17911, "%tdJJJ", "014"),
        (17911, "%tdCCYY.NN.DD", "2009.01.14"),
        (0, "%tc", "01jan1960 00:00:00"),
        (1_717_426_645_678.0, "%tcDDmonCCYY_HH:MM:SS.sss", "03jun2014 14:57:25.678"),
        (1_717_426_645_678.0, "%tcHh:MM_am", "02:57 pm"),
        (1_717_426_645_678.0, "%tchh:MM_A.M.", "2:57 P.M."),
        (0, "%tm", "1960m1"),
        (587, "%tm", "2008m12"),
        (-1, "%tm", "1959m12"),
        (587, "%tmMon_CCYY", "Dec 2008"),
        (0, "%tw", "1960w1"),
        (51, "%tw", "1960w52"),
        (5, "%tq", "1961q2"),
        (-1, "%th", "1959h2"),
        (2010, "%ty", "2010"),
        (12, "%tg", "12"),
        # leap second at the end of 30jun1972: 4565 days after 01jan1960
        (4565 * 86_400_000.0, "%tC", "30jun1972 23:59:60"),
        (4565 * 86_400_000.0 + 1000, "%tC", "01jul1972 00:00:00"),
        (4565 * 86_400_000.0 - 1, "%tC", "30jun1972 23:59:59"),
    ],
)
def test_dates(value, fmt, expected):
    assert format_trimmed(value, fmt) == expected


@given(st.dates(min_value=datetime.date(100, 1, 1)))
def test_dates_equal_python_calendar(day):
    n = (day - datetime.date(1960, 1, 1)).days
    assert format_trimmed(n, "%tdCCYY-NN-DD") == day.isoformat()
    assert format_trimmed(n, "%tdDay") == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][day.weekday()]
    assert format_trimmed(n, "%tdjjj") == str(day.timetuple().tm_yday)


@pytest.mark.parametrize(
    ("text", "fmt", "expected"),
    [
        ("abc", "%5s", "  abc"),
        ("abc", "%-5s", "abc  "),
        ("abc", "%~6s", " abc  "),
        ("abcdef", "%4s", "abcd"),
        ("abcdef", "%s", "abcdef"),
        ("été", "%5s", "  été"),
    ],
)
def test_strings(text, fmt, expected):
    assert format_string(text, fmt) == expected


def test_strings_that_overflow():
    assert format_string("abcdef", "%5s", "dots") == "abc.."
    assert format_string("abcdef", "%5s", "keep") == "abcdef"


@pytest.mark.parametrize(
    "bad", ["", "9.0g", "%", "%9.9f", "%0.0g", "%9.0k", "%tz", "%tdQQ", "%9.2ec", "%20x", "%tdé"]
)
def test_invalid_formats(bad):
    with pytest.raises(StataError) as caught:
        parse_format(bad)
    assert (caught.value.rc, caught.value.message) == (120, "invalid %format")


def test_number_in_string_format_is_type_mismatch():
    with pytest.raises(StataError) as caught:
        format_number(1.0, "%9s")
    assert caught.value.rc == 109


@pytest.mark.parametrize(
    ("storage", "fmt"),
    [  # [D] format
        ("byte", "%8.0g"),
        ("int", "%8.0g"),
        ("long", "%12.0g"),
        ("float", "%9.0g"),
        ("double", "%10.0g"),
        ("str3", "%9s"),
        ("str20", "%20s"),
        ("strL", "%9s"),
    ],
)
def test_default_formats(storage, fmt):
    assert default_format(storage) == fmt


@given(st.floats(-1e300, 1e300), st.integers(8, 24))
def test_general_fits_its_field_and_reads_back(x, w):
    text = format_number(x, f"%{w}.0g")
    assert len(text) == w
    if x == 0 or abs(x) > 1e-290:
        digits = 1 if w == 8 else w - 7
        assert math.isclose(float(text), x, rel_tol=10.0 ** (1 - digits), abs_tol=0)
        assert float(format_number(-x, f"%{w}.0g")) == -float(text)


@given(st.floats(1e-4, 1e7), st.integers(9, 18))
def test_general_is_exact_to_its_digits(x, w):
    """Fixed notation: error at most half a unit of the last place shown, at most w-2 digits."""
    text = format_trimmed(x, f"%{w}.0g")
    if "e" not in text:
        shown = text.replace(".", "").lstrip("0")
        places = len(text.partition(".")[2])
        assert len(shown) <= w - 2
        full = (w - 2) - (len(str(int(x))) if x >= 1 else 0)
        assert places <= full or x < 1
        error = abs(Decimal(text) - Decimal(x))
        assert error <= Decimal("0.5") * Decimal(10) ** -max(places, full)
