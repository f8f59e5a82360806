"""Statistics of the cells of ``table``: every combination of categories and margins in vectorised passes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.spec import Weights

Cell = tuple[int, ...]
"""A category number for each dimension; -1 is the margin (Total)."""


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        out = a / b
    return np.where(np.isfinite(out), out, np.nan)


def _geomean(g: Grouped) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = Grouped(
            np.where(g.x > 0, np.log(np.where(g.x > 0, g.x, 1.0)), np.nan), g.codes, g.g, g.weights
        )
    return np.exp(logs.mean())


def _sebinomial(g: Grouped) -> np.ndarray:
    p = g.mean()
    with np.errstate(invalid="ignore"):
        inside = np.where((p >= 0) & (p <= 1), p * (1 - p), np.nan)
    return np.sqrt(_ratio(inside, g.total_weight))


def _sepoisson(g: Grouped) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.sqrt(_ratio(np.where(g.mean() >= 0, g.mean(), np.nan), g.total_weight))


def _first(g: Grouped) -> np.ndarray:
    out = np.full(g.g, np.nan)
    out[g.codes[::-1]] = g.x[::-1]
    return out


def _last(g: Grouped) -> np.ndarray:
    out = np.full(g.g, np.nan)
    out[g.codes] = g.x
    return out


VARIABLE_STATISTICS: dict[str, tuple[str, Callable[[Grouped], np.ndarray]]] = {
    "mean": ("Mean", Grouped.mean),
    "semean": ("Standard error of mean", lambda g: _ratio(g.sd(), np.sqrt(g.total_weight))),
    "sebinomial": ("Binomial standard error", _sebinomial),
    "sepoisson": ("Poisson standard error", _sepoisson),
    "variance": ("Variance", lambda g: g.sd() ** 2),
    "sd": ("Standard deviation", Grouped.sd),
    "skewness": ("Skewness", Grouped.skewness),
    "kurtosis": ("Kurtosis", Grouped.kurtosis),
    "cv": ("Coefficient of variation", lambda g: _ratio(g.sd(), g.mean())),
    "geomean": ("Geometric mean", _geomean),
    "count": ("Number of nonmissing values", lambda g: g.total_weight),
    "total": ("Total", Grouped.sum),
    "rawtotal": ("Unweighted total", lambda g: Grouped(g.x, g.codes, g.g).sum()),
    "median": ("Median", Grouped.median),
    "q1": ("25th percentile", lambda g: g.percentile(25.0)),
    "q2": ("50th percentile", lambda g: g.percentile(50.0)),
    "q3": ("75th percentile", lambda g: g.percentile(75.0)),
    "iqr": ("Interquartile range", Grouped.iqr),
    "min": ("Minimum value", Grouped.min),
    "max": ("Maximum value", Grouped.max),
    "range": ("Range", lambda g: g.max() - g.min()),
    "first": ("First value", _first),
    "last": ("Last value", _last),
    "firstnm": ("First nonmissing value", _first),
    "lastnm": ("Last nonmissing value", _last),
}
COUNT_STATISTICS = {
    "frequency": "Frequency",
    "sumw": "Sum of weights",
    "proportion": "Proportion",
    "percent": "Percent",
    "rawproportion": "Raw proportion",
    "rawpercent": "Raw percent",
}
FACTOR_STATISTICS = {
    "fvfrequency": "Factor-variable frequency",
    "fvproportion": "Factor-variable proportion",
    "fvpercent": "Factor-variable percent",
}
_SYNONYMS = {"freq": "frequency", "prop": "proportion", "rawprop": "rawproportion", "fvprop": "fvproportion"}
_SYNONYMS |= {"fvfreq": "fvfrequency", "n": "count", "sum": "total", "rawsum": "rawtotal", "var": "variance"}


def _ordinal(p: str) -> str:
    suffix = "th" if p[-2:] in ("11", "12", "13") else {"1": "st", "2": "nd", "3": "rd"}.get(p[-1], "th")
    return f"{p}{suffix}"


def statistic_name(word: str) -> str:
    """The full name of a statistic; r(198) for an unknown one."""
    name = _SYNONYMS.get(word, word)
    if name in VARIABLE_STATISTICS or name in COUNT_STATISTICS or name in FACTOR_STATISTICS:
        return name
    if re.fullmatch(r"p([1-9]|[1-9]\d)", name):
        return name
    raise StataError(198, f"invalid statistic() option;\nstatistic {word} not allowed")


def statistic_label(name: str) -> str:
    if name in VARIABLE_STATISTICS:
        return VARIABLE_STATISTICS[name][0]
    found = COUNT_STATISTICS.get(name) or FACTOR_STATISTICS.get(name)
    return found or f"{_ordinal(name[1:])} percentile"


def default_format(name: str) -> str:
    if name in ("frequency", "fvfrequency", "count"):
        return "%12.0gc"
    if name.endswith("percent"):
        return "%9.2f"
    return "%9.0g"


@dataclass
class Cells:
    """The rows in use and their categories in each dimension; statistics are cached by margins.

    rows    row numbers of the observations in use; axes: one for each dimension
    """

    data: Dataset
    rows: np.ndarray
    axes: tuple[Axis, ...]
    weight: Weights | None = None
    _cache: dict[tuple[object, ...], np.ndarray] = field(default_factory=dict)
    _codes: dict[tuple[bool, ...], np.ndarray] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        data: Dataset,
        mask: np.ndarray,
        names: tuple[str, ...],
        weight: Weights | None,
        labels: bool = True,
    ) -> Cells:
        axes = tuple(axis(data, name, mask, labels) for name in names)
        return cls(data, np.flatnonzero(mask), axes, weight)

    def margins(self, cell: Cell) -> tuple[bool, ...]:
        return tuple(k < 0 for k in cell)

    def shape(self, margins: tuple[bool, ...]) -> tuple[int, ...]:
        return tuple(1 if m else a.size for m, a in zip(margins, self.axes, strict=True))

    def codes(self, margins: tuple[bool, ...]) -> np.ndarray:
        """The cell number of each row in use, under these margins."""
        if margins not in self._codes:
            out = np.zeros(len(self.rows), dtype=np.int64)
            for margin, dimension in zip(margins, self.axes, strict=True):
                if not margin:
                    out = out * dimension.size + dimension.index
            self._codes[margins] = out
        return self._codes[margins]

    def _weights(self) -> np.ndarray | None:
        return None if self.weight is None else self.weight.values[self.rows]

    def _grouped(self, x: np.ndarray, margins: tuple[bool, ...]) -> Grouped:
        """Nonmissing values by cell; analytic and sampling weights are scaled to sum to the cell's observations."""
        used = ~np.isnan(x)
        codes = self.codes(margins)[used]
        g = int(np.prod(self.shape(margins)))
        w = self._weights()
        if w is not None:
            w = w[used]
            if self.weight is not None and self.weight.kind in ("aweight", "pweight"):
                total = np.bincount(codes, weights=w, minlength=g)
                count = np.bincount(codes, minlength=g)
                w = w * _ratio(count.astype(float), total)[codes]
        return Grouped(x[used], codes, g, w)

    def array(
        self, key: tuple[object, ...], margins: tuple[bool, ...], work: Callable[[], np.ndarray]
    ) -> np.ndarray:
        full = (*key, margins)
        if full not in self._cache:
            self._cache[full] = work().reshape(self.shape(margins))
        return self._cache[full]

    @staticmethod
    def at(array: np.ndarray, cell: Cell) -> float:
        return float(array[tuple(max(0, k) for k in cell)])

    def count(self, cell: Cell) -> float:
        """Observations in the cell, unweighted."""
        margins = self.margins(cell)
        g = int(np.prod(self.shape(margins)))
        work = lambda: np.bincount(self.codes(margins), minlength=g).astype(float)  # noqa: E731
        return self.at(self.array(("count",), margins, work), cell)

    def weight_sum(self, cell: Cell, raw: bool) -> float:
        w = self._weights()
        if raw or w is None:
            return self.count(cell)
        margins = self.margins(cell)
        g = int(np.prod(self.shape(margins)))
        work = lambda: np.bincount(self.codes(margins), weights=w, minlength=g)  # noqa: E731
        return self.at(self.array(("weights",), margins, work), cell)

    # -- the statistics ---------------------------------------------------------------------------
    def counted(self, name: str, cell: Cell, across: frozenset[int] | None) -> float:
        """A frequency or a share; shares sum to one over the dimensions ``across`` (all of them by default)."""
        if name in ("frequency", "sumw"):
            plain = self.weight is None or (name == "frequency" and self.weight.kind != "fweight")
            return self.weight_sum(cell, plain)
        raw = name.startswith("raw")
        summed = frozenset(range(len(cell))) if across is None else across
        base = tuple(-1 if k in summed else c for k, c in enumerate(cell))
        below = self.weight_sum(base, raw)
        share = self.weight_sum(cell, raw) / below if below else np.nan
        return 100 * share if name.endswith("percent") else share

    def variable(self, name: str, variable: str, cell: Cell) -> float:
        margins = self.margins(cell)

        def work() -> np.ndarray:
            x = self.data.column(variable).values()[self.rows]
            grouped = self._grouped(x, margins)
            if name in VARIABLE_STATISTICS:
                return np.asarray(VARIABLE_STATISTICS[name][1](grouped))
            return grouped.percentile(float(name[1:]))

        return self.at(self.array((name, variable), margins, work), cell)

    def factor(self, name: str, variable: str, level: float, cell: Cell) -> float:
        """Frequency or share of one level of a factor variable within the cell."""
        margins = self.margins(cell)
        x = self.data.column(variable).values()[self.rows]
        w = self._weights()
        weights = np.ones(len(x)) if w is None else w
        g = int(np.prod(self.shape(margins)))
        codes = self.codes(margins)

        def tally(hit: np.ndarray) -> np.ndarray:
            return np.bincount(codes, weights=np.where(hit, weights, 0.0), minlength=g)

        hits = self.at(self.array(("fv", variable, level), margins, lambda: tally(x == level)), cell)
        if name == "fvfrequency":
            return hits
        base = self.at(self.array(("fvbase", variable), margins, lambda: tally(~np.isnan(x))), cell)
        share = hits / base if base else np.nan
        return 100 * share if name == "fvpercent" else share

    def all_cells(self) -> list[Cell]:
        return list(product(*(range(a.size) for a in self.axes)))
