"""Ordinary and weighted least squares with the covariance estimators of ``regress``.

Formulas: textbook least squares (e.g. Davidson and MacKinnon 2004); HC1 n/(n-k), HC2 and HC3 as in MacKinnon and
White (1985); cluster-robust with the factor G/(G-1) (N-1)/(N-k).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDING = 1e-28
"""Sums of squares below this share of y'y are rounding: the fit is perfect, or y does not vary."""


@dataclass(frozen=True)
class OlsFit:
    """b (k,), xtx_inv (k, k), residuals (n,), sums of squares; ``n_obs`` counts frequency weights.

    tss is about the mean when the model has a constant. ``w`` are the weights used (aweights sum to n), None for 1.
    """

    b: Array
    xtx_inv: Array
    residuals: Array
    rss: float
    tss: float
    n_obs: float
    k: int
    constant: bool
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    w: Array | None = field(repr=False, default=None)

    @property
    def df_model(self) -> int:
        return self.k - int(self.constant)

    @property
    def df_residual(self) -> float:
        return self.n_obs - self.k

    @property
    def mss(self) -> float:
        return max(self.tss - self.rss, 0.0)

    @property
    def sigma2(self) -> float:
        """Mean square of the residuals; 0 when none is left over."""
        return self.rss / self.df_residual if self.df_residual > 0 else 0.0

    @property
    def r2(self) -> float:
        return self.mss / self.tss if self.tss > 0 else math.nan

    @property
    def r2_adjusted(self) -> float:
        if not self.df_residual > 0:
            return math.nan
        return 1 - (1 - self.r2) * (self.n_obs - int(self.constant)) / self.df_residual

    @property
    def loglik(self) -> float:
        return normal_loglik(self.rss, self.n_obs)

    @property
    def loglik_null(self) -> float:
        """Constant-only model (no model at all without a constant)."""
        return normal_loglik(self.tss, self.n_obs)

    @property
    def vcov(self) -> Array:
        return self.sigma2 * self.xtx_inv


def normal_loglik(rss: float, n: float) -> float:
    """-n/2 (1 + ln 2 pi + ln(rss/n))."""
    if not rss > 0:
        return math.nan
    return -0.5 * n * (1 + math.log(2 * math.pi) + math.log(rss / n))


def fit_ols(
    y: Array, x: Array, w: Array | None = None, constant: bool = True, n_obs: float | None = None
) -> OlsFit:
    """Least squares by QR of the scaled design; ``x`` has full column rank, the constant (if any) last.

    w      weights, already scaled as they shall count; None for 1
    n_obs  number of observations they stand for (default: rows)
    """
    n, k = x.shape
    root = None if w is None else np.sqrt(w)
    weights = np.ones(n) if w is None else w
    mean = float(weights @ y) / float(weights.sum()) if constant else 0.0
    centred = y - mean
    xw = x if root is None else x * root[:, None]
    yw = centred if root is None else centred * root
    if k:
        scale = np.sqrt(np.einsum("ij,ij->j", xw, xw))
        scale[scale == 0] = 1.0
        q, r = np.linalg.qr(xw / scale)
        b = np.linalg.solve(r, q.T @ yw) / scale
        inverse = np.linalg.inv(r) / scale[:, None]
        xtx_inv = inverse @ inverse.T
        residuals = centred - x @ b
        if constant:
            b[-1] += mean
    else:
        b, xtx_inv, residuals = np.zeros(0), np.zeros((0, 0)), y.copy()
    rss = float(weights @ residuals**2)
    tss = float(weights @ centred**2)
    rounding = ROUNDING * float(weights @ y**2)
    if tss <= rounding:
        tss = 0.0
    if k == int(constant):
        rss = tss
    elif rss <= rounding or n <= k:
        rss, residuals = 0.0, np.zeros(n)
    return OlsFit(b, xtx_inv, residuals, rss, tss, float(n) if n_obs is None else n_obs, k, constant, x, y, w)


# ---------------------------------------------------------------- robust covariances


def leverage(fit: OlsFit, frequencies: bool = False) -> Array:
    """Diagonal of the hat matrix, (n,); of one of the equal rows when the weights are ``frequencies``."""
    h = np.einsum("ij,jk,ik->i", fit.x, fit.xtx_inv, fit.x)
    return h if fit.w is None or frequencies else h * fit.w


def vcov_robust(fit: OlsFit, kind: str = "hc1", frequencies: Array | None = None) -> Array:
    """Heteroskedasticity-robust covariance: hc1, hc2 or hc3. ``frequencies``: frequency weights, counted as rows."""
    e = fit.residuals
    score = e if fit.w is None or frequencies is not None else e * fit.w
    if kind in ("hc2", "hc3"):
        left = 1 - leverage(fit, frequencies is not None)
        sure = left > 1e-10  # a row that the model fits by itself adds nothing
        score = np.where(sure, score, 0.0) / np.where(sure, left, 1.0) ** (0.5 if kind == "hc2" else 1.0)
    rows = fit.x * score[:, None]
    meat = rows.T @ rows if frequencies is None else (rows * frequencies[:, None]).T @ rows
    factor = fit.n_obs / fit.df_residual if kind == "hc1" and fit.df_residual > 0 else 1.0
    return factor * fit.xtx_inv @ meat @ fit.xtx_inv


def vcov_cluster(fit: OlsFit, codes: NDArray[np.intp], n_clusters: int) -> Array:
    """Cluster-robust covariance; ``codes`` (n,) are 0 .. n_clusters-1."""
    score = fit.residuals if fit.w is None else fit.residuals * fit.w
    rows = fit.x * score[:, None]
    sums = np.zeros((n_clusters, fit.k))
    for j in range(fit.k):
        sums[:, j] = np.bincount(codes, weights=rows[:, j], minlength=n_clusters)
    factor = n_clusters / (n_clusters - 1) * (fit.n_obs - 1) / max(fit.df_residual, 1.0)
    return factor * fit.xtx_inv @ (sums.T @ sums) @ fit.xtx_inv


def wald(b: Array, vcov: Array) -> tuple[float, int]:
    """b' V^-1 b and the rank of V, judged on the scale of the correlations."""
    if not len(b):
        return math.nan, 0
    scale = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    scale[~(scale > 0)] = 1.0
    b = b / scale
    vcov = vcov / np.outer(scale, scale)
    values, vectors = np.linalg.eigh((vcov + vcov.T) / 2)
    tolerance = max(values.max(), 0.0) * len(b) * 1e-13
    good = values > tolerance
    projected = vectors[:, good].T @ b
    return float(np.sum(projected**2 / values[good])), int(good.sum())
