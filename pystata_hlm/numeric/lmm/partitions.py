"""Mixed models from data in pieces: the cross-products of each partition add up, groups that span partitions included.

    gram = sum_grams(partial_gram(part) for part in parts)            # first pass: one (m, m) matrix
    basis = gram_basis(gram)
    blocks, sizes = merge(partial_blocks(part, basis, n_strata) for part in parts)   # second pass
    fit = fit_blocks(blocks, sizes, ...)

Every step on a partition is a plain function of plain arrays, so that it can run in another process or on another
machine; what comes back is as large as the groups are many, not as the rows. Nested levels, no weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blocks import Basis, Blocks, Rows, _level_map, cross_products, nest
from .errors import InsufficientObservationsError, NoObservationsError, PerfectFitError, SingularDesignError
from .estimate import best_em_start, optimum
from .fit import LevelFit, LmmFit, fixed_effects
from .inference import variance_estimates
from .objective import Objective, factorise_at
from .parameterise import ParamSet, block_diagonal
from .spec import Array, Control, IntArray, Level

_DEPENDENT = 1e-11
"""Share of a column's sum of squares that must be left; cross-products alone carry no more digits."""


@dataclass(frozen=True)
class Partition:
    """Some of the rows. Group codes mean the same in every partition; strata (n,) are 0 .. S-1 or None."""

    y: Array
    x: Array
    levels: tuple[Level, ...]
    strata: IntArray | None = None

    @property
    def z(self) -> tuple[Array, ...]:
        return tuple(
            np.column_stack([np.asarray(e.z).reshape(len(self.y), -1) for e in lv.equations])
            for lv in self.levels
        )


@dataclass(frozen=True)
class Gram:
    """Cross-products of [z_bottom ... z_top x y] of n rows."""

    n: int
    matrix: Array
    p: int
    widths: tuple[tuple[int, ...], ...]
    structures: tuple[tuple[str, ...], ...]

    def __add__(self, other: Gram) -> Gram:
        return Gram(self.n + other.n, self.matrix + other.matrix, self.p, self.widths, self.structures)

    @property
    def first_x(self) -> int:
        return self.matrix.shape[0] - self.p - 1

    def keep(self, columns: NDArray[np.bool_]) -> Gram:
        """Without some columns of x."""
        at = self.first_x
        kept = np.concatenate([np.arange(at), at + np.flatnonzero(columns), [self.matrix.shape[0] - 1]])
        return Gram(self.n, self.matrix[np.ix_(kept, kept)], int(columns.sum()), self.widths, self.structures)


def _shapes(levels: Sequence[Level]) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[str, ...], ...]]:
    widths = tuple(
        tuple(np.asarray(e.z).reshape(len(lv.groups), -1).shape[1] for e in lv.equations) for lv in levels
    )
    return widths, tuple(tuple(e.structure for e in lv.equations) for lv in levels)


def partial_gram(part: Partition, rows_at_a_time: int = 65_536) -> Gram:
    widths, structures = _shapes(part.levels)
    z = part.z
    m = sum(map(sum, widths)) + part.x.shape[1] + 1
    out = np.zeros((m, m))
    for start in range(0, len(part.y), rows_at_a_time):
        pick = slice(start, start + rows_at_a_time)
        block = np.column_stack([*(part_z[pick] for part_z in reversed(z)), part.x[pick], part.y[pick]])
        out += block.T @ block
    return Gram(len(part.y), out, part.x.shape[1], widths, structures)


def sum_grams(grams: Iterable[Gram]) -> Gram:
    """r: NoObservationsError when there is no row at all."""
    total: Gram | None = None
    for gram in grams:
        total = gram if total is None else total + gram
    if total is None or total.n == 0:
        raise NoObservationsError("no observations")
    return total


def independent_columns(gram: Gram, constant: bool) -> NDArray[np.bool_]:
    """Columns of x that are no combination of the constant (the last, if any) and of columns before them."""
    at = gram.first_x
    left = gram.matrix[at:-1, at:-1].copy()
    size = np.diagonal(left).copy()
    kept = np.zeros(gram.p, dtype=bool)
    for j in [gram.p - 1, *range(gram.p - 1)] if constant else range(gram.p):
        if left[j, j] <= _DEPENDENT * size[j] or not size[j] > 0:
            continue
        kept[j] = True
        left -= np.outer(left[:, j], left[j]) / left[j, j]
    return kept


def gram_basis(gram: Gram) -> Basis:
    """The basis of ``blocks.find_basis``, from the cross-products alone."""
    n, p, at = gram.n, gram.p, gram.first_x
    if n <= p:
        raise InsufficientObservationsError("insufficient observations")
    root_n = np.sqrt(n)
    g = gram.matrix
    if p:
        lengths = np.sqrt(np.diagonal(g)[at:-1])
        if np.any(lengths == 0):
            raise SingularDesignError(int(np.argmin(lengths)))
        try:
            r = np.linalg.cholesky(g[at:-1, at:-1] / np.outer(lengths, lengths)).T * lengths / root_n
        except np.linalg.LinAlgError:
            raise SingularDesignError(p - 1) from None
        x_map = np.linalg.inv(r)
        shift = x_map.T @ g[at:-1, -1] / n
        log_det = float(np.sum(np.log(np.abs(np.diagonal(r)))))
    else:
        x_map, shift, log_det = np.zeros((0, 0)), np.zeros(0), 0.0
    left = g[-1, -1] - n * float(shift @ shift)
    scale = float(np.sqrt((left if left > 1e-12 * g[-1, -1] else g[-1, -1]) / n)) or 1.0
    z_map, end = [], at
    for widths, structures in zip(gram.widths, gram.structures, strict=True):
        own = slice(end - sum(widths), end)
        z_map.append(_level_map(g[own, own], n, widths, structures))
        end -= sum(widths)
    return Basis(x_map, shift, scale, tuple(z_map), log_det)


