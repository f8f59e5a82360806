"""Newton-Raphson as Stata's maximiser does it, so that iteration logs agree line for line.

Each iteration takes the Newton step. When a full step improves the objective, longer ones are tried, the length growing
by 1/8, 1/4, 1/2 ... as long as the objective rises; when it does not improve, the step is halved. (The lengths are
read off printed iteration logs of logit: 1.375, 1.375, 1.125, 1 for ``logit foreign gear_ratio headroom``.)
Convergence, [R] maximize: (relative change of the parameters <= tolerance or of the objective <= ltolerance) and
g H^-1 g' < nrtolerance. Where the Hessian is not negative definite the log says "not concave".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

Array = np.ndarray

NOT_CONCAVE = "not concave"
BACKED_UP = "backed up"


class NotFeasibleError(Exception):
    """The objective is not defined at the starting values."""


@dataclass(frozen=True)
class Control:
    """Stata's maximize options, with its defaults."""

    iterate: int = 300
    tolerance: float = 1e-6
    ltolerance: float = 1e-7
    nrtolerance: float = 1e-5
    forward: bool = True
    difficult: bool = False
    slack: float = 1e-12
    """Relative decrease that still passes for none: rounding, or an approximate gradient."""


@dataclass(frozen=True)
class Step:
    """One line of the iteration log."""

    value: float
    note: str = ""


@dataclass(frozen=True)
class Optimum:
    b: Array
    value: float
    gradient: Array
    hessian: Array
    trace: tuple[Step, ...]
    converged: bool

    @property
    def iterations(self) -> int:
        return len(self.trace) - 1


Full = Callable[[Array], tuple[float, Array, Array]]
Value = Callable[[Array], float]


def direction(gradient: Array, hessian: Array, difficult: bool = False) -> tuple[Array, bool]:
    """The ascent direction and whether the objective is concave here.

    Where it is not: the diagonal is increased until the matrix is positive definite (Marquardt); with ``difficult``
    the step is Newton's where the curvature is negative and goes uphill at the same pace where it is positive.
    """
    if not np.isfinite(hessian).all():
        return np.zeros_like(gradient), False
    found = _solve(-hessian, gradient)
    if found is not None:
        return found, True
    if difficult:
        values, vectors = np.linalg.eigh(-hessian)
        repaired = np.maximum(np.abs(values), 1e-4 * max(float(np.abs(values).max()), 1e-12))
        return vectors @ ((vectors.T @ gradient) / repaired), False
    diagonal = np.maximum(np.abs(np.diag(hessian)), 1e-8)
    more = 0.25
    while (found := _solve(-hessian + more * np.diag(diagonal), gradient)) is None:
        more *= 2
    return found, False


def _solve(matrix: Array, right: Array) -> Array | None:
    """matrix^-1 right, None when the matrix is not (numerically) positive definite."""
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    if not (scale > 0).all():
        return None
    try:
        factor = linalg.cho_factor(matrix / np.outer(scale, scale), check_finite=False)
    except linalg.LinAlgError:
        return None
    if not (np.diag(factor[0]) > 1e-7).all():
        return None
    return np.asarray(linalg.cho_solve(factor, right / scale, check_finite=False) / scale)


def relative_change(new: Array, old: Array) -> float:
    """Stata's mreldif()."""
    return float(np.max(np.abs(new - old) / (np.abs(old) + 1), initial=0.0))


def maximise(full: Full, value: Value, start: Array, control: Control | None = None) -> Optimum:
    """Climb from ``start``. ``full`` gives value, gradient and Hessian; ``value`` alone the value (NaN: not allowed)."""
    control = control or Control()
    b = np.array(start, dtype=float)
    current, gradient, hessian = full(b)
    if not np.isfinite(current):
        raise NotFeasibleError
    trace = [Step(current, "" if len(b) == 0 or direction(gradient, hessian)[1] else NOT_CONCAVE)]
    converged = False
    for _ in range(control.iterate):
        step, concave = direction(gradient, hessian, control.difficult)
        length, reached, note = search(value, b, step, current, control, concave)
        new = b + length * step
        moved = relative_change(new, b) if len(b) else 0.0
        gained = abs(reached - current) / (abs(current) + 1)
        b = new
        current, gradient, hessian = full(b)
        step, concave = direction(gradient, hessian, control.difficult)
        trace.append(Step(current, note or ("" if concave else NOT_CONCAVE)))
        small = moved <= control.tolerance or gained <= control.ltolerance
        if small and concave and float(gradient @ step) < control.nrtolerance:
            converged = True
            break
        if length == 0.0:
            break
    return Optimum(b, current, gradient, hessian, tuple(trace), converged)


def search(
    value: Value, b: Array, step: Array, current: float, control: Control, concave: bool
) -> tuple[float, float, str]:
    """Step length, the value it reaches and the log's note."""
    if len(b) == 0:
        return 1.0, current, ""
    reached = value(b + step)
    slack = control.slack * (abs(current) + 1)
    if np.isfinite(reached) and reached >= current - slack:
        length, more = 1.0, 0.125
        while control.forward and concave and length < 64:
            further = value(b + (length + more) * step)
            if not np.isfinite(further) or further <= reached:
                break
            length, reached, more = length + more, further, 2 * more
        return length, reached, ""
    length = 1.0
    for _ in range(40):
        length /= 2
        reached = value(b + length * step)
        if np.isfinite(reached) and reached > current:
            return length, reached, BACKED_UP if length < 0.05 else ""
    return 0.0, current, BACKED_UP
