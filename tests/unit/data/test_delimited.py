"""Fields of delimited text against Python's csv module; numbers in text; encodings."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data.delimited import Dialect, scan
from pystata_hlm.data.reading import guess, numbers, punctuated
from pystata_hlm.data.textfile import to_utf8
from pystata_hlm.errors import StataError

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from('",\n '), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_csv_writes_is_read_back(rows: list[list[str]]) -> None:
    """The csv module's quoting is that of bindquotes(strict)."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    fields = scan(out.getvalue().encode(), Dialect(bind="strict", max_quoted=0))
    assert [[cell.decode() for cell in fields.row(i)] for i in range(fields.rows)] == rows
    for j in range(3):
        column = [bytes(cell).decode() for cell in fields.column(j).tolist()]
        assert column == [row[j] for row in rows]


TEXTS = {
    # text, dialect, rows
    ("a,b\n1,2\n", "plain"): (Dialect(), [["a", "b"], ["1", "2"]]),
    ("a,b", "no newline at the end"): (Dialect(), [["a", "b"]]),
    ("1,2,3\n4\n", "short line"): (Dialect(), [["1", "2", "3"], ["4", "", ""]]),
    ('"a,b",2\n', "quoted delimiter"): (Dialect(), [["a,b", "2"]]),
    ('5" pipe,2\n"x",3\n', "an odd quote binds nothing"): (Dialect(), [['5" pipe', "2"], ["x", "3"]]),
    ('"a\nb",2\n', "loose ends at the line"): (Dialect(), [['"a', ""], ['b"', "2"]]),
    ('"a\nb",2\n', "strict goes on"): (Dialect(bind="strict"), [["a\nb", "2"]]),
    ('"a\n1\n2\nb",2\n', "up to max_quoted lines"): (
        Dialect(bind="strict", max_quoted=3),
        [['"a', ""], ["1", ""], ["2", ""], ['b"', "2"]],
    ),
    ('"a,b",2\n', "nobind"): (Dialect(bind="nobind"), [['"a', 'b"', "2"]]),
    ('"a""b",2\n', "doubled quotes"): (Dialect(), [['a"b', "2"]]),
    ('"a""b",2\n', "strip no"): (Dialect(strip="no"), [['"a""b"', "2"]]),
    ('"a""b",c"d"\n', "strip yes"): (Dialect(strip="yes"), [["ab", "cd"]]),
    ("a;b:c\n", "several delimiters"): (Dialect(b";:"), [["a", "b", "c"]]),
    ("a::b:c\n", "a longer delimiter"): (Dialect(b"::", as_string=True), [["a", "b:c"]]),
    ("  a  b\tc \nd e f\n", "whitespace"): (
        Dialect(b" \t", collapse=True),
        [["a", "b", "c"], ["d", "e", "f"]],
    ),
    ("a,,b\n", "collapse"): (Dialect(collapse=True), [["a", "b"]]),
}


@pytest.mark.parametrize(("text", "why"), TEXTS, ids=lambda x: x if "\n" not in x else "")
def test_dialects(text: str, why: str) -> None:
    dialect, rows = TEXTS[text, why]
    fields = scan(text.encode(), dialect)
    assert [[cell.decode() for cell in fields.row(i)] for i in range(fields.rows)] == rows
    columns = [[bytes(cell).decode() for cell in fields.column(j).tolist()] for j in range(fields.k)]
    assert [list(row) for row in zip(*columns, strict=True)] == rows


COLUMNS = {
    # entries -> storage type
    ("1", "-127", "100", ""): "byte",
    ("1", "101"): "int",
    ("32741",): "long",
    ("2147483620",): "long",
    ("2147483621",): "double",
    ("12345678901",): "double",
    ("1.5", "2"): "float",
    ("1e3", "1d3", " 7 "): "int",
    ("", ""): "byte",
    (".", ".a", ".z", "3"): "byte",
    ("1", "x"): "str1",
    ("nan", "1"): "str3",
    ("inf",): "str3",
    ("1_000",): "str5",
    ("0x10",): "str4",
    ("2020-01-02",): "str10",
    ("1,234",): "str5",
    (".5", "-.5", "+1."): "float",
    ("-", "1"): "str1",
}


@pytest.mark.parametrize("entries", COLUMNS, ids="|".join)
def test_types(entries: tuple[str, ...]) -> None:
    assert guess(np.array([e.encode() for e in entries])).stype == COLUMNS[entries]


def test_missing_values() -> None:
    values, codes, good = numbers(np.array([b".a", b"", b".", b"4", b"x"]))
    assert codes is not None and codes.tolist() == [1, 0, 0, 0, 0]
    assert good.tolist() == [True, True, True, True, False]
    assert np.isnan(values[[0, 1, 2, 4]]).all() and values[3] == 4


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=20))
def test_numbers_are_pythons(found: list[float]) -> None:
    values, _, good = numbers(np.array([repr(x).encode() for x in found]))
    assert good.all() and values.tolist() == found


def test_separators() -> None:
    texts = np.array([b"1.234,5", b"7", b"1,5"])
    assert punctuated(texts, ",", ".").tolist() == [b"1234.5", b"7", b"1.5"]


ENCODED = {
    # bytes, encoding asked for -> text, name
    (b"abc", ""): ("abc", "ISO-8859-1"),
    ("é".encode(), ""): ("é", "UTF-8"),
    ("é".encode("latin-1"), ""): ("é", "ISO-8859-1"),
    ("\ufeffa".encode(), ""): ("a", "UTF-8"),
    ("\ufeffa".encode("utf-16-le"), ""): ("a", "UTF-16LE"),
    ("é".encode(), "latin1"): ("Ã©", "latin1"),
    ("ж".encode("cp1251"), "windows-1251"): ("ж", "windows-1251"),
    (b"a\r\nb\rc", "utf-8"): ("a\nb\nc", "utf-8"),
}


@pytest.mark.parametrize(("raw", "encoding"), ENCODED, ids=str)
def test_encodings(raw: bytes, encoding: str) -> None:
    text, name = to_utf8(raw, encoding)
    assert (text.decode(), name) == ENCODED[raw, encoding]


def test_unknown_encoding() -> None:
    with pytest.raises(StataError) as error:
        to_utf8(b"a", "klingon")
    assert error.value.rc == 198