# ---------------------------------------------------------------- second pass


@dataclass(frozen=True)
class Share:
    """What one partition adds. keys[l] (G_l, l + 1): codes of the groups and of those they are in; rows, total and
    strata_rows as in ``Blocks``; sizes[l] (G_l,) rows of the groups."""

    keys: tuple[NDArray[np.int64], ...]
    rows: tuple[Array, ...]
    total: Array
    strata_rows: IntArray
    sizes: tuple[IntArray, ...]


def partial_blocks(part: Partition, basis: Basis, n_strata: int = 1) -> Share | None:
    """None for a partition without rows."""
    if not len(part.y):
        return None
    codes = [np.asarray(lv.groups, dtype=np.int64) for lv in part.levels]
    nesting = nest(codes, len(part.y))
    widths, structures = _shapes(part.levels)
    strata = part.strata if n_strata > 1 else None
    rows = Rows(
        np.ascontiguousarray(part.y),
        part.x,
        part.z,
        widths,
        structures,
        nesting,
        strata,
        np.arange(n_strata),
    )
    found = cross_products(rows, basis)
    keys = []
    for level in range(len(codes)):
        starts = nesting.starts[level]
        first = starts if nesting.order is None else nesting.order[starts]
        keys.append(np.column_stack([codes[k][first] for k in range(level + 1)]))
    counts = np.array([len(part.y)]) if strata is None else np.bincount(strata, minlength=n_strata)
    return Share(tuple(keys), found.rows, found.total, counts, nesting.sizes)


def merge(shares: Iterable[Share | None], basis: Basis) -> tuple[Blocks, tuple[IntArray, ...]]:
    """All groups in the order of their codes, with the sums over the partitions; and the groups' numbers of rows."""
    found = [share for share in shares if share is not None]
    if not found:
        raise NoObservationsError("no observations")
    rows, keys, sizes = [], [], []
    for level in range(len(found[0].keys)):
        every = np.concatenate([share.keys[level] for share in found])
        order = np.lexsort(every.T[::-1])
        ordered = every[order]
        new = np.concatenate(([True], np.any(ordered[1:] != ordered[:-1], axis=1)))
        starts = np.flatnonzero(new)
        keys.append(ordered[starts])
        rows.append(
            np.add.reduceat(
                np.concatenate([s.rows[level] for s in found], axis=-1)[..., order], starts, axis=-1
            )
        )
        sizes.append(np.add.reduceat(np.concatenate([s.sizes[level] for s in found])[order], starts))
    children = tuple(
        tuple(
            np.flatnonzero(
                np.concatenate(
                    ([True], np.any(keys[level][1:, : k + 1] != keys[level][:-1, : k + 1], axis=1))
                )
            )
            for k in range(level)
        )
        for level in range(len(keys))
    )
    total = np.sum([share.total for share in found], axis=0)
    strata_rows = np.sum([share.strata_rows for share in found], axis=0)
    return Blocks(tuple(rows), total, strata_rows, children, basis), tuple(sizes)


# ---------------------------------------------------------------- fitting


@dataclass(frozen=True)
class NoRows:
    """Stands for the rows of a fit whose rows are elsewhere."""

    n: int
    stratum: None = None
    crossed: tuple[()] = ()
    weights: None = None


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def fit_blocks(
    blocks: Blocks,
    sizes: Sequence[IntArray],
    names: Sequence[str],
    gram: Gram,
    *,
    reml: bool = False,
    control: Control | None = None,
) -> LmmFit:
    """The fit of ``fit_lmm`` without what needs rows: predictions, random effects, robust covariances."""
    control = control or Control()
    if blocks.linear_rss <= 1e-14 * max(gram.matrix[-1, -1] / blocks.basis.scale**2, 1.0):
        raise PerfectFitError("the fixed effects fit the response exactly")
    params = ParamSet.build(gram.structures, gram.widths, len(blocks.strata_rows))
    objective = Objective(blocks, params, reml)
    matrices, em_iterations = best_em_start(objective, control)
    summary = optimum(objective, matrices, np.ones(params.n_strata), control, em_iterations)
    state = factorise_at(blocks, params, summary.final)
    estimates = variance_estimates(objective, state)
    beta, vcov_beta = fixed_effects(objective, state)
    nobody = np.zeros(0, dtype=np.intp)
    levels = tuple(
        LevelFit(
            name,
            int(size.size),
            int(size.min()),
            float(size.sum() / size.size),
            int(size.max()),
            tuple(e.kind for e in params.equations[k]),
            tuple(e.q for e in params.equations[k]),
            estimates.covariances[k],
            block_diagonal(estimates.covariances[k]),
            nobody,
            nobody,
        )
        for k, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    return LmmFit(
        reml=reml,
        beta=beta,
        vcov_beta=vcov_beta,
        loglik=-objective.value_of(state),
        loglik_linear=-objective.linear_value(),
        levels=levels,
        residual_codes=np.arange(len(blocks.strata_rows)),
        estimates=estimates,
        params=params.params(metric=False),
        metric_params=params.params(metric=True),
        optimisation=summary,
        rows=NoRows(gram.n),  # type: ignore[arg-type]
        objective=objective,
        state=state,
    )
