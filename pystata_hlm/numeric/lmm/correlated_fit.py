"""Fitting with correlated residuals: start, optimum, covariance of the parameters, scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blocks import Rows, factorise
from .correlated import CorrelatedObjective, CorrelatedState
from .errors import LmmError, NotConvergedError, NotNestedError, RestrictedScoresError
from .estimate import best_em_start, leave_saddle
from .inference import VarianceEstimates, boundary_flags, residual_variance
from .objective import propagate
from .optimise import OptSummary, Run
from .panels import make_panels
from .quasi_newton import minimise_by_gradient
from .residual_shapes import ResidualModel, ResidualSpec, complex_jacobian
from .spec import Array, Control, IntArray

_TRIAL = (0.3, 0.6, 0.9)  # correlations tried beside the optimum found from independence
_MAX_RESTARTS = 5
_NULL = 1e-7  # eigenvalue of the scaled information below which a direction is not identified


@dataclass(frozen=True)
class CorrelatedPart:
    """What a fit with correlated residuals holds besides the usual: kept in ``LmmFit.correlated``.

    groups (n,) lowest-level group of the caller's rows
    """

    spec: ResidualSpec
    objective: CorrelatedObjective
    at: CorrelatedState
    groups: IntArray
    identified: bool

    @property
    def model(self) -> ResidualModel:
        return self.objective.panels.model

    @property
    def theta(self) -> Array:
        return self.at.full[self.objective.n_random :]

    @property
    def sigma2(self) -> float:
        """Variance that the cells of the covariance matrices are relative to."""
        return residual_variance(self.at.objective, self.at.state)

    def variances(self) -> Array:
        """(n,) residual variance of the caller's rows."""
        panels = self.objective.panels
        cells = panels.model.cells(self.theta)
        out = np.empty(panels.order.size)
        for c in panels.classes:
            diagonal = cells[np.diagonal(c.index, axis1=1, axis2=2)]
            out[panels.order[c.rows]] = diagonal[c.pattern]
        return out * self.sigma2

    def covariance(self, groups: IntArray, time: Array | None, by: IntArray | None) -> Array:
        """(k, k) fitted covariance of residuals with these lowest-level groups, times and strata codes."""
        model, k = self.model, groups.size
        cells = model.cells(self.theta) * self.sigma2
        out = np.zeros((k, k))
        stratum = np.zeros(k, dtype=np.intp) if by is None else np.searchsorted(model.codes, by)
        times = np.zeros(k) if time is None else np.asarray(time, dtype=np.float64)
        for s, shape in enumerate(model.shapes):
            own = np.flatnonzero(stratum == s)
            if own.size:
                index = shape.cell_index(shape.coordinates(times[own][None, :]))[0]
                same = groups[own][:, None] == groups[own][None, :]
                out[np.ix_(own, own)] = np.where(same, cells[index + model.offsets[s]], 0.0)
        return out

    def covariance_of_rows(self, rows: IntArray) -> Array:
        """The same for estimation rows (0-based, the caller's order)."""
        spec = self.spec
        return self.covariance(
            self.groups[rows],
            None if spec.time is None else spec.time[rows],
            None if spec.by is None else np.asarray(spec.by)[rows],
        )

    def standardise(
        self, values: Array, groups: IntArray, time: Array | None, by: NDArray[np.integer] | None
    ) -> Array:
        """Values times the inverse symmetric square root of the fitted covariance of their group's rows."""
        panels = make_panels(groups, ResidualSpec(self.spec.kind, self.spec.order, time, by), self.model)
        out = np.empty_like(values)
        out[panels.order] = panels.inverse_roots(self.theta, values[panels.order]) / np.sqrt(self.sigma2)
        return out


def optimum_correlated(objective: CorrelatedObjective, control: Control) -> OptSummary:
    """EM for the random part with independent residuals, then all parameters together."""
    independent = objective.independent()
    matrices, em_iterations = best_em_start(independent, control)
    tau = objective.params.tau_of(matrices, np.ones(1))
    model = objective.panels.model
    start = np.concatenate((tau, model.start()))
    run, restarts, evaluations = _climb(objective, start, control, control.max_iter)
    better = _elsewhere(objective, run) if control.max_iter > 0 else None
    if better is not None:
        other, more, count = _climb(objective, better, control, control.max_iter)
        evaluations += count
        if other.f < run.f:
            run, restarts = other, restarts + more + 1
    summary = OptSummary(
        start=start,
        final=run.tau,
        em_iterations=em_iterations,
        iterations=run.iterations,
        polish_iterations=0,
        evaluations=evaluations,
        trace=tuple(run.trace),
        converged=run.reason in ("gradient", "no parameters")
        or (
            run.reason == "precision" and (run.relative_gradient <= 10 * control.tol or run.decrement <= 1e-8)
        ),
        reason=run.reason,
        relative_gradient=run.relative_gradient,
        decrement=run.decrement,
        control=control,
        reml=objective.reml,
        restarts=restarts,
    )
    if control.strict and not summary.converged:
        raise NotConvergedError(summary)
    return summary


