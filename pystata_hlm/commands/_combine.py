"""Bringing two datasets together: common types, labels, notes. Used by ``append`` and ``merge``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column, as_strings
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context


def common_type(a: str, b: str) -> str:
    """The smallest storage type that holds the values of both."""
    if storage.is_string(a):
        if "strL" in (a, b):
            return "strL"
        return a if storage.str_width(a) >= storage.str_width(b) else b
    if a == b:
        return a
    order = storage.NUMERIC_TYPES
    low, high = sorted((a, b), key=order.index)
    if high == "float" and low == "long":
        return "double"
    return high


def take_rows(column: Column, rows: np.ndarray, stype: str) -> np.ndarray:
    """Storage array of ``stype`` with the given rows; -1 gives a missing value."""
    source = column.recast(stype).data
    if len(rows) and rows.min() >= 0:
        return source.take(rows)
    out: np.ndarray = missing.missing_array(len(rows), stype)
    there = rows >= 0
    if len(source):
        out[there] = source[rows[there]]
    return out


def widened(name: str, old: str, new: str, ctx: Context) -> None:
    """``(variable x was byte, now float to accommodate using data's values)``."""
    if old == new:
        return
    note = "" if ctx.settings.release >= 17 else "note: "
    ctx.say(f"({note}variable {name} was {old}, now {new} to accommodate using data's values)")


def type_conflict(name: str, master: Column, using: Column, command: str) -> StataError:
    """r(106): a variable is a string in one dataset and a number in the other, and force was not given."""
    empty = '""' if master.is_string else "numeric missing value"
    return StataError(
        106,
        f"variable {name} is {master.stype} in master but {using.stype} in using data\n"
        f"    You could specify {command}'s force option to ignore this numeric/string mismatch.  The using "
        f"variable\n    would then be treated as if it contained {empty}.",
    )


def with_type(column: Column, data: Any, stype: str) -> Column:
    """The column with other contents; a default format follows the type."""
    fmt = column.format
    if stype != column.stype and fmt == storage.default_format(column.stype):
        fmt = storage.default_format(stype)
    if stype == "strL":
        data = as_strings(data, "strL")
    return column.with_(data=data, stype=stype, format=fmt)


def add_labels(master: Dataset, using: Dataset, ctx: Context, nolabel: bool) -> None:
    """Value labels of the using data; those already defined stay as they are."""
    if nolabel:
        return
    used = {column.value_label for column in using.columns.values()}
    for name, label in using.value_labels.items():
        if name in master.value_labels:
            if name in used:
                ctx.say(f"(label {name} already defined)")
        else:
            master.value_labels[name] = label


def add_notes(master: Dataset, using: Dataset) -> None:
    """Notes of the using data that the master lacks."""
    have = set(master.notes().values())
    for text in using.notes().values():
        if text not in have:
            master.add_note(text)
