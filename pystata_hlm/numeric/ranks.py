"""Rank statistics: midranks, Wilcoxon's two tests with their permutation distributions, Kruskal-Wallis, Kendall.

Definitions: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (2014), chapters 3, 4, 6, 8; the zeros of the
signed-rank test are ranked with the rest, as Snedecor and Cochran have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.numeric import dist

Array = np.ndarray


def midranks(x: Array) -> tuple[Array, Array]:
    """Average ranks (1..n) of x (n,), no missing values, and the sizes of the groups of ties."""
    _, index, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[index.ravel()], counts.astype(float)


def tie_sum(counts: Array) -> float:
    """Sum of t^3 - t over the groups of ties."""
    return float((counts**3 - counts).sum())


@dataclass(frozen=True)
class RankSum:
    """n, sums and expectations of the two groups; variance of the sum of the first; p_exact NaN when not computed."""

    n: tuple[float, float]
    sums: tuple[float, float]
    expected: tuple[float, float]
    variance: float
    ties: float
    z: float
    p: float
    p_exact: float
    greater: float
    """Probability that the first group's value is the larger one."""


def _tail(distribution: Array, observed: int, centre: float) -> float:
    """Probability of being at least as far from the centre as the observed sum."""
    away = np.abs(np.arange(len(distribution)) - centre)
    return float(min(1.0, distribution[away >= abs(observed - centre) - 1e-6].sum()))


def _subset_sums(weights: Array, size: int) -> Array:
    """Distribution of the sum of ``size`` of the integer weights drawn without replacement."""
    total = int(np.sort(weights)[::-1][:size].sum())
    table = np.zeros((size + 1, total + 1))
    table[0, 0] = 1.0
    n = len(weights)
    for k, weight in enumerate(weights.tolist()):
        drawn = min(size, k + 1)
        table[1 : drawn + 1, weight:] += table[:drawn, : total + 1 - weight]
        if k % 64 == 63 or k == n - 1:
            peak = table.max()
            table /= peak
    row = table[size]
    return row / row.sum()


def rank_sum(first: Array, second: Array, exact: bool) -> RankSum:
    n1, n2 = float(len(first)), float(len(second))
    n = n1 + n2
    ranks, counts = midranks(np.concatenate([first, second]))
    w = float(ranks[: len(first)].sum())
    sums = (w, n * (n + 1) / 2 - w)
    expected = (n1 * (n + 1) / 2, n2 * (n + 1) / 2)
    variance = n1 * n2 * (n + 1) / 12
    ties = -n1 * n2 * tie_sum(counts) / (12 * n * (n - 1)) if n > 1 else 0.0
    spread = variance + ties
    z = (w - expected[0]) / math.sqrt(spread) if spread > 1e-10 else math.nan
    p = 2 * float(dist.normal(-abs(z))) if z == z else math.nan
    p_exact = math.nan
    if exact:
        doubled = np.rint(2 * ranks).astype(np.int64)
        if n1 <= n2:
            p_exact = _tail(_subset_sums(doubled, int(n1)), round(2 * w), 2 * expected[0])
        else:
            p_exact = _tail(_subset_sums(doubled, int(n2)), round(2 * sums[1]), 2 * expected[1])
    greater = (w - n1 * (n1 + 1) / 2) / (n1 * n2)
    return RankSum((n1, n2), sums, expected, variance, ties, z, p, p_exact, greater)


@dataclass(frozen=True)
class SignedRank:
    """Counts, rank sums and expectations of positive, negative and zero differences; the variance and its parts."""

    n: tuple[float, float, float]
    sums: tuple[float, float, float]
    expected: tuple[float, float, float]
    variance: float
    ties: float
    zeros: float
    z: float
    p: float
    p_exact: float


