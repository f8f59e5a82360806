"""Showing one value of a variable as Stata's headings do: value label, else number in its display format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.formats import format_number

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset


def value_text(data: Dataset, name: str, row: int) -> str:
    """The text of observation ``row`` (0-based)."""
    column = data.column(name)
    if column.is_string:
        raw = column.data[row]
        return bytes(raw).decode("utf-8", "replace")
    values, codes = missing.decode(column.data[row : row + 1])
    code = 0 if codes is None else int(codes[0])
    return number_text(data, name, float(values[0]), code)


def number_text(data: Dataset, name: str, value: float, code: int = 0) -> str:
    """A value of a numeric variable: its label if it has one, else formatted and trimmed."""
    column = data.column(name)
    label = data.value_labels.get(column.value_label) if column.value_label else None
    if label is not None:
        text = label.text(value, code)
        if text is not None:
            return text
    if np.isnan(value):
        return missing.text_of(code)
    return format_number(value, column.format, code).strip()
