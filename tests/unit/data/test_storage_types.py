"""Storage types: names, widths, default formats, smallest type and promotion."""

import numpy as np
import pytest

from pystata_hlm.data import storage


@pytest.mark.parametrize(
    ("stype", "width", "display"),
    [  # help data types; help format
        ("byte", 1, "%8.0g"),
        ("int", 2, "%8.0g"),
        ("long", 4, "%12.0g"),
        ("float", 4, "%9.0g"),
        ("double", 8, "%10.0g"),
        ("str1", 1, "%9s"),
        ("str20", 20, "%20s"),
        ("strL", 8, "%9s"),
    ],
)
def test_width_and_format(stype, width, display):
    assert storage.byte_width(stype) == width
    assert storage.default_format(stype) == display


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("byte", True),
        ("strL", True),
        ("str1", True),
        ("str2045", True),
        ("str2046", False),
        ("str0", False),
        ("str", False),
        ("x", False),
    ],
)
def test_is_type(word, answer):
    assert storage.is_type(word) is answer


@pytest.mark.parametrize(
    ("numbers", "stype"),
    [
        ([1, 100], "byte"),
        ([101], "int"),
        ([-127], "byte"),
        ([-128], "int"),
        ([32740], "int"),
        ([32741], "long"),
        ([2147483620], "long"),
        ([2147483621], "double"),
        ([2147483648], "float"),  # a power of two is exact in float
        ([0.5, np.nan], "float"),
        ([0.1], "double"),
        ([np.nan], "byte"),
        ([], "byte"),
    ],
)
def test_smallest_type(numbers, stype):
    assert storage.smallest_type(np.array(numbers, dtype=float)) == stype


@pytest.mark.parametrize(
    ("old", "numbers", "new"),
    [
        ("byte", [100], "byte"),
        ("byte", [101], "int"),
        ("byte", [40000], "long"),
        ("byte", [0.5], "float"),
        ("int", [0.1], "float"),
        ("int", [3e9 + 1], "double"),
        ("long", [0.5], "double"),
        ("long", [2147483621], "double"),
        ("byte", [1e50], "double"),
        ("float", [0.1], "float"),
        ("float", [1e39], "double"),
        ("double", [1e300], "double"),
        ("byte", [np.nan], "byte"),
    ],
)
def test_promote(old, numbers, new):
    assert storage.promote(old, np.array(numbers, dtype=float)) == new


def test_promote_string():
    assert storage.promote_string("str3", 2) == "str3"
    assert storage.promote_string("str3", 9) == "str9"
    assert storage.promote_string("str3", 3000) == "strL"
    assert storage.promote_string("strL", 1) == "strL"