def _climb(
    objective: CorrelatedObjective, start: Array, control: Control, limit: int
) -> tuple[Run, int, int]:
    restarts = evaluations = 0
    while True:
        run = minimise_by_gradient(objective.value_and_gradient, objective.hessian, start, control, limit)
        evaluations += run.evaluations
        if restarts >= _MAX_RESTARTS or not objective.n_random:
            return run, restarts, evaluations
        k = objective.n_random
        tau = run.tau[:k]
        part = Run(tau, run.f, run.g[:k], run.h[:k, :k])
        away = leave_saddle(objective.at(run.tau).objective, part)
        if away is None:
            return run, restarts, evaluations
        start, restarts = np.concatenate((away, run.tau[k:])), restarts + 1


def _elsewhere(objective: CorrelatedObjective, run: Run) -> Array | None:
    """A start with serially correlated residuals and a small random part that is better than the optimum found."""
    model = objective.panels.model
    if model.shapes[0].kind not in ("ar", "ma", "exponential") or not objective.n_random:
        return None
    tau = run.tau[: objective.n_random]
    best, found = run.f - 1e-7 * max(abs(run.f), 1.0), None
    for rho in _TRIAL:
        for share in (1.0, 0.2):
            trial = np.concatenate((tau * share, model.with_correlation(rho)))
            try:
                value = objective.value(trial)
            except LmmError:
                continue
            if value < best:
                best, found = value, trial
    return found


def _covariance(information: Array) -> tuple[Array, Array]:
    """Inverse of the information where there is any, and unit vectors (k, m) of the directions without."""
    diagonal = np.abs(np.diagonal(information))
    least = 1e-12 * max(float(diagonal.max(initial=0.0)), 1e-20)
    scale = 1.0 / np.sqrt(np.maximum(diagonal, least))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    null = values <= _NULL * max(float(values.max(initial=0.0)), 1e-300)
    kept = vectors[:, ~null] / np.sqrt(values[~null]) * scale[:, None]
    free = vectors[:, null] * scale[:, None]
    return kept @ kept.T, free / np.linalg.norm(free, axis=0)


def correlated_estimates(
    objective: CorrelatedObjective, at: CorrelatedState
) -> tuple[VarianceEstimates, bool]:
    """Estimates and their covariance by the chain rule from the information in tau, theta and log sigma^2."""
    params, model, k = objective.params, objective.panels.model, objective.n_random
    tau, theta = at.full[:k], at.full[k:]
    gradient = objective.gradient(at)
    information = objective.hessian(at.full, gradient, True)
    vcov, free = _covariance(information)
    slope = objective.log_rss_gradient(at)
    size = at.full.size
    sigma2 = residual_variance(at.objective, at.state)
    joint = np.empty((size + 1, size + 1))  # of tau, theta and log sigma^2
    joint[:size, :size] = vcov
    joint[:size, size] = joint[size, :size] = vcov @ slope
    joint[size, size] = 2.0 / at.objective.scale_df + slope @ vcov @ slope
    natural, metric = np.empty(size + 1), np.empty(size + 1)
    from_joint = np.zeros((size + 1, size + 1))  # d natural / d (tau, theta, log sigma^2)
    first = np.zeros((size + 1, size + 1))
    engine = np.zeros((size + 1, size + 1))  # d (phi, theta, log sigma^2) / d metric
    psi = np.append(theta, np.log(sigma2))
    spread = complex_jacobian(model.natural, psi)
    bend = complex_jacobian(model.metric, psi)
    back = np.linalg.pinv(bend, rcond=1e-14)
    natural[k:], metric[k:] = model.natural(psi), model.metric(psi)
    from_joint[k:, k:] = spread
    first[k:, k:] = spread @ back
    engine[k:, k:] = back
    flags = boundary_flags(params, tau)[:k]
    covariances, factors = [], params.factors(tau)
    inner = params.curvature[:k, :k, :k] @ tau  # d phi / d tau
    for li, (level, where) in enumerate(zip(params.equations, params.slices, strict=True)):
        row, begin = [], 0
        for eq, s in zip(level, where, strict=True):
            z_map = objective.basis.z_map[li][begin : begin + eq.q, begin : begin + eq.q]
            f = factors[li][begin : begin + eq.q, begin : begin + eq.q]
            begin += eq.q
            d = sigma2 * z_map @ f @ f.T @ z_map.T
            row.append(d)
            natural[s] = eq.select(d)
            to_natural = sigma2 * np.stack([eq.select(z_map @ e @ z_map.T) for e in eq.basis], axis=1)
            from_joint[s, s] = to_natural @ inner[s, s]
            from_joint[s, size] = natural[s]
            floor = 1e-14 * sigma2 * max(float(np.trace(z_map @ z_map.T)) / eq.q, 1e-300)
            safe = eq.select(eq.floored(d, floor))
            metric[s] = eq.metric_of(safe)
            first[s, s], _ = eq.metric_derivatives(safe)
            to_new = np.linalg.inv(to_natural)
            engine[s, s] = to_new @ first[s, s]
            for k_res in range(k, size + 1):  # phi is relative to sigma^2, which moves with the metric
                engine[s, k_res] = -(to_new @ natural[s]) * back[size - k, k_res - k]
        covariances.append(tuple(row))
    vcov_natural = from_joint @ joint @ from_joint.T
    outward = np.linalg.pinv(first, rcond=1e-300) if flags.any() else np.linalg.inv(first)
    vcov_metric = outward @ vcov_natural @ outward.T
    identified = True
    if free.size:  # parameters that change along a flat ridge of the likelihood have no standard error
        change = np.abs(from_joint[:, :size] @ free + np.outer(from_joint[:, size], slope @ free))
        touched = change.max(axis=1) > 1e-4 * change.max()
        touched[:k] &= ~flags
        vcov_natural[touched] = vcov_natural[:, touched] = np.nan
        vcov_metric[touched] = vcov_metric[:, touched] = np.nan
        identified = not touched.any()
    estimates = VarianceEstimates(
        tuple(covariances),
        np.array([sigma2]),
        natural,
        metric,
        vcov_natural,
        vcov_metric,
        first,
        engine,
        np.append(flags, np.zeros(size + 1 - k, dtype=bool)),
    )
    return estimates, identified


