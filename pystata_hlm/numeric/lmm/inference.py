"""Information of the variance parameters, cluster scores and the robust covariance.

The variance parameters' covariance is the inverse of the observed information of the profile (restricted)
likelihood, beta profiled out, in Stata's metric (log sds, atanh correlations). Standard errors of variances
and covariances follow by the delta method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._batched import sum_groups
from .blocks import Rows, factorise
from .errors import NotNestedError, RestrictedScoresError
from .objective import Objective, State, factorise_at, propagate
from .parameterise import BOUNDARY, FLOOR, ParamSet
from .spec import Array


@dataclass(frozen=True)
class VarianceEstimates:
    """The variance parameters in both metrics, order: levels, equations (variances, covariances), residual.

    jacobian    d natural / d metric
    to_engine   d (phi, log sigma^2) / d metric, for scores
    at_boundary zero variances, or the correlations left undefined by a singular matrix; such parameters carry
                a stand-in of relative size 1e-14 so that every entry of the metric is finite
    """

    covariances: tuple[tuple[Array, ...], ...]
    residual: Array
    natural: Array
    metric: Array
    vcov_natural: Array
    vcov_metric: Array
    jacobian: Array
    to_engine: Array
    at_boundary: NDArray[np.bool_]


def residual_variance(objective: Objective, state: State) -> float:
    """sigma^2 of the first stratum, in the caller's units."""
    return state.rss / objective.scale_df * objective.blocks.basis.scale**2


def boundary_flags(params: ParamSet, tau: Array) -> NDArray[np.bool_]:
    flags: list[bool] = []
    for level, where in zip(params.equations, params.slices, strict=True):
        for eq, s in zip(level, where, strict=True):
            f = eq.factor(tau[s])
            d = f @ f.T
            phi = eq.select(d)
            if eq.kind in ("identity", "independent"):
                flags.extend(bool(v < BOUNDARY) for v in phi)
                continue
            singular = bool(np.linalg.eigvalsh(d)[0] < BOUNDARY)
            zero = [bool(v < BOUNDARY) for v in np.diagonal(d)]
            flags.extend(
                zero[a] if a == b else zero[a] or zero[b] or (singular and not any(zero)) for a, b in eq.pairs
            )
    return np.array(flags + [False] * params.n_strata, dtype=bool)


