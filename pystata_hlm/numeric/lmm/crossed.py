"""Crossed random effects: which groupings are eliminated group by group, which together, and their cross-products.

A model's random part is a list of terms, each with its own grouping: the ordinary equations of a level are one
term, every ``R.varname`` is another whose groups are the values of varname within the level's groups. The
largest set of mutually nested groupings becomes the chain, eliminated group by group from the bottom as in a
nested model; the columns of all other terms form one dense block of Q columns, eliminated last (a blocked
Cholesky factorisation with the large factor first). The products between the chain's groups and these columns are
kept where they can be nonzero only, in compressed rows: 2,972 students and 1,128 lecturers need 73,421 numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import LmmError
from .spec import Array, IntArray, Level

if TYPE_CHECKING:
    from .blocks import Basis, Rows

_DENSE_SHARE = 0.05  # above this share of nonzeros a dense product beats a sparse one
_DENSE_LIMIT = 40_000_000  # entries
_MOST_COLUMNS = 12_000  # dense block: 1.2 GB a matrix


@dataclass(frozen=True)
class Term:
    """Equations that share one grouping.

    groups (n,) codes 0..n_groups - 1;  level, equations  0-based positions in the caller's model
    """

    level: int
    equations: tuple[int, ...]
    groups: IntArray
    n_groups: int
    z: Array
    widths: tuple[int, ...]
    structures: tuple[str, ...]
    group_row: IntArray

    @property
    def q(self) -> int:
        return self.z.shape[1]

    @property
    def size(self) -> int:
        """Columns of the whole term."""
        return self.q * self.n_groups


def _distinct(codes: NDArray[np.integer]) -> tuple[IntArray, int, IntArray]:
    _, first, index = np.unique(codes, return_index=True, return_inverse=True)
    return index.ravel().astype(np.intp), int(first.size), first.astype(np.intp)


def find_terms(levels: Sequence[Level], n: int) -> list[Term]:
    """The terms of a model in the caller's order of equations."""
    terms: list[Term] = []
    own = np.zeros(n, dtype=np.int64)
    for li, level in enumerate(levels):
        codes, count, _ = _distinct(np.asarray(level.groups))
        own, n_own, first = _distinct(own * count + codes)
        plain: list[int] = []
        for ei, equation in enumerate([*level.equations, None]):
            if equation is not None and equation.factor is None:
                plain.append(ei)
                continue
            if plain:
                parts = [np.asarray(level.equations[i].z, dtype=np.float64).reshape(n, -1) for i in plain]
                terms.append(
                    Term(
                        li,
                        tuple(plain),
                        own,
                        n_own,
                        np.concatenate(parts, axis=1),
                        tuple(a.shape[1] for a in parts),
                        tuple(level.equations[i].structure for i in plain),
                        first,
                    )
                )
                plain = []
            if equation is not None and equation.factor is not None:
                inner, width, _ = _distinct(np.asarray(equation.factor))
                groups, size, rows = _distinct(own * width + inner)
                z = np.asarray(equation.z, dtype=np.float64).reshape(n, 1)
                terms.append(Term(li, (ei,), groups, size, z, (1,), ("identity",), rows))
    return terms


def _nested(fine: Term, coarse: Term) -> bool:
    """Every group of ``fine`` lies in one group of ``coarse``."""
    if fine.n_groups < coarse.n_groups:
        return False
    parent = coarse.groups[fine.group_row]
    return bool(np.array_equal(parent[fine.groups], coarse.groups))


def choose_chain(terms: Sequence[Term]) -> tuple[list[int], list[int]]:
    """(chain from the top down, the other terms in the caller's order): the largest terms first into the chain."""
    chain: list[int] = []
    for t in sorted(range(len(terms)), key=lambda k: (-terms[k].size, k)):
        if all(_nested(terms[t], terms[c]) or _nested(terms[c], terms[t]) for c in chain):
            chain.append(t)
    chain.sort(key=lambda k: (terms[k].n_groups, k))
    rest = [t for t in range(len(terms)) if t not in chain]
    width = sum(terms[t].size for t in rest)
    if width > _MOST_COLUMNS:
        raise LmmError(
            f"{width} crossed random effects besides the largest grouping are more than can be held"
        )
    return chain, rest


