"""Cross-products of one mixed model, formed once in two chunked passes over the rows.

The first pass finds a good basis: X is whitened by its own triangular factor, the response is replaced by its
least-squares residual over its root mean square, and the columns of each random-effects equation are rescaled
(an unstructured equation is whitened). Everything later happens in that basis, where no digits are lost to
a calendar year near 2000 or a response in millions; results are mapped back at the end.

The second pass forms, for level l (0 = top) and each of its groups, Z_l'[Z_l ... Z_0 X y] within each
residual stratum, and the total [X y]'[X y]. Nothing per group is kept for X and y alone, so memory is G q (q
+ p)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .crossed import CrossedBlocks, Term, crossed_products
from .errors import InsufficientObservationsError, NoObservationsError, PerfectFitError, SingularDesignError
from .spec import Array, IntArray, Level
from .weights import GroupWeights, RowWeights, group_weights

_FLOPS = 262_144  # rows x columns^2 of one product: below this OpenBLAS stays in one thread, and in cache
_DEPENDENT = 1e-12  # share of a column's length outside the span of earlier columns
_ILL_CONDITIONED = 1e-8  # squared share below which the Gram matrix is not trusted
_PERFECT = 1e-26  # residual over total sum of squares


def factorise(codes: NDArray[np.integer]) -> tuple[IntArray, NDArray[np.integer]]:
    """Codes -> (index 0..G-1 by code order, the distinct codes)."""
    codes = np.asarray(codes)
    low = int(codes.min())
    span = int(codes.max()) - low + 1
    if span > 4 * codes.size + 1024:
        distinct, index = np.unique(codes, return_inverse=True)
        return index.astype(np.intp), distinct
    shifted = codes.astype(np.intp) - low
    present = np.zeros(span, dtype=bool)
    present[shifted] = True
    return (np.cumsum(present) - 1)[shifted], np.flatnonzero(present) + low


def chunk_rows(columns: int) -> int:
    """Rows to handle at a time."""
    return max(256, min(8192, _FLOPS // columns**2))


@dataclass(frozen=True)
class Nesting:
    """Who is in which group.

    order      permutation that sorts the rows by (top, ..., bottom) group, or None when they are sorted
               already
    row_group  per level, (n,) group index of each row in the original order
    starts     per level, first sorted row of each group
    children   children[l][k] = first level-l group of each level-k group, k < l
    """

    order: IntArray | None
    row_group: tuple[IntArray, ...]
    starts: tuple[IntArray, ...]
    children: tuple[tuple[IntArray, ...], ...]

    @cached_property
    def sizes(self) -> tuple[IntArray, ...]:
        """Rows per group, per level."""
        return tuple(np.bincount(g) for g in self.row_group)

    def parent(self, level: int, ancestor: int) -> IntArray:
        """Index of the ancestor-level group of every level group."""
        starts = self.children[level][ancestor]
        marks = np.zeros(self.starts[level].size, dtype=np.intp)
        marks[starts[1:]] = 1
        return np.cumsum(marks)


def nest(codes: Sequence[NDArray[np.integer]], n: int) -> Nesting:
    """Make arbitrary codes nested and contiguous."""
    row_group: list[IntArray] = []
    for c in codes:
        own, distinct = factorise(c)
        row_group.append(own if not row_group else factorise(row_group[-1] * distinct.size + own)[0])
    if not row_group:
        return Nesting(None, (), (), ())
    bottom = row_group[-1]
    order = None
    if np.any(bottom[1:] < bottom[:-1]):
        narrow = bottom.max() < 2**16  # 16 bits: numpy sorts by radix
        key: NDArray[np.integer] = bottom.astype(np.uint16) if narrow else bottom
        order = np.argsort(key, kind="stable").astype(np.intp)
    starts: list[IntArray] = []
    for g in row_group:
        sorted_g = g if order is None else g[order]
        starts.append(
            np.concatenate(([0], np.flatnonzero(sorted_g[1:] != sorted_g[:-1]) + 1)).astype(np.intp)
        )
    children = tuple(
        tuple(np.searchsorted(starts[lev], starts[k]).astype(np.intp) for k in range(lev))
        for lev in range(len(starts))
    )
    return Nesting(order, tuple(row_group), tuple(starts), children)


@dataclass(frozen=True)
class Rows:
    """The raw rows, held by reference. z[l] has the columns of all equations of level l."""

    y: Array
    x: Array
    z: tuple[Array, ...]
    widths: tuple[tuple[int, ...], ...]
    structures: tuple[tuple[str, ...], ...]
    nesting: Nesting
    stratum: IntArray | None
    stratum_codes: NDArray[np.integer]
    crossed: tuple[Term, ...] = ()
    weights: RowWeights | None = None

    @property
    def n(self) -> int:
        return int(self.y.shape[0])

    def strata_rows(self) -> NDArray[np.number]:
        """Rows per residual stratum; with weights, their sums."""
        if self.weights is not None:
            codes = np.zeros(self.n, dtype=np.intp) if self.stratum is None else self.stratum
            return np.bincount(codes, weights=self.weights.total)
        if self.stratum is None:
            return np.array([self.n], dtype=np.intp)
        return np.bincount(self.stratum)

    def take(self, start: int, stop: int, out: Array) -> IntArray | None:
        """Sorted rows start..stop into the (stop - start, m) matrix out = [z_bottom ... z_top x y]; their
        strata.
        """
        order = self.nesting.order
        pick: slice | IntArray = slice(start, stop) if order is None else order[start:stop]
        at = 0
        for z in reversed(self.z):
            out[:, at : at + z.shape[1]] = z[pick]
            at += z.shape[1]
        out[:, at:-1] = self.x[pick]
        out[:, -1] = self.y[pick]
        return None if self.stratum is None else self.stratum[pick]

    @property
    def width(self) -> int:
        return sum(z.shape[1] for z in self.z) + self.x.shape[1] + 1


def gather_rows(
    y: Array, x: Array, levels: Sequence[Level], residual_groups: NDArray[np.integer] | None
) -> Rows:
    """Check shapes and put the caller's arrays into one record."""
    y = np.ascontiguousarray(y, dtype=np.float64)
    x = np.asarray(x, dtype=np.float64)
    if y.size == 0:
        raise NoObservationsError("no observations")
    if x.ndim != 2 or x.shape[0] != y.size:
        raise ValueError(f"X has shape {x.shape}, y has {y.size} rows")
    z = []
    for level in levels:
        stacked = [np.asarray(e.z, dtype=np.float64).reshape(y.size, -1) for e in level.equations]
        z.append(stacked[0] if len(stacked) == 1 else np.concatenate(stacked, axis=1))
    stratum: IntArray | None = None
    codes: NDArray[np.integer] = np.zeros(1, dtype=np.intp)
    if residual_groups is not None:
        stratum, codes = factorise(residual_groups)
        stratum = stratum if codes.size > 1 else None
    return Rows(
        y,
        x,
        tuple(z),
        tuple(tuple(np.asarray(e.z).reshape(y.size, -1).shape[1] for e in lv.equations) for lv in levels),
        tuple(tuple(e.structure for e in lv.equations) for lv in levels),
        nest([np.asarray(lv.groups) for lv in levels], y.size),
        stratum,
        codes,
    )


