"""The crossed block in the elimination and in its derivatives: the same formulas as in ``objective``, for the
columns that are held in compressed rows, and the last elimination of all crossed columns at once.

A column set U of a chain level is a pair: dense columns (upper chain levels, X, y) per group, and values at the
level's pattern for the crossed columns. Products of two sets go to the rows of an upper level (``lift``) or to
the crossed block (``cross`` and ``times``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ._batched import multiply
from .crossed import CrossedBlocks
from .spec import Array

if TYPE_CHECKING:
    from .objective import Pieces, _LevelDerivatives

Columns = tuple[Array, Array]  # dense (q, m, G), values (q, nnz)


_SAFE = 1e-4  # relative variance times cross-product from which I - K^-1 loses no digits that matter


@dataclass(frozen=True)
class CrossedState:
    """The crossed block after elimination: inner (Q, Q) N, b (Q, p + 1) B, chol the factor of K = I + Lam'N Lam.

    half_b       chol^-1 Lam'B
    rows, half_rows  per chain level, values of B and of half B at the crossed columns
    """

    blocks: CrossedBlocks
    factors: tuple[Array, ...]
    inner: Array
    b: Array
    chol: Array
    half_b: Array
    rows: tuple[Array, ...]
    half_rows: tuple[Array, ...]

    @cached_property
    def _inverse(self) -> Array:
        """K^-1."""
        from scipy.linalg import lapack

        lower, _ = lapack.dpotri(self.chol, lower=1)  # the upper half stays zero
        out: Array = lower + lower.T
        out[np.diag_indices_from(out)] *= 0.5
        return out

    def traces(self, term: int) -> Array:
        """(q, q) sums over the groups of one crossed term of the diagonal blocks of S: tr(S E_k) is their product
        with E_k."""
        q, g, own = self.blocks.widths[term], self.blocks.sizes[term], self.blocks.slices()[term]
        if self._safe:
            inner = np.einsum("agbg->ab", self._inverse[own, own].reshape(q, g, q, g))
            inverse = np.linalg.inv(self.factors[term])
            return inverse.T @ (g * np.eye(q) - inner) @ inverse
        return np.einsum("agbg->ab", (self.j[own] @ self.inner[:, own]).reshape(q, g, q, g))

    @cached_property
    def omega(self) -> Array:
        """Lam K^-1 Lam'."""
        return self.blocks.sandwich(self.factors, self._inverse, self.factors)

    @cached_property
    def j(self) -> Array:
        """I - N Omega, which is Lam'^-1 K^-1 Lam' where Lam can be inverted."""
        if self._safe:
            inverses: list[Array] = [np.asarray(np.linalg.inv(f).T) for f in self.factors]
            return self.blocks.sandwich(inverses, self._inverse, self.factors)
        out = -(self.inner @ self.omega)
        out[np.diag_indices_from(out)] += 1.0
        return out

    @cached_property
    def s(self) -> Array:
        """J N, which is Lam'^-1 (I - K^-1) Lam^-1."""
        if self._safe:
            inverses: list[Array] = [np.asarray(np.linalg.inv(f).T) for f in self.factors]
            change = -self._inverse
            change[np.diag_indices_from(change)] += 1.0
            return self.blocks.sandwich(inverses, change, inverses)
        out = self.j @ self.inner
        return 0.5 * (out + out.T)

    @cached_property
    def _safe(self) -> bool:
        for f, own in zip(self.factors, self.blocks.slices(), strict=True):
            smallest = float(np.linalg.svd(f, compute_uv=False)[-1])
            if smallest**2 * float(np.min(np.diagonal(self.inner)[own])) < _SAFE:
                return False
        return True


