"""Value labels: integer (or missing value) -> text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing

#: keys from here on stand for ``.``, ``.a`` ... ``.z``, as in .dta files (Stata's long missing codes)
MISSING_KEY: Final = 2147483621


def key_of(value: float, code: int = 0) -> int | None:
    """Key of a number (or of missing with its code); None for a noninteger, which can have no label."""
    if value != value:
        return MISSING_KEY + code
    if not -2147483647 <= value <= 2147483620 or value != int(value):
        return None
    return int(value)


def key_text(key: int) -> str:
    """How ``label list`` writes a key: ``1``, ``-3``, ``.``, ``.a``."""
    return missing.text_of(key - MISSING_KEY) if key >= MISSING_KEY else str(key)


class ValueLabel:
    """Immutable mapping from integers and missing values to texts.

    Keys are ints; a missing value is ``MISSING_KEY + code`` (code 0 for ``.``, 1..26 for ``.a``-``.z``), so
    sorting keys gives Stata's order.
    """

    __slots__ = ("_keys", "_map", "_texts")

    def __init__(self, entries: Mapping[int, str]) -> None:
        self._map = {int(k): entries[k] for k in sorted(entries)}
        self._keys = np.fromiter(self._map, dtype=np.int64, count=len(self._map))
        self._texts = np.array([*self._map.values(), ""], dtype=object)

    def __len__(self) -> int:
        return len(self._map)

    def __iter__(self) -> Iterator[int]:
        return iter(self._map)

    def __contains__(self, key: int) -> bool:
        return key in self._map

    def __getitem__(self, key: int) -> str:
        return self._map[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueLabel) and self._map == other._map

    def __hash__(self) -> int:
        return hash(tuple(self._map.items()))

    def __repr__(self) -> str:
        return f"ValueLabel({self._map!r})"

    def items(self) -> list[tuple[int, str]]:
        """(key, text) pairs, numbers ascending, then . .a ... .z."""
        return list(self._map.items())

    def with_entries(self, entries: Mapping[int, str]) -> ValueLabel:
        """New label with entries added or changed; an empty text removes the entry."""
        merged = {**self._map, **entries}
        return ValueLabel({k: text for k, text in merged.items() if text != ""})

    def text(self, value: float, code: int = 0) -> str | None:
        """Text of one value, None when it has none."""
        key = key_of(value, code)
        return None if key is None else self._map.get(key)

    def value_of(self, text: str) -> tuple[float, int] | None:
        """(value, code) of the first entry with exactly this text, as ``"text":lblname`` needs."""
        for key, entry in self._map.items():
            if entry == text:
                return (float("nan"), key - MISSING_KEY) if key >= MISSING_KEY else (float(key), 0)
        return None

    def positions(self, values: NDArray[Any], codes: NDArray[Any] | None = None) -> NDArray[np.int64]:
        """Index of each value among the entries, -1 where unlabelled."""
        x = np.asarray(values, dtype=np.float64)
        absent = np.isnan(x)
        code = 0 if codes is None else np.asarray(codes, dtype=np.int64)
        with np.errstate(invalid="ignore"):
            inside = (np.abs(x) < MISSING_KEY) & (x == np.trunc(x))
        keys = np.where(absent, MISSING_KEY + code, np.where(inside, x, 0).astype(np.int64))
        at = np.searchsorted(self._keys, keys)
        hit = at < len(self._keys)
        hit &= self._keys[np.minimum(at, max(len(self._keys) - 1, 0))] == keys if len(self._keys) else False
        return np.where(hit & (absent | inside), at, -1).astype(np.int64)

    def texts(self, values: NDArray[Any], codes: NDArray[Any] | None = None) -> NDArray[Any]:
        """Object array of str: the label text of each value, "" where unlabelled."""
        return self._texts[self.positions(values, codes)]


def label_texts(
    label: ValueLabel | None, values: NDArray[Any], codes: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Texts of ``values`` under ``label`` ("" where unlabelled or when there is no label)."""
    if label is None:
        return np.full(np.shape(values), "", dtype=object)
    return label.texts(values, codes)
