"""The profiled log likelihood at given variance parameters, with exact first and second derivatives.

Relative covariance V = sum_l Z_l D_l Z_l' + W^-1 (D and W relative to sigma^2). Levels are eliminated from
the bottom up. With M the inverse covariance that knows only the levels below l, one level changes the
cross-products of all columns U above it (upper Z, X, y) into

    U'M+U = U'MU - B' Omega B,   B = Z'MU,  N = Z'MZ,  Omega = (D^-1 + N)^-1 = Lam (I + Lam'N Lam)^-1 Lam'

and log|V| grows by log|I + Lam'N Lam|: a blocked Cholesky factorisation with blocks held per group. After the
last level the (p + 1)-square total holds X'V^-1X, X'V^-1y and y'V^-1y; beta and sigma^2 are profiled out.

Derivatives are carried through the same recursion. For a parameter k of the level itself (dD = E_k), with
Y = Omega B, J = I - N Omega, T = Z'M+U = J B and S = Z'M+Z = J N:

    d_k U'M+U = -T'E_k T,   d_kl = T'E_k S E_l T + T'E_l S E_k T,
    d_k log|V| = tr(S E_k),  d_kl = -tr(S E_k S E_l)

and for a parameter i of a level below (or a residual weight), with N_i, B_i the derivatives of N and B and
R_i = B_i - N_i Y:

    d_i U'M+U = d_i U'MU - R_i'Y - Y'B_i,
    d_ij = d_ij U'MU - B_ij'Y - Y'(B_ij - N_ij Y) - R_i'Omega R_j - R_j'Omega R_i,
    d_ik = -(J R_i)'E_k T - T'E_k (J R_i)
    d_i log|V| = tr(Omega N_i),  d_ij = tr(Omega N_ij) - tr(Omega N_i Omega N_j),  d_ik = tr(E_k J N_i J').

(Schur complements differentiated twice; our own derivation. Checked against dense matrices in the tests.)
Once beta is known, the X and y columns are replaced by X A^-1/2 (A = X'V^-1X) and e = y - X beta: then the
profile derivatives need only e'..e, X'..e and, for REML, X'..X.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ._batched import cholesky, gram, left, multiply, multiply_t, solve_lower, sum_groups
from .blocks import Blocks
from .crossed_elimination import CrossedDerivatives, CrossedElimination, CrossedState
from .errors import NumericalError, PerfectFitError, SingularDesignError
from .parameterise import ParamSet
from .spec import Array

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class LevelState:
    """One level after elimination; columns of b and half_b are the level's U = [upper Z, X, y].

    inner (q, q, G) N;  b (q, m - q, G) B;  half (q, q, G) the inverse factor times Lam': Omega = half'half;
    half_b = half b: Y = half'half_b
    """

    inner: Array
    b: Array
    half: Array
    half_b: Array


@dataclass(frozen=True)
class State:
    """The factorisation at one tau. beta, rss and scale are in the basis of Blocks."""

    tau: Array
    levels: tuple[LevelState, ...]
    weights: Array
    total: Array
    root: Array  # lower Cholesky factor of X'V^-1X
    beta: Array
    rss: float
    log_det_v: float
    crossed: CrossedState | None = None

    @property
    def column_map(self) -> Array:
        """(p + 1, p + 1) map of [X y] to [X A^-1/2, e]."""
        p = self.beta.size
        out = np.zeros((p + 1, p + 1))
        out[:p, :p] = np.linalg.inv(self.root).T
        out[:p, p] = -self.beta
        out[p, p] = 1.0
        return out


def eliminate(
    blocks: Blocks, params: ParamSet, tau: Array
) -> tuple[list[LevelState], Array, Array, float, CrossedState | None]:
    """Eliminate every level: (level states, weights, total left, log|V|, the crossed block's state)."""
    weights = params.weights(tau)
    factors = params.factors(tau)
    rows = [r[0] if weights.size == 1 else np.tensordot(weights, r, axes=1) for r in blocks.rows]
    total = blocks.total[0] if weights.size == 1 else np.tensordot(weights, blocks.total, axes=1)
    log_det = -float(blocks.strata_rows @ np.log(weights))
    states: list[LevelState] = []
    n_crossed = blocks.n_crossed
    crossed = CrossedElimination(blocks.crossed, weights) if blocks.crossed is not None else None
    for level in range(len(rows) - 1, -1, -1):
        lam = factors[n_crossed + level]
        q = rows[level].shape[0]
        inner = rows[level][:, :q]
        b = rows[level][:, q:]
        if q == 1:
            core = inner * lam[0, 0] ** 2
        else:
            core = left(lam.T, left(lam.T, inner).transpose(1, 0, 2))
        core[np.arange(q), np.arange(q)] += 1.0
        chol = cholesky(core)
        weighted = blocks.weights
        if weighted is None:
            log_det += 2.0 * float(sum(np.log(chol[a, a]).sum() for a in range(q)))
        else:
            log_det += 2.0 * float(sum(weighted.total[level] @ np.log(chol[a, a]) for a in range(q)))
        half = solve_lower(chol, lam.T[:, :, None])
        half_b = multiply(half, b)
        at = 0
        for upper in range(level - 1, -1, -1):
            width = rows[upper].shape[0]
            change = multiply_t(half_b[:, at : at + width], half_b[:, at:])
            if weighted is not None:
                change = change * weighted.to_level[level][upper]
            rows[upper] = rows[upper] - sum_groups(change, blocks.children[level][upper])
            at += width
        right = half_b[:, at:]
        total = total - gram(right if weighted is None else right * weighted.total[level], right)
        states.append(LevelState(inner, b, half, half_b))
        if crossed is not None:
            crossed.level(level, half, half_b, blocks.widths_above(level))
    block = None
    if crossed is not None:
        block, more = crossed.finish(factors[:n_crossed])
        log_det += more
        total = total - block.half_b.T @ block.half_b
    return list(reversed(states)), weights, total, log_det, block


def factorise_at(blocks: Blocks, params: ParamSet, tau: Array) -> State:
    """Eliminate; beta and the residual sum of squares follow from the total that is left."""
    p = blocks.p
    try:
        states, weights, total, log_det, crossed = eliminate(blocks, params, tau)
    except np.linalg.LinAlgError:
        raise NumericalError("the random part dwarfs the residual beyond double precision") from None
    try:
        root = np.asarray(np.linalg.cholesky(total[:p, :p]), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise SingularDesignError(p - 1) from None
    beta = np.asarray(np.linalg.solve(total[:p, :p], total[:p, p]), dtype=np.float64)
    rss = float(total[p, p] - total[:p, p] @ beta)
    if not rss > 0.0:
        raise PerfectFitError("the residual sum of squares is zero")
    return State(tau, tuple(states), weights, total, root, beta, rss, log_det, crossed)


@dataclass(frozen=True)
class Objective:
    """Minus the profiled log (restricted) likelihood of one data set and model."""

    blocks: Blocks
    params: ParamSet
    reml: bool

    @property
    def scale_df(self) -> float:
        """n, or n - p for REML: divisor of sigma^2."""
        return self.blocks.n - (self.blocks.p if self.reml else 0)

    def constant(self) -> float:
        """Twice the part of minus the log likelihood that comes from the change of basis and from 2 pi."""
        out = self.scale_df * (LOG_2PI + 2.0 * np.log(self.blocks.basis.scale))
        return out + (2.0 * self.blocks.basis.log_det_x if self.reml else 0.0)

    def value_of(self, state: State) -> float:
        """Minus the log likelihood."""
        d = self.scale_df
        twice = self.constant() + d * (np.log(state.rss / d) + 1.0) + state.log_det_v
        if self.reml:
            twice += 2.0 * float(np.sum(np.log(np.diagonal(state.root))))
        return 0.5 * float(twice)

    def linear_value(self) -> float:
        """Minus the log likelihood of the model without random effects and with one residual variance."""
        d = self.scale_df
        twice = self.constant() + d * (np.log(self.blocks.linear_rss / d) + 1.0)
        if self.reml and self.blocks.p:
            t = self.blocks.total.sum(axis=0)[:-1, :-1]
            twice += float(np.linalg.slogdet(t)[1])
        return 0.5 * float(twice)

    def value(self, tau: Array) -> float:
        return self.value_of(factorise_at(self.blocks, self.params, tau))

    def derivatives(self, state: State, order: int = 2) -> ProfileDerivatives:
        """Derivatives in phi (see ParamSet)."""
        return ProfileDerivatives.form(self, propagate(self, state, order), state)

    def in_tau(self, tau: Array, order: int = 2) -> tuple[float, Array, Array | None]:
        """Value, gradient and Hessian for the optimiser."""
        state = factorise_at(self.blocks, self.params, tau)
        d = self.derivatives(state, order)
        g, h = self.params.pull_back(tau, d.gradient, d.hessian)
        return self.value_of(state), g, h


@dataclass
class Pieces:
    """Sums over all groups, columns X A^-1/2 (x) and e, one entry per parameter in phi's order."""

    log_det: Array  # (P,)
    ee: Array  # (P,) of e'V^-1e
    xe: Array  # (P, p) of X'V^-1e
    xx: Array | None  # (P, p, p) of X'V^-1X, REML only
    log_det2: Array | None = None  # (P, P)
    ee2: Array | None = None
    xx2: Array | None = None  # (P, P) of tr X'V^-1X, REML only
    by_group: list[tuple[list[int], Array, Array]] = field(default_factory=list)
    """per level from the top: parameters, (k, G) of log|V| and of e'V^-1e, when asked for"""


def propagate(objective: Objective, state: State, order: int, keep_groups: bool = False) -> Pieces:
    """Carry first (and second) derivatives of the elimination from the bottom level to the total."""
    blocks, params, reml = objective.blocks, objective.params, objective.reml
    p, size, n_strata = blocks.p, params.size, blocks.total.shape[0]
    cmap = state.column_map
    if order == 1 and not reml:  # the gradient of the likelihood needs no X columns
        p, cmap = 0, cmap[:, -1:]
    lower = list(range(params.n_random, size))  # parameters that have acted so far: residual weights first
    out = Pieces(
        np.zeros(size), np.zeros(size), np.zeros((size, p)), np.zeros((size, p, p)) if reml else None
    )
    if order == 2:
        out.log_det2, out.ee2 = np.zeros((size, size)), np.zeros((size, size))
        out.xx2 = np.zeros((size, size)) if reml else None
    if lower:
        base = cmap.T @ blocks.total[1:] @ cmap
        out.log_det[lower] = -blocks.strata_rows[1:] / state.weights[1:]
        out.ee[lower] = base[:, p, p]
        out.xe[lower] = base[:, :p, p]
        if out.xx is not None:
            out.xx[lower] = base[:, :p, :p]
        if out.log_det2 is not None:
            out.log_det2[lower, lower] = blocks.strata_rows[1:] / state.weights[1:] ** 2
    first = [map_columns(r[1:], cmap) if n_strata > 1 else np.zeros((0, *r.shape[1:])) for r in blocks.rows]
    second: list[dict[tuple[int, int], Array]] = [{} for _ in blocks.rows]  # by positions in ``lower``
    n_crossed, crossed = blocks.n_crossed, None
    if blocks.crossed is not None and state.crossed is not None:
        crossed = CrossedDerivatives(blocks.crossed, state.crossed, cmap, order)
    for level in range(len(blocks.rows) - 1, -1, -1):
        basis = params.level_basis[n_crossed + level]
        work = _LevelDerivatives.form(state.levels[level], basis, first[level], cmap, p)
        own = list(params.level_indices[n_crossed + level])
        every = lower + own
        weighted = blocks.weights
        totals = work if weighted is None else work.weighted(weighted.total[level])
        totals.add_first(out, lower, own, keep_groups)
        if order == 2:
            totals.add_second(out, every, second[level], reml)
        if crossed is not None:
            crossed.level(level, work, blocks.widths_above(level), second[level])
        at = 0
        for upper in range(level - 1, -1, -1):
            width = blocks.rows[upper].shape[1]
            starts = blocks.children[level][upper]
            c, rest = slice(at, at + width), slice(at, None)
            factor = 1.0 if weighted is None else weighted.to_level[level][upper]
            own_first = [
                sum_groups(a if weighted is None else a * factor, starts) for a in work.upper_first(c, rest)
            ]
            stacked = [first[upper][i] + own_first[i] for i in range(len(lower))] + own_first[len(lower) :]
            first[upper] = np.stack(stacked) if stacked else first[upper]
            if order == 2:
                for i in range(len(every)):
                    for j in range(i, len(every)):
                        change = work.upper_second(i, j, c, rest, second[level])
                        change = sum_groups(change if weighted is None else change * factor, starts)
                        old = second[upper].get((i, j))
                        second[upper][i, j] = change if old is None else old + change
            at += width
        lower = every
    if crossed is not None:
        terms = [
            (i, t, small)
            for t in range(n_crossed)
            for i, small in zip(params.level_indices[t], params.level_basis[t], strict=True)
        ]
        crossed.finish(out, lower, terms, reml)
    return out


def map_columns(a: Array, cmap: Array) -> Array:
    """Apply the change of columns to the last columns (X and y) of (..., m, G)."""
    k = cmap.shape[0]
    mapped = np.matmul(cmap.T, a[..., a.shape[-2] - k :, :])
    if a.shape[-2] == k:
        return mapped
    return np.concatenate((a[..., : a.shape[-2] - k, :], mapped), axis=-2)


@dataclass
class _LevelDerivatives:
    """Quantities of one level, all (.., G); names as in the module's head."""

    p: int
    q: int
    basis: Array  # (K, q, q) E_k
    n_i: Array  # (I, q, q, G)
    b_i: Array  # (I, q, m, G)
    r_i: Array
    omega: Array
    y: Array
    t: Array
    s: Array
    j: Array
    et: Array  # (K, q, m, G) E_k T
    count: Array | None = (
        None  # (G,) weights of the groups in the totals; the columns are scaled by their roots
    )

    def weighted(self, count: Array) -> _LevelDerivatives:
        """What add_first and add_second need when each group counts ``count`` times."""
        root = np.sqrt(count)
        columns = {name: getattr(self, name) * root for name in ("b_i", "r_i", "y", "t", "et")}
        return replace(self, count=count, **columns)

    def counted(self, a: Array) -> Array:
        return a if self.count is None else a * self.count

    @classmethod
    def form(cls, st: LevelState, basis: Array, first: Array, cmap: Array, p: int) -> _LevelDerivatives:
        q = basis.shape[1]
        omega = multiply_t(st.half, st.half)
        b = map_columns(st.b, cmap)
        y = multiply_t(st.half, map_columns(st.half_b, cmap))
        t = b - multiply(st.inner, y)
        j = -multiply(st.inner, omega)
        j[np.arange(q), np.arange(q)] += 1.0
        s = multiply(j, st.inner)
        s = 0.5 * (s + s.transpose(1, 0, 2))
        n_i, b_i = first[:, :, :q], first[:, :, q:]
        r_i = b_i - np.einsum("iabg,bmg->iamg", n_i, y) if n_i.shape[0] else b_i
        et = left(basis.reshape(-1, q), t).reshape(basis.shape[0], *t.shape)
        return cls(p, q, basis, n_i, b_i, r_i, omega, y, t, s, j, et)

    def add_first(self, out: Pieces, lower: list[int], own: list[int], keep: bool) -> None:
        p = self.p
        x, e = slice(-p - 1, -1), -1
        trace_own = self.counted(self.basis.reshape(len(own), -1) @ self.s.reshape(self.q * self.q, -1))
        ee_own = -np.einsum("qg,kqg->kg", self.t[:, e], self.et[:, :, e])
        out.log_det[own] += trace_own.sum(axis=1)
        out.ee[own] += ee_own.sum(axis=1)
        if p:
            et_e, t_x = self.et[:, :, e].reshape(len(own), -1), self.t[:, x].transpose(0, 2, 1).reshape(-1, p)
            out.xe[own] -= et_e @ t_x
        if out.xx is not None:
            out.xx[own] -= np.stack([gram(a[:, x], self.t[:, x]) for a in self.et])
        indices, trace, ee = own, trace_own, ee_own
        if lower:
            trace_low = self.counted(np.einsum("abg,iabg->ig", self.omega, self.n_i))
            ee_low = -np.einsum("qg,iqg->ig", self.y[:, e], self.r_i[:, :, e] + self.b_i[:, :, e])
            out.log_det[lower] += trace_low.sum(axis=1)
            out.ee[lower] += ee_low.sum(axis=1)
            if p:
                out.xe[lower] -= np.einsum("iqg,qmg->im", self.b_i[:, :, e], self.y[:, x])
                out.xe[lower] -= np.einsum("iqmg,qg->im", self.r_i[:, :, x], self.y[:, e])
            if out.xx is not None:
                for pos, i in enumerate(lower):
                    out.xx[i] -= gram(self.r_i[pos][:, x], self.y[:, x])
                    out.xx[i] -= gram(self.y[:, x], self.b_i[pos][:, x])
            indices, trace, ee = lower + own, np.vstack((trace_low, trace_own)), np.vstack((ee_low, ee_own))
        if keep:
            out.by_group.insert(0, (indices, trace, ee))

    def add_second(
        self, out: Pieces, every: list[int], second: dict[tuple[int, int], Array], reml: bool
    ) -> None:
        assert out.log_det2 is not None and out.ee2 is not None
        n_low, p = self.n_i.shape[0], self.p
        where = np.ix_(every, every)
        trace = np.zeros((len(every),) * 2)
        se = np.einsum("abg,kbc->kacg", self.s, self.basis)
        flat = self.counted(se).reshape(se.shape[0], -1)
        trace[n_low:, n_low:] = -flat @ se.transpose(0, 2, 1, 3).reshape(se.shape[0], -1).T
        if n_low:
            on = np.einsum("abg,ibcg->iacg", self.omega, self.n_i)
            flat = self.counted(on).reshape(n_low, -1)
            trace[:n_low, :n_low] = -flat @ on.transpose(0, 2, 1, 3).reshape(n_low, -1).T
            jn = np.einsum("abg,ibcg->iacg", self.j, self.n_i)
            s_i = self.counted(np.einsum("iacg,dcg->iadg", jn, self.j))
            cross = np.tensordot(s_i.sum(axis=3), self.basis, axes=([1, 2], [1, 2]))
            trace[:n_low, n_low:] = cross
            trace[n_low:, :n_low] = cross.T
            for (i, k), a in second.items():
                if k < n_low:
                    more = float(np.vdot(self.counted(self.omega), a[:, : self.q]))
                    trace[i, k] += more
                    if i != k:
                        trace[k, i] += more
        out.log_det2[where] += trace
        out.ee2[where] += self._second_total(slice(-1, None), second)
        if reml and out.xx2 is not None and p:
            out.xx2[where] += self._second_total(slice(-p - 1, -1), second)

    def _second_total(self, cols: slice, second: dict[tuple[int, int], Array]) -> Array:
        """Second derivatives of the trace of U'M+U over the chosen columns."""
        n_low, n_own = self.n_i.shape[0], self.basis.shape[0]
        flat = np.empty((n_low + n_own,) * 2)
        et = self.et[:, :, cols]
        set_ = np.einsum("abg,kbmg->kamg", self.s, et)
        flat[n_low:, n_low:] = 2.0 * (et.reshape(n_own, -1) @ set_.reshape(n_own, -1).T)
        if n_low:
            r = self.r_i[:, :, cols]
            jr = np.einsum("abg,ibmg->iamg", self.j, r)
            cross = -2.0 * (jr.reshape(n_low, -1) @ et.reshape(n_own, -1).T)
            flat[:n_low, n_low:] = cross
            flat[n_low:, :n_low] = cross.T
            omega_r = np.einsum("abg,ibmg->iamg", self.omega, r)
            flat[:n_low, :n_low] = -2.0 * (r.reshape(n_low, -1) @ omega_r.reshape(n_low, -1).T)
            y = self.y[:, cols]
            for (i, k), a in second.items():
                if k < n_low:
                    b2 = a[:, self.q :][:, cols]
                    if self.count is not None:
                        b2 = b2 * np.sqrt(self.count)
                    more = -float(np.vdot(y, 2.0 * b2 - multiply(a[:, : self.q], y)))
                    flat[i, k] += more
                    if i != k:
                        flat[k, i] += more
        return flat

    def upper_first(self, c: slice, rest: slice) -> list[Array]:
        """Derivatives of the rows of an upper level, per group of this level, every parameter so far."""
        out = [
            -multiply_t(r[:, c], self.y[:, rest]) - multiply_t(self.y[:, c], b[:, rest])
            for r, b in zip(self.r_i, self.b_i, strict=True)
        ]
        out += [-multiply_t(a[:, c], self.t[:, rest]) for a in self.et]
        return out

    def upper_second(
        self, i: int, j: int, c: slice, rest: slice, second: dict[tuple[int, int], Array]
    ) -> Array:
        n_low = self.n_i.shape[0]
        if i >= n_low:  # both own
            a, b = self.et[i - n_low], self.et[j - n_low]
            return multiply_t(a[:, c], multiply(self.s, b[:, rest])) + multiply_t(
                b[:, c], multiply(self.s, a[:, rest])
            )
        if j >= n_low:
            t_i, et = multiply(self.j, self.r_i[i]), self.et[j - n_low]
            return -multiply_t(t_i[:, c], et[:, rest]) - multiply_t(et[:, c], t_i[:, rest])
        r_i, r_j = self.r_i[i], self.r_i[j]
        out = -multiply_t(r_i[:, c], multiply(self.omega, r_j[:, rest]))
        out -= multiply_t(r_j[:, c], multiply(self.omega, r_i[:, rest]))
        a = second.get((i, j))
        if a is not None:
            n2, b2 = a[:, : self.q], a[:, self.q :]
            out -= multiply_t(b2[:, c], self.y[:, rest])
            out -= multiply_t(self.y[:, c], b2[:, rest] - multiply(n2, self.y[:, rest]))
            # second derivatives of the upper rows by lower parameters are added by the caller
        return out


@dataclass(frozen=True)
class ProfileDerivatives:
    """Minus the profiled log likelihood in phi; sigma^2 at its conditional optimum.

    cross_scale is the mixed derivative with kappa = log sigma^2 when sigma is *not* profiled out.
    """

    gradient: Array
    hessian: Array | None
    cross_scale: Array
    full_hessian: Array | None

    @classmethod
    def form(cls, objective: Objective, pieces: Pieces, state: State) -> ProfileDerivatives:
        d, rss = objective.scale_df, state.rss
        gradient = d * pieces.ee / rss + pieces.log_det
        if pieces.xx is not None:
            gradient = gradient + np.einsum("kii->k", pieces.xx)
        cross = -0.5 * d * pieces.ee / rss
        if pieces.ee2 is None or pieces.log_det2 is None:
            return cls(0.5 * gradient, None, cross, None)
        full = d * (pieces.ee2 - 2.0 * pieces.xe @ pieces.xe.T) / rss + pieces.log_det2
        if pieces.xx is not None and pieces.xx2 is not None:
            flat = pieces.xx.reshape(gradient.size, objective.blocks.p**2)
            full = full + pieces.xx2 - flat @ flat.T
        profiled = full - d * np.outer(pieces.ee, pieces.ee) / rss**2
        return cls(0.5 * gradient, 0.5 * profiled, cross, 0.5 * full)
