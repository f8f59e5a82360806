"""Matrix functions that give a number ([FN] Matrix functions)."""

from __future__ import annotations

from itertools import groupby
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
        raise StataError(503, "conformability error")
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


def _text(wanted: Any) -> str:
    raw = np.asarray(wanted)
    return raw.item().decode("utf-8", "replace") if raw.ndim == 0 else ""


def _number_of(matrix: Any, names: Any, wanted: Any) -> Any:
    """1-based place of ``name``, ``eq:name``, or of the first one of ``eq:``."""
    text, listed = _text(wanted).removeprefix("_:"), list(names)
    if text in listed:
        return np.float64(listed.index(text) + 1)
    if text.endswith(":"):
        found = [k for k, name in enumerate(listed) if name.rpartition(":")[0] == text[:-1]]
        return np.float64(found[0] + 1 if found else np.nan)
    short = [str(name).rpartition(":")[2] for name in listed]
    return np.float64(short.index(text) + 1 if text in short else np.nan)


def _equation(names: Any, wanted: Any) -> Any:
    """1-based place of an equation among those that follow one another."""
    equations = [key or "_" for key, _ in groupby(str(name).rpartition(":")[0] for name in names)]
    text = _text(wanted).rstrip(":") or "_"
    return np.float64(equations.index(text) + 1 if text in equations else np.nan)


@function("roweqnumb", "x s", "number of the row equation called s", missing="own", env=True)
def roweqnumb(env: Any, m: ast.Expr, s: Any) -> Any:
    return _equation(matrix_argument(env, m).rows, s)


@function("coleqnumb", "x s", "number of the column equation called s", missing="own", env=True)
def coleqnumb(env: Any, m: ast.Expr, s: Any) -> Any:
    return _equation(matrix_argument(env, m).cols, s)


@function("rownfreeparms", "x", "number of free parameters in the rows", missing="own", env=True)
def rownfreeparms(env: Any, m: ast.Expr) -> Any:
    return np.float64(sum(str(name).startswith("/") for name in matrix_argument(env, m).rows))


@function("colnfreeparms", "x", "number of free parameters in the columns", missing="own", env=True)
def colnfreeparms(env: Any, m: ast.Expr) -> Any:
    return np.float64(sum(str(name).startswith("/") for name in matrix_argument(env, m).cols))


@function("matrix", "v", "its argument, names standing for scalars and matrices", missing="own")
def matrix(value: Any) -> Any:
    return value


@function("rownumb", "x s", "number of the row called s", missing="own", env=True)
def rownumb(env: Any, m: ast.Expr, s: Any) -> Any:
    matrix = matrix_argument(env, m)
    return _number_of(matrix, matrix.rows, s)


@function("colnumb", "x s", "number of the column called s", missing="own", env=True)
def colnumb(env: Any, m: ast.Expr, s: Any) -> Any:
    matrix = matrix_argument(env, m)
    return _number_of(matrix, matrix.cols, s)
