"""``matrix svd U w V = A``, ``matrix symeigen X v = A``, ``matrix eigenvalues r c = A``."""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.commands._matrix_functions import complete, conformability, square, symmetric
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix


def _read(text: str, count: int, ctx: Context) -> tuple[list[str], StataMatrix]:
    """Names to the left of the equals sign, the matrix to its right."""
    left, equals, right = text.partition("=")
    names = left.split()
    if not equals or len(names) != count or not re.fullmatch(r"\s*\S+\s*", right):
        raise StataError.invalid_syntax()
    for name in names:
        if not is_wellformed(name):
            raise StataError.invalid_name(name)
    return names, _matrix_expr.find(right, ctx)


def _keep(name: str, values: np.ndarray, rows: tuple[str, ...], cols: tuple[str, ...], ctx: Context) -> None:
    ctx.workspace.scalars.pop(name, None)
    ctx.workspace.matrices[name] = StataMatrix(np.array(values, dtype=float), rows, cols)


def _numbered(letter: str, n: int) -> tuple[str, ...]:
    return tuple(f"{letter}{k + 1}" for k in range(n))


def svd(text: str, ctx: Context) -> None:
    """A = U diag(w) V': U is m x n, w a row vector, V n x n, for m >= n; r(503) when A is wider than tall."""
    names, a = _read(text, 3, ctx)
    values = complete(a.values)
    m, n = values.shape
    if m < n:
        raise conformability()
    u, w, vt = np.linalg.svd(values, full_matrices=False)
    _keep(names[0], u, a.rows, a.cols, ctx)
    _keep(names[1], w[None, :], ("r1",), a.cols, ctx)
    _keep(names[2], vt.T, a.cols, _numbered("c", n), ctx)


def symeigen(text: str, ctx: Context) -> None:
    """Eigenvectors in columns e1, e2 ... and their eigenvalues, largest first.

    The sign of an eigenvector is arbitrary: its largest element is made positive.
    """
    names, a = _read(text, 2, ctx)
    values, vectors = np.linalg.eigh(symmetric(a))
    order = np.argsort(-values, kind="stable")
    values, vectors = values[order], vectors[:, order]
    largest = np.argmax(np.abs(vectors) > np.abs(vectors).max(axis=0) * (1 - 1e-9), axis=0)
    vectors = vectors * np.where(vectors[largest, np.arange(len(values))] < 0, -1.0, 1.0)
    labels = _numbered("e", len(values))
    _keep(names[0], vectors, a.rows, labels, ctx)
    _keep(names[1], values[None, :], ("r1",), labels, ctx)


def eigenvalues(text: str, ctx: Context) -> None:
    """Real and imaginary parts of the eigenvalues, largest modulus first; a pair's positive part goes first."""
    names, a = _read(text, 2, ctx)
    values = np.linalg.eigvals(complete(square(a)))
    order = np.lexsort((-values.imag, -np.round(np.abs(values), 12)))
    values = values[order]
    _keep(names[0], values.real[None, :], ("real",), a.cols, ctx)
    _keep(names[1], values.imag[None, :], ("complex",), a.cols, ctx)
