"""Correlations: pairwise and listwise moments, and the triangular table that correlate and pwcorr print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pystata_hlm.data.names import abbrev
from pystata_hlm.numeric import dist

PER_PANEL = 9
"""Columns of text for each variable."""


@dataclass(frozen=True)
class Pairwise:
    """Symmetric (k, k) matrices; n counts (or sums frequency weights of) the rows where both are present."""

    n: np.ndarray
    cov: np.ndarray
    r: np.ndarray


def pairwise(x: np.ndarray, w: np.ndarray | None = None, kind: str = "fweight") -> Pairwise:
    """Moments of each pair of columns of x (n, k), NaN = missing; w weights of the rows.

    Covariances divide by n-1 (aweights and pweights scaled to sum to n, iweights by their sum less one).
    """
    present = ~np.isnan(x)
    counts = present.sum(0)
    with np.errstate(invalid="ignore"):
        centre = np.where(counts > 0, np.nansum(np.where(present, x, 0.0), 0) / np.maximum(counts, 1), 0.0)
    z = np.where(present, x - centre, 0.0)
    m = present.astype(float)
    wm = m if w is None else m * w[:, None]
    wz = z if w is None else z * w[:, None]
    total = m.T @ wm
    rows = m.T @ m
    sums = wz.T @ m  # sum of column i over rows where j is present
    products = z.T @ wz
    squares = (z * wz).T @ m
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = products - sums * sums.T / total
        spread = squares - sums**2 / total
        n = total if w is None or kind in ("fweight", "iweight") else rows
        scale = np.where(n > 1, n / total / (n - 1), np.nan)
        r = cross / np.sqrt(spread * spread.T)
    r = np.where(np.isfinite(r), np.clip(r, -1, 1), np.nan)
    diagonal = np.arange(x.shape[1])
    r[diagonal, diagonal] = np.where((np.diag(spread) > 0) & (np.diag(n) > 1), 1.0, np.nan)
    return Pairwise(n if kind != "iweight" or w is None else rows, cross * scale, r)


def significance(r: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Two-sided p-values of correlations with n observations."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt(n - 2) / np.sqrt(1 - r * r)
    p = 2 * dist.ttail(n - 2, np.where(np.isfinite(t), t, 0.0))
    return np.where(np.isnan(r) | (n < 3), np.nan, np.where(np.abs(r) >= 1, 0.0, np.minimum(p, 1.0)))


def triangle(
    names: list[str],
    block: Callable[[int, range], list[str]],
    linesize: int,
    wrap: bool = True,
) -> str:
    """The lower triangle, cut into panels. ``block(i, columns)`` gives the lines of row i (after the bar)."""
    k = len(names)
    room = max(1, (linesize - 1 - 14) // PER_PANEL) if wrap else k
    lines: list[str] = []
    for start in range(0, k, room):
        columns = range(start, min(start + room, k))
        lines.append("")
        lines.append(" " * 13 + "|" + "".join(abbrev(names[j], 8).rjust(PER_PANEL) for j in columns))
        lines.append("-" * 13 + "+" + "-" * (PER_PANEL * len(columns)))
        for i in range(start, k):
            for line, text in enumerate(block(i, range(start, min(columns.stop, i + 1)))):
                stub = abbrev(names[i], 12).rjust(12) if line == 0 else " " * 12
                lines.append(f"{stub} |{text}")
    return "\n".join(lines)
