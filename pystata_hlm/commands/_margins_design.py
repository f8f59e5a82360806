"""Averages of design-matrix rows with some covariates held: all that margins of a linear prediction need.

The mean over observations of a product of variables is a product of the held values and the mean of what is not
held; those means are computed once and reused for every row of ``at()``, so that the cost of a margin does not
depend on the number of observations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.recipe import DesignRecipe, Held

Array = np.ndarray
Holding = Mapping[str, Held]
"""Covariates held: a number, shares of a factor's levels, or one number for each row used."""


@dataclass(frozen=True)
class Sample:
    """Rows that margins average over.

    rows     row numbers in the dataset (n,)
    weights  (n,) weights, or None
    groups   (n,) index of the over() group, all 0 without over()
    n_groups number of groups
    frequencies  weights count observations (fweights)
    """

    rows: Array
    weights: Array | None
    groups: Array
    n_groups: int
    frequencies: bool = False

    @property
    def n(self) -> float:
        return (
            float(self.weights.sum())
            if self.frequencies and self.weights is not None
            else float(len(self.rows))
        )

    def count(self, group: int) -> float:
        inside = self.groups == group
        if self.frequencies and self.weights is not None:
            return float(self.weights[inside].sum())
        return float(inside.sum())

    def inside(self, group: int | None) -> Array:
        """Mask over the rows of one group (None: all)."""
        return np.ones(len(self.rows), dtype=bool) if group is None else self.groups == group


@dataclass(frozen=True)
class _Product:
    """A column of the design: indicators (variable, level) times continuous variables."""

    factors: tuple[tuple[str, int], ...]
    continuous: tuple[str, ...]


class Averages:
    """Means over groups of rows of the columns of a design, with any covariates held."""

    def __init__(self, recipe: DesignRecipe, data: Dataset, sample: Sample) -> None:
        self.recipe = recipe
        self.data = data
        self.sample = sample
        self.products = tuple(_product(recipe, k) for k in range(len(recipe)))
        self._means: dict[Any, Array] = {}
        self._columns: dict[Any, Array] = {}
        weights = np.ones(len(sample.rows)) if sample.weights is None else sample.weights
        self._weights = weights
        self._totals = np.bincount(sample.groups, weights, minlength=sample.n_groups)

    # ------------------------------------------------------------ means of what is not held
    def _values(self, name: str, level: int | None) -> Array:
        key = (name, level)
        if key not in self._columns:
            column = self.data.column(name).take(self.sample.rows)
            self._columns[key] = column.values() if level is None else (column.data == level).astype(float)
        return self._columns[key]

    def group_means(self, values: Array) -> Array:
        """Weighted mean of (n,) values in each group: (n_groups,)."""
        sums = np.bincount(self.sample.groups, self._weights * values, minlength=self.sample.n_groups)
        return sums / self._totals

    def mean(self, parts: Sequence[tuple[str, int | None]], arrays: Sequence[Array] = ()) -> Array:
        """(n_groups,) means of the product of variables (level None) and indicators, times given arrays."""
        key = tuple(sorted(parts, key=repr))
        if not arrays and key in self._means:
            return self._means[key]
        product: Array = np.ones(len(self.sample.rows))
        for name, level in parts:
            product = product * self._values(name, level)
        for array in arrays:
            product = product * array
        means = self.group_means(product)
        if not arrays:
            self._means[key] = means
        return means

    # ------------------------------------------------------------ rows of the averaged design
    def row(self, held: Holding, group: int, derivative: str = "", scaled: bool = False) -> Array:
        """Mean design row (every column of e(b), left-out ones too), or its derivative by a continuous variable.

        ``scaled`` multiplies the derivative by the variable (d xb / d ln x).
        """
        out = np.zeros(len(self.products))
        for j, product in enumerate(self.products):
            factor, names = 1.0, list(product.continuous)
            if derivative:
                power = names.count(derivative)
                if not power:
                    continue
                factor = float(power)
                if not scaled:
                    names.remove(derivative)
            out[j] = self._average(product.factors, names, held, group, factor)
        return out

    def _average(
        self,
        factors: Sequence[tuple[str, int]],
        names: Sequence[str],
        held: Holding,
        group: int,
        value: float,
    ) -> float:
        free: list[tuple[str, int | None]] = []
        arrays: list[Array] = []
        for name, level in factors:
            h = held.get(name)
            if h is None:
                free.append((name, level))
            elif isinstance(h, Mapping):
                value *= float(h.get(level, 0.0))
            elif isinstance(h, np.ndarray):
                arrays.append((h == level).astype(float))
            else:
                value *= float(h == level)
        for name in names:
            h = held.get(name)
            if h is None:
                free.append((name, None))
            elif isinstance(h, Mapping):
                value *= sum(level * share for level, share in h.items())
            elif isinstance(h, np.ndarray):
                arrays.append(h)
            else:
                value *= float(h)
        if value == 0.0:
            return 0.0
        return value * float(self.mean(free, arrays)[group]) if free or arrays else value

    # ------------------------------------------------------------ whole matrices, for nonlinear predictions
    def matrix(self, held: Holding, group: int) -> Array:
        """(n_group, k) estimated columns for the group's rows."""
        inside = self.sample.inside(group)
        return self.recipe.evaluate(self.data, self.sample.rows[inside], _restricted(held, inside))

    def derivative_matrix(self, held: Holding, group: int, name: str) -> Array:
        """(n_group, k) derivatives of the estimated columns by a continuous variable."""
        inside = self.sample.inside(group)
        rows, held = self.sample.rows[inside], _restricted(held, inside)
        out = np.zeros((len(rows), len(self.recipe.kept)))
        for k, j in enumerate(self.recipe.kept.tolist()):
            product = self.products[j]
            power = product.continuous.count(name)
            if not power:
                continue
            names = list(product.continuous)
            names.remove(name)
            value: Any = float(power)
            for factor, level in product.factors:
                h = held.get(factor)
                if isinstance(h, Mapping):
                    value = value * float(h.get(level, 0.0))
                else:
                    value = value * ((self.data.column(factor).data[rows] if h is None else h) == level)
            for x in names:
                value = value * self.continuous(x, rows, held)
            out[:, k] = value
        return out

    def continuous(self, name: str, rows: Array, held: Holding) -> Any:
        """Values of a continuous covariate: held or as observed."""
        h = held.get(name)
        if isinstance(h, Mapping):
            return sum(level * share for level, share in h.items())
        return self.data.column(name).take(rows).values() if h is None else h

    def group_weights(self, group: int) -> Array:
        """Weights of the group's rows, summing to 1."""
        weights = self._weights[self.sample.inside(group)]
        return weights / weights.sum()


