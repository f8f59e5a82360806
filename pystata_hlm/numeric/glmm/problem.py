"""The data of a generalised linear mixed model, rows sorted so that every group is one stretch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pystata_hlm.numeric.glm.families import Family
from pystata_hlm.numeric.glmm.structure import Structure

Array = np.ndarray


@dataclass(frozen=True)
class Level:
    """One grouping level as the caller gives it: group codes (n,), random design ``z`` (n, q), covariance structure."""

    codes: Array
    z: Array
    structure: Structure


@dataclass(frozen=True)
class Grouping:
    """A level after sorting. ``row_group`` (n,); ``starts`` first row of each group; ``child_starts`` first group of the
    next lower level of each group (empty at the lowest); ``parent`` group of the next higher level (empty at the top)."""

    row_group: Array
    starts: Array
    sizes: Array
    parent: Array
    child_starts: Array
    z: Array
    structure: Structure

    @property
    def n_groups(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class Problem:
    """Everything fixed during the fit; rows in sorted order (``order`` gives the original row numbers)."""

    family: Family
    x: Array
    offset: Array
    weights: Array
    levels: tuple[Grouping, ...]
    order: Array

    @property
    def n(self) -> int:
        return len(self.offset)

    @property
    def p(self) -> int:
        return self.x.shape[1]

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where the factors of each level stand in the parameter vector (beta, factors c of the levels from the top, aux)."""
        out, k = [], self.p
        for level in self.levels:
            out.append(slice(k, k + level.structure.size))
            k += level.structure.size
        return tuple(out)

    @property
    def size(self) -> int:
        return self.n_index + self.family.n_aux

    @cached_property
    def n_index(self) -> int:
        """Number of parameters of the index: beta and the factors."""
        return self.places[-1].stop if self.levels else self.p

    @staticmethod
    def of(family: Family, x: Array, offset: Array, weights: Array, levels: list[Level]) -> Problem:
        """Sort the rows by the levels' codes; a lower level's groups are told apart within those above."""
        n = len(offset)
        order = np.lexsort([level.codes for level in reversed(levels)]) if levels else np.arange(n)
        groupings: list[Grouping] = []
        change = np.zeros(n, dtype=bool)
        if n:
            change[0] = True
        raw = []
        for level in levels:
            codes = level.codes[order]
            change = change.copy()
            change[1:] |= codes[1:] != codes[:-1]
            raw.append((np.flatnonzero(change), np.cumsum(change) - 1))
        none = np.zeros(0, dtype=np.intp)
        for k, level in enumerate(levels):
            starts, row_group = raw[k]
            parent = raw[k - 1][1][starts] if k else none
            child = raw[k + 1][1][starts] if k + 1 < len(levels) else none
            sizes = np.diff(np.append(starts, n))
            groupings.append(
                Grouping(row_group, starts, sizes, parent, child, level.z[order], level.structure)
            )
        return Problem(family.take(order), x[order], offset[order], weights[order], tuple(groupings), order)
