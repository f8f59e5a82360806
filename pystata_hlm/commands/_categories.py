"""Categories of a variable, in Stata's order, and the texts that head them in tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.formats import cut_to_width, text_width
from pystata_hlm.runtime.display import number_text


@dataclass(frozen=True)
class Axis:
    """The distinct values of a variable among some rows.

    index    category number of each of those rows
    values   the values themselves (missing is NaN, codes in ``codes``); row numbers 1.. for a string variable
    texts    what stands in the table; head: variable label, or name
    """

    name: str
    head: str
    index: np.ndarray
    values: np.ndarray
    codes: np.ndarray
    texts: tuple[str, ...]
    is_string: bool = False
    labelled: bool = False

    @property
    def size(self) -> int:
        return len(self.texts)

    def reordered(self, order: np.ndarray) -> Axis:
        """Categories in another order (``order`` lists present positions)."""
        place = np.empty(self.size, dtype=np.intp)
        place[order] = np.arange(self.size)
        return Axis(
            self.name,
            self.head,
            place[self.index],
            self.values[order],
            self.codes[order],
            tuple(self.texts[k] for k in order.tolist()),
            self.is_string,
            self.labelled,
        )


def axis(data: Dataset, name: str, rows: np.ndarray, labels: bool = True) -> Axis:
    """Categories of ``name`` among ``rows`` (a mask)."""
    column = data.column(name)
    head = column.label or name
    if column.is_string:
        found, index = np.unique(column.data[rows], return_inverse=True)
        texts = tuple(bytes(v).decode("utf-8", "replace") for v in found.tolist())
        numbers = np.arange(1.0, len(texts) + 1)
        return Axis(name, head, index.ravel(), numbers, np.zeros(len(texts), np.int8), texts, True)
    values, codes = column.decoded()
    values = values[rows]
    kept = None if codes is None else codes[rows]
    order, first, index = np.unique(missing.ordered(values, kept), return_index=True, return_inverse=True)
    distinct = values[first]
    marks = np.zeros(len(order), np.int8) if kept is None else kept[first]
    label = data.value_label_of(name) if labels else None
    bare = data
    if label is None and column.value_label:  # nolabel: numbers in the variable's format
        bare = Dataset({name: column.with_(value_label="")})
    texts = tuple(number_text(bare, name, float(v), int(c)) for v, c in zip(distinct, marks, strict=True))
    return Axis(name, head, index.ravel(), distinct, marks, texts, False, label is not None)


def nonmissing(data: Dataset, name: str) -> np.ndarray:
    return ~data.column(name).is_missing()


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns; longer words are broken."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        if current and text_width(current) + 1 + text_width(word) <= width:
            current += " " + word
            continue
        if current:
            lines.append(current)
        while text_width(word) > width:
            piece = cut_to_width(word, width)
            lines.append(piece)
            word = word[len(piece) :]
        current = word
    if current or not lines:
        lines.append(current)
    return lines