def signed_rank(d: Array, exact: bool) -> SignedRank:
    n = float(len(d))
    ranks, counts = midranks(np.abs(d))
    n0 = float((d == 0).sum())
    positive, negative = float(ranks[d > 0].sum()), float(ranks[d < 0].sum())
    zero = n0 * (n0 + 1) / 2
    half = (n * (n + 1) / 2 - zero) / 2
    variance = n * (n + 1) * (2 * n + 1) / 24
    nonzero = counts[1:] if n0 else counts
    ties = -tie_sum(nonzero) / 48
    zeros = -n0 * (n0 + 1) * (2 * n0 + 1) / 24
    spread = variance + ties + zeros
    z = (positive - half) / math.sqrt(spread) if spread > 1e-10 else math.nan
    p = 2 * float(dist.normal(-abs(z))) if z == z else math.nan
    p_exact = math.nan
    if exact:
        weights = np.rint(2 * ranks[d != 0]).astype(np.int64)
        table = np.zeros(int(weights.sum()) + 1)
        table[0] = 1.0
        for weight in weights.tolist():
            table[weight:] += table[: len(table) - weight].copy()
            table /= 2.0
        p_exact = _tail(table / table.sum(), round(2 * positive), 2 * half)
    signs = (float((d > 0).sum()), float((d < 0).sum()), n0)
    return SignedRank(
        signs, (positive, negative, zero), (half, half, zero), variance, ties, zeros, z, p, p_exact
    )


def kruskal_wallis(x: Array, groups: Array, size: int) -> tuple[Array, Array, float, float]:
    """Observations and rank sums of the groups, the statistic, and the statistic adjusted for ties."""
    ranks, counts = midranks(x)
    n = float(len(x))
    obs = np.bincount(groups, minlength=size).astype(float)
    sums = np.bincount(groups, weights=ranks, minlength=size)
    used = obs > 0
    h = 12 / (n * (n + 1)) * float((sums[used] ** 2 / obs[used]).sum()) - 3 * (n + 1)
    shrink = 1 - tie_sum(counts) / (n**3 - n) if n > 1 else math.nan
    return obs, sums, h, h / shrink if shrink > 0 else math.nan


@dataclass(frozen=True)
class Kendall:
    """Score S, its standard error under independence, tau-a, tau-b, and the p-value (continuity corrected)."""

    n: float
    score: float
    se: float
    tau_a: float
    tau_b: float
    p: float


def kendall(x: Array, y: Array) -> Kendall:
    n = float(len(x))
    score, chunk = 0.0, 512
    for start in range(0, len(x), chunk):  # blocks of pairs: memory n * 512
        part = slice(start, start + chunk)
        score += float((np.sign(x[part, None] - x[None, :]) * np.sign(y[part, None] - y[None, :])).sum())
    score /= 2
    t, u = midranks(x)[1], midranks(y)[1]
    pairs = n * (n - 1) / 2
    tied_x, tied_y = float((t * (t - 1) / 2).sum()), float((u * (u - 1) / 2).sum())
    below = math.sqrt(max(0.0, (pairs - tied_x) * (pairs - tied_y)))
    variance = (
        n * (n - 1) * (2 * n + 5)
        - float((t * (t - 1) * (2 * t + 5)).sum())
        - float((u * (u - 1) * (2 * u + 5)).sum())
    ) / 18
    if n > 2:
        triple = float((t * (t - 1) * (t - 2)).sum()) * float((u * (u - 1) * (u - 2)).sum())
        variance += triple / (9 * n * (n - 1) * (n - 2))
    if n > 1:
        variance += float((t * (t - 1)).sum()) * float((u * (u - 1)).sum()) / (2 * n * (n - 1))
    se = math.sqrt(max(0.0, variance))
    z = max(0.0, abs(score) - 1) / se if se > 0 else math.nan
    p = min(1.0, 2 * float(dist.normal(-z))) if z == z else math.nan
    return Kendall(
        n, score, se, score / pairs if pairs else math.nan, score / below if below > 0 else math.nan, p
    )
