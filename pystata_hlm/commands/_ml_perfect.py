"""Perfect prediction of a binary outcome: variables left out with their observations, and Stata's notes.

[R] logit, "Model identification": an indicator one of whose values has a single outcome; a variable that separates
the outcomes but for ties at one value; a variable that separates them wholly (r(2000)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.design.matrix import Design
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray


@dataclass(frozen=True)
class Found:
    """Rows (of those looked at) that go, and what the note says."""

    rows: Array
    text: str


def _number(value: float) -> str:
    return format_number(float(value), "%9.0g").strip()


def of_indicator(name: str, x: Array, y: Array) -> Found | None:
    """A value of a two-valued variable with one outcome only. r(2000) when each value has its own outcome."""
    low, high = np.unique(x).tolist()
    for value, other in ((high, low), (low, high)):
        side = x == value
        if len(np.unique(y[side])) != 1:
            continue
        if len(np.unique(y[~side])) == 1:
            sign = ">" if y[x == high][0] else "<="
            raise StataError(2000, f"outcome = {name} {sign} {_number(low)} predicts data perfectly")
        what = "success" if y[side][0] else "failure"
        return Found(side, f"{name} != {_number(other)} predicts {what} perfectly;")
    return None


def of_many(name: str, x: Array, y: Array) -> Found | None:
    """A variable with more values whose ranges by outcome meet in one value at most."""
    zero, one = x[y == 0], x[y == 1]
    rises = zero.max() <= one.min()
    if not rises and one.max() > zero.min():
        return None
    low, high = (zero, one) if rises else (one, zero)
    sign = ">" if rises else "<="
    if low.max() < high.min():
        raise StataError(2000, f"outcome = {name} {sign} {_number(low.max())} predicts data perfectly")
    tie = high.min()
    at = _number(tie)
    sign = ">" if rises else "<"
    return Found(
        x != tie,
        f"outcome = {name} {sign} {at} predicts data perfectly except for\n      {name} == {at} subsample:",
    )


def without_perfect(found: Design, y: Array, ctx: Context) -> tuple[Design, Array]:
    """The design without perfect predictors, and which rows stay. ``y`` is 0/1."""
    keep = np.ones(len(y), dtype=bool)
    recipe = found.recipe
    gone = np.zeros(found.x.shape[1] - int(recipe.constant), dtype=bool)
    changed = True
    while changed:
        changed = False
        for j in np.flatnonzero(~gone).tolist():
            x, out = found.x[keep, j], y[keep]
            if not out.any() or out.all():
                raise StataError.no_observations()
            count = len(np.unique(x))
            if count < 2:
                continue
            name = recipe.columns[int(recipe.kept[j])].plain_name
            hit = of_indicator(name, x, out) if count == 2 else of_many(name, x, out)
            if hit is not None:
                n = int(hit.rows.sum())
                ctx.say(f"\nnote: {hit.text}\n      {name} omitted and {n} obs not used.")
                keep[np.flatnonzero(keep)[hit.rows]] = False
                gone[j] = changed = True
                break
    if gone.any():
        found = found.without(gone)
        found = replace(found, x=found.x[keep])
    return found, keep
