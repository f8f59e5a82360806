"""Value labels: lookup with missing values, order, editing."""

import numpy as np
import pytest

from pystata_hlm.data.labels import MISSING_KEY, ValueLabel, key_text, label_texts

LABEL = ValueLabel(
    {2: "two", 1: "one", -3: "minus three", MISSING_KEY + 1: "refused", MISSING_KEY: "unknown"}
)


def test_items_in_stata_order():
    assert [key_text(key) for key, _ in LABEL.items()] == ["-3", "1", "2", ".", ".a"]


def test_texts():
    values = np.array([1.0, 2, 3, 1.5, np.nan, np.nan, np.nan, 1e12, -3])
    codes = np.array([0, 0, 0, 0, 0, 1, 2, 0, 0], dtype=np.int8)
    expected = ["one", "two", "", "", "unknown", "refused", "", "", "minus three"]
    assert label_texts(LABEL, values, codes).tolist() == expected
    assert [LABEL.text(v, int(c)) or "" for v, c in zip(values, codes, strict=True)] == expected


def test_no_label_and_empty_label():
    assert label_texts(None, np.array([1.0, np.nan])).tolist() == ["", ""]
    assert ValueLabel({}).texts(np.array([1.0, np.nan])).tolist() == ["", ""]


def test_value_of():
    assert LABEL.value_of("two") == (2.0, 0)
    value, code = LABEL.value_of("refused")
    assert np.isnan(value)
    assert code == 1
    assert LABEL.value_of("none") is None


def test_with_entries():
    changed = LABEL.with_entries({1: "uno", 2: "", 5: "five"})
    assert changed.items()[:3] == [(-3, "minus three"), (1, "uno"), (5, "five")]
    assert LABEL[1] == "one"


@pytest.mark.parametrize("value", [0.5, 2147483621.0, -2147483648.0, np.inf])
def test_numbers_without_key(value):
    assert LABEL.text(value) is None
    assert LABEL.texts(np.array([value])).tolist() == [""]
