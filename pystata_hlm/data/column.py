"""A variable: storage array, storage type, display format, label, value-label name, characteristics."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing, storage
from pystata_hlm.data.missing import Codes, Values


@dataclass(frozen=True, eq=False)
class Column:
    """One variable of a dataset. Frozen, and its ``data`` array is read-only: make a new Column to change it.

    data         storage array (n,): int8/16/32, float32/64, ``S#`` (UTF-8 bytes) or object of bytes (strL)
    stype        "byte" "int" "long" "float" "double" "str#" "strL"
    format       display format such as "%9.0g"; the type's default when empty
    label        variable label
    value_label  name of the value label attached ("" for none)
    chars        characteristics of the variable; notes are note0 (count), note1, ...
    """

    data: NDArray[Any]
    stype: str
    format: str = ""
    label: str = ""
    value_label: str = ""
    chars: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.data.flags.writeable:
            data = self.data.view()
            data.flags.writeable = False
            object.__setattr__(self, "data", data)
        if not self.format:
            object.__setattr__(self, "format", storage.default_format(self.stype))

    # -- making ----------------------------------------------------------------------------------
    @classmethod
    def numeric(
        cls, values: NDArray[Any], codes: Codes | None = None, stype: str = "float", **parts: Any
    ) -> Column:
        """Column of numbers rounded through ``stype``; ``parts`` are format, label, ..."""
        return cls(missing.encode(values, codes, stype), stype, **parts)

    @classmethod
    def text(cls, strings: NDArray[Any], stype: str = "", **parts: Any) -> Column:
        """Column of byte strings; by default the smallest type; longer ones are cut to a given one."""
        kind = stype or storage.str_type(longest(strings))
        return cls(as_strings(strings, kind), kind, **parts)

    @classmethod
    def filled(cls, n: int, value: float, code: int = 0, stype: str = "float", **parts: Any) -> Column:
        """n observations of one number, without a float64 temporary."""
        one = missing.encode(value, code if value != value else None, stype)
        return cls(np.full(n, one, dtype=one.dtype), stype, **parts)

    @classmethod
    def missing(cls, n: int, stype: str = "float", **parts: Any) -> Column:
        """n observations of ``.`` or ``""``."""
        return cls(missing.missing_array(n, stype), stype, **parts)

    def with_(self, **changes: Any) -> Column:
        """Copy with fields changed, e.g. ``column.with_(label="Age", format="%4.1f")``."""
        return dataclasses.replace(self, **changes)

    def recast(self, stype: str) -> Column:
        """Same contents stored as ``stype`` (rounding through it; no check for loss)."""
        if stype == self.stype:
            return self
        if storage.is_string(stype):
            return self.with_(data=as_strings(self.data, stype), stype=stype)
        values, codes = self.decoded()
        return self.with_(data=missing.encode(values, codes, stype), stype=stype)

    def take(self, rows: NDArray[Any] | slice) -> Column:
        """Column restricted to rows (index array, mask or slice)."""
        return self.with_(data=self.data[rows])

    def slice(self, rows: slice) -> Column:
        """``take`` of a slice, without the checks: the array is a view."""
        out = Column.__new__(Column)
        out.__dict__.update(self.__dict__, data=self.data[rows])
        return out

    # -- reading ---------------------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.data)

    @property
    def is_string(self) -> bool:
        return storage.is_string(self.stype)

    def decoded(self) -> tuple[Values, Codes | None]:
        """(values, codes) of a numeric variable; values are read-only."""
        return missing.decode(self.data)

    def values(self) -> Values:
        """float64 values, NaN = missing (read-only)."""
        return missing.decode(self.data)[0]

    def codes(self) -> Codes | None:
        """Missing codes 1..26 for .a-.z (0 elsewhere), or None when there are none."""
        return missing.decode(self.data)[1]

    def strings(self) -> NDArray[Any]:
        """Bytes of a string variable: ``S#`` array, or object array of bytes for strL (read-only)."""
        return self.data

    def is_missing(self) -> NDArray[np.bool_]:
        """Mask of missing values (empty strings for string variables)."""
        return missing.is_missing(self.data)


def longest(strings: NDArray[Any]) -> int:
    """Length in bytes of the longest string."""
    if strings.size == 0:
        return 0
    if strings.dtype.kind == "S":
        return int(np.char.str_len(strings).max())
    return max(map(len, strings.ravel().tolist()))


def as_strings(strings: NDArray[Any], stype: str) -> NDArray[Any]:
    """Byte strings in the dtype of ``stype``; longer ones are cut at the width."""
    if stype == "strL":
        out: NDArray[Any] = np.empty(strings.shape, dtype=object)
        out[...] = strings.tolist() if strings.dtype.kind == "S" else strings
        return out
    return strings.astype(storage.dtype_of(stype))