@dataclass(frozen=True)
class Basis:
    """x_new = x x_map, z_new[l] = z[l] z_map[l], y_new = (y - x_new shift) / scale.

    log_det_x is log |R| for x = x_new R (the Jacobian of the restricted likelihood). The first n_crossed entries
    of z_map belong to crossed terms.
    """

    x_map: Array
    shift: Array
    scale: float
    z_map: tuple[Array, ...]
    log_det_x: float
    n_crossed: int = 0

    def row_map(self) -> Array:
        """The (m, m) matrix that takes raw rows [z_bottom ... z_top x y] to the new basis."""
        p = self.x_map.shape[0]
        z_map = self.z_map[self.n_crossed :]
        m = sum(t.shape[0] for t in z_map) + p + 1
        out = np.zeros((m, m))
        at = 0
        for t in reversed(z_map):
            q = t.shape[0]
            out[at : at + q, at : at + q] = t
            at += q
        out[at : at + p, at : at + p] = self.x_map
        out[at : at + p, -1] = -(self.x_map @ self.shift) / self.scale
        out[-1, -1] = 1.0 / self.scale
        return out


def _triangular_factor(rows: Rows, gram: Array) -> Array:
    """Upper R with X = Q R and Q'Q = I; falls back on orthogonal reduction when the Gram matrix is poor."""
    p = rows.x.shape[1]
    lengths = np.sqrt(np.diagonal(gram).copy())
    if np.any(lengths == 0):
        raise SingularDesignError(int(np.argmin(lengths)))
    scaled = gram / np.outer(lengths, lengths)
    try:
        r = np.linalg.cholesky(scaled).T
        if np.min(np.diagonal(r)) ** 2 > _ILL_CONDITIONED:
            return r * lengths
    except np.linalg.LinAlgError:
        pass  # singular or nearly so: the orthogonal reduction below decides
    r = np.zeros((0, p))
    step = max(4096, 4 * p)
    for start in range(0, rows.n, step):
        r = np.asarray(np.linalg.qr(np.vstack((r, rows.x[start : start + step] / lengths)), mode="r"))
    share = np.abs(np.diagonal(r))
    if r.shape[0] < p or np.any(share < _DEPENDENT):
        raise SingularDesignError(int(np.argmax(share < _DEPENDENT)) if r.shape[0] == p else r.shape[0])
    return r * lengths


