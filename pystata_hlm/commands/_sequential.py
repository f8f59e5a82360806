"""``replace x = ... x[_n-1] ...``: each observation sees the observations before it already replaced.

``_recurrence`` makes a loop of nearly every expression. What it leaves goes by passes: the vectorised evaluation is
repeated until nothing changes, a subscript that points to an earlier observation reading the newest values, any other
the old ones. Each pass settles at least one more link of the longest chain of dependent observations. After
``WHOLE_PASSES`` passes over all rows the rest goes window by window, so that a recurrence through the whole dataset
costs as many evaluations of ``WINDOW`` rows as it has links.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from dataclasses import replace as changed_node
from typing import Any

import numpy as np

from pystata_hlm.commands import _storing
from pystata_hlm.commands._blockwise import Replaced
from pystata_hlm.commands._recurrence import NotSequential, recurrence
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column, as_strings, longest
from pystata_hlm.errors import StataError
from pystata_hlm.expr.blocks import BlockEnv
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate, truth
from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.expr.values import Num, Text, Value
from pystata_hlm.lang import nodes
from pystata_hlm.runtime.bind import in_mask
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call

WHOLE_PASSES = 64
WINDOW = 256
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
    """True when random numbers are drawn: every pass must then see the same draws."""
    return any(
        isinstance(part, nodes.Function)
        and part.name in FUNCTIONS
        and FUNCTIONS[part.name].family == "random"
        for part in _walk(expression)
    )


class _Window(BlockEnv):
    """A run of rows in which the variable has two contents, the newest and the original."""

    def __init__(self, base: DataEnv, rows: slice, new: Value, old: Value) -> None:
        super().__init__(base, rows)
        self._pair = {NEW: new, OLD: old}

    def refresh(self, new: Value) -> None:
        """Show the newest contents."""
        self._pair[NEW] = new

    def full_column(self, name: str) -> Value:
        return self._pair[name] if name in self._pair else self.base.full_column(name)

    def element(self, name: str, row: int) -> Value:
        if name not in self._pair:
            return self.base.element(name, row)
        whole = self._pair[name]
        inside = 0 <= row < self.base.n
        if isinstance(whole, Text):
            return Text(np.asarray(bytes(whole.values[row]) if inside else b"", dtype="S"))
        if not inside:
            return Num(np.float64(np.nan))
        return Num(whole.floats()[row], None if whole.codes is None else np.asarray(whole.codes[row]))


class _Contents:
    """The variable as replaced so far: storage array, decoded values, and the original in the same type."""

    def __init__(self, old: Column, promote: bool) -> None:
        self.old = old
        self.promote = promote
        self.stype = old.stype
        self.base = old.data
        self.stored = np.array(old.data)
        self.values: Any = None
        self.codes: Any = None
        self.coded = False
        if not old.is_string:
            values, codes = old.decoded()
            self.values = np.array(values)
            self.codes = missing.combine_codes(len(values), codes).copy()
            self.coded = codes is not None

    def value(self) -> Value:
        if self.old.is_string:
            return Text(self.stored)
        return Num(self.values, self.codes if self.coded else None)

    def original(self) -> Value:
        return Text(self.old.data) if self.old.is_string else Num(*self.old.decoded())

    def _widen(self, stype: str) -> None:
        """Promote what is there."""
        if stype == self.stype:
            return
        self.stored = np.array(Column(self.stored, self.stype).recast(stype).data)
        self.base = self.old.recast(stype).data
        self.stype = stype

    def put(self, rows: slice, chosen: np.ndarray, value: Value) -> bool:
        """Write an evaluated window (rows not chosen go back to the original); True when nothing changed."""
        n = len(chosen)
        if isinstance(value, Text) != self.old.is_string:
            raise StataError.type_mismatch()
        if isinstance(value, Text):
            strings = _storing.texts(value, n)
            if self.promote and chosen.any():
                self._widen(storage.promote_string(self.stype, longest(strings[chosen])))
            piece = as_strings(np.where(chosen, strings, self.base[rows]), self.stype)
            same = bool(_storing.same_text(piece, self.stored[rows]).all())
            self.stored[rows] = piece
            return same
        values, codes = _storing.numbers(value, n)
        if self.promote:
            self._widen(storage.promote(self.stype, values[chosen]))
        piece = np.where(chosen, missing.encode(values, codes, self.stype), self.base[rows])
        if np.array_equal(_bits(piece), _bits(self.stored[rows])):
            return True
        self.stored[rows] = piece
        decoded, piece_codes = missing.decode(piece)
        self.values[rows] = decoded
        self.codes[rows] = 0 if piece_codes is None else piece_codes
        self.coded = self.coded or piece_codes is not None
        return False


def _bits(array: np.ndarray) -> np.ndarray:
    """Floats as integers, so that a NaN equals itself."""
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}") if array.dtype.kind == "f" else array


def replace(call: Call, ctx: Context, name: str, promote: bool) -> tuple[Replaced, str]:
    """The replaced column with the numbers of its changes, and the promotion note."""
    try:
        stored, stype = _by_observation(call, ctx, name, promote)
    except NotSequential:
        contents = _by_passes(call, ctx, name, promote)
        stored, stype = contents.stored, contents.stype
    old = ctx.data.column(name)
    fmt = old.format
    if stype != old.stype and fmt == storage.default_format(old.stype):
        fmt = storage.default_format(stype)
    column = old.with_(data=stored, stype=stype, format=fmt)
    before = old.recast(stype).data
    if old.is_string:
        changed = ~_storing.same_text(column.data, before)
    else:
        changed = _storing.differs(column.data, before)
    absent = int(np.count_nonzero(column.is_missing() & changed))
    made = Replaced(column, int(np.count_nonzero(changed)), absent)
    return made, _storing.promotion_note(name, old.stype, stype)


def _by_observation(call: Call, ctx: Context, name: str, promote: bool) -> tuple[np.ndarray, str]:
    """One loop over the observations, as ``_recurrence`` writes it; the storage array and its type."""
    data, names, clauses = ctx.data, ctx.data.names, call.node.clauses
    old = data.column(name)

    def depends(node: Any) -> bool:
        return looks_back(name, names, node)

    condition = clauses.if_ if clauses.if_ is not None and depends(clauses.if_) else None
    if condition is not None and _draws(call.node):
        raise NotSequential  # which observations draw is not known beforehand
    chosen = call.sample
    if condition is not None:
        chosen = np.ones(data.n, dtype=bool)
        if clauses.in_ is not None:
            chosen = in_mask(clauses.in_, data.n, ctx)
    env = ctx.env(chosen if call.restricted else None, call.by)
    found = recurrence(
        call.node.exp, condition, depends, lambda word: _means(word, name, names), env, old.is_string
    )
    held: Any = old.data.tolist() if old.is_string else np.array(missing.ordered(*old.decoded()))
    x = held if old.is_string else memoryview(held)
    picked: Any = memoryview(np.ascontiguousarray(chosen))  # type: ignore[arg-type]
    stype = old.stype
    run = found.compiled(x, picked, stype, promote)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for first, size in _spans(call, data.n):
            row = run(first, first, first + size)
            while row >= 0:
                stype = storage.promote(stype, np.array(found.wide))
                run = found.compiled(x, picked, stype, promote)
                row = run(row, first, first + size)
    if old.is_string:
        wide = storage.promote_string(stype, max(map(len, held), default=0)) if promote else stype
        array: np.ndarray = np.empty(len(held), dtype=object)
        array[:] = held
        return as_strings(array, wide), wide
    return missing.encode(*missing.from_ordered(held), stype), stype


def _spans(call: Call, n: int) -> list[tuple[int, int]]:
    """(first row, rows) of each group; all rows without ``by``."""
    if call.by is None:
        return [(0, n)]
    return list(zip(np.asarray(call.by.starts).tolist(), np.asarray(call.by.sizes).tolist(), strict=True))


def _by_passes(call: Call, ctx: Context, name: str, promote: bool) -> _Contents:
    """Repeated vectorised evaluation, until nothing changes."""
    data, names, clauses = ctx.data, ctx.data.names, call.node.clauses
    exp = _rewrite(call.node.exp, name, names)
    condition = None if clauses.if_ is None else _rewrite(clauses.if_, name, names)
    within = np.ones(data.n, dtype=bool) if clauses.in_ is None else in_mask(clauses.in_, data.n, ctx)
    base = ctx.env(None, call.by)
    assert isinstance(base, DataEnv)
    old = data.column(name)
    contents = _Contents(old, promote)
    original = contents.original()
    rng = ctx.rng.state if _draws(call.node) else None

    def settle(rows: slice, passes: int) -> bool:
        """Repeat a window until it stays as it is; False when ``passes`` were too few."""
        env = _Window(base, rows, contents.value(), original)
        for _ in range(passes):
            if rng is not None:
                ctx.rng.set_state(rng)
            env.refresh(contents.value())
            chosen = within[rows]
            if condition is not None:
                chosen = chosen & np.broadcast_to(truth(evaluate(condition, env)), (env.n,))
            env.sample = chosen if call.restricted else None
            if contents.put(rows, chosen, evaluate(exp, env)):
                return True
        return False

    everything = slice(0, data.n)
    if rng is not None:
        settle(everything, data.n + 1)  # a window would draw other numbers
    elif not settle(everything, WHOLE_PASSES):
        for start in range(0, data.n, WINDOW):
            settle(slice(start, min(start + WINDOW, data.n)), WINDOW + 1)
    return contents
