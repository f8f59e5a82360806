"""Multinomial logit by Newton-Raphson: P(y = c) = exp(x b_c) / sum over categories, b of the base category 0.

Log likelihood, score and Hessian in closed form (McFadden 1974); parameters stacked category by category, the base
left out. The fit offers what ``GlmFit`` does (``b``, ``vcov``, ``scores``, ``robust``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pystata_hlm.numeric.glm.fit import sandwich
from pystata_hlm.numeric.glm.maximise import Control, Optimum, Step, maximise

Array = np.ndarray


@dataclass(frozen=True)
class Multinomial:
    """codes (n,) 0-based categories, x (n, p); ``base`` is the category with coefficients zero."""

    codes: Array
    categories: int
    base: int
    x: Array
    weights: Array

    @property
    def others(self) -> Array:
        return np.array([c for c in range(self.categories) if c != self.base], dtype=np.intp)

    def indices(self, theta: Array) -> Array:
        """(n, C) linear indices, zero for the base."""
        eta = np.zeros((len(self.x), self.categories))
        if self.x.shape[1]:
            eta[:, self.others] = self.x @ theta.reshape(self.categories - 1, -1).T
        return eta

    def value(self, theta: Array) -> float:
        eta = self.indices(theta)
        top = eta.max(axis=1, initial=0.0)
        total = top + np.log(np.exp(eta - top[:, None]).sum(axis=1))
        return float(self.weights @ (eta[np.arange(len(eta)), self.codes] - total))

    def residuals(self, theta: Array) -> tuple[Array, Array]:
        """Probabilities and outcome indicators less probabilities, base left out: (n, C-1) each."""
        p = probabilities(self.indices(theta))[:, self.others]
        return p, (self.codes[:, None] == self.others) - p

    def full(self, theta: Array) -> tuple[float, Array, Array]:
        p, r = self.residuals(theta)
        w, x = self.weights[:, None], self.x
        gradient = ((w * r).T @ x).ravel()
        m, k = p.shape[1], x.shape[1]
        hessian = np.empty((m * k, m * k))
        for a in range(m):
            for c in range(a, m):
                d = self.weights * p[:, a] * ((a == c) - p[:, c])
                block = -(x * d[:, None]).T @ x
                hessian[a * k : (a + 1) * k, c * k : (c + 1) * k] = block
                hessian[c * k : (c + 1) * k, a * k : (a + 1) * k] = block.T
        return self.value(theta), gradient, hessian

    def scores(self, theta: Array) -> Array:
        _, r = self.residuals(theta)
        return (r[:, :, None] * self.x[:, None, :]).reshape(len(r), -1)


def probabilities(eta: Array) -> Array:
    """exp(eta) over its row sums."""
    e = np.exp(eta - eta.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class MultinomialFit:
    data: Multinomial
    optimum: Optimum

    @property
    def b(self) -> Array:
        return self.optimum.b

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
        return self.data.scores(self.b)

    def robust(self, clusters: Array | None = None, frequency: Array | None = None) -> Array:
        return sandwich(self.vcov, self.scores, self.data.weights, clusters, frequency)


def fit_multinomial(
    codes: Array,
    categories: int,
    base: int,
    x: Array,
    weights: Array | None = None,
    control: Control | None = None,
    constant: bool = True,
) -> MultinomialFit:
    """From the constant-only model, whose constants are log odds against the base (last column of x)."""
    w = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    data = Multinomial(np.asarray(codes, dtype=np.intp), categories, base, x, w)
    start = np.zeros((categories - 1, x.shape[1]))
    if constant:
        share = np.bincount(data.codes, w, minlength=categories)
        start[:, -1] = np.log(share[data.others] / share[base])
    return MultinomialFit(data, maximise(data.full, data.value, start.ravel(), control))
