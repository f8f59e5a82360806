"""Rows of correlated residuals as panels: which rows depend on each other, and their covariance matrices at once.

A panel is the rows of one lowest-level group and one stratum, in order of time. Panels of one size are handled
together as stacked matrices, and panels whose times form the same pattern share one covariance matrix and its
factor: balanced data have a single factorisation whatever the number of groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .blocks import factorise
from .errors import NumericalError
from .residual_shapes import ResidualModel, ResidualSpec, shape_of
from .spec import Array, IntArray

_CHUNK = 2_000_000  # matrix entries handled at a time
_FEW = 16  # panels per pattern from which a pattern gets a matrix product of its own
_ENTRIES = 250_000_000  # covariance entries of all patterns that are kept at most


@dataclass(frozen=True)
class SizeClass:
    """Panels with n rows, sorted by pattern.

    rows     (G, n) places in the sorted rows
    pattern  (G,) not decreasing; first (P,) first panel of every pattern
    index    (P, n, n) cell of every pair of rows
    """

    rows: IntArray
    pattern: IntArray
    first: IntArray
    index: IntArray

    @property
    def n(self) -> int:
        return int(self.rows.shape[1])

    @cached_property
    def counts(self) -> IntArray:
        return np.diff(np.append(self.first, self.pattern.size))


@dataclass(frozen=True)
class Panels:
    """All panels. order (n,) sorts the caller's rows by group, stratum and time; panel (n,) is that of each sorted row."""

    order: IntArray
    panel: IntArray
    classes: tuple[SizeClass, ...]
    model: ResidualModel

    def factors(self, theta: Array) -> tuple[list[Array], float]:
        """Inverse lower factors (P, n, n) of every class, and the log determinant over all panels."""
        cells = self.model.cells(theta)
        inverses, log_det = [], 0.0
        for c in self.classes:
            try:
                lower = np.linalg.cholesky(cells[c.index])
            except np.linalg.LinAlgError:
                raise NumericalError("the residual covariance matrix is not positive definite") from None
            diagonal = np.diagonal(lower, axis1=1, axis2=2)
            if not np.all(diagonal > 0) or not np.all(np.isfinite(diagonal)):
                raise NumericalError("the residual covariance matrix is not positive definite")
            log_det += 2.0 * float(np.log(diagonal).sum(axis=1) @ c.counts)
            inverses.append(np.linalg.inv(lower))
        return inverses, log_det

    def whiten(self, inverses: Sequence[Array], rows: Array) -> Array:
        """L^-1 times the (n, m) sorted rows of every panel."""
        out = np.empty_like(rows)
        for c, inverse in zip(self.classes, inverses, strict=True):
            for part in self._chunks(c):
                out[c.rows[part]] = np.matmul(inverse[c.pattern[part]], rows[c.rows[part]])
        return out

    def unwhiten_t(self, inverses: Sequence[Array], rows: Array) -> Array:
        """L^-T times the (n, m) sorted rows of every panel: whitened residuals -> V^-1 residuals."""
        out = np.empty_like(rows)
        for c, inverse in zip(self.classes, inverses, strict=True):
            for part in self._chunks(c):
                lower_t = inverse[c.pattern[part]].transpose(0, 2, 1)
                out[c.rows[part]] = np.matmul(lower_t, rows[c.rows[part]])
        return out

    @staticmethod
    def _chunks(c: SizeClass) -> list[slice]:
        step = max(1, _CHUNK // max(c.n * c.n, 1))
        return [slice(a, a + step) for a in range(0, c.rows.shape[0], step)]

    def cell_sums(self, inverses: Sequence[Array], columns: Array, identity: bool) -> Array:
        """(cells,) sums over all panels and pairs of L^-T (I - U U') L^-1, U (n, k) the panel's rows of ``columns``.

        Without ``identity``, of -L^-T U U' L^-1.
        """
        out = np.zeros(self.model.n_cells)
        for c, inverse in zip(self.classes, inverses, strict=True):
            squares = self._squares(c, columns)
            inner = -squares
            if identity:
                inner[:, np.arange(c.n), np.arange(c.n)] += c.counts[:, None]
            m = np.matmul(inverse.transpose(0, 2, 1), np.matmul(inner, inverse))
            out += np.bincount(c.index.ravel(), weights=m.ravel(), minlength=out.size)
        return out

    def _squares(self, c: SizeClass, columns: Array) -> Array:
        """(P, n, n) sums of U U' over the panels of every pattern."""
        p = c.first.size
        out = np.zeros((p, c.n, c.n))
        if c.rows.shape[0] >= _FEW * p:
            stops = np.append(c.first[1:], c.rows.shape[0])
            for k in range(p):  # patterns, each of many panels
                u = columns[c.rows[c.first[k] : stops[k]]].transpose(1, 0, 2).reshape(c.n, -1)
                out[k] = u @ u.T
            return out
        for part in self._chunks(c):
            u = columns[c.rows[part]]
            products = np.matmul(u, u.transpose(0, 2, 1))
            pattern = c.pattern[part]
            starts = np.append(0, np.flatnonzero(np.diff(pattern)) + 1)
            out[pattern[starts]] += np.add.reduceat(products, starts, axis=0)
        return out

    def panel_derivatives(self, inverses: Sequence[Array], columns: Array, jacobian: Array) -> Array:
        """(theta, panels) tr(dLambda L^-T (I - U U') L^-1) of every panel; jacobian (cells, theta)."""
        out = np.zeros((jacobian.shape[1], int(self.panel[-1]) + 1))
        for c, inverse in zip(self.classes, inverses, strict=True):
            for part in self._chunks(c):
                u, low = columns[c.rows[part]], inverse[c.pattern[part]]
                inner = np.eye(c.n) - np.matmul(u, u.transpose(0, 2, 1))
                m = np.matmul(low.transpose(0, 2, 1), np.matmul(inner, low))
                where = self.panel[c.rows[part, 0]]
                index = c.index[c.pattern[part]]
                for k in range(jacobian.shape[1]):
                    out[k, where] = np.einsum("gab,gab->g", m, jacobian[index, k])
        return out

    def inverse_roots(self, theta: Array, values: Array) -> Array:
        """Symmetric inverse square root of every panel's relative covariance times the (n,) sorted values."""
        cells = self.model.cells(theta)
        out = np.empty_like(values)
        for c in self.classes:
            spread, vectors = np.linalg.eigh(cells[c.index])
            roots = np.matmul(
                vectors / np.sqrt(np.maximum(spread, 1e-300))[:, None, :], vectors.transpose(0, 2, 1)
            )
            for part in self._chunks(c):
                out[c.rows[part]] = np.einsum("gab,gb->ga", roots[c.pattern[part]], values[c.rows[part]])
        return out


def repeated_times(groups: NDArray[np.integer], spec: ResidualSpec) -> bool:
    """Whether a time occurs twice in one panel."""
    if spec.time is None:
        return False
    stratum = np.zeros(groups.size, dtype=np.intp) if spec.by is None else spec.by
    order = np.lexsort((spec.time, stratum, groups))
    same = np.ones(groups.size - 1, dtype=bool)
    for a in (groups, stratum, spec.time):
        same &= a[order][1:] == a[order][:-1]
    return bool(same.any())


def make_panels(
    groups: NDArray[np.integer], spec: ResidualSpec, model: ResidualModel | None = None
) -> Panels:
    """Panels of the rows with these (nested) lowest-level group codes; a given model is used as it is."""
    n = groups.size
    time = np.arange(n, dtype=np.float64) if spec.time is None else np.asarray(spec.time, dtype=np.float64)
    stratum: IntArray = np.zeros(n, dtype=np.intp)
    codes: NDArray[np.integer] = np.zeros(1, dtype=np.intp)
    if spec.by is not None and model is not None:
        stratum = np.searchsorted(model.codes, spec.by)
    elif spec.by is not None:
        stratum, codes = factorise(spec.by)
    order = np.lexsort((time, stratum, groups))
    g, s, t = groups[order], stratum[order], time[order]
    starts = np.append(0, np.flatnonzero((g[1:] != g[:-1]) | (s[1:] != s[:-1])) + 1)
    sizes = np.diff(np.append(starts, n))
    panel = np.repeat(np.arange(starts.size), sizes)
    by_size = []
    for size in np.unique(sizes):
        rows = starts[sizes == size][:, None] + np.arange(size)
        by_size.append((rows, s[rows[:, 0]], t[rows]))
    if model is None:
        shapes = []
        for k in range(codes.size):
            own = [times[which == k] for _, which, times in by_size if np.any(which == k)]
            shapes.append(shape_of(spec, own, int(sizes[s[starts] == k].max())))
        model = ResidualModel(tuple(shapes), codes)
    classes = [_size_class(rows, which, times, model) for rows, which, times in by_size]
    return Panels(order.astype(np.intp), panel, tuple(classes), model)


def _size_class(rows: IntArray, stratum: IntArray, times: Array, model: ResidualModel) -> SizeClass:
    g, n = rows.shape
    coordinates = np.empty((g, n + 1))
    coordinates[:, 0] = stratum
    for k, shape in enumerate(model.shapes):
        own = stratum == k
        coordinates[own, 1:] = shape.coordinates(times[own])
    if np.all(coordinates == coordinates[0]):
        distinct, pattern = coordinates[:1], np.zeros(g, dtype=np.intp)
    else:
        distinct, pattern = np.unique(coordinates, axis=0, return_inverse=True)
        pattern = np.asarray(pattern).reshape(-1)
    if distinct.shape[0] * n * n > _ENTRIES:
        raise NumericalError("too many observations per group for a correlated residual structure")
    index = np.empty((distinct.shape[0], n, n), dtype=np.intp)
    for k, shape in enumerate(model.shapes):
        own = distinct[:, 0] == k
        if own.any():
            index[own] = shape.cell_index(distinct[own, 1:]) + model.offsets[k]
    sort = np.argsort(pattern, kind="stable")
    pattern = pattern[sort]
    first = np.append(0, np.flatnonzero(np.diff(pattern)) + 1)
    return SizeClass(rows[sort], pattern, first, index)
