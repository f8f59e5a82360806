"""Missing values: the one place that knows how ``.`` and ``.a`` .. ``.z`` are stored and compared.

Stored integers use Stata's own codes (byte 101..127, int 32741..32767, long 2147483621..2147483647).
Stored floats use a quiet NaN whose low bits carry the code (0 for ``.``, 1..26 for ``.a`` .. ``.z``).

Decoded numbers are ``values`` (float64, NaN = missing) with ``codes`` (int8, or None when every missing
value is ``.``). A payload that survives in ``values`` means nothing: only ``codes`` counts.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import storage

Values = NDArray[np.float64]
Codes = NDArray[np.int8]

#: ``ordered`` image of system missing, 2**1023; ``.a`` is 2**1023 * (1 + 1/4096), as in Stata's double codes
SYSMISS_ORDER: Final = 2.0**1023
_ORDER: Final = SYSMISS_ORDER * (1.0 + np.arange(27) / 4096.0)

_NAN32: Final = np.uint32(0x7FC00000)
_NAN64: Final = np.uint64(0x7FF8000000000000)


def code_of(text: str) -> int | None:
    """``"."`` -> 0, ``".a"`` -> 1, ... ``".z"`` -> 26; None when the text is not a missing value."""
    if text == ".":
        return 0
    if len(text) == 2 and text[0] == "." and "a" <= text[1] <= "z":
        return ord(text[1]) - 96
    return None


def text_of(code: int) -> str:
    """0 -> ``"."``, 1 -> ``".a"``, ... 26 -> ``".z"``."""
    return "." if code == 0 else "." + chr(96 + code)


def has_nan(array: NDArray[Any]) -> bool:
    """True when a floating array holds a NaN (one pass, no temporary)."""
    with np.errstate(invalid="ignore"):
        return array.size > 0 and bool(np.isnan(array.min()))


def is_missing(stored: NDArray[Any]) -> NDArray[np.bool_]:
    """Boolean mask of missing values (empty strings for string columns) of a storage array."""
    if stored.dtype.kind in "SO":
        return np.asarray(stored == b"", dtype=bool)
    if stored.dtype.kind == "f":
        return np.isnan(stored)
    return stored >= stored.dtype.type(storage.INTEGER_MISSING[storage.numeric_type_of(stored)])


def decode(stored: NDArray[Any]) -> tuple[Values, Codes | None]:
    """Storage array -> (values float64 with NaN for missing, codes or None).

    A double column comes back as itself (no copy): results are to be treated as read-only.
    """
    if stored.dtype.kind == "f":
        values = stored.astype(np.float64, copy=False)
        if not has_nan(stored):
            return values, None
        bits: NDArray[Any] = stored.view(np.uint32 if stored.dtype.itemsize == 4 else np.uint64)
        codes = np.where(np.isnan(stored), bits & 0x1F, 0).astype(np.int8)
        return values, codes if codes.any() else None
    first = storage.INTEGER_MISSING[storage.numeric_type_of(stored)]
    values = stored.astype(np.float64)
    missing = stored >= stored.dtype.type(first)
    if not missing.any():
        return values, None
    values[missing] = np.nan
    codes = np.where(missing, stored.astype(np.int32) - np.int32(first), 0).astype(np.int8)
    return values, codes if codes.any() else None


def encode(values: NDArray[Any] | float, codes: NDArray[Any] | int | None, stype: str) -> NDArray[Any]:
    """Decoded numbers -> a new storage array of numeric type ``stype``, rounded through the type.

    float: to nearest, overflow becomes ``.``; integers: truncated toward zero, out of range becomes ``.``.
    Scalars give 0-d arrays.
    """
    x = np.asarray(values, dtype=np.float64)
    if stype in storage.INTEGER_TYPES:
        return _encode_integer(x, codes, stype)
    wide = stype == "double"
    with np.errstate(over="ignore", invalid="ignore"):
        out = np.array(x, dtype=np.float64 if wide else np.float32)
        limit = storage.DOUBLE_LIMIT if wide else storage.FLOAT_LIMIT
        bad = ~(np.abs(out) < limit)  # NaN, inf and overflow
    if bad.any():
        bits = out.view(np.uint64 if wide else np.uint32)
        plain = _NAN64 if wide else _NAN32
        if codes is None:
            bits[bad] = plain
        else:
            kept = np.where(np.isnan(x), codes, 0).astype(bits.dtype)
            bits[bad] = (plain | kept)[bad]
    return out


def put_plain(out: NDArray[Any], values: NDArray[Any], stype: str) -> bool:
    """Store numbers in an array of a storage type when none is missing or out of range; else False, nothing stored."""
    if values.size:
        with np.errstate(invalid="ignore"):
            low, high = values.min(), values.max()
        if stype in storage.INTEGER_TYPES:
            bottom, top = storage.RANGES[stype]
            plain = bottom - 1 < low and high < top + 1
        else:  # a number just below float's limit may still round up to it
            limit = storage.DOUBLE_LIMIT if stype == "double" else storage.RANGES["float"][1]
            plain = -limit < low and high < limit
        if not plain:
            return False
    np.copyto(out, values, casting="unsafe")
    return True


def blend(mask: NDArray[np.bool_], yes: NDArray[Any], no: NDArray[Any]) -> NDArray[Any]:
    """``np.where`` for two storage arrays of one numeric type, without a branch for each row."""
    kind = np.dtype(f"i{yes.dtype.itemsize}")
    picked = np.negative(mask.view(np.int8).astype(kind))
    out: NDArray[Any] = np.bitwise_xor(yes.view(kind), no.view(kind))
    np.bitwise_and(out, picked, out=out)
    np.bitwise_xor(out, no.view(kind), out=out)
    return out.view(yes.dtype)


def _encode_integer(x: Values, codes: NDArray[Any] | int | None, stype: str) -> NDArray[Any]:
    low, high = storage.RANGES[stype]
    dtype = storage.dtype_of(stype)
    first = storage.INTEGER_MISSING[stype]
    with np.errstate(invalid="ignore"):
        bad = ~((x > low - 1) & (x < high + 1))  # NaN too
        if not bad.any():
            return x.astype(dtype)
        out = np.where(bad, float(first), x).astype(dtype)
    if codes is not None:
        extended = np.isnan(x) & (np.asarray(codes) > 0)
        shifted = (np.asarray(codes).astype(np.int64) + first).astype(dtype)
        out = np.where(extended, shifted, out)
    return np.asarray(out, dtype=dtype)


def ordered(values: NDArray[Any], codes: NDArray[Any] | None = None) -> Values:
    """Numbers that compare as Stata compares: numbers < ``.`` < ``.a`` < ... < ``.z``.

    Returns ``values`` itself when nothing is missing.
    """
    x = np.asarray(values, dtype=np.float64)
    missing = np.isnan(x)
    if not missing.any():
        return x
    if codes is None:
        return np.where(missing, SYSMISS_ORDER, x)
    return np.where(missing, _ORDER[np.asarray(codes)], x)


def from_ordered(x: Values) -> tuple[Values, Codes | None]:
    """The values and codes that ``ordered`` gave ``x`` for."""
    absent = x >= SYSMISS_ORDER
    if not absent.any():
        return x, None
    codes = np.zeros(len(x), dtype=np.int8)
    codes[absent] = np.rint((x[absent] / SYSMISS_ORDER - 1.0) * 4096.0)
    return np.where(absent, np.nan, x), codes if codes.any() else None


def combine_codes(n: int, codes: Codes | None) -> Codes:
    """Codes as an array of length n, zeros when None."""
    return np.zeros(n, dtype=np.int8) if codes is None else codes


def missing_array(n: int, stype: str) -> NDArray[Any]:
    """n missing values of a type: ``.`` for numbers, empty strings for strings."""
    if stype == "strL":
        out: NDArray[Any] = np.empty(n, dtype=object)
        out[:] = b""
        return out
    if storage.is_string(stype):
        return np.zeros(n, dtype=storage.dtype_of(stype))
    if stype in storage.INTEGER_TYPES:
        return np.full(n, storage.INTEGER_MISSING[stype], dtype=storage.dtype_of(stype))
    return np.full(n, np.nan, dtype=storage.dtype_of(stype))


# -- .dta representation of floating missing values ----------------------------------------------------
# float: . = 2**127 (bits 7f000000), .a = 7f000800, ... ; double: . = 2**1023 (7fe0...), .a = 7fe0010000000000
_FILE_BASE: Final = {4: 0x7F000000, 8: 0x7FE0000000000000}
_FILE_SHIFT: Final = {4: 11, 8: 40}


def from_file(array: NDArray[Any]) -> None:
    """Turn .dta codes of a native, writable float array into our NaNs, in place."""
    size = array.dtype.itemsize
    limit = storage.FLOAT_LIMIT if size == 4 else storage.DOUBLE_LIMIT
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(array) < limit)
    if not bad.any():
        return
    bits: NDArray[Any] = array.view(np.uint32 if size == 4 else np.uint64)
    raw = bits[bad].astype(np.uint64)
    code = (raw - np.uint64(_FILE_BASE[size])) >> np.uint64(_FILE_SHIFT[size])
    code[code > 26] = 0  # infinities, NaNs, negative overflow: not Stata's, taken as .
    bits[bad] = ((_NAN32 if size == 4 else _NAN64) + code).astype(bits.dtype)


def to_file(array: NDArray[Any]) -> NDArray[Any]:
    """Native float array with our NaNs -> same values with .dta missing codes (the array itself if none)."""
    if not has_nan(array):
        return array
    size = array.dtype.itemsize
    out = array.copy()
    bits: NDArray[Any] = out.view(np.uint32 if size == 4 else np.uint64)
    bad = np.isnan(array)
    code = (bits[bad] & 0x1F).astype(np.uint64)
    code[code > 26] = 0
    bits[bad] = (np.uint64(_FILE_BASE[size]) + (code << np.uint64(_FILE_SHIFT[size]))).astype(bits.dtype)
    return out
