"""Log likelihoods of one observation as functions of the linear index and of auxiliary parameters, with derivatives.

A family holds the outcome, n rows. ``terms(eta, aux)`` takes eta of shape (n,) or (n, K) (K quadrature nodes) and
the auxiliary parameters (m,), and returns log likelihoods with derivatives of the same shape. All constants of the
likelihood are included (ln y!, binomial coefficients), as Stata reports it.

auxiliary parameters   nbinomial: ln(alpha) or ln(delta); gamma: ln(s), Var(y) = s^2 mu^2; gaussian: ln(variance);
                       ordinal: the cutpoints
Formulas: derivatives of the densities in McCullagh and Nelder (1989) and, for the negative binomials, Cameron and
Trivedi (1998, 3.3); the tests hold them against finite differences and scipy.stats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy import special

from pystata_hlm.numeric.glm.links import LOGIT, Link

Array = np.ndarray


@dataclass(frozen=True)
class Terms:
    """``l`` log likelihoods, ``e``, ``ee`` derivatives by the index; ``a`` (m, ...), ``ea`` (m, ...), ``aa`` (m, m, ...)."""

    l: Array  # noqa: E741
    e: Array
    ee: Array
    a: Array
    ea: Array
    aa: Array


class Family(Protocol):
    """What an engine needs to know of an outcome."""

    @property
    def y(self) -> Array: ...

    @property
    def n_aux(self) -> int: ...

    def terms(self, eta: Array, aux: Array) -> Terms: ...

    def loglik(self, eta: Array, aux: Array) -> Array: ...

    def mean(self, eta: Array, aux: Array) -> Array: ...

    def working(self) -> tuple[Array, Array]:
        """Working response on the index scale and its weight: where the fit of fixed effects starts."""
        ...

    def start_aux(self) -> Array: ...

    def take(self, rows: Array) -> Family: ...


def _beside(v: Array, eta: Array) -> Array:
    """(n,) to broadcast with eta."""
    return v.reshape(v.shape + (1,) * (eta.ndim - 1))


def _no_aux(eta: Array) -> tuple[Array, Array, Array]:
    return np.empty((0, *eta.shape)), np.empty((0, *eta.shape)), np.empty((0, 0, *eta.shape))


def _one_aux(a: Array, ea: Array, aa: Array) -> tuple[Array, Array, Array]:
    return a[None], ea[None], aa[None, None]


def _exp(eta: Array) -> Array:
    return np.exp(np.minimum(eta, 700.0))


@dataclass(frozen=True)
class Binomial:
    """y successes in ``trials`` (Bernoulli: trials 1)."""

    y: Array
    trials: Array
    link: Link = LOGIT

    @property
    def n_aux(self) -> int:
        return 0

    @property
    def constant(self) -> Array:
        n, y = self.trials, self.y
        if (n == 1).all():
            return np.zeros_like(y)
        return special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)

    def loglik(self, eta: Array, aux: Array) -> Array:
        y, n = _beside(self.y, eta), _beside(self.trials, eta)
        if self.link is LOGIT:
            return y * eta - n * np.logaddexp(0, eta) + _beside(self.constant, eta)
        return self.terms(eta, aux).l

    def terms(self, eta: Array, aux: Array) -> Terms:
        y, n = _beside(self.y, eta), _beside(self.trials, eta)
        constant = _beside(self.constant, eta)
        if self.link is LOGIT:
            p = special.expit(eta)
            log_tail = -np.logaddexp(0, eta)
            return Terms(y * eta + n * log_tail + constant, y - n * p, -n * p * (1 - p), *_no_aux(eta))
        one, zero = self.link.log_cdf(eta), self.link.log_tail(eta)
        value, first, second = (
            np.where(y > 0, y * s, 0.0) + np.where(n > y, (n - y) * f, 0.0)
            for s, f in zip(one, zero, strict=True)
        )
        return Terms(value + constant, first, second, *_no_aux(eta))

    def mean(self, eta: Array, aux: Array) -> Array:
        return _beside(self.trials, eta) * self.link.cdf(eta)

    def working(self) -> tuple[Array, Array]:
        p = (self.y + 0.5) / (self.trials + 1)
        eta = self.link.quantile(p)
        slope = self.trials * self.link.density(eta)
        return eta + (self.y - self.trials * p) / slope, slope**2

    def start_aux(self) -> Array:
        return np.zeros(0)

    def take(self, rows: Array) -> Binomial:
        return replace(self, y=self.y[rows], trials=self.trials[rows])


@dataclass(frozen=True)
class Poisson:
    y: Array

    @property
    def n_aux(self) -> int:
        return 0

    def loglik(self, eta: Array, aux: Array) -> Array:
        y = _beside(self.y, eta)
        return y * eta - _exp(eta) - _beside(special.gammaln(self.y + 1), eta)

    def terms(self, eta: Array, aux: Array) -> Terms:
        y, mu = _beside(self.y, eta), _exp(eta)
        value = y * eta - mu - _beside(special.gammaln(self.y + 1), eta)
        return Terms(value, y - mu, -mu, *_no_aux(eta))

    def mean(self, eta: Array, aux: Array) -> Array:
        return _exp(eta)

    def working(self) -> tuple[Array, Array]:
        return _log_working(self.y)

    def start_aux(self) -> Array:
        return np.zeros(0)

    def take(self, rows: Array) -> Poisson:
        return Poisson(self.y[rows])


def _log_working(y: Array) -> tuple[Array, Array]:
    """First Gauss-Newton step of a log-linear mean from (y + mean)/2."""
    mu = (y + y.mean()) / 2
    mu = np.maximum(mu, 1e-8)
    return np.log(mu) + (y - mu) / mu, mu**2


LARGE = 1e6


def _rising(y: Array, size: Array) -> Array:
    """ln Gamma(y + size) - ln Gamma(size) for large size, where the difference of the two loses all digits
    (Stirling's series)."""
    return (size + y - 0.5) * np.log1p(y / size) + y * (np.log(size) - 1) + (1 / (size + y) - 1 / size) / 12


def _rising_slopes(y: Array, size: Array) -> tuple[Array, Array]:
    """First two derivatives of ``_rising`` by size."""
    m = np.maximum(size, LARGE)
    series1 = np.log1p(y / m) + y / (2 * m * (m + y))
    series2 = -y / (m * (m + y)) - y * (2 * m + y) / (2 * (m * (m + y)) ** 2)
    n = np.minimum(size, LARGE)
    exact1 = special.digamma(y + n) - special.digamma(n)
    exact2 = special.polygamma(1, y + n) - special.polygamma(1, n)
    return np.where(size > LARGE, series1, exact1), np.where(size > LARGE, series2, exact2)


def _by_size(y: Array, mu: Array, size: float) -> tuple[Array, Array]:
    """First two derivatives of the log likelihood by 1/alpha, free of cancellation as alpha goes to 0."""
    total = size + mu
    u = (y - mu) / total
    if size <= LARGE:
        d1 = special.digamma(y + size) - special.digamma(size) - np.log1p(mu / size) - u
        d2 = special.polygamma(1, y + size) - special.polygamma(1, size) + 1 / size - 1 / total + u / total
        return d1, d2
    bend = np.where(np.abs(u) < 1e-4, u * u * (-1 / 2 + u / 3 - u * u / 4), np.log1p(u) - u)
    d1 = bend + y / (2 * size * (size + y))
    d2 = u * u / (size + y) - y * (2 * size + y) / (2 * (size * (size + y)) ** 2)
    return d1, d2


@dataclass(frozen=True)
class NegativeBinomial:
    """Mean mu; variance mu (1 + alpha mu) (``constant`` False) or mu (1 + delta) (True). aux: ln alpha or ln delta."""

    y: Array
    constant: bool = False

    @property
    def n_aux(self) -> int:
        return 1

    def loglik(self, eta: Array, aux: Array) -> Array:
        y, mu, scale = _beside(self.y, eta), _exp(eta), np.exp(aux[0])
        size = mu / scale if self.constant else np.full_like(mu, 1 / scale)
        odds = np.full_like(mu, scale) if self.constant else mu * scale
        with np.errstate(divide="ignore", invalid="ignore"):
            rising = np.where(
                size > LARGE, _rising(y, size), special.gammaln(y + size) - special.gammaln(size)
            )
        return rising - special.gammaln(y + 1) - (y + size) * np.log1p(odds) + y * np.log(odds)

    def terms(self, eta: Array, aux: Array) -> Terms:
        y, mu, scale = _beside(self.y, eta), _exp(eta), float(np.exp(aux[0]))
        value = self.loglik(eta, aux)
        if self.constant:
            m, share = mu / scale, scale / (1 + scale)
            rise, d2 = _rising_slopes(y, m)
            d1 = rise - np.log1p(scale)
            e, ee = m * d1, m * d1 + m * m * d2
            a = -(y + m) * share + y - e
            ea = -m * share - ee
            aa = -(y + m) * share / (1 + scale) + 2 * m * share + ee
            return Terms(value, e, ee, *_one_aux(a, ea, aa))
        size = 1 / scale
        total = size + mu
        e = size * (y - mu) / total
        ee = -mu * size * (size + y) / total**2
        d1, d2 = _by_size(y, mu, size)
        ea = -size * (y - mu) * mu / total**2
        return Terms(value, e, ee, *_one_aux(-size * d1, ea, size * size * d2 + size * d1))

    def mean(self, eta: Array, aux: Array) -> Array:
        return _exp(eta)

    def working(self) -> tuple[Array, Array]:
        return _log_working(self.y)

    def start_aux(self) -> Array:
        return np.zeros(1)

    def take(self, rows: Array) -> NegativeBinomial:
        return replace(self, y=self.y[rows])


@dataclass(frozen=True)
class Gamma:
    """Mean mu = exp(eta), standard deviation s mu; aux ln s."""

    y: Array

    @property
    def n_aux(self) -> int:
        return 1

    def loglik(self, eta: Array, aux: Array) -> Array:
        return self.terms(eta, aux).l

    def terms(self, eta: Array, aux: Array) -> Terms:
        y = _beside(self.y, eta)
        k = float(np.exp(-2 * aux[0]))  # shape
        ratio = y * np.exp(-np.maximum(eta, -700.0))
        inside = np.log(k) + np.log(y) - eta - ratio
        value = k * inside - special.gammaln(k) - np.log(y)
        e, ee = k * (ratio - 1), -k * ratio
        d1 = inside + 1 - special.digamma(k)
        d2 = 1 / k - special.polygamma(1, k)
        a = -2 * k * d1
        ea = -2 * k * (ratio - 1)
        aa = 4 * k * d1 + 4 * k * k * d2
        return Terms(value, e, ee, *_one_aux(a, ea, aa))

    def mean(self, eta: Array, aux: Array) -> Array:
        return _exp(eta)

    def working(self) -> tuple[Array, Array]:
        return _log_working(self.y)

    def start_aux(self) -> Array:
        return np.zeros(1)

    def take(self, rows: Array) -> Gamma:
        return Gamma(self.y[rows])


@dataclass(frozen=True)
class Gaussian:
    """Mean eta (identity) or exp(eta) (``log``); aux ln(variance)."""

    y: Array
    log: bool = False

    @property
    def n_aux(self) -> int:
        return 1

    def loglik(self, eta: Array, aux: Array) -> Array:
        mu = _exp(eta) if self.log else eta
        return -0.5 * (np.log(2 * np.pi) + aux[0] + (_beside(self.y, eta) - mu) ** 2 * np.exp(-aux[0]))

    def terms(self, eta: Array, aux: Array) -> Terms:
        precision = float(np.exp(-aux[0]))
        mu = _exp(eta) if self.log else eta
        slope = mu if self.log else np.ones_like(eta)
        r = _beside(self.y, eta) - mu
        e = precision * r * slope
        ee = -precision * slope**2 + (e if self.log else 0.0)
        square = precision * r * r
        value = -0.5 * (np.log(2 * np.pi) + aux[0] + square)
        return Terms(value, e, ee, *_one_aux(0.5 * (square - 1), -e, -0.5 * square))

    def mean(self, eta: Array, aux: Array) -> Array:
        return _exp(eta) if self.log else eta

    def working(self) -> tuple[Array, Array]:
        if self.log:
            return _log_working(self.y)
        return self.y, np.ones_like(self.y)

    def start_aux(self) -> Array:
        return np.array([np.log(max(float(np.var(self.y)), 1e-300))])

    def take(self, rows: Array) -> Gaussian:
        return replace(self, y=self.y[rows])


@dataclass(frozen=True)
class Ordinal:
    """Categories 0 .. C-1: P(y <= c) = F(cut_c - eta); aux the C-1 cutpoints. No constant in the index."""

    y: Array
    categories: int
    link: Link = LOGIT

    @property
    def n_aux(self) -> int:
        return self.categories - 1

    def _bounds(self, eta: Array, aux: Array) -> tuple[Array, Array]:
        low = np.concatenate([[-np.inf], aux])[self.y.astype(np.intp)]
        high = np.concatenate([aux, [np.inf]])[self.y.astype(np.intp)]
        return _beside(low, eta) - eta, _beside(high, eta) - eta

    def loglik(self, eta: Array, aux: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(self.link.interval(*self._bounds(eta, aux)))

    def terms(self, eta: Array, aux: Array) -> Terms:
        low, high = self._bounds(eta, aux)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            p = self.link.interval(low, high)
            up, down = (np.where(np.isfinite(x), self.link.density(x), 0.0) / p for x in (high, low))
            slope_up, slope_down = (
                np.where(np.isfinite(x), self.link.density_slope(np.where(np.isfinite(x), x, 0.0)), 0.0) / p
                for x in (high, low)
            )
            value = np.log(p)
        uu, dd, ud = slope_up - up**2, -slope_down - down**2, up * down
        m = self.n_aux
        at_high = _beside(self.y, eta) == np.arange(m).reshape((m,) + (1,) * eta.ndim)
        at_low = _beside(self.y, eta) - 1 == np.arange(m).reshape((m,) + (1,) * eta.ndim)
        a = at_high * up - at_low * down
        ea = -(at_high * (uu + ud) + at_low * (dd + ud))
        aa = np.zeros((m, m, *eta.shape))
        for k in range(m):
            aa[k, k] = at_high[k] * uu + at_low[k] * dd
            if k:
                aa[k, k - 1] = aa[k - 1, k] = at_high[k] * at_low[k - 1] * ud
        return Terms(value, down - up, uu + 2 * ud + dd, a, ea, aa)

    def probability(self, eta: Array, aux: Array, category: int) -> Array:
        cuts = np.concatenate([[-np.inf], aux, [np.inf]])
        return self.link.interval(cuts[category] - eta, cuts[category + 1] - eta)

    def mean(self, eta: Array, aux: Array) -> Array:
        return self.probability(eta, aux, 0)

    def working(self) -> tuple[Array, Array]:
        return np.zeros_like(self.y), np.ones_like(self.y)

    def start_aux(self) -> Array:
        """Cutpoints of the model without covariates (not weighted: see ``marginal_cutpoints``)."""
        return marginal_cutpoints(self, np.ones_like(self.y))

    def take(self, rows: Array) -> Ordinal:
        return replace(self, y=self.y[rows])


def marginal_cutpoints(family: Ordinal, weights: Array) -> Array:
    """Quantiles of the cumulative (weighted) shares."""
    shares = np.bincount(family.y.astype(np.intp), weights, family.categories)
    return np.asarray(family.link.quantile(np.cumsum(shares)[:-1] / shares.sum()))
