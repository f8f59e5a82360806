"""Numbers from text: byte strings to values and missing codes, and the storage type that a column of text gets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column

_NUMERIC: Final = np.zeros(256, dtype=bool)
_NUMERIC[np.frombuffer(b"0123456789+-.eEdD \t\0", dtype=np.uint8)] = True
_LONGEST_NUMBER: Final = 64


def numbers(strings: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int8] | None, NDArray[np.bool_]]:
    """Values, missing codes (None: no extended missing value), and which strings are numbers or missing values.

    Blanks around a number do not count; an empty string is ``.``. What is no number becomes ``.`` too.
    """
    n = len(strings)
    if strings.dtype.kind == "O":
        long = np.array([len(text) > _LONGEST_NUMBER for text in strings.tolist()], dtype=bool)
        short = np.array([text[:_LONGEST_NUMBER] for text in strings.tolist()] or [b""], dtype="S")[:n]
        values, codes, good = numbers(short)
        values[long] = np.nan
        return values, codes, good & ~long
    values = np.full(n, np.nan)
    good = np.ones(n, dtype=bool)
    if not n:
        return values, None, good
    grid = np.ascontiguousarray(strings).view(np.uint8).reshape(n, -1)
    plain = _NUMERIC[grid].all(axis=1)
    digit = ((grid >= 48) & (grid <= 57)).any(axis=1)
    candidate = plain & digit
    texts = strings if candidate.all() else strings[candidate]
    parsed, fine = _floats(texts)
    values[candidate] = parsed
    good[candidate] = fine
    rest = np.flatnonzero(~candidate)
    if not len(rest):
        return values, None, good
    distinct, which = np.unique(strings[rest], return_inverse=True)
    kinds = np.array([_missing_code(text) for text in distinct.tolist()], dtype=np.int8)[which]
    good[rest] = kinds >= 0
    if not (kinds > 0).any():
        return values, None, good
    codes = np.zeros(n, dtype=np.int8)
    codes[rest] = np.maximum(kinds, 0)
    return values, codes, good


def _missing_code(text: bytes) -> int:
    """0 for an empty string and ``.``, 1..26 for .a to .z, -1 for what is no missing value."""
    stripped = text.strip()
    if not stripped:
        return 0
    code = missing.code_of(stripped.decode("latin-1"))
    return -1 if code is None else code


def _floats(texts: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of texts made of digits, signs, points and exponents; NaN and False for what is none."""
    if not len(texts):
        return np.zeros(0), np.zeros(0, dtype=bool)
    grid = np.ascontiguousarray(texts).view(np.uint8)
    if ((grid == ord("d")) | (grid == ord("D"))).any():  # 1d5 is 1e5
        texts = np.strings.replace(np.strings.replace(texts, b"d", b"e"), b"D", b"e")
    try:
        return texts.astype(np.float64), np.ones(len(texts), dtype=bool)
    except ValueError:
        pass
    distinct, which = np.unique(texts, return_inverse=True)
    values = np.full(len(distinct), np.nan)
    fine = np.zeros(len(distinct), dtype=bool)
    for k, text in enumerate(distinct.tolist()):
        try:
            values[k] = float(text)
            fine[k] = True
        except ValueError:
            continue
    return values[which], fine[which]


def punctuated(strings: NDArray[Any], decimal: str, group: str) -> NDArray[Any]:
    """Texts of numbers with another decimal separator and grouping, in the plain writing."""
    if strings.dtype.kind == "O":
        out: NDArray[Any] = np.empty(len(strings), dtype=object)
        out[:] = [
            (text.replace(group.encode(), b"") if group else text).replace(decimal.encode() or b".", b".")
            for text in strings.tolist()
        ]
        return out
    if group:
        strings = np.strings.replace(strings, group.encode(), b"")
    if decimal not in ("", "."):
        # a point that is no separator of this locale makes the text no number
        strings = np.strings.replace(strings, b".", b"?") if group != "." else strings
        strings = np.strings.replace(strings, decimal.encode(), b".")
    return strings


def numeric_type(values: NDArray[np.float64], real: str) -> str:
    """byte, int or long for whole numbers in their range, ``real`` for others; whole ones beyond long are double."""
    x = values[~np.isnan(values)]
    if not x.size:
        return "byte"
    if bool(np.all(x == np.trunc(x))):
        low, high = float(x.min()), float(x.max())
        for stype in storage.INTEGER_TYPES:
            if storage.RANGES[stype][0] <= low and high <= storage.RANGES[stype][1]:
                return stype
        return "double"
    return "double" if float(np.abs(x).max()) >= storage.FLOAT_LIMIT else real


def guess(strings: NDArray[Any], real: str = "float") -> Column:
    """The column of a text column: numeric when every entry is a number or missing, else a string."""
    values, codes, good = numbers(strings)
    if not good.all():
        return Column.text(strings)
    return Column.numeric(values, codes, numeric_type(values, real))


def forced(strings: NDArray[Any], real: str = "float") -> Column:
    """A numeric column; what is no number is missing."""
    values, codes, _ = numbers(strings)
    return Column.numeric(values, codes, numeric_type(values, real))


def is_number(field: bytes) -> bool:
    """True for a number or a missing value that is written out."""
    values, _, good = numbers(np.array([field], dtype="S") if field else np.zeros(1, dtype="S1"))
    return bool(good[0]) and bool(field.strip()) and not (values[0] != values[0] and field.strip() == b"")
