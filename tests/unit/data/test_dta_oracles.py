""".dta files against independent readers: pandas and pyreadstat, on real files and on ours."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from test_dta import sample_data

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import read_dta, write_dta
from pystata_hlm.data.labels import MISSING_KEY, ValueLabel, key_text

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "examples"
FILES = sorted(EXAMPLES.glob("*.dta")) if EXAMPLES.is_dir() else []
needs_examples = pytest.mark.skipif(not FILES, reason="shared example data absent")
PANDAS_NAMES = {"byte": "b", "int": "h", "long": "l", "float": "f", "double": "d", "strL": "Q"}


def compare_with_pandas(path, data, extended=True):
    with warnings.catch_warnings(), pd.io.stata.StataReader(path) as reader:
        warnings.simplefilter("ignore")
        frame = reader.read(
            convert_categoricals=False, convert_dates=False, convert_missing=extended, preserve_dtypes=True
        )
        assert reader.data_label == data.label
        assert reader.time_stamp == data.timestamp
        labels, value_labels = reader.variable_labels(), reader.value_labels()
        types, formats, attached = reader._typlist, reader._fmtlist, reader._lbllist
        sort_numbers = list(reader._srtlist)
        names, release = reader._varlist, reader._format_version
    ended = sort_numbers.index(0) if 0 in sort_numbers else len(sort_numbers)  # what follows the 0 is noise
    assert list(frame) == data.names
    assert len(frame) == data.n
    if release < 119:  # pandas reads the 4-byte sort list of 119 as 2-byte numbers
        assert tuple(names[i - 1] for i in sort_numbers[:ended]) == data.sortedby
    assert set(value_labels) == set(data.value_labels)
    for name, theirs in value_labels.items():
        assert {int(k): v for k, v in theirs.items()} == dict(data.value_labels[name].items())
    for name, kind, display, label_name in zip(frame, types, formats, attached, strict=True):
        column = data.column(name)
        assert labels[name] == column.label
        assert display == column.format
        assert label_name == column.value_label
        if column.is_string:
            assert frame[name].tolist() == [raw.decode() for raw in column.strings().tolist()]
            continue
        assert PANDAS_NAMES[column.stype] == kind
        values, codes = column.decoded()
        theirs = frame[name].to_numpy()
        if theirs.dtype == object:
            texts = [
                str(cell) if isinstance(cell, pd.io.stata.StataMissingValue) else None for cell in theirs
            ]
            ours = [
                None if v == v else "." + (chr(96 + codes[i]) if codes is not None and codes[i] else "")
                for i, v in enumerate(values)
            ]
            assert texts == ours
            theirs = np.array([np.nan if t else float(cell) for t, cell in zip(texts, theirs, strict=True)])
        np.testing.assert_array_equal(values, theirs.astype(float))


@needs_examples
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files_agree_with_pandas(path):
    compare_with_pandas(path, read_dta(path))


@needs_examples
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files_agree_with_pyreadstat(path):
    data = read_dta(path)
    frame, meta = pyreadstat.read_dta(path, disable_datetime_conversion=True)
    assert list(frame) == data.names
    assert (meta.file_label or "") == data.label.rstrip()  # pyreadstat strips
    for name in data.names:
        column = data.column(name)
        assert (meta.column_names_to_labels[name] or "") == column.label
        assert meta.original_variable_types[name] == column.format
        if column.is_string:
            assert frame[name].fillna("").tolist() == [raw.decode() for raw in column.strings().tolist()]
        else:
            np.testing.assert_array_equal(column.values(), frame[name].to_numpy(float))
    for name, theirs in meta.value_labels.items():
        ours = {key: text for key, text in data.value_labels[name].items() if key < MISSING_KEY}
        assert {k: v for k, v in theirs.items() if not isinstance(k, str)} == ours
    assert sorted(data.notes().values()) == sorted(meta.notes or [])  # theirs come in file order


@needs_examples
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rewriting_a_stata_118_file_keeps_every_offset(path, tmp_path):
    """Our copy of a file has its length and section map (Stata leaves noise after NULs, we do not)."""
    raw = path.read_bytes()
    if raw[28:31] != b"118":
        pytest.skip("another release")
    data = read_dta(path)
    write_dta(data, tmp_path / "copy.dta", 118, timestamp=data.timestamp)
    ours = (tmp_path / "copy.dta").read_bytes()
    assert len(ours) == len(raw)
    at = raw.index(b"<map>")
    assert ours[: at + 122] == raw[: at + 122]
    first, last = raw.index(b"<data>"), raw.index(b"</data>")
    if not any(column.is_string for column in data.columns.values()):
        assert ours[first:last] == raw[first:last]


def labelled():
    n = 6
    codes = np.array([0, 0, 0, 1, 26, 5], dtype=np.int8)
    values = np.array([1.0, -2.0, np.nan, np.nan, np.nan, np.nan])
    columns = {
        f"{stype}_var": Column.numeric(values, codes, stype, label=f"a {stype}", value_label="lab")
        for stype in ("byte", "int", "long", "float", "double")
    }
    columns["s"] = Column.text(np.array([word.encode() for word in ("é", "", "abc", "ü" * 9, "x", "y")]))
    data = Dataset(columns, n)
    data.value_labels = {"lab": ValueLabel({1: "one", -2: "minus two", MISSING_KEY + 1: "refused"})}
    data.label = "Données"
    data.sortedby = ("byte_var", "s")
    data.add_note("a note")
    return data


@pytest.mark.parametrize("release", [114, 117, 118, 119])
def test_pandas_reads_what_we_write(tmp_path, release):
    path = tmp_path / "a.dta"
    data = labelled()
    data.timestamp = write_dta(data, path, release)
    compare_with_pandas(path, data)


@pytest.mark.parametrize("release", [114, 115, 117, 118, 119])
def test_pyreadstat_reads_what_we_write(tmp_path, release):
    path = tmp_path / "a.dta"
    data = labelled()
    write_dta(data, path, release)
    frame, meta = pyreadstat.read_dta(path, user_missing=True)
    assert meta.file_label == "Données"
    assert meta.notes == ["a note"]
    assert frame["s"].tolist() == [raw.decode() for raw in data.column("s").strings().tolist()]
    for name in data.names[:5]:
        assert frame[name].tolist()[:2] == [1, -2]
        assert frame[name].tolist()[3:] == ["a", "z", "e"]
        assert meta.column_names_to_labels[name] == data.column(name).label
        assert meta.variable_value_labels[name] == {1: "one", -2: "minus two", "a": "refused"}


def test_others_read_our_strls(tmp_path):
    data = sample_data()
    texts = [raw.decode() for raw in data.column("t").strings().tolist()]
    for release in (117, 118, 119):
        write_dta(data, tmp_path / "a.dta", release)
        frame = pd.read_stata(tmp_path / "a.dta")
        # pandas shows a binary strL as the text of a bytes literal
        assert frame["t"].tolist() == [str(t.encode()) if "\0" in t else t for t in texts]
        assert frame["u"].tolist() == ["", "", "other", "same", ""]


@pytest.mark.parametrize("version", [114, 117, 118, 119])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_we_read_what_pandas_writes(tmp_path, version, byteorder):
    path = tmp_path / "p.dta"
    frame = pd.DataFrame(
        {
            "b": np.array([1, 2, 100], np.int8),
            "i": np.array([1000, -5, 3], np.int16),
            "l": np.array([10**9, 0, -1], np.int32),
            "f": np.array([1.5, np.nan, 2], np.float32),
            "d": [np.nan, 1e300, 0.1],
            "s": ["abc", "", "é" if version > 114 else "x"],
        }
    )
    options = {"convert_strl": ["s"]} if version > 114 else {}
    frame.to_stata(
        path,
        write_index=False,
        version=version,
        byteorder=byteorder,
        data_label="Label",
        variable_labels={"d": "dee"},
        value_labels={"b": {1: "one", 2: "two"}},
        **options,
    )
    data = read_dta(path)
    assert [column.stype for column in data.columns.values()][:5] == [
        "byte",
        "int",
        "long",
        "float",
        "double",
    ]
    for name in "bilfd":
        np.testing.assert_array_equal(data.values(name), frame[name].to_numpy(float))
    assert [raw.decode() for raw in data.column("s").strings().tolist()] == frame["s"].tolist()
    assert (data.column("s").stype == "strL") is (version > 114)
    assert (data.label, data.column("d").label) == ("Label", "dee")
    assert data.value_label_of("b") == ValueLabel({1: "one", 2: "two"})


@pytest.mark.parametrize("version", range(8, 16))
def test_we_read_what_pyreadstat_writes(tmp_path, version):
    path = tmp_path / "r.dta"
    frame = pd.DataFrame({"x": [1.25, np.nan, 3], "s": ["a", "bcd", ""]})
    pyreadstat.write_dta(frame, path, version=version, file_label="Label", column_labels={"x": "ex"})
    data = read_dta(path)
    np.testing.assert_array_equal(data.values("x"), frame["x"])
    assert data.column("s").strings().tolist() == [b"a", b"bcd", b""]
    assert (data.label, data.column("x").label) == ("Label", "ex")


def test_key_text():
    assert [key_text(k) for k in (5, -1, MISSING_KEY, MISSING_KEY + 26)] == ["5", "-1", ".", ".z"]
