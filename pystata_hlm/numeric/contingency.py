"""Tests and measures of association for two-way tables of frequencies.

Definitions: [R] tabulate twoway, Methods and formulas; Brown and Benedetti, "Sampling behavior of tests for
correlation in two-way contingency tables", JASA 72 (1977) 309-315, for the asymptotic standard errors; Mehta and
Patel, "A network algorithm for performing Fisher's exact test in r x c contingency tables", JASA 78 (1983)
427-434, for the exact test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.numeric import dist

Array = np.ndarray


def _used(table: Array) -> Array:
    """Without empty rows and columns."""
    t = np.asarray(table, dtype=float)
    return t[t.sum(1) > 0][:, t.sum(0) > 0]


def expected(table: Array) -> Array:
    """Frequencies expected under independence (r, c)."""
    return np.outer(table.sum(1), table.sum(0)) / table.sum()


def chi2_parts(table: Array) -> Array:
    """(observed - expected)^2 / expected; 0 where nothing is expected."""
    e = expected(table)
    return np.where(e > 0, (table - e) ** 2 / np.where(e > 0, e, 1), 0.0)


def lr_parts(table: Array) -> Array:
    """2 observed ln(observed/expected); 0 for empty cells."""
    e = expected(table)
    positive = table > 0
    return np.where(positive, 2 * table * np.log(np.where(positive, table, 1) / np.where(e > 0, e, 1)), 0.0)


def _test(statistic: float, table: Array) -> tuple[float, float]:
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    if df == 0:
        return math.nan, math.nan
    return statistic, float(dist.chi2tail(df, statistic))


def pearson(table: Array) -> tuple[float, float]:
    """Pearson's chi-squared and its p-value."""
    return _test(float(chi2_parts(table).sum()), table)


def likelihood_ratio(table: Array) -> tuple[float, float]:
    """Likelihood-ratio chi-squared and its p-value."""
    return _test(float(lr_parts(table).sum()), table)


def cramers_v(table: Array) -> float:
    """Cramer's V; for 2 x 2 tables with the sign of the association."""
    if table.shape == (2, 2):
        (a, b), (c, d) = table.tolist()
        product = (a + b) * (c + d) * (a + c) * (b + d)
        return (a * d - b * c) / math.sqrt(product) if product > 0 else math.nan
    smaller = min(table.shape) - 1
    if smaller == 0:
        return math.nan
    return math.sqrt(float(chi2_parts(table).sum()) / (float(table.sum()) * smaller))


def concordance(table: Array) -> tuple[Array, Array]:
    """For each cell the frequencies of concordant and of discordant cells, (r, c) each."""
    padded = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
    padded[1:, 1:] = table.cumsum(0).cumsum(1)
    above, below = padded[:-1], padded[-1] - padded[1:]
    left_above, left_below = above[:, :-1], below[:, :-1]
    right_above = above[:, -1:] - above[:, 1:]
    right_below = below[:, -1:] - below[:, 1:]
    return left_above + right_below, right_above + left_below


def gamma(table: Array) -> tuple[float, float]:
    """Goodman and Kruskal's gamma and its asymptotic standard error (ASE1)."""
    a, d = concordance(table)
    p, q = float((table * a).sum()), float((table * d).sum())
    if p + q == 0:
        return math.nan, math.nan
    spread = float((table * (q * a - p * d) ** 2).sum())
    return (p - q) / (p + q), 4 / (p + q) ** 2 * math.sqrt(spread)


def tau_b(table: Array) -> tuple[float, float]:
    """Kendall's tau-b and its asymptotic standard error (ASE1)."""
    a, d = concordance(table)
    n = float(table.sum())
    rows, columns = table.sum(1), table.sum(0)
    wr, wc = n * n - float((rows**2).sum()), n * n - float((columns**2).sum())
    if wr <= 0 or wc <= 0:
        return math.nan, math.nan
    root = math.sqrt(wr * wc)
    tau = float((table * (a - d)).sum()) / root
    v = rows[:, None] * wc + columns[None, :] * wr
    spread = float((table * (2 * root * (a - d) + tau * v) ** 2).sum()) - n**3 * tau**2 * (wr + wc) ** 2
    return tau, math.sqrt(max(0.0, spread)) / (wr * wc)


# -- Fisher's exact test --------------------------------------------------------------------------


@dataclass(frozen=True)
class Exact:
    """``stages``: (stage, nodes enumerated) of the network, none for 2 x 2; one_sided only for 2 x 2."""

    p: float
    one_sided: float | None
    stages: tuple[tuple[int, int], ...]


TOLERANCE = 1e-7
"""Tables whose probability exceeds the observed one by less than this share count as equally likely."""


