"""Predictions and standard errors of crossed random effects and of the chain beneath them.

As in ``effects``, from the top down: first the crossed columns, then every chain level, whose prediction error is a
combination of the errors of beta, of the crossed columns, of the upper levels and an independent part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._batched import multiply, multiply_t
from .blocks import Blocks, Nesting
from .spec import Array

if TYPE_CHECKING:
    from .objective import LevelState, State

_CHUNK = 4_000_000  # entries of a dense piece


def crossed_effects(
    blocks: Blocks, state: State, nesting: Nesting, column_map: Array, beta_known: bool
) -> list[tuple[Array, Array]]:
    """Per engine level (crossed terms, then the chain): values (q, G) and error variances (q, q, G), in the basis
    of Blocks and relative to the residual variance."""
    crossed, block = blocks.crossed, state.crossed
    assert crossed is not None and block is not None
    p = column_map.shape[0] - 1
    omega = block.omega
    y_top = omega @ (block.b @ column_map)
    u_top = y_top[:, p]
    beta_top = np.zeros((crossed.width, 0)) if beta_known else -y_top[:, :p]
    whole = omega + beta_top @ beta_top.T
    out: list[tuple[Array, Array]] = []
    for own, q, g in zip(crossed.slices(), crossed.widths, crossed.sizes, strict=True):
        variance = np.einsum("agbg->abg", whole[own, own].reshape(q, g, q, g))
        out.append((u_top[own].reshape(q, g), variance))
    values: list[Array] = []
    beta_parts: list[Array] = []  # (q, p, G) coefficients of the standardised errors of beta
    block_parts: list[list[Any]] = []  # per effect, (G, Q) coefficients of the crossed columns' errors
    chain_parts: list[Array] = []  # (q, columns, G) coefficients of the chain's own errors
    for level, st in enumerate(state.levels):
        y, mean, shared, owned, chained = _level(level, st, crossed, block, column_map, beta_known)
        q = mean.shape[0]
        pattern = crossed.patterns[level]
        at = 0
        for a in range(q):
            mean[a] -= pattern_matrix(pattern, owned[a]) @ u_top
        shared = shared - np.stack([(pattern_matrix(pattern, v) @ beta_top).T for v in owned])
        parts = [-pattern_matrix(pattern, v) for v in owned]
        total = np.zeros((q, sum(s.half.shape[0] for s in state.levels[: level + 1]), y.shape[2]))
        total[:, total.shape[1] - q :] = chained
        for upper in range(level - 1, -1, -1):
            parent = nesting.parent(level, upper)
            width = values[upper].shape[0]
            part = y[:, at : at + width]
            at += width
            mean -= np.einsum("akg,kg->ag", part, values[upper][:, parent])
            shared -= multiply(part, beta_parts[upper][:, :, parent])
            total[:, : chain_parts[upper].shape[1]] -= multiply(part, chain_parts[upper][:, :, parent])
            for a in range(q):
                for k in range(width):
                    parts[a] = parts[a] - _scaled(block_parts[upper][k][parent], part[a, k])
        values.append(mean)
        beta_parts.append(shared)
        block_parts.append(parts)
        chain_parts.append(total)
        variance = np.einsum("acg,bcg->abg", shared, shared) + np.einsum("acg,bcg->abg", total, total)
        out.append((mean, variance + _quadratic(parts, omega)))
    return out


def _level(
    level: int, st: LevelState, crossed: Any, block: Any, column_map: Array, beta_known: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """Y of one level, its e column, minus its X columns, its values at the crossed columns, the own errors."""
    from .objective import map_columns

    p = column_map.shape[0] - 1
    y = multiply_t(st.half, map_columns(st.half_b, column_map))
    pattern = crossed.patterns[level]
    owned = pattern.apply(np.ascontiguousarray(st.half.transpose(1, 0, 2)), block.half_rows[level])
    shared = np.zeros((y.shape[0], 0, y.shape[2])) if beta_known else -y[:, -p - 1 : -1]
    return y, y[:, -1].copy(), shared, owned, st.half.transpose(1, 0, 2)


def pattern_matrix(pattern: Any, values: Array) -> Any:
    """(G, Q) in compressed rows."""
    from scipy import sparse

    return sparse.csr_array(
        (values, pattern.indices, pattern.indptr), shape=(pattern.n_groups, pattern.width)
    )


def _scaled(rows: Any, factors: Array) -> Any:
    from scipy import sparse

    return sparse.diags_array(factors) @ rows


def _quadratic(parts: Sequence[Any], omega: Array) -> Array:
    """(q, q, G) of K_a Omega K_b' for each group, a few thousand rows at a time."""
    q, g = len(parts), parts[0].shape[0]
    rows = [part.tocsr() for part in parts]
    out = np.zeros((q, q, g))
    step = max(1, _CHUNK // omega.shape[0])
    for begin in range(0, g, step):
        end = min(begin + step, g)
        for a in range(q):
            product = rows[a][begin:end] @ omega
            for b in range(q):
                out[a, b, begin:end] = (rows[b][begin:end] * product).sum(axis=1)
    return out
