"""How a design matrix was built: frozen, and replayable on other rows or with variables held at values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.design.factors import Factor, Rows, all_rows, take
from pystata_hlm.design.terms import Term
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset

Held = float | NDArray[np.float64] | Mapping[int, float]
"""A value that stands in for a variable: a number, one number a row, or shares of a factor's levels."""


@dataclass(frozen=True)
class DesignColumn:
    """One column of e(b).

    name    Stata's name: ``ses``, ``1.sector``, ``0b.sector``, ``1.sector#c.ses``, ``o.ses``, ``_cons``
    term    number of the term in the recipe; -1 for the constant
    levels  level of each of the term's factor variables (in the term's order)
    status  "" estimated, "base", "empty" (no observations), "omitted" (asked for by o. or collinear)
    """

    name: str
    term: int
    levels: tuple[int, ...] = ()
    status: str = ""

    @property
    def plain_name(self) -> str:
        """The name as notes spell it: without marks of omission (``3.setting_g#3.effort_g``, ``ses``)."""
        parts = []
        for part in self.name.split("#"):
            operator, dot, name = part.rpartition(".")
            operator = operator[:-1] if operator.endswith("o") else operator
            parts.append(f"{operator}.{name}" if dot and operator else name)
        return "#".join(parts)


@dataclass(frozen=True)
class Note:
    """Why a column was left out: ``kind`` is "empty" or "collinear"."""

    kind: str
    name: str

    def text(self, release: int = 18) -> str:
        """``note: ses omitted because of collinearity`` (with a full stop from release 17)."""
        reason = (
            "identifies no observations in the sample"
            if self.kind == "empty"
            else "omitted because of collinearity"
        )
        return f"note: {self.name} {reason}{'.' if release >= 17 else ''}"


class Source:
    """Values of variables for some rows, fetched once each; ``held`` ones are given instead of read."""

    def __init__(self, data: Dataset, rows: Rows, held: Mapping[str, Held] | None = None) -> None:
        self.data = data
        self.rows = all_rows(rows)
        self.held = held or {}
        if self.rows is None:
            self.n = data.n
        else:
            self.n = int(np.count_nonzero(self.rows)) if self.rows.dtype == np.bool_ else len(self.rows)
        self._values: dict[str, Any] = {}
        self._stored: dict[str, NDArray[Any]] = {}

    def continuous(self, name: str) -> Any:
        """float64 values, or one number when held."""
        if name not in self._values:
            self._values[name] = self._fetch(name)
        return self._values[name]

    def _fetch(self, name: str) -> Any:
        held = self.held.get(name)
        if held is not None:
            return sum(level * share for level, share in held.items()) if isinstance(held, Mapping) else held
        column = self.data.column(name)
        if column.is_string:
            raise StataError.type_mismatch()
        if self.rows is None:
            return column.values()
        return column.take(self.rows).values()

    def indicator(self, name: str, level: int) -> Any:
        """Whether the factor is at the level: bool array, or a share when held."""
        held = self.held.get(name)
        if held is None:
            if name not in self._stored:
                self._stored[name] = take(self.data.column(name).data, self.rows)
            return self._stored[name] == level
        if isinstance(held, Mapping):
            return float(held.get(level, 0.0))
        return np.asarray(held) == level


@dataclass(frozen=True)
class DesignRecipe:
    """Terms, levels and columns of a design matrix.

    columns   every column of e(b), in order; the constant last
    factors   factor variables with their levels and base, from the estimation sample
    """

    terms: tuple[Term, ...]
    columns: tuple[DesignColumn, ...]
    factors: Mapping[str, Factor] = field(default_factory=dict)
    constant: bool = True

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names as in e(b), without an equation name."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def kept(self) -> NDArray[np.intp]:
        """Positions of the estimated columns."""
        return np.array([k for k, c in enumerate(self.columns) if c.status == ""], dtype=np.intp)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Variables that the recipe reads."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.names))

    def __len__(self) -> int:
        return len(self.columns)

    # ------------------------------------------------------------ between kept and all columns
    def widen(self, kept: NDArray[np.float64]) -> NDArray[np.float64]:
        """A vector (k,) or matrix (k, k) of the estimated columns, with zeros for the others."""
        full = np.zeros((len(self.columns),) * kept.ndim)
        full[np.ix_(*(self.kept,) * kept.ndim)] = kept
        return full

    # ------------------------------------------------------------ values
    def column_values(self, column: DesignColumn, source: Source) -> Any:
        """One column: float64 or bool array, or a number when all its variables are held."""
        if column.term < 0:
            return 1.0
        term = self.terms[column.term]
        value: Any = None
        for part, level in zip(term.factors, column.levels, strict=True):
            indicator = source.indicator(part.name, level)
            if value is None:
                value = indicator
            elif _is_mask(value) and _is_mask(indicator):
                value = value & indicator
            else:
                value = value * indicator
        for part in term.continuous:
            x = source.continuous(part.name)
            value = x if value is None else value * x
        return value

    def evaluate(
        self,
        data: Dataset,
        rows: Rows = None,
        held: Mapping[str, Held] | None = None,
        every: bool = False,
    ) -> NDArray[np.float64]:
        """The matrix for some rows: estimated columns (n, k), or with ``every`` all those of e(b).

        Columns that were left out are zero. Rows with a missing value have NaN.
        """
        source = Source(data, rows, held)
        wanted = range(len(self.columns)) if every else self.kept.tolist()
        matrix = np.empty((source.n, len(wanted)), order="F")
        for k, j in enumerate(wanted):
            column = self.columns[j]
            matrix[:, k] = 0.0 if column.status else self.column_values(column, source)
        return matrix

    def linear(
        self,
        data: Dataset,
        b: NDArray[np.float64],
        rows: Rows = None,
        held: Mapping[str, Held] | None = None,
    ) -> NDArray[np.float64]:
        """xb for some rows without forming the matrix; ``b`` has all the columns of e(b)."""
        source = Source(data, rows, held)
        total = np.zeros(source.n)
        for j in self.kept.tolist():
            column = self.columns[j]
            total += b[j] * self.column_values(column, source)
        return total


def _is_mask(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.bool_) and value.dtype == np.bool_
