"""Stored results: r(), e(), s(), and the estimation behind e()."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class StataMatrix:
    """A matrix with row and column names; a name is ``eq:term`` or ``term``."""

    values: np.ndarray
    rows: tuple[str, ...]
    cols: tuple[str, ...]

    @staticmethod
    def make(
        values: Any, rows: tuple[str, ...] | None = None, cols: tuple[str, ...] | None = None
    ) -> StataMatrix:
        """Defaults are Stata's: rows r1 r2 ..., columns c1 c2 ..."""
        array = np.atleast_2d(np.asarray(values, dtype=np.float64))
        n, m = array.shape
        return StataMatrix(
            array,
            rows or tuple(f"r{i + 1}" for i in range(n)),
            cols or tuple(f"c{j + 1}" for j in range(m)),
        )


@dataclass(frozen=True)
class Estimation:
    """What ``predict``, ``margins``, ``estat``, ``lrtest`` and replay need, beyond e()'s numbers.

    cmd        e(cmd), the key of the post-estimation tables
    depvar     name of the dependent variable
    recipe     ``design.matrix.DesignRecipe`` of the fixed portion (replayable on other rows), or None
    b, vcov    coefficients and covariance of *that* portion, columns as in the recipe (omitted ones are 0)
    eq         equation name of the fixed portion in e(b) ("" when e(b) has one unnamed equation)
    df_r       residual degrees of freedom (t and F) or None (z and chi2)
    fit        the fit object of ``numeric``
    extra      command-specific facts (random-effects names, weights ...)
    """

    cmd: str
    depvar: str = ""
    recipe: Any = None
    b: np.ndarray = field(default_factory=lambda: np.zeros(0))
    vcov: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    eq: str = ""
    df_r: float | None = None
    fit: Any = None
    replay: Callable[[Any, Any, Context], None] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """A set of stored results. ``klass`` is r, e or s. Replaced as a whole, never edited in place."""

    klass: str
    scalars: dict[str, float] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    matrices: dict[str, StataMatrix] = field(default_factory=dict)
    estimation: Estimation | None = None
    sample: np.ndarray | None = None
    """e(sample) as the command computed it; the executor moves it into ``data.hidden['e(sample)']``."""
    hidden: dict[str, Any] = field(default_factory=dict)
    """Results that exist (``r(lb)``) but that return list does not show."""

    def with_(self, **changes: Any) -> Stored:
        return replace(self, **changes)

    def get(self, name: str) -> float | str | StataMatrix | None:
        """A result by name: scalar, then macro, then matrix; None when there is none."""
        for store in (self.scalars, self.macros, self.matrices, self.hidden):
            if name in store:
                return store[name]
        return None

    @property
    def empty(self) -> bool:
        return not (self.scalars or self.macros or self.matrices)
