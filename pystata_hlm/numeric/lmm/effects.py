"""Best linear unbiased predictions of the random effects and their standard errors, by back substitution.

With Y = Omega B of every level (see objective.py), from the top level down

    u_l = Y_e - sum over upper levels k of Y_zk u_k        (columns e and Z_k of Y)

and the prediction error of u_l is the same combination of the errors of beta and of the upper u plus an
independent part with covariance Omega, so its covariance is built from the top down as well. The variance
counts the
uncertainty of beta under REML and treats beta as known under ML, as Stata's reses does: see the printed
pair 2.13 (reml) and 1.32 (mle) at https://stats.stackexchange.com/questions/48254, which the tests reproduce.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._batched import multiply, multiply_t
from .blocks import Nesting
from .objective import LevelState, map_columns
from .spec import Array


@dataclass(frozen=True)
class Effects:
    """One level: values and standard errors (G, q); row_group (n,) points rows to groups."""

    values: Array
    standard_errors: Array
    row_group: np.ndarray


def substitute(
    levels: Sequence[LevelState], nesting: Nesting, column_map: Array, beta_known: bool
) -> tuple[list[Array], list[Array]]:
    """Per level, in the engine's columns and units: values (q, G) and errors (q, p + q_0 + ... , G).

    errors are the coefficients of independent unit errors: of beta (zero when it counts as known), then of the
    effects of every level down to the level's own.
    """
    p = column_map.shape[0] - 1
    values: list[Array] = []
    errors: list[Array] = []
    for level, st in enumerate(levels):
        q, _, g = st.b.shape
        y = multiply_t(st.half, map_columns(st.half_b, column_map))
        u = y[:, -1].copy()
        shared = np.zeros((q, p, g)) if beta_known else -y[:, -p - 1 : -1]
        at = 0
        inherited: list[tuple[Array, Array]] = []
        for upper in range(level - 1, -1, -1):
            parent = nesting.parent(level, upper)
            width = levels[upper].half.shape[0]
            y_upper = y[:, at : at + width]
            u -= np.einsum("akg,kg->ag", y_upper, values[upper][:, parent])
            inherited.append((y_upper, errors[upper][:, :, parent]))
            at += width
        n_columns = p + sum(levels[k].half.shape[0] for k in range(level + 1))
        combined = np.zeros((q, n_columns, g))
        combined[:, :p] = shared
        for y_upper, error in inherited:
            combined[:, : error.shape[1]] -= multiply(y_upper, error)
        combined[:, n_columns - q :] += st.half.transpose(1, 0, 2)
        values.append(u)
        errors.append(combined)
    return values, errors


def back_substitute(
    levels: Sequence[LevelState],
    nesting: Nesting,
    column_map: Array,
    z_map: Sequence[Array],
    scale: float,
    sigma: float,
    beta_known: bool,
) -> tuple[Effects, ...]:
    """Effects of every level in the caller's columns and units.

    column_map  takes [X y] to [X A^-1/2, e];  scale  units of y;  sigma  residual sd of the first stratum
    """
    out = []
    values, errors = substitute(levels, nesting, column_map, beta_known)
    for level, (u, combined) in enumerate(zip(values, errors, strict=True)):
        natural = scale * (z_map[level] @ u)
        mapped = np.tensordot(z_map[level], combined, axes=1)
        se = sigma * np.sqrt(np.einsum("acg,acg->ag", mapped, mapped))
        out.append(Effects(natural.T.copy(), se.T.copy(), nesting.row_group[level]))
    return tuple(out)
