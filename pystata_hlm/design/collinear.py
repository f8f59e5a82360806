"""Which columns of a matrix are linear combinations of earlier ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-13
"""Share of a column's (centred) sum of squares that must be left after the earlier columns are swept out."""

_BLOCK = 16_384


def cross_products(x: NDArray[np.float64], center: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(X'X about the column means, or raw; the raw sums of squares). One pass in blocks of rows."""
    n, k = x.shape
    means = x.mean(axis=0) if center and n else np.zeros(k)
    gram = np.zeros((k, k))
    for start in range(0, n, _BLOCK):
        block = x[start : start + _BLOCK]
        if center:
            block = block - means
        gram += block.T @ block
    return gram, gram.diagonal() + n * means**2


def independent(x: NDArray[np.float64], constant: bool, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Columns to keep, sweeping from left to right after the constant (if any): True = independent.

    A column is left out when no more than ``tolerance`` of its sum of squares, about the mean when there is a
    constant, remains after the kept columns before it.
    """
    gram, raw = cross_products(x, constant)
    return independent_gram(gram, raw, tolerance)


def independent_gram(
    gram: NDArray[np.float64], raw: NDArray[np.float64], tolerance: float = TOLERANCE
) -> NDArray[np.bool_]:
    """``independent`` from the cross-products; ``raw`` are sums of squares about zero."""
    size = gram.diagonal().copy()
    kept = size > 1e-26 * raw  # what is left of a constant column is rounding
    kept &= size > 0
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, size, 1.0)), 0.0)
    scaled = gram * scale[:, None] * scale
    try:
        if kept.all():
            pivots = np.linalg.cholesky(scaled).diagonal() ** 2
            if pivots.size == 0 or pivots.min() > 1e-9:
                return kept
    except np.linalg.LinAlgError:
        pass
    rows: list[NDArray[np.float64]] = []
    left = np.ones(len(kept))
    for j in range(len(kept)):
        if not kept[j]:
            continue
        if left[j] <= tolerance:
            kept[j] = False
            continue
        row = scaled[j].copy()
        if rows:
            done = np.asarray(rows)
            row -= done[:, j] @ done
        row /= np.sqrt(left[j])
        row[:j] = 0.0
        rows.append(row)
        left -= row**2
    return kept
