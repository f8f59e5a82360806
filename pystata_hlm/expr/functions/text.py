"""Helpers for functions of strings: bytes arrays ``S#`` (or 0-d) holding UTF-8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.errors import StataError

MAX_TEXT = 200_000_000
MAX_FIXED = 2045
"""Longest string of a fixed-width array; longer ones are kept as objects, like strL data."""


def _codes(array: Any, n: int) -> tuple[Any, list[Any]]:
    """(index of each row into the distinct values, the distinct values as Python objects)."""
    array = np.asarray(array)
    if array.ndim == 0:
        return np.zeros(n, dtype=np.intp), [array.item()]
    distinct, index = np.unique(array, return_inverse=True)
    return index.reshape(array.shape), distinct.tolist()


def per_distinct(f: Callable[..., Any], *arrays: Any) -> Any:
    """``f`` of the rows of ``arrays``, called once for each distinct combination of arguments.

    Result: float64 or bytes array by what ``f`` returns, 0-d when every argument is.
    """
    arrays = tuple(np.asarray(a) for a in arrays)
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    if shape == ():
        return _pack([f(*(a.item() for a in arrays))])[0:1].reshape(())
    n = shape[0]
    if n == 0:
        probe = f(*(b"" if a.dtype.kind in "SO" else 1.0 for a in arrays))
        return _pack([probe])[:0]
    if len(arrays) == 1:
        index, values = _codes(arrays[0], n)
        return _pack([f(value) for value in values])[index]
    combined: Any = np.zeros(n, dtype=np.int64)
    tables = []
    for array in arrays:
        index, values = _codes(array, n)
        tables.append(values)
        combined = combined * len(values) + index
    keys, inverse = np.unique(combined, return_inverse=True)
    results = []
    for key in keys.tolist():
        args = []
        for values in reversed(tables):
            key, place = divmod(key, len(values))
            args.append(values[place])
        results.append(f(*reversed(args)))
    return _pack(results)[inverse.reshape(-1)]


_SPELLING = np.zeros(256, dtype=bool)
_SPELLING[[0, *b"0123456789.-+"]] = True


def plain_numbers(strings: Any) -> NDArray[np.float64] | None:
    """The numbers that byte strings of digits, points and signs spell, NaN for empty ones and for ``.``; None as soon as one
    is anything else."""
    if strings.dtype.kind != "S" or not len(strings) or not _SPELLING[as_matrix(strings)].all():
        return None
    absent = (strings == b"") | (strings == b".")
    out = np.full(len(strings), np.nan)
    try:
        out[~absent] = strings[~absent].astype(np.float64)
    except ValueError:
        return None
    return out


def _pack(results: list[Any]) -> Any:
    if results and isinstance(results[0], bytes):
        if max(map(len, results)) <= MAX_FIXED:
            return np.array(results, dtype="S")
        texts = np.empty(len(results), dtype=object)
        texts[:] = results
        return texts
    return np.array([np.nan if r is None else r for r in results], dtype=np.float64)


def decode(raw: bytes) -> str:
    """Bytes as text; invalid UTF-8 is kept by surrogate escapes."""
    return raw.decode("utf-8", "surrogateescape")


def encode(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def bytewise(fast: Callable[..., Any], plain: Callable[..., Any], *args: Any) -> Any:
    """``fast`` (of ``numpy.strings``) on fixed-width arrays, ``plain`` cell by cell on objects (strL)."""
    arrays = [np.asarray(a) for a in args]
    if any(a.dtype.kind == "O" for a in arrays):
        return np.asarray(np.frompyfunc(plain, len(arrays), 1)(*arrays))
    return np.asarray(fast(*arrays))


def lengths(s: Any) -> Any:
    """Length of each string in bytes, int64."""
    return bytewise(np.strings.str_len, len, s).astype(np.int64)


def join(a: Any, b: Any) -> Any:
    """Strings joined pairwise."""
    return bytewise(np.strings.add, bytes.__add__, a, b)


def repeat(s: Any, times: Any) -> Any:
    """Strings repeated; missing or negative counts give the empty string."""
    count = np.where(np.isnan(times) | (times < 0), 0.0, np.minimum(times, 2e9)).astype(np.int64)
    size = np.max(lengths(s) * count.astype(np.float64), initial=0)
    if size > MAX_TEXT:
        raise StataError(950, "insufficient memory")
    if size > MAX_FIXED or count.size == 0 or np.asarray(s).size == 0:  # numpy cannot multiply no strings
        s = np.asarray(s).astype(object)
    return bytewise(np.strings.multiply, lambda raw, k: raw * int(k), s, count)


def as_matrix(s: Any) -> Any:
    """The bytes of a one-dimensional ``S`` array as a uint8 matrix, zero padded."""
    s = np.ascontiguousarray(s)
    return s.view(np.uint8).reshape(len(s), s.dtype.itemsize)


def slices(s: Any, start: Any, count: Any) -> Any:
    """``count[i]`` bytes of ``s[i]`` from 0-based ``start[i]``; both already within the string."""
    s = np.asarray(s)
    start, count = np.asarray(start), np.asarray(count)
    shape = np.broadcast_shapes(s.shape, start.shape, count.shape)
    if shape == () or s.dtype.kind == "O":
        return per_distinct(
            lambda raw, a, k: raw[int(a) : int(a) + int(k)], s, start.astype(float), count.astype(float)
        )
    s, start, count = (np.broadcast_to(a, shape) for a in (s, start, count))
    width = int(count.max()) if count.size else 0
    if width == 0:
        return np.zeros(shape, dtype="S1")
    matrix = as_matrix(s)
    offsets = np.arange(width)
    if np.all(start == start[0]):
        part = matrix[:, int(start[0]) : int(start[0]) + width]
        if part.shape[1] < width:
            part = np.pad(part, ((0, 0), (0, width - part.shape[1])))
    else:
        at = np.minimum(start[:, None] + offsets, matrix.shape[1] - 1)
        part = np.take_along_axis(matrix, at, axis=1)
    part = np.where(offsets < count[:, None], part, np.uint8(0))
    return np.ascontiguousarray(part).view(f"S{width}").reshape(shape)


def as_int(x: float, missing: int = 0) -> int:
    """A count or position as int, kept within 32 bits; ``missing`` for a missing value."""
    return missing if x != x else int(min(max(x, -(2**31)), 2**31))
