"""``mixed`` from partitioned Parquet data (prefix ``parquet``): the passes over the partitions.

0. a sketch: of every partition some complete rows, all levels of the factor variables among them. It settles names,
   design columns and random-effects equations.
1. cross-products of all columns: collinear columns and the basis of the fit.
2. cross-products by group in that basis, merged over the partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.commands._estimation import Vce, dependent
from pystata_hlm.commands._mixed_model import (
    ALL,
    LevelPlan,
    Model,
    effect_columns,
    plan_levels,
    settle,
)
from pystata_hlm.commands._mixed_residuals import ResidualPlan, residual_plan
from pystata_hlm.commands._replicating import Luggage, available
from pystata_hlm.data import parquet
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.matrix import build, markout
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import lmm
from pystata_hlm.numeric.lmm import partitions
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.display import number_text

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.spec import Call

T = TypeVar("T")

SKETCH = 2_000
"""Rows taken from each partition beside those that show a level."""

LARGE = 5_000_000
"""Rows from which reading is dealt out to several processes."""


@dataclass(frozen=True)
class Reader:
    """How the rows of a piece are read: variables, the if condition, what must not be missing. Travels to workers."""

    names: tuple[str, ...]
    complete: tuple[str, ...]
    condition: nodes.Expr | None
    luggage: Luggage

    def read(self, piece: parquet.Piece) -> Dataset:
        """The complete rows of a piece that the condition chooses."""
        data = parquet.read(piece, self.names)
        rows = np.ones(data.n, dtype=bool)
        if self.condition is not None:
            ctx = self.luggage.unpack()
            ctx.data = data
            rows = ctx.mark(self.condition)
        data.keep_rows(markout(data, self.complete, rows))
        return data


@dataclass(frozen=True)
class Plan:
    """What a partition's arrays are made of."""

    reader: Reader
    depvar: str
    recipe: DesignRecipe
    levels: tuple[LevelPlan, ...]
    by: str
    strata: tuple[float, ...]

    def partition(self, piece: parquet.Piece) -> partitions.Partition:
        data = self.reader.read(piece)
        rows = np.ones(data.n, dtype=bool)
        levels = tuple(
            lmm.Level(
                plan.name,
                codes_of(data, plan),
                tuple(
                    lmm.Equation(effect_columns(data, part, rows), part.structure)  # type: ignore[arg-type]
                    for part in plan.parts
                ),
            )
            for plan in self.levels
        )
        strata = None
        if self.by:
            strata = np.searchsorted(np.array(self.strata), data.values(self.by))
        return partitions.Partition(data.values(self.depvar), self.recipe.evaluate(data), levels, strata)


def codes_of(data: Dataset, plan: LevelPlan) -> np.ndarray:
    """Codes that mean the same group in every partition: the number itself, or a digest of the string."""
    if plan.name == ALL:
        return np.zeros(data.n, dtype=np.int64)
    column = data.column(plan.name)
    if not column.is_string:
        values = column.values()
        whole = np.all(values == np.rint(values)) and np.all(np.abs(values) < 2**53)
        return values.astype(np.int64) if whole else values.view(np.int64)
    distinct, inverse = np.unique(column.data.astype("S"), return_inverse=True)
    digests = [
        int.from_bytes(blake2b(t, digest_size=8).digest(), "big", signed=True) for t in distinct.tolist()
    ]
    return np.array(digests, dtype=np.int64)[inverse]


def sketch(reader: Reader, factors: tuple[str, ...], piece: parquet.Piece) -> tuple[Dataset, int]:
    """Some rows of a piece, every combination of the factor variables among them; and its number of rows."""
    data = reader.read(piece)
    rows = data.n
    picked = np.unique(np.linspace(0, max(rows - 1, 0), min(rows, SKETCH)).astype(np.intp))
    if factors and rows:
        stacked = np.column_stack([data.values(name) for name in factors])
        picked = np.union1d(picked, np.unique(stacked, axis=0, return_index=True)[1])
    data.keep_rows(picked)
    return data, rows


def gram(plan: Plan, piece: parquet.Piece) -> partitions.Gram:
    return partitions.partial_gram(plan.partition(piece))


def share(plan: Plan, basis: Any, piece: parquet.Piece) -> partitions.Share | None:
    return partitions.partial_blocks(plan.partition(piece), basis, max(len(plan.strata), 1))


def over(
    pieces: tuple[parquet.Piece, ...], task: Callable[..., T], first: tuple[Any, ...], workers: int
) -> Iterator[T]:
    """``task(*first, piece)`` for every piece, in order; in this process, or on joblib's workers."""
    if workers < 2 or len(pieces) < 2:
        for piece in pieces:
            yield task(*first, piece)
        return
    import joblib

    yield from joblib.Parallel(n_jobs=workers)(joblib.delayed(task)(*first, piece) for piece in pieces)