def _equation_map(gram: Array, n: int, structure: str) -> Array:
    """A transformation of one equation's columns that keeps its covariance structure."""
    q = gram.shape[0]
    mean_square = np.diagonal(gram) / n
    if structure in ("identity", "exchangeable"):
        overall = float(np.mean(mean_square))
        return np.eye(q) / np.sqrt(overall if overall > 0 else 1.0)
    scale = np.sqrt(np.where(mean_square > 0, mean_square, 1.0))
    if structure == "unstructured" and q > 1:
        try:
            r = np.linalg.cholesky(gram / n / np.outer(scale, scale)).T
            if np.min(np.diagonal(r)) ** 2 > _DEPENDENT:
                return np.linalg.inv(r * scale)
        except np.linalg.LinAlgError:
            pass  # collinear columns: scaling alone
    return np.diag(1.0 / scale)


def _level_map(gram: Array, n: int, widths: Sequence[int], structures: Sequence[str]) -> Array:
    """The maps of one level's equations, block-diagonal."""
    q = sum(widths)
    block = np.zeros((q, q))
    off = 0
    for width, structure in zip(widths, structures, strict=True):
        own = slice(off, off + width)
        block[own, own] = _equation_map(gram[own, own], n, structure)
        off += width
    return block


def find_basis(rows: Rows) -> Basis:
    """First pass: Gram matrix of everything, then the maps."""
    n, p = rows.x.shape
    if n <= p:
        raise InsufficientObservationsError("insufficient observations")
    m = rows.width
    gram = np.zeros((m, m))
    unsorted = replace(rows, nesting=replace(rows.nesting, order=None))  # row order does not matter here
    size = chunk_rows(m)
    buffer = np.empty((size, m))
    for start in range(0, n, size):
        block = buffer[: min(size, n - start)]
        unsorted.take(start, start + block.shape[0], block)
        gram += block.T @ block
    at = m - p - 1
    root_n = np.sqrt(n)
    if p:
        r = _triangular_factor(rows, gram[at:-1, at:-1]) / root_n
        x_map = np.linalg.inv(r)
        shift = x_map.T @ gram[at:-1, -1] / n
        log_det = float(np.sum(np.log(np.abs(np.diagonal(r)))))
    else:
        x_map, shift, log_det = np.zeros((0, 0)), np.zeros(0), 0.0
    total = gram[-1, -1]
    left = total - n * float(shift @ shift)
    scale = float(np.sqrt(left / n)) if left > 1e-12 * total else float(np.sqrt(total / n)) or 1.0
    z_map = [_level_map(t.z.T @ t.z, n, t.widths, t.structures) for t in rows.crossed]
    end = at
    for widths, structures in zip(rows.widths, rows.structures, strict=True):
        cols = slice(end - sum(widths), end)
        z_map.append(_level_map(gram[cols, cols], n, widths, structures))
        end -= sum(widths)
    return Basis(x_map, shift, scale, tuple(z_map), log_det, len(rows.crossed))


