"""Matrix functions that give a number ([FN] Matrix functions)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import function
from pystata_hlm.lang import nodes as ast


def matrix_argument(env: Any, node: ast.Expr) -> Any:
    """The matrix an unevaluated argument names: a matrix or a stored result such as e(b)."""
    if isinstance(node, ast.Name):
        found = env.matrix(node.name)
        name = node.name
    elif isinstance(node, ast.StoredResult):
        found = env.stored(node.klass, node.name)
        name = f"{node.klass}({node.name})"
    elif isinstance(node, ast.Function) and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
        name = f"{node.name}({node.args[0].name})"
        found = env.stored(node.name, node.args[0].name) if node.name in ("e", "r") else None
    else:
        raise StataError.invalid_syntax()
    if found is None or not hasattr(found, "rows"):
        raise StataError.not_found(name)
    return found


def _square(matrix: Any) -> Any:
    values = np.atleast_2d(matrix.values)
    if values.shape[0] != values.shape[1]:
        raise StataError(505, "matrix not square")
    return values


@function("colsof", "x", "number of columns", missing="own", env=True)
def colsof(env: Any, m: ast.Expr) -> Any:
    return np.float64(np.atleast_2d(matrix_argument(env, m).values).shape[1])


@function("rowsof", "x", "number of rows", missing="own", env=True)
def rowsof(env: Any, m: ast.Expr) -> Any:
    return np.float64(np.atleast_2d(matrix_argument(env, m).values).shape[0])


@function("trace", "x", "sum of the diagonal", missing="own", env=True)
def trace(env: Any, m: ast.Expr) -> Any:
    return np.float64(np.trace(_square(matrix_argument(env, m))))


@function("det", "x", "determinant", missing="own", env=True)
def det(env: Any, m: ast.Expr) -> Any:
    return np.float64(np.linalg.det(_square(matrix_argument(env, m))))


@function("issymmetric", "x", "1 if the matrix is symmetric", missing="own", env=True)
def issymmetric(env: Any, m: ast.Expr) -> Any:
    values = np.atleast_2d(matrix_argument(env, m).values)
    return np.float64(values.shape[0] == values.shape[1] and np.array_equal(values, values.T, equal_nan=True))


@function("diag0cnt", "x", "number of zeros on the diagonal", missing="own", env=True)
def diag0cnt(env: Any, m: ast.Expr) -> Any:
    return np.float64(np.count_nonzero(np.diag(_square(matrix_argument(env, m))) == 0))


@function("mreldif", "x x", "largest relative difference of the elements", missing="own", env=True)
def mreldif(env: Any, a: ast.Expr, b: ast.Expr) -> Any:
    x, y = (np.atleast_2d(matrix_argument(env, m).values) for m in (a, b))
    if x.shape != y.shape:
        raise StataError(503, "conformability error")
    return np.float64(np.max(np.abs(x - y) / (np.abs(y) + 1), initial=0.0))


@function("el", "x n n", "element i, j", missing="own", env=True)
def el(env: Any, m: ast.Expr, i: Any, j: Any) -> Any:
    values = np.atleast_2d(matrix_argument(env, m).values)
    row, column = np.trunc(i), np.trunc(j)
    good = (row >= 1) & (row <= values.shape[0]) & (column >= 1) & (column <= values.shape[1])
    at = tuple(np.where(good, k, 1.0).astype(np.intp) - 1 for k in (row, column))
    return np.where(good, values[at], np.nan)


def _number_of(matrix: Any, names: Any, wanted: Any) -> Any:
    raw = np.asarray(wanted)
    text = raw.item().decode("utf-8") if raw.ndim == 0 else ""
    listed = list(names)
    if text in listed:
        return np.float64(listed.index(text) + 1)
    short = [str(name).rpartition(":")[2] for name in listed]
    return np.float64(short.index(text) + 1 if text in short else np.nan)


@function("rownumb", "x s", "number of the row called s", missing="own", env=True)
def rownumb(env: Any, m: ast.Expr, s: Any) -> Any:
    matrix = matrix_argument(env, m)
    return _number_of(matrix, matrix.rows, s)


@function("colnumb", "x s", "number of the column called s", missing="own", env=True)
def colnumb(env: Any, m: ast.Expr, s: Any) -> Any:
    matrix = matrix_argument(env, m)
    return _number_of(matrix, matrix.cols, s)
