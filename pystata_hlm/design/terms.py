"""Factor-variable lists as ordered terms: ``i. c. ib#. ibn. 2. i(1 2). o. # ##``.

``a##b`` is ``a b a#b``; the operators associate to the left, so ``a##b##c`` is ``a b a#b c a#c b#c a#b#c``.
Inside a term factors come before continuous variables. A term met again is left out, except that a
continuous variable by itself is kept as a repeat: Stata lists it once more, as omitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pystata_hlm.data.timeseries import is_operator
from pystata_hlm.design.varlist import expand_varlist, operated_names
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes as ast

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset


def operated(operator: str, name: str) -> str:
    """``c.x``; before a time-series operator the point falls away: ``cL.x``."""
    return f"{operator}{name}" if "." in name else f"{operator}.{name}"


@dataclass(frozen=True, slots=True)
class Base:
    """Base level: ``kind`` is first, last, freq, none, level (``value``) or nth (``value``, from 1)."""

    kind: str = "first"
    value: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One variable of a term.

    factor  factor variable (``i.``) or continuous (``c.``)
    levels  the levels asked for (``2.x``, ``i(1 2).x``); None for all those of the estimation sample
    omit    levels to leave out (``2o.x``); for a continuous variable (0,) when it is omitted (``o.x``)
    """

    name: str
    factor: bool
    levels: tuple[int, ...] | None = None
    omit: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.factor:
            return operated("c", self.name)
        if self.levels is None:
            return f"i.{self.name}"
        if len(self.levels) == 1:
            return f"{self.levels[0]}.{self.name}"
        return f"i({' '.join(map(str, self.levels))}).{self.name}"


@dataclass(frozen=True)
class Term:
    """A product of variables; ``repeat`` marks a continuous variable that the list named before."""

    parts: tuple[Part, ...]
    repeat: bool = False

    @cached_property
    def factors(self) -> tuple[Part, ...]:
        return tuple(p for p in self.parts if p.factor)

    @cached_property
    def continuous(self) -> tuple[Part, ...]:
        return tuple(p for p in self.parts if not p.factor)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parts)

    @cached_property
    def label(self) -> str:
        """How the table heads the term: ``ses``, ``sector``, ``sector#c.ses``, ``c.ses#c.meanses``."""
        if len(self.parts) == 1:
            return self.parts[0].name
        return "#".join(p.name if p.factor else operated("c", p.name) for p in self.parts)

    @cached_property
    def key(self) -> tuple[tuple[str, bool, tuple[int, ...] | None], ...]:
        """Equal for the same product written in another order."""
        return tuple(sorted(((p.name, p.factor, p.levels) for p in self.parts), key=repr))

    @cached_property
    def margin_key(self) -> tuple[tuple[str, bool], ...]:
        """Which variables multiply, levels apart."""
        return tuple(sorted((p.name, p.factor) for p in self.parts))


@dataclass(frozen=True)
class TermList:
    """Terms in Stata's order, and the base chosen for each factor variable (default: its first level)."""

    terms: tuple[Term, ...]
    bases: Mapping[str, Base]

    @property
    def names(self) -> tuple[str, ...]:
        """Variables that occur, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.names))

    @property
    def factor_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p.name for term in self.terms for p in term.factors))

    def base(self, name: str) -> Base:
        return self.bases.get(name, Base())


# ---------------------------------------------------------------- operators

_OPERATOR = re.compile(
    r"""(?P<kind>[icIC]?)
        (?P<omit>[oO]?)
        (?P<levels>\d+|\([^()]*\))?
        (?:(?P<base>[bB])(?P<which>\d+|[nN]|\([^()]*\))?)?
        (?P<late>[oO]?)
        (?P<after>\d+|\([^()]*\))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Operator:
    kind: str  # "i", "c" or "o"
    levels: tuple[int, ...] | None = None
    base: Base | None = None
    omit: tuple[int, ...] = ()


def level_list(text: str) -> tuple[int, ...]:
    """``1 2 5/7`` (blanks or commas) as numbers."""
    levels: list[int] = []
    for item in text.replace(",", " ").split():
        first, slash, last = item.partition("/")
        if not first.isdigit() or (slash and not last.isdigit()):
            raise StataError.invalid_syntax()
        levels += range(int(first), int(last or first) + 1)
    return tuple(levels)


def _levels(text: str | None) -> tuple[int, ...] | None:
    return None if text is None else level_list(text.strip("()"))


def _base(which: str | None) -> Base | None:
    if which is None:
        return None
    if which.isdigit():
        return Base("level", int(which))
    if which.lower() == "n":
        return Base("none")
    word = which.strip("() ").lower()
    if word.startswith("#") and word[1:].strip().isdigit():
        return Base("nth", int(word[1:]))
    for full in ("first", "last", "frequent", "none"):
        if word and full.startswith(word):
            return Base("freq" if full == "frequent" else full)
    raise StataError.invalid_syntax()


