"""The likelihood with correlated residuals: rows whitened panel by panel, then the elimination of ``objective``.

With V = sigma^2 (Lambda + Z D Z') and Lambda = L L' block-diagonal over panels (panels.py), L^-1 times the rows has
independent residuals, so one whitening and the usual cross-products give the profiled likelihood at any theta, the
derivatives in D, and the effects. Minus the log likelihood gains half the log determinant of Lambda.

Its derivative in a cell of Lambda is half of tr(dLambda G) with

    G = L^-T (I - T T' - e e' d / rss) L^-1     (the diagonal block of the panel)

where, after whitening, e is y - X beta - Z u and T T' the prediction variance of Z u, of X beta + Z u under REML:
the diagonal blocks of V^-1, or of V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1, are L^-T (I - T T') L^-1, since
V^-1 (y - X beta) = L^-T e and the error of a best linear prediction is uncorrelated with it. T comes from
``effects.substitute``. (Own derivation; tested against dense matrices.) The Hessian is taken by differences of
this gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .blocks import Basis, Blocks, Rows
from .effects import substitute
from .errors import LmmError, NumericalError
from .objective import Objective, State, factorise_at
from .panels import Panels
from .parameterise import ParamSet
from .spec import Array

_FORWARD, _CENTRAL = 1e-6, 1e-4  # relative steps of the differences


@dataclass(frozen=True)
class CorrelatedState:
    """One evaluation. inverses: see ``Panels.factors``; white (n, m) whitened rows [z_bottom ... z_top x y]."""

    full: Array
    inverses: list[Array]
    white: Array
    objective: Objective
    state: State
    log_det: float

    @property
    def value(self) -> float:
        """Minus the log likelihood."""
        return self.objective.value_of(self.state) + 0.5 * self.log_det


@dataclass(frozen=True, eq=False)
class CorrelatedObjective:
    """Minus the profiled log likelihood over full = [tau of the random part, theta of the residuals].

    raw (n, m) rows in the basis, sorted by group and panel
    """

    rows: Rows
    basis: Basis
    params: ParamSet
    panels: Panels
    reml: bool
    raw: Array

    @classmethod
    def make(
        cls, rows: Rows, basis: Basis, params: ParamSet, panels: Panels, reml: bool
    ) -> CorrelatedObjective:
        raw = np.empty((rows.n, rows.width))
        rows.take(0, rows.n, raw)
        return cls(rows, basis, params, panels, reml, raw @ basis.row_map())

    @property
    def n_random(self) -> int:
        return self.params.n_random

    def blocks_of(self, white: Array) -> Blocks:
        """Cross-products of sorted rows in the basis."""
        w = np.ascontiguousarray(white.T)
        p, m = self.rows.x.shape[1], w.shape[0]
        out = []
        for k, starts in enumerate(self.rows.nesting.starts):
            first = sum(z.shape[1] for z in self.rows.z[k + 1 :])
            q = self.rows.z[k].shape[1]
            block = np.empty((1, q, m - first, starts.size))
            for a in range(q):
                block[0, a] = np.add.reduceat(w[first + a] * w[first:], starts, axis=1)
            out.append(block)
        xy = w[m - p - 1 :]
        rows = np.array([self.rows.n], dtype=np.intp)
        return Blocks(tuple(out), (xy @ xy.T)[None], rows, self.rows.nesting.children, self.basis)

    def independent(self) -> Objective:
        """The objective with Lambda the identity."""
        return Objective(self.blocks_of(self.raw), self.params, self.reml)

    def at(self, full: Array) -> CorrelatedState:
        tau, theta = full[: self.n_random], full[self.n_random :]
        inverses, log_det = self.panels.factors(theta)
        white = self.panels.whiten(inverses, self.raw)
        objective = Objective(self.blocks_of(white), self.params, self.reml)
        state = factorise_at(objective.blocks, self.params, tau)
        return CorrelatedState(full, inverses, white, objective, state, log_det)

    def value(self, full: Array) -> float:
        return self.at(full).value

    def value_and_gradient(self, full: Array) -> tuple[float, Array]:
        at = self.at(full)
        return at.value, self.gradient(at)

    def errors(self, at: CorrelatedState) -> tuple[Array, Array]:
        """Whitened e (n,) and T (n, c) of the module's head, sorted rows."""
        p = self.rows.x.shape[1]
        state, nesting = at.state, self.rows.nesting
        column_map = state.column_map
        values, spread = substitute(state.levels, nesting, column_map, not self.reml)
        mapped = at.white[:, at.white.shape[1] - p - 1 :] @ column_map
        skip = 0 if self.reml else p
        e = mapped[:, -1].copy()
        t = np.zeros((self.rows.n, p - skip + sum(z.shape[1] for z in self.rows.z)))
        if self.reml:
            t[:, :p] = mapped[:, :p]
        for k, (u, error) in enumerate(zip(values, spread, strict=True)):
            first = sum(z.shape[1] for z in self.rows.z[k + 1 :])
            z = at.white[:, first : first + self.rows.z[k].shape[1]]
            group = nesting.row_group[k][self.panels.order]
            e -= np.einsum("nq,qn->n", z, u[:, group])
            own = error[:, skip:]
            t[:, : own.shape[1]] += np.einsum("nq,qcn->nc", z, own[:, :, group])
        return e, t

    def gradient(self, at: CorrelatedState) -> Array:
        d = at.objective.scale_df
        out = np.empty_like(at.full)
        tau = at.full[: self.n_random]
        out[: self.n_random], _ = self.params.pull_back(
            tau, at.objective.derivatives(at.state, 1).gradient, None
        )
        e, t = self.errors(at)
        columns = np.column_stack((t, e * np.sqrt(d / at.state.rss)))
        sums = self.panels.cell_sums(at.inverses, columns, True)
        jacobian = self.panels.model.cell_jacobian(at.full[self.n_random :])
        out[self.n_random :] = 0.5 * (jacobian.T @ sums)
        return out

    def log_rss_gradient(self, at: CorrelatedState) -> Array:
        """Derivatives of the log residual sum of squares."""
        out = np.empty_like(at.full)
        tau = at.full[: self.n_random]
        cross = at.objective.derivatives(at.state, 1).cross_scale * (-2.0 / at.objective.scale_df)
        out[: self.n_random], _ = self.params.pull_back(tau, cross, None)
        e, _ = self.errors(at)
        sums = self.panels.cell_sums(at.inverses, e[:, None], False)
        jacobian = self.panels.model.cell_jacobian(at.full[self.n_random :])
        out[self.n_random :] = jacobian.T @ sums / at.state.rss
        return out

    def hessian(self, full: Array, gradient: Array, central: bool) -> Array:
        """Differences of the gradient, symmetrised."""
        out = np.empty((full.size, full.size))
        for k in range(full.size):
            step = (_CENTRAL if central else _FORWARD) * max(abs(float(full[k])), 1.0)
            out[k] = self._difference(full, gradient, k, step, central)
        return 0.5 * (out + out.T)

    def _difference(self, full: Array, gradient: Array, k: int, step: float, central: bool) -> Array:
        unit = np.zeros(full.size)
        unit[k] = 1.0

        def moved(by: float) -> Array | None:
            try:
                found = self.value_and_gradient(full + by * unit)[1]
            except LmmError:
                return None
            return found if np.all(np.isfinite(found)) else None

        for _ in range(4):  # theta near the edge of the positive definite matrices: shorter steps
            up = moved(step)
            down = moved(-step) if central or up is None else gradient
            if up is not None and down is not None:
                return (up - down) / (2.0 * step if central else step)
            if down is not None:
                return (gradient - down) / step
            if up is not None:
                return (up - gradient) / step
            step *= 0.1
        raise NumericalError("no derivative at the edge of the parameter space")
