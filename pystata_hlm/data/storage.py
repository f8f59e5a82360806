"""Stata's storage types: numpy dtype, range, default display format, promotion.

Numeric types are ``byte int long float double``; string types are ``str1`` .. ``str2045`` and ``strL``.
Ranges are those of ``help data types``. The integer missing codes sit just above each range.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

INTEGER_TYPES: Final = ("byte", "int", "long")
NUMERIC_TYPES: Final = ("byte", "int", "long", "float", "double")
MAX_STR_WIDTH: Final = 2045

_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "byte": np.dtype(np.int8),
    "int": np.dtype(np.int16),
    "long": np.dtype(np.int32),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
}

#: smallest and largest non-missing value of each type
RANGES: Final[dict[str, tuple[float, float]]] = {
    "byte": (-127, 100),
    "int": (-32767, 32740),
    "long": (-2147483647, 2147483620),
    "float": (-1.70141173319e38, 1.70141173319e38),
    "double": (-8.9884656743e307, 8.9884656743e307),
}

#: integer code of system missing ``.``; ``.a`` is one more, ... ``.z`` 26 more
INTEGER_MISSING: Final = {"byte": 101, "int": 32741, "long": 2147483621}

#: numbers of this size or above are missing (``.``) in each floating type
FLOAT_LIMIT: Final = 2.0**127
DOUBLE_LIMIT: Final = 2.0**1023

_FORMATS: Final = {"byte": "%8.0g", "int": "%8.0g", "long": "%12.0g", "float": "%9.0g", "double": "%10.0g"}


def is_string(stype: str) -> bool:
    """True for str# and strL."""
    return stype.startswith("str")


def is_integer(stype: str) -> bool:
    """True for byte, int and long."""
    return stype in INTEGER_TYPES


def str_width(stype: str) -> int:
    """Width in bytes of a ``str#`` type; 0 for strL."""
    return 0 if stype == "strL" else int(stype[3:])


def str_type(width: int) -> str:
    """Smallest string type that holds ``width`` bytes (``str1`` for empty, strL above 2045)."""
    return "strL" if width > MAX_STR_WIDTH else f"str{max(width, 1)}"


def is_type(word: str) -> bool:
    """True when ``word`` names a storage type a user may write (``str`` alone is not one)."""
    if word in _DTYPES or word == "strL":
        return True
    digits = word[3:]
    return word.startswith("str") and digits.isdigit() and 1 <= int(digits) <= MAX_STR_WIDTH


def dtype_of(stype: str) -> np.dtype[Any]:
    """Numpy dtype of a storage type: int8/16/32, float32/64, ``S#`` or object (strL)."""
    if stype in _DTYPES:
        return _DTYPES[stype]
    if stype == "strL":
        return np.dtype(object)
    return np.dtype(f"S{str_width(stype)}")


def byte_width(stype: str) -> int:
    """Bytes per observation as ``describe`` and ``memory`` count them (a strL takes 8)."""
    return 8 if stype == "strL" else dtype_of(stype).itemsize


def default_format(stype: str) -> str:
    """Display format of a new variable: %8.0g %8.0g %12.0g %9.0g %10.0g, %9s or wider for strings."""
    if stype in _FORMATS:
        return _FORMATS[stype]
    return f"%{max(9, str_width(stype))}s"


def numeric_type_of(array: NDArray[Any]) -> str:
    """Storage type of a native numpy numeric array."""
    for stype, dtype in _DTYPES.items():
        if array.dtype == dtype:
            return stype
    raise TypeError(f"no storage type for {array.dtype}")


def _whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(values == np.trunc(values)))


def _integer_type(low: float, high: float) -> str | None:
    for stype in INTEGER_TYPES:
        if RANGES[stype][0] <= low and high <= RANGES[stype][1]:
            return stype
    return None


def smallest_type(values: NDArray[np.float64]) -> str:
    """Smallest type holding every value exactly; NaN (missing) fits everywhere. All missing gives byte."""
    x = values[~np.isnan(values)]
    if x.size == 0:
        return "byte"
    if _whole(x):
        found = _integer_type(float(x.min()), float(x.max()))
        if found:
            return found
    with np.errstate(over="ignore"):
        exact = bool(np.all(x.astype(np.float32) == x)) and float(np.abs(x).max()) < FLOAT_LIMIT
    return "float" if exact else "double"


def telling_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most four of the values, for which ``promote`` gives the type that it gives for all."""
    x = values[~np.isnan(values)]
    if x.size == 0:
        return x
    found = [x.min(), x.max()]
    fraction = x != np.trunc(x)
    if fraction.any():
        found.append(x[np.argmax(fraction)])
    else:
        with np.errstate(over="ignore"):
            rough = x.astype(np.float32) != x
        if rough.any():
            found.append(x[np.argmax(rough)])
    return np.array(found)


def promote(old: str, values: NDArray[np.float64]) -> str:
    """Type that ``replace`` gives a numeric variable of type ``old`` that must take ``values``.

    Integers grow byte -> int -> long -> double; a noninteger makes byte and int float, and long double
    (a float could not hold the long values already there). A float becomes double only when a value is
    out of float's range. See the promotion rules of ``help replace`` (option nopromote).
    """
    if old == "double":
        return old
    x = values[~np.isnan(values)]
    if x.size == 0:
        return old
    low, high = float(x.min()), float(x.max())
    if old == "float":
        return "float" if max(-low, high) < FLOAT_LIMIT else "double"
    if _whole(x):
        found = _integer_type(min(low, RANGES[old][0]), max(high, RANGES[old][1]))
        if found:
            return found
        with np.errstate(over="ignore"):
            exact = bool(np.all(x.astype(np.float32) == x)) and max(-low, high) < FLOAT_LIMIT
        return "float" if exact and old != "long" else "double"
    if old == "long" or max(-low, high) >= FLOAT_LIMIT:
        return "double"
    return "float"


def promote_string(old: str, width: int) -> str:
    """String type able to hold both ``old`` and strings of ``width`` bytes."""
    if old == "strL" or width <= str_width(old):
        return old
    return str_type(width)
