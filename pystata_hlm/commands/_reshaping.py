"""The work of ``reshape``: rows and columns turned, without a loop over observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._combine import common_type, take_rows, with_type
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_trimmed

BLOCK = 1 << 12


@dataclass(frozen=True)
class Shape:
    """i and j variables, stubs (``@`` marks where j goes; at the end when absent), j's values as texts in order.

    atwl   text that stands for ``@`` in the long names
    xi     variables that are constant within i (None: all the others)
    """

    i: tuple[str, ...] = ()
    j: str = ""
    stubs: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    string: bool = False
    atwl: str = ""
    xi: tuple[str, ...] | None = None

    def wide(self, stub: str, value: str) -> str:
        return stub.replace("@", value) if "@" in stub else stub + value

    def long(self, stub: str) -> str:
        return stub.replace("@", self.atwl)

    @property
    def long_names(self) -> list[str]:
        return [self.long(stub) for stub in self.stubs]


def find_values(data: Dataset, shape: Shape) -> tuple[str, ...]:
    """j values that occur in the names of wide variables: numbers ascending, or texts in order."""
    found: dict[str, float] = {}
    for stub in shape.stubs:
        before, _, after = stub.partition("@") if "@" in stub else (stub, "", "")
        for name in data.names:
            if not (name.startswith(before) and name.endswith(after)) or name in shape.i:
                continue
            middle = name[len(before) : len(name) - len(after)] if after else name[len(before) :]
            if shape.string and middle:
                found[middle] = 0.0
            elif middle.isdigit() and (middle == "0" or middle[0] != "0"):
                found[middle] = float(middle)
    if shape.string:
        return tuple(sorted(found))
    return tuple(sorted(found, key=lambda value: found[value]))


def constant_names(data: Dataset, shape: Shape, taken: set[str]) -> list[str]:
    """Variables beside i, j and the stubs that go along: all the others, or those of ``reshape xi``."""
    return [name for name in data.names if name not in taken and (shape.xi is None or name in shape.xi)]


def to_long(data: Dataset, shape: Shape) -> Dataset:
    """One row per (i, j): i, j, the stubs, then the variables that do not vary."""
    data = data.copy()
    data.sort(list(shape.i))  # i identifies the rows, so the long data come out sorted by i and j
    n, m = data.n, len(shape.values)

    def repeated(name: str) -> Column:
        column = data.column(name)
        return column.with_(data=np.repeat(column.data, m))

    columns: dict[str, Column] = {name: repeated(name) for name in shape.i}
    columns[shape.j] = _j_column(shape, n)
    gone: set[str] = set()
    for stub in shape.stubs:
        names = [shape.wide(stub, value) for value in shape.values]
        gone.update(names)
        columns[shape.long(stub)] = _stacked(data, names, n, m)
    rest = {name: repeated(name) for name in constant_names(data, shape, gone | set(columns))}
    out = _like(data, {**columns, **rest})
    out.hidden = {key: np.repeat(array, m, axis=0) for key, array in data.hidden.items()}
    out.sort([*shape.i, shape.j])
    return out


def _j_column(shape: Shape, n: int) -> Column:
    if shape.string:
        column = Column.text(np.array([value.encode() for value in shape.values]))
    else:
        numbers = np.array([float(value) for value in shape.values])
        column = Column.numeric(numbers, None, storage.smallest_type(numbers))
    return column.with_(data=np.tile(column.data, n))


def _stacked(data: Dataset, names: list[str], n: int, m: int) -> Column:
    """The wide variables of one stub, row by row; those that do not exist are missing."""
    present = [data.column(name) for name in names if name in data]
    stype = present[0].stype
    for column in present[1:]:
        if column.is_string != present[0].is_string:
            raise StataError(198, f"{' '.join(names)} are not all numeric or all string")
        stype = common_type(stype, column.stype)
    grid = np.empty((n, m), dtype=storage.dtype_of(stype))
    parts = [
        data.column(name).recast(stype).data if name in data else missing.missing_array(n, stype)
        for name in names
    ]
    for start in range(0, n, BLOCK):  # a block of rows stays in the processor's cache
        rows = slice(start, start + BLOCK)
        for k, part in enumerate(parts):
            grid[rows, k] = part[rows]
    return with_type(present[0], grid.reshape(n * m), stype).with_(label="")


def to_wide(data: Dataset, shape: Shape) -> Dataset:
    """One row per i: i, the wide variables (j by j), then the variables that do not vary.

    The data are known to be fit: j unique within i, the other variables constant (see ``_reshape_problems``).
    """
    values, position = j_values(data, shape.j)
    if shape.values and shape.values != values:
        keep = np.isin(position, [values.index(value) for value in shape.values])
        data = data.copy()
        data.keep_rows(keep)
        values, position = j_values(data, shape.j)
    groups = data.groups(list(shape.i))
    g, m = len(groups), len(values)
    cells = np.full(g * m, -1)
    cells[groups.codes * m + position] = np.arange(data.n)
    source = cells.reshape(g, m)
    first = groups.first_rows
    columns: dict[str, Column] = {name: data.column(name).take(first) for name in shape.i}
    for k, value in enumerate(values):
        for stub in shape.stubs:
            column = data.column(shape.long(stub))
            name = shape.wide(stub, value)
            if name in columns or (name in data and name not in shape.long_names and name != shape.j):
                raise StataError.already_defined(name)
            label = f"{value} {column.label or shape.long(stub)}"[:80]
            columns[name] = column.with_(data=take_rows(column, source[:, k], column.stype), label=label)
    for name in constant_names(data, shape, {*shape.i, shape.j, *shape.long_names}):
        columns[name] = data.column(name).take(first)
    out = _like(data, columns)
    out.hidden = {key: array[first] for key, array in data.hidden.items()}
    out.sortedby = shape.i
    return out


def j_values(data: Dataset, j: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Distinct values of j as texts, in order, and the index of each row's value."""
    column = data.column(j)
    if column.is_missing().any():
        raise StataError(498, f"variable {j} contains missing values")
    if column.is_string:
        strings = np.array(column.data.tolist(), dtype="S") if column.stype == "strL" else column.data
        levels, index = np.unique(strings, return_inverse=True)
        return tuple(bytes(v).decode("utf-8", "replace") for v in levels.tolist()), index
    numbers, index = np.unique(column.values(), return_inverse=True)
    if (numbers != np.floor(numbers)).any():
        raise StataError(498, f"variable {j} takes on noninteger values")
    return tuple(format_trimmed(v, "%12.0g") for v in numbers.tolist()), index


def _like(data: Dataset, columns: dict[str, Column]) -> Dataset:
    """A dataset with the labels and characteristics of another."""
    out = Dataset(columns)
    out.label, out.filename, out.timestamp = data.label, data.filename, data.timestamp
    out.value_labels, out.data_chars = dict(data.value_labels), dict(data.data_chars)
    out.changed = True
    return out
