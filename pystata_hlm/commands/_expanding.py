"""Lists with factor-variable and time-series operators spelt out and made into variables: ``fvexpand``, ``fvrevar``,
``tsrevar``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data.column import Column
from pystata_hlm.data.timeseries import operated_column
from pystata_hlm.design.matrix import build, markout
from pystata_hlm.design.recipe import DesignColumn, DesignRecipe
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.lang import nodes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import fresh_variable


@dataclass(frozen=True)
class Expanded:
    recipe: DesignRecipe
    factors: bool
    timeseries: bool


def expanded(terms: nodes.Varlist, sample: NDArray[np.bool_], ctx: Context) -> Expanded:
    """The columns that a list stands for, levels taken from the sample where no factor variable is missing."""
    data = ctx.data
    found = expand_terms(data, terms, ctx.settings.varabbrev)
    rows = markout(data, found.factor_names, sample)
    design = build(data, found, rows, constant=False, keep_collinear=True)
    products = any(len(term.parts) > 1 for term in found.terms)
    return Expanded(
        design.recipe, bool(found.factor_names) or products, any("." in name for name in found.names)
    )


def base_names(names: Sequence[str]) -> list[str]:
    """The variables under the operators, each once."""
    return list(dict.fromkeys(name.rpartition(".")[2] for name in names))


def namer(stub: str | None, ctx: Context) -> Callable[[], str]:
    """Names for new variables: temporary ones, or stub1, stub2 ..."""
    count = 0

    def numbered() -> str:
        nonlocal count
        count += 1
        return f"{stub}{count}"

    return (lambda: fresh_variable(ctx)) if stub is None else numbered


def operated(name: str, sample: NDArray[np.bool_], new: Callable[[], str], ctx: Context) -> str:
    """A variable with the values of ``L.x``; the name itself when it has no operator."""
    column = operated_column(ctx.data, name)
    if column is None:
        return name
    if not sample.all():
        column = Column.numeric(np.where(sample, column.values(), np.nan), None, column.stype)
    made = new()
    ctx.data.add(made, column)
    return made


def substituted(found: Expanded, sample: NDArray[np.bool_], stub: str | None, ctx: Context) -> list[str]:
    """Variables with the columns' values; a plain variable stands for itself, base levels and empty cells are 0."""
    new = namer(stub, ctx)
    recipe, data = found.recipe, ctx.data
    made: list[str] = []
    ready: list[tuple[str, Column]] = []
    values = recipe.evaluate(data, None, every=True)
    for k, column in enumerate(recipe.columns):
        plain = _plain(column, recipe)
        if plain is not None and "." not in plain:
            made.append(plain)
            continue
        held = np.where(sample, values[:, k], np.nan)
        if column.status:  # nothing was multiplied: missing stays missing
            for name in recipe.terms[column.term].names:
                held = np.where(np.isnan(data.column(name).values()), np.nan, held)
        stype = "double" if recipe.terms[column.term].continuous else "byte"
        name = new()
        ready.append((name, Column.numeric(held, None, stype)))
        made.append(name)
    for name, values_of in ready:
        data.add(name, values_of)
    return made


def _plain(column: DesignColumn, recipe: DesignRecipe) -> str | None:
    """The name of a continuous variable by itself."""
    parts = recipe.terms[column.term].parts
    return parts[0].name if len(parts) == 1 and not parts[0].factor and not column.status else None
