"""Variable lists of plain variables: names, abbreviations, patterns, ranges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pystata_hlm.data.timeseries import RANGED, is_operator, normalised, operated_name
from pystata_hlm.data.timesettings import time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes as ast
from pystata_hlm.lang.numlist import parse_numlist

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset


def no_operators() -> StataError:
    return StataError(101, "factor-variable and time-series operators not allowed")


def expand_varlist(
    data: Dataset, terms: Iterable[ast.VarTerm], varabbrev: bool = True, timeseries: bool = False
) -> list[str]:
    """``varlist``: the variables that it names, in order, repeats kept; with ``timeseries`` also ``L.x``.

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
            found += expand_varlist(data, term.terms, varabbrev, timeseries)
        elif timeseries and isinstance(term, ast.FactorOp) and is_operator(term.operator):
            found += operated_names(data, term, varabbrev)
        else:
            raise no_operators()
    return found


def expanded(text: str) -> list[str]:
    """The operators that ``L(0/2)D`` stands for, each in its shortest form ("" for none): ``D LD L2D``."""
    chains = [""]
    for letter, digits, numbers in RANGED.findall(text):
        counts = [int(k) for k in parse_numlist(numbers)] if numbers else [int(digits) if digits else 1]
        steps = []
        for count in counts:
            opposite = {"L": "F", "F": "L"}.get(letter.upper())
            if count < 0 and opposite is None:
                raise StataError(198, f"{text}: invalid time-series operator")
            steps.append(f"{opposite}{-count}" if count < 0 else f"{letter}{count}")
        chains = [chain + step for chain in chains for step in steps]
    return [normalised(chain) for chain in chains]


def operated_names(data: Dataset, term: ast.FactorOp, varabbrev: bool = True) -> list[str]:
    """``L.x``, ``L(0/2).(x y)``, ``L.D.x``: names under time-series operators, one variable after the other."""
    operators = expanded(term.operator)
    inner = expand_varlist(data, (term.target,), varabbrev, timeseries=True)
    names = []
    for name in inner:
        below, _, variable = name.rpartition(".")
        names += [operated_name(operator + below, variable) for operator in operators]
    if names and not time_settings(data).time:
        raise StataError(111, "time variable not set")
    return names
