"""The integrated log likelihood of nested random effects, its score and its Hessian.

Level l's effects are u = L a, a ~ N(0, I). Given the nodes of the levels above (a path), the integral over a uses nodes
mu + tau x with Gauss-Hermite abscissas x, mu and tau being the posterior mean and root of the posterior variance
(mvaghermite), the mode and curvature (mcaghermite, laplace), or 0 and I (ghermite); Naylor and Smith (1982), Pinheiro
and Bates (1995), Rabe-Hesketh, Skrondal and Pickles (2005). Score and Hessian hold the nodes: with posterior weights
P of the paths, score = sum P s and Hessian = sum P H + Var_P(s) (Louis 1982), by the law of total variance level by
level. Arrays are (groups, paths ...) throughout: no loop over groups or rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pystata_hlm.numeric.glmm.modes import add_up, joint_modes
from pystata_hlm.numeric.glmm.problem import Problem
from pystata_hlm.numeric.glmm.quadrature import grid

Array = np.ndarray

METHODS = ("mvaghermite", "mcaghermite", "ghermite", "laplace")


@dataclass
class Nodes:
    """Location and scale of every level's nodes: ``mu`` (G, paths above, q), ``tau`` (G, paths above, q, q)."""

    mu: list[Array]
    tau: list[Array]

    def copy(self) -> Nodes:
        return Nodes(list(self.mu), list(self.tau))


@dataclass(frozen=True)
class Sweep:
    """One pass at fixed nodes.

    effects   standardised effects (G, paths, q) for each level
    inside    conditional posterior weights (G, paths above, K) for each level
    groups    log integral of each top group (G,)
    eta       index (n, paths) or None
    """

    effects: list[Array]
    inside: list[Array]
    groups: Array
    eta: Array

    @property
    def loglik(self) -> float:
        return float(self.groups.sum())


