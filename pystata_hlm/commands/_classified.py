"""Fitted probabilities against outcomes after logit and kin: what lroc and estat classification need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._ml_kinds import KINDS
from pystata_hlm.commands._ml_predict import BINARY, index
from pystata_hlm.design.matrix import markout
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray


@dataclass(frozen=True)
class Classified:
    """Probabilities, outcomes (0/1) and frequencies of the observations."""

    p: Array
    y: Array
    w: Array


def classified(ctx: Context, sample: Array | None, cmds: tuple[str, ...] = BINARY) -> Classified:
    """The estimation sample, or with ``sample`` (if, in, all) those rows. r(301), r(321), r(2000)."""
    e = ctx.workspace.e
    if e.empty:
        raise StataError.last_estimates_not_found()
    estimation = e.estimation
    if estimation is None or estimation.cmd not in cmds:
        raise StataError.last_estimates_not_found()
    if e.macros.get("wtype") not in (None, "fweight"):
        raise StataError(198, f"not possible after estimation with {e.macros['wtype']}s")
    rows = ctx.workspace.e_sample() if sample is None else sample
    rows = markout(ctx.data, (estimation.depvar, *estimation.recipe.variables), rows)
    if not rows.any():
        raise StataError.no_observations()
    p = KINDS[estimation.extra["kind"]].link.cdf(index(estimation, ctx)[rows])
    y = (ctx.data.values(estimation.depvar)[rows] != 0).astype(float)
    w = np.ones(len(y))
    if e.macros.get("wtype") == "fweight":
        from pystata_hlm.commands.margins import estimation_weights

        weights = estimation_weights(ctx)
        assert weights is not None
        w = weights.values[rows]
    return Classified(p, y, w)


def curve(c: Classified) -> tuple[Array, Array, float]:
    """False and true positive rates at falling cutoffs, from (0, 0) to (1, 1), and the area by the trapezoid rule."""
    values, codes = np.unique(-c.p, return_inverse=True)
    positive = np.bincount(codes, c.w * c.y, minlength=len(values))
    negative = np.bincount(codes, c.w * (1 - c.y), minlength=len(values))
    true = np.concatenate([[0.0], np.cumsum(positive) / positive.sum()])
    false = np.concatenate([[0.0], np.cumsum(negative) / negative.sum()])
    return false, true, float(np.trapezoid(true, false))
