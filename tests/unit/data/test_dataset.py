"""Dataset: variables, rows, sort order, snapshots, characteristics, notes."""

import numpy as np
import pytest

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError


def numeric(numbers, stype="float"):
    return Column.numeric(np.array(numbers, dtype=float), None, stype)


@pytest.fixture
def data():
    data = Dataset(
        {"a": numeric([2, 1, 2, 1]), "b": numeric([4, 3, 2, 1], "byte"), "c": numeric([0, 0, 1, 1])}
    )
    data.hidden["sample"] = np.array([True, False, True, False])
    return data


def test_columns_are_read_only(data):
    with pytest.raises(ValueError, match="read-only"):
        data.column("a").data[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        Column(np.arange(3, dtype=np.float64), "double").values()[0] = 9


def test_add_places_and_errors(data):
    data.add("x", numeric([1, 2, 3, 4]), before="b")
    data.add("y", numeric([1, 2, 3, 4]), after="b")
    assert data.names == ["a", "x", "b", "y", "c"]
    with pytest.raises(StataError, match="variable x already defined") as error:
        data.add("x", numeric([1, 2, 3, 4]))
    assert error.value.rc == 110
    with pytest.raises(StataError, match="if invalid name"):
        data.add("if", numeric([1, 2, 3, 4]))


@pytest.mark.parametrize("method", ["column", "find", "values"])
def test_unknown_variable(data, method):
    with pytest.raises(StataError, match="variable zz not found") as error:
        getattr(data, method)("zz")
    assert error.value.rc == 111


def test_order(data):
    data.order(["c", "b"])
    assert data.names == ["c", "b", "a"]
    data.order(["c"], last=True)
    assert data.names == ["b", "a", "c"]
    data.order(["c"], after="b")
    assert data.names == ["b", "c", "a"]


def test_rename(data):
    data.sort(["a", "b"])
    data.rename_all({"a": "b", "b": "a"})
    assert data.names == ["b", "a", "c"]
    assert data.sortedby == ("b", "a")
    for new, rc in (("a", 110), ("1x", 198)):
        with pytest.raises(StataError) as error:
            data.rename("c", new)
        assert error.value.rc == rc
    with pytest.raises(StataError):
        data.rename("zz", "q")
    data.rename("c", "c")
    assert data.names == ["b", "a", "c"]


def test_sort_moves_rows_together(data):
    data.sort(["a"])
    assert data.values("b").tolist() == [3, 1, 4, 2]
    assert data.hidden["sample"].tolist() == [False, False, True, True]
    assert data.sortedby == ("a",)
    assert data.is_sorted_by(["a"])
    assert not data.is_sorted_by(["a", "b"])


def test_sort_keeps_a_finer_order(data):
    data.sort(["a", "b"])
    data.sort(["a"])
    assert data.sortedby == ("a", "b")


def test_sortedby_is_cut_when_a_sort_variable_changes(data):
    data.sort(["a", "b", "c"])
    data.set_column("c", data.column("c").with_(label="text only"))
    assert data.sortedby == ("a", "b", "c")
    data.set_column("b", data.column("b").recast("int"), same_values=True)
    assert data.sortedby == ("a", "b", "c")
    data.set_column("b", numeric([1, 1, 1, 1]))
    assert data.sortedby == ("a",)
    data.drop(["a"])
    assert data.sortedby == ()


def test_sortedby_and_rows(data):
    data.sort(["a"])
    data.keep_rows(np.array([True, True, False, True]))
    assert (data.n, data.sortedby) == (3, ("a",))
    data.keep_rows(np.array([0, 0, 1, 2]))  # expand
    assert (data.n, data.sortedby) == (4, ("a",))
    data.keep_rows(np.array([3, 0]))
    assert (data.n, data.sortedby) == (2, ())
    data.sort(["a"])
    data.set_obs(3)
    assert data.sortedby == ()


def test_set_obs_appends_missing(data):
    data.add("s", Column.text(np.array([b"a", b"b", b"c", b"d"])))
    data.add("t", Column.text(np.array([b"a", b"b", b"c", b"d"]), "strL"))
    data.set_obs(6)
    assert data.n == 6
    assert np.isnan(data.values("b")[4:]).all()
    assert data.column("s").strings()[4:].tolist() == [b"", b""]
    assert data.column("t").strings()[4:].tolist() == [b"", b""]
    assert data.hidden["sample"][4:].tolist() == [False, False]
    with pytest.raises(ValueError, match="may not drop"):
        data.set_obs(2)


def test_dropping_everything_leaves_no_rows(data):
    data.drop(["a", "b", "c"])
    assert (data.n, data.k) == (0, 0)
    data.set_obs(5)
    data.add("x", numeric([1] * 5))
    assert data.n == 5


def test_keep(data):
    data.keep(["c", "a"])
    assert data.names == ["a", "c"]


def test_snapshot_is_independent(data):
    data.value_labels["v"] = ValueLabel({1: "one"})
    data.sort(["c"])
    data.changed = False
    before = data.copy()
    data.rename("a", "z")
    data.set_column("b", numeric([0, 0, 0, 0]))
    data.set_char("c", "note1", "hi")
    data.value_labels["w"] = ValueLabel({})
    data.hidden["sample"] = np.zeros(4, bool)
    data.keep_rows(np.array([0]))
    data.restore(before)
    assert data.names == ["a", "b", "c"]
    assert data.values("b").tolist() == [4, 3, 2, 1]
    assert (data.n, data.sortedby, data.changed, data.chars) == (4, ("c",), False, {})
    assert list(data.value_labels) == ["v"]
    assert data.hidden["sample"].tolist() == [True, False, True, False]
    data.rename("a", "q")
    assert before.names == ["a", "b", "c"]


def test_copy_shares_arrays():
    big = Dataset({"x": Column.filled(1_000_000, 0.0, stype="byte")})
    assert big.copy().column("x").data is big.column("x").data


def test_width_and_memory(data):
    assert data.width == 4 + 1 + 4
    data.add("s", Column.text(np.array([b"four", b"", b"", b""]), "strL"))
    assert data.width == 9 + 8
    assert data.memory() == 17 * 4 + 4
    big = Dataset(n=50_000_000)
    big.add("x", Column.filled(big.n, 1, stype="byte"))
    assert big.memory() == big.column("x").data.nbytes == 50_000_000


def test_notes_and_characteristics(data):
    assert data.add_note("first") == 1
    assert data.add_note("second") == 2
    assert data.add_note("on b", "b") == 1
    data.set_char("_dta", "note1", "")
    assert data.notes() == {2: "second"}
    assert data.add_note("third") == 3
    assert data.chars == {
        "_dta": {"note0": "3", "note2": "second", "note3": "third"},
        "b": {"note0": "1", "note1": "on b"},
    }
    data.rename("b", "bb")
    assert data.notes("bb") == {1: "on b"}
    with pytest.raises(StataError):
        data.set_char("zz", "x", "y")


def test_recast():
    column = Column.numeric(np.array([1.5, np.nan, 300.0]), np.array([0, 3, 0], dtype=np.int8), "double")
    small = column.recast("byte")
    assert np.isnan(small.values()).tolist() == [False, True, True]
    assert small.codes().tolist() == [0, 3, 0]
    text = Column.text(np.array([b"abc", b"d"]), label="w")
    assert text.recast("str2").strings().tolist() == [b"ab", b"d"]
    assert text.recast("strL").recast("str1").strings().tolist() == [b"a", b"d"]
    assert text.recast("strL").label == "w"


def test_text_chooses_its_width():
    assert Column.text(np.array([b"", b""])).stype == "str1"
    assert Column.text(np.array([b"abc"], dtype=object)).stype == "str3"
    assert Column.text(np.array([b"x" * 2046], dtype=object)).stype == "strL"
    assert Column.text(np.array([b"abc"])).format == "%9s"
