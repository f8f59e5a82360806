"""Fit of a generalised linear mixed model: starting values, the two maximisations, what they give.

Parameters are (beta, natural parameters of the levels from the top, auxiliary parameters): variances and covariances
themselves, as Stata's maximiser has them (found from the step sizes of printed logs: shared cases melogit_hospital,
mepoisson_lips). Starting values: the fit without random effects and unit variances ([ME] meglm, startvalues()).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pystata_hlm.numeric.glm import (
    Control,
    GlmFit,
    NotFeasibleError,
    Optimum,
    Step,
    fit_glm,
    maximise,
    sandwich,
)
from pystata_hlm.numeric.glm.families import Family
from pystata_hlm.numeric.glmm.integrate import Integral, path_weights
from pystata_hlm.numeric.glmm.problem import Level, Problem

Array = np.ndarray

GRID = (1.0, 0.1, 10.0, 0.01)
"""Variances tried as starting values, in turn, until the likelihood is defined."""

ZERO = 1e-7
"""A variance below this, with the likelihood falling in it, is on the boundary."""


class NoStartError(Exception):
    """Initial values not feasible."""


@dataclass
class Objective:
    """The integrated likelihood in the natural metric; ``held`` marks parameters that do not move."""

    integral: Integral

    def factors(self, theta: Array) -> Array | None:
        """(beta, c, aux) from (beta, natural, aux); None outside the parameter space."""
        out = np.array(theta, dtype=float)
        problem = self.integral.problem
        for level, place in zip(problem.levels, problem.places, strict=True):
            c = level.structure.factors(theta[place])
            if c is None:
                return None
            out[place] = c
        return out

    @property
    def numeric(self) -> bool:
        """One adapted node: the likelihood's curvature term has no closed derivative here."""
        return self.integral.method == "laplace" or (
            self.integral.points == 1 and self.integral.method != "ghermite"
        )

    def value(self, theta: Array) -> float:
        inner = self.factors(theta)
        return float("nan") if inner is None else self.integral.value(inner)

    def full(self, theta: Array) -> tuple[float, Array, Array]:
        inner = self.factors(theta)
        if inner is None:
            nothing = np.full(len(theta), np.nan)
            return float("nan"), nothing, np.outer(nothing, nothing)
        if self.numeric:
            return differences(self.value, theta, self.scale(theta))
        value, gradient, hessian = self.integral.full(inner)
        back = self.back(inner)
        gradient = back.T @ gradient
        hessian = back.T @ hessian @ back
        return value, gradient, hessian - self.bend(inner, gradient, back)

    def back(self, inner: Array) -> Array:
        """d (beta, c, aux) / d (beta, natural, aux)."""
        problem = self.integral.problem
        out = np.eye(len(inner))
        for level, place in zip(problem.levels, problem.places, strict=True):
            out[place, place] = np.linalg.inv(level.structure.jacobian(inner[place]))
        return out

    def bend(self, inner: Array, gradient: Array, back: Array) -> Array:
        """The Hessian's term from natural parameters being quadratic in c."""
        problem = self.integral.problem
        out = np.zeros((len(inner), len(inner)))
        for level, place in zip(problem.levels, problem.places, strict=True):
            curved = np.einsum("k,kst->st", gradient[place], level.structure.second())
            out[place, place] = back[place, place].T @ curved @ back[place, place]
        return out

    def scores(self, theta: Array) -> Array:
        """Scores of the top groups in the natural metric (G, size)."""
        inner = self.factors(theta)
        assert inner is not None
        return self.integral.scores(inner) @ self.back(inner)

    def scale(self, theta: Array) -> Array:
        """Steps of numerical derivatives, small against variances near zero."""
        problem = self.integral.problem
        steps = 1e-4 * (np.abs(theta) + 1)
        for level, place in zip(problem.levels, problem.places, strict=True):
            smallest = float(np.linalg.eigvalsh(level.structure.matrix(theta[place])).min())
            steps[place] = np.minimum(steps[place], max(0.1 * smallest, 1e-12))
        return steps


