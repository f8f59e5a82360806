"""A .dta file gives back what was put in: every type, missing value, label (in several languages), note, sort order.

Labels in other languages are characteristics of the data and the variables (``_lang_list``, ``_lang_v_de`` ...; see
``char list`` after ``label language``), so they are kept when characteristics are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import Session

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import read_dta, write_dta
from pystata_hlm.data.labels import MISSING_KEY, ValueLabel

LETTERS = st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"])
TEXT = st.text(LETTERS, max_size=12)
CODES = st.integers(0, 26)
RANGES = {"byte": (-127, 100), "int": (-32767, 32740), "long": (-2147483647, 2147483620)}


@st.composite
def columns(draw: st.DrawFn, n: int) -> Column:
    stype = draw(st.sampled_from([*RANGES, "float", "double", "str7", "strL"]))
    parts = {
        "label": draw(st.text(LETTERS, max_size=20)),
        "chars": draw(st.dictionaries(st.sampled_from(["note0", "_lang_v_de", "_lang_l_de", "mine"]), TEXT.filter(bool), max_size=3)),
    }  # fmt: skip
    if stype.startswith("str"):
        texts = draw(st.lists(st.binary(max_size=7).filter(lambda b: b"\0" not in b), min_size=n, max_size=n))
        if stype == "strL":
            texts = [text * draw(st.sampled_from([1, 1, 500])) for text in texts]
        array = np.empty(n, dtype=object)
        array[:] = texts
        return Column.text(array if stype == "strL" else np.array(texts, dtype="S7"), stype, **parts)
    if stype in RANGES:
        numbers = st.integers(*RANGES[stype]).map(float)
    else:
        width = 32 if stype == "float" else 64
        numbers = st.floats(-(2.0**126), 2.0**126, width=width, allow_subnormal=False)
    entries = draw(st.lists(st.one_of(numbers, CODES.map(lambda c: (c,))), min_size=n, max_size=n))
    values = np.array([np.nan if isinstance(x, tuple) else x for x in entries])
    codes = np.array([x[0] if isinstance(x, tuple) else 0 for x in entries], dtype=np.int8)
    return Column.numeric(values, codes, stype, value_label=draw(st.sampled_from(["", "lab"])), **parts)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    n = draw(st.integers(0, 5))
    k = draw(st.integers(1, 5))
    data = Dataset({f"v{j}": draw(columns(n)) for j in range(k)}, n=n)
    data.label = draw(st.text(LETTERS, max_size=20))
    data.value_labels["lab"] = ValueLabel(
        draw(
            st.dictionaries(
                st.integers(-9, 9) | CODES.map(lambda c: MISSING_KEY + c), TEXT.filter(bool), max_size=4
            )
        )
    )
    data.data_chars = draw(
        st.dictionaries(
            st.sampled_from(["_lang_list", "_lang_c", "note1", "note0"]), TEXT.filter(bool), max_size=4
        )
    )
    data.sortedby = tuple(draw(st.permutations(data.names)))[: draw(st.integers(0, k))]
    return data


@pytest.mark.parametrize("release", [117, 118, 119])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=datasets())
def test_round_trip(tmp_path: Path, release: int, data: Dataset) -> None:
    if release == 117 and not _latin(data):
        return
    path = tmp_path / "x.dta"
    write_dta(data, path, release=release, timestamp=" 1 Jan 2020 10:00")
    back = read_dta(path)
    assert (back.names, back.n, back.label, back.sortedby) == (data.names, data.n, data.label, data.sortedby)
    assert back.data_chars == data.data_chars and back.value_labels == data.value_labels
    for name in data.names:
        old, new = data.column(name), back.column(name)
        assert (new.stype, new.format, new.label, new.value_label, dict(new.chars)) == (
            old.stype,
            old.format,
            old.label,
            old.value_label,
            dict(old.chars),
        )
        if old.is_string:
            if release != 117:
                assert new.data.tolist() == old.data.tolist()
        else:
            values, codes = old.decoded()
            again, recoded = new.decoded()
            assert np.array_equal(values, again, equal_nan=True)
            none = np.zeros(data.n, dtype=np.int8)
            assert np.array_equal(none if codes is None else codes, none if recoded is None else recoded)


def _latin(data: Dataset) -> bool:
    """Release 117 is Windows Latin-1: only ASCII is certain to come back."""
    texts = [data.label, *data.data_chars.values(), *(text for _, text in data.value_labels["lab"].items())]
    for column in data.columns.values():
        texts += [column.label, *column.chars.values()]
    return all(text.isascii() for text in texts)


def test_save_and_use_keep_the_sort_order_notes_and_languages(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run(
        'set obs 3\ngenerate b = mod(_n, 2)\ngenerate strL t = 500 * "ab"\ngenerate x = .b\nsort b x\n'
        'note: of the data\nnote b: of b\nchar _dta[_lang_list] "default de"\nchar b[_lang_v_de] "Bezeichnung"\n'
        'label data "Title"\nlabel define y 0 no .b refused\nlabel values b x y\nsave a\nclear\nuse a'
    )
    assert s.rc == 0, s.text()
    data = s.data
    assert data.sortedby == ("b", "x") and data.label == "Title"
    assert data.notes() == {1: "of the data"} and data.notes("b") == {1: "of b"}
    assert data.data_chars["_lang_list"] == "default de"
    assert data.column("b").chars["_lang_v_de"] == "Bezeichnung"
    assert data.column("t").stype == "strL" and data.column("t").data[0] == b"ab" * 500
    label = data.value_label_of("x")
    assert label is not None and label.text(float("nan"), 2) == "refused"
