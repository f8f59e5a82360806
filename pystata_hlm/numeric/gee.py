"""Generalised estimating equations (Liang and Zeger 1986), exchangeable or independent working correlation.

The inverse of an exchangeable correlation matrix is known in closed form, so that everything is a sum by panel. The
moment estimator of the correlation pools all pairs of Pearson residuals and divides by the scale; the figures of
[XT] xtreg, pa (``nlswork``: scale parameter .1436709, first tolerance .0310561) come out only so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class GeeError(ValueError):
    """The working correlation is not positive definite, or the iterations went astray."""


@dataclass(frozen=True)
class Family:
    """Variance function, link: eta(mu), mu(eta), dmu/deta, a first mu; ``known_scale`` is 1 (binomial, Poisson)."""

    variance: Callable[[Array], Array]
    link: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    start: Callable[[Array], Array]
    known_scale: bool


@dataclass(frozen=True)
class GeeFit:
    """b (k,), vcov conventional, robust (without small-sample factor), scale, alpha: correlation within panels.

    scale is the one by which vcov is multiplied; tolerances are those of the iterations."""

    b: Array
    vcov: Array
    robust: Array
    scale: float
    alpha: float
    tolerances: tuple[float, ...]
    converged: bool


class _Sums:
    """Sums over panels, and products with the inverse of their working correlation."""

    def __init__(self, codes: NDArray[np.intp]) -> None:
        self.codes = codes
        self.sizes = np.bincount(codes).astype(float)

    def __call__(self, z: Array) -> Array:
        if z.ndim == 1:
            return np.asarray(np.bincount(self.codes, weights=z, minlength=len(self.sizes)), dtype=np.float64)
        return np.column_stack([self(z[:, j]) for j in range(z.shape[1])])

    def solve(self, alpha: float, z: Array) -> Array:
        """R_i^-1 z_i for every panel, in the order of the rows."""
        share = alpha / (1 + (self.sizes - 1) * alpha)
        total = self(z)
        shrunk = total * (share if z.ndim == 1 else share[:, None])
        return np.asarray((z - shrunk[self.codes]) / (1 - alpha))


def exchangeable(r: Array, w: Array, sums: _Sums, scale: float) -> float:
    """Average product of two residuals of the same panel over the scale; 0 when no panel has two rows."""
    weight = np.bincount(sums.codes, weights=w) / sums.sizes
    pairs = float(weight @ (sums.sizes * (sums.sizes - 1)))
    return float(weight @ (sums(r) ** 2 - sums(r * r))) / pairs / scale if pairs else 0.0


def fit_gee(
    y: Array,
    x: Array,
    codes: NDArray[np.intp],
    family: Family,
    correlated: bool = True,
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    nmp: bool = False,
    tolerance: float = 1e-6,
    max_iterations: int = 100,
) -> GeeFit:
    """y (n,), x (n, k), codes (n,) panels 0 .., weights (n,) constant within panels; ``correlated``: exchangeable.

    nmp  divide the sum of squared Pearson residuals by n - k instead of n
    """
    offset = np.zeros(len(y)) if offset is None else offset
    w = np.ones(len(y)) if weights is None else weights
    sums = _Sums(codes)
    b = independent(y, x, family, offset, w)
    tolerances: list[float] = []
    converged = False
    while True:
        eta = x @ b + offset
        mu = family.inverse(eta)
        root = np.sqrt(family.variance(mu))
        r = (y - mu) / root
        scale = float(w @ r**2) / (w.sum() - (x.shape[1] if nmp else 0))
        alpha = exchangeable(r, w, sums, scale) if correlated else 0.0
        if not -1 / max(sums.sizes.max() - 1, 1) < alpha < 1:
            raise GeeError("estimated working correlation matrix is not positive definite")
        d = x * (family.slope(eta) / root)[:, None]
        left = sums.solve(alpha, d)
        info = (left * w[:, None]).T @ d
        scores = sums(left * (w * r)[:, None])
        if converged or len(tolerances) >= max_iterations:
            break
        new = b + np.linalg.solve(info, scores.sum(axis=0))
        if not np.isfinite(new).all():
            raise GeeError("estimates diverging")
        tolerances.append(float(np.max(np.abs(new - b) / (np.abs(b) + 1))))
        b = new
        converged = tolerances[-1] <= tolerance
    phi = 1.0 if family.known_scale else scale
    bread: Array = np.asarray(np.linalg.inv(info), dtype=np.float64)
    robust = bread @ (scores.T @ scores) @ bread
    return GeeFit(b, phi * bread, robust, phi, alpha, tuple(tolerances), converged)


def independent(y: Array, x: Array, family: Family, offset: Array, w: Array) -> Array:
    """The generalised linear model that ignores the panels, by iteratively reweighted least squares."""
    mu = family.start(y)
    eta = family.link(mu)
    b: Array = np.zeros(x.shape[1])
    for _ in range(50):
        slope = family.slope(eta)
        weight = w * slope**2 / family.variance(mu)
        z = eta - offset + (y - mu) / slope
        root = np.sqrt(weight)
        new: Array = np.asarray(np.linalg.lstsq(x * root[:, None], z * root, rcond=None)[0])
        done = np.max(np.abs(new - b) / (np.abs(b) + 1)) < 1e-10
        b = new
        eta = x @ b + offset
        mu = family.inverse(eta)
        if done:
            break
    return b


GAUSSIAN = Family(np.ones_like, lambda m: m, lambda e: e, np.ones_like, lambda y: y, False)
