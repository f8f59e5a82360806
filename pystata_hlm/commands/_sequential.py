"""``replace x = ... x[_n-1] ...``: each observation sees the observations before it already replaced.

The vectorised evaluation is repeated until nothing changes: a subscript that points to an earlier observation
reads the newest values, any other the old ones. Each pass settles at least one more link of the longest chain of
dependent observations. After ``WHOLE_PASSES`` passes over all rows the rest goes window by window.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from dataclasses import replace as changed_node
from typing import Any

import numpy as np

from pystata_hlm.commands import _storing
from pystata_hlm.data.column import Column
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate, truth
from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.expr.values import Num, Text, Value
from pystata_hlm.lang import nodes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call

WHOLE_PASSES = 64
WINDOW = 512
NEW, OLD = "\0new", "\0old"


def _walk(node: Any) -> Any:
    yield node
    if is_dataclass(node):
        for field in fields(node):
            value = getattr(node, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if is_dataclass(part):
                    yield from _walk(part)


def _means(word: str, name: str, names: list[str]) -> bool:
    """True when ``word`` is the variable or an abbreviation of it."""
    return word == name or (word not in names and name.startswith(word))


def looks_back(name: str, names: list[str], *expressions: nodes.Expr | None) -> bool:
    """True when an expression subscripts the variable that is being replaced."""
    return any(
        isinstance(part, nodes.Subscript) and part.column is None and _means(part.name, name, names)
        for expression in expressions
        if expression is not None
        for part in _walk(expression)
    )


def _rewrite(node: Any, name: str, names: list[str]) -> Any:
    """``x[i]`` becomes ``cond(i < _n, new[i], old[i])``."""
    if isinstance(node, nodes.Subscript) and node.column is None:
        index = _rewrite(node.index, name, names)
        if not _means(node.name, name, names):
            return changed_node(node, index=index)
        earlier = nodes.Binary("<", index, nodes.Name("_n"))
        return nodes.Function("cond", (earlier, nodes.Subscript(NEW, index), nodes.Subscript(OLD, index)))
    if not is_dataclass(node):
        return node
    parts = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            parts[field.name] = tuple(_rewrite(v, name, names) for v in value)
        elif is_dataclass(value):
            parts[field.name] = _rewrite(value, name, names)
    return changed_node(node, **parts) if parts and not isinstance(node, type) else node


def _draws(expression: Any) -> bool:
    """True when random numbers are drawn: then one pass with the draws fixed is impossible to repeat cheaply."""
    return any(
        isinstance(part, nodes.Function)
        and part.name in FUNCTIONS
        and FUNCTIONS[part.name].family == "random"
        for part in _walk(expression)
    )


class _Window(DataEnv):
    """A run of rows of the dataset; subscripts still reach every row."""

    def __init__(self, base: DataEnv, rows: slice, new: Value, old: Value) -> None:
        self.__dict__.update(base.__dict__)
        self.rows = rows
        self._base = base
        self._pair = {NEW: new, OLD: old}
        self.n = len(range(*rows.indices(base.n)))

    def column(self, name: str) -> Value:
        whole = self.full_column(name)
        if isinstance(whole, Text):
            return Text(whole.values[self.rows])
        return Num(whole.floats()[self.rows], None if whole.codes is None else whole.codes[self.rows])

    def full_column(self, name: str) -> Value:
        return self._pair[name] if name in self._pair else self._base.full_column(name)

    def element(self, name: str, row: int) -> Value:
        if name not in self._pair:
            return self._base.element(name, row)
        whole = self._pair[name]
        inside = 0 <= row < self._base.n
        if isinstance(whole, Text):
            return Text(np.asarray(bytes(whole.values[row]) if inside else b"", dtype="S"))
        if not inside:
            return Num(np.float64(np.nan))
        return Num(whole.floats()[row], None if whole.codes is None else np.asarray(whole.codes[row]))

    def _cut(self, values: Any) -> Any:
        return values[self.rows] if isinstance(values, np.ndarray) else values

    @property
    def obs_number(self) -> Any:
        return self._cut(self._base.obs_number)

    @property
    def obs_total(self) -> Any:
        return self._cut(self._base.obs_total)

    @property
    def by_start(self) -> Any:
        return self._cut(self._base.by_start)


def _value(column: Column) -> Value:
    return Text(column.data) if column.is_string else Num(*column.decoded())


def replace(call: Call, ctx: Context, name: str, promote: bool) -> tuple[Column, np.ndarray, str]:
    """The replaced column, the mask of real changes, and the promotion note."""
    data, names = ctx.data, ctx.data.names
    exp = _rewrite(call.node.exp, name, names)
    if_ = call.node.clauses.if_
    condition = None if if_ is None else _rewrite(if_, name, names)
    within = (
        np.ones(data.n, dtype=bool)
        if condition is not None and call.node.clauses.in_ is None
        else call.sample
    )
    if condition is not None and call.node.clauses.in_ is not None:
        from pystata_hlm.runtime.bind import in_mask

        within = in_mask(call.node.clauses.in_, data.n, ctx)
    base = ctx.env(None, call.by)
    assert isinstance(base, DataEnv)
    old = data.column(name)
    old_value = _value(old)
    rng = ctx.rng.state if _draws(call.node) else None
    current = old

    def settle(rows: slice, passes: int) -> bool:
        nonlocal current
        for _ in range(passes):
            if rng is not None:
                ctx.rng.set_state(rng)
            env = _Window(base, rows, _value(current), old_value)
            sample = np.zeros(data.n, dtype=bool)
            chosen = within[rows]
            if condition is not None:
                chosen = chosen & np.broadcast_to(truth(evaluate(condition, env)), (env.n,))
            sample[rows] = chosen
            env.sample = sample[rows] if call.restricted else None
            value = evaluate(exp, env)
            fresh = _placed(value, old, sample, rows, current, name, promote)
            if fresh is None:
                return True
            current = fresh
        return False

    if not settle(slice(0, data.n), WHOLE_PASSES if rng is None else data.n + 1):
        for start in range(0, data.n, WINDOW):
            settle(slice(start, min(start + WINDOW, data.n)), WINDOW + 1)
    changed, note = _difference(old, current, name)
    return current, changed, note


def _placed(
    value: Value, old: Column, sample: np.ndarray, rows: slice, current: Column, name: str, promote: bool
) -> Column | None:
    """``current`` with the rows of the window evaluated anew; None when that changes nothing."""
    n = len(sample)
    if isinstance(value, Text):
        strings = np.zeros(n, dtype=value.values.dtype)
        strings[rows] = value.values
        value = Text(strings)
    else:
        values, codes = np.full(n, np.nan), None
        values[rows] = value.floats()
        if value.codes is not None:
            codes = np.zeros(n, dtype=np.int8)
            codes[rows] = value.codes
        value = Num(values, codes)
    # rows of the window outside the sample go back to their old values
    back = np.zeros(n, dtype=bool)
    back[rows] = ~sample[rows]
    reset, undone, _ = _storing.merged(current, _value(old), back, n, name, promote)
    fresh, changed, _ = _storing.merged(reset, value, sample, n, name, promote)
    total = undone | changed
    if not total.any():
        return None
    # a change undone and redone within one pass is none
    real, _ = _difference(current, fresh, name)
    return fresh if real.any() else None


def _difference(old: Column, new: Column, name: str) -> tuple[np.ndarray, str]:
    """Mask of rows that differ and the promotion note."""
    everything = np.ones(len(old), dtype=bool)
    _, changed, _ = _storing.merged(
        old.recast(new.stype), _value(new), everything, len(old), name, promote=False
    )
    note = "" if old.stype == new.stype else f"variable {name} was {old.stype} now {new.stype}"
    return changed, note