def differences(value: object, theta: Array, steps: Array) -> tuple[float, Array, Array]:
    """Value, gradient and Hessian by central differences of a function known to about 1e-12."""
    f = value
    k = len(theta)
    centre = f(theta)  # type: ignore[operator]
    moves = np.diag(steps)
    plus = np.array([f(theta + move) for move in moves])  # type: ignore[operator]
    minus = np.array([f(theta - move) for move in moves])  # type: ignore[operator]
    gradient = (plus - minus) / (2 * steps)
    hessian = np.diag((plus - 2 * centre + minus) / steps**2)
    for i in range(k):
        for j in range(i):
            both = f(theta + moves[i] + moves[j])  # type: ignore[operator]
            neither = f(theta - moves[i] - moves[j])  # type: ignore[operator]
            mixed = both + neither - plus[i] - plus[j] - minus[i] - minus[j] + 2 * centre
            hessian[i, j] = hessian[j, i] = mixed / (2 * steps[i] * steps[j])
    return centre, gradient, hessian


@dataclass(frozen=True)
class LevelEffects:
    """Predicted random effects of one level: ``values`` and ``se`` (G, q); ``first_row`` an original row of each group."""

    values: Array
    se: Array
    first_row: Array


@dataclass(frozen=True)
class GlmmFit:
    """The fitted model. ``theta`` is (beta, natural parameters by level, aux); ``vcov`` its covariance (oim), with zeros
    for parameters on the boundary."""

    problem: Problem
    integral: Integral
    fixed: GlmFit
    grid: tuple[Step, ...]
    optimum: Optimum
    boundary: Array

    @property
    def theta(self) -> Array:
        return self.optimum.b

    @property
    def loglik(self) -> float:
        return self.optimum.value

    @property
    def beta(self) -> Array:
        return self.theta[: self.problem.p]

    @property
    def aux(self) -> Array:
        return self.theta[self.problem.n_index :]

    @property
    def converged(self) -> bool:
        return self.optimum.converged

    def natural(self, k: int) -> Array:
        """Variances and covariances of level k."""
        return self.theta[self.problem.places[k]]

    def covariance(self, k: int) -> Array:
        return self.problem.levels[k].structure.matrix(self.natural(k))

    @cached_property
    def vcov(self) -> Array:
        out = np.zeros_like(self.optimum.hessian)
        free = np.flatnonzero(~self.boundary)
        inside = np.ix_(free, free)
        out[inside] = np.linalg.pinv(-self.optimum.hessian[inside], hermitian=True)
        return out

    @cached_property
    def scores(self) -> Array:
        """(G, size) by top group, in the order of the sorted groups."""
        return Objective(self.integral).scores(self.theta)

    def robust(self, clusters: Array | None = None) -> Array:
        """Sandwich covariance over the top groups, or over ``clusters`` (codes 0.. of the top groups)."""
        scores = np.where(self.boundary, 0.0, self.scores)
        return sandwich(self.vcov, scores, np.ones(len(scores)), clusters)

    def _inner(self) -> tuple[Array, list[Array], Array]:
        inner = Objective(self.integral).factors(self.theta)
        assert inner is not None
        return self.integral.split(inner)

    @cached_property
    def means(self) -> tuple[LevelEffects, ...]:
        """Empirical Bayes means and posterior standard deviations."""
        base, roots, aux = self._inner()
        _, found = self.integral.adapt(base, roots, aux)
        out = []
        for level, root, a, w in zip(
            self.problem.levels, roots, found.effects, path_weights(self.problem, found), strict=True
        ):
            u = a @ root.T
            mean = np.einsum("gm,gmq->gq", w, u)
            variance = np.einsum("gm,gmq->gq", w, (u - mean[:, None, :]) ** 2)
            out.append(LevelEffects(mean, np.sqrt(variance), self.problem.order[level.starts]))
        return tuple(out)

    @cached_property
    def modes(self) -> tuple[LevelEffects, ...]:
        """Empirical Bayes modes; standard errors from the curvature at the mode."""
        from pystata_hlm.numeric.glmm.modes import joint_covariances, joint_modes

        base, roots, aux = self._inner()
        a, _, _ = joint_modes(self.problem, 0, base[:, None], roots, aux)
        covariances = joint_covariances(self.problem, base[:, None], roots, aux, a)
        out = []
        for level, root, own, v in zip(self.problem.levels, roots, a, covariances, strict=True):
            se = np.sqrt(np.einsum("qr,grs,qs->gq", root, v[:, 0], root))
            out.append(LevelEffects(own[:, 0] @ root.T, se, self.problem.order[level.starts]))
        return tuple(out)