@dataclass(frozen=True)
class Arrangement:
    """Where the caller's equations are in the engine.

    Engine levels are the crossed terms and then the chain from the top down; ``place[t]`` is the engine level
    of term t, ``permutation`` the engine position of each of the caller's variance parameters.
    """

    terms: tuple[Term, ...]
    crossed: tuple[int, ...]
    chain: tuple[int, ...]

    @property
    def order(self) -> tuple[int, ...]:
        return (*self.crossed, *self.chain)

    def place(self, term: int) -> int:
        return self.order.index(term)

    def permutation(self, slices: Sequence[Sequence[slice]], size: int) -> IntArray:
        """slices: per engine level and equation; size: all parameters, the residual's at the end."""
        found = []
        for t, term in enumerate(self.terms):
            for k, equation in enumerate(term.equations):
                found.append(((term.level, equation), slices[self.place(t)][k]))
        out = [i for _, s in sorted(found, key=lambda f: f[0]) for i in range(s.start, s.stop)]
        return np.array([*out, *range(len(out), size)], dtype=np.intp)

    @classmethod
    def of(cls, levels: Sequence[Level], n: int) -> Arrangement:
        terms = find_terms(levels, n)
        chain, rest = choose_chain(terms)
        return cls(tuple(terms), tuple(rest), tuple(chain))

    def chain_levels(self, levels: Sequence[Level]) -> list[Level]:
        """The chain as levels of a nested model."""
        from .spec import Equation

        out = []
        for t in self.chain:
            term = self.terms[t]
            at, equations = 0, []
            for width, structure in zip(term.widths, term.structures, strict=True):
                equations.append(Equation(term.z[:, at : at + width], structure))  # type: ignore[arg-type]
                at += width
            out.append(Level(levels[term.level].name, term.groups, tuple(equations)))
        return out


# ---------------------------------------------------------------- compressed rows


@dataclass(frozen=True)
class Pattern:
    """The crossed columns that the groups of one chain level meet, in compressed rows.

    indptr, indices  as in a CSR matrix of n_groups rows and width columns;  row  group of every entry
    up               per upper chain level, position of every entry in that level's pattern
    Values are (k, nnz) arrays, one row for each random effect (or each other row of a small matrix).
    """

    indptr: IntArray
    indices: IntArray
    row: IntArray
    n_groups: int
    width: int
    up: tuple[IntArray, ...] = ()

    @property
    def dense(self) -> bool:
        cells = self.n_groups * self.width
        return self.indices.size > _DENSE_SHARE * cells and cells <= _DENSE_LIMIT

    def apply(self, matrices: Array, values: Array) -> Array:
        """Per group, (a, b, G) times the (b, nnz) values."""
        if matrices.shape[:2] == (1, 1):
            return matrices[0, 0][self.row] * values
        return np.einsum("abn,bn->an", matrices[:, :, self.row], values)

    def matrix(self, values: Array) -> Any:
        """(G, Q) matrix of one row of values: dense or CSR, whichever multiplies faster."""
        if self.dense:
            out = np.zeros((self.n_groups, self.width))
            out[self.row, self.indices] = values
            return out
        from scipy import sparse

        return sparse.csr_matrix((values, self.indices, self.indptr), shape=(self.n_groups, self.width))

    def cross(self, a: Array, b: Array) -> Array:
        """Sum over groups of a'b: (Q, Q)."""
        out: Array | None = None
        for one, two in zip(a, b, strict=True):
            product = self.matrix(one).T @ self.matrix(two)
            whole = product if isinstance(product, np.ndarray) else product.toarray()
            out = whole if out is None else out + whole
        return np.zeros((self.width, self.width)) if out is None else out

    def times(self, a: Array, dense: Array) -> Array:
        """Sum over groups of a' dense, dense (k, m, G): (Q, m)."""
        out = np.zeros((self.width, dense.shape[1]))
        for one, two in zip(a, dense, strict=True):
            out += self.matrix(one).T @ two.T
        return out

    def combine(self, dense: Array, values: Array) -> Array:
        """Per entry, dense' values: (k, w, G) and (k, nnz) -> (w, nnz)."""
        return np.einsum("kwn,kn->wn", dense[:, :, self.row], values)

    def lift(self, values: Array, level: int, size: int) -> Array:
        """Add entries up to the pattern (of ``size`` entries) of an upper chain level."""
        return np.stack([np.bincount(self.up[level], weights=v, minlength=size) for v in values])


