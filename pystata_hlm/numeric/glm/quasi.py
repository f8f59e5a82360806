"""Generalised linear models with any family and link, by Newton-Raphson (McCullagh and Nelder 1989, chapter 2).

A family is its variance function, deviance and log likelihood at scale 1; a link its inverse with two derivatives.
The maximised objective is the log likelihood at scale 1; for the Gaussian that is minus half the residual sum of
squares, and ``GlmResult.loglik`` reports the likelihood at the maximum-likelihood variance, as Stata does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import special

from pystata_hlm.numeric.glm import links
from pystata_hlm.numeric.glm.fit import sandwich
from pystata_hlm.numeric.glm.maximise import Control, NotFeasibleError, Optimum, Step, maximise

Array = np.ndarray


def _xlogy(x: Array, ratio: Array) -> Array:
    return np.asarray(special.xlogy(x, ratio))


@dataclass(frozen=True)
class QuasiFamily:
    """``name``: gaussian binomial poisson gamma igaussian nbinomial. ``trials`` of binomial; ``alpha`` of nbinomial."""

    name: str
    trials: Array | float = 1.0
    alpha: float = 1.0

    @property
    def discrete(self) -> bool:
        """Scale 1 by default."""
        return self.name in ("binomial", "poisson", "nbinomial")

    def valid(self, mu: Array) -> Array:
        if self.name == "gaussian":
            return np.isfinite(mu)
        if self.name == "binomial":
            return (mu > 0) & (mu < self.trials)
        return (mu > 0) & np.isfinite(mu)

    def variance(self, mu: Array) -> tuple[Array, Array]:
        """V(mu) and its derivative."""
        if self.name == "gaussian":
            return np.ones_like(mu), np.zeros_like(mu)
        if self.name == "binomial":
            return mu * (1 - mu / self.trials), 1 - 2 * mu / self.trials
        if self.name == "poisson":
            return mu, np.ones_like(mu)
        if self.name == "gamma":
            return mu**2, 2 * mu
        if self.name == "igaussian":
            return mu**3, 3 * mu**2
        return mu + self.alpha * mu**2, 1 + 2 * self.alpha * mu

    def deviance(self, y: Array, mu: Array) -> Array:
        """Contributions to the deviance."""
        if self.name == "gaussian":
            return (y - mu) ** 2
        if self.name == "binomial":
            m = self.trials
            return 2 * (_xlogy(y, y / mu) + _xlogy(m - y, (m - y) / (m - mu)))
        if self.name == "poisson":
            return 2 * (_xlogy(y, y / mu) - (y - mu))
        if self.name == "gamma":
            return -2 * (np.log(y / mu) - (y - mu) / mu)
        if self.name == "igaussian":
            return (y - mu) ** 2 / (mu**2 * y)
        a = self.alpha
        return 2 * (_xlogy(y, y / mu) - (y + 1 / a) * np.log((1 + a * y) / (1 + a * mu)))

    def loglik(self, y: Array, mu: Array) -> Array:
        """Log likelihoods at scale 1 (Gaussian: without its constant)."""
        if self.name == "gaussian":
            return -0.5 * (y - mu) ** 2
        if self.name == "binomial":
            m = self.trials
            constant = special.gammaln(m + 1) - special.gammaln(y + 1) - special.gammaln(m - y + 1)
            return (
                _xlogy(y, mu / m)
                + _xlogy(m - y, 1 - mu / m)
                + (constant if np.any(np.asarray(m) != 1) else 0)
            )
        if self.name == "poisson":
            return _xlogy(y, mu) - mu - special.gammaln(y + 1)
        if self.name == "gamma":
            return -(y / mu + np.log(mu))
        if self.name == "igaussian":
            return -0.5 * ((y - mu) ** 2 / (y * mu**2) + 3 * np.log(y) + np.log(2 * np.pi))
        a = self.alpha
        constant = special.gammaln(y + 1 / a) - special.gammaln(y + 1) - special.gammaln(1 / a)
        return constant + _xlogy(y, a * mu / (1 + a * mu)) - np.log1p(a * mu) / a

    def start(self, y: Array, weights: Array) -> Array:
        if self.name == "binomial":
            return np.asarray(self.trials * (y + 0.5) / (self.trials + 1))
        mean = float(weights @ y / weights.sum())
        return (y + mean) / 2

    def take_trials(self) -> Array | float:
        return self.trials if self.name == "binomial" else 1.0


Three = tuple[Array, Array, Array]


@dataclass(frozen=True)
class QuasiLink:
    """mu = inverse(eta) with two derivatives, and eta = g(mu); on the scale of proportions where ``scaled``."""

    name: str
    inverse: Callable[[Array], Three]
    g: Callable[[Array], Array]
    scaled: bool = False


def _power(a: float) -> QuasiLink:
    if a == 0:
        return LOG
    if a == 1:
        return IDENTITY
    k = 1 / a

    def inverse(eta: Array) -> Three:
        eta = np.where(eta > 0, eta, np.nan)
        return eta**k, k * eta ** (k - 1), k * (k - 1) * eta ** (k - 2)

    return QuasiLink("power", inverse, lambda mu: mu**a)


def _odds_power(a: float) -> QuasiLink:
    if a == 0:
        return LOGIT

    def inverse(eta: Array) -> Three:
        t = np.where(1 + a * eta > 0, 1 + a * eta, np.nan)
        odds, d = t ** (1 / a), t ** (1 / a - 1)
        d2 = (1 - a) * t ** (1 / a - 2)
        s = 1 / (1 + odds)
        return odds * s, d * s**2, d2 * s**2 - 2 * d**2 * s**3

    return QuasiLink("opower", inverse, lambda mu: ((mu / (1 - mu)) ** a - 1) / a, True)


def _of_distribution(link: links.Link) -> QuasiLink:
    return QuasiLink(
        link.name,
        lambda eta: (link.cdf(eta), link.density(eta), link.density_slope(eta)),
        link.quantile,
        True,
    )


def _log_log(eta: Array) -> Three:
    mu, d, d2 = links.CLOGLOG.cdf(-eta), links.CLOGLOG.density(-eta), links.CLOGLOG.density_slope(-eta)
    return 1 - mu, d, -d2


def nbinomial_link(alpha: float) -> QuasiLink:
    """ln(mu / (mu + 1/alpha))."""

    def inverse(eta: Array) -> Three:
        t = np.where(eta < 0, np.exp(eta), np.nan)
        s = 1 / (1 - t)
        return t * s / alpha, t * s**2 / alpha, t * (1 + t) * s**3 / alpha

    return QuasiLink("nbinomial", inverse, lambda mu: np.log(mu / (mu + 1 / alpha)))


IDENTITY = QuasiLink("identity", lambda e: (e, np.ones_like(e), np.zeros_like(e)), lambda mu: mu)
LOG = QuasiLink("log", lambda e: (np.exp(e), np.exp(e), np.exp(e)), np.log)
LOGC = QuasiLink("logc", lambda e: (1 - np.exp(e), -np.exp(e), -np.exp(e)), lambda p: np.log(1 - p), True)
LOGIT, PROBIT, CLOGLOG = (_of_distribution(link) for link in (links.LOGIT, links.PROBIT, links.CLOGLOG))
LOGLOG = QuasiLink("loglog", _log_log, lambda p: -np.log(-np.log(p)), True)
POWER, ODDS_POWER = _power, _odds_power


@dataclass(frozen=True)
class QuasiData:
    family: QuasiFamily
    link: QuasiLink
    y: Array
    x: Array
    offset: Array
    weights: Array

    def mean(self, eta: Array) -> Three:
        scale = self.family.take_trials() if self.link.scaled else 1.0
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mu, d, d2 = self.link.inverse(eta)
        return mu * scale, d * scale, d2 * scale

    def value(self, theta: Array) -> float:
        mu = self.mean(self.x @ theta + self.offset)[0]
        if not self.family.valid(mu).all():
            return float("nan")
        return float(self.weights @ self.family.loglik(self.y, mu))

    def slopes(self, theta: Array) -> tuple[Array, Array, Array]:
        """Derivatives of each log likelihood by the index: first, second, expected second."""
        mu, d, d2 = self.mean(self.x @ theta + self.offset)
        v, dv = self.family.variance(mu)
        r = self.y - mu
        return r * d / v, -(d**2) / v + r * (d2 / v - d**2 * dv / v**2), -(d**2) / v

    def full(self, theta: Array) -> tuple[float, Array, Array]:
        first, second, _ = self.slopes(theta)
        w, x = self.weights, self.x
        return self.value(theta), x.T @ (w * first), (x * (w * second)[:, None]).T @ x

    def start(self) -> Array:
        """One weighted regression from the family's first means; the constant alone where that fails."""
        mu = self.family.start(self.y, self.weights)
        scale = self.family.take_trials() if self.link.scaled else 1.0
        eta = self.link.g(mu / scale)
        _, d, _ = self.mean(eta)
        v, _ = self.family.variance(mu)
        root = np.sqrt(self.weights * d**2 / v)
        z = eta + (self.y - mu) / d - self.offset
        b = np.linalg.lstsq(self.x * root[:, None], z * root, rcond=None)[0]
        if np.isfinite(self.value(b)):
            return np.asarray(b)
        middle = float(self.weights @ self.y / np.sum(self.weights * scale))
        target = self.link.g(np.array([middle]))[0] - self.offset
        return np.asarray(np.linalg.lstsq(self.x, target, rcond=None)[0])


