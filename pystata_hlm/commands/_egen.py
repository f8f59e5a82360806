"""What an ``egen`` function receives, and the table the functions register in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.commands import _storing
from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset, Groups
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text, Value
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Job:
    """One ``egen`` call: the argument's text, options, the sample and the by-groups (of all rows)."""

    ctx: Context
    function: str
    argument: str
    options: dict[str, Any]
    sample: NDArray[np.bool_]
    groups: Groups | None
    stype: str | None
    name: str

    @property
    def data(self) -> Dataset:
        return self.ctx.data

    @property
    def n(self) -> int:
        return self.data.n

    @property
    def codes(self) -> NDArray[np.int64]:
        """Group number of every row."""
        return np.zeros(self.n, dtype=np.int64) if self.groups is None else self.groups.codes

    @property
    def g(self) -> int:
        return 1 if self.groups is None else len(self.groups)

    def value(self) -> Value:
        """The expression in parentheses."""
        if not self.argument.strip():
            raise StataError.invalid_syntax()
        return self.ctx.evaluate(parse("expr", self.argument.strip()), self.sample)

    def numbers(self) -> Floats:
        """The expression's numbers, one per row; r(109) for strings."""
        value = self.value()
        if isinstance(value, Text):
            raise StataError.type_mismatch()
        return np.asarray(_storing.numbers(value, self.n)[0])

    def used(self, x: Floats) -> NDArray[np.bool_]:
        return self.sample & ~np.isnan(x)

    def grouped(self, x: Floats) -> Grouped:
        """Nonmissing values of the sample with their groups."""
        used = self.used(x)
        return Grouped(x, self.codes, self.g) if used.all() else Grouped(x[used], self.codes[used], self.g)

    def names(self, minimum: int = 1) -> list[str]:
        """The varlist in parentheses."""
        if not self.argument.strip():
            raise StataError.varlist_required()
        parsed = parse("varlist", self.argument.strip())
        found = list(expand_varlist(self.data, parsed, varabbrev=self.ctx.settings.varabbrev))
        if len(found) < minimum:
            raise StataError.too_few_variables()
        return found

    def numeric_names(self) -> list[str]:
        found = self.names()
        for name in found:
            if self.data.column(name).is_string:
                raise StataError.type_mismatch()
        return found

    def matrix(self) -> Floats:
        """(k, n) values of the varlist's numeric variables."""
        return np.array([self.data.values(name) for name in self.numeric_names()])

    def spread(self, per_group: Floats) -> Column:
        """A column with each group's result in the rows of the sample."""
        kind = self.stype or self.ctx.settings.type
        stored = missing.encode(per_group, None, kind)[self.codes]
        if not self.sample.all():
            stored[~self.sample] = missing.missing_array(1, kind)[0]
        return Column(stored, kind)

    def column(self, values: Floats, stype: str | None = None, **parts: Any) -> Column:
        """A column of the wanted (else default) type, missing outside the sample."""
        kind = self.stype or stype or self.ctx.settings.type
        if not self.sample.all():
            values = np.where(self.sample, values, np.nan)
        return Column.numeric(np.asarray(values, dtype=np.float64), None, kind, **parts)


@dataclass(frozen=True)
class Function:
    """An egen function; ``options`` are the names it accepts, ``by`` whether groups make sense."""

    name: str
    run: Callable[[Job], Column]
    options: frozenset[str]
    by: bool


FUNCTIONS: dict[str, Function] = {}


def egen(
    names: str, *options: str, by: bool = True
) -> Callable[[Callable[[Job], Column]], Callable[[Job], Column]]:
    """Register a function under one or more names."""

    def register(run: Callable[[Job], Column]) -> Callable[[Job], Column]:
        for name in names.split():
            FUNCTIONS[name] = Function(name, run, frozenset(options), by)
        return run

    return register


def labelled(column: Column, label: str) -> Column:
    return column.with_(label=label[:80])


__all__ = ["FUNCTIONS", "Floats", "Function", "Job", "egen", "labelled"]
