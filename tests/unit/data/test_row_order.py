"""Sorting and grouping: Stata's order, stability, contiguous and scattered groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data import sorting
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset

NAN = float("nan")
STYPES = st.sampled_from(["byte", "int", "long", "float", "double"])


def numeric(numbers, codes=None, stype="double"):
    codes = None if codes is None else np.array(codes, dtype=np.int8)
    return Column.numeric(np.array(numbers, dtype=float), codes, stype)


def order_of(*columns):
    order = sorting.stable_order([sorting.sort_key(column) for column in columns])
    return list(range(len(columns[0]))) if order is None else order.tolist()


@pytest.mark.parametrize("stype", ["byte", "int", "long", "float", "double"])
def test_missing_values_come_last_in_order(stype):
    column = numeric([NAN, 3, NAN, NAN, -7], [26, 0, 0, 1, 0], stype)
    assert order_of(column) == [4, 1, 2, 3, 0]


@pytest.mark.parametrize("stype", ["str9", "str3", "strL"])
def test_strings_sort_by_bytes(stype):
    words = ["b", "é", "", "Z", "ba", "a"]
    column = Column.text(np.array([word.encode() for word in words], dtype=object), stype)
    assert [words[i] for i in order_of(column)] == ["", "Z", "a", "b", "ba", "é"]


def test_already_sorted_is_recognised():
    assert sorting.stable_order([np.array([1, 1, 2]), np.array([3, 4, 0])]) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-200, 200), st.integers(0, 3)), max_size=600), STYPES)
def test_two_key_sort_equals_python_sort(pairs, stype):
    first = numeric([a / 2 if stype in ("float", "double") else a / 2 // 1 for a, _ in pairs], None, stype)
    second = numeric([b for _, b in pairs], None, "byte")
    x, y = first.values().tolist(), second.values().tolist()
    assert order_of(first, second) == sorted(range(len(pairs)), key=lambda i: (x[i], y[i]))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([10, 70_000, 2**31 - 2]))
def test_radix_order_equals_argsort(seed, high):
    x = np.random.default_rng(seed).integers(-high, high, 400).astype(np.int32)
    np.testing.assert_array_equal(sorting.stable_order([x]), np.argsort(x, kind="stable"))


def test_unsigned_keys_beyond_32_bits():
    x = np.random.default_rng(5).integers(0, 2**64, 400, dtype=np.uint64)
    np.testing.assert_array_equal(sorting.stable_order([x]), np.argsort(x, kind="stable"))


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=300), st.booleans())
def test_tied_doubles_stay_stable(numbers, negative_zero):
    x = np.array(numbers, dtype=float) / 3
    if negative_zero:
        x[x == 0] *= np.where(np.arange((x == 0).sum()) % 2, -1, 1)
    expected = np.argsort(x, kind="stable").tolist()
    assert order_of(Column(x, "double")) == expected
    assert order_of(Column(x.astype(np.float32), "float")) == expected


@pytest.mark.parametrize("high", [3, 10**6, 2**31 - 2])
def test_groups_by_table_and_by_sorting_agree_with_unique(high):
    x = np.random.default_rng(7).integers(-high, high, 500).astype(np.int32)
    groups = Dataset({"x": Column(x, "long"), "y": Column(x % 7, "long")}).groups(["x", "y"])
    distinct, codes, sizes = np.unique(x, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(groups.codes, codes)
    np.testing.assert_array_equal(groups.sizes, sizes)
    np.testing.assert_array_equal(x[groups.first_rows], distinct)


def test_gsort_descending():
    data = Dataset({"x": numeric([1, NAN, 3, 3, 2]), "row": numeric([0, 1, 2, 3, 4])})
    data.gsort([("x", True)])
    assert data.values("row").tolist() == [2, 3, 4, 0, 1]
    assert data.sortedby == ()
    data.gsort([("x", True)], missing_first=True)
    assert data.values("row").tolist() == [1, 2, 3, 4, 0]


def test_gsort_mixed_keys_and_strings():
    data = Dataset(
        {
            "g": numeric([1, 0, 1, 0]),
            "s": Column.text(np.array([b"a", b"b", b"c", b"d"])),
            "r": numeric([0, 1, 2, 3]),
        }
    )
    data.gsort([("g", False), ("s", True)])
    assert data.values("r").tolist() == [3, 1, 2, 0]
    assert data.sortedby == ("g",)


def test_groups_on_sorted_rows_are_contiguous():
    data = Dataset({"g": numeric([1, 1, 2, NAN, NAN], [0, 0, 0, 0, 1])})
    groups = data.groups(["g"])
    assert groups.order is None
    assert groups.codes.tolist() == [0, 0, 1, 2, 3]
    assert groups.starts.tolist() == [0, 2, 3, 4]
    assert groups.sizes.tolist() == [2, 1, 1, 1]
    assert groups.rows(0) == slice(0, 2)


def test_groups_on_scattered_rows():
    data = Dataset({"g": numeric([2, 1, 2, 1, 2])})
    groups = data.groups(["g"])
    x = np.array([10.0, 20, 30, 40, 50])
    assert np.add.reduceat(groups.gather(x), groups.starts).tolist() == [60, 90]
    assert groups.spread(np.array([60, 90])).tolist() == [90, 60, 90, 60, 90]
    assert groups.first_rows.tolist() == [1, 0]
    assert groups.last_rows.tolist() == [3, 4]
    number, size = groups.within()
    assert number.tolist() == [1, 1, 2, 2, 3]
    assert size.tolist() == [3, 2, 3, 2, 3]


def test_groups_of_some_rows():
    data = Dataset({"g": numeric([2, 1, 2, 1, 2])})
    groups = data.groups(["g"], rows=np.array([True, False, True, True, False]))
    assert groups.codes.tolist() == [1, -1, 1, 0, -1]
    assert groups.rows(1).tolist() == [0, 2]
    assert groups.within()[0].tolist() == [1, 0, 2, 1, 0]


def test_no_names_is_one_group_and_no_rows_is_none():
    data = Dataset({"g": numeric([2, 1])})
    assert data.groups([]).sizes.tolist() == [2]
    assert len(Dataset({"g": numeric([])}).groups(["g"])) == 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=80), st.booleans())
def test_groups_law(pairs, presort):
    """Codes rank the distinct key pairs; order lists each group's rows in data order."""
    pairs = sorted(pairs) if presort else pairs
    data = Dataset({"a": numeric([a for a, _ in pairs], None, "byte"), "b": numeric([b for _, b in pairs])})
    groups = data.groups(["a", "b"])
    ranks = {pair: i for i, pair in enumerate(sorted(set(pairs)))}
    assert groups.codes.tolist() == [ranks[pair] for pair in pairs]
    listing = list(range(len(pairs))) if groups.order is None else groups.order.tolist()
    assert listing == sorted(range(len(pairs)), key=lambda i: (ranks[pairs[i]], i))
    assert groups.sizes.sum() == len(pairs)
