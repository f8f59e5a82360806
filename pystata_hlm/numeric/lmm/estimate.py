"""From cross-products to the optimum: EM start, Stata-like iterations, exact polish, boundary check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .blocks import Blocks
from .errors import NotConvergedError
from .objective import Objective, factorise_at
from .optimise import OptSummary, Run, minimise, stata_like_newton
from .parameterise import ParamSet
from .spec import Array, Control

_START = 0.375  # Pinheiro and Bates (2000), section 2.4: relative precision factor .375 sqrt(sum z^2 / M)
_ESCAPE = 1e-3  # relative variance at which a run restarts after a saddle at zero
_MAX_RESTARTS = 5
_STATA_STEPS = 20  # a fit that needs more is badly scaled; the whitened columns then do better
_SETTLED = 1e-9  # Newton decrement, in log-likelihood units

Matrices = list[list[Array]]  # relative covariance matrix of every equation of every level


def start_matrices(blocks: Blocks, params: ParamSet, sums: Sequence[Array]) -> list[Matrices]:
    """Diagonal starting values in the caller's columns, carried to the new ones; sums[l][j] = sum z_j^2.

    One set; two when an identity or exchangeable equation has columns of different size, since its one
    variance can then suit the largest or the smallest of them and the likelihood may have a peak at each.
    """
    largest = _starts(blocks, params, sums, np.max)
    smallest = _starts(blocks, params, sums, np.min)
    same = all(
        np.allclose(a, b, rtol=1e-8)
        for one, two in zip(largest, smallest, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    return [largest] if same else [largest, smallest]


def _starts(
    blocks: Blocks, params: ParamSet, sums: Sequence[Array], pick: Callable[[Array], float]
) -> Matrices:
    out: Matrices = []
    for level, own, z_map, g in zip(
        params.equations, sums, blocks.basis.z_map, blocks.group_counts, strict=True
    ):
        at, row = 0, []
        for eq in level:
            cols = slice(at, at + eq.q)
            at += eq.q
            mean = np.where(own[cols] > 0, own[cols] / g, 1.0)
            if eq.kind in ("identity", "exchangeable"):
                mean = np.full(eq.q, pick(mean))
            inverse = np.linalg.inv(z_map[cols, cols])
            row.append(inverse @ np.diag(1.0 / (_START**2 * mean)) @ inverse.T)
        out.append(row)
    return out


def square_sums(blocks: Blocks) -> list[Array]:
    """Sum of squares of every column of Z, in the caller's columns."""
    out = []
    count = blocks.n_crossed
    for level, z_map in enumerate(blocks.basis.z_map):
        q = z_map.shape[0]
        if blocks.crossed is not None and level < count:
            gram = blocks.crossed.gram(level)
        else:
            rows = blocks.rows[level - count][:, :, :q]
            if blocks.weights is not None:
                rows = rows * blocks.weights.total[level - count]
            gram = rows.sum(axis=(0, 3))
        back = np.linalg.inv(z_map)
        out.append(np.diagonal(back.T @ gram @ back).copy())
    return out


def best_em_start(objective: Objective, control: Control) -> tuple[Matrices, int]:
    """EM from every starting set; the one with the highest log likelihood."""
    blocks, params = objective.blocks, objective.params
    tried = [em_start(objective, m, control) for m in start_matrices(blocks, params, square_sums(blocks))]
    if len(tried) == 1:
        return tried[0]
    weights = np.ones(params.n_strata)
    return min(tried, key=lambda t: objective.value(params.tau_of(t[0], weights)))


def em_start(objective: Objective, matrices: Matrices, control: Control) -> tuple[Matrices, int]:
    """EM for the relative covariance matrices with equal residual variances, sigma^2 and beta at their
    optimum.

    The scheme of Pinheiro and Bates (2000), section 2.2.5; twenty iterations from ``start_matrices`` give
    Stata's "Iteration 0" to the printed digit (tests).
    """
    params, blocks = objective.params, objective.blocks
    weights = np.ones(params.n_strata)
    last = np.inf
    for iteration in range(control.em_iter):
        state = factorise_at(blocks, params, params.tau_of(matrices, weights))
        value = objective.value_of(state)
        if abs(last - value) <= control.em_tol * abs(value):
            return matrices, iteration
        last = value
        gradient = -objective.derivatives(state, 1).gradient
        matrices = [
            [eq.em_update(d, gradient[s], g) for eq, d, s in zip(level, row, where, strict=True)]
            for level, row, where, g in zip(
                params.equations, matrices, params.slices, blocks.group_counts, strict=True
            )
        ]
    return matrices, control.em_iter


