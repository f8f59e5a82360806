"""``matrix rownames | colnames | roweq | coleq A = names`` ([P] matrix rownames)."""

from __future__ import annotations

from pystata_hlm.commands._matrix_functions import conformability
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.results import StataMatrix
from pystata_hlm.runtime.words import tokens

_NONE = ("", "_")


def full(equation: str, name: str) -> str:
    return name if equation in _NONE else f"{equation}:{name}"


def _new(old: str, word: str, as_equation: bool) -> str:
    """One name: ``name``, ``:name``, ``eq:`` or ``eq:name``; the part that is not given stays."""
    equation, _, name = old.rpartition(":")
    given, colon, rest = word.rpartition(":")
    if colon:
        given = given.strip()
        return full(given if given or not rest else equation, rest.strip() or name)
    return full(word, name) if as_equation else full(equation, word)


def renamed(matrix: StataMatrix, which: str, text: str) -> StataMatrix:
    """The matrix with other names; the last one given goes for all that remain. r(503) when there are too many."""
    rows = which.startswith("row")
    old = matrix.rows if rows else matrix.cols
    words = tokens(text)
    if not words:
        raise StataError.invalid_syntax()
    if len(words) > len(old):
        raise conformability()
    words += [words[-1]] * (len(old) - len(words))
    names = tuple(_new(was, word, which.endswith("eq")) for was, word in zip(old, words, strict=True))
    return StataMatrix(matrix.values, names if rows else matrix.rows, matrix.cols if rows else names)
