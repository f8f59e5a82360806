"""mean: Estimate means.   mean varlist [if] [in] [weight] [, over(varlist) vce(cluster varname) level(#) noheader]

Layout: ../shared/cases/mean_auto, lang_return_ereturn_list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands._means_table import columns_over, over_facts, show
from pystata_hlm.commands._moments import fsum
from pystata_hlm.commands._over import Over
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt, Weights


@dataclass(frozen=True)
class Means:
    """Means of k variables (in each group) with covariance (analytic), standard deviations and counts."""

    b: np.ndarray
    vcov: np.ndarray
    sd: np.ndarray
    n: np.ndarray


def compute(x: np.ndarray, w: np.ndarray | None, weight: Weights | None) -> Means:
    """Columns of x (n, k): analytic covariance of the means; linearized under pweights."""
    rows, k = x.shape
    v = np.ones(rows) if w is None else w
    total = fsum(v)
    b = np.array([fsum(v * x[:, j]) / total for j in range(k)])
    d = x - b
    kind = "" if weight is None else weight.kind
    n = total if kind in ("fweight", "iweight") else float(rows)
    cross = (d * v[:, None]).T @ d
    spread = cross / total * n / (n - 1) if n > 1 else np.full((k, k), math.nan)
    if kind == "pweight":
        score = d * v[:, None]
        vcov = score.T @ score * (n / (n - 1)) / total**2 if n > 1 else spread
    else:
        vcov = spread / n
    with np.errstate(invalid="ignore"):
        return Means(b, vcov, np.sqrt(np.diag(spread)), np.full(k, n))


def by_group(x: np.ndarray, groups: Over, w: np.ndarray | None, weight: Weights | None) -> Means:
    """Variables outermost, groups within; means of different groups are uncorrelated."""
    k, size = x.shape[1], groups.size
    parts = [
        compute(x[groups.index == g], None if w is None else w[groups.index == g], weight)
        for g in range(size)
    ]
    b, sd, n = np.zeros(k * size), np.zeros(k * size), np.zeros(k * size)
    vcov = np.zeros((k * size, k * size))
    for g, part in enumerate(parts):
        at = np.arange(k) * size + g
        b[at], sd[at], n[at] = part.b, part.sd, part.n
        vcov[np.ix_(at, at)] = part.vcov
    return Means(b, vcov, sd, n)


@command(
    "mean",
    klass="e",
    varlist="required",
    weights=("fweight", "aweight", "iweight", "pweight"),
    estimation=True,
    replay_options=("level", "noheader"),
    options=(
        Opt("over", 0, "varlist"),
        Opt("level", 1, "level"),
        Opt("noheader", 3),
        Opt("vce", 3, "text"),
        Opt("cluster", 2, "varname"),
    ),
    unsupported=("stdize", "stdweight:5", "nostdrescale", "nolegend:3", "coeflegend:5"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    names = call.varlist
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    s = _totals.sample(names, call, ctx)
    x = np.column_stack([_totals.values(name, s, ctx) for name in names])
    w = None if call.weight is None else s.w
    found = by_group(x, s.groups, w, call.weight) if s.groups else compute(x, w, call.weight)
    linearized = call.weight is not None and call.weight.kind == "pweight"
    vcov = found.vcov
    if s.clusters is not None or (linearized and s.groups is not None):
        vcov = _totals.variance(scores(x, found.b, s.w, s.groups) / s.counts[:, None], s)
    columns = columns_over(names, s.groups, ctx.settings.release < 16)
    macros = {"vce": "linearized" if linearized else "analytic", "varlist": " ".join(names)}
    matrices = {"sd": StataMatrix(found.sd[None, :], ("sd",), columns)}
    extra = over_facts(names, s.groups, ctx)
    _totals.estimate("mean", call, s, found.b, vcov, columns, extra, ctx, macros, matrices)
    return None


def scores(x: np.ndarray, b: np.ndarray, w: np.ndarray, groups: Over | None) -> np.ndarray:
    """Weighted deviations from the mean over the group's weight: their sum's variance is that of the means."""
    if groups is None:
        return np.asarray((x - b) * w[:, None] / w.sum())
    inside = (groups.index[:, None] == np.arange(groups.size)) * w[:, None]
    share = inside / inside.sum(0)
    deviation = x[:, :, None] - b.reshape(x.shape[1], groups.size)
    return np.asarray((deviation * share[:, None, :]).reshape(len(x), -1))
