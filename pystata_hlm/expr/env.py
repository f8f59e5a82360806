"""Where an expression finds its names: the ``Env`` protocol, and ``DataEnv`` over a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import BoolArray, Num, Text, Value


class Env(Protocol):
    """What the evaluator asks of its surroundings.

    In a *scalar* environment (``scalar`` true) variables stand for their first observation and every value
    is 0-d; otherwise variables are vectors of ``n`` rows.
    """

    scalar: bool
    n: int
    sample: BoolArray | None
    rng: Any
    memory: dict[str, Any]

    @property
    def obs_number(self) -> Any: ...

    @property
    def obs_total(self) -> Any: ...

    @property
    def by_start(self) -> Any: ...

    def column(self, name: str) -> Value: ...

    def full_column(self, name: str) -> Value: ...

    def operated(self, operator: str, name: str) -> Num: ...

    def resolve(self, name: str) -> str | None: ...

    def element(self, name: str, row: int) -> Value: ...

    def scalar_value(self, name: str) -> float | str | None: ...

    def labelled(self, text: str, label: str) -> tuple[float, int]: ...

    def stored(self, klass: str, name: str) -> Any: ...

    def coefficient(self, kind: str, equation: str, term: str) -> float: ...

    def matrix(self, name: str) -> Any: ...

    def setting(self, name: str) -> Any: ...

    def frame(self, name: str) -> Any: ...


def _nothing(*_: str) -> None:
    return None


def _no_estimates(*_: str) -> float:
    raise StataError.last_estimates_not_found()


class DataEnv:
    """An environment over a ``Dataset``.

    data         the dataset, or None when there is none
    scalars      named scalars (float or str)
    stored       ``(klass, name) -> float | str | matrix | row-aligned array | None`` for r(), e(), s()
    coefficient  ``(kind, equation, term) -> float`` for _b[] and _se[]
    matrix       ``name -> matrix with .values, .rows, .cols, or None``
    setting      ``name -> float | str | None`` for c()
    frame        ``name -> the dataset of that frame, or None``
    rng          numeric.rng.StataRNG
    varabbrev    variable names may be abbreviated
    memory       what functions keep between calls (the last regexm()); give the session's own dictionary
    groups       by-groups (``codes``, ``starts``, ``sizes``) of contiguous rows, or None
    sample       rows for which the expression is wanted; random draws and running sums use these alone
    """

    def __init__(
        self,
        data: Any = None,
        *,
        scalars: Mapping[str, float | str] | None = None,
        stored: Callable[[str, str], Any] = _nothing,
        coefficient: Callable[[str, str, str], float] = _no_estimates,
        matrix: Callable[[str], Any] = _nothing,
        setting: Callable[[str], Any] = _nothing,
        frame: Callable[[str], Any] = _nothing,
        rng: Any = None,
        groups: Any = None,
        sample: BoolArray | None = None,
        memory: dict[str, Any] | None = None,
        varabbrev: bool = True,
        scalar: bool = False,
    ) -> None:
        self.data = data
        self.scalar = scalar
        self.n: int = 0 if data is None else data.n
        self.sample = sample
        self.varabbrev = varabbrev
        self.rng = rng
        self.groups = groups
        self.stored = stored
        self.coefficient = coefficient
        self.matrix = matrix
        self.setting = setting
        self.frame = frame
        self._scalars: Mapping[str, float | str] = scalars if scalars is not None else {}
        self.memory: dict[str, Any] = {} if memory is None else memory
        self._columns: dict[str, Value] = {}
        self._by: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]] | None = None

    def as_scalar(self) -> DataEnv:
        """The same names, variables standing for their first observation."""
        if self.scalar:
            return self
        other = object.__new__(DataEnv)
        other.__dict__.update(self.__dict__, scalar=True, sample=None, groups=None, _columns={})
        return other

    # ------------------------------------------------------------ observations
    def _groups(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
        if self._by is None:
            codes = np.asarray(self.groups.codes)
            start = np.asarray(self.groups.starts)[codes]
            number = np.arange(1, self.n + 1) - start
            total = np.asarray(self.groups.sizes)[codes]
            self._by = (number.astype(np.float64), total.astype(np.float64), start)
        return self._by

    @property
    def obs_number(self) -> Any:
        """``_n``: 1-based row number, within the by-group."""
        if self.scalar:
            return np.float64(1.0)
        if self.groups is not None:
            return self._groups()[0]
        return np.arange(1.0, self.n + 1)

    @property
    def obs_total(self) -> Any:
        """``_N``: number of rows, of the by-group."""
        if self.groups is not None and not self.scalar:
            return self._groups()[1]
        return np.float64(self.n)

    @property
    def by_start(self) -> Any:
        """0-based first row of each row's by-group, or 0."""
        if self.groups is not None and not self.scalar:
            return self._groups()[2]
        return 0

    # ------------------------------------------------------------ names
    def resolve(self, name: str) -> str | None:
        """The variable that ``name`` is or abbreviates, None when there is none; r(111) when ambiguous."""
        data = self.data
        if data is None:
            return None
        return name if name in data else data.lookup(name, self.varabbrev)

    def _find(self, name: str) -> str:
        found = self.resolve(name)
        if found is None:
            raise StataError.not_found(name)
        return found

    def column(self, name: str) -> Value:
        """Variable ``name`` (may be abbreviated): all rows, or the first in a scalar environment."""
        if self.scalar:
            return self.element(name, 0)
        return self.full_column(name)

    def full_column(self, name: str) -> Value:
        """All rows of a variable, decoded once."""
        value = self._columns.get(name)
        if value is None:
            full_name = self._find(name)
            column = self.data.column(full_name)
            if column.is_string:
                value = Text(column.strings())
            else:
                value = Num(column.values(), column.codes)
            self._columns[name] = value
        return value

    def operated(self, operator: str, name: str) -> Num:
        """A variable under time-series operators: ``L2.x``, by the settings of ``tsset``."""
        from pystata_hlm.data.timeseries import operated_name

        column = self.data.column(operated_name(operator, self._find(name)))
        if column.is_string:
            raise StataError.type_mismatch()
        if self.scalar:
            return Num(column.values()[0] if self.n else np.float64(np.nan))
        return Num(column.values(), column.codes())

    def element(self, name: str, row: int) -> Value:
        """One cell (0-based row); missing or empty when there is no such row."""
        from pystata_hlm.data import missing

        full_name = self._find(name)
        column = self.data.column(full_name)
        inside = 0 <= row < self.n
        if column.is_string:
            return Text(np.asarray(bytes(column.data[row]) if inside else b"", dtype="S"))
        if not inside:
            return Num(np.float64(np.nan))
        values, codes = missing.decode(column.data[row : row + 1])
        return Num(values[0], None if codes is None else np.asarray(codes[0]))

    def labelled(self, text: str, label: str) -> tuple[float, int]:
        """The number (and code of a missing value) that a value label calls ``text``; missing when there is none."""
        held = None if self.data is None else self.data.value_labels.get(label)
        return (None if held is None else held.value_of(text)) or (float("nan"), 0)

    def scalar_value(self, name: str) -> float | str | None:
        return self._scalars.get(name)