def variance_estimates(objective: Objective, state: State) -> VarianceEstimates:
    """Estimates, their information and the boundary flags at the optimum."""
    params, basis = objective.params, objective.blocks.basis
    flags = boundary_flags(params, state.tau)
    if flags.any():
        floored = [
            [eq.floored(f @ f.T, FLOOR) for eq, f in zip(level, _blocks(level, whole), strict=True)]
            for level, whole in zip(params.equations, params.factors(state.tau), strict=True)
        ]
        state = factorise_at(objective.blocks, params, params.tau_of(floored, state.weights))
    sigma2 = residual_variance(objective, state)
    n_random, size, n_strata = params.n_random, params.size, params.n_strata
    covariances, natural = [], np.empty(size + 1)
    metric = np.empty(size + 1)
    first = np.zeros((size + 1, size + 1))
    engine = np.zeros((size + 1, size + 1))
    curved = np.zeros((size + 1, size + 1))
    derivatives = objective.derivatives(state, 2)
    assert derivatives.full_hessian is not None
    lam = n_random  # position of lnsig_e; log ratios follow it
    factors = params.factors(state.tau)
    for li, (level, where) in enumerate(zip(params.equations, params.slices, strict=True)):
        row = []
        at = 0
        for eq, s, f in zip(level, where, _blocks(level, factors[li]), strict=True):
            z_map = basis.z_map[li][at : at + eq.q, at : at + eq.q]
            at += eq.q
            d = sigma2 * z_map @ f @ f.T @ z_map.T
            row.append(d)
            phi = eq.select(d)
            slope, bend = eq.metric_derivatives(phi)
            natural[s], metric[s] = phi, eq.metric_of(phi)
            first[s, s] = slope
            inverse = np.linalg.inv(z_map)
            to_new = np.stack([eq.select(inverse @ e @ inverse.T) for e in eq.basis], axis=1) / sigma2
            relative = to_new @ phi
            engine[s, s] = to_new @ slope
            engine[s, lam] = -2.0 * relative
            g = derivatives.gradient[s]
            curved[s, s] = np.einsum("k,kj,juv->uv", g, to_new, bend)
            curved[s, lam] = curved[lam, s] = -2.0 * g @ to_new @ slope
            curved[lam, lam] += 4.0 * g @ relative
        covariances.append(tuple(row))
    residual = sigma2 / state.weights
    natural[lam:] = residual
    metric[lam] = 0.5 * np.log(sigma2)
    metric[lam + 1 :] = -0.5 * np.log(state.weights[1:])
    first[lam:, lam] = 2.0 * residual
    engine[size, lam] = 2.0
    for i in range(1, n_strata):
        first[lam + i, lam + i] = 2.0 * residual[i]
        engine[lam + i - 1, lam + i] = -2.0 * state.weights[i]
        curved[lam + i, lam + i] = 4.0 * state.weights[i] * derivatives.gradient[lam + i - 1]
    full = np.empty((size + 1, size + 1))
    full[:size, :size] = derivatives.full_hessian
    full[:size, size] = full[size, :size] = derivatives.cross_scale
    full[size, size] = 0.5 * objective.scale_df
    information = engine.T @ full @ engine + curved
    vcov = _inverse(information)
    if vcov is None:
        vcov = _inverse_within(params, state.tau, full, derivatives.gradient, engine)
    return VarianceEstimates(
        tuple(covariances),
        residual,
        natural,
        metric,
        first @ vcov @ first.T,
        vcov,
        first,
        engine,
        flags,
    )


def _blocks(level: tuple, whole: Array) -> list[Array]:
    """The diagonal blocks of a level's factor, one per equation."""
    out, at = [], 0
    for eq in level:
        out.append(whole[at : at + eq.q, at : at + eq.q])
        at += eq.q
    return out


def _inverse(information: Array) -> Array | None:
    """Inverse of a positive definite matrix of any scaling; None when it is not positive definite."""
    diagonal = np.diagonal(information)
    if not np.all(diagonal > 0) or not np.all(np.isfinite(information)):
        return None
    scale = 1.0 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    if values[0] <= 1e-13 * values[-1]:
        return None
    root = (vectors / np.sqrt(values)) * scale[:, None]
    return root @ root.T


def _inverse_within(params: ParamSet, tau: Array, full: Array, gradient: Array, engine: Array) -> Array:
    """Covariance in the metric from the information in tau, where a boundary point is stationary.

    Used when the metric itself is degenerate (a singular covariance matrix); directions without
    information get none.
    """
    size = params.size
    jacobian = np.zeros((size + 1, size + 1))
    jacobian[size, size] = 1.0
    _, curved = params.pull_back(tau, gradient, np.zeros((size, size)))
    inner = params.curvature @ tau
    strata = np.arange(params.n_random, size)
    inner[strata, strata] = -2.0 * np.exp(-2.0 * tau[strata])
    jacobian[:size, :size] = inner
    information = jacobian.T @ full @ jacobian
    assert curved is not None
    information[:size, :size] += curved
    vcov = jacobian @ np.linalg.pinv(information, rcond=1e-12, hermitian=True) @ jacobian.T
    back = np.linalg.pinv(engine, rcond=1e-300)
    return back @ vcov @ back.T


@dataclass(frozen=True)
class RobustVcov:
    """V_model (sum s_j s_j') V_model J/(J - 1), V_model block-diagonal in (beta, variance parameters)."""

    beta: Array
    metric: Array
    natural: Array
    full: Array
    n_clusters: int


