"""Rows in random order within groups, and text arguments read as variables or expressions."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import numbers
from pystata_hlm.data.dataset import Groups
from pystata_hlm.data.sorting import stable_order
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context


def random_place(codes: np.ndarray, n: int, ctx: Context) -> np.ndarray:
    """Place (from 0) of each row in a random order of its group's rows; one uniform number for each of n rows.

    How Stata itself turns its stream into these orders is not published.
    """
    order = stable_order([codes, ctx.rng.uniform(n)])
    order = np.arange(n) if order is None else order
    sizes = np.bincount(codes[order] - codes.min(initial=0)) if n else np.zeros(0, dtype=np.int64)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n) - starts
    return place


def names_in(text: str, ctx: Context) -> list[str]:
    """The variables of a varlist written as text."""
    if not text.strip():
        raise StataError.varlist_required()
    return list(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))


def number_in(text: str, ctx: Context) -> float:
    """A number or scalar expression; r(198) for anything else."""
    value = ctx.scalar(parse("expr", text))
    if isinstance(value, str):
        raise StataError.type_mismatch()
    return value


def values_in(text: str, ctx: Context, sample: np.ndarray, groups: Groups | None = None) -> np.ndarray:
    """An expression's numbers, one per row; r(109) for strings."""
    value = ctx.evaluate(parse("expr", text), sample, groups)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    return np.asarray(numbers(value, ctx.data.n)[0])