# ---------------------------------------------------------------- the command


def refuse(call: Call, levels: tuple[LevelPlan, ...], node: nodes.Mixed) -> None:
    if call.weight is not None or any(part.weight is not None for plan in levels for part in plan.parts):
        raise StataError(101, "weights not allowed with parquet")
    if node.clauses.in_ is not None:
        raise StataError(198, "in range not allowed with parquet")
    for name in ("vce", "robust", "cluster"):
        if call.has(name) and call.opt("vce") != "oim":
            raise StataError(198, f"option {name} not allowed with parquet")
    if any(part.factor for plan in levels for part in plan.parts):
        raise StataError(198, "R.varname not allowed with parquet")
    if not levels:
        raise StataError(198, "parquet needs at least one random-effects equation")


def names_in(node: Any) -> Iterator[str]:
    """Names that an expression mentions."""
    if isinstance(node, nodes.Name):
        yield node.name
    elif is_dataclass(node):
        for part in fields(node):
            yield from names_in(getattr(node, part.name))
    elif isinstance(node, tuple):
        for part in node:
            yield from names_in(part)


def estimate(
    call: Call, ctx: Context, control: lmm.Control, words: Callable[[], AbstractContextManager[None]]
) -> tuple[str, DesignRecipe, lmm.LmmFit, Model]:
    """Fit from ``workspace.partitions``; ``words`` puts the engine's errors into Stata's words."""
    pieces = ctx.workspace.partitions
    node: nodes.Mixed = call.node
    depvar, terms = dependent(call.terms, ctx)
    levels = plan_levels(node.equations, ctx)
    refuse(call, levels, node)
    residual: ResidualPlan = residual_plan(call.opt("residuals"), ctx)
    if residual.correlated:
        raise StataError(198, f"residuals({residual.kind}) with Parquet data not yet supported")
    if not all(part.effects or part.terms for plan in levels for part in plan.parts):
        raise StataError(198, "equations without random effects not yet supported with Parquet data")
    reml, constant = call.has("reml"), not call.has("noconstant")
    expanded = expand_terms(ctx.data, terms, ctx.settings.varabbrev)
    random = [name for plan in levels for part in plan.parts for name in part.variables]
    groups = [plan.name for plan in levels if plan.name != ALL]
    by = [residual.by] if residual.by else []
    complete = tuple(dict.fromkeys([depvar, *expanded.names, *random, *groups, *by]))
    mentioned = [ctx.data.find(name) for name in names_in(node.clauses.if_) if ctx.data.lookup(name)]
    reader = Reader(
        tuple(dict.fromkeys([*complete, *mentioned])), complete, node.clauses.if_, Luggage.pack(ctx)
    )
    factors = [*expanded.factor_names, *by]
    for plan in levels:
        for part in plan.parts:
            factors += part.terms.factor_names if part.terms is not None else ()
    sketches = list(over(pieces, sketch, (reader, tuple(dict.fromkeys(factors))), 1))
    rows = sum(count for _, count in sketches)
    if not rows:
        raise StataError.no_observations()
    ctx.data = parquet.stack([data for data, _ in sketches])
    found = build(ctx.data, expanded, None, constant, keep_collinear=True)
    everything = np.ones(ctx.data.n, dtype=bool)
    levels = tuple(
        replace(plan, parts=tuple(settle(part, ctx, everything) for part in plan.parts)) for plan in levels
    )
    strata: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    if residual.by:
        strata = tuple(np.unique(ctx.data.values(residual.by)).tolist())
        texts = tuple(number_text(ctx.data, residual.by, value) for value in strata)
    made = Plan(reader, depvar, found.recipe, levels, residual.by, strata)
    workers = available(ctx) if rows > LARGE else 1
    total = partitions.sum_grams(over(pieces, gram, (made,), workers))
    kept = partitions.independent_columns(total, constant)
    notes = found.notes
    if not kept.all():
        slopes = kept[:-1] if constant else kept
        found = found.without(~slopes)
        notes += found.notes
        total, made = total.keep(kept), replace(made, recipe=found.recipe)
    for note in notes:
        ctx.emit(Text(note.text(ctx.settings.release)))

    with words():
        basis = partitions.gram_basis(total)
        blocks, sizes = partitions.merge(over(pieces, share, (made, basis), workers), basis)
        names = [level.name for level in levels]
        fitted = partitions.fit_blocks(blocks, sizes, names, total, reml=reml, control=control)
    infos = tuple(
        layout.GroupInfo(level.name, level.n_groups, level.size_min, level.size_avg, level.size_max)
        for level in fitted.levels
    )
    model = Model(
        levels, residual, reml, Vce("oim"), None, (), None, strata=texts, n=fitted.n, groups=infos,
        partitioned=True,
    )  # fmt: skip
    return depvar, found.recipe, fitted, model
