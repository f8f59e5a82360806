"""Parameter sets of the random part and the maps between them.

tau     what the optimiser moves. Every natural parameter is a quadratic form in tau, so no tau leaves the
        cone of covariance matrices, a variance of zero is an ordinary stationary point (tau = 0) instead of a
        point at infinity, and second derivatives of the map are constants:
        unstructured   the symmetric square root S, D = S S (Stata's matsqrt)
        independent    standard deviations;  identity: the common one
        exchangeable   square roots of the two eigenvalues (1, and q - 1 fold)
        residual strata: log of the sd relative to the first stratum
phi     relative covariances D / sigma^2 (variances, then covariances, per equation from the top level down)
        and, for strata 2.., the weights w = sigma_1^2 / sigma_s^2
natural variances and covariances; metric  Stata's log sds, atanh correlations, log ratio of residual sds
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .spec import Array, Param

BOUNDARY = 1e-10  # relative variance (or eigenvalue) below which an estimate is on the boundary
FLOOR = 1e-14  # value that stands for a relative variance of zero in Stata's log-sd metric


@dataclass(frozen=True, eq=False)
class EquationParams:
    """Covariance structure of one equation with q random effects.

    z_map  when given, tau describes D in the caller's columns, z_new = z z_map, while phi and D keep to z_new
    """

    structure: str
    q: int
    z_map: Array | None = None

    @cached_property
    def kind(self) -> str:
        """The structure, with every single-effect equation an identity."""
        return "identity" if self.q == 1 else self.structure

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(a, b) address of each natural parameter, variances first."""
        q = self.q
        if self.kind == "identity":
            return ((0, 0),)
        if self.kind == "exchangeable":
            return ((0, 0), (0, 1))
        variances = tuple((a, a) for a in range(q))
        if self.kind == "independent":
            return variances
        return variances + tuple((a, b) for a in range(q) for b in range(a + 1, q))

    @property
    def size(self) -> int:
        return len(self.pairs)

    @cached_property
    def basis(self) -> Array:
        """(K, q, q) symmetric matrices with D = sum phi_k basis_k."""
        q = self.q
        out = np.zeros((self.size, q, q))
        if self.kind == "identity":
            out[0] = np.eye(q)
        elif self.kind == "exchangeable":
            out[0] = np.eye(q)
            out[1] = 1.0 - np.eye(q)
        else:
            for k, (a, b) in enumerate(self.pairs):
                out[k, a, b] = out[k, b, a] = 1.0
        return out

    @cached_property
    def curvature(self) -> Array:
        """(K, K, K): phi_k = 1/2 tau' curvature_k tau."""
        q, size = self.q, self.size
        out = np.zeros((size, size, size))
        if self.kind == "exchangeable":
            out[0] = np.diag([2.0 / q, 2.0 * (q - 1) / q])
            out[1] = np.diag([2.0 / q, -2.0 / q])
        elif self.kind in ("identity", "independent"):
            for k in range(size):
                out[k, k, k] = 2.0
        else:
            where = {(a, b): k for k, (a, b) in enumerate(self.pairs)}
            for k, (a, b) in enumerate(self.pairs):
                for c in range(q):
                    i, j = where[min(a, c), max(a, c)], where[min(b, c), max(b, c)]
                    out[k, i, j] += 1.0
                    out[k, j, i] += 1.0
        if self.z_map is None:
            return out
        inverse = np.linalg.inv(self.z_map)
        to_new = np.stack([self.select(inverse @ e @ inverse.T) for e in self.basis], axis=1)
        return np.tensordot(to_new, out, axes=1)

    def matrix(self, phi: Array) -> Array:
        """The covariance matrix of given natural parameters."""
        return (phi @ self.basis.reshape(self.size, -1)).reshape(self.q, self.q)

    def select(self, matrix: Array) -> Array:
        """Natural parameters of a matrix of this structure."""
        return np.array([matrix[a, b] for a, b in self.pairs])

    def factor(self, tau: Array) -> Array:
        """A square root: D = factor factor'."""
        q = self.q
        if self.kind == "identity":
            out = np.eye(q) * tau[0]
        elif self.kind == "independent":
            out = np.diag(tau)
        elif self.kind == "exchangeable":
            out = np.eye(q) * tau[1] + (tau[0] - tau[1]) / q
        else:
            out = self.matrix(tau)
        return out if self.z_map is None else np.linalg.solve(self.z_map, out)

    def tau_of(self, d: Array) -> Array:
        """tau of a positive semidefinite relative covariance matrix (projected on the structure)."""
        q = self.q
        if self.z_map is not None:
            d = self.z_map @ d @ self.z_map.T
        if self.kind == "identity":
            return np.sqrt(np.maximum([np.trace(d) / q], 0.0))
        if self.kind == "independent":
            return np.sqrt(np.maximum(np.diagonal(d), 0.0))
        if self.kind == "exchangeable":
            var = np.trace(d) / q
            cov = (d.sum() - np.trace(d)) / (q * (q - 1))
            return np.sqrt(np.maximum([var + (q - 1) * cov, var - cov], 0.0))
        values, vectors = np.linalg.eigh(0.5 * (d + d.T))
        return self.select((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)

    def gradient_matrix(self, gradient: Array) -> Array:
        """Symmetric S with d l = tr(S dD) for changes within an unstructured D."""
        s = self.matrix(gradient)
        return 0.5 * (s + np.diag(np.diagonal(s)))

    def em_update(self, d: Array, gradient: Array, n_groups: float) -> Array:
        """The EM step written with the gradient of the log likelihood: D + (2/G) D (dl/dD) D."""
        q = self.q
        if self.kind == "unstructured":
            return d + (2.0 / n_groups) * d @ self.gradient_matrix(gradient) @ d
        if self.kind == "exchangeable":
            var, cov = d[0, 0], d[0, 1]
            eigen = np.array([var + (q - 1) * cov, var - cov])
            share = np.array([1.0, q - 1.0])
            # phi = M eigen with M = [[1, q-1], [1, -1]] / q, so dl/deigen = M' dl/dphi
            g_eigen = np.array([(gradient[0] + gradient[1]) / q, ((q - 1) * gradient[0] - gradient[1]) / q])
            new = eigen + eigen**2 * 2.0 / (n_groups * share) * g_eigen
            return self.matrix(np.array([new[0] + (q - 1) * new[1], new[0] - new[1]]) / q)
        count = n_groups * (q if self.kind == "identity" else 1)
        phi = self.select(d)
        return self.matrix(phi + phi**2 * 2.0 / count * gradient)

    def rising_direction(self, d: Array, gradient: Array, threshold: float) -> Array | None:
        """A direction into the cone from a singular D along which the log likelihood rises, or None.

        gradient is that of the log likelihood in phi; a slope counts when it exceeds the threshold.
        """
        q = self.q
        if self.kind in ("identity", "independent"):
            wanted = (self.select(d) <= 1e-8) & (gradient > threshold)
            return self.matrix(wanted.astype(np.float64)) if wanted.any() else None
        if self.kind == "exchangeable":
            eigen = np.array([d[0, 0] + (q - 1) * d[0, 1], d[0, 0] - d[0, 1]])
            slope = np.array([gradient[0] + gradient[1], (q - 1) * gradient[0] - gradient[1]]) / q
            wanted = ((eigen <= 1e-8) & (slope > threshold)).astype(np.float64)
            phi = np.array([wanted[0] + (q - 1) * wanted[1], wanted[0] - wanted[1]]) / q
            return self.matrix(phi) if wanted.any() else None
        values, vectors = np.linalg.eigh(d)
        null = vectors[:, values <= 1e-8]
        if not null.size:
            return None
        slopes, inner = np.linalg.eigh(null.T @ self.gradient_matrix(gradient) @ null)
        if slopes[-1] <= threshold:
            return None
        v = null @ inner[:, -1]
        return np.outer(v, v)

    # -- Stata's estimation metric --------------------------------------------------------------
    def floored(self, d: Array, floor: float) -> Array:
        """d with its eigenvalues no smaller than floor, so that logs and atanh exist."""
        if self.kind in ("identity", "independent"):
            return self.matrix(np.maximum(self.select(d), floor))
        values, vectors = np.linalg.eigh(d)
        if values[0] >= floor:
            return d
        return self.matrix(self.select((vectors * np.maximum(values, floor)) @ vectors.T))

    def metric_of(self, phi: Array) -> Array:
        """lns and atr of natural parameters."""
        out = np.empty(self.size)
        sd = {}
        for k, (a, b) in enumerate(self.pairs):
            if a == b:
                sd[a] = np.sqrt(phi[k])
                out[k] = 0.5 * np.log(phi[k])
        for k, (a, b) in enumerate(self.pairs):
            if a != b:
                out[k] = np.arctanh(np.clip(phi[k] / (sd[a] * sd.get(b, sd[a])), -1 + 1e-15, 1 - 1e-15))
        return out

    def natural_of(self, metric: Array) -> Array:
        """Inverse of metric_of."""
        out = np.empty(self.size)
        sd = {}
        for k, (a, b) in enumerate(self.pairs):
            if a == b:
                sd[a] = np.exp(metric[k])
                out[k] = sd[a] ** 2
            else:
                out[k] = np.tanh(metric[k]) * sd[a] * sd.get(b, sd[a])
        return out

    def metric_derivatives(self, phi: Array) -> tuple[Array, Array]:
        """d natural / d metric (K, K) and its derivatives (K, K, K)."""
        size = self.size
        first = np.zeros((size, size))
        second = np.zeros((size, size, size))
        at = {a: k for k, (a, b) in enumerate(self.pairs) if a == b}
        for k, (a, b) in enumerate(self.pairs):
            v = phi[k]
            if a == b:
                first[k, k] = 2.0 * v
                second[k, k, k] = 4.0 * v
                continue
            i, j = at[a], at.get(b, at[a])
            product = np.sqrt(phi[i] * phi[j])
            rho = v / product
            slope = product * (1.0 - rho * rho)
            for u in (i, j):
                first[k, u] += v
                second[k, u, k] += slope
                second[k, k, u] += slope
                for t in (i, j):
                    second[k, u, t] += v
            first[k, k] = slope
            second[k, k, k] = -2.0 * rho * slope
        return first, second

    def params(self, level: int, equation: int, metric: bool) -> tuple[Param, ...]:
        names = ("lns", "atr") if metric else ("var", "cov")
        return tuple(Param(names[a != b], level, equation, a + 1, b + 1) for a, b in self.pairs)


@dataclass(frozen=True)
class ParamSet:
    """All variance parameters of a model: equations of every level, then strata 2.. of the residual."""

    equations: tuple[tuple[EquationParams, ...], ...]
    n_strata: int

    @classmethod
    def build(
        cls, structures: Sequence[Sequence[str]], widths: Sequence[Sequence[int]], n_strata: int
    ) -> ParamSet:
        return cls(
            tuple(
                tuple(EquationParams(s, q) for s, q in zip(ss, qs, strict=True))
                for ss, qs in zip(structures, widths, strict=True)
            ),
            n_strata,
        )

    def in_columns(self, z_map: Sequence[Array]) -> ParamSet:
        """The same parameters with tau in the caller's columns of Z, see EquationParams."""
        levels = []
        for level, whole in zip(self.equations, z_map, strict=True):
            at, row = 0, []
            for eq in level:
                block = whole[at : at + eq.q, at : at + eq.q]
                row.append(EquationParams(eq.structure, eq.q, block))
                at += eq.q
            levels.append(tuple(row))
        return ParamSet(tuple(levels), self.n_strata)

    @cached_property
    def slices(self) -> tuple[tuple[slice, ...], ...]:
        """Position of each equation's parameters in phi and in tau."""
        out = []
        at = 0
        for level in self.equations:
            row = []
            for eq in level:
                row.append(slice(at, at + eq.size))
                at += eq.size
            out.append(tuple(row))
        return tuple(out)

    @cached_property
    def n_random(self) -> int:
        return sum(eq.size for level in self.equations for eq in level)

    @property
    def size(self) -> int:
        return self.n_random + self.n_strata - 1

    @cached_property
    def level_indices(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(i for s in row for i in range(s.start, s.stop)) for row in self.slices)

    @cached_property
    def level_basis(self) -> tuple[Array, ...]:
        """Per level, (K_l, q_l, q_l) with D_l = sum phi_k basis_k over the level's parameters."""
        out = []
        for level in self.equations:
            q = sum(eq.q for eq in level)
            whole = np.zeros((sum(eq.size for eq in level), q, q))
            k = at = 0
            for eq in level:
                whole[k : k + eq.size, at : at + eq.q, at : at + eq.q] = eq.basis
                k += eq.size
                at += eq.q
            out.append(whole)
        return tuple(out)

    @cached_property
    def curvature(self) -> Array:
        """(P, P, P) second derivatives of phi in tau, random part."""
        out = np.zeros((self.size,) * 3)
        for level, where in zip(self.equations, self.slices, strict=True):
            for eq, s in zip(level, where, strict=True):
                out[s, s, s] = eq.curvature
        return out

    def phi(self, tau: Array) -> Array:
        out = 0.5 * np.einsum("kij,i,j->k", self.curvature, tau, tau)
        out[self.n_random :] = np.exp(-2.0 * tau[self.n_random :])
        return out

    def weights(self, tau: Array) -> Array:
        """Residual precision of each stratum relative to the first."""
        return np.concatenate(([1.0], np.exp(-2.0 * tau[self.n_random :])))

    def factors(self, tau: Array) -> list[Array]:
        """Square root of the relative covariance matrix of every level."""
        return [
            block_diagonal([eq.factor(tau[s]) for eq, s in zip(level, where, strict=True)])
            for level, where in zip(self.equations, self.slices, strict=True)
        ]

    def pull_back(self, tau: Array, gradient: Array, hessian: Array | None) -> tuple[Array, Array | None]:
        """Derivatives in tau from derivatives in phi."""
        jacobian = self.curvature @ tau
        strata = np.arange(self.n_random, self.size)
        w = np.exp(-2.0 * tau[strata])
        jacobian[strata, strata] = -2.0 * w
        g = jacobian.T @ gradient
        if hessian is None:
            return g, None
        h = jacobian.T @ hessian @ jacobian
        h += (gradient @ self.curvature.reshape(self.size, self.size**2)).reshape(self.size, self.size)
        h[strata, strata] += 4.0 * w * gradient[strata]
        return g, h

    def tau_of(self, matrices: Sequence[Sequence[Array]], weights: Array) -> Array:
        parts = [
            eq.tau_of(d)
            for level, ds in zip(self.equations, matrices, strict=True)
            for eq, d in zip(level, ds, strict=True)
        ]
        return np.concatenate([*parts, -0.5 * np.log(weights[1:])])

    def from_metric(self, metric: Array, z_map: Sequence[Array]) -> tuple[list[list[Array]], Array]:
        """Relative covariance matrices (whitened columns) and residual weights of a vector in Stata's
        metric.
        """
        sigma2 = float(np.exp(2.0 * metric[self.n_random]))
        out = []
        for level, where, whole in zip(self.equations, self.slices, z_map, strict=True):
            at, row = 0, []
            for eq, s in zip(level, where, strict=True):
                inverse = np.linalg.inv(whole[at : at + eq.q, at : at + eq.q])
                at += eq.q
                d = eq.matrix(eq.natural_of(metric[s])) / sigma2
                row.append(inverse @ d @ inverse.T)
            out.append(row)
        return out, np.concatenate(([1.0], np.exp(-2.0 * metric[self.n_random + 1 :])))

    def params(self, metric: bool) -> tuple[Param, ...]:
        out: list[Param] = []
        for i, level in enumerate(self.equations):
            for j, eq in enumerate(level):
                out.extend(eq.params(i + 1, j + 1, metric))
        first, other = ("lnsig_e", "r_lns") if metric else ("resvar", "resvar")
        out.extend(Param(first if s == 0 else other, 0, 0, s + 1, s + 1) for s in range(self.n_strata))
        return tuple(out)


def block_diagonal(parts: Sequence[Array]) -> Array:
    if len(parts) == 1:
        return parts[0]
    q = sum(a.shape[0] for a in parts)
    out = np.zeros((q, q))
    at = 0
    for a in parts:
        out[at : at + a.shape[0], at : at + a.shape[0]] = a
        at += a.shape[0]
    return out
