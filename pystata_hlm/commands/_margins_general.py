"""Margins of predictions that are no function of one linear index: expression(), multinomial outcomes.

A prediction is a function of all of e(b); its derivatives, by the coefficients and by a covariate, are central
differences of fourth order in steps scaled by the standard errors, hence exact to about ten digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._margins import (
    Estimates,
    Margin,
    Predictor,
    Request,
    estimable_margins,
)
from pystata_hlm.commands._margins_design import Averages, Estimability
from pystata_hlm.design.recipe import Held
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.results import StataMatrix

Array = np.ndarray
Function = Callable[[Array], Array]
"""e(b) -> predictions of the frame's rows."""

STENCIL = ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0))
STEP = 1e-3


@dataclass(frozen=True)
class Frame:
    """Rows of one margin with covariates held."""

    averages: Averages
    held: dict[str, Held]
    group: int

    @cached_property
    def x(self) -> Array:
        """(n, k) estimated columns of the design."""
        return self.averages.matrix(self.held, self.group)

    @property
    def rows(self) -> Array:
        sample = self.averages.sample
        return sample.rows[sample.inside(self.group)]

    def values(self, name: str) -> Array:
        """A covariate as held, or as observed."""
        inside = self.averages.sample.inside(self.group)
        held = self.held.get(name)
        if isinstance(held, np.ndarray):
            held = held[inside]
        given = {} if held is None else {name: held}
        return np.broadcast_to(self.averages.continuous(name, self.rows, given), (len(self.rows),))


@dataclass(frozen=True)
class General:
    """A prediction of all of e(b): ``bind`` gives its function for a frame."""

    label: str
    expression: str
    bind: Callable[[Frame], Function]


def of_index(predictor: Predictor, ctx: Context) -> General:
    """A prediction of one index as a function of e(b): the recipe's columns, then the extra parameters."""
    estimation = ctx.estimation
    kept, k = estimation.recipe.kept, len(estimation.recipe)
    m = len(predictor.extra)
    names = ctx.workspace.e.matrices["b"].cols
    if m and names[k : k + m] != tuple(f"/:cut{j + 1}" for j in range(m)):
        raise StataError(198, "this prediction in expression() not yet supported")

    def bind(frame: Frame) -> Function:
        shift = 0.0 if predictor.shift is None else predictor.shift[frame.rows]

        def values(b: Array) -> Array:
            now = predictor if predictor.rebuild is None else predictor.rebuild(b[k : k + m])
            return now.value(frame.x @ b[kept] + shift)

        return values

    return General(predictor.label, predictor.expression, bind)


def estimates(
    request: Request,
    generals: Sequence[General],
    averages: Averages,
    b: StataMatrix,
    vcov: Array,
    estimability: Estimability | None,
) -> Estimates:
    """All margins, with the delta method over e(b) and e(V)."""
    theta = b.values[0]
    se = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    margins = request.margins
    estimable = estimable_margins(request, averages, estimability)
    value, jacobian = np.zeros(len(margins)), np.zeros((len(margins), len(theta)))
    for i in np.flatnonzero(estimable).tolist():
        f = margin_function(request, margins[i], generals[margins[i].prediction], averages)
        value[i] = f(theta)
        for k in np.flatnonzero(se > 0).tolist():
            step = np.zeros(len(theta))
            step[k] = STEP * se[k]
            jacobian[i, k] = sum(w * f(theta + n * step) for n, w in STENCIL) / (12 * step[k])
    return Estimates(value, jacobian @ vcov @ jacobian.T, jacobian, estimable, b.cols)


def margin_function(
    request: Request, margin: Margin, general: General, averages: Averages
) -> Callable[[Array], float]:
    """The margin as a function of e(b)."""
    d, group, held, kind = margin.derivative, margin.group, request.held(margin), request.kind
    weights = averages.group_weights(group)

    def at(held: dict[str, Held]) -> Function:
        return general.bind(Frame(averages, held, group))

    if d is None:
        level = at(held)
        return lambda b: float(weights @ level(b))
    if d.level is not None:
        if d.is_base:
            return lambda b: 0.0
        assert d.base is not None
        high, low = at({**held, d.name: float(d.level)}), at({**held, d.name: float(d.base)})
        return lambda b: float(weights @ (high(b) - low(b)))
    now = Frame(averages, held, group)
    v = now.values(d.name)
    spread = float(np.std(averages.data.column(d.name).take(averages.sample.rows).values()))
    h = STEP * (spread or 1.0)
    inside = averages.sample.inside(group)

    def moved(n: int) -> Function:
        full = np.zeros(len(inside))
        full[inside] = v + n * h
        return at({**held, d.name: full})

    shifted = [(w, moved(n)) for n, w in STENCIL]
    level = general.bind(now)

    def effect(b: Array) -> float:
        slope = sum(w * f(b) for w, f in shifted) / (12 * h)
        if kind in ("eyex", "eydx"):
            slope = slope / level(b)
        if kind in ("eyex", "dyex"):
            slope = slope * v
        return float(weights @ slope)

    return effect