@dataclass(frozen=True)
class Blocks:
    """Everything the objective needs, in the new basis.

    rows[l]      (S, q_l, m_l, G_l) Z_l'[Z_l ... Z_0 X y] by stratum, m_l = q_l + ... + q_0 + p + 1
    total        (S, p + 1, p + 1) [X y]'[X y]
    strata_rows  (S,) rows per residual stratum
    children     see Nesting
    crossed      products with crossed random effects; levels are then those of the chain (crossed.py)
    weights      weights of the groups; rows, total and strata_rows are weighted sums already
    """

    rows: tuple[Array, ...]
    total: Array
    strata_rows: NDArray[np.number]
    children: tuple[tuple[IntArray, ...], ...]
    basis: Basis
    crossed: CrossedBlocks | None = None
    weights: GroupWeights | None = None

    @property
    def n(self) -> float:
        """Rows, or their weights' sum."""
        return self.strata_rows.sum()

    @property
    def group_counts(self) -> tuple[float, ...]:
        """Groups of every level, or their weights' sum."""
        return self.n_groups if self.weights is None else self.weights.n_groups

    @property
    def p(self) -> int:
        return self.total.shape[1] - 1

    def widths_above(self, level: int) -> list[int]:
        """Random effects of the levels above, nearest first."""
        return [self.rows[k].shape[1] for k in range(level - 1, -1, -1)]

    @property
    def n_crossed(self) -> int:
        """Crossed terms: they come before the chain's levels wherever parameters are listed."""
        return 0 if self.crossed is None else self.crossed.count

    @property
    def n_groups(self) -> tuple[int, ...]:
        own = tuple(r.shape[-1] for r in self.rows)
        return own if self.crossed is None else (*self.crossed.sizes, *own)

    @property
    def linear_rss(self) -> float:
        """Residual sum of squares of the linear model, in the scaled response."""
        t = self.total.sum(axis=0)
        if self.p == 0:
            return float(t[-1, -1])
        return float(t[-1, -1] - t[:-1, -1] @ np.linalg.solve(t[:-1, :-1], t[:-1, -1]))


def _add_segments(out: Array, values: Array, starts: IntArray, begin: int, end: int) -> None:
    """out[..., g] += sums of values (sorted rows begin..end) over the rows of group g."""
    first = int(np.searchsorted(starts, begin, side="right")) - 1
    last = int(np.searchsorted(starts, end, side="left"))
    edges = starts[first:last] - begin
    edges[0] = 0
    out[..., first:last] += np.add.reduceat(values, edges, axis=-1)


def cross_products(rows: Rows, basis: Basis | None = None) -> Blocks:
    """Second pass. A given basis is used as it is (predictions from other data)."""
    first_look = basis is None
    basis = basis or find_basis(rows)
    n, p = rows.x.shape
    n_strata = rows.stratum_codes.size
    widths = [z.shape[1] for z in rows.z]
    row_map_t = basis.row_map().T.copy()
    m = row_map_t.shape[0]
    sizes = [m - sum(widths[k + 1 :]) for k in range(len(widths))]  # columns of level k's rows
    out = [
        np.zeros((n_strata, q, c, s.size)) for q, c, s in zip(widths, sizes, rows.nesting.starts, strict=True)
    ]
    total = np.zeros((n_strata, p + 1, p + 1))
    size = min(chunk_rows(m), n)
    raw, work = np.empty((size, m)), np.empty((m, size))
    products = [np.empty((q, c, size)) for q, c in zip(widths, sizes, strict=True)]
    for begin in range(0, n, size):
        end = min(begin + size, n)
        stratum = rows.take(begin, end, raw[: end - begin])
        w = np.matmul(row_map_t, raw[: end - begin].T, out=work[:, : end - begin])
        pick = slice(begin, end) if rows.nesting.order is None else rows.nesting.order[begin:end]
        for s in range(n_strata):
            ws = w if stratum is None else w * (stratum == s)
            xy = ws[m - p - 1 :]
            total[s] += (xy if rows.weights is None else xy * rows.weights.total[pick]) @ w[m - p - 1 :].T
            for k, q in enumerate(widths):
                z = ws[m - sizes[k] : m - sizes[k] + q]
                if rows.weights is not None:
                    z = z * rows.weights.rows[k][pick]
                product = products[k][:, :, : end - begin]
                np.multiply(z[:, None, :], w[None, m - sizes[k] :, :], out=product)
                _add_segments(out[k][s], product, rows.nesting.starts[k], begin, end)
    crossed = crossed_products(rows, basis, rows.crossed) if rows.crossed else None
    weights = None
    if rows.weights is not None:
        parents = [[rows.nesting.parent(lv, k) for k in range(lv)] for lv in range(len(widths))]
        weights = group_weights(rows.weights.groups, parents)
    blocks = Blocks(tuple(out), total, rows.strata_rows(), rows.nesting.children, basis, crossed, weights)
    if first_look:
        squares = float(np.dot(rows.y, rows.y)) / basis.scale**2
        if rows.weights is not None:
            squares = float(np.dot(rows.y * rows.weights.total, rows.y)) / basis.scale**2
        if blocks.linear_rss <= _PERFECT * max(squares, 1.0):
            raise PerfectFitError("the fixed effects fit the response exactly")
    return blocks