def matrices_of(params: ParamSet, tau: Array) -> Matrices:
    out: Matrices = []
    for level, where in zip(params.equations, params.slices, strict=True):
        factors = [eq.factor(tau[s]) for eq, s in zip(level, where, strict=True)]
        out.append([f @ f.T for f in factors])
    return out


def optimum(
    objective: Objective, matrices: Matrices, weights: Array, control: Control, em_iterations: int
) -> OptSummary:
    """Logged Stata-like iterations in the caller's columns, then the exact optimum in the whitened
    columns.
    """
    params, blocks = objective.params, objective.blocks
    logged_params = params.in_columns(blocks.basis.z_map)
    logged = Objective(blocks, logged_params, objective.reml)
    start = params.tau_of(matrices, weights)

    def fun(tau: Array) -> tuple[float, Array, Array]:
        return _with_hessian(logged, tau)

    begin = logged_params.tau_of(matrices, weights)
    steps = 0 if control.difficult else min(control.max_iter, _STATA_STEPS)
    first = stata_like_newton(fun, logged.value, begin, steps, control)
    tau = params.tau_of(matrices_of(logged_params, first.tau), logged_params.weights(first.tau))
    limit = control.max_iter if first.reason == "stata" else max(control.max_iter - first.iterations, 0)
    run, restarts, evaluations = polish(objective, tau, control, limit)
    trace = list(first.trace)
    polish_steps = run.iterations
    if first.reason != "stata" and params.size:  # Stata-like steps got stuck: the rest belongs to the log
        trace += run.trace[1:]
        polish_steps = 0
    summary = OptSummary(
        start=start,
        final=run.tau,
        em_iterations=em_iterations,
        iterations=len(trace) - 1,
        polish_iterations=polish_steps,
        evaluations=first.evaluations + evaluations,
        trace=tuple(trace),
        converged=_converged(run, control),
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


def reoptimise(objective: Objective, tau: Array, control: Control) -> OptSummary:
    """Exact optimum from a nearby tau, nothing logged (resampling)."""
    params = objective.params
    matrices = matrices_of(params, tau)
    for row in matrices:  # a start on the boundary would be a stationary point
        for d in row:
            d += 0.01 * max(float(np.trace(d)) / d.shape[0], 0.01) * np.eye(d.shape[0])
    start = params.tau_of(matrices, params.weights(tau))
    run, restarts, evaluations = polish(objective, start, control, control.max_iter)
    summary = OptSummary(
        start=start,
        final=run.tau,
        em_iterations=0,
        iterations=0,
        polish_iterations=run.iterations,
        evaluations=evaluations,
        trace=(-run.f,),
        converged=_converged(run, control),
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


def _converged(run: Run, control: Control) -> bool:
    if run.reason == "precision":  # rounding stopped it: the value is settled, or the gradient is
        return run.relative_gradient <= control.tol or run.decrement <= _SETTLED
    return run.reason in ("gradient", "no parameters")


def _with_hessian(objective: Objective, tau: Array) -> tuple[float, Array, Array]:
    f, g, h = objective.in_tau(tau, 2)
    assert h is not None
    return f, g, h


def polish(objective: Objective, tau: Array, control: Control, limit: int) -> tuple[Run, int, int]:
    """Trust-region Newton, restarted when it ends at a zero variance that the likelihood wants positive."""
    evaluations = restarts = 0
    while True:
        run = minimise(lambda t: _with_hessian(objective, t), tau, control, limit)
        evaluations += run.evaluations
        away = leave_saddle(objective, run) if restarts < _MAX_RESTARTS else None
        if away is None:
            return run, restarts, evaluations
        tau, restarts = away, restarts + 1


def leave_saddle(objective: Objective, run: Run) -> Array | None:
    """A tau with a small variance along a boundary direction in which the log likelihood rises, or None."""
    params = objective.params
    matrices = matrices_of(params, run.tau)
    smallest = [np.linalg.eigvalsh(d)[0] for row in matrices for d in row]
    if not smallest or min(smallest) > 1e-8:
        return None
    state = factorise_at(objective.blocks, params, run.tau)
    gradient = -objective.derivatives(state, 1).gradient
    threshold = 1e-9 * max(abs(run.f), 1.0)
    moved = False
    for level, row, where in zip(params.equations, matrices, params.slices, strict=True):
        for i, (eq, s) in enumerate(zip(level, where, strict=True)):
            direction = eq.rising_direction(row[i], gradient[s], threshold)
            if direction is not None:
                row[i] = row[i] + _ESCAPE * direction
                moved = True
    return params.tau_of(matrices, state.weights) if moved else None
