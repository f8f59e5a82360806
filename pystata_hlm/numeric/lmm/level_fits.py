"""What a fit tells of its levels, and parameters in the caller's order of levels and equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .crossed import Arrangement
from .inference import VarianceEstimates
from .parameterise import EquationParams, ParamSet
from .spec import Array, Level


@dataclass(frozen=True)
class LevelFit:
    """One level of a fitted model.

    covariances  one (q, q) matrix per equation;  covariance  their block-diagonal join
    row_group    (n,) index of each row's group;  group_row  a row of each group (to look up its code)
    structures   as fitted: a single random effect is always "identity"
    """

    name: str
    n_groups: int
    size_min: int
    size_avg: float
    size_max: int
    structures: tuple[str, ...]
    widths: tuple[int, ...]
    covariances: tuple[Array, ...]
    covariance: Array
    row_group: NDArray[np.intp]
    group_row: NDArray[np.intp]


@dataclass(frozen=True)
class TermFit:
    """Equations of one level that share a grouping: a whole level, or one ``R.varname``.

    level, equations  0-based positions;  row_group, group_row as in LevelFit
    """

    level: int
    equations: tuple[int, ...]
    z: Array
    row_group: NDArray[np.intp]
    group_row: NDArray[np.intp]


def level_fits(
    levels: Sequence[Level], row_groups: Sequence[NDArray[np.intp]], params: ParamSet, est: VarianceEstimates
) -> list[LevelFit]:
    out = []
    for i, (level, row_group) in enumerate(zip(levels, row_groups, strict=True)):
        sizes = np.bincount(row_group)
        equations: tuple[EquationParams, ...] = params.equations[i]
        joined = np.zeros((sum(e.q for e in equations),) * 2)
        at = 0
        for eq, d in zip(equations, est.covariances[i], strict=True):
            joined[at : at + eq.q, at : at + eq.q] = d
            at += eq.q
        group_row = np.empty(sizes.size, dtype=np.intp)
        group_row[row_group[::-1]] = np.arange(row_group.size - 1, -1, -1)
        out.append(
            LevelFit(
                level.name,
                int(sizes.size),
                int(sizes.min()),
                float(row_group.size / sizes.size),
                int(sizes.max()),
                tuple(e.kind for e in equations),
                tuple(e.q for e in equations),
                est.covariances[i],
                joined,
                row_group,
                group_row,
            )
        )
    return out


def spread_over_levels(
    levels: Sequence[Level], params: ParamSet, estimates: VarianceEstimates
) -> tuple[ParamSet, VarianceEstimates]:
    """Parameters and covariances with a place for the levels that have no random effects."""
    equations, covariances = iter(params.equations), iter(estimates.covariances)
    spread = [(next(equations), next(covariances)) if lv.equations else ((), ()) for lv in levels]
    named = ParamSet(tuple(e for e, _ in spread), params.n_strata)
    return named, replace(estimates, covariances=tuple(c for _, c in spread))


def callers_order(
    estimates: VarianceEstimates, params: ParamSet, arrangement: Arrangement, levels: Sequence[Level]
) -> tuple[VarianceEstimates, ParamSet]:
    """Estimates and parameters by the caller's levels and equations."""
    order = arrangement.permutation(params.slices, params.size + 1)
    square = np.ix_(order, order)
    equations: list[list[EquationParams]] = [[] for _ in levels]
    covariances: list[list[Array]] = [[] for _ in levels]
    flat = sorted(
        (t.level, e, n, k) for n, t in enumerate(arrangement.terms) for k, e in enumerate(t.equations)
    )
    for level, _, n, k in flat:
        place = arrangement.place(n)
        equations[level].append(params.equations[place][k])
        covariances[level].append(estimates.covariances[place][k])
    changed = replace(
        estimates,
        covariances=tuple(tuple(c) for c in covariances),
        natural=estimates.natural[order],
        metric=estimates.metric[order],
        vcov_natural=estimates.vcov_natural[square],
        vcov_metric=estimates.vcov_metric[square],
        jacobian=estimates.jacobian[square],
        to_engine=estimates.to_engine[:, order],
        at_boundary=estimates.at_boundary[order],
    )
    return changed, ParamSet(tuple(tuple(e) for e in equations), params.n_strata)