class CrossedElimination:
    """One factorisation: fed with every chain level from the bottom, then finished."""

    def __init__(self, blocks: CrossedBlocks, weights: Array) -> None:
        def weighted(a: Array) -> Array:
            return a[0] if weights.size == 1 else np.tensordot(weights, a, axes=1)

        self.blocks = blocks
        self.rows = [weighted(a) for a in blocks.rows]
        self.square = weighted(blocks.square).copy()
        self.wide = weighted(blocks.wide)
        self.half_rows: list[Array] = []

    def level(self, level: int, half: Array, half_b: Array, widths: Sequence[int]) -> None:
        """Eliminate chain level ``level``; widths of the levels above it, nearest first."""
        pattern = self.blocks.patterns[level]
        half_c = pattern.apply(half, self.rows[level])
        self.half_rows.insert(0, half_c)
        at = 0
        for upper, width in zip(range(level - 1, -1, -1), widths, strict=True):
            change = pattern.combine(half_b[:, at : at + width], half_c)
            self.rows[upper] = self.rows[upper] - pattern.lift(change, upper, self.rows[upper].shape[1])
            at += width
        self.square -= pattern.cross(half_c, half_c)
        self.wide = self.wide - pattern.times(half_c, half_b[:, at:])

    def finish(self, factors: Sequence[Array]) -> tuple[CrossedState, float]:
        """Eliminate the crossed columns: (state, log determinant). LinAlgError if not positive definite."""
        from scipy.linalg import lapack, solve_triangular

        transposed = [f.T for f in factors]
        core = self.blocks.sandwich(transposed, self.square, transposed)
        core[np.diag_indices_from(core)] += 1.0
        chol, info = lapack.dpotrf(core.T, lower=1, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("matrix is not positive definite")
        log_det = 2.0 * float(np.log(np.diagonal(chol)).sum())
        right = self.blocks.multiply(transposed, self.wide)
        half_b = solve_triangular(chol, right, lower=True, check_finite=False)
        state = CrossedState(
            self.blocks,
            tuple(factors),
            self.square,
            self.wide,
            chol,
            half_b,
            tuple(self.rows),
            tuple(self.half_rows),
        )
        return state, log_det


class CrossedDerivatives:
    """Carries derivatives through the crossed columns; parameters are counted as in ``propagate``."""

    def __init__(self, blocks: CrossedBlocks, state: CrossedState, cmap: Array, order: int) -> None:
        self.blocks, self.state, self.order = blocks, state, order
        self.p = cmap.shape[1] - 1
        self.b = state.b @ cmap
        self.first_rows: list[list[Array]] = [list(a[1:]) for a in blocks.rows]
        self.first_square = list(blocks.square[1:])
        self.first_wide = list(blocks.wide[1:] @ cmap)
        self.second_rows: list[dict[tuple[int, int], Array]] = [{} for _ in blocks.rows]
        self.second_square: dict[tuple[int, int], Array] = {}
        self.second_wide: dict[tuple[int, int], Array] = {}

    # -- one chain level ---------------------------------------------------------------------------
    def level(
        self,
        level: int,
        work: _LevelDerivatives,
        widths: Sequence[int],
        second: dict[tuple[int, int], Array],
    ) -> None:
        """Through chain level ``level``: everything above gains what its elimination takes away."""
        pattern = self.blocks.patterns[level]
        rows = self.state.rows[level]
        y = (work.y, pattern.apply(work.omega, rows))
        t = (work.t, pattern.apply(work.j, rows))
        n_low, n_own = work.n_i.shape[0], work.basis.shape[0]
        b_i = [(work.b_i[i], self.first_rows[level][i]) for i in range(n_low)]
        r_i = [(work.r_i[i], b_i[i][1] - pattern.apply(work.n_i[i], y[1])) for i in range(n_low)]
        et = [(work.et[k], work.basis[k] @ t[1]) for k in range(n_own)]
        size = n_low + n_own

        def through(m: Array, u: Columns) -> Columns:
            return multiply(m, u[0]), pattern.apply(m, u[1])

        first: list[list[tuple[Columns, Columns]]] = []  # minus the sum of a'b
        first += [[(r_i[i], y), (y, b_i[i])] for i in range(n_low)]
        first += [[(et[k], t)] for k in range(n_own)]
        # every list grows by the level's own parameters
        squares, wides = [], []
        for k, pairs in enumerate(first):
            square, wide = self._cross(pattern, pairs)
            squares.append(square if k >= n_low else self.first_square[k] + square)
            wides.append(wide if k >= n_low else self.first_wide[k] + wide)
        self.first_square, self.first_wide = squares, wides
        at = 0
        for upper, width in zip(range(level - 1, -1, -1), widths, strict=True):
            c = slice(at, at + width)
            changes = [self._lift(level, upper, pairs, c) for pairs in first]
            old = self.first_rows[upper]
            self.first_rows[upper] = [a if k >= n_low else old[k] + a for k, a in enumerate(changes)]
            at += width
        if self.order < 2:
            return
        s_et = [through(work.s, u) for u in et]
        j_r = [through(work.j, u) for u in r_i]
        omega_r = [through(work.omega, u) for u in r_i]
        for i in range(size):
            for j in range(i, size):
                if i >= n_low:
                    a, b = i - n_low, j - n_low
                    plus = [(et[a], s_et[b]), (et[b], s_et[a])]
                    minus: list[tuple[Columns, Columns]] = []
                elif j >= n_low:
                    plus = []
                    minus = [(j_r[i], et[j - n_low]), (et[j - n_low], j_r[i])]
                else:
                    plus = []
                    minus = [(r_i[i], omega_r[j]), (r_i[j], omega_r[i])]
                    if (i, j) in second:
                        whole, b2_rows = second[i, j], self.second_rows[level][i, j]
                        n2, b2 = whole[:, : work.q], whole[:, work.q :]
                        change = (b2 - multiply(n2, y[0]), b2_rows - pattern.apply(n2, y[1]))
                        minus += [((b2, b2_rows), y), (y, change)]
                self._add_second(level, i, j, minus, plus, widths)

    def _cross(self, pattern: object, pairs: Sequence[tuple[Columns, Columns]]) -> tuple[Array, Array]:
        from .crossed import Pattern

        assert isinstance(pattern, Pattern)
        square, wide = np.zeros((pattern.width,) * 2), np.zeros((pattern.width, self.p + 1))
        for a, b in pairs:
            square -= pattern.cross(a[1], b[1])
            wide -= pattern.times(a[1], b[0][:, -self.p - 1 :])
        return square, wide

    def _lift(self, level: int, upper: int, pairs: Sequence[tuple[Columns, Columns]], c: slice) -> Array:
        pattern = self.blocks.patterns[level]
        parts = [pattern.combine(a[0][:, c], b[1]) for a, b in pairs]
        return pattern.lift(-np.sum(parts, axis=0), upper, self.blocks.patterns[upper].indices.size)

    def _add_second(
        self,
        level: int,
        i: int,
        j: int,
        minus: Sequence[tuple[Columns, Columns]],
        plus: Sequence[tuple[Columns, Columns]],
        widths: Sequence[int],
    ) -> None:
        pattern = self.blocks.patterns[level]
        sign = -1.0 if plus else 1.0
        pairs = plus or minus
        square, wide = self._cross(pattern, pairs)
        key = (i, j)
        self.second_square[key] = sign * square + self.second_square.get(key, 0.0)
        self.second_wide[key] = sign * wide + self.second_wide.get(key, 0.0)
        at = 0
        for upper, width in zip(range(level - 1, -1, -1), widths, strict=True):
            change = sign * self._lift(level, upper, pairs, slice(at, at + width))
            self.second_rows[upper][key] = change + self.second_rows[upper].get(key, 0.0)
            at += width

    # -- the crossed block itself ------------------------------------------------------------------
    def finish(
        self, out: Pieces, lower: Sequence[int], own: Sequence[tuple[int, int, Array]], reml: bool
    ) -> None:
        """Add the block's part of all pieces; own = (parameter, crossed term, small basis matrix)."""
        blocks, p = self.blocks, self.p
        slices = blocks.slices()
        omega = self.state.omega
        y = omega @ self.b
        t = self.state.j @ self.b if out.log_det2 is not None else self.b - self.state.inner @ y

        def spread(k: int, block: Array) -> Array:
            """The nonzero rows of E_k block."""
            _, term, small = own[k]
            return blocks.spread(term, small, block[slices[term]])

        at = [slices[term] for _, term, _ in own]
        x, e = slice(0, p), p
        r_i = [b - m @ y for b, m in zip(self.first_wide, self.first_square, strict=True)]
        et = [spread(k, t) for k in range(len(own))]
        es: list[Array] = []
        if out.log_det2 is not None:
            s = self.state.s
            es = [spread(k, s) for k in range(len(own))]
        for k, (i, _, _) in enumerate(own):
            rows = at[k]
            out.log_det[i] += float(np.vdot(own[k][2], self.state.traces(own[k][1])))
            out.ee[i] -= float(t[rows, e] @ et[k][:, e])
            if p:
                out.xe[i] -= t[rows, x].T @ et[k][:, e]
            if out.xx is not None:
                out.xx[i] -= t[rows, x].T @ et[k][:, x]
        for pos, i in enumerate(lower):
            b_i, r = self.first_wide[pos], r_i[pos]
            out.log_det[i] += float(np.vdot(omega, self.first_square[pos]))
            out.ee[i] -= float(y[:, e] @ (r[:, e] + b_i[:, e]))
            if p:
                out.xe[i] -= y[:, x].T @ b_i[:, e] + r[:, x].T @ y[:, e]
            if out.xx is not None:
                out.xx[i] -= r[:, x].T @ y[:, x] + y[:, x].T @ b_i[:, x]
        if out.log_det2 is None or out.ee2 is None:
            return
        every = [*lower, *(i for i, _, _ in own)]
        j = self.state.j
        n_low, size = len(lower), len(every)
        trace, ee, xx = (np.zeros((size, size)) for _ in range(3))
        on = [omega @ m for m in self.first_square]
        jn = [j @ m for m in self.first_square]
        jr = [j @ r for r in r_i]
        wr = [omega @ r for r in r_i]
        for a in range(size):
            for b in range(a, size):
                k, m = a - n_low, b - n_low
                if a >= n_low:
                    value = -float(np.vdot(es[k][:, at[m]], es[m][:, at[k]].T))
                    change = 2.0 * (et[k].T @ s[at[k], at[m]] @ et[m])
                elif b >= n_low:
                    value = float(np.vdot(spread(m, jn[a]), j[at[m]]))
                    change = -2.0 * (jr[a][at[m]].T @ et[m])
                else:
                    value = -float(np.vdot(on[a], on[b].T))
                    change = -2.0 * (r_i[a].T @ wr[b])
                    if (a, b) in self.second_square:
                        n2, b2 = self.second_square[a, b], self.second_wide[a, b]
                        value += float(np.vdot(omega, n2))
                        change = change - y.T @ (2.0 * b2 - n2 @ y)
                trace[a, b] = trace[b, a] = value
                ee[a, b] = ee[b, a] = change[e, e]
                xx[a, b] = xx[b, a] = float(np.trace(change[:p, :p]))
        where = np.ix_(every, every)
        out.log_det2[where] += trace
        out.ee2[where] += ee
        if reml and out.xx2 is not None and p:
            out.xx2[where] += xx
