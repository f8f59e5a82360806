"""Linear constraints on coefficients: from ``constraint``'s texts to R b = r over the columns of e(b).

Estimation commands call ``rows(numbers, names, ctx)`` with the column names that their e(b) will have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._linear import Combination, coefficient_list, equations_of
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.results import StataMatrix, Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

HIGHEST = 1999

_EQUATIONS = re.compile(r"\s*\[\s*([^\]=]+?)\s*(?:=\s*([^\]=]+?)\s*)?\]\s*:?\s*(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Constraints:
    """R (q, k) and r (q,) with R b = r; ``dropped``: (number, why) of constraints that could not be used."""

    matrix: np.ndarray
    values: np.ndarray
    dropped: tuple[tuple[int, str], ...] = ()

    def stored(self, names: Sequence[str]) -> StataMatrix:
        """e(Cns): R beside r."""
        q = len(self.values)
        body = np.column_stack([self.matrix, self.values]) if q else np.zeros((0, len(names) + 1))
        return StataMatrix(body, tuple(f"r{k + 1}" for k in range(q)), (*names, "_Cns:_r"))

    def notes(self) -> list[str]:
        return [f"note: constraint number {number} dropped: {why}" for number, why in self.dropped]


def numbers_of(text: str, ctx: Context) -> list[int]:
    """``constraints(1 3/5)``: numbers of defined constraints; r(412) for one that is not defined."""
    out: list[int] = []
    for value in parse_numlist(text.replace("-", "/")):
        number = check_number(value)
        if number not in ctx.workspace.constraints:
            raise StataError(412, f"constraint {number} not defined")
        out.append(number)
    return out


def check_number(value: float) -> int:
    if value != int(value) or not 1 <= value <= HIGHEST:
        raise StataError(198, f"constraint number must be an integer between 1 and {HIGHEST}")
    return int(value)


@contextmanager
def _over(names: Sequence[str], ctx: Context) -> Iterator[StataMatrix]:
    """e(b) with these columns for a moment, for the readers of linear combinations."""
    k = len(names)
    b = StataMatrix(np.zeros((1, k)), ("y1",), tuple(names))
    vcov = StataMatrix(np.zeros((k, k)), tuple(names), tuple(names))
    before = ctx.workspace.e
    ctx.workspace.e = Stored("e", matrices={"b": b, "V": vcov})
    try:
        yield b
    finally:
        ctx.workspace.e = before


def _terms(equation: str, b: StataMatrix) -> list[str]:
    out = [col.rpartition(":")[2] for col in b.cols if col.rpartition(":")[0] == equation]
    if not out:
        raise StataError(303, f"equation [{equation}] not found")
    return out


def _read(text: str, b: StataMatrix, ctx: Context) -> list[Combination]:
    """One constraint's text: ``exp = exp``, a list of coefficients, ``[eq]: list``, ``[eq1=eq2]: list``."""
    found = _EQUATIONS.match(text)
    if found is None or (found[2] is None and ":" not in text and found[3]):
        return equations_of(text.strip(), ctx)
    first, second, listed = found.groups()
    words = listed.split()
    if second is None:
        if not words:
            return coefficient_list(f"[{first}]", ctx)
        return [c for word in words for c in equations_of(f"[{first}]_b[{word}] = 0", ctx)]
    common = words or [term for term in _terms(first, b) if term in _terms(second, b)]
    return [c for word in common for c in equations_of(f"[{first}]_b[{word}] = [{second}]_b[{word}]", ctx)]


def rows(numbers: Sequence[int], names: Sequence[str], ctx: Context) -> Constraints:
    """R and r of these constraints over the coefficients ``names`` (columns of e(b), ``eq:term`` or ``term``).

    Constraints that name what the model has not, and those that follow from the others, are dropped with a note;
    r(412) when two contradict each other.
    """
    matrix: list[np.ndarray] = []
    values: list[float] = []
    dropped: list[tuple[int, str]] = []
    with _over(names, ctx) as b:
        for number in numbers:
            try:
                found = _read(ctx.workspace.constraints[number], b, ctx)
            except StataError as error:
                dropped.append((number, error.message))
                continue
            redundant = False
            for c in found:
                trial = np.array([*matrix, c.weights])
                if not c.weights.any() or np.linalg.matrix_rank(trial) <= len(matrix):
                    _refuse_contradiction(matrix, values, c)
                    redundant = True
                    continue
                matrix.append(c.weights)
                values.append(c.value + 0.0)  # no minus zero
            if redundant:
                dropped.append((number, "redundant"))
    shape = (len(matrix), len(names))
    return Constraints(np.array(matrix).reshape(shape), np.array(values, dtype=float), tuple(dropped))


def _refuse_contradiction(matrix: list[np.ndarray], values: list[float], c: Combination) -> None:
    if matrix:
        share, *_ = np.linalg.lstsq(np.array(matrix).T, c.weights, rcond=None)
        implied = float(share @ np.array(values))
    else:
        implied = 0.0
    if abs(implied - c.value) > 1e-9 * max(1.0, abs(c.value)):
        raise StataError(412, "redundant or inconsistent constraints")