def _product(recipe: DesignRecipe, k: int) -> _Product:
    column = recipe.columns[k]
    if column.term < 0:
        return _Product((), ())
    term = recipe.terms[column.term]
    factors = tuple((p.name, level) for p, level in zip(term.factors, column.levels, strict=True))
    return _Product(factors, tuple(p.name for p in term.continuous))


def _restricted(held: Holding, inside: Array) -> dict[str, Held]:
    return {name: h[inside] if isinstance(h, np.ndarray) else h for name, h in held.items()}


class Estimability:
    """Which averaged design rows are estimable: those in the row space of the estimation sample's design.

    A left-out column is either empty in the sample, or a combination ``gamma`` of the estimated columns there; a
    row is estimable when the same holds for it.
    """

    TOLERANCE = 1e-5  # Stata's default for estimtolerance()

    def __init__(self, recipe: DesignRecipe, data: Dataset, rows: Array) -> None:
        self.recipe = recipe
        self.empty = [k for k, c in enumerate(recipe.columns) if c.status == "empty"]
        self.omitted = [k for k, c in enumerate(recipe.columns) if c.status == "omitted"]
        self.gamma = np.zeros((len(recipe.kept), 0))
        if self.omitted:
            from pystata_hlm.design.recipe import Source

            x = recipe.evaluate(data, rows)
            source = Source(data, rows)
            out = np.column_stack(
                [
                    np.broadcast_to(recipe.column_values(recipe.columns[k], source), len(x))
                    for k in self.omitted
                ]
            )
            self.gamma = np.linalg.lstsq(x, out.astype(float), rcond=None)[0]

    def check(self, row: Array, slope: bool = False) -> bool:
        """``slope``: a derivative by a continuous variable is that of the fitted model, collinear terms left out."""
        if any(abs(row[k]) > self.TOLERANCE for k in self.empty):
            return False
        if slope or not self.omitted:
            return True
        implied = row[self.recipe.kept] @ self.gamma
        given = row[self.omitted]
        return bool(np.all(np.abs(implied - given) <= self.TOLERANCE * (1 + np.abs(given))))