def parse_operator(text: str) -> _Operator:
    """The text before the dot, such as ``i``, ``ib3``, ``2o``, ``i(1/3)``, ``co``. r(198) when unknown."""
    found = _OPERATOR.fullmatch(text)
    if found is None:
        raise StataError(198, f"operator {text}. not allowed")
    omit = bool(found["omit"] or found["late"])
    levels = _levels(found["levels"]) or _levels(found["after"])
    if found["kind"].lower() == "c":
        if levels or found["base"]:
            raise StataError.invalid_syntax()
        return _Operator("c", omit=(0,) if omit else ())
    base = _base(found["which"])
    if found["base"] and found["which"] is None and levels and len(levels) == 1:
        base = Base("level", levels[0])  # 3b.x
    if found["which"] and found["which"].lower() == "n" and levels and len(levels) == 1:
        base = Base("none")  # 3bn.x
    if omit and not levels and not found["kind"]:
        return _Operator("o")
    if omit and levels is not None and not (found["levels"] and found["late"]):
        return _Operator("i", None, base, levels)  # io2.x: all levels, 2 left out
    return _Operator("i", levels, base, (levels or ()) if omit else ())


# ---------------------------------------------------------------- expansion


class _Expansion:
    def __init__(self, data: Dataset, varabbrev: bool) -> None:
        self.data = data
        self.varabbrev = varabbrev
        self.bases: dict[str, Base] = {}

    def _variables(self, node: ast.VarTerm) -> list[str]:
        return expand_varlist(self.data, (node,), self.varabbrev, timeseries=True)

    def terms(self, node: ast.VarTerm, operator: _Operator | None, crossed: bool) -> list[Term]:
        """Terms of one element; ``crossed`` inside an interaction, where a bare variable is a factor."""
        if isinstance(node, ast.FactorOp) and node.operator[0] == "c" and is_operator(node.operator[1:]):
            node = replace(node, operator=node.operator[1:])  # cL.x is c.L.x
        if isinstance(node, ast.FactorOp) and is_operator(node.operator):
            if operator is not None and operator.kind == "i":
                raise StataError(198, "factors of lagged variables not yet supported")
            names = operated_names(self.data, node, self.varabbrev)
            return [Term((self._part(name, "c", operator),)) for name in names]
        if isinstance(node, ast.FactorOp):
            return self.terms(node.target, parse_operator(node.operator), crossed)
        if isinstance(node, ast.Group):
            return [term for inner in node.terms for term in self.terms(inner, operator, crossed)]
        if isinstance(node, ast.Interaction):
            left = self.terms(node.left, operator, True)
            right = self.terms(node.right, operator, True)
            product = [_product(a, b) for a in left for b in right]
            return _unique(left + right + product if node.full else product)
        if isinstance(node, ast.Nested):
            raise StataError(198, "operator @ not allowed")
        if isinstance(node, ast.Instrumented):
            raise StataError(198, "instruments (varlist = varlist) not yet supported here")
        kind = operator.kind if operator else "i" if crossed else "c"
        return [Term((self._part(name, kind, operator),)) for name in self._variables(node)]

    def _part(self, name: str, kind: str, operator: _Operator | None) -> Part:
        if kind in ("c", "o"):
            return Part(name, False, omit=(0,) if kind == "o" else operator.omit if operator else ())
        if operator is None:
            return Part(name, True)
        if operator.base is not None:
            self.bases.setdefault(name, operator.base)
        return Part(name, True, operator.levels, operator.omit)


def _product(a: Term, b: Term) -> Term:
    parts = list(a.parts)
    # a factor crossed with itself is itself
    parts += [p for p in b.parts if not (p.factor and p in parts)]
    return Term(tuple(sorted(parts, key=lambda p: not p.factor)))


def _unique(terms: Iterable[Term]) -> list[Term]:
    """The terms without repeats, in order of first appearance."""
    first: dict[object, Term] = {}
    for term in terms:
        first.setdefault(term.key, term)
    return list(first.values())


def expand_terms(data: Dataset, nodes: Iterable[ast.VarTerm], varabbrev: bool = True) -> TermList:
    """The ordered terms of a factor-variable list.

    Errors: r(111) unknown or ambiguous names, r(198) operators that are not allowed.
    """
    expansion = _Expansion(data, varabbrev)
    seen: set[object] = set()
    terms: list[Term] = []
    for node in nodes:
        for term in expansion.terms(node, None, False):
            alone = len(term.parts) == 1 and not term.parts[0].factor
            if term.key not in seen:
                seen.add(term.key)
                terms.append(term)
            elif alone:
                terms.append(replace(term, repeat=True))
    return TermList(tuple(terms), expansion.bases)