def fisher(table: Array) -> Exact:
    """Two-sided p-value: the probability of all tables with these margins that are at most as likely."""
    t = np.rint(_used(table)).astype(np.int64)
    if min(t.shape, default=0) < 2:
        return Exact(1.0, 1.0 if t.shape == (1, 1) else None, ())
    if t.shape == (2, 2):
        return _two_by_two(t)
    if t.shape[0] > t.shape[1]:
        t = t.T
    return _network(t)


def _log_factorial(n: Array | int) -> Array:
    return np.asarray(dist.lngamma(np.asarray(n, dtype=float) + 1))


def _two_by_two(t: Array) -> Exact:
    (a, b), (c, d) = t.tolist()
    first, n, drawn = a + b, a + b + c + d, a + c
    k = np.arange(max(0, drawn - (c + d)), min(first, drawn) + 1)
    logs = -sum(_log_factorial(x) for x in (k, first - k, drawn - k, (c + d) - (drawn - k))) + (
        _log_factorial(first)
        + _log_factorial(c + d)
        + _log_factorial(drawn)
        + _log_factorial(b + d)
        - _log_factorial(n)
    )
    prob = np.exp(logs)
    at = prob[k == a][0]
    two = float(prob[prob <= at * (1 + TOLERANCE)].sum())
    low, high = float(prob[k <= a].sum()), float(prob[k >= a].sum())
    return Exact(min(1.0, two), min(1.0, low, high), ())


def _network(t: Array) -> Exact:
    """Columns one after another, smallest first; a node is what is left of the row totals (sorted).

    Paths that meet in a node with the same probability so far are one; those whose every completion is as
    unlikely as the observed table, or none is, are settled at once.
    """
    rows = tuple(sorted(t.sum(1).tolist()))
    columns = sorted(t.sum(0).tolist())
    n = int(t.sum())
    factorial = _log_factorial(np.arange(n + 1))
    constant = sum(factorial[r] for r in rows) + sum(factorial[c] for c in columns) - factorial[n]
    observed = float(constant - factorial[t].sum())
    limit = observed + TOLERANCE
    bounds = _Bounds(columns, factorial)
    nodes: dict[tuple[int, ...], dict[float, float]] = {rows: {0.0: 1.0}}
    stages = [(len(columns), 1)]
    p = 0.0
    for k, column in enumerate(columns[:-1]):
        following: dict[tuple[int, ...], dict[float, list[float]]] = {}
        for node, pasts in nodes.items():
            for split in _splits(node, column):
                target = tuple(sorted(x - y for x, y in zip(node, split, strict=True)))
                step = -float(factorial[list(split)].sum())
                store = following.setdefault(target, {})
                for past, multiplicity in pasts.items():
                    value = past + step
                    slot = store.setdefault(round(value, 9), [value, 0.0])
                    slot[1] += multiplicity
        nodes = {}
        rest = k + 1
        for node, found in following.items():
            low, high, total = bounds.of(node, rest)
            kept: dict[float, float] = {}
            for value, multiplicity in found.values():
                if constant + value + high <= limit:  # every completion counts
                    p += multiplicity * math.exp(constant + value + total)
                elif constant + value + low <= limit:
                    kept[value] = multiplicity
            if kept:
                nodes[node] = kept
        stages.append((len(columns) - rest, sum(len(kept) for kept in nodes.values())))
    return Exact(min(1.0, p), None, tuple(stages))


def _splits(node: tuple[int, ...], total: int) -> list[tuple[int, ...]]:
    """Ways to spread a column total over the rows."""
    if len(node) == 1:
        return [(total,)] if total <= node[0] else []
    others = sum(node[1:])
    out = []
    for x in range(max(0, total - others), min(node[0], total) + 1):
        out += [(x, *rest) for rest in _splits(node[1:], total - x)]
    return out


class _Bounds:
    """Least, greatest and summed weight (logs) of all completions of a node with the remaining columns."""

    def __init__(self, columns: list[int], factorial: Array) -> None:
        self.columns = columns
        self.factorial = factorial
        self.memory: dict[tuple[tuple[int, ...], int], tuple[float, float, float]] = {}

    def of(self, node: tuple[int, ...], start: int) -> tuple[float, float, float]:
        if start == len(self.columns) - 1:
            value = -float(self.factorial[list(node)].sum())
            return value, value, value
        found = self.memory.get((node, start))
        if found is None:
            low, high, terms = math.inf, -math.inf, []
            for split in _splits(node, self.columns[start]):
                step = -float(self.factorial[list(split)].sum())
                target = tuple(sorted(x - y for x, y in zip(node, split, strict=True)))
                a, b, total = self.of(target, start + 1)
                low, high = min(low, step + a), max(high, step + b)
                terms.append(step + total)
            top = max(terms)
            found = low, high, top + math.log(math.fsum(math.exp(x - top) for x in terms))
            self.memory[(node, start)] = found
        return found
