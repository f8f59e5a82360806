"""Expressions evaluated a block of rows at a time, so that what lies between their parts stays in the processor's cache
and memory holds no vectors but the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate, evaluate_truth, evaluate_unlimited
from pystata_hlm.expr.functions.registry import FUNCTIONS
from pystata_hlm.expr.values import BoolArray, Num, Text, Value
from pystata_hlm.lang import nodes

BLOCK = 1 << 16
"""Rows at a time: a few vectors of doubles fit in the second-level cache."""


class BlockEnv(DataEnv):
    """A run of rows of a dataset; subscripts still reach every row."""

    def __init__(self, base: DataEnv, rows: slice) -> None:
        self.__dict__.update(base.__dict__, _columns={})
        self.rows = rows
        self.base = base
        self.n = rows.stop - rows.start
        self.stored = self._stored_rows
        if base.sample is not None:
            self.sample = base.sample[rows]

    def _stored_rows(self, klass: str, name: str) -> Any:
        found = self.base.stored(klass, name)
        return found[self.rows] if isinstance(found, np.ndarray) and found.ndim == 1 else found

    def column(self, name: str) -> Value:
        value = self._columns.get(name)
        if value is None:
            column = self.data.column(self._find(name))
            part = column.data[self.rows]
            if column.is_string:
                value = Text(part)
            elif part.dtype.kind == "f":
                value = Num(part.astype(np.float64, copy=False), lambda: missing.decode(part)[1])
            else:
                value = Num(*missing.decode(part))
            self._columns[name] = value
        return value

    def full_column(self, name: str) -> Value:
        return self.base.full_column(name)

    def element(self, name: str, row: int) -> Value:
        return self.base.element(name, row)

    def _groups(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
        if self._by is None or len(self._by[0]) != self.n:
            codes = np.asarray(self.groups.codes)[self.rows]
            start = np.asarray(self.groups.starts)[codes]
            number = np.arange(self.rows.start + 1, self.rows.stop + 1) - start
            total = np.asarray(self.groups.sizes)[codes]
            self._by = (number.astype(np.float64), total.astype(np.float64), start)
        return self._by

    @property
    def obs_number(self) -> Any:
        if self.groups is not None:
            return self._groups()[0]
        return np.arange(self.rows.start + 1.0, self.rows.stop + 1.0)

    @property
    def obs_total(self) -> Any:
        return self._groups()[1] if self.groups is not None else np.float64(self.base.n)


def by_row(node: Any) -> bool:
    """True when each row's value may be computed apart: no running sums, random draws or lags by time."""
    if isinstance(node, nodes.Operated):
        return False
    if isinstance(node, nodes.Function):
        spec = FUNCTIONS.get(node.name)
        if spec is not None and spec.env:
            return False
    if isinstance(node, tuple):
        return all(by_row(item) for item in node)
    return not is_dataclass(node) or all(by_row(getattr(node, field.name)) for field in fields(node))


def blocks(env: DataEnv, *expressions: nodes.Expr) -> Iterator[BlockEnv | DataEnv]:
    """Environments over the dataset's rows, block by block; one over all of them where an expression wants that."""
    if env.n <= BLOCK or env.scalar or not all(by_row(node) for node in expressions):
        yield env
        return
    np.empty(
        1 << 21
    )  # freed at once: from now on glibc keeps blocks of this size instead of returning each to the system
    for start in range(0, env.n, BLOCK):
        yield BlockEnv(env, slice(start, min(start + BLOCK, env.n)))


def rows_of(env: DataEnv) -> slice:
    """The rows that an environment of ``blocks`` stands for."""
    return env.rows if isinstance(env, BlockEnv) else slice(0, env.n)


def values(node: nodes.Expr, env: DataEnv, limited: bool = True) -> Iterator[tuple[slice, Value]]:
    """The value of an expression, block by block; unless ``limited`` the caller sees to too large numbers."""
    run = evaluate if limited else evaluate_unlimited
    for part in blocks(env, node):
        yield rows_of(part), run(node, part)


def truth(node: nodes.Expr, env: DataEnv) -> BoolArray:
    """Rows for which a condition holds (nonzero or missing); a new array."""
    out = np.empty(env.n, dtype=bool)
    for part in blocks(env, node):
        out[rows_of(part)] = evaluate_truth(node, part)
    return out
