"""Small dense linear algebra for many groups at once, the group index last.

Arrays are (rows, columns, G): for the usual one to four random effects a loop over rows and columns with
vector
operations over G groups beats LAPACK called once per group. Wider matrices go to numpy's stacked routines.
"""

from __future__ import annotations

import numpy as np

from .spec import Array, IntArray

_LOOP_LIMIT = 8  # up to here the explicit loops win


def cholesky(a: Array) -> Array:
    """Lower Cholesky factors of (q, q, G) positive definite matrices; LinAlgError if one is not."""
    q = a.shape[0]
    if q > _LOOP_LIMIT:
        return np.ascontiguousarray(np.moveaxis(np.linalg.cholesky(np.moveaxis(a, 2, 0)), 0, 2))
    out = np.zeros_like(a)
    for j in range(q):
        pivot = a[j, j] - np.einsum("kg,kg->g", out[j, :j], out[j, :j]) if j else a[0, 0]
        if not np.all(pivot > 0):
            raise np.linalg.LinAlgError("matrix is not positive definite")
        out[j, j] = np.sqrt(pivot)
        for i in range(j + 1, q):
            inner = a[i, j] - np.einsum("kg,kg->g", out[i, :j], out[j, :j]) if j else a[i, j]
            np.divide(inner, out[j, j], out=out[i, j])
    return out


def solve_lower(factor: Array, b: Array) -> Array:
    """Solve L x = b for (q, q, G) lower triangular L and (q, m, G) b, or (q, m, 1) shared by all groups."""
    q = factor.shape[0]
    if q > _LOOP_LIMIT:
        x = np.linalg.solve(np.moveaxis(factor, 2, 0), np.moveaxis(b, 2, 0))  # stacks broadcast
        return np.ascontiguousarray(np.moveaxis(x, 0, 2))
    out = np.empty((q, b.shape[1], factor.shape[2]))
    for i in range(q):
        row = b[i]
        for k in range(i):
            row = row - factor[i, k] * out[k]
        np.divide(row, factor[i, i], out=out[i])
    return out


def multiply(a: Array, b: Array) -> Array:
    """a b per group: (i, k, G) times (k, j, G)."""
    return np.einsum("ikg,kjg->ijg", a, b)


def left(matrix: Array, a: Array) -> Array:
    """One matrix times the leading index: (i, k) and (k, ..., G) -> (i, ..., G)."""
    return (matrix @ a.reshape(a.shape[0], -1)).reshape(matrix.shape[0], *a.shape[1:])


def multiply_t(a: Array, b: Array) -> Array:
    """a' b per group: (k, i, G) and (k, j, G)."""
    return np.einsum("kig,kjg->ijg", a, b)


def gram(a: Array, b: Array) -> Array:
    """Sum over groups of a' b, by one matrix product per row: (k, i, G), (k, j, G) -> (i, j)."""
    return np.matmul(a, b.transpose(0, 2, 1)).sum(axis=0)


def sum_groups(a: Array, starts: IntArray) -> Array:
    """Add up consecutive groups (last axis) that belong to one parent; starts = first child of each."""
    if starts.size == a.shape[-1]:
        return a
    return np.add.reduceat(a, starts, axis=-1)