@dataclass
class Integral:
    """Evaluates the log likelihood; keeps the adapted nodes from call to call as starting point for the next."""

    problem: Problem
    method: str = "mvaghermite"
    points: int = 7
    conditional: bool = True
    tolerance: float = 1e-10
    iterate: int = 100
    held: bool = False
    """Compare steps of the maximiser at the nodes where it stands, as the score does, not at nodes of their own."""
    nodes: Nodes | None = field(default=None)

    # ------------------------------------------------------------ parameters

    def split(self, theta: Array) -> tuple[Array, list[Array], Array]:
        """Index of the fixed part, roots of the covariance matrices, auxiliary parameters."""
        problem = self.problem
        eta = problem.x @ theta[: problem.p] + problem.offset
        roots = [
            level.structure.root(theta[place])
            for level, place in zip(problem.levels, problem.places, strict=True)
        ]
        return eta, roots, theta[problem.n_index :]

    def counts(self) -> list[int]:
        """Nodes of each level given a path."""
        return [self.points**level.structure.q for level in self.problem.levels]

    # ------------------------------------------------------------ passes

    def sweep(self, base: Array, roots: list[Array], aux: Array, nodes: Nodes) -> Sweep:
        """Likelihood at given nodes."""
        problem = self.problem
        eta = base[:, None]
        effects, logs = [], []
        for level, root, mu, tau in zip(problem.levels, roots, nodes.mu, nodes.tau, strict=True):
            x, log_weight = grid(self.points, level.structure.q)
            a, log_w = place(x, log_weight, mu, tau)
            u = a @ root.T
            eta = np.repeat(eta, len(x), axis=1) + contribution(level.z, u, level.row_group)
            effects.append(a)
            logs.append(log_w)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            density = problem.weights[:, None] * problem.family.loglik(eta, aux)
        sums = add_up(density, problem.levels[-1].starts)
        inside: list[Array] = [np.zeros(0)] * len(problem.levels)
        for k in range(len(problem.levels) - 1, -1, -1):
            joint = sums + logs[k]
            joint = joint.reshape(len(joint), -1, len(grid(self.points, problem.levels[k].structure.q)[1]))
            top = joint.max(axis=2, keepdims=True)
            top = np.where(np.isfinite(top), top, 0.0)
            with np.errstate(invalid="ignore", divide="ignore"):
                parts = np.exp(joint - top)
                total = parts.sum(axis=2, keepdims=True)
                integral = np.log(total[..., 0]) + top[..., 0]
                inside[k] = parts / total
            sums = add_up(integral, problem.levels[k - 1].child_starts) if k else integral
        return Sweep(effects, inside, sums[:, 0], eta)

    def moments(self, pass_: Sweep) -> Nodes:
        """Posterior means and roots of the posterior variances of the standardised effects."""
        problem = self.problem
        mu, tau = [], []
        weight = np.ones((problem.levels[0].n_groups, 1))
        for k, level in enumerate(problem.levels):
            if k:
                weight = weight[level.parent]
            p = pass_.inside[k]
            g, paths, count = p.shape
            a = pass_.effects[k].reshape(g, paths, count, -1)
            if not self.conditional and k:
                joint = p * weight[:, :, None]
                p = joint.reshape(g, 1, paths * count)
                a = a.reshape(g, 1, paths * count, -1)
            mean = np.einsum("gpk,gpkq->gpq", p, a)
            centred = a - mean[:, :, None, :]
            variance = np.einsum("gpk,gpkq,gpkr->gpqr", p, centred, centred)
            root = safe_root(variance)
            if not self.conditional and k:
                mean, root = np.repeat(mean, paths, axis=1), np.repeat(root, paths, axis=1)
            mu.append(mean)
            tau.append(root)
            weight = (weight[:, :, None] * pass_.inside[k]).reshape(g, paths * count)
        return Nodes(mu, tau)

    def at_modes(self, base: Array, roots: list[Array], aux: Array) -> Nodes:
        """Nodes at the posterior modes, scaled by the curvature; lower levels given each node above."""
        mu: list[Array] = []
        tau: list[Array] = []
        eta = base[:, None]
        for k, level in enumerate(self.problem.levels):
            modes, precision, _ = joint_modes(self.problem, k, eta, roots, aux)
            inverse = np.linalg.inv(precision[0])
            mu.append(modes[0])
            tau.append(safe_root(inverse))
            x, log_weight = grid(self.points, level.structure.q)
            a, _ = place(x, log_weight, mu[k], tau[k])
            eta = np.repeat(eta, len(x), axis=1) + contribution(level.z, a @ roots[k].T, level.row_group)
        return Nodes(mu, tau)

    def origin(self) -> Nodes:
        """Nodes of ordinary quadrature."""
        mu, tau, paths = [], [], 1
        for level, count in zip(self.problem.levels, self.counts(), strict=True):
            q = level.structure.q
            mu.append(np.zeros((level.n_groups, paths, q)))
            tau.append(np.broadcast_to(np.eye(q), (level.n_groups, paths, q, q)))
            paths *= count
        return Nodes(mu, tau)

    def adapt(self, base: Array, roots: list[Array], aux: Array) -> tuple[Nodes, Sweep]:
        """Nodes that suit these parameters, and the pass with them."""
        if self.method == "ghermite":
            nodes = self.origin()
            return nodes, self.sweep(base, roots, aux, nodes)
        if self.method in ("mcaghermite", "laplace"):
            nodes = self.at_modes(base, roots, aux)
            return nodes, self.sweep(base, roots, aux, nodes)
        nodes = self.nodes or self.at_modes(base, roots, aux)
        found = self.sweep(base, roots, aux, nodes)
        if not np.isfinite(found.loglik) and self.nodes is not None:
            nodes = self.at_modes(base, roots, aux)
            found = self.sweep(base, roots, aux, nodes)
        for _ in range(self.iterate):
            fresh = self.moments(found)
            again = self.sweep(base, roots, aux, fresh)
            if not np.isfinite(again.loglik):
                break
            change = float(np.abs(again.groups - found.groups).max(initial=0.0))
            nodes, found = fresh, again
            if change <= self.tolerance:
                break
        return nodes, found

    # ------------------------------------------------------------ what the maximiser asks

    def value(self, theta: Array) -> float:
        base, roots, aux = self.split(theta)
        if not (np.isfinite(base).all() and all(np.isfinite(r).all() for r in roots)):
            return float("nan")
        if self.held and self.nodes is not None:
            return self.sweep(base, roots, aux, self.nodes).loglik
        return self.adapt(base, roots, aux)[1].loglik

    def settled(self, theta: Array) -> Sweep:
        """The pass at theta; its nodes start the next adaptation."""
        base, roots, aux = self.split(theta)
        nodes, found = self.adapt(base, roots, aux)
        if self.points > 1 and self.method in ("mvaghermite", "mcaghermite") and np.isfinite(found.loglik):
            self.nodes = nodes
        return found

    def full(self, theta: Array) -> tuple[float, Array, Array]:
        """Log likelihood, score and Hessian at theta."""
        found = self.settled(theta)
        score, hessian = self.derivatives(theta, found)
        return found.loglik, score.sum(axis=0), hessian

    def scores(self, theta: Array) -> Array:
        """(G, size): the score of each top group."""
        return self.derivatives(theta, self.settled(theta))[0]

    def derivatives(self, theta: Array, found: Sweep) -> tuple[Array, Array]:
        """Scores of the top groups (G, size) and the Hessian (size, size)."""
        problem = self.problem
        levels, p, k_index, size = problem.levels, problem.p, problem.n_index, problem.size
        aux = theta[k_index:]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            t = problem.family.terms(found.eta, aux)
        w = problem.weights[:, None]
        e, ee = w * t.e, w * t.ee
        paths = found.eta.shape[1]
        slopes = self.slopes(found)
        weights = path_weights(problem, found)
        by_row = weights[-1][levels[-1].row_group]
        lowest = levels[-1].starts
        d = np.empty((levels[-1].n_groups, paths, size))
        for c in range(p):
            d[:, :, c] = add_up(e * problem.x[:, c, None], lowest)
        for c in range(k_index - p):
            d[:, :, p + c] = add_up(e * slopes[c], lowest)
        for c in range(size - k_index):
            d[:, :, k_index + c] = add_up(w * t.a[c], lowest)
        hessian = self.curvature(by_row * ee, slopes, by_row * w * t.ea, (by_row * w * t.aa).sum(axis=(2, 3)))
        for k in range(len(levels) - 1, -1, -1):
            hessian += weighted_square(d, weights[k])
            inside = found.inside[k]
            g = np.einsum("gpk,gpks->gps", inside, d.reshape(*inside.shape, size))
            above = weights[k - 1][levels[k].parent] if k else np.ones((levels[0].n_groups, 1))
            hessian -= weighted_square(g, above)
            d = add_up(g, levels[k - 1].child_starts) if k else g
        return d[:, 0, :], hessian

    def slopes(self, found: Sweep) -> Array:
        """d eta / d c of the random part (T, n, paths)."""
        n, paths = found.eta.shape
        out = []
        for k, level in enumerate(self.problem.levels):
            for basis in level.structure.basis:
                piece = contribution(level.z, found.effects[k] @ basis.T, level.row_group)
                out.append(np.repeat(piece, paths // piece.shape[1], axis=1))
        return np.array(out).reshape(-1, n, paths)

    def curvature(self, ee: Array, slopes: Array, ea: Array, aa: Array) -> Array:
        """Posterior expectation of the complete-data Hessian: ``ee`` (n, paths) and ``ea`` (m, n, paths) weighted."""
        problem = self.problem
        x, p, k, size = problem.x, problem.p, problem.n_index, problem.size
        out = np.zeros((size, size))
        out[:p, :p] = (x * ee.sum(axis=1)[:, None]).T @ x
        weighted = slopes * ee
        out[:p, p:k] = x.T @ weighted.sum(axis=2).T
        flat = slopes.reshape(len(slopes), slopes.shape[1] * slopes.shape[2])
        out[p:k, p:k] = weighted.reshape(flat.shape) @ flat.T
        out[:p, k:] = x.T @ ea.sum(axis=2).T
        out[p:k, k:] = flat @ ea.reshape(len(ea), flat.shape[1]).T
        out[k:, k:] = aa
        upper = np.triu(out)
        return upper + np.triu(out, 1).T


def place(x: Array, log_weight: Array, mu: Array, tau: Array) -> tuple[Array, Array]:
    """Nodes mu + tau x (G, paths, q) and their log weights (G, paths)."""
    g, q = len(mu), mu.shape[2]
    a = mu[:, :, None, :] + np.einsum("gpqr,kr->gpkq", tau, x)
    scale = np.log(np.abs(np.einsum("gpqq->gpq", tau))).sum(axis=2)
    log_w = (
        log_weight
        + 0.5 * np.einsum("kq,kq->k", x, x)
        - 0.5 * np.einsum("gpkq,gpkq->gpk", a, a)
        + scale[:, :, None]
    )
    return a.reshape(g, -1, q), log_w.reshape(g, -1)


def contribution(z: Array, u: Array, row_group: Array) -> Array:
    """z u of every row and path (n, paths)."""
    if z.shape[1] == 1:
        return z * u[row_group, :, 0]
    return np.einsum("nq,nmq->nm", z, u[row_group])


def safe_root(variance: Array) -> Array:
    """Lower Cholesky factors of many small matrices; a little is added where one is not positive definite."""
    if variance.shape[-1] == 1:
        return np.sqrt(np.maximum(variance, 1e-16))
    try:
        return np.linalg.cholesky(variance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(variance)
        values = np.maximum(values, 1e-12)
        return np.linalg.cholesky(np.einsum("...ij,...j,...kj->...ik", vectors, values, vectors))


def path_weights(problem: Problem, found: Sweep) -> list[Array]:
    """Posterior probability (G, paths) of each level's paths."""
    out = []
    weight = np.ones((problem.levels[0].n_groups, 1))
    for k, level in enumerate(problem.levels):
        if k:
            weight = weight[level.parent]
        weight = (weight[:, :, None] * found.inside[k]).reshape(level.n_groups, -1)
        out.append(weight)
    return out


def weighted_square(d: Array, weight: Array) -> Array:
    flat = d.reshape(-1, d.shape[-1])
    return np.asarray((flat * weight.reshape(-1, 1)).T @ flat)