def top_cross_products(rows: Rows, basis: Basis) -> Array:
    """[X y]'[X y] per top-level group and stratum, (S, p + 1, p + 1, J): what resampling needs besides
    Blocks.
    """
    p = rows.x.shape[1]
    starts = rows.nesting.starts[0]
    out = np.zeros((rows.stratum_codes.size, p + 1, p + 1, starts.size))
    map_t = basis.row_map().T.copy()[-(p + 1) :]
    size = min(chunk_rows(rows.width), rows.n)
    buffer = np.empty((size, rows.width))
    for begin in range(0, rows.n, size):
        end = min(begin + size, rows.n)
        stratum = rows.take(begin, end, buffer[: end - begin])
        w = map_t @ buffer[: end - begin].T
        for s in range(out.shape[0]):
            ws = w if stratum is None else w * (stratum == s)
            for a in range(p + 1):
                _add_segments(out[s, a], ws[a] * w, starts, begin, end)
    return out


def top_strata_rows(rows: Rows) -> IntArray:
    """Rows per residual stratum and top-level group, (S, J)."""
    top = rows.nesting.row_group[0]
    n_top = rows.nesting.starts[0].size
    if rows.stratum is None:
        return np.bincount(top, minlength=n_top)[None, :]
    n_strata = rows.stratum_codes.size
    return np.bincount(rows.stratum * n_top + top, minlength=n_strata * n_top).reshape(n_strata, n_top)


def resample(
    blocks: Blocks, top_total: Array, strata_rows: IntArray, counts: NDArray[np.integer], merged: bool = False
) -> Blocks:
    """Blocks of the data set in which top-level group j appears counts[j] times.

    Under new identities; with ``merged`` the copies keep theirs, so group j is one group with its rows
    repeated."""
    counts = np.asarray(counts, dtype=np.intp)
    copies = np.minimum(counts, 1) if merged else counts
    rows: list[Array] = []
    kept: list[IntArray] = []  # per level, index of the source group of each new group
    for level, block in enumerate(blocks.rows):
        if level == 0:
            kept.append(np.repeat(np.arange(counts.size), copies))
            repeats = counts[kept[0]]
        else:
            first = blocks.children[level][0]
            size = np.diff(np.append(first, block.shape[-1]))
            drawn = kept[0]
            lengths = size[drawn]
            offset = np.cumsum(lengths) - lengths
            within = np.arange(int(lengths.sum())) - np.repeat(offset, lengths)
            kept.append(np.repeat(first[drawn], lengths) + within)
            repeats = np.repeat(counts[drawn], lengths)
        taken = np.take(block, kept[-1], axis=-1)
        rows.append(taken * repeats if merged else taken)
    children: list[tuple[IntArray, ...]] = []
    for level in range(len(rows)):
        per_ancestor = []
        for k in range(level):
            size = np.diff(np.append(blocks.children[level][k], blocks.rows[level].shape[-1]))
            lengths = size[kept[k]]
            per_ancestor.append((np.cumsum(lengths) - lengths).astype(np.intp))
        children.append(tuple(per_ancestor))
    return Blocks(
        tuple(rows),
        top_total @ counts.astype(np.float64),
        strata_rows @ counts,
        tuple(children),
        blocks.basis,
    )