def cluster_scores(
    objective: Objective,
    state: State,
    rows: Rows,
    to_engine: Array,
    marginal: Array,
    conditional: Array,
    clusters: NDArray[np.integer] | None,
) -> Array:
    """(J, p + k) scores of (beta, metric); clusters default to the top-level groups.

    marginal     (n,) y - X beta;  conditional (n,) y - X beta - Z u: V^-1 (y - X beta) is the latter over the
                 residual variance
    """
    if objective.reml:
        raise RestrictedScoresError("the restricted likelihood has no cluster scores")
    if objective.blocks.crossed is not None:
        raise NotNestedError("crossed random effects have no independent clusters")
    params, blocks = objective.params, objective.blocks
    n, size = rows.n, params.size
    has_levels = bool(rows.nesting.row_group)
    top = rows.nesting.row_group[0] if has_levels else np.arange(n)
    n_top = int(top.max()) + 1
    if clusters is None:
        cluster_of_top, n_clusters = np.arange(n_top), n_top
    else:
        codes, distinct = factorise(clusters)
        n_clusters = distinct.size
        cluster_of_top = np.zeros(n_top, dtype=np.intp)
        cluster_of_top[top] = codes
        if np.any(cluster_of_top[top] != codes):
            raise NotNestedError("highest-level groups are not nested within the clusters")
    stratum = rows.stratum if rows.stratum is not None else np.zeros(n, dtype=np.intp)
    sigma2 = residual_variance(objective, state)
    weighted = conditional * state.weights[stratum] / sigma2  # V^-1 (y - X beta)
    count = np.ones(n)
    if rows.weights is not None:
        count = rows.weights.total
        weighted = weighted * count
    member = cluster_of_top[top]
    p = rows.x.shape[1]
    out = np.empty((n_clusters, p + size + 1))
    for j in range(p):
        out[:, j] = np.bincount(member, weights=rows.x[:, j] * weighted, minlength=n_clusters)
    scale2 = blocks.basis.scale**2
    sigma2_new = sigma2 / scale2
    gradient = np.zeros((size + 1, n_top))  # of minus the log likelihood in (phi, log sigma^2)
    if has_levels:
        pieces = propagate(objective, state, 1, keep_groups=True)
        for level, (indices, trace, ee) in enumerate(pieces.by_group):
            part = 0.5 * (trace + ee / sigma2_new)
            gradient[indices] += part if level == 0 else sum_groups(part, blocks.children[level][0])
    if params.n_strata > 1:
        cells = stratum * n_top + top
        shape = (params.n_strata, n_top)
        flat = np.bincount(cells, weights=marginal**2 * count, minlength=params.n_strata * n_top)
        squares = flat.reshape(shape)[1:] / scale2
        counts = np.bincount(cells, weights=count, minlength=flat.size).reshape(shape)[1:]
        gradient[params.n_random : size] += 0.5 * (squares / sigma2_new - counts / state.weights[1:, None])
    quadratic = np.bincount(top, weights=marginal * weighted, minlength=n_top)
    gradient[size] = 0.5 * (np.bincount(top, weights=count, minlength=n_top) - quadratic)
    summed = np.zeros((n_clusters, size + 1))
    np.add.at(summed, cluster_of_top, gradient.T)
    out[:, p:] = -summed @ to_engine
    return out


def sandwich(
    scores: Array, vcov_beta: Array, vcov_metric: Array, jacobian: Array, copies: Array | None = None
) -> RobustVcov:
    """The cluster-robust covariance of beta and the variance parameters; copies as in ``LmmFit.robust``."""
    p = vcov_beta.shape[0]
    n_clusters = scores.shape[0]
    if copies is not None:
        scores = scores / np.sqrt(copies)[:, None]
        n_clusters = round(float(copies.sum()))
    model = np.zeros((scores.shape[1],) * 2)
    model[:p, :p] = vcov_beta
    model[p:, p:] = vcov_metric
    half = scores @ model
    full = half.T @ half * (n_clusters / (n_clusters - 1.0)) if n_clusters > 1 else half.T @ half * np.nan
    metric = full[p:, p:]
    return RobustVcov(full[:p, :p], metric, jacobian @ metric @ jacobian.T, full, n_clusters)
