"""``generate`` and ``replace`` a block of rows at a time: no vectors in memory but the variable itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands import _storing
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.expr.blocks import values
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate
from pystata_hlm.expr.values import Num, Text
from pystata_hlm.lang import nodes


def build(
    node: nodes.Expr, env: DataEnv, stype: str | None, default: str, sample: np.ndarray | None
) -> tuple[Column, int]:
    """A new column with an expression's values where ``sample`` is true (all rows when None), and the number of missing
    values in it. Types and errors are those of ``_storing.build``."""
    kind = stype or default
    out = np.empty(0)
    absent = 0
    for rows, value in values(node, env, limited=False):
        if isinstance(value, Text) or storage.is_string(kind):
            whole = evaluate(node, env) if rows.stop < env.n else value
            column = _storing.build(whole, env.n, stype, default, sample)
            return column, _storing.count_missing(column)
        if rows.start == 0:
            out = np.empty(env.n, dtype=storage.dtype_of(kind))
        part = out[rows]
        some = _put(part, value, kind)
        if sample is not None:
            part[~sample[rows]] = missing.missing_array(1, kind)[0]
            some = True
        if some:
            absent += int(np.count_nonzero(missing.is_missing(part)))
    return Column(out, kind), absent


def _put(out: np.ndarray, value: Num, stype: str) -> bool:
    """Store a value; False when surely nothing in it is missing."""
    floats = value.floats()
    if floats.ndim and missing.put_plain(out, floats, stype):
        return False
    fresh = missing.encode(floats, value.codes, stype)
    out[...] = fresh
    return bool(fresh.ndim or missing.is_missing(fresh))


@dataclass(frozen=True)
class Replaced:
    """What ``replace`` made: the column, how many values are other than before, how many of those are missing now."""

    column: Column
    changes: int
    to_missing: int

    @property
    def note(self) -> str:
        return _storing.changes_note(self.changes, self.to_missing)


def replaced(
    name: str, node: nodes.Expr, env: DataEnv, sample: np.ndarray, promote: bool
) -> tuple[Replaced, str]:
    """The variable ``name`` with an expression's values where ``sample`` is true, and the promotion note."""
    old: Column = env.data.column(name)
    work = _Replacement(old, promote)
    for rows, value in values(node, env):
        if isinstance(value, Text) != old.is_string:
            raise StataError.type_mismatch()
        if isinstance(value, Text):
            whole = evaluate(node, env) if rows.stop < env.n else value
            column, changed, note = _storing.merged(old, whole, sample, env.n, name, promote)
            absent = int(np.count_nonzero(column.is_missing() & changed))
            return Replaced(column, int(np.count_nonzero(changed)), absent), note
        work.put(rows, value, sample[rows])
    return work.result(), _storing.promotion_note(name, old.stype, work.stype)


class _Replacement:
    """A numeric variable being replaced. Its type grows when a block asks for it, to what all the values so far would
    have made it at once."""

    def __init__(self, old: Column, promote: bool) -> None:
        self.old = old
        self.promote = promote and old.stype != "double"
        self.stype = old.stype
        self.before = old.data
        self.out: np.ndarray | None = None
        self.filled = 0
        self.telling = np.zeros(0)
        self.changes = 0
        self.to_missing = 0

    def put(self, rows: slice, value: Num, chosen: np.ndarray) -> None:
        n = len(chosen)
        some = not chosen.all()
        if some and not chosen.any():
            self._store(rows, self.before[rows])
            return
        if self.promote:
            floats = np.broadcast_to(value.floats(), (n,))
            self._grow(floats[chosen] if some else floats)
        fresh = np.empty(n, dtype=storage.dtype_of(self.stype))
        absent = _put(fresh, value, self.stype)
        before = self.before[rows]
        if some:
            fresh = missing.blend(chosen, fresh, before)
        changed = _storing.differs(fresh, before) if absent else fresh != before
        if some:
            changed &= chosen  # a missing value that stays is unequal to itself
        self.changes += int(np.count_nonzero(changed))
        if absent:
            self.to_missing += int(np.count_nonzero(missing.is_missing(fresh) & changed))
        self._store(rows, fresh)

    def _store(self, rows: slice, part: np.ndarray) -> None:
        if self.out is None:
            self.out = np.empty_like(self.before)
        self.out[rows] = part
        self.filled = rows.stop

    def _grow(self, wanted: np.ndarray) -> None:
        self.telling = np.concatenate([self.telling, storage.telling_values(wanted)])
        stype = storage.promote(self.old.stype, self.telling)
        if stype == self.stype:
            return
        if self.out is not None:
            done = Column(self.out[: self.filled], self.stype).recast(stype)
            self.out = np.empty(len(self.out), dtype=storage.dtype_of(stype))
            self.out[: self.filled] = done.data
        self.before = self.old.recast(stype).data
        self.stype = stype

    def result(self) -> Replaced:
        old = self.old
        fmt = old.format
        if self.stype != old.stype and fmt == storage.default_format(old.stype):
            fmt = storage.default_format(self.stype)
        data = self.out if self.out is not None and self.changes else self.before
        return Replaced(old.with_(data=data, stype=self.stype, format=fmt), self.changes, self.to_missing)
