"""Operators and functions of matrix expressions, and the row and column names they leave ([P] matrix define, [FN])."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.results import StataMatrix

Value = StataMatrix | float
Names = tuple[str, ...]
EMPTY = StataMatrix(np.zeros((0, 0)), (), ())


def conformability() -> StataError:
    return StataError(503, "conformability error")


def as_matrix(value: Value) -> StataMatrix:
    return value if isinstance(value, StataMatrix) else StataMatrix.make([[value]])


def as_number(value: Value) -> float:
    if isinstance(value, StataMatrix):
        if value.values.shape != (1, 1):
            raise conformability()
        return float(value.values[0, 0])
    return value


def term(name: str) -> str:
    """A row or column name without its equation."""
    return name.rpartition(":")[2]


# ---------------------------------------------------------------- operators


def transpose(a: Value) -> Value:
    return StataMatrix(a.values.T, a.cols, a.rows) if isinstance(a, StataMatrix) else a


def add(a: Value, b: Value, sign: float) -> Value:
    """Names come from the left one."""
    if not isinstance(a, StataMatrix) and not isinstance(b, StataMatrix):
        return a + sign * b
    left, right = as_matrix(a), as_matrix(b)
    if left.values.shape != right.values.shape:
        raise conformability()
    return StataMatrix(left.values + sign * right.values, left.rows, left.cols)


def multiply(a: Value, b: Value) -> Value:
    """Rows are named as the left one's, columns as the right one's; a 1 x 1 matrix is a number where it has to be."""
    if isinstance(a, StataMatrix) and isinstance(b, StataMatrix):
        if a.values.shape[1] == b.values.shape[0]:
            return StataMatrix(a.values @ b.values, a.rows, b.cols)
        if a.values.shape == (1, 1):
            return multiply(float(a.values[0, 0]), b)
        if b.values.shape == (1, 1):
            return multiply(a, float(b.values[0, 0]))
        raise conformability()
    if isinstance(a, StataMatrix):
        assert not isinstance(b, StataMatrix)
        return StataMatrix(a.values * b, a.rows, a.cols)
    if isinstance(b, StataMatrix):
        return StataMatrix(a * b.values, b.rows, b.cols)
    return a * b


def divide(a: Value, b: Value) -> Value:
    number = as_number(b)
    if isinstance(a, StataMatrix):
        values = a.values / number if number else np.full(a.values.shape, np.nan)
        return StataMatrix(values, a.rows, a.cols)
    return a / number if number else math.nan


def kronecker(a: Value, b: Value) -> Value:
    """Rows and columns are named after the left one (equation) and the right one (name)."""
    left, right = as_matrix(a), as_matrix(b)
    rows = tuple(f"{term(x)}:{term(y)}" for x in left.rows for y in right.rows)
    columns = tuple(f"{term(x)}:{term(y)}" for x in left.cols for y in right.cols)
    return StataMatrix(np.kron(left.values, right.values), rows, columns)


def _default(names: Names, letter: str) -> bool:
    return all(name == f"{letter}{k + 1}" for k, name in enumerate(names))


def _joined(a: Names, b: Names, letter: str) -> Names:
    """Names of joined rows or columns: default names are numbered anew."""
    if _default(a, letter) and _default(b, letter):
        return tuple(f"{letter}{k + 1}" for k in range(len(a) + len(b)))
    return a + b


def beside(a: Value, b: Value) -> StataMatrix:
    left, right = as_matrix(a), as_matrix(b)
    if not left.values.size or not right.values.size:
        return left if left.values.size else right
    if left.values.shape[0] != right.values.shape[0]:
        raise conformability()
    return StataMatrix(np.hstack([left.values, right.values]), left.rows, _joined(left.cols, right.cols, "c"))


def stack(a: Value, b: Value) -> StataMatrix:
    upper, lower = as_matrix(a), as_matrix(b)
    if not upper.values.size or not lower.values.size:
        return upper if upper.values.size else lower
    if upper.values.shape[1] != lower.values.shape[1]:
        raise conformability()
    values = np.vstack([upper.values, lower.values])
    return StataMatrix(values, _joined(upper.rows, lower.rows, "r"), upper.cols)


# ---------------------------------------------------------------- checks


def square(matrix: StataMatrix) -> np.ndarray:
    if matrix.values.shape[0] != matrix.values.shape[1]:
        raise conformability()
    return matrix.values


def complete(values: np.ndarray) -> np.ndarray:
    if np.isnan(values).any():
        raise StataError(504, "matrix has missing values")
    return values


def symmetric(matrix: StataMatrix) -> np.ndarray:
    """The values of a symmetric matrix without missing values: r(503), r(504), r(505)."""
    values = complete(square(matrix))
    if not np.allclose(values, values.T, rtol=1e-8, atol=0):
        raise StataError(505, "matrix not symmetric")
    return values


def not_positive_definite() -> StataError:
    return StataError(506, "matrix not positive definite")


# ---------------------------------------------------------------- functions that give matrices


def inverse(m: StataMatrix) -> Value:
    values = complete(square(m))
    try:
        result = np.linalg.inv(values)
    except np.linalg.LinAlgError:
        raise StataError(506, "matrix singular") from None
    if np.linalg.norm(values, 1) * np.linalg.norm(result, 1) > 1 / np.finfo(float).eps:
        raise StataError(506, "matrix singular")
    return StataMatrix(result, m.cols, m.rows)


def symmetric_inverse(m: StataMatrix) -> Value:
    """Generalized inverse: rows and columns that depend on earlier ones are zero."""
    values = symmetric(m)
    kept = independent(values)
    out = np.zeros_like(values)
    if kept.any():
        block = np.ix_(kept, kept)
        out[block] = np.linalg.inv(values[block])
    return StataMatrix((out + out.T) / 2, m.cols, m.rows)


def independent(a: np.ndarray) -> np.ndarray:
    """Which rows of a symmetric matrix do not depend on earlier ones (sweeping, relative tolerance 1e-10)."""
    left = a.astype(float).copy()
    scale = np.abs(np.diag(left)).copy()
    kept = np.zeros(len(left), dtype=bool)
    for k in range(len(left)):
        pivot = left[k, k]
        if abs(pivot) > 1e-10 * max(scale[k], 1e-300):
            kept[k] = True
            left = left - np.outer(left[:, k], left[k]) / pivot
    return kept


def _size(value: float) -> int:
    if value != value or round(value) < 1:
        raise conformability()
    return round(value)


def identity(n: float) -> Value:
    return StataMatrix.make(np.eye(_size(n)))


def constant(r: float, c: float, z: float) -> Value:
    return StataMatrix.make(np.full((_size(r), _size(c)), z))


def diag(m: StataMatrix) -> Value:
    if 1 not in m.values.shape:
        raise conformability()
    names = m.cols if m.values.shape[0] == 1 else m.rows
    return StataMatrix(np.diag(m.values.ravel()), names, names)


def vecdiag(m: StataMatrix) -> Value:
    return StataMatrix(np.diag(square(m))[None, :], ("r1",), m.cols)


def cholesky(m: StataMatrix) -> Value:
    try:
        lower = np.linalg.cholesky(symmetric(m))
    except np.linalg.LinAlgError:
        raise not_positive_definite() from None
    return StataMatrix(lower, m.rows, m.cols)


def corr(m: StataMatrix) -> Value:
    values = symmetric(m)
    variances = np.diag(values)
    if (variances == 0).any():
        raise StataError(508, "matrix has zero values")
    if (variances < 0).any():
        raise not_positive_definite()
    sd = np.sqrt(variances)
    result = values / np.outer(sd, sd)
    np.fill_diagonal(result, 1.0)
    return StataMatrix(result, m.rows, m.cols)


def hadamard(a: StataMatrix, b: StataMatrix) -> Value:
    if a.values.shape != b.values.shape:
        raise conformability()
    return StataMatrix(a.values * b.values, a.rows, a.cols)


def vec(m: StataMatrix) -> Value:
    """Columns under one another; rows are named column:row."""
    rows = tuple(f"{term(c)}:{term(r)}" for c in m.cols for r in m.rows)
    return StataMatrix(m.values.T.reshape(-1, 1), rows, ("c1",))


def _half(n: int, upper: bool) -> list[tuple[int, int]]:
    """Cells of the lower (upper) triangle, column by column."""
    return [(i, j) for j in range(n) for i in (range(j + 1) if upper else range(j, n))]


def vech(m: StataMatrix, upper: bool = False) -> Value:
    values = symmetric(m)
    cells = _half(len(values), upper)
    rows = tuple(f"{term(m.cols[j])}:{term(m.rows[i])}" for i, j in cells)
    return StataMatrix(np.array([[values[i, j]] for i, j in cells]), rows, ("c1",))


def invvech(m: StataMatrix, upper: bool = False) -> Value:
    if 1 not in m.values.shape:
        raise conformability()
    flat = m.values.ravel()
    n = (math.isqrt(8 * len(flat) + 1) - 1) // 2
    if n * (n + 1) // 2 != len(flat):
        raise conformability()
    out = np.zeros((n, n))
    for (i, j), value in zip(_half(n, upper), flat, strict=True):
        out[i, j] = out[j, i] = value
    return StataMatrix.make(out)


def sweep(m: StataMatrix, k: float) -> Value:
    """The k-th row and column swept: names of that row and column change places; a zero pivot makes them zero."""
    a = complete(square(m)).copy()
    at = int(k) - 1 if k == k else -1
    if not 0 <= at < len(a):
        raise conformability()
    pivot = a[at, at]
    row, column = a[at].copy(), a[:, at].copy()
    if pivot == 0:
        a[at], a[:, at] = 0.0, 0.0
    else:
        a -= np.outer(column, row) / pivot
        a[at], a[:, at] = row / pivot, -column / pivot
        a[at, at] = 1 / pivot
    rows, columns = list(m.rows), list(m.cols)
    rows[at], columns[at] = columns[at], rows[at]
    return StataMatrix(a, tuple(rows), tuple(columns))


# ---------------------------------------------------------------- functions that give numbers


def element(m: StataMatrix, i: float, j: float) -> Value:
    r, c = m.values.shape
    if i != i or j != j or not (1 <= int(i) <= r and 1 <= int(j) <= c):
        return math.nan
    return float(m.values[int(i) - 1, int(j) - 1])


def mreldif(a: StataMatrix, b: StataMatrix) -> Value:
    if a.values.shape != b.values.shape:
        raise conformability()
    return float(np.max(np.abs(a.values - b.values) / (np.abs(b.values) + 1), initial=0.0))


def is_symmetric(m: StataMatrix) -> Value:
    v = m.values
    return float(v.shape[0] == v.shape[1] and np.array_equal(v, v.T, equal_nan=True))


def _free(names: Names) -> float:
    return float(sum(name.startswith("/") for name in names))


@dataclass(frozen=True)
class MatrixFunction:
    """``args``: m a matrix, n a number."""

    args: str
    run: Callable[..., Value]

    def call(self, values: list[Value]) -> Value:
        if len(values) != len(self.args):
            raise StataError.invalid_syntax()
        return self.run(
            *(
                as_matrix(value) if kind == "m" else as_number(value)
                for kind, value in zip(self.args, values, strict=True)
            )
        )


FUNCTIONS: dict[str, MatrixFunction] = {
    "inv": MatrixFunction("m", inverse),
    "invsym": MatrixFunction("m", symmetric_inverse),
    "syminv": MatrixFunction("m", symmetric_inverse),
    "I": MatrixFunction("n", identity),
    "J": MatrixFunction("nnn", constant),
    "diag": MatrixFunction("m", diag),
    "vecdiag": MatrixFunction("m", vecdiag),
    "cholesky": MatrixFunction("m", cholesky),
    "corr": MatrixFunction("m", corr),
    "hadamard": MatrixFunction("mm", hadamard),
    "vec": MatrixFunction("m", vec),
    "vech": MatrixFunction("m", vech),
    "vecp": MatrixFunction("m", lambda m: vech(m, upper=True)),
    "invvech": MatrixFunction("m", invvech),
    "invvecp": MatrixFunction("m", lambda m: invvech(m, upper=True)),
    "sweep": MatrixFunction("mn", sweep),
    "rowsof": MatrixFunction("m", lambda m: float(m.values.shape[0])),
    "colsof": MatrixFunction("m", lambda m: float(m.values.shape[1])),
    "trace": MatrixFunction("m", lambda m: float(np.trace(square(m)))),
    "det": MatrixFunction("m", lambda m: float(np.linalg.det(square(m)))),
    "el": MatrixFunction("mnn", element),
    "diag0cnt": MatrixFunction("m", lambda m: float(np.count_nonzero(np.diag(square(m)) == 0))),
    "issymmetric": MatrixFunction("m", is_symmetric),
    "matmissing": MatrixFunction("m", lambda m: float(np.isnan(m.values).any())),
    "mreldif": MatrixFunction("mm", mreldif),
    "rownfreeparms": MatrixFunction("m", lambda m: _free(m.rows)),
    "colnfreeparms": MatrixFunction("m", lambda m: _free(m.cols)),
}
"""Functions of matrices and numbers."""


def matching(wanted: str, names: tuple[str, ...]) -> list[int]:
    """Positions of a name: every row of ``eq:``, the first one that is ``eq:name`` or ``name``."""
    wanted = wanted.strip()
    if wanted.endswith(":"):
        equation = "" if wanted == "_:" else wanted[:-1]
        return [k for k, name in enumerate(names) if name.rpartition(":")[0] == equation]
    for k, name in enumerate(names):
        if wanted.removeprefix("_:") == name.removeprefix("_:"):
            return [k]
    short = wanted.lstrip(":") if wanted.startswith(":") else wanted
    return [k for k, name in enumerate(names) if name.rpartition(":")[2] == short][:1]


def name_number(names: Names, wanted: str) -> float:
    """1-based position of ``name``, ``eq:name`` or ``eq:`` (its first row); missing when there is none."""
    found = matching(wanted, names)
    return float(found[0] + 1) if found else math.nan


def equation_number(names: Names, wanted: str) -> float:
    """1-based place of an equation among those of the names."""
    equations = [key or "_" for key, _ in itertools.groupby(name.rpartition(":")[0] for name in names)]
    wanted = wanted.strip().rstrip(":") or "_"
    return float(equations.index(wanted) + 1) if wanted in equations else math.nan


NAMED: dict[str, Callable[[StataMatrix, str], float]] = {
    "rownumb": lambda m, s: name_number(m.rows, s),
    "colnumb": lambda m, s: name_number(m.cols, s),
    "roweqnumb": lambda m, s: equation_number(m.rows, s),
    "coleqnumb": lambda m, s: equation_number(m.cols, s),
}
"""Functions of a matrix and a name."""
