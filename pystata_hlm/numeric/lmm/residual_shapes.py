"""Covariance structures of the residuals within the lowest-level groups, and their three parameter sets.

theta    what the optimiser moves, free of constraints wherever the structure has such a set: log odds of the
         exchangeable correlation over its range, inverse hyperbolic tangents of partial autocorrelations
         (Monahan 1984, Biometrika 71, 403-404) for ar and ma, log decay rate of exponential, Cholesky factor with
         a leading one for unstructured and banded (the factor has the band of the matrix), inverse hyperbolic
         tangents of the correlations for toeplitz, the one structure whose matrices can fail to be positive
         definite at some theta. From the second stratum on, its log variance ratio stands before its theta.
metric   Stata's estimation metric as far as it is known: ``lnsig_e``, then log ratios of standard deviations,
         inverse hyperbolic tangents of correlations; the coefficients of ar (order 2 and more) and ma, and the log
         odds of exponential's rho
natural  variances, covariances, correlations and coefficients

Everything a structure computes is an analytic function of theta in plain arithmetic, so derivatives are taken by the
complex step (Squire and Trapp 1998, SIAM Review 40, 110-112) and are exact to rounding.

A structure turns theta into ``cells``: the distinct entries of its covariance matrices relative to the stratum's
first variance. Which cell belongs to a pair of rows depends on their times alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .spec import Array, IntArray, Param

KINDS = ("exchangeable", "ar", "ma", "unstructured", "banded", "toeplitz", "exponential")
_STEP = 1e-30


@dataclass(frozen=True)
class ResidualSpec:
    """``residuals(kind #, t() by())``: time (n,) and by (n,) integer codes follow the caller's rows.

    order  of ar, ma, banded and toeplitz; None means all of them for the latter two
    time   needed by every kind but exchangeable; integers but for exponential
    by     rows of different codes in one group are independent and have parameters of their own
    """

    kind: str
    order: int | None = None
    time: Array | None = None
    by: NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown residual structure {self.kind!r}")
        if self.time is None and self.kind != "exchangeable":
            raise ValueError(f"residual structure {self.kind} needs times")


def complex_jacobian(fun: Callable[[Any], Any], x: Array) -> Array:
    """d fun / d x, (len(fun), len(x)), by the complex step."""
    columns = []
    for k in range(x.size):
        moved = x.astype(complex)
        moved[k] += 1j * _STEP
        columns.append(np.imag(fun(moved)) / _STEP)
    return np.stack(columns, axis=1) if columns else np.zeros((np.asarray(fun(x)).size, 0))


def ar_coefficients(partial: Any) -> Any:
    """Coefficients of the autoregression with the given partial autocorrelations (Durbin-Levinson)."""
    phi = partial[:0]
    for k in range(partial.size):
        phi = np.concatenate((phi - partial[k] * phi[::-1], partial[k : k + 1]))
    return phi


def ar_correlations(partial: Any, lags: int) -> Any:
    """Autocorrelations at lags 0..lags of the autoregression with the given partial autocorrelations."""
    p = partial.size
    rho = np.zeros(max(lags, p) + 1, dtype=partial.dtype)
    rho[0] = 1.0
    phi = partial[:0]
    spread = 1.0
    for k in range(1, p + 1):
        rho[k] = partial[k - 1] * spread + np.sum(phi * rho[k - 1 : 0 : -1])
        phi = np.concatenate((phi - partial[k - 1] * phi[::-1], partial[k - 1 : k]))
        spread = spread * (1.0 - partial[k - 1] ** 2)
    for h in range(p + 1, lags + 1):
        rho[h] = np.sum(phi * rho[h - 1 : h - p - 1 : -1])
    return rho[: lags + 1]


def ma_correlations(theta: Any, lags: int) -> Any:
    """Autocorrelations at lags 0..lags of e_t = u_t + sum_k theta_k u_{t-k}."""
    weights = np.concatenate((np.ones(1, dtype=theta.dtype), theta))
    rho = np.zeros(lags + 1, dtype=theta.dtype)
    for h in range(min(theta.size, lags) + 1):
        rho[h] = np.sum(weights[: weights.size - h] * weights[h:])
    return rho / rho[0]


@dataclass(frozen=True)
class Shape:
    """One structure, fitted to the times that occur in the data.

    values  its coordinates: distinct times of unstructured and banded, lags of toeplitz with a parameter,
            distances of exponential, lags 0..max of ar and ma; largest panel of exchangeable
    """

    kind: str
    order: int
    values: Array

    @property
    def is_matrix(self) -> bool:
        """Distinct variances for distinct times."""
        return self.kind in ("unstructured", "banded")

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Covariances of unstructured and banded: positions of their times, i < j."""
        t = self.values.size
        return tuple((i, j) for i in range(t) for j in range(i + 1, min(t, i + self.order + 1)))

    @cached_property
    def n_times(self) -> int:
        return int(self.values.size)

    @cached_property
    def size(self) -> int:
        """Entries of theta (the stratum's scale excluded)."""
        if self.is_matrix:
            return self.n_times - 1 + len(self.pairs)
        if self.kind == "toeplitz":
            return int(self.values.size)
        return self.order if self.kind in ("ar", "ma") else 1

    @cached_property
    def n_cells(self) -> int:
        if self.is_matrix:
            return self.n_times**2
        return {"exchangeable": 2, "toeplitz": self.values.size + 2}.get(self.kind, int(self.values.size))

    @cached_property
    def lowest(self) -> float:
        """Greatest lower bound of the exchangeable correlation."""
        return -1.0 / max(float(self.values[0]) - 1.0, 1.0)

    def start(self) -> Array:
        """theta of independent residuals of one variance; a small positive correlation for exponential."""
        out = np.zeros(self.size)
        if self.kind == "exchangeable":
            out[0] = np.log(-self.lowest)
        elif self.kind == "exponential":
            out[0] = 1.0
        return out

    @cached_property
    def distance(self) -> float:
        """Typical positive distance of exponential: the unit of its decay rate."""
        positive = self.values[self.values > 0]
        return float(np.median(positive)) if positive.size else 1.0

    def correlation(self, theta: Any) -> Any:
        """rho of exchangeable and exponential."""
        if self.kind == "exchangeable":
            share = 1.0 / (1.0 + np.exp(-theta[0]))
            return self.lowest + (1.0 - self.lowest) * share
        return np.exp(-np.exp(theta[0]) / self.distance)

    def with_correlation(self, rho: float) -> Array:
        """theta at which neighbouring residuals have about this correlation (starting values)."""
        out = self.start()
        if self.kind == "exponential":
            out[0] = np.log(-np.log(rho))
        elif self.kind == "exchangeable":
            share = (rho - self.lowest) / (1.0 - self.lowest)
            out[0] = np.log(share / (1.0 - share))
        elif self.kind in ("ar", "ma"):
            out[0] = np.arctanh(rho) if self.kind == "ar" else -np.arctanh(min(rho, 0.8))
        return out

    def root(self, theta: Any) -> Any:
        """Lower factor of the matrix of unstructured and banded, first entry 1."""
        t = self.n_times
        lower = np.zeros((t, t), dtype=theta.dtype)
        lower[np.arange(t), np.arange(t)] = np.concatenate(
            (np.ones(1, dtype=theta.dtype), np.exp(theta[: t - 1]))
        )
        if self.pairs:
            i, j = np.array(self.pairs).T
            lower[j, i] = theta[t - 1 :]
        return lower

    def matrix(self, theta: Any) -> Any:
        lower = self.root(theta)
        return lower @ lower.T

    def cells(self, theta: Any) -> Any:
        if self.is_matrix:
            return self.matrix(theta).ravel()
        if self.kind == "exchangeable":
            return np.concatenate((np.ones(1), np.atleast_1d(self.correlation(theta))))
        if self.kind == "toeplitz":
            return np.concatenate((np.ones(1), np.tanh(theta), np.zeros(1)))
        if self.kind == "exponential":
            return np.exp(-np.exp(theta[0]) / self.distance * self.values)
        lags = int(self.values[-1])
        if self.kind == "ar":
            return ar_correlations(np.tanh(theta), lags)
        return ma_correlations(-ar_coefficients(np.tanh(theta)), lags)

    def coordinates(self, times: Array) -> Array:
        """What of a time the cells depend on, for grouping panels of one pattern: (G, n) sorted times."""
        if self.kind == "exchangeable":
            return np.zeros_like(times)
        if self.is_matrix:
            return np.searchsorted(self.values, times).astype(np.float64)
        return times - times[:, :1]

    def cell_index(self, coordinates: Array) -> IntArray:
        """(P, n) coordinates -> (P, n, n) cells."""
        one, other = coordinates[:, :, None], coordinates[:, None, :]
        if self.is_matrix:
            return (one * self.n_times + other).astype(np.intp)
        if self.kind == "exchangeable":
            n = coordinates.shape[1]
            return np.broadcast_to(1 - np.eye(n, dtype=np.intp), (coordinates.shape[0], n, n)).copy()
        lag = np.abs(one - other)
        if self.kind in ("ar", "ma"):
            return lag.astype(np.intp)
        last = self.values.size - 1
        at = np.minimum(np.searchsorted(self.values, lag), last)
        if self.kind == "exponential":  # the nearer of the two neighbours: differences carry rounding
            below = np.maximum(at - 1, 0)
            nearer = np.abs(self.values[below] - lag) < np.abs(self.values[at] - lag)
            return np.where(nearer, below, at).astype(np.intp)
        if last < 0:
            return np.where(lag == 0, 0, 1).astype(np.intp)
        known = self.values[at] == lag
        return np.where(lag == 0, 0, np.where(known, at + 1, last + 2)).astype(np.intp)

    # -- the two sets a user sees; scale = log variance of the stratum (of the first time) -------------
    def natural(self, theta: Any, scale: Any) -> Any:
        """Variances, covariances, correlations, coefficients in the order of ``params``."""
        variance = np.exp(np.atleast_1d(scale))
        if self.is_matrix:
            m = self.matrix(theta) * variance
            return np.concatenate((np.diagonal(m), np.array([m[i, j] for i, j in self.pairs])))
        if self.kind == "exchangeable":
            return np.concatenate((variance, variance * self.correlation(theta)))
        return np.concatenate((variance, self.coefficients(theta)))

    def coefficients(self, theta: Any) -> Any:
        if self.kind == "ar":
            return ar_coefficients(np.tanh(theta))
        if self.kind == "ma":
            return -ar_coefficients(np.tanh(theta))
        if self.kind == "exponential":
            return np.atleast_1d(self.correlation(theta))
        return np.tanh(theta)

    def metric(self, theta: Any, scale: Any, first: Any) -> Any:
        """Stata's estimation metric; ``first`` is the log variance that log ratios refer to, None for itself."""
        half = 0.5 * np.atleast_1d(scale if first is None else scale - first)
        if self.is_matrix:
            m = self.matrix(theta)
            sd = np.sqrt(np.diagonal(m))
            base = half if first is not None else np.zeros(1)
            ratios = np.concatenate((half, base + np.log(sd[1:])))
            corr = np.array([m[i, j] / (sd[i] * sd[j]) for i, j in self.pairs], dtype=m.dtype)
            return np.concatenate((ratios, np.arctanh(corr)))
        if self.kind == "exchangeable":
            return np.concatenate((half, np.atleast_1d(np.arctanh(self.correlation(theta)))))
        if self.kind == "exponential":
            rho = self.correlation(theta)
            return np.concatenate((half, np.atleast_1d(np.log(rho) - np.log(1.0 - rho))))
        if self.kind == "toeplitz" or (self.kind == "ar" and self.order == 1):
            return np.concatenate((half, theta))
        return np.concatenate((half, self.coefficients(theta)))

    def params(self, stratum: int, metric: bool) -> tuple[Param, ...]:
        """Addresses: level 0, equation the 1-based stratum, i and j 1-based times, or i the number of a lag."""

        def variance(t: int) -> Param:
            if not metric:
                return Param("resvar", 0, stratum, t, t)
            return Param("lnsig_e" if stratum == t == 1 else "r_lns", 0, stratum, t, t)

        if self.is_matrix:
            other = "r_atr" if metric else "rescov"
            return (
                *(variance(t + 1) for t in range(self.n_times)),
                *(Param(other, 0, stratum, i + 1, j + 1) for i, j in self.pairs),
            )
        if self.kind == "exchangeable":
            return variance(1), Param("r_atr" if metric else "rescov", 0, stratum, 1, 2)
        if self.kind == "toeplitz":
            kind = "r_atr" if metric else "rho"
            return variance(1), *(Param(kind, 0, stratum, int(lag), 0) for lag in self.values)
        kind = {"ma": "theta", "exponential": "rho"}.get(self.kind, "phi" if self.order > 1 else "rho")
        if metric:
            kind = {"ma": "r_theta", "exponential": "r_logit"}.get(
                self.kind, "r_phi" if self.order > 1 else "r_atr"
            )
        return variance(1), *(Param(kind, 0, stratum, k + 1, 0) for k in range(self.size))


def shape_of(spec: ResidualSpec, times: list[Array], largest: int) -> Shape:
    """The structure over the times of one stratum: times holds (G, n) sorted times of panels of one size."""
    kind, order = spec.kind, spec.order
    if kind == "exchangeable":
        return Shape(kind, 1, np.array([float(largest)]))
    if kind in ("unstructured", "banded"):
        distinct = np.unique(np.concatenate([t.ravel() for t in times]))
        full = distinct.size - 1
        banded = kind == "banded" and order is not None
        return Shape(kind, min(order if banded and order is not None else full, full), distinct)
    if kind in ("ar", "ma"):
        longest = max(float((t[:, -1] - t[:, 0]).max()) for t in times)
        return Shape(kind, order or 1, np.arange(int(longest) + 1, dtype=np.float64))
    lags = [np.unique(np.abs(t[:, :, None] - t[:, None, :])) for t in times]
    distinct = np.unique(np.concatenate(lags))
    if kind == "exponential":
        return Shape(kind, 1, distinct)
    kept = distinct[(distinct > 0) & (distinct <= (order if order is not None else np.inf))]
    return Shape(kind, int(kept.size), kept)


@dataclass(frozen=True)
class ResidualModel:
    """The structures of all strata. codes are the strata's codes, ascending.

    theta: [theta_1, log variance ratio_2, theta_2, ...]
    """

    shapes: tuple[Shape, ...]
    codes: NDArray[np.integer]

    @cached_property
    def size(self) -> int:
        return sum(s.size for s in self.shapes) + len(self.shapes) - 1

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Place of every shape's own theta."""
        out, at = [], 0
        for k, shape in enumerate(self.shapes):
            at += k > 0
            out.append(slice(at, at + shape.size))
            at += shape.size
        return tuple(out)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """First cell of every stratum."""
        ends = np.cumsum([s.n_cells for s in self.shapes])
        return (0, *(int(e) for e in ends[:-1]))

    @property
    def n_cells(self) -> int:
        return sum(s.n_cells for s in self.shapes)

    def start(self) -> Array:
        return self._join([s.start() for s in self.shapes])

    def with_correlation(self, rho: float) -> Array:
        return self._join([s.with_correlation(rho) for s in self.shapes])

    def _join(self, parts: list[Array]) -> Array:
        out = np.zeros(self.size)
        for where, part in zip(self.slices, parts, strict=True):
            out[where] = part
        return out

    def ratios(self, theta: Any) -> list[Any]:
        """Log variance of every stratum less that of the first."""
        return [0.0 if k == 0 else theta[s.start - 1] for k, s in enumerate(self.slices)]

    def cells(self, theta: Any) -> Any:
        """Entries of the covariance matrices relative to the first variance, stratum after stratum."""
        parts = [
            np.exp(r) * shape.cells(theta[s])
            for r, shape, s in zip(self.ratios(theta), self.shapes, self.slices, strict=True)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def cell_jacobian(self, theta: Array) -> Array:
        """(cells, theta)."""
        return complex_jacobian(self.cells, theta)

    def natural(self, psi: Any) -> Any:
        """psi = [theta, log variance of the first stratum]."""
        theta, scale = psi[:-1], psi[-1]
        return np.concatenate(
            [
                shape.natural(theta[s], scale + r)
                for r, shape, s in zip(self.ratios(theta), self.shapes, self.slices, strict=True)
            ]
        )

    def metric(self, psi: Any) -> Any:
        theta, scale = psi[:-1], psi[-1]
        return np.concatenate(
            [
                shape.metric(theta[s], scale + r, None if k == 0 else scale)
                for k, (r, shape, s) in enumerate(
                    zip(self.ratios(theta), self.shapes, self.slices, strict=True)
                )
            ]
        )

    def params(self, metric: bool) -> tuple[Param, ...]:
        return tuple(p for k, shape in enumerate(self.shapes) for p in shape.params(k + 1, metric))
