"""Single-level fits: maximum likelihood of a family with linear index ``x b + offset``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pystata_hlm.numeric.glm.families import Family, Gaussian, Ordinal, marginal_cutpoints
from pystata_hlm.numeric.glm.maximise import Control, Optimum, Step, maximise

Array = np.ndarray


@dataclass(frozen=True)
class Data:
    """A family with its design: ``x`` (n, p), ``offset`` (n,), ``weights`` (n,) multiply the log likelihood terms."""

    family: Family
    x: Array
    offset: Array
    weights: Array

    @staticmethod
    def of(family: Family, x: Array, offset: Array | None = None, weights: Array | None = None) -> Data:
        n = len(family.y)
        zero, one = np.zeros(n), np.ones(n)
        return Data(family, x, zero if offset is None else offset, one if weights is None else weights)

    @property
    def p(self) -> int:
        return self.x.shape[1]

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Index (n,) and auxiliary parameters."""
        return self.x @ theta[: self.p] + self.offset, theta[self.p :]

    def value(self, theta: Array) -> float:
        eta, aux = self.split(theta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return float(self.weights @ self.family.loglik(eta, aux))

    def full(self, theta: Array) -> tuple[float, Array, Array]:
        """Log likelihood, score and Hessian by (b, aux)."""
        eta, aux = self.split(theta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            t = self.family.terms(eta, aux)
        w, x, m = self.weights, self.x, self.family.n_aux
        gradient = np.concatenate([x.T @ (w * t.e), t.a @ w])
        cross = (x.T @ (w * t.ea).T) if m else np.zeros((self.p, 0))
        hessian = np.block([[(x * (w * t.ee)[:, None]).T @ x, cross], [cross.T, t.aa @ w]])
        return float(w @ t.l), gradient, hessian

    def scores(self, theta: Array) -> Array:
        """(n, p + m) score of each observation, not weighted."""
        eta, aux = self.split(theta)
        t = self.family.terms(eta, aux)
        return np.concatenate([self.x * t.e[:, None], t.a.T], axis=1)


@dataclass(frozen=True)
class GlmFit:
    """``theta`` is (b, aux). ``vcov`` is the inverse of the negative Hessian, zero rows where it is singular."""

    data: Data
    optimum: Optimum

    @property
    def theta(self) -> Array:
        return self.optimum.b

    @property
    def b(self) -> Array:
        return self.theta[: self.data.p]

    @property
    def aux(self) -> Array:
        return self.theta[self.data.p :]

    @property
    def loglik(self) -> float:
        return self.optimum.value

    @property
    def trace(self) -> tuple[Step, ...]:
        return self.optimum.trace

    @property
    def converged(self) -> bool:
        return self.optimum.converged

    @cached_property
    def vcov(self) -> Array:
        return np.asarray(np.linalg.pinv(-self.optimum.hessian, hermitian=True))

    @cached_property
    def scores(self) -> Array:
        return self.data.scores(self.theta)

    def robust(self, clusters: Array | None = None, frequency: Array | None = None) -> Array:
        """Sandwich covariance, N/(N-1) or G/(G-1) times; ``clusters`` are 0-based codes.

        ``frequency``: weights that count observations (fweights) rather than weigh them.
        """
        return sandwich(self.vcov, self.scores, self.data.weights, clusters, frequency)


def sandwich(
    vcov: Array,
    scores: Array,
    weights: Array,
    clusters: Array | None = None,
    frequency: Array | None = None,
) -> Array:
    """V (sum u u') V with Stata's small-sample factor ([P] _robust)."""
    if clusters is not None:
        groups = int(clusters.max()) + 1
        u = np.zeros((groups, scores.shape[1]))
        np.add.at(u, clusters, scores * weights[:, None])
        middle, n = u.T @ u, float(groups)
    elif frequency is not None:
        middle, n = (scores * frequency[:, None]).T @ scores, float(frequency.sum())
    else:
        u = scores * weights[:, None]
        middle, n = u.T @ u, float(len(u))
    return np.asarray(vcov @ middle @ vcov) * (n / (n - 1))


def gauss_newton_start(data: Data) -> Array:
    """Coefficients of one weighted regression of the working response, auxiliary parameters at their start.

    Stata's ``me`` commands begin their fixed-effects fit here (checked against the first log lines of the shared
    cases melogit_hospital and mepoisson_lips).
    """
    z, w = data.family.working()
    root = np.sqrt(w * data.weights)
    b = np.linalg.lstsq(data.x * root[:, None], (z - data.offset) * root, rcond=None)[0]
    aux = data.family.start_aux()
    if isinstance(data.family, Ordinal):
        aux = marginal_cutpoints(data.family, data.weights)
        b = np.zeros(data.p)
    if isinstance(data.family, Gaussian) and not data.family.log:
        r = data.family.y - data.x @ b - data.offset
        aux = np.array([np.log(max(float(data.weights @ r**2 / data.weights.sum()), 1e-300))])
    return np.concatenate([b, aux])


def fit_glm(
    family: Family,
    x: Array,
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    start: Array | None = None,
    control: Control | None = None,
) -> GlmFit:
    """Maximum likelihood from ``start`` (default: ``gauss_newton_start``)."""
    data = Data.of(family, x, offset, weights)
    theta = gauss_newton_start(data) if start is None else start
    return GlmFit(data, maximise(data.full, data.value, theta, control))


def fit_constant(
    family: Family,
    *,
    constant: bool = True,
    offset: Array | None = None,
    weights: Array | None = None,
    control: Control | None = None,
) -> GlmFit:
    """The model without covariates: a constant (none for ordinal families or ``constant`` False) and aux."""
    n = len(family.y)
    columns = np.ones((n, 1)) if constant and not isinstance(family, Ordinal) else np.zeros((n, 0))
    return fit_glm(family, columns, offset=offset, weights=weights, control=control)


def constant_start(null: GlmFit, p: int, place: int | None = -1) -> Array:
    """Starting values at the constant-only model: slopes 0; ``place`` is the constant's column, None without one."""
    b = np.zeros(p)
    if place is not None and len(null.b):
        b[place] = null.b[0]
    return np.concatenate([b, null.aux])


def without_log(control: Control | None = None) -> Control:
    """Tighter convergence for fits whose log nobody sees."""
    return replace(control or Control(), tolerance=1e-9, ltolerance=1e-12, nrtolerance=1e-10)
