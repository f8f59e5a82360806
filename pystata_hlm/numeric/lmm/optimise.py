"""Trust-region Newton minimisation with the exact Hessian, and its record.

The number of parameters is small (variance components only), so the trust-region problem is solved exactly
from the eigenvectors of the Hessian (Nocedal and Wright, Numerical Optimization, 2nd ed., section 4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .errors import LmmError
from .spec import Array, Control

Objective = Callable[[Array], tuple[float, Array, Array]]
_NOISE = 1e-13  # relative rounding error of an objective value


@dataclass(frozen=True)
class OptSummary:
    """Why and where the optimiser stopped.

    start, final       tau (whitened columns) after EM and at the end
    em_iterations      EM iterations before ``start``
    iterations         logged gradient-based iterations; trace[0] is the log likelihood after EM, trace[i]
                       that of iteration i: the log a Stata user sees
    polish_iterations  further Newton steps that take Stata's stopping point to the optimum, not logged
    evaluations        objective evaluations of any order
    converged, reason  ``gradient`` (both tolerances met), ``precision`` (no step can improve the value any
                       more), ``iterations`` (ran out), ``no parameters``
    relative_gradient  at the stop: max_i |g_i| max(|tau_i|, 1) / max(|log likelihood|, 1)
    decrement          at the stop: g' H^-1 g
    control            the tolerances used; reml as fitted
    restarts           times a saddle at a zero variance had to be left
    """

    start: Array
    final: Array
    em_iterations: int
    iterations: int
    polish_iterations: int
    evaluations: int
    trace: tuple[float, ...]
    converged: bool
    reason: str
    relative_gradient: float
    decrement: float
    control: Control
    reml: bool
    restarts: int = 0


@dataclass
class Run:
    """State of one minimisation of minus the log likelihood."""

    tau: Array
    f: float
    g: Array
    h: Array
    evaluations: int = 1
    trace: list[float] = field(default_factory=list)
    reason: str = "iterations"
    decrement: float = 0.0

    @classmethod
    def begin(cls, fun: Objective, tau: Array) -> Run:
        f, g, h = fun(tau)
        return cls(tau, f, g, h, trace=[-f])

    @property
    def iterations(self) -> int:
        return len(self.trace) - 1

    @property
    def relative_gradient(self) -> float:
        return relative_gradient(self.tau, self.f, self.g)


def relative_gradient(tau: Array, f: float, g: Array) -> float:
    if g.size == 0:
        return 0.0
    return float(np.max(np.abs(g) * np.maximum(np.abs(tau), 1.0)) / max(abs(f), 1.0))


def trust_step(g: Array, values: Array, vectors: Array, radius: float) -> Array:
    """Minimise g's + s'Hs/2 over |s| <= radius, H = vectors diag(values) vectors'."""
    c = vectors.T @ g
    if values[0] > 1e-12 * max(1.0, float(values[-1])):
        s = -c / values
        if np.linalg.norm(s) <= radius:
            return vectors @ s
    low = max(0.0, -float(values[0])) + 1e-14 * max(1.0, abs(float(values[-1])))
    high = max(low * 2.0, float(np.linalg.norm(c)) / radius + abs(float(values[0])) + 1e-12)

    def length(mu: float) -> float:
        return float(np.linalg.norm(c / (values + mu)))

    if length(low) < radius:  # hard case: add the most negative direction
        s = -c / (values + low)
        if values[0] < 0:
            s[0] += np.copysign(np.sqrt(max(radius**2 - float(s @ s), 0.0)), -c[0] if c[0] else 1.0)
        return vectors @ s
    while length(high) > radius:
        high *= 2.0
    for _ in range(60):
        mid = 0.5 * (low + high)
        if length(mid) > radius:
            low = mid
        else:
            high = mid
        if high - low <= 1e-10 * high:
            break
    return vectors @ (-c / (values + high))


def stata_like_newton(
    fun: Objective, value: Callable[[Array], float], start: Array, limit: int, control: Control
) -> Run:
    """Newton iterations that reproduce the log of a Stata user; stops by Stata's own criteria.

    From printed iteration logs: after a full step that improves, the step is lengthened to 1.125, 1.40625,
    ... times the Newton step for as long as the log likelihood rises; one that fails is halved. Where the
    function is not concave, eigenvalues are replaced by their absolute values. ``reason`` is "stata" when the
    criteria hold.
    """
    run = Run.begin(fun, start)
    while start.size and run.iterations < limit:
        values, vectors = np.linalg.eigh(run.h)
        safe = safe_curvature(values, run.f)
        direction = -vectors @ ((vectors.T @ run.g) / safe)
        if -float(run.g @ direction) <= _NOISE * max(abs(run.f), 1.0):  # at the optimum, or on a flat ridge
            run.trace.append(-run.f)
            run.reason = "stata"
            break
        length = _step_length(value, run, direction)
        if length == 0.0:
            break
        old_tau, old_f = run.tau, run.f
        run.tau = run.tau + length * direction
        run.f, run.g, run.h = fun(run.tau)
        run.evaluations += 1
        run.trace.append(-run.f)
        if _stata_would_stop(old_tau, old_f, run, control):
            run.reason = "stata"
            break
    return run


