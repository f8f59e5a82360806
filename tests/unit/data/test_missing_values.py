"""Missing values: codes, decoding, encoding through storage types, Stata's ordering."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data import missing, storage

NUMERIC = storage.NUMERIC_TYPES


@pytest.mark.parametrize(
    ("text", "code"),
    [(".", 0), (".a", 1), (".m", 13), (".z", 26), ("", None), ("a", None), (".A", None), (".ab", None)],
)
def test_code_of(text, code):
    assert missing.code_of(text) == code
    if code is not None:
        assert missing.text_of(code) == text


# codes of ., .a and .z in each integer type: help data types / help dta
@pytest.mark.parametrize(
    ("stype", "dot", "a", "z"),
    [("byte", 101, 102, 127), ("int", 32741, 32742, 32767), ("long", 2147483621, 2147483622, 2147483647)],
)
def test_integer_codes(stype, dot, a, z):
    stored = missing.encode(np.full(3, np.nan), np.array([0, 1, 26]), stype)
    assert stored.tolist() == [dot, a, z]


@pytest.mark.parametrize("stype", NUMERIC)
def test_every_code_survives_every_type(stype):
    codes = np.arange(27)
    values, back = missing.decode(missing.encode(np.full(27, np.nan), codes, stype))
    assert np.isnan(values).all()
    assert back.tolist() == codes.tolist()


@pytest.mark.parametrize("stype", NUMERIC)
def test_nan_from_arithmetic_is_sysmiss(stype):
    with np.errstate(all="ignore"):
        values = np.array([0.0, 1.0, np.inf]) / np.array([0.0, 0.0, np.inf])
    decoded, codes = missing.decode(missing.encode(values, None, stype))
    assert np.isnan(decoded).all()
    assert codes is None


def test_payload_without_codes_is_dropped():
    stored = missing.encode(np.full(2, np.nan), np.array([3, 4]), "double")
    _, codes = missing.decode(missing.encode(stored, None, "float"))
    assert codes is None


@pytest.mark.parametrize(
    ("value", "stype", "expected"),
    [
        (3.7, "byte", 3),
        (-3.7, "byte", -3),
        (100.9, "byte", 100),
        (101, "byte", np.nan),
        (-127, "byte", -127),
        (-128, "byte", np.nan),
        (32740, "int", 32740),
        (32741, "int", np.nan),
        (2147483620, "long", 2147483620),
        (2147483621, "long", np.nan),
        (-2147483648, "long", np.nan),
        (1e300, "long", np.nan),
        (1.1, "float", 1.10000002384185791015625),
        (1.7e38, "float", float(np.float32(1.7e38))),
        (1.8e38, "float", np.nan),
        (-1.8e38, "float", np.nan),
        (8.9e307, "double", 8.9e307),
        (8.99e307, "double", np.nan),
        (np.inf, "double", np.nan),
    ],
)
def test_storing_rounds_through_the_type(value, stype, expected):
    values, codes = missing.decode(missing.encode(np.array([value]), None, stype))
    np.testing.assert_array_equal(values, [expected])
    assert codes is None


def test_scalars():
    assert missing.encode(2.9, None, "int") == 2
    assert missing.decode(missing.encode(np.nan, 2, "float").reshape(1))[1].tolist() == [2]


def test_ordered_follows_stata():
    values = np.array([np.nan, 5, np.nan, -1e300, np.nan, 8.9e307])
    codes = np.array([26, 0, 0, 0, 1, 0])
    assert np.argsort(missing.ordered(values, codes)).tolist() == [3, 1, 5, 2, 4, 0]
    assert np.argsort(missing.ordered(values), kind="stable").tolist() == [3, 1, 5, 0, 2, 4]


def test_ordered_without_missing_is_the_same_array():
    x = np.array([1.0, 2.0])
    assert missing.ordered(x) is x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_file_codes(dtype):
    stype = "float" if dtype is np.float32 else "double"
    ours = missing.encode(np.array([1.5, np.nan, np.nan, np.nan]), np.array([0, 0, 1, 26]), stype)
    filed = missing.to_file(ours)
    # hexadecimal forms in help dta
    bits = [hex(b) for b in filed.view(np.uint32 if dtype is np.float32 else np.uint64)[1:].tolist()]
    if dtype is np.float32:
        assert bits == ["0x7f000000", "0x7f000800", "0x7f00d000"]
    else:
        assert bits == ["0x7fe0000000000000", "0x7fe0010000000000", "0x7fe01a0000000000"]
    back = filed.copy()
    missing.from_file(back)
    assert back.tobytes() == ours.tobytes()


def test_foreign_infinities_in_a_file_are_sysmiss():
    x = np.array([np.inf, -np.inf, np.nan, 1.0])
    missing.from_file(x)
    values, codes = missing.decode(x)
    assert np.isnan(values).tolist() == [True, True, True, False]
    assert codes is None


@settings(deadline=None)
@given(
    st.lists(st.integers(-127, 126), min_size=1), st.sampled_from(["byte", "int", "long", "float", "double"])
)
def test_integers_survive_or_become_missing(numbers, stype):
    x = np.array(numbers, dtype=float)
    low, high = storage.RANGES[stype]
    values, _ = missing.decode(missing.encode(x, None, stype))
    np.testing.assert_array_equal(values, np.where((x >= low) & (x <= high), x, np.nan))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(-1, 26)), min_size=1, max_size=40))
def test_order_law(pairs):
    """ordered() sorts like the key (missing?, value or code)."""
    values = np.array([np.nan if code >= 0 else x for x, code in pairs])
    codes = np.array([max(code, 0) for _, code in pairs], dtype=np.int8)
    ours = np.argsort(missing.ordered(values, codes), kind="stable").tolist()
    theirs = sorted(
        range(len(pairs)), key=lambda i: (pairs[i][1] >= 0, pairs[i][1] if pairs[i][1] >= 0 else pairs[i][0])
    )
    assert ours == theirs