def correlated_scores(
    part: CorrelatedPart, rows: Rows, top: IntArray, to_engine: Array, clusters: NDArray[np.integer] | None
) -> Array:
    """(J, p + k) scores of (beta, metric); top (n,) highest-level groups, the default clusters."""
    objective, at = part.objective, part.at
    if objective.reml:
        raise RestrictedScoresError("the restricted likelihood has no cluster scores")
    panels, order = objective.panels, objective.panels.order
    n_top = int(top.max()) + 1
    cluster_of_top, n_clusters = np.arange(n_top), n_top
    if clusters is not None:
        codes, distinct = factorise(clusters)
        n_clusters = distinct.size
        cluster_of_top = np.zeros(n_top, dtype=np.intp)
        cluster_of_top[top] = codes
        if np.any(cluster_of_top[top] != codes):
            raise NotNestedError("highest-level groups are not nested within the clusters")
    sigma2 = part.sigma2
    scale = objective.basis.scale
    sigma2_new = sigma2 / scale**2
    e, t = objective.errors(at)
    weighted = np.empty(rows.n)  # V^-1 (y - X beta)
    weighted[order] = panels.unwhiten_t(at.inverses, e[:, None])[:, 0] * scale / sigma2
    p, k = rows.x.shape[1], objective.n_random
    member = cluster_of_top[top]
    out = np.empty((n_clusters, p + at.full.size + 1))
    for j in range(p):
        out[:, j] = np.bincount(member, weights=rows.x[:, j] * weighted, minlength=n_clusters)
    gradient = np.zeros(
        (at.full.size + 1, n_clusters)
    )  # of minus the log likelihood in (phi, theta, log sigma^2)
    nesting = rows.nesting
    if k:
        pieces = propagate(at.objective, at.state, 1, keep_groups=True)
        for level, (indices, trace, ee) in enumerate(pieces.by_group):
            owner = np.zeros(trace.shape[1], dtype=np.intp)
            owner[nesting.row_group[level]] = member
            for i, values in zip(indices, 0.5 * (trace + ee / sigma2_new), strict=True):
                gradient[i] += np.bincount(owner, weights=values, minlength=n_clusters)
    jacobian = panels.model.cell_jacobian(part.theta)
    columns = np.column_stack((t, e / np.sqrt(sigma2_new)))
    by_panel = panels.panel_derivatives(at.inverses, columns, jacobian)
    owner = np.zeros(by_panel.shape[1], dtype=np.intp)
    owner[panels.panel] = member[order]
    for i in range(by_panel.shape[0]):
        gradient[k + i] = 0.5 * np.bincount(owner, weights=by_panel[i], minlength=n_clusters)
    marginal = rows.y - rows.x @ (objective.basis.x_map @ (objective.basis.shift + scale * at.state.beta))
    quadratic = np.bincount(member, weights=marginal * weighted, minlength=n_clusters)
    gradient[-1] = 0.5 * (np.bincount(member, minlength=n_clusters) - quadratic)
    out[:, p:] = -(gradient.T @ to_engine)
    return out
