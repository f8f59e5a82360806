"""From terms and rows to the design matrix, its recipe, and the notes on what was left out.

Steps: 1. levels and bases of the factor variables; 2. columns of every term, those that repeat lower-order
terms marked base; 3. empty cells; 4. values; 5. collinear columns, sweeping from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import missing
from pystata_hlm.design.collinear import independent, pivot_order
from pystata_hlm.design.factors import Factor, Rows, all_rows, find_factors, take
from pystata_hlm.design.recipe import DesignColumn, DesignRecipe, Note
from pystata_hlm.design.terms import Term, TermList, expand_terms
from pystata_hlm.lang import nodes as ast

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset

__all__ = ["Design", "DesignColumn", "DesignRecipe", "Note", "build", "design", "markout"]


@dataclass(frozen=True)
class Design:
    """``x`` (n, k) holds the estimated columns only, the constant last; ``notes`` are to be printed."""

    x: NDArray[np.float64]
    recipe: DesignRecipe
    notes: tuple[Note, ...]

    def without(self, omitted: NDArray[np.bool_]) -> Design:
        """The design with some of its slopes omitted, (slopes,) mask over the columns of x; notes name them."""
        recipe, columns = self.recipe, list(self.recipe.columns)
        notes = []
        for k in recipe.kept[: len(omitted)][omitted].tolist():
            column = columns[k]
            notes.append(Note("collinear", column.plain_name))
            name = _column_name(recipe.terms[column.term], column.levels, recipe.factors, True)
            columns[k] = replace(column, name=name, status="omitted")
        keep = np.append(~omitted, True) if recipe.constant else ~omitted
        left = DesignRecipe(recipe.terms, tuple(columns), recipe.factors, recipe.constant)
        return Design(self.x[:, keep], left, tuple(notes))


def markout(data: Dataset, names: Iterable[str], sample: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The sample without rows in which a variable is missing (a new mask)."""
    result = sample.copy()
    for name in dict.fromkeys(names):
        bad = missing.is_missing(data.column(name).data)
        if bad.any():
            result &= ~bad
    return result


# ---------------------------------------------------------------- columns of a term


def _cells(term: Term, factors: Mapping[str, Factor]) -> Iterable[tuple[int, ...]]:
    """Level combinations, the first factor moving slowest."""
    return product(*(p.levels if p.levels is not None else factors[p.name].levels for p in term.factors))


def _redundant(
    term: Term, cell: tuple[int, ...], factors: Mapping[str, Factor], present: set[object]
) -> bool:
    """Whether dropping some of the cell's base-level factors leaves a term of the model.

    So the cells of ``a#b`` with a base level are redundant in ``a##b``; in ``a#b`` alone only the cell of
    both bases is (it is the constant), and ``i.a#c.x`` without ``x`` has a slope at every level.
    """
    at_base = [
        p
        for p, level in zip(term.factors, cell, strict=True)
        if p.levels is None and factors[p.name].base == level
    ]
    for size in range(1, len(at_base) + 1):
        for dropped in combinations(at_base, size):
            rest = tuple(sorted((p.name, p.factor) for p in term.parts if p not in dropped))
            if not rest or rest in present:
                return True
    return False


def _column_name(term: Term, cell: tuple[int, ...], factors: Mapping[str, Factor], omitted: bool) -> str:
    """Stata's name of a column; ``o`` marks what is omitted and no base level."""
    levels = iter(cell)
    pieces = []
    for part in term.parts:
        if part.factor:
            level = next(levels)
            factor = factors[part.name]
            if part.levels is None and factor.base == level:
                mark = "b"
            elif part.levels is None and factor.base is None and factor.levels[0] == level:
                mark = "bn"
            else:
                mark = "o" if omitted else ""
            pieces.append(f"{level}{mark}.{part.name}")
        elif len(term.parts) == 1:
            pieces.append(f"o.{part.name}" if omitted else part.name)
        else:
            pieces.append(f"{'co' if omitted else 'c'}.{part.name}")
    return "#".join(pieces)


def _term_columns(
    index: int, term: Term, factors: Mapping[str, Factor], present: set[object]
) -> list[DesignColumn]:
    columns = []
    for cell in _cells(term, factors):
        omit = term.repeat or any(not p.factor and p.omit for p in term.parts)
        omit |= any(level in p.omit for p, level in zip(term.factors, cell, strict=True))
        status = "omitted" if omit else "base" if _redundant(term, cell, factors, present) else ""
        columns.append(DesignColumn(_column_name(term, cell, factors, bool(status)), index, cell, status))
    return columns


