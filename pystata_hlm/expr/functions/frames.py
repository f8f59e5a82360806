"""Values of variables in other frames of data ([FN] Programming functions): ``frval()`` and ``_frval()``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.programming import choose, number_of
from pystata_hlm.expr.functions.registry import function
from pystata_hlm.expr.values import Num, Text, Value
from pystata_hlm.lang import nodes as ast

FRAME_CHAR = "frlink_frame"
"""Characteristic of a linkage variable: the frame it leads to."""


def _name(node: ast.Expr) -> str:
    if not isinstance(node, ast.Name):
        raise StataError.invalid_syntax()
    return node.name


def _frame(env: Any, name: str) -> Any:
    data = env.frame(name)
    if data is None:
        raise StataError(111, f"frame {name} not found")
    return data


def _cells(column: Column, numbers: Any) -> tuple[Value, Any]:
    """The column's values at observation numbers, missing where there is no such observation; and where there is."""
    with np.errstate(invalid="ignore"):
        there = (numbers >= 1) & (numbers <= len(column)) & (numbers == np.floor(numbers))
    rows = np.where(there, numbers, 1.0).astype(np.intp) - 1
    if not len(column):
        empty = missing.missing_array(1, column.stype)
        cells = np.broadcast_to(empty, np.shape(rows) or (1,))
    else:
        cells = np.where(there, np.atleast_1d(column.data[rows]), missing.missing_array(1, column.stype))
    cells = np.asarray(cells).reshape(np.shape(rows))
    if column.is_string:
        return Text(cells if cells.ndim else cells[()]), there
    values, codes = missing.decode(np.atleast_1d(cells))
    shape = np.shape(rows)
    return Num(values.reshape(shape)[()], None if codes is None else codes.reshape(shape)), there


@function(
    "frval", "x x v?", "value of a variable in a linked frame", missing="own", env=True, family="programming"
)
def frval(env: Any, link: ast.Expr, variable: ast.Expr, other: Value | None = None) -> Value:
    name = env.resolve(_name(link))
    if name is None:
        raise StataError.not_found(_name(link))
    frame = env.data.column(name).chars.get(FRAME_CHAR, "")
    if not frame:
        raise StataError(198, f"{name} is not a link variable")
    numbers = number_of(env.column(name)).floats()
    found, there = _cells(_frame(env, frame).column(_name(variable)), numbers)
    return found if other is None else choose(there, found, other)


@function(
    "_frval",
    "x x n",
    "value of a variable in a frame at an observation number",
    missing="own",
    env=True,
    family="programming",
)
def frval_at(env: Any, frame: ast.Expr, variable: ast.Expr, number: Any) -> Value:
    found, _ = _cells(_frame(env, _name(frame)).column(_name(variable)), np.asarray(number, dtype=float))
    return found
