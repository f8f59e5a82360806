"""Sums of squares of analysis-of-variance terms: partial (each after all others) and sequential.

Every factor is coded by deviations (last level -1), so that leaving a term out tests the hypothesis on unweighted
cell means (Yates's weighted squares of means, SAS's type III when no cell is empty). A term nested in others
(``b|a``) is coded within each cell of those. A term also carries the effects of the factors in it that no other term
of the model covers: in ``a#b`` alone, those of a and of b.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TOLERANCE = 1e-9
"""Directions with less than this share of the largest singular value are dependent."""


@dataclass(frozen=True)
class AnovaTerm:
    """Crossed factors, the factors they are nested in, and continuous variables multiplied in."""

    factors: tuple[str, ...]
    within: tuple[str, ...] = ()
    continuous: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[frozenset[str], tuple[str, ...]]:
        return frozenset((*self.factors, *self.within)), tuple(sorted(self.continuous))


@dataclass(frozen=True)
class AnovaFit:
    """ss, df: one for each term; model, residual and total with their degrees of freedom."""

    ss: Array
    df: NDArray[np.int64]
    mss: float
    df_m: int
    rss: float
    df_r: float
    tss: float


def deviations(codes: NDArray[np.intp], size: int) -> Array:
    """(n, size - 1): 1 for the level, -1 for the last one."""
    out = np.zeros((len(codes), size))
    out[np.arange(len(codes)), codes] = 1.0
    return np.asarray(out[:, :-1] - out[:, -1:])


def _cells(names: Sequence[str], codes: Mapping[str, NDArray[np.intp]], n: int) -> NDArray[np.intp]:
    """Number of the combination of levels, combinations that occur only."""
    cell = np.zeros(n, dtype=np.intp)
    for name in names:
        cell = cell * (int(codes[name].max()) + 1) + codes[name]
    return np.asarray(np.unique(cell, return_inverse=True)[1], dtype=np.intp).ravel()


def _crossed(names: Sequence[str], codes: Mapping[str, NDArray[np.intp]], rows: NDArray[np.intp]) -> Array:
    """Products of the deviations of several factors among some rows; one column of ones for none."""
    out = np.ones((len(rows), 1))
    for name in names:
        levels, place = np.unique(codes[name][rows], return_inverse=True)
        each = deviations(place.ravel(), len(levels))
        out = (out[:, :, None] * each[:, None, :]).reshape(len(rows), -1)
    return out


def _block(
    names: Sequence[str], within: Sequence[str], codes: Mapping[str, NDArray[np.intp]], n: int
) -> Array:
    if not within:
        return _crossed(names, codes, np.arange(n))
    cell = _cells(within, codes, n)
    parts = []
    for k in range(int(cell.max()) + 1):
        rows = np.flatnonzero(cell == k)
        inside = _crossed(names, codes, rows)
        part = np.zeros((n, inside.shape[1]))
        part[rows] = inside
        parts.append(part)
    return np.hstack(parts)


def term_columns(
    term: AnovaTerm,
    terms: Sequence[AnovaTerm],
    codes: Mapping[str, NDArray[np.intp]],
    x: Mapping[str, Array],
    n: int,
    constant: bool,
) -> Array:
    """The columns of a term: its own effects and those it contains that no other term covers."""
    covered = {other.key for other in terms if other != term}
    if constant:
        covered.add((frozenset(), ()))
    blocks = []
    for size in range(len(term.factors) + 1):
        for names in combinations(term.factors, size):
            lower = (frozenset((*names, *term.within)), tuple(sorted(term.continuous)))
            if size == len(term.factors) or lower not in covered:
                blocks.append(_block(names, term.within, codes, n))
    out = np.hstack(blocks)
    for name in term.continuous:
        out = out * x[name][:, None]
    return out


def _basis(columns: Array) -> Array:
    """Orthonormal basis of the columns' span."""
    size = np.sqrt((columns**2).sum(0))
    kept = size > 0
    if not kept.any():
        return np.zeros((len(columns), 0))
    u, s, _ = np.linalg.svd(columns[:, kept] / size[kept], full_matrices=False)
    return np.asarray(u[:, s > TOLERANCE * s[0]])


def _beyond(columns: Array, basis: Array) -> Array:
    """Orthonormal basis of what the columns add to a basis."""
    size = np.sqrt((columns**2).sum(0))
    kept = size > 0
    rest = columns[:, kept] / size[kept]
    for _ in range(2):  # twice is enough
        rest = rest - basis @ (basis.T @ rest)
    if not rest.size:
        return rest
    u, s, _ = np.linalg.svd(rest, full_matrices=False)
    return np.asarray(u[:, s > TOLERANCE])


def fit_anova(
    y: Array,
    terms: Sequence[AnovaTerm],
    codes: Mapping[str, NDArray[np.intp]],
    x: Mapping[str, Array],
    w: Array | None = None,
    n_obs: float | None = None,
    constant: bool = True,
    sequential: bool = False,
) -> AnovaFit:
    """y (n,), factor codes 0, 1, ... and continuous variables by name; w as the weights shall count."""
    n = len(y)
    weights = np.ones(n) if w is None else w
    root = np.sqrt(weights)[:, None]
    blocks = [term_columns(term, terms, codes, x, n, constant) for term in terms]
    if constant:
        share = weights / weights.sum()
        y = y - share @ y
        blocks = [b - share @ b for b in blocks]
    # everything that follows happens in the small triangle of a QR decomposition
    whole = np.hstack([*blocks, y[:, None]]) * root
    triangle: Array = np.linalg.qr(whole)[1]
    edges = np.cumsum([0, *(b.shape[1] for b in blocks)])
    pieces = [triangle[:, a:b] for a, b in pairwise(edges.tolist())]
    target = triangle[:, -1]
    model = _basis(triangle[:, :-1])
    explained = model.T @ target
    left = target - model @ explained
    ss, df = np.zeros(len(terms)), np.zeros(len(terms), dtype=np.int64)
    for k, piece in enumerate(pieces):
        others = pieces[:k] if sequential else pieces[:k] + pieces[k + 1 :]
        base = _basis(np.hstack(others)) if others else np.zeros((len(target), 0))
        added = _beyond(piece, base)
        ss[k], df[k] = float(((added.T @ target) ** 2).sum()), added.shape[1]
    count = float(n) if n_obs is None else n_obs
    df_m = model.shape[1]
    df_r = count - df_m - int(constant)
    tss = float(target @ target)
    rss = float(left @ left) if df_r > 0 else 0.0
    return AnovaFit(ss, df, float(explained @ explained), df_m, rss if rss > 1e-26 * tss else 0.0, df_r, tss)
