"""Two-stage least squares: b = (X'P X)^-1 X'P y with P the projection on the instruments (Theil 1953)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class IvFit:
    """``bread`` is (X^'X^)^-1 of the fitted regressors ``fitted`` (n, k); sums are weighted."""

    b: Array
    bread: Array
    fitted: Array
    residuals: Array
    rss: float
    tss: float
    weights: Array
    n: float

    def unadjusted(self, divisor: float) -> Array:
        return self.bread * (self.rss / divisor)

    def sandwich(self, clusters: Array | None = None, frequency: Array | None = None) -> Array:
        """Robust or clustered, without small-sample factors."""
        u = self.fitted * self.residuals[:, None]
        if clusters is not None:
            sums = np.zeros((int(clusters.max()) + 1, u.shape[1]))
            np.add.at(sums, clusters, u * self.weights[:, None])
            middle = sums.T @ sums
        elif frequency is not None:
            middle = (u * frequency[:, None]).T @ u
        else:
            weighted = u * self.weights[:, None]
            middle = weighted.T @ weighted
        return np.asarray(self.bread @ middle @ self.bread)


def two_stage(y: Array, x: Array, z: Array, weights: Array | None, n: float, constant: bool) -> IvFit:
    """``z`` holds all exogenous columns, those of x included. ``n`` counts observations as weights do."""
    w = np.ones(len(y)) if weights is None else weights
    root = np.sqrt(w)[:, None]
    q, _ = np.linalg.qr(z * root)
    fitted = q @ (q.T @ (x * root))
    bread = np.linalg.pinv(fitted.T @ fitted, hermitian=True)
    b = bread @ (fitted.T @ (y * root[:, 0]))
    residuals = y - x @ b
    centre = float(w @ y / w.sum()) if constant else 0.0
    return IvFit(
        b, bread, fitted / root, residuals, float(w @ residuals**2), float(w @ (y - centre) ** 2), w, n
    )