# ---------------------------------------------------------------- empty cells


def _empty_cells(
    term: Term, factors: Mapping[str, Factor], data: Dataset, rows: Rows
) -> set[tuple[int, ...]]:
    """Level combinations that occur in no row."""
    parts = term.factors
    if not parts:
        return set()
    if len(parts) == 1:
        factor = factors[parts[0].name]
        return {(level,) for level, count in zip(factor.levels, factor.counts, strict=True) if count == 0}
    code: NDArray[np.int64] | None = None
    for part in parts:
        levels = np.asarray(factors[part.name].levels)
        place = np.searchsorted(levels, take(data.column(part.name).data, rows))
        code = place if code is None else code * len(levels) + place
    assert code is not None
    shape = tuple(len(factors[p.name].levels) for p in parts)
    counts = np.bincount(code, minlength=int(np.prod(shape))).reshape(shape)
    return {
        tuple(factors[p.name].levels[i] for p, i in zip(parts, place, strict=True))
        for place in zip(*(axis.tolist() for axis in np.nonzero(counts == 0)), strict=True)
    }


# ---------------------------------------------------------------- building


def build(
    data: Dataset,
    terms: TermList,
    rows: Rows = None,
    constant: bool = True,
    keep_collinear: bool = False,
) -> Design:
    """Design matrix of the rows (mask, row numbers or None for all), which must have no missing values.

    Errors: r(452) or r(109) for variables that cannot be factors.
    """
    rows = all_rows(rows)
    factors = find_factors(data, terms, rows)
    present: set[object] = {term.margin_key for term in terms.terms if not term.repeat}
    columns: list[DesignColumn] = []
    notes: list[Note] = []
    for index, term in enumerate(terms.terms):
        empty = _empty_cells(term, factors, data, rows)
        for column in _term_columns(index, term, factors, present):
            if column.levels in empty and column.status != "omitted":
                plain = replace(column, name=_column_name(term, column.levels, factors, False))
                notes.append(Note("empty", plain.name))
                name = _column_name(term, column.levels, factors, True)
                column = replace(column, name=name, status="empty")
            columns.append(column)
    if constant:
        columns.append(DesignColumn("_cons", -1))
    already = {k for k, column in enumerate(columns) if column.status == "omitted"}
    recipe = DesignRecipe(terms.terms, tuple(columns), factors, constant)
    x = recipe.evaluate(data, rows)
    if keep_collinear:
        return Design(x, recipe, tuple(notes))
    slopes = x[:, :-1] if constant else x
    good = independent(slopes, constant)
    if not good.all():
        alone = np.array([_plain(terms.terms[columns[j].term]) for j in recipe.kept[: len(good)]], dtype=bool)
        slots = np.flatnonzero(alone)
        order = np.arange(len(good))
        order[slots] = slots[pivot_order(slopes[:, slots], constant)]
        good[order] = independent(slopes[:, order], constant)
        found = Design(x, recipe, ()).without(~good)
        columns, x, recipe = list(found.recipe.columns), found.x, found.recipe
        dropped = {k for k, column in enumerate(columns) if column.status == "omitted"} - already
    else:
        dropped = set()
    notes += _collinear_notes(terms, columns, dropped)
    return Design(x, recipe, tuple(notes))


def _plain(term: Term) -> bool:
    """A continuous variable by itself: these change places by size; factors and products keep theirs."""
    return len(term.parts) == 1 and not term.parts[0].factor


def _collinear_notes(terms: TermList, columns: list[DesignColumn], dropped: set[int]) -> list[Note]:
    """One note for each repeated or collinear column, in order."""
    return [
        Note("collinear", column.plain_name)
        for j, column in enumerate(columns)
        if j in dropped or (column.term >= 0 and terms.terms[column.term].repeat)
    ]


def design(
    data: Dataset,
    nodes: Iterable[ast.VarTerm],
    sample: NDArray[np.bool_],
    constant: bool = True,
    varabbrev: bool = True,
) -> tuple[Design, NDArray[np.bool_]]:
    """``expand_terms``, ``markout`` and ``build`` in one: (design, the sample without missing values)."""
    terms = expand_terms(data, nodes, varabbrev)
    complete = markout(data, terms.names, sample)
    return build(data, terms, complete, constant), complete
