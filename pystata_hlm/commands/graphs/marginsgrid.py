"""What ``marginsplot`` draws: margins, their intervals, and the values of the variables that tell them apart.

Read from the r() of ``margins``: ``r(b)`` with column names such as ``3._at`` or ``1._at#0.female``, ``r(table)``
with rows ``ll`` and ``ul``, ``r(at)`` with one row for each ``_at`` and a column for each covariate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands.graphs.common import title_of, value_texts
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.results import StataMatrix, Stored

Array = np.ndarray
_LEVEL = re.compile(r"(\d+)(?:bn|b|o|n)*\.(\w+)")
DERIVATIVE = "_deriv"


@dataclass(frozen=True)
class Dimension:
    """A variable that identifies margins: its value at each of them, and how values are written."""

    name: str
    title: str
    values: Array
    texts: Mapping[float, str] | None = None

    @property
    def levels(self) -> Array:
        return np.unique(self.values[~np.isnan(self.values)])

    def text(self, value: float, named: bool = True) -> str:
        """``female``, or ``ses=-3.758`` when the value has no label."""
        label = None if self.texts is None else self.texts.get(float(value))
        if label is not None:
            return label
        number = format_number(float(value), "%9.0g").strip()
        return f"{self.name}={number}" if named else number


@dataclass(frozen=True)
class MarginsGrid:
    """Margins (k,), interval bounds, and the dimensions, in the order in which Stata names them."""

    dimensions: tuple[Dimension, ...]
    estimate: Array
    low: Array
    high: Array
    title: str
    y_title: str
    level: float

    def find(self, name: str) -> Dimension:
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise StataError(198, f"{name} is not a dimension of the margins")


def grid_from(stored: Stored, data: Dataset) -> MarginsGrid:
    """The grid of the margins in r(); r(301) when there are none."""
    b, table = stored.matrices.get("b"), stored.matrices.get("table")
    if stored.macros.get("cmd") != "margins" or b is None or table is None:
        raise StataError(301, "last estimates not found")
    rows = {name: table.values[i] for i, name in enumerate(_plain(table.rows))}
    names = list(b.cols)
    at = stored.matrices.get("at")
    dimensions = [*_at_dimensions(names, at, data), *_factor_dimensions(names, data)]
    effects = _derivatives(names)
    dimensions += effects
    if not dimensions:
        raise StataError(322, "the previous margins command has only one margin; nothing to plot")
    label = stored.macros.get("predict1_label") or stored.macros.get("predict_label") or "Margin"
    derivative = stored.macros.get("derivatives", "")
    return MarginsGrid(
        tuple(dimensions),
        np.asarray(b.values, dtype=float).ravel(),
        np.asarray(rows["ll"], dtype=float),
        np.asarray(rows["ul"], dtype=float),
        stored.macros.get("title", "Predictive margins"),
        f"Effects on {label}" if derivative else label,
        float(stored.scalars.get("level", 95.0)),
    )


def _plain(names: object) -> list[str]:
    return [str(n).rpartition(":")[2] for n in names]  # type: ignore[attr-defined]


def _at_dimensions(names: list[str], at: StataMatrix | None, data: Dataset) -> list[Dimension]:
    """Covariates whose value differs between the rows of r(at)."""
    if at is None:
        return []
    index = np.array([_at_number(name) for name in names])
    rows = index - 1
    if (index < 1).any():
        return []
    values = _covariates(at)
    out = []
    for name, column in values.items():
        found = column[rows]
        if len(np.unique(found[~np.isnan(found)])) > 1:
            out.append(_dimension(name, found, data))
    return out


def _at_number(name: str) -> int:
    m = re.search(r"(\d+)(?:bn|b)?\._at\b", name)
    return int(m[1]) if m else 0


def _covariates(at: StataMatrix) -> dict[str, Array]:
    """Columns of r(at) by variable; indicator columns of a factor become its level."""
    out: dict[str, Array] = {}
    for j, column in enumerate(_plain(at.cols)):
        values = np.asarray(at.values[:, j], dtype=float)
        m = _LEVEL.fullmatch(column)
        if m is None:
            out[column] = values
            continue
        level, name = float(m[1]), m[2]
        current = out.setdefault(name, np.full(len(values), np.nan))
        current[values == 1] = level
    return out


def _factor_dimensions(names: list[str], data: Dataset) -> list[Dimension]:
    """Factors in the names of the margins themselves (``margins female``)."""
    found: dict[str, list[float]] = {}
    for k, name in enumerate(names):
        for level, variable in _LEVEL.findall(name.rpartition(":")[2]):
            if variable != "_at":
                found.setdefault(variable, [np.nan] * k).append(float(level))
    return [
        _dimension(name, np.array(values), data)
        for name, values in found.items()
        if len(values) == len(names) and len(set(values)) > 1
    ]


def _derivatives(names: list[str]) -> list[Dimension]:
    """With several dydx() variables the effect is a dimension of its own."""
    equations = [name.rpartition(":")[0] for name in names]
    distinct = list(dict.fromkeys(equations))
    if len(distinct) < 2:
        return []
    codes = np.array([float(distinct.index(e) + 1) for e in equations])
    return [
        Dimension(
            DERIVATIVE, "Effects with respect to", codes, {float(i + 1): e for i, e in enumerate(distinct)}
        )
    ]


def _dimension(name: str, values: Array, data: Dataset) -> Dimension:
    if name in data:
        return Dimension(name, title_of(data, name), values, value_texts(data, name))
    return Dimension(name, name, values)
