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


@dataclass(frozen=True)
class Shape:
    """i and j variables, stubs (``@`` marks where j goes; at the end when absent), j's values as texts in order."""

    i: tuple[str, ...]
    j: str
    stubs: tuple[str, ...]
    values: tuple[str, ...] = ()
    string: bool = False


def wide_name(stub: str, value: str) -> str:
    return stub.replace("@", value) if "@" in stub else stub + value


def long_name(stub: str) -> str:
    return stub.replace("@", "")


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


def to_long(data: Dataset, shape: Shape) -> Dataset:
    """One row per (i, j): i, j, the stubs, then the variables that do not vary."""
    n, m = data.n, len(shape.values)
    rows = np.repeat(np.arange(n), m)
    columns: dict[str, Column] = {name: data.column(name).take(rows) for name in shape.i}
    columns[shape.j] = _j_column(shape, n)
    gone: set[str] = set()
    for stub in shape.stubs:
        names = [wide_name(stub, value) for value in shape.values]
        gone.update(names)
        columns[long_name(stub)] = _stacked(data, names, n, m)
    rest = {name: data.column(name).take(rows) for name in data.names if name not in gone | set(columns)}
    out = _like(data, {**columns, **rest})
    out.hidden = {key: array[rows] for key, array in data.hidden.items()}
    out.sort([*shape.i, shape.j])
    return out


def _j_column(shape: Shape, n: int) -> Column:
    if shape.string:
        return Column.text(np.tile(np.array([value.encode() for value in shape.values]), n))
    numbers = np.array([float(value) for value in shape.values])
    return Column.numeric(np.tile(numbers, n), None, storage.smallest_type(numbers))


def _stacked(data: Dataset, names: list[str], n: int, m: int) -> Column:
    """The wide variables of one stub, row by row; those that do not exist are missing."""
    present = [data.column(name) for name in names if name in data]
    stype = present[0].stype
    for column in present[1:]:
        if column.is_string != present[0].is_string:
            raise StataError(198, f"{' '.join(names)} are not all numeric or all string")
        stype = common_type(stype, column.stype)
    parts = [
        data.column(name).recast(stype).data if name in data else missing.missing_array(n, stype)
        for name in names
    ]
    stacked = np.stack(parts, axis=1).reshape(n * m)
    return with_type(present[0], stacked, stype).with_(label="")


def to_wide(data: Dataset, shape: Shape) -> Dataset:
    """One row per i: i, the wide variables (j by j), then the variables that do not vary."""
    groups = data.groups(list(shape.i))
    values, position = j_values(data, shape.j)
    g, m = len(groups), len(values)
    cell = groups.codes * m + position
    if len(np.unique(cell)) < data.n:
        raise StataError(9, _not_unique(shape))
    cells = np.full(g * m, -1)
    cells[cell] = np.arange(data.n)
    source = cells.reshape(g, m)
    first = groups.first_rows
    columns: dict[str, Column] = {name: data.column(name).take(first) for name in shape.i}
    for k, value in enumerate(values):
        for stub in shape.stubs:
            column = data.column(long_name(stub))
            name = wide_name(stub, value)
            label = f"{value} {column.label or long_name(stub)}"[:80]
            columns[name] = column.with_(data=take_rows(column, source[:, k], column.stype), label=label)
    stubs = {long_name(stub) for stub in shape.stubs}
    for name in data.names:
        if name in shape.i or name == shape.j or name in stubs:
            continue
        column = data.column(name)
        if name in columns:
            raise StataError.already_defined(name)
        key = column.data if column.is_string else missing.ordered(*column.decoded())
        if (key != key[first][groups.codes]).any():
            raise StataError(9, f"variable {name} not constant within {' '.join(shape.i)}")
        columns[name] = column.take(first)
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
        levels, index = np.unique(column.data, return_inverse=True)
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


def _not_unique(shape: Shape) -> str:
    i, j = " ".join(shape.i), shape.j
    return (
        f"values of variable {j} not unique within {i}\n"
        "    Your data are currently long.  You are performing a reshape wide.  You specified\n"
        f"    i({i}) and j({j}).  There are observations within i({i}) with the same value of\n"
        f"    j({j}).  In the long data, variables i() and j() together must uniquely identify the\n"
        "    observations."
    )


def check_identified(data: Dataset, shape: Shape) -> None:
    """r(9) when i does not identify the wide observations."""
    groups = data.groups(list(shape.i))
    if len(groups) < data.n:
        i = " ".join(shape.i)
        noun, verb = ("variable", "does") if len(shape.i) == 1 else ("variables", "do")
        raise StataError(
            9,
            f"{noun} {i} {verb} not uniquely identify the observations\n"
            "    Your data are currently wide.  You are performing a reshape long.  You specified\n"
            f"    i({i}) and j({shape.j}).  In the current wide form, {noun} {i} should uniquely\n"
            "    identify the observations.",
        )
