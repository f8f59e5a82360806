""".dta releases 105 to 113, built here byte by byte from their published layout; pandas is the oracle."""

import io
import struct
import warnings

import numpy as np
import pandas as pd
import pytest

from pystata_hlm.data.io import read_dta
from pystata_hlm.data.labels import ValueLabel

NAN = float("nan")
RELEASES = [105, 108, 110, 111, 113]
LETTERS = {"byte": b"b", "int": b"i", "long": b"l", "float": b"f", "double": b"d"}
NUMBERS = {"byte": 251, "int": 252, "long": 253, "float": 254, "double": 255}
PACK = {"byte": "b", "int": "h", "long": "i", "float": "f", "double": "d"}
FLOAT_MISSING = struct.unpack("<f", struct.pack("<I", 0x7F000000))[0]
DOUBLE_MISSING = 2.0**1023

NAMES = ["b", "i", "l", "f", "d", "s"]
TYPES = ["byte", "int", "long", "float", "double", "str6"]


def missing_of(release, stype):
    """Stored system missing value: the largest number of the type before release 113."""
    if stype == "float":
        return FLOAT_MISSING
    if stype == "double":
        return 2.0**333 if release == 105 else DOUBLE_MISSING
    old = {"byte": 127, "int": 32767, "long": 2147483647}
    new = {"byte": 101, "int": 32741, "long": 2147483621}
    return (old if release < 113 else new)[stype]


def build(release, order, rows):
    """A file of NAMES/TYPES with a value label on b, a note on the data, sorted by b."""
    field = lambda text, width: text.encode("latin-1").ljust(width, b"\0")  # noqa: E731
    name = 9 if release <= 108 else 33
    label = 32 if release == 105 else 81
    k, n = len(NAMES), len(rows)
    out = struct.pack(order + "BBBBHi", release, 1 if order == ">" else 2, 1, 0, k, n)
    out += field("Old données", label) + field("12 Mar 1999 10:11", 18)
    for stype in TYPES:
        width = int(stype[3:]) if stype.startswith("str") else 0
        if release >= 111:
            out += bytes([width or NUMBERS[stype]])
        else:
            out += bytes([127 + width]) if width else LETTERS[stype]
    out += b"".join(field(v, name) for v in NAMES)
    out += struct.pack(f"{order}{k + 1}H", 1, *[0] * k)
    out += b"".join(field("%9s" if t == "str6" else "%9.0g", 12) for t in TYPES)
    out += b"".join(field("lab" if v == "b" else "", name) for v in NAMES)
    out += b"".join(field(f"label of {v}", label) for v in NAMES)
    note = field("_dta", name) + field("note1", name) + "été\0".encode("latin-1")
    size = "H" if release <= 108 else "I"
    out += struct.pack(order + "B" + size, 1, len(note)) + note + struct.pack(order + "B" + size, 0, 0)
    for row in rows:
        for stype, cell in zip(TYPES, row, strict=True):
            if stype == "str6":
                out += field(cell, 6)
            else:
                value = missing_of(release, stype) if cell != cell else cell
                out += struct.pack(order + PACK[stype], value)
    texts = [(1, "one"), (2, "zwölf")]
    if release == 105:
        out += struct.pack(order + "H", 2) + field("lab", 9) + b"\0"
        out += struct.pack(order + "2h", 1, 2) + b"".join(field(text, 8) for _, text in texts)
    else:
        block = b"".join(field(text, len(text) + 1) for _, text in texts)
        table = struct.pack(order + "iiiiii", 2, len(block), 0, 4, 1, 2) + block
        out += struct.pack(order + "i", len(table)) + field("lab", name) + bytes(3) + table
    return out


ROWS = [
    (1, 30000, 2_000_000_000, 1.5, 1e300, "abc"),
    (2, -32767, -5, -0.25, 0.1, "naïve"),
    (100, NAN, NAN, NAN, NAN, ""),
    (NAN, 0, 0, 1e38, -1e10, "six666"),
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("release", RELEASES)
def test_old_release(release, order):
    raw = build(release, order, ROWS)
    data = read_dta(io.BytesIO(raw))
    assert data.names == NAMES
    assert [column.stype for column in data.columns.values()][:5] == TYPES[:5]
    for j, name in enumerate(NAMES[:4]):
        np.testing.assert_array_equal(
            data.values(name), np.array([row[j] for row in ROWS], np.float32 if name == "f" else float)
        )
    np.testing.assert_array_equal(data.values("d"), [1e300, 0.1, NAN, -1e10])
    assert data.column("s").strings().tolist() == [row[5].encode() for row in ROWS]
    assert (data.label, data.timestamp, data.sortedby) == ("Old données", "12 Mar 1999 10:11", ("b",))
    assert data.column("i").label == "label of i"
    assert data.column("i").format == "%9.0g"
    assert data.chars == {"_dta": {"note1": "été"}}
    assert data.value_label_of("b") == ValueLabel({1: "one", 2: "zwölf"})


@pytest.mark.parametrize("release", RELEASES)
def test_pandas_reads_the_same(release):
    """Guards the builder above: an independent reader sees these bytes the same way."""
    raw = build(release, "<", ROWS)
    data = read_dta(io.BytesIO(raw))
    with warnings.catch_warnings(), pd.io.stata.StataReader(io.BytesIO(raw)) as reader:
        warnings.simplefilter("ignore")
        frame = reader.read(convert_categoricals=False)
        assert reader.variable_labels() == {name: column.label for name, column in data.columns.items()}
        assert {int(k): v for k, v in reader.value_labels()["lab"].items()} == dict(
            data.value_labels["lab"].items()
        )
        assert reader.data_label == data.label
    for name in NAMES[:5]:
        np.testing.assert_array_equal(frame[name].to_numpy(float), data.values(name))
    assert frame["s"].tolist() == [raw.decode() for raw in data.column("s").strings().tolist()]


@pytest.mark.parametrize("release", [105, 108, 110, 111])
def test_values_that_now_are_missing_codes_grow_the_type(release):
    """Before release 113 byte 101..126, int 32741..32766 and long 2147483621.. were numbers."""
    rows = [(120, 32766, 2147483646, 0, 0, "a"), (NAN, NAN, NAN, 0, 0, "b")]
    data = read_dta(io.BytesIO(build(release, "<", rows)))
    assert [data.column(name).stype for name in "bil"] == ["int", "long", "double"]
    for j, name in enumerate("bil"):
        np.testing.assert_array_equal(data.values(name), [rows[0][j], NAN])
