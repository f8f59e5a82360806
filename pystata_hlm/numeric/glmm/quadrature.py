"""Gauss-Hermite nodes for the standard normal weight, and their products in several dimensions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Array = np.ndarray


@lru_cache(maxsize=64)
def grid(points: int, q: int) -> tuple[Array, Array]:
    """Nodes (points**q, q) and log weights; weights sum to one, sum w f(x) = E f(N(0, I))."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    logs = np.log(weights / weights.sum())
    mesh = np.meshgrid(*([np.arange(points)] * q), indexing="ij")
    index = np.stack([m.ravel() for m in mesh], axis=1) if q else np.zeros((1, 0), dtype=np.intp)
    return nodes[index], logs[index].sum(axis=1)
