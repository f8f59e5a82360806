"""Which columns of a matrix are linear combinations of earlier ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-13
"""Share of a column's (centred) sum of squares that must be left after the earlier columns are swept out."""

_DOUBTFUL = 1e-6
"""Remainders from cross-products below this are checked on the data."""

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
    constant, remains after the kept columns before it. Small remainders are taken from the residuals
    themselves, since those from cross-products are lost in rounding.
    """
    gram, raw = cross_products(x, constant)
    size = gram.diagonal().copy()
    kept = (size > 1e-26 * raw) & (size > 0)  # what is left of a constant column is rounding
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, size, 1.0)), 0.0)
    scaled = gram * scale[:, None] * scale
    try:
        if kept.all():
            pivots = np.linalg.cholesky(scaled).diagonal() ** 2
            if pivots.size == 0 or pivots.min() > _DOUBTFUL:
                return kept
    except np.linalg.LinAlgError:
        pass
    rows: list[NDArray[np.float64]] = []
    left = np.ones(len(kept))
    for j in np.flatnonzero(kept).tolist():
        if left[j] <= _DOUBTFUL:
            before = np.flatnonzero(kept[:j])
            left[j] = _remainder(x, constant, scaled, scale, before, j)
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


def pivot_order(x: NDArray[np.float64], constant: bool) -> NDArray[np.intp]:
    """Columns in the order in which they are swept: the one with most left of its sum of squares comes first.

    So of ``x1`` and ``x3 = 2*x1`` Stata omits ``x1`` whatever their order (published logs of ``regress`` and
    ``ivregress``), and of two copies the second. Ties within rounding go to the earlier column.
    """
    gram, _ = cross_products(x, constant)
    left = gram.diagonal().copy()
    size = left.copy()
    order: list[int] = []
    waiting = np.ones(len(left), dtype=bool)
    while waiting.any():
        largest = left[waiting].max()
        j = int(np.flatnonzero(waiting & (left >= largest - 1e-9 * abs(largest)))[0])
        order.append(j)
        waiting[j] = False
        if left[j] > 1e-10 * size[j] and left[j] > 0:
            row = gram[j] / left[j]
            gram -= np.outer(gram[j], row)
            left = gram.diagonal().copy()
    return np.array(order, dtype=np.intp)


def _remainder(
    x: NDArray[np.float64],
    constant: bool,
    scaled: NDArray[np.float64],
    scale: NDArray[np.float64],
    before: NDArray[np.intp],
    j: int,
) -> float:
    """Share of column j's sum of squares left by the columns ``before``: least squares, refined twice."""
    center = x.mean(axis=0) if constant else np.zeros(x.shape[1])
    residual = (x[:, j] - center[j]) * scale[j]
    inner = scaled[np.ix_(before, before)]
    for _ in range(3):
        along = ((residual @ x - residual.sum() * center) * scale)[before]
        weights = np.zeros(x.shape[1])
        weights[before] = np.linalg.lstsq(inner, along, rcond=1e-15)[0] * scale[before]
        residual -= x @ weights - center @ weights
        if constant:
            residual -= residual.mean()
    return float(residual @ residual)
