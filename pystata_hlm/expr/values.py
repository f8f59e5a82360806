"""Values of expressions: numbers with missing codes, and strings.

``Num.values`` is a float64 array (or 0-d scalar) with NaN for missing; ``codes`` tells ``.a``-``.z`` apart.
``Text.values`` is a bytes array (``S#``, or object for very wide strL data) or a 0-d one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.errors import StataError

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
CodeArray: TypeAlias = NDArray[np.int8]

LARGEST = 8.9884656743115795e307
"""Stata's missing value threshold 2**1023: no number is as large."""


class Num:
    """A numeric value.

    ``values`` is float64, or bool for the result of a comparison that has not been used as a number yet.
    ``codes`` is an int8 array of the same shape (0 for ``.``, 1..26 for ``.a``-``.z``) or None when every
    missing value is ``.``; it may be given as a function, called once when the codes are first asked for.
    ``owned`` says that nobody else holds the array, so an operator may write its result into it.
    """

    __slots__ = ("_codes", "owned", "values")

    def __init__(
        self,
        values: Any,
        codes: CodeArray | Callable[[], CodeArray | None] | None = None,
        owned: bool = False,
    ) -> None:
        self.values = values
        self._codes = codes
        self.owned = owned

    @property
    def codes(self) -> CodeArray | None:
        if callable(self._codes):
            self._codes = self._codes()
        return self._codes

    @property
    def ndim(self) -> int:
        return self.values.ndim

    def floats(self) -> Any:
        """The values as float64, converting the outcome of a comparison."""
        values = self.values
        return values.astype(np.float64) if values.dtype == np.bool_ else values

    def __repr__(self) -> str:
        return f"Num({self.values!r}, {self.codes!r})"


class Text:
    """A string value: bytes holding UTF-8, array or 0-d."""

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values = values if isinstance(values, np.ndarray) else np.asarray(values)

    @property
    def ndim(self) -> int:
        return self.values.ndim

    def __repr__(self) -> str:
        return f"Text({self.values!r})"


Value: TypeAlias = Num | Text


def number(value: float, code: int = 0) -> Num:
    """A scalar number; ``code`` 1..26 makes an extended missing value of a NaN."""
    codes = np.asarray(np.int8(code)) if code else None
    return Num(np.float64(value), codes)


def text(value: str | bytes) -> Text:
    """A scalar string."""
    return Text(np.asarray(value.encode() if isinstance(value, str) else value, dtype="S"))


def to_str(value: Text) -> str:
    """A 0-d string as Python text (invalid UTF-8 is kept by surrogate escapes)."""
    raw = value.values.item()
    return bytes(raw).decode("utf-8", "surrogateescape")


def limit(values: Any) -> Any:
    """Numbers at or beyond 2**1023 (infinities too) become missing. Returns the input when none is."""
    if values.ndim == 0:
        return values if -LARGEST < values < LARGEST else np.float64(np.nan)
    if values.size == 0 or (np.fmax.reduce(values) < LARGEST and np.fmin.reduce(values) > -LARGEST):
        return values
    return np.where(np.abs(values) >= LARGEST, np.nan, values)


def ordered(value: Num) -> Any:
    """Floats that compare as Stata compares: numbers < ``.`` < ``.a`` < ... < ``.z``."""
    from pystata_hlm.data import missing

    return missing.ordered(np.asarray(value.floats()), value.codes)


def truth(value: Value) -> Any:
    """Nonzero is true, and so is missing. Strings are a type mismatch (r(109))."""
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    values = value.values
    return values if values.dtype == np.bool_ else values != 0
