"""Kernel density estimation: Silverman, *Density Estimation for Statistics and Data Analysis* (1986), 3.4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pystata_hlm.numeric.quantiles import percentiles

Array = np.ndarray

_ROOT5 = np.sqrt(5.0)

KERNELS: dict[str, Callable[[Array], Array]] = {
    "epanechnikov": lambda z: np.where(np.abs(z) < _ROOT5, 0.75 * (1 - z * z / 5) / _ROOT5, 0.0),
    "epan2": lambda z: np.where(np.abs(z) < 1, 0.75 * (1 - z * z), 0.0),
    "biweight": lambda z: np.where(np.abs(z) < 1, 15 / 16 * (1 - z * z) ** 2, 0.0),
    "cosine": lambda z: np.where(np.abs(z) < 0.5, 1 + np.cos(2 * np.pi * z), 0.0),
    "gaussian": lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
    "parzen": lambda z: np.where(
        np.abs(z) <= 0.5,
        4 / 3 - 8 * z * z + 8 * np.abs(z) ** 3,
        np.where(np.abs(z) <= 1, 8 / 3 * (1 - np.abs(z)) ** 3, 0.0),
    ),
    "rectangle": lambda z: np.where(np.abs(z) < 1, 0.5, 0.0),
    "triangle": lambda z: np.where(np.abs(z) < 1, 1 - np.abs(z), 0.0),
}
"""Each integrates to 1."""


@dataclass(frozen=True)
class Density:
    """Estimates at the points ``at``; ``bandwidth`` is the half-width used."""

    at: Array
    density: Array
    bandwidth: float
    kernel: str


def bandwidth(x: Array, weights: Array | None = None) -> float:
    """0.9 min(sd, IQR/1.349) / n^(1/5)."""
    w = np.ones(len(x)) if weights is None else weights
    n = float(w.sum())
    mean = float(w @ x) / n
    sd = float(np.sqrt((w @ (x - mean) ** 2) / (n - 1))) if n > 1 else 0.0
    q1, q3 = percentiles(x, (25, 75), weights).tolist()
    spreads = [s for s in (sd, (q3 - q1) / 1.349) if s > 0]
    return 0.9 * min(spreads) / n**0.2 if spreads else 1.0


def kernel_density(
    x: Array,
    *,
    at: Array | None = None,
    points: int | None = None,
    width: float | None = None,
    kernel: str = "epanechnikov",
    weights: Array | None = None,
) -> Density:
    """``kdensity x, n(#) bwidth(#) kernel at()``: x (n,) without missing values.

    Points run from min - h to max + h, min(n, 50) of them unless given.
    """
    x = np.asarray(x, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    h = bandwidth(x, weights) if width is None else width
    if at is None:
        at = np.linspace(x.min() - h, x.max() + h, points or min(len(x), 50))
    values, inverse = np.unique(x, return_inverse=True)
    w = np.bincount(inverse, weights=w)
    shape = KERNELS[kernel]
    out = np.empty(len(at))
    step = max(1, 2**20 // max(len(values), 1))
    for i in range(0, len(at), step):
        out[i : i + step] = shape((at[i : i + step, None] - values) / h) @ w
    return Density(np.asarray(at, dtype=float), out / (w.sum() * h), h, kernel)