def fit_glmm(
    family: Family,
    x: Array,
    levels: list[Level],
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    method: str = "mvaghermite",
    points: int = 7,
    control: Control | None = None,
    fixed: GlmFit | None = None,
) -> GlmmFit:
    """Maximum likelihood. Errors: NoStartError."""
    n = len(family.y)
    offset = np.zeros(n) if offset is None else offset
    weights = np.ones(n) if weights is None else weights
    control = control or Control()
    fixed = fixed or fit_glm(family, x, offset=offset, weights=weights, control=control)
    problem = Problem.of(family, x, offset, weights, levels)
    integral = Integral(problem, method, 1 if method == "laplace" else points)
    objective = Objective(integral)
    grid: list[Step] = []
    start = np.zeros(problem.size)
    for variance in GRID:
        random = [level.structure.start(variance) for level in problem.levels]
        start = np.concatenate([fixed.b, *random, fixed.aux])
        value = objective.value(start)
        grid.append(Step(value))
        if np.isfinite(value):
            break
    else:
        raise NoStartError
    found = climb(objective, start, control)
    return GlmmFit(problem, integral, fixed, tuple(grid), *found)


def climb(objective: Objective, start: Array, control: Control) -> tuple[Optimum, Array]:
    """Maximise; a variance that runs into zero is left there and the others are finished. Optimum and boundary flags."""
    problem = objective.integral.problem
    objective.integral.held = True
    boundary = np.zeros(len(start), dtype=bool)
    theta, trace = start, []
    while True:
        free = np.flatnonzero(~boundary)
        watch = Watch(objective, theta, free, problem)
        try:
            part = maximise(watch.full, watch.value, theta[free], control)
        except Vanishing as stop:
            boundary[stop.index] = True
            theta = stop.theta
            trace += watch.steps
            continue
        except NotFeasibleError:
            raise NoStartError from None
        whole = theta.copy()
        whole[free] = part.b
        value, gradient, hessian = objective.full(whole)
        log = part.trace if not trace else (*trace, *part.trace[1:])
        return replace(part, b=whole, value=value, gradient=gradient, hessian=hessian, trace=log), boundary


class Vanishing(Exception):
    """A variance has gone to zero."""

    def __init__(self, theta: Array, index: Array) -> None:
        super().__init__()
        self.theta, self.index = theta, index


class Watch:
    """The objective over the free parameters; notices variances that vanish."""

    def __init__(self, objective: Objective, theta: Array, free: Array, problem: Problem) -> None:
        self.objective, self.theta, self.free = objective, theta, free
        self.steps: list[Step] = []
        self.variances = []
        for level, place in zip(problem.levels, problem.places, strict=True):
            for k, n in enumerate(level.structure.naturals):
                alone = level.structure.blocks[n.block].structure in ("identity", "independent")
                if n.is_variance and (alone or level.structure.blocks[n.block].size == 1):
                    self.variances.append(place.start + k)

    def whole(self, part: Array) -> Array:
        out = self.theta.copy()
        out[self.free] = part
        return out

    def value(self, part: Array) -> float:
        return self.objective.value(self.whole(part))

    def full(self, part: Array) -> tuple[float, Array, Array]:
        theta = self.whole(part)
        value, gradient, hessian = self.objective.full(theta)
        self.steps.append(Step(value))
        gone = [k for k in self.variances if k in self.free and theta[k] < ZERO and gradient[k] < 0]
        if gone:
            raise Vanishing(theta, np.array(gone))
        return value, gradient[self.free], hessian[np.ix_(self.free, self.free)]
