"""Linear models for panel data: within, between, Swamy-Arora GLS and maximum likelihood estimators.

Sources: Baltagi, *Econometric Analysis of Panel Data* (Swamy and Arora 1972 with Baltagi and Chang 1994 for
unbalanced panels), Hsiao (2003) for the likelihood of the random-intercept model; the definitions of the three
R-squared and of sigma_u are those of [XT] xtreg, Methods and formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import ols

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Panels:
    """Rows by panel: ``codes`` (n,) 0-based, ``sizes`` (G,) rows or sums of weights, ``w`` (n,) row weights."""

    codes: Codes
    sizes: Array
    w: Array

    @staticmethod
    def of(codes: Codes, w: Array | None = None) -> Panels:
        weights = np.ones(len(codes)) if w is None else w
        return Panels(codes, np.asarray(np.bincount(codes, weights=weights), dtype=np.float64), weights)

    @property
    def n_groups(self) -> int:
        return len(self.sizes)

    @property
    def total(self) -> float:
        return float(self.sizes.sum())

    def means(self, z: Array) -> Array:
        """Panel means, (G,) or (G, k)."""
        if z.ndim == 1:
            return np.bincount(self.codes, weights=self.w * z, minlength=self.n_groups) / self.sizes
        return (
            np.column_stack([self.means(z[:, j]) for j in range(z.shape[1])])
            if z.shape[1]
            else np.zeros((self.n_groups, 0))
        )

    def mean(self, z: Array) -> Array:
        """Overall mean over the rows."""
        return np.asarray(self.w @ z / self.total)

    def within(self, z: Array) -> Array:
        """z less its panel mean plus the overall mean."""
        return np.asarray(z - self.means(z)[self.codes] + self.mean(z))


def squared_correlation(a: Array, b: Array, w: Array | None = None) -> float:
    r = correlation(a, b, w)
    return r * r


def correlation(a: Array, b: Array, w: Array | None = None) -> float:
    """Correlation, missing when one of the two does not vary."""
    weights = np.ones(len(a)) if w is None else w
    a = a - weights @ a / weights.sum()
    b = b - weights @ b / weights.sum()
    saa, sbb = float(weights @ a**2), float(weights @ b**2)
    if not (saa > 0 and sbb > 0):
        return math.nan
    return float(weights @ (a * b)) / math.sqrt(saa * sbb)


def r_squared(y: Array, xb: Array, panels: Panels) -> tuple[float, float, float]:
    """Within, between and overall: squared correlations of y and xb, on deviations, panel means and rows."""
    ym, xm = panels.means(y), panels.means(xb)
    within = squared_correlation(y - ym[panels.codes], xb - xm[panels.codes], panels.w)
    return within, squared_correlation(ym, xm), squared_correlation(y, xb, panels.w)


# ---------------------------------------------------------------- fixed effects


@dataclass(frozen=True)
class FixedEffects:
    """Within estimates. b (k,): slopes then the constant; vcov (k, k) conventional; u (G,) panel effects.

    fit is the regression on the within-transformed rows (its degrees of freedom do not know of the panels).
    """

    fit: ols.OlsFit
    b: Array
    vcov: Array
    sigma_u: float
    sigma_e: float
    r2: tuple[float, float, float]
    corr_u_xb: float
    df_residual: float
    df_absorbed: int
    rss_pooled: float
    u: Array

    @property
    def n_slopes(self) -> int:
        return len(self.b) - 1

    @property
    def f_test(self) -> float:
        """All slopes are zero."""
        k = self.n_slopes
        return self.fit.mss / k / self.sigma_e**2 if k and self.sigma_e > 0 else (0.0 if not k else math.nan)

    @property
    def f_panels(self) -> float:
        """All panel effects are zero."""
        if not (self.df_absorbed and self.sigma_e > 0):
            return math.nan
        return (self.rss_pooled - self.fit.rss) / self.df_absorbed / self.sigma_e**2


def fixed_effects(y: Array, x: Array, panels: Panels) -> FixedEffects:
    """y (n,), x (n, k) with the constant last, slopes identified within panels."""
    slopes = x[:, :-1]
    w = None if np.all(panels.w == 1) else panels.w
    xt = np.column_stack([panels.within(slopes), np.ones(len(y))])
    fit = ols.fit_ols(panels.within(y), xt, w, True, panels.total)
    pooled = ols.fit_ols(y, x, w, True, panels.total)
    df = panels.total - panels.n_groups - slopes.shape[1]
    sigma_e = math.sqrt(fit.rss / df) if df > 0 else math.nan
    xb = slopes @ fit.b[:-1]
    u = panels.means(y) - panels.means(xb) - fit.b[-1]
    return FixedEffects(
        fit,
        fit.b,
        sigma_e**2 * fit.xtx_inv,
        float(np.std(u, ddof=1)) if len(u) > 1 else math.nan,
        sigma_e,
        (fit.r2, *r_squared(y, xb, panels)[1:]),
        correlation(u[panels.codes], xb, panels.w),
        df,
        panels.n_groups - 1,
        pooled.rss,
        u,
    )


# ---------------------------------------------------------------- between


def between(y: Array, x: Array, panels: Panels, wls: bool = False) -> ols.OlsFit:
    """Regression on panel means, (with ``wls`` weighted by the panel sizes, scaled to sum to G)."""
    w = panels.sizes * (panels.n_groups / panels.total) if wls else None
    return ols.fit_ols(panels.means(y), panels.means(x), w)


# ---------------------------------------------------------------- random effects


@dataclass(frozen=True)
class RandomEffects:
    """GLS estimates. theta (G,) is the share of the panel mean that is taken off."""

    b: Array
    vcov: Array
    sigma_u: float
    sigma_e: float
    theta: Array
    r2: tuple[float, float, float]
    fit: ols.OlsFit

    @property
    def rho(self) -> float:
        total = self.sigma_u**2 + self.sigma_e**2
        return self.sigma_u**2 / total if total > 0 else math.nan


def variance_components(
    y: Array, x: Array, panels: Panels, sa: bool, varying: NDArray[np.bool_]
) -> tuple[float, float]:
    """(sigma_u, sigma_e). sigma_e from the within regression on the columns that vary within panels.

    sa  Swamy and Arora's correction for unbalanced panels (Baltagi and Chang's trace), else the harmonic mean
        of the panel sizes.
    """
    kept = np.append(varying, True)
    within = fixed_effects(y, x[:, kept], panels)
    sigma_e2 = within.sigma_e**2
    k = x.shape[1]
    if not sa:
        mean_size = panels.n_groups / float(np.sum(1 / panels.sizes))
        fit = between(y, x, panels)
        sigma_u2 = fit.rss / (panels.n_groups - k) - sigma_e2 / mean_size
    else:
        xm = panels.means(x)
        fit = ols.fit_ols(panels.means(y), xm, panels.sizes)
        sized = xm * panels.sizes[:, None]
        trace = float(np.trace(np.linalg.solve(sized.T @ xm, sized.T @ sized)))
        sigma_u2 = (fit.rss - (panels.n_groups - k) * sigma_e2) / (panels.total - trace)
    return math.sqrt(max(sigma_u2, 0.0)), within.sigma_e


def random_effects(
    y: Array, x: Array, panels: Panels, varying: NDArray[np.bool_], sa: bool = False
) -> RandomEffects:
    """Swamy-Arora feasible GLS; ``varying`` (k-1,) marks the slopes that are identified within panels."""
    sigma_u, sigma_e = variance_components(y, x, panels, sa, varying)
    theta = 1 - np.sqrt(sigma_e**2 / (panels.sizes * sigma_u**2 + sigma_e**2))
    share = theta[panels.codes]
    xt = x - share[:, None] * panels.means(x)[panels.codes]
    fit = ols.fit_ols(y - share * panels.means(y)[panels.codes], xt, None, False)
    return RandomEffects(fit.b, fit.vcov, sigma_u, sigma_e, theta, r_squared(y, x @ fit.b, panels), fit)


# ---------------------------------------------------------------- maximum likelihood


@dataclass(frozen=True)
class RandomML:
    """ML of the random-intercept model. params = (b, sigma_u, sigma_e); vcov in that metric."""

    b: Array
    sigma_u: float
    sigma_e: float
    vcov: Array
    loglik: float
    loglik_linear: float
    trace: tuple[float, ...]
    converged: bool


def _ml_terms(y: Array, x: Array, panels: Panels, theta: Array) -> tuple[float, Array, Array]:
    """Log likelihood, its gradient and its Hessian in theta = (b, sigma_u, sigma_e)."""
    b, s_u, s_e = theta[:-2], float(theta[-2]), float(theta[-1])
    sizes, codes = panels.sizes, panels.codes
    e = y - x @ b
    q = np.bincount(codes, weights=e * e, minlength=len(sizes))
    s = np.bincount(codes, weights=e, minlength=len(sizes))
    xs = panels.means(x) * sizes[:, None]
    v, a = s_e**2, s_u**2
    d = v + sizes * a  # eigenvalue of the panel mean
    # l_i = -1/2 [ T ln 2pi + (T-1) ln v + ln d + q/v - a s^2 / (v d) ]
    loglik = -0.5 * float(
        np.sum(
            sizes * math.log(2 * math.pi)
            + (sizes - 1) * math.log(v)
            + np.log(d)
            + q / v
            - a * s * s / (v * d)
        )
    )
    g = a / (v * d)  # V^-1 = I/v - g 11'
    grad_b = x.T @ e / v - xs.T @ (g * s)
    hess_bb = -(x.T @ x / v - (xs * g[:, None]).T @ xs)
    # derivatives with respect to (v, a) of f = (T-1) ln v + ln d + q/v - s^2 g
    dv_g = -a * (v + d) / (v * d) ** 2
    da_g = 1 / d**2
    f_v = (sizes - 1) / v + 1 / d - q / v**2 - s * s * dv_g
    f_a = sizes / d - s * s * da_g
    g_vv = 2 * a * ((v + d) ** 2 - v * d) / (v * d) ** 3
    g_va = -2 / d**3
    g_aa = -2 * sizes / d**3
    f_vv = -(sizes - 1) / v**2 - 1 / d**2 + 2 * q / v**3 - s * s * g_vv
    f_va = -sizes / d**2 - s * s * g_va
    f_aa = -(sizes**2) / d**2 - s * s * g_aa
    h_bv = -x.T @ e / v**2 - xs.T @ (dv_g * s)
    h_ba = -xs.T @ (da_g * s)
    gv, ga = -0.5 * float(f_v.sum()), -0.5 * float(f_a.sum())
    k = len(b)
    grad = np.concatenate([grad_b, [2 * s_u * ga, 2 * s_e * gv]])
    hess = np.zeros((k + 2, k + 2))
    hess[:k, :k] = hess_bb
    hess[:k, k] = hess[k, :k] = 2 * s_u * h_ba
    hess[:k, k + 1] = hess[k + 1, :k] = 2 * s_e * h_bv
    hess[k, k] = 2 * ga - 2 * a * float(f_aa.sum())
    hess[k + 1, k + 1] = 2 * gv - 2 * v * float(f_vv.sum())
    hess[k, k + 1] = hess[k + 1, k] = -2 * s_u * s_e * float(f_va.sum())
    return loglik, grad, hess


def random_ml(
    y: Array, x: Array, panels: Panels, start: tuple[Array, float, float], max_iterations: int = 300
) -> RandomML:
    """Newton-Raphson with step halving from ``start`` (b, sigma_u, sigma_e)."""
    k = x.shape[1]
    theta: Array = np.concatenate([start[0], [start[1], start[2]]])
    loglik, grad, hess = _ml_terms(y, x, panels, theta)
    trace = [loglik]
    converged = False
    for _ in range(max_iterations):
        step = _ascent(grad, hess)
        size = 1.0
        while True:
            new = theta + size * step
            if new[k + 1] > 0:
                found = _ml_terms(y, x, panels, new)
                if found[0] >= loglik - 1e-10 * abs(loglik):
                    break
            size /= 2
            if size < 1e-10:
                found, new = (loglik, grad, hess), theta
                break
        close = abs(found[0] - loglik) <= 1e-7 * abs(loglik)
        theta, (loglik, grad, hess) = new, found
        trace.append(loglik)
        scaled = float(grad @ _ascent(grad, hess))
        if close and abs(scaled) < 1e-5:
            converged = True
            break
    for _ in range(3 if converged else 0):  # beyond the criterion, to the last digits that are printed
        new = theta + _ascent(grad, hess)
        found = _ml_terms(y, x, panels, new)
        if found[0] < loglik - 1e-10 * abs(loglik):
            break
        theta, (loglik, grad, hess) = new, found
    theta[k] = abs(theta[k])
    _, _, hess = _ml_terms(y, x, panels, theta)
    linear = ols.fit_ols(y, x, None, True)
    vcov: Array = np.asarray(np.linalg.pinv(-hess), dtype=np.float64)
    return RandomML(
        theta[:k], float(theta[k]), float(theta[k + 1]), vcov, loglik, linear.loglik, tuple(trace), converged
    )


def _ascent(grad: Array, hess: Array) -> Array:
    """The Newton step, along absolute curvature where the likelihood is not concave."""
    values, vectors = np.linalg.eigh(-hess)
    size = np.maximum(np.abs(values), 1e-12 * max(float(np.abs(values).max()), 1e-300))
    return np.asarray(vectors @ ((vectors.T @ grad) / size))
