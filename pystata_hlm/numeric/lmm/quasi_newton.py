"""Trust-region minimisation where a Hessian costs many gradients: differences first, then symmetric rank-one updates.

The Hessian is formed anew when the updates mislead (a rejected step) and at the end, by central differences: a stop
needs the tolerances to hold with that one, so saddles are left and the last steps are Newton's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .errors import LmmError
from .optimise import Run, safe_curvature, trust_step
from .spec import Array, Control

_NOISE = 1e-13  # relative rounding error of a value
_MAX_REFRESH = 25


def minimise_by_gradient(
    fun: Callable[[Array], tuple[float, Array]],
    hessian: Callable[[Array, Array, bool], Array],
    start: Array,
    control: Control,
    limit: int,
) -> Run:
    """``hessian(tau, gradient, central)``; at most ``limit`` accepted steps. ``reason`` as in OptSummary."""
    f, g = fun(start)
    run = Run(start, f, g, np.zeros((start.size, start.size)), trace=[-f])
    if start.size == 0:
        run.reason = "no parameters"
        return run
    run.h = hessian(start, g, False)
    fresh, central, refreshed = True, False, 1
    radius = max(1.0, 0.5 * float(np.linalg.norm(start)))

    def renew(final: bool) -> None:
        nonlocal fresh, central, refreshed
        run.h = hessian(run.tau, run.g, final)
        fresh, central, refreshed = True, final, refreshed + 1

    while True:
        values, vectors = np.linalg.eigh(run.h)
        safe = safe_curvature(values, run.f)
        run.decrement = float(np.sum((vectors.T @ run.g) ** 2 / safe))
        settled = run.relative_gradient <= control.tol and run.decrement <= control.step_tol
        if settled and not (fresh and central):
            if refreshed > _MAX_REFRESH:
                run.reason = "precision"
                return run
            renew(True)
            continue
        convex = values[0] > -max(1e-7 * float(safe.max()), 1e-11 * max(abs(run.f), 1.0))
        if settled and convex:
            run.reason = "gradient"
            return run
        if run.iterations >= limit:
            if not (fresh and central):
                renew(True)
            return run
        step = trust_step(run.g, values, vectors, radius)
        predicted = -float(run.g @ step + 0.5 * step @ run.h @ step)
        accepted, radius, kept = _try(fun, run, step, predicted, radius)
        fresh = fresh and kept
        if accepted:
            continue
        if not fresh and refreshed <= _MAX_REFRESH:
            renew(False)
            radius = max(radius, 1e-3)
        elif radius < 1e-10 * max(1.0, float(np.linalg.norm(run.tau))) or predicted <= 0:
            if not central and refreshed <= _MAX_REFRESH:
                renew(True)
                radius = 1.0
                continue
            run.reason = "precision"
            return run


def _try(
    fun: Callable[[Array], tuple[float, Array]], run: Run, step: Array, predicted: float, radius: float
) -> tuple[bool, float, bool]:
    """(accepted, new radius, Hessian left as it was)."""
    length = float(np.linalg.norm(step))
    run.evaluations += 1
    try:
        f, g = fun(run.tau + step)
    except LmmError:
        return False, 0.25 * length, True
    if not (np.isfinite(f) and np.all(np.isfinite(g))):
        return False, 0.25 * length, True
    noise = _NOISE * max(abs(run.f), 1.0)
    actual = run.f - f
    close = predicted <= 100.0 * noise
    kept = True
    if not close:  # differences of gradients over tiny steps are rounding
        miss = g - run.g - run.h @ step
        slope = float(miss @ step)
        if abs(slope) > 1e-8 * float(np.linalg.norm(miss)) * length:
            run.h = run.h + np.outer(miss, miss) / slope
            kept = False
    if close and abs(actual) <= 200.0 * noise:  # only the gradient can tell
        if np.linalg.norm(g) > np.linalg.norm(run.g):
            return False, 0.0, kept
        ratio = 1.0
    else:
        ratio = actual / predicted if predicted > 0 else -1.0
    if ratio < 0.25:
        radius = 0.25 * length
    elif ratio > 0.75 and length > 0.8 * radius:
        radius = 2.0 * radius
    if ratio <= 1e-4:
        return False, radius, kept
    run.tau, run.f, run.g = run.tau + step, f, g
    run.trace.append(-f)
    return True, radius, kept
