"""Weights: how often every row and every group counts.

Frequency weights repeat rows within their group and groups within the group above; sampling weights do the same with
any positive number (the pseudolikelihood of Rabe-Hesketh and Skrondal (2006), JRSS A 169, 805-827: the log
likelihood of a group is counted w times in the likelihood of the group above it). In the elimination a group's
part in the rows of an upper level is multiplied by the weights of all groups between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .spec import Array, IntArray


@dataclass(frozen=True)
class RowWeights:
    """rows[l] (n,) weight of each row in level l's cross-products, total (n,) in those of X and y, in the caller's
    order of rows; groups[l] (G,) weight of each group of level l."""

    rows: tuple[Array, ...]
    total: Array
    groups: tuple[Array, ...]


def row_weights(
    observations: Array | None,
    levels: Sequence[Array | None],
    row_group: Sequence[IntArray],
    n: int,
) -> RowWeights | None:
    """None when nothing is weighted."""
    if observations is None and all(w is None for w in levels):
        return None
    weight = np.ones(n) if observations is None else np.asarray(observations, dtype=np.float64)
    rows: list[Array] = []
    groups: list[Array] = []
    for own, index in zip(reversed(list(levels)), reversed(list(row_group)), strict=True):
        rows.append(weight)
        per_group = np.ones(int(index.max()) + 1)
        if own is not None:
            per_group[index] = own
            weight = weight * own
        groups.append(per_group)
    return RowWeights(tuple(reversed(rows)), weight, tuple(reversed(groups)))


@dataclass(frozen=True)
class GroupWeights:
    """Factors on what the elimination of level l adds: to_level[l][k] (G_l,) to the rows of level k, total[l] to X
    and y and to the log determinant."""

    to_level: tuple[tuple[Array, ...], ...]
    total: tuple[Array, ...]

    @property
    def n_groups(self) -> tuple[float, ...]:
        return tuple(float(t.sum()) for t in self.total)


def group_weights(groups: Sequence[Array], parents: Sequence[Sequence[IntArray]]) -> GroupWeights:
    """parents[l][k] (G_l,) index of each level-l group's level-k ancestor."""
    to_level, total = [], []
    for level, own in enumerate(groups):
        factor = own
        row: list[Array] = [factor] * level
        for k in range(level - 1, -1, -1):
            row[k] = factor
            factor = factor * groups[k][parents[level][k]]
        to_level.append(tuple(row))
        total.append(factor)
    return GroupWeights(tuple(to_level), tuple(total))
