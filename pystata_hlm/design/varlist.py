"""Variable lists of plain variables: names, abbreviations, patterns, ranges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes as ast

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset


def no_operators() -> StataError:
    return StataError(101, "factor-variable and time-series operators not allowed")


def expand_varlist(data: Dataset, terms: Iterable[ast.VarTerm], varabbrev: bool = True) -> list[str]:
    """``varlist``: the variables that it names, in order, repeats kept.

    Errors: r(111) for an unknown or ambiguous name, r(101) for factor-variable or time-series operators.
    """
    found: list[str] = []
    for term in terms:
        if isinstance(term, ast.NamePattern):
            if not data.names:
                raise StataError.no_variables()
            found += data.unabbreviate(term.text, varabbrev)
        elif isinstance(term, ast.NameRange):
            found += data.unabbreviate(f"{term.first}-{term.last}", varabbrev)
        elif isinstance(term, ast.Group):
            found += expand_varlist(data, term.terms, varabbrev)
        else:
            raise no_operators()
    return found
