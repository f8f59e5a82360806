"""Posterior modes of the random effects of some levels given those above, for all groups and paths at once.

Newton's method on the joint log density of the standardised effects a ~ N(0, I). The Hessian of nested effects is
eliminated from the lowest level upwards (block Cholesky without fill-in outside the tree); what is left at the first
free level is the curvature of the profile, whose inverse root scales the quadrature nodes there.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.numeric.glmm.problem import Problem

Array = np.ndarray


def add_up(values: Array, starts: Array) -> Array:
    """Sums over consecutive stretches of the first axis."""
    return np.add.reduceat(values, starts, axis=0)


def joint_modes(
    problem: Problem,
    first: int,
    base: Array,
    roots: list[Array],
    aux: Array,
    guess: list[Array] | None = None,
) -> tuple[list[Array], list[Array], Array]:
    """Modes of levels ``first`` ... given the index ``base`` (n, M) without them.

    Returns for each of these levels the modes (G, M, q) and the precision (G, M, q, q) after elimination of the levels
    below, and the joint log density at the mode (G_first, M), the normal constants left out.
    """
    levels = problem.levels[first:]
    m = base.shape[1]
    v = [level.z @ root for level, root in zip(levels, roots[first:], strict=True)]  # index = base + v a
    a = guess or [np.zeros((level.n_groups, m, level.structure.q)) for level in levels]
    value = density(problem, first, base, v, aux, a)
    precision: list[Array] = []
    for _ in range(100):
        step, precision, slope = newton_step(problem, first, base, v, aux, a)
        if not np.isfinite(slope).all():
            break
        length = np.ones(value.shape)
        for _ in range(30):
            trial = [
                x + spread(length, problem, first, k) * s
                for k, (x, s) in enumerate(zip(a, step, strict=True))
            ]
            reached = density(problem, first, base, v, aux, trial)
            worse = ~(reached >= value - 1e-12 * (np.abs(value) + 1))
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
        ok = ~worse
        a = [
            np.where(spread(ok, problem, first, k), t, x)
            for k, (t, x) in enumerate(zip(trial, a, strict=True))
        ]
        value = np.where(ok, reached, value)
        if float(slope.max(initial=0.0)) < 1e-16:
            break
    _, precision, _ = newton_step(problem, first, base, v, aux, a)
    return a, precision, value


def spread(values: Array, problem: Problem, first: int, k: int) -> Array:
    """Values of the first level's groups (G_first, M) for the groups of level first + k, with a last axis."""
    for level in problem.levels[first + 1 : first + k + 1]:
        values = values[level.parent]
    return values[..., None]


def index_of(problem: Problem, first: int, base: Array, v: list[Array], a: list[Array]) -> Array:
    eta = base
    for level, z, effects in zip(problem.levels[first:], v, a, strict=True):
        eta = eta + np.einsum("nq,nmq->nm", z, effects[level.row_group])
    return eta


def density(problem: Problem, first: int, base: Array, v: list[Array], aux: Array, a: list[Array]) -> Array:
    """Joint log density (G_first, M)."""
    eta = index_of(problem, first, base, v, a)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        out = problem.weights[:, None] * problem.family.loglik(eta, aux)
    total = add_up(out, problem.levels[first].starts)
    for k in range(len(a) - 1, -1, -1):
        own = -0.5 * np.einsum("gmq,gmq->gm", a[k], a[k])
        for level in reversed(problem.levels[first : first + k]):
            own = add_up(own, level.child_starts)
        total = total + own
    return total


def eliminate(
    problem: Problem, first: int, base: Array, v: list[Array], aux: Array, a: list[Array]
) -> tuple[list[Array], list[Array], list[dict[int, Array]]]:
    """Block elimination from the lowest level. For each level: P^-1 gradient, the precision P left after the levels
    below, and P^-1 times its blocks with the levels above."""
    levels = problem.levels[first:]
    depth = len(levels)
    eta = index_of(problem, first, base, v, a)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        t = problem.family.terms(eta, aux)
    e = problem.weights[:, None] * t.e
    w = np.maximum(-problem.weights[:, None] * t.ee, 0.0)
    gradient, cross = [], {}
    for i, level in enumerate(levels):
        gradient.append(add_up(e[:, :, None] * v[i][:, None, :], level.starts) - a[i])
        for j in range(i + 1):
            outer = v[i][:, None, :, None] * v[j][:, None, None, :]
            cross[i, j] = add_up(w[:, :, None, None] * outer, level.starts)
        cross[i, i] = cross[i, i] + np.eye(level.structure.q)
    solved: list[Array] = [np.zeros(0)] * depth
    links: list[dict[int, Array]] = [{}] * depth
    for i in range(depth - 1, -1, -1):
        solved[i] = np.linalg.solve(cross[i, i], gradient[i][..., None])[..., 0]
        links[i] = {j: np.linalg.solve(cross[i, i], cross[i, j]) for j in range(i)}
        for j in range(i):
            gradient[j] = gradient[j] - up(np.einsum("gmab,gma->gmb", cross[i, j], solved[i]), levels, i, j)
            for k in range(j + 1):
                update = np.einsum("gmab,gmac->gmbc", cross[i, j], links[i][k])
                cross[j, k] = cross[j, k] - up(update, levels, i, j)
    return solved, [cross[i, i] for i in range(depth)], links


def newton_step(
    problem: Problem, first: int, base: Array, v: list[Array], aux: Array, a: list[Array]
) -> tuple[list[Array], list[Array], Array]:
    """Newton step of every level, precisions after elimination, and the size of the step (G_first, M), in squared
    posterior standard deviations."""
    levels = problem.levels[first:]
    solved, precision, links = eliminate(problem, first, base, v, aux, a)
    step: list[Array] = []
    size = np.zeros((levels[0].n_groups, base.shape[1]))
    for i, own in enumerate(solved):
        size = size + up(np.einsum("gma,gmab,gmb->gm", own, precision[i], own), levels, i, 0)
        for j in range(i):
            above = step[j]
            for level in levels[j + 1 : i + 1]:
                above = above[level.parent]
            own = own - np.einsum("gmab,gmb->gma", links[i][j], above)
        step.append(own)
    return step, precision, size


def up(values: Array, levels: tuple, low: int, high: int) -> Array:
    """Sums of a level's group values over the groups of a higher level."""
    for k in range(low - 1, high - 1, -1):
        values = add_up(values, levels[k].child_starts)
    return values


def joint_covariances(
    problem: Problem, base: Array, roots: list[Array], aux: Array, a: list[Array]
) -> list[Array]:
    """Covariances (G, M, q, q) of every level's effects by the inverse of the joint negative Hessian at ``a``.

    Given the levels above, an effect is normal with the eliminated precision and a linear mean; covariances of the
    chain of ancestors build up from the top.
    """
    levels = problem.levels
    v = [level.z @ root for level, root in zip(levels, roots, strict=True)]
    _, precision, links = eliminate(problem, 0, base, v, aux, a)
    out: list[Array] = []
    chain = np.zeros((levels[0].n_groups, base.shape[1], 0, 0))
    for i, level in enumerate(levels):
        if i:
            chain = chain[level.parent]
        own = np.linalg.inv(precision[i])
        if links[i]:
            slope = -np.concatenate([links[i][j] for j in range(i)], axis=-1)
            cross = slope @ chain
            own = own + cross @ np.swapaxes(slope, -1, -2)
            upper = np.concatenate([chain, np.swapaxes(cross, -1, -2)], axis=-1)
            chain = np.concatenate([upper, np.concatenate([cross, own], axis=-1)], axis=-2)
        else:
            chain = own
        out.append(own)
    return out
