"""Weights of ``mixed``: [fweight], [pweight], fweight() and pweight() of the levels, pwscale().

Sampling weights make a pseudolikelihood and imply vce(robust). [ME] mixed: pwscale(size) scales the first-level
weights to sum to the cluster's size, pwscale(effective) to its effective size (sum w)^2 / sum w^2, pwscale(gk) gives
clusters the mean product of both weights and observations the weight one; for two-level models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate
from pystata_hlm.lang.unparse import unparse
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import LevelPlan
    from pystata_hlm.numeric import lmm
    from pystata_hlm.runtime.context import Context

SCALES = (("size", 2), ("effective", 3), ("gk", 2))


@dataclass(frozen=True)
class LevelWeight:
    """fweight() or pweight() of one level: values for all observations."""

    kind: str
    values: np.ndarray
    text: str


@dataclass(frozen=True)
class Weighting:
    """Everything that is weighted. observations: kind and values for all observations; levels: top down."""

    kind: str
    observations: np.ndarray | None
    levels: tuple[LevelWeight | None, ...]
    scale: str = ""

    @property
    def any(self) -> bool:
        return self.observations is not None or any(w is not None for w in self.levels)

    @property
    def sampling(self) -> bool:
        """Sampling weights somewhere: pseudolikelihood, robust standard errors."""
        return self.kind == "pweight" or any(w is not None and w.kind == "pweight" for w in self.levels)


def scale_of(text: str | None) -> str:
    if text is None:
        return ""
    word = text.strip()
    for name, shortest in SCALES:
        if len(word) >= shortest and name.startswith(word):
            return name
    raise StataError(198, f"option pwscale() incorrectly specified: {word} not allowed")


def weighting_of(call: Call, plans: tuple[LevelPlan, ...], reml: bool, ctx: Context) -> Weighting:
    """Evaluate all weights; r(101) with REML or crossed effects, r(402) negative, r(401) fractional frequencies."""
    kind = call.weight.kind if call.weight is not None else ""
    values = call.weight.values if call.weight is not None else None
    levels = tuple(level_weight(plan, call, ctx) for plan in plans)
    found = Weighting(kind, values, levels, scale_of(call.opt("pwscale")))
    if found.any and reml:
        raise StataError(101, "weights not allowed with restricted maximum likelihood")
    if found.any and any(part.factor for plan in plans for part in plan.parts):
        raise StataError(101, "weights with R.varname not yet supported")
    if found.scale:
        if not found.sampling:
            raise StataError(198, "option pwscale() requires sampling weights")
        if len(plans) != 1:
            raise StataError(198, "option pwscale() is allowed only with two-level models")
    return found


def level_weight(plan: LevelPlan, call: Call, ctx: Context) -> LevelWeight | None:
    part = next((p for p in plan.parts if p.weight is not None), None)
    if part is None or part.weight is None:
        return None
    kind, node = part.weight
    value = evaluate(node, ctx.env(call.sample))
    if not hasattr(value, "codes"):
        raise StataError.type_mismatch()
    values = np.broadcast_to(np.asarray(value.values, dtype=np.float64), (ctx.data.n,))
    used = values[call.sample & ~np.isnan(values)]
    if (used < 0).any():
        raise StataError(402, "negative weights encountered")
    if kind == "fweight" and (used != np.floor(used)).any():
        raise StataError(401, "may not use noninteger frequency weights")
    return LevelWeight(kind, values, unparse(node))


def narrow(sample: np.ndarray, found: Weighting) -> np.ndarray:
    """The sample without rows whose groups have missing or zero weight."""
    out = sample.copy()
    for weight in found.levels:
        if weight is not None:
            with np.errstate(invalid="ignore"):
                out &= weight.values > 0
    return out


@dataclass(frozen=True)
class RowWeighting:
    """On the estimation sample: weights for the engine and frequencies for the counts that are shown.

    observations, levels  as they enter the likelihood, None = 1;  frequency, level_frequency  frequency parts only
    """

    observations: np.ndarray | None
    levels: tuple[np.ndarray | None, ...]
    frequency: np.ndarray | None
    level_frequency: tuple[np.ndarray | None, ...]

    @property
    def repeated(self) -> bool:
        return self.frequency is not None or any(f is not None for f in self.level_frequency)


def on_rows(found: Weighting, plans: tuple[LevelPlan, ...], rows: np.ndarray, ctx: Context) -> RowWeighting:
    """Check that group weights are constant in their groups, r(459), and scale."""
    observations = None if found.observations is None else found.observations[rows]
    levels: list[np.ndarray | None] = []
    for plan, weight in zip(plans, found.levels, strict=True):
        if weight is None:
            levels.append(None)
            continue
        values = weight.values[rows]
        first, codes = _groups(plan, rows, ctx)
        if (values[first][codes] != values).any():
            raise StataError(459, f"{weight.kind}s not constant within groups defined by {plan.name}")
        levels.append(values)
    frequency = observations if found.kind == "fweight" else None
    level_frequency = tuple(
        values if weight is not None and weight.kind == "fweight" else None
        for weight, values in zip(found.levels, levels, strict=True)
    )
    if found.scale:
        observations, levels[0] = scaled(found.scale, observations, levels[0], plans[0], rows, ctx)
    return RowWeighting(observations, tuple(levels), frequency, level_frequency)


def _groups(plan: LevelPlan, rows: np.ndarray, ctx: Context) -> tuple[np.ndarray, np.ndarray]:
    """(first sample row of each group, group of each sample row)."""
    n = int(rows.sum())
    if not plan.keys:
        return np.zeros(1, dtype=np.intp), np.zeros(n, dtype=np.intp)
    codes = ctx.data.groups(list(plan.keys), rows).codes[rows]
    _, first, index = np.unique(codes, return_index=True, return_inverse=True)
    return first, index


def scaled(
    scale: str,
    observations: np.ndarray | None,
    clusters: np.ndarray | None,
    plan: LevelPlan,
    rows: np.ndarray,
    ctx: Context,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """pwscale(): (observation weights, cluster weights by row)."""
    _, codes = _groups(plan, rows, ctx)
    n = len(codes)
    w = np.ones(n) if observations is None else observations
    size = np.bincount(codes)
    total = np.bincount(codes, weights=w)
    if scale == "size":
        return w * (size / total)[codes], clusters
    if scale == "effective":
        squares = np.bincount(codes, weights=w * w)
        return w * (total / squares)[codes], clusters
    both = w if clusters is None else w * clusters
    return np.ones(n), (np.bincount(codes, weights=both) / size)[codes]


def group_infos(
    plans: tuple[LevelPlan, ...], fitted: lmm.LmmFit, weights: RowWeighting
) -> tuple[layout.GroupInfo, ...]:
    """Groups and their sizes, counted with frequency weights."""
    if not weights.repeated:
        return tuple(
            layout.GroupInfo(p.name, lv.n_groups, lv.size_min, lv.size_avg, lv.size_max)
            for p, lv in zip(plans, fitted.levels, strict=True)
        )
    rows = np.ones(fitted.n) if weights.frequency is None else weights.frequency.copy()
    out: list[layout.GroupInfo] = []
    for k in range(len(plans) - 1, -1, -1):
        level = fitted.levels[k]
        sizes = np.bincount(level.row_group, weights=rows)
        groups = np.ones(level.n_groups)
        for own in weights.level_frequency[: k + 1]:
            if own is not None:
                groups *= own[level.group_row]
        count = float(groups.sum())
        average = float(groups @ sizes) / count
        out.insert(
            0, layout.GroupInfo(plans[k].name, int(count), int(sizes.min()), average, int(sizes.max()))
        )
        lower = weights.level_frequency[k]
        if lower is not None:
            rows = rows * lower
    return tuple(out)


def n_observations(fitted: lmm.LmmFit, weights: RowWeighting) -> int:
    total = np.ones(fitted.n) if weights.frequency is None else weights.frequency
    for own in weights.level_frequency:
        if own is not None:
            total = total * own
    return int(total.sum())


def cluster_copies(fitted: lmm.LmmFit, weights: RowWeighting) -> np.ndarray | None:
    """How many highest-level groups (rows, without groups) each one stands for."""
    if not fitted.levels:
        return weights.frequency
    own = weights.level_frequency[0]
    return None if own is None else own[fitted.levels[0].group_row]


def weight_macros(call: Call, found: Weighting) -> dict[str, str]:
    """e(wtype), e(wexp), e(fweight#), e(pweight#), e(pwscale)."""
    out = {}
    if call.weight is not None:
        out = {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    for k, weight in enumerate(found.levels, 1):
        if weight is not None:
            out[f"{weight.kind}{k}"] = weight.text
    if found.scale:
        out["pwscale"] = found.scale
    return out
