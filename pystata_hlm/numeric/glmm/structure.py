"""Random-effects covariance structures as roots: Sigma = L L', L = sum of c_t B_t.

identity       B = I, variance c^2
independent    one diagonal element each
unstructured   the lower triangle (Cholesky)
exchangeable   roots of the two eigenvalues of a compound-symmetric matrix: v + (q-1) cov and v - cov
Independent blocks of one level (several equations) stand side by side on the diagonal. The maximiser works with the
natural parameters (variances and covariances), as many as there are c_t; the likelihood's derivatives are by c_t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Block:
    """One equation's effects: ``size`` of them, starting at ``first`` within the level; ``structure`` is Stata's word."""

    size: int
    structure: str
    first: int = 0


@dataclass(frozen=True)
class Natural:
    """One reported variance (``i == j``) or covariance, effects 0-based within the block; a shared one has i = j = 0
    or (1, 0)."""

    block: int
    i: int
    j: int

    @property
    def is_variance(self) -> bool:
        return self.i == self.j


@dataclass(frozen=True)
class Structure:
    """All random effects of one level. ``basis`` (T, q, q)."""

    blocks: tuple[Block, ...]
    basis: Array
    naturals: tuple[Natural, ...]

    @property
    def q(self) -> int:
        return int(self.basis.shape[1])

    @property
    def size(self) -> int:
        return len(self.basis)

    @staticmethod
    def of(blocks: list[tuple[int, str]]) -> Structure:
        """Blocks (number of effects, structure) in order."""
        q = sum(size for size, _ in blocks)
        basis: list[Array] = []
        naturals: list[Natural] = []
        found = []
        first = 0
        for b, (size, kind) in enumerate(blocks):
            found.append(Block(size, kind, first))
            for piece in _bases(size, kind):
                whole = np.zeros((q, q))
                whole[first : first + size, first : first + size] = piece
                basis.append(whole)
            naturals += [Natural(b, i, j) for i, j in _reported(size, kind)]
            first += size
        return Structure(tuple(found), np.array(basis), tuple(naturals))

    def root(self, c: Array) -> Array:
        return np.asarray(np.einsum("t,tij->ij", c, self.basis))

    def start(self, variance: float = 1.0) -> Array:
        """Natural parameters: equal variances, no covariances."""
        return np.array([variance if n.is_variance else 0.0 for n in self.naturals])

    def matrix(self, natural: Array) -> Array:
        """Sigma from the natural parameters."""
        out = np.zeros((self.q, self.q))
        for value, n in zip(natural, self.naturals, strict=True):
            block = self.blocks[n.block]
            inside = slice(block.first, block.first + block.size)
            shared = block.structure in ("identity", "exchangeable") or block.size == 1
            if shared and n.is_variance:
                out[inside, inside] += value * np.eye(block.size)
            elif shared:
                out[inside, inside] += value * (1 - np.eye(block.size))
            else:
                i, j = block.first + n.i, block.first + n.j
                out[i, j] = out[j, i] = value
        return out

    def factors(self, natural: Array) -> Array | None:
        """c from the natural parameters; None where Sigma is not positive definite."""
        sigma = self.matrix(natural)
        out: list[float] = []
        for block in self.blocks:
            inside = slice(block.first, block.first + block.size)
            part = sigma[inside, inside]
            if block.size == 1 or block.structure in ("identity", "independent"):
                diagonal = np.diag(part)[: 1 if block.structure == "identity" else None]
                if not (diagonal > 0).all():
                    return None
                out += list(np.sqrt(diagonal))
            elif block.structure == "exchangeable":
                v, c = part[0, 0], part[1, 0]
                roots = (v + (block.size - 1) * c, v - c)
                if not min(roots) > 0:
                    return None
                out += [float(np.sqrt(r)) for r in roots]
            else:
                try:
                    low = np.linalg.cholesky(part)
                except np.linalg.LinAlgError:
                    return None
                out += [low[i, j] for i in range(block.size) for j in range(i + 1)]
        return np.array(out)

    def _pick(self, matrix: Array) -> Array:
        """Natural parameters from a symmetric matrix."""
        firsts = [self.blocks[n.block].first for n in self.naturals]
        return np.array([matrix[f + n.i, f + n.j] for f, n in zip(firsts, self.naturals, strict=True)])

    def natural(self, c: Array) -> Array:
        root = self.root(c)
        return self._pick(root @ root.T)

    def jacobian(self, c: Array) -> Array:
        """d natural / d c."""
        halves = np.einsum("tij,kj->tik", self.basis, self.root(c))
        return np.array([self._pick(h + h.T) for h in halves]).T.reshape(self.size, self.size)

    def second(self) -> Array:
        """d2 natural / dc_s dc_t (size, T, T): constant."""
        out = np.zeros((self.size, self.size, self.size))
        for s in range(self.size):
            for t in range(self.size):
                half = self.basis[s] @ self.basis[t].T
                out[:, s, t] = self._pick(half + half.T)
        return out


def _bases(size: int, kind: str) -> list[Array]:
    eye = np.eye(size)
    if kind == "identity" or size == 1:
        return [eye]
    if kind == "independent":
        return [np.outer(e, e) for e in eye]
    if kind == "exchangeable":
        mean = np.full((size, size), 1 / size)
        return [mean, eye - mean]
    return [np.outer(eye[i], eye[j]) for i in range(size) for j in range(i + 1)]


def _reported(size: int, kind: str) -> list[tuple[int, int]]:
    """Variances first, then covariances."""
    if kind == "identity" or size == 1:
        return [(0, 0)]
    if kind == "independent":
        return [(i, i) for i in range(size)]
    if kind == "exchangeable":
        return [(0, 0), (1, 0)]
    return [(i, i) for i in range(size)] + [(i, j) for j in range(size) for i in range(j + 1, size)]