@dataclass(frozen=True)
class QuasiFit:
    """Covariances at scale 1."""

    data: QuasiData
    optimum: Optimum

    @property
    def b(self) -> Array:
        return self.optimum.b

    @property
    def aux(self) -> Array:
        return np.zeros(0)

    @property
    def converged(self) -> bool:
        return self.optimum.converged

    @property
    def trace(self) -> tuple[Step, ...]:
        return tuple(replace(step, value=self._likelihood(step.value)) for step in self.optimum.trace)

    @property
    def loglik(self) -> float:
        return self._likelihood(self.optimum.value)

    def _likelihood(self, value: float) -> float:
        if self.data.family.name != "gaussian":
            return value
        n = float(self.data.weights.sum())
        with np.errstate(divide="ignore"):  # a perfect fit
            return float(-0.5 * n * (np.log(2 * np.pi * -2 * value / n) + 1))

    @cached_property
    def mu(self) -> Array:
        return self.data.mean(self.data.x @ self.b + self.data.offset)[0]

    @property
    def deviance(self) -> float:
        return float(self.data.weights @ self.data.family.deviance(self.data.y, self.mu))

    @property
    def pearson(self) -> float:
        v, _ = self.data.family.variance(self.mu)
        return float(self.data.weights @ ((self.data.y - self.mu) ** 2 / v))

    @cached_property
    def vcov(self) -> Array:
        return np.asarray(np.linalg.pinv(-self.optimum.hessian, hermitian=True))

    @cached_property
    def expected(self) -> Array:
        """Covariance from the expected information."""
        _, _, second = self.data.slopes(self.b)
        x = self.data.x
        return np.asarray(np.linalg.pinv(-(x * (self.data.weights * second)[:, None]).T @ x, hermitian=True))

    @cached_property
    def scores(self) -> Array:
        return self.data.x * self.data.slopes(self.b)[0][:, None]

    def robust(self, clusters: Array | None = None, frequency: Array | None = None) -> Array:
        return sandwich(self.vcov, self.scores, self.data.weights, clusters, frequency)


def fit_quasi(
    family: QuasiFamily,
    link: QuasiLink,
    y: Array,
    x: Array,
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    control: Control | None = None,
) -> QuasiFit:
    """Raises ``NotFeasibleError`` when no admissible start is found."""
    n = len(y)
    data = QuasiData(
        family,
        link,
        y,
        x,
        np.zeros(n) if offset is None else offset,
        np.ones(n) if weights is None else weights,
    )
    start = data.start()
    if not np.isfinite(data.value(start)):
        raise NotFeasibleError
    return QuasiFit(data, maximise(data.full, data.value, start, control))
