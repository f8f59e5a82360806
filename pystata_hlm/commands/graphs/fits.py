"""The regression line of ``twoway lfit``/``qfit`` and its confidence band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class LineFit:
    """Least squares of y on powers of (x - centre) up to ``degree``."""

    centre: float
    beta: Array
    xtx_inverse: Array
    sigma2: float
    df: float

    def _powers(self, at: Array) -> Array:
        return np.vander(at - self.centre, len(self.beta), increasing=True)

    def value(self, at: Array) -> Array:
        return self._powers(at) @ self.beta

    def standard_error(self, at: Array, forecast: bool = False) -> Array:
        """Of the line (stdp), or of a forecast (stdf)."""
        p = self._powers(at)
        variance = np.einsum("ij,jk,ik->i", p, self.xtx_inverse, p) * self.sigma2
        return np.sqrt(variance + (self.sigma2 if forecast else 0.0))

    def interval(self, at: Array, level: float, forecast: bool = False) -> tuple[Array, Array]:
        from scipy.special import stdtrit

        t = float(stdtrit(self.df, 0.5 + level / 200))
        fit, se = self.value(at), self.standard_error(at, forecast)
        return fit - t * se, fit + t * se


def linear_fit(y: Array, x: Array, degree: int, weights: Array | None = None, counts: bool = True) -> LineFit:
    """``counts``: the weights are frequencies; otherwise they are scaled to sum to the number of rows."""
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    n = float(w.sum()) if counts else float(len(x))
    w = w * (n / w.sum())
    centre = float(w @ x / n)
    design = np.vander(x - centre, degree + 1, increasing=True)
    root = np.sqrt(w)
    beta, _, rank, _ = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)
    residual = y - design @ beta
    df = n - rank
    sigma2 = float(w @ residual**2) / df if df > 0 else np.nan
    inverse = np.linalg.pinv((design * w[:, None]).T @ design)
    return LineFit(centre, beta, inverse, sigma2, df)