def safe_curvature(values: Array, f: float) -> Array:
    """Absolute eigenvalues, no smaller than what rounding errors alone produce."""
    sizes = np.abs(values)
    return np.maximum(sizes, max(1e-12 * max(abs(f), 1.0), 1e-10 * float(sizes.max())))


def _step_length(value: Callable[[Array], float], run: Run, direction: Array) -> float:
    """Multiple of the direction by stepping out or halving; 0 when nothing improves."""

    def at(length: float) -> float:
        run.evaluations += 1
        try:
            return value(run.tau + length * direction)
        except LmmError:
            return np.inf

    noise = _NOISE * max(abs(run.f), 1.0)
    length, best = 1.0, at(1.0)
    if best <= run.f + noise:
        factor = 1.125
        while factor < 3.0:
            trial = at(length * factor)
            if not trial < best - noise:
                break
            length, best, factor = length * factor, trial, factor + 0.125
        return length
    while length > 1e-6:
        length *= 0.5
        best = at(length)
        if best < run.f:
            return length
    return 0.0


def minimise(fun: Objective, start: Array, control: Control, limit: int) -> Run:
    """Trust-region Newton to the optimum, at most ``limit`` accepted steps."""
    run = Run.begin(fun, start)
    radius = max(1.0, float(np.linalg.norm(start)))
    if start.size == 0:
        run.reason = "no parameters"
        return run
    while True:
        values, vectors = np.linalg.eigh(run.h)
        projected = vectors.T @ run.g
        safe = safe_curvature(values, run.f)
        run.decrement = float(np.sum(projected**2 / safe))
        convex = values[0] > -max(1e-8 * float(safe.max()), 1e-11 * max(abs(run.f), 1.0))
        if run.relative_gradient <= control.tol and run.decrement <= control.step_tol and convex:
            run.reason = "gradient"
            break
        if run.iterations >= limit:
            break
        step = trust_step(run.g, values, vectors, radius)
        predicted = -float(run.g @ step + 0.5 * step @ run.h @ step)
        accepted, radius = _try(fun, run, step, predicted, radius)
        if not accepted and (radius < 1e-12 * max(1.0, float(np.linalg.norm(run.tau))) or predicted <= 0):
            run.reason = "precision"
            break
    return run


def _try(fun: Objective, run: Run, step: Array, predicted: float, radius: float) -> tuple[bool, float]:
    """Evaluate one step; accept it when it improves, or when only rounding separates the values."""
    length = float(np.linalg.norm(step))
    run.evaluations += 1
    try:
        f, g, h = fun(run.tau + step)
    except LmmError:
        return False, 0.25 * length
    if not (np.isfinite(f) and np.all(np.isfinite(g)) and np.all(np.isfinite(h))):
        return False, 0.25 * length
    noise = _NOISE * max(abs(run.f), 1.0)
    actual = run.f - f
    if predicted <= 10.0 * noise and abs(actual) <= 20.0 * noise:  # only the gradient can tell
        if np.linalg.norm(g) > np.linalg.norm(run.g):
            return False, 0.0
        ratio = 1.0
    else:
        ratio = actual / predicted
    if ratio < 0.25:
        radius = 0.25 * length
    elif ratio > 0.75 and length > 0.8 * radius:
        radius = 2.0 * radius
    if ratio <= 1e-4:
        return False, radius
    run.tau, run.f, run.g, run.h = run.tau + step, f, g, h
    run.trace.append(-f)
    return True, radius


def _stata_would_stop(old_tau: Array, old_f: float, run: Run, control: Control) -> bool:
    """[R] maximize: (tolerance or ltolerance) and nrtolerance."""
    coefficients = float(np.max(np.abs(run.tau - old_tau) / (np.abs(old_tau) + 1.0))) <= control.log_tol
    likelihood = abs(run.f - old_f) / (abs(old_f) + 1.0) <= control.log_ltol
    if control.log_nrtol is None:
        return coefficients or likelihood
    try:
        scaled = float(run.g @ np.linalg.solve(run.h, run.g))
    except np.linalg.LinAlgError:
        return False
    return (coefficients or likelihood) and 0.0 <= scaled <= control.log_nrtol