@dataclass(frozen=True)
class CrossedBlocks:
    """Cross-products with the crossed columns, in the new basis, by residual stratum.

    patterns, rows  per chain level; rows[l] (S, q_l, nnz_l) of Z_l'Z_c
    square (S, Q, Q) Z_c'Z_c;  wide (S, Q, p + 1) Z_c'[X y]
    sizes, widths, starts  per crossed term: groups, q, first column; column a of group g is start + a G + g
    """

    patterns: tuple[Pattern, ...]
    rows: tuple[Array, ...]
    square: Array
    wide: Array
    sizes: tuple[int, ...]
    widths: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.sizes)

    @property
    def width(self) -> int:
        return self.square.shape[1]

    def slices(self) -> list[slice]:
        return [slice(s, s + g * q) for s, g, q in zip(self.starts, self.sizes, self.widths, strict=True)]

    def spread(self, term: int, small: Array, block: Array) -> Array:
        """(small kron I) block, for the rows of one crossed term: (q G, m)."""
        q, g = self.widths[term], self.sizes[term]
        if q == 1:
            return block if small[0, 0] == 1.0 else small[0, 0] * block
        return (small @ block.reshape(q, -1)).reshape(small.shape[0] * g, block.shape[1])

    def gram(self, term: int) -> Array:
        """(q, q) sum over groups and strata of z'z of one crossed term."""
        q, g = self.widths[term], self.sizes[term]
        own = self.slices()[term]
        block = self.square[:, own, own].sum(axis=0).reshape(q, g, q, g)
        return np.einsum("agbg->ab", block)

    def sandwich(self, one: Sequence[Array], block: Array, two: Sequence[Array]) -> Array:
        """L block R' for block-diagonal L and R."""
        if all(q == 1 for q in self.widths):
            rows, columns = (np.repeat([f[0, 0] for f in factors], self.sizes) for factors in (one, two))
            return rows[:, None] * block * columns
        return self.multiply(two, self.multiply(one, block).T).T

    def multiply(self, factors: Sequence[Array], block: Array) -> Array:
        """Lam block for the block-diagonal Lam of small factors, one a term."""
        out = np.empty(block.shape)
        for t, (f, s) in enumerate(zip(factors, self.slices(), strict=True)):
            if f.shape == (1, 1):
                np.multiply(block[s], f[0, 0], out=out[s])
            else:
                out[s] = self.spread(t, f, block[s])
        return out


def crossed_products(rows: Rows, basis: Basis, terms: Sequence[Term]) -> CrossedBlocks:
    """Form them from the rows; terms are the crossed ones, their maps the first of ``basis.z_map``."""
    from scipy import sparse

    n, p = rows.x.shape
    n_strata = rows.stratum_codes.size
    columns = np.empty((n, p + 1))
    columns[:, :p] = rows.x @ basis.x_map
    columns[:, p] = (rows.y - columns[:, :p] @ basis.shift) / basis.scale
    starts, at = [], 0
    for term in terms:
        starts.append(at)
        at += term.size
    width = at
    per_row = sum(term.q for term in terms)
    indices = np.empty((n, per_row), dtype=np.intp)
    data = np.empty((n, per_row))
    at = 0
    for term, start, z_map in zip(terms, starts, basis.z_map, strict=False):
        z = term.z @ z_map
        for a in range(term.q):
            indices[:, at] = start + a * term.n_groups + term.groups
            data[:, at] = z[:, a]
            at += 1
    indptr = np.arange(0, n * per_row + 1, per_row)
    zc = sparse.csr_matrix((data.ravel(), indices.ravel(), indptr), shape=(n, width))
    strata = [np.ones(n)] if rows.stratum is None else [(rows.stratum == s) * 1.0 for s in range(n_strata)]
    square = np.stack([np.asarray((zc.T @ sparse.diags_array(w) @ zc).todense()) for w in strata])
    wide = np.stack([zc.T @ (columns * w[:, None]) for w in strata])
    patterns: list[Pattern] = []
    values: list[Array] = []
    for level, groups in enumerate(rows.nesting.row_group):
        n_groups = rows.nesting.starts[level].size
        z = rows.z[level] @ basis.z_map[len(terms) + level]
        cell = groups[:, None] * width + indices  # (n, per_row), one number for each pair (group, column)
        known = np.unique(cell)
        position = np.searchsorted(known, cell).ravel()
        row, columns_of = known // width, known % width
        values.append(
            np.stack(
                [
                    np.stack(
                        [
                            np.bincount(position, ((w * z[:, a])[:, None] * data).ravel(), known.size)
                            for a in range(z.shape[1])
                        ]
                    )
                    for w in strata
                ]
            )
        )
        up = []
        for k in range(level):
            upper = patterns[k]
            parent = rows.nesting.parent(level, k)[row]
            up.append(np.searchsorted(upper.row * width + upper.indices, parent * width + columns_of))
        starts_of = np.searchsorted(row, np.arange(n_groups + 1))
        patterns.append(Pattern(starts_of, columns_of, row, n_groups, width, tuple(up)))
    return CrossedBlocks(
        tuple(patterns),
        tuple(values),
        square,
        wide,
        tuple(t.n_groups for t in terms),
        tuple(t.q for t in terms),
        tuple(starts),
    )
