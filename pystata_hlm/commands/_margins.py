"""Margins of a prediction: averages over a sample of predictions or their derivatives, with covariates held.

For a linear prediction a margin is a known combination L b of the coefficients, L being an averaged design row; its
variance is L V L' ([R] margins, Methods and formulas, the delta method). Other predictions come as a function of
the linear index with its derivatives, averaged over the observations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np

from pystata_hlm.commands._margins_at import AtRow
from pystata_hlm.commands._margins_design import Averages, Estimability
from pystata_hlm.design.recipe import Held

Array = np.ndarray


def _one(eta: Array) -> Array:
    return np.ones_like(eta)


@dataclass(frozen=True)
class Predictor:
    """What is predicted, as registered by ``@postestimation("margins", e(cmd))``.

    label       text before the comma of the Expression line (``Linear prediction``)
    function    prediction as a function of the linear index; None when it is the index itself
    first       its first derivative
    second      its second derivative (needed by dydx())
    expression  ``predict()`` with its argument as typed
    """

    label: str
    function: Callable[[Array], Array] | None = None
    first: Callable[[Array], Array] = _one
    second: Callable[[Array], Array] = np.zeros_like
    expression: str = "predict()"
    extra: Array = field(default_factory=lambda: np.zeros(0))
    """Estimated parameters of ``function`` beyond the index (variances, cutpoints)."""
    rebuild: Callable[[Array], Predictor] | None = None
    """The predictor at other values of ``extra``."""
    extra_vcov: Array | None = None
    """Covariance of (the recipe's kept coefficients, ``extra``)."""
    shift: Array | None = None
    """Added to the index: the offset of every row of the data."""

    @property
    def linear(self) -> bool:
        return self.function is None

    def value(self, eta: Array) -> Array:
        return eta if self.function is None else self.function(eta)


@dataclass(frozen=True)
class MarginTerm:
    """A term of the marginlist: factor variables and the level combinations to show; no names: the overall margin."""

    names: tuple[str, ...] = ()
    cells: tuple[tuple[int, ...], ...] = ((),)


@dataclass(frozen=True)
class Derivative:
    """What dydx() and kin ask for: a continuous variable, or one level of a factor against its base."""

    name: str
    level: int | None = None
    base: int | None = None

    @property
    def is_base(self) -> bool:
        return self.level is not None and self.level == self.base

    @property
    def column(self) -> str:
        """``age``, ``1b.race``, ``2.race``."""
        if self.level is None:
            return self.name
        return f"{self.level}{'b' if self.is_base else ''}.{self.name}"

    @property
    def text(self) -> str:
        return self.name if self.level is None else f"{self.level}.{self.name}"


@dataclass(frozen=True)
class Over:
    """over(): variables and, for each group, their values."""

    names: tuple[str, ...] = ()
    values: tuple[tuple[int, ...], ...] = ((),)


@dataclass(frozen=True)
class Margin:
    """One margin: which derivative, row of at(), over() group, term, levels and prediction."""

    derivative: Derivative | None
    at: int
    group: int
    term: int
    levels: tuple[int, ...]
    prediction: int = 0


@dataclass(frozen=True)
class Request:
    """What margins was asked: the product of derivatives, at rows, over groups and term cells."""

    terms: tuple[MarginTerm, ...]
    at: tuple[AtRow, ...]
    over: Over = field(default_factory=Over)
    derivatives: tuple[Derivative, ...] = ()
    kind: str = "dydx"
    covariates: tuple[str, ...] = ()
    at_texts: tuple[str, ...] = ()
    """The at() options as typed."""
    predictions: int = 1
    """How many predictions; several make a dimension ``_predict``."""

    @cached_property
    def margins(self) -> tuple[Margin, ...]:
        """In the order of r(b)."""
        return tuple(
            Margin(derivative, at, group, index, levels, prediction)
            for derivative in (self.derivatives or (None,))
            for index, term in enumerate(self.terms)
            for prediction, at, group, levels in product(
                range(self.predictions), range(len(self.at)), range(len(self.over.values)), term.cells
            )
        )

    @property
    def fixed(self) -> bool:
        """All covariates are held for every margin: adjusted predictions, conditional effects."""
        discrete = {d.name for d in self.derivatives if d.level is not None}
        return bool(self.covariates) and all(
            all(name in term.names or name in discrete or _held(row, name) for name in self.covariates)
            for row in self.at
            for term in self.terms
        )

    def held(self, margin: Margin) -> dict[str, Held]:
        held = self.at[margin.at].held(margin.group)
        names = self.terms[margin.term].names
        held.update({name: float(level) for name, level in zip(names, margin.levels, strict=True)})
        return held


def _held(row: AtRow, name: str) -> bool:
    setting = row.settings.get(name)
    return setting is not None and setting.fixed


@dataclass(frozen=True)
class Estimates:
    """Margins (m,), their covariance (m, m), the Jacobian (m, k), and which are estimable."""

    b: Array
    vcov: Array
    jacobian: Array
    estimable: Array
    columns: tuple[str, ...] = ()
    """Coefficients of the Jacobian where they are not the recipe's."""

    @property
    def se(self) -> Array:
        return np.sqrt(np.maximum(np.diag(self.vcov), 0.0))


def compute(
    request: Request,
    predictors: Sequence[Predictor],
    averages: Averages,
    b: Array,
    vcov: Array,
    estimability: Estimability | None,
) -> Estimates:
    """All margins by the delta method. ``b`` and ``vcov`` have every column of the recipe."""
    margins = request.margins
    value = np.zeros(len(margins))
    jacobian = np.zeros((len(margins), len(b)))
    estimable = estimable_margins(request, averages, estimability)
    kept = averages.recipe.kept
    elastic = request.kind in ("eyex", "eydx")
    beyond = np.zeros((len(margins), max(len(p.extra) for p in predictors)))
    for i in np.flatnonzero(estimable).tolist():
        margin = margins[i]
        held, predictor = request.held(margin), predictors[margin.prediction]
        if predictor.linear and predictor.shift is None and not elastic:
            row = averaged_row(averages, held, margin, request.kind)
            jacobian[i, kept] = row[kept]
            value[i] = float(row[kept] @ b[kept])
            continue
        inside = averages.sample.inside(margin.group)
        shift = 0.0 if predictor.shift is None else predictor.shift[averages.sample.rows[inside]]
        value[i], jacobian[i, kept] = index_margin(
            averages, held, margin, request.kind, predictor, b[kept], shift
        )
        slopes = extra_slopes(averages, held, margin, request.kind, predictor, b[kept], shift)
        beyond[i, : len(slopes)] = slopes
    joint = next((p.extra_vcov for p in predictors if p.extra_vcov is not None), None)
    if joint is not None:
        whole = np.concatenate([jacobian[:, kept], beyond], axis=1)
        return Estimates(value, whole @ joint @ whole.T, jacobian, estimable)
    return Estimates(value, jacobian @ vcov @ jacobian.T, jacobian, estimable)


def estimable_margins(request: Request, averages: Averages, estimability: Estimability | None) -> Array:
    """Which margins are estimable."""
    margins = request.margins
    out = np.ones(len(margins), dtype=bool)
    if estimability is not None:
        for i, margin in enumerate(margins):
            row = averaged_row(averages, request.held(margin), margin, request.kind)
            slope = margin.derivative is not None and margin.derivative.level is None
            out[i] = estimability.check(row, slope)
    return out


def extra_slopes(
    averages: Averages,
    held: dict[str, Held],
    margin: Margin,
    kind: str,
    predictor: Predictor,
    b: Array,
    shift: Array | float,
) -> Array:
    """Derivatives of a margin by the predictor's extra parameters, by central differences."""
    out = np.zeros(len(predictor.extra))
    if predictor.rebuild is None:
        return out
    for k, at in enumerate(predictor.extra):
        step = np.zeros(len(out))
        step[k] = 1e-4 * abs(float(at)) + 1e-9
        up, down = (
            index_margin(averages, held, margin, kind, predictor.rebuild(predictor.extra + s), b, shift)[0]
            for s in (step, -step)
        )
        out[k] = (up - down) / (2 * step[k])
    return out


def averaged_row(averages: Averages, held: dict[str, Held], margin: Margin, kind: str) -> Array:
    """L of a linear prediction or of its derivative."""
    d, group = margin.derivative, margin.group
    if d is None:
        return averages.row(held, group)
    if d.level is None:
        return averages.row(held, group, d.name, kind in ("dyex", "eyex"))
    if d.is_base:
        return np.zeros(len(averages.recipe))
    assert d.base is not None
    return averages.row({**held, d.name: float(d.level)}, group) - averages.row(
        {**held, d.name: float(d.base)}, group
    )


def index_margin(
    averages: Averages,
    held: dict[str, Held],
    margin: Margin,
    kind: str,
    predictor: Predictor,
    b: Array,
    shift: Array | float,
) -> tuple[float, Array]:
    """A margin of f(xb) and its gradient by the estimated coefficients, averaged observation by observation."""
    d, group = margin.derivative, margin.group
    weights = averages.group_weights(group)

    def level(held: dict[str, Held]) -> tuple[float, Array]:
        x = averages.matrix(held, group)
        eta = x @ b + shift
        return float(weights @ predictor.value(eta)), (weights * predictor.first(eta)) @ x

    if d is None:
        return level(held)
    if d.level is not None:
        if d.is_base:
            return 0.0, np.zeros(len(b))
        assert d.base is not None
        high = level({**held, d.name: float(d.level)})
        low = level({**held, d.name: float(d.base)})
        return high[0] - low[0], high[1] - low[1]
    x, dx = averages.matrix(held, group), averages.derivative_matrix(held, group, d.name)
    eta, slope = x @ b + shift, dx @ b
    first = predictor.first(eta)
    effect = first * slope
    gradient = (predictor.second(eta) * slope)[:, None] * x + first[:, None] * dx
    if kind in ("eyex", "eydx"):  # d ln y = dy / y
        y = predictor.value(eta)
        gradient = gradient / y[:, None] - (effect / y**2 * first)[:, None] * x
        effect = effect / y
    if kind in ("eyex", "dyex"):  # d ln x = dx / x
        inside = averages.sample.inside(group)
        v = np.broadcast_to(
            averages.continuous(d.name, averages.sample.rows[inside], _slice(held, inside)), effect.shape
        )
        effect, gradient = effect * v, gradient * v[:, None]
    return float(weights @ effect), weights @ gradient


def _slice(held: dict[str, Held], inside: Array) -> dict[str, Held]:
    return {name: h[inside] if isinstance(h, np.ndarray) else h for name, h in held.items()}


# ---------------------------------------------------------------- names


@dataclass(frozen=True)
class Naming:
    """How a margin is called: dimensions (``_predict``, ``_at``, over variables, factors) and its level in each."""

    dimensions: tuple[str, ...]
    levels: tuple[int, ...]


def naming(request: Request, margin: Margin) -> Naming:
    """``_predict`` and ``_at`` only where there are several; no dimensions for a single overall margin."""
    term = request.terms[margin.term]
    dimensions: list[str] = []
    levels: list[int] = []
    if request.predictions > 1:
        dimensions.append("_predict")
        levels.append(margin.prediction + 1)
    if len(request.at) > 1:
        dimensions.append("_at")
        levels.append(margin.at + 1)
    if request.over.names:
        dimensions += request.over.names
        levels += request.over.values[margin.group]
    return Naming((*dimensions, *term.names), (*levels, *margin.levels))


def column_names(request: Request) -> tuple[str, ...]:
    """Names of r(b): ``1bn._at#0bn.female``, ``_cons``; with derivatives ``age:1bn._at`` or just ``age``."""
    margins = request.margins
    lowest: dict[str, int] = {}
    names = [naming(request, margin) for margin in margins]
    for found in names:
        for dimension, level in zip(found.dimensions, found.levels, strict=True):
            lowest[dimension] = min(level, lowest.get(dimension, level))
    out = []
    for margin, found in zip(margins, names, strict=True):
        text = "#".join(
            f"{level}{'bn' if level == lowest[dimension] else ''}.{dimension}"
            for dimension, level in zip(found.dimensions, found.levels, strict=True)
        )
        d = margin.derivative
        if d is None:
            out.append(text or "_cons")
        else:
            out.append(f"{d.column}:{text}" if text else d.column)
    return tuple(out)


def blocks_of(request: Request) -> list[tuple[str, tuple[str, ...], list[int]]]:
    """Margins that stand under one heading: (derivative's text or "", dimensions, positions)."""
    out: list[tuple[str, tuple[str, ...], list[int]]] = []
    previous: tuple[str, tuple[str, ...], int] | None = None
    for k, margin in enumerate(request.margins):
        d = margin.derivative
        key = ("" if d is None else d.text, naming(request, margin).dimensions, margin.term)
        if out and previous == key:
            out[-1][2].append(k)
        else:
            out.append((key[0], key[1], [k]))
        previous = key
    return out
