"""Linear combinations of coefficients: reading ``2*x - 1.g = 3`` against e(b), writing it as Stata does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.design.terms import expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.coefficients import locate

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.results import StataMatrix


@dataclass(frozen=True)
class Combination:
    """weights' b = value (or, for lincom, the value weights' b - value). weights (k,) over e(b)."""

    weights: np.ndarray
    value: float = 0.0

    def __add__(self, other: Combination) -> Combination:
        return Combination(self.weights + other.weights, self.value + other.value)

    def __mul__(self, factor: float) -> Combination:
        return Combination(self.weights * factor, self.value * factor)

    @property
    def constant(self) -> bool:
        return not self.weights.any()


def estimates(ctx: Context) -> tuple[StataMatrix, np.ndarray]:
    """e(b) and e(V); r(301) without estimates."""
    e = ctx.workspace.e
    b, vcov = e.matrices.get("b"), e.matrices.get("V")
    if b is None or vcov is None:
        raise StataError.last_estimates_not_found()
    return b, vcov.values


# ---------------------------------------------------------------- reading


_CROSSED = re.compile(r"(?<![\w.\]])((?:\d+|c|co)?\w*\.?\w+(?:#[\w.]+)+)")


def combination(text: str, ctx: Context) -> Combination:
    """``text`` as constant plus weights on coefficients; r(131) ``not possible with test`` when it is not linear."""
    b, _ = estimates(ctx)
    quoted = _CROSSED.sub(r"_b[\1]", text)  # interactions may stand without _b[]
    return _linear(parse("expr", quoted.strip()), b, ctx)


def _unit(k: int, b: StataMatrix) -> Combination:
    weights = np.zeros(len(b.cols))
    weights[k] = 1.0
    return Combination(weights)


def _coefficient(equation: str, term: str, b: StataMatrix, ctx: Context) -> Combination:
    try:
        return _unit(locate(b, equation, term, ctx.data.find), b)
    except StataError as error:
        if error.rc == 111:
            raise StataError.not_found(term) from None
        raise


def _linear(node: nodes.Expr, b: StataMatrix, ctx: Context) -> Combination:
    zero = np.zeros(len(b.cols))
    if isinstance(node, nodes.Number):
        return Combination(zero, node.value)
    if isinstance(node, nodes.Coefficient) and node.kind in ("_b", "_coef"):
        return _coefficient(node.equation, node.term, b, ctx)
    if isinstance(node, nodes.Operated):
        return _coefficient("", f"{node.operator}.{node.name}", b, ctx)
    if isinstance(node, nodes.Name):
        try:
            return _coefficient("", node.name, b, ctx)
        except StataError:
            if node.name in ctx.workspace.scalars:
                return Combination(zero, float(ctx.scalar(node)))
            raise
    if isinstance(node, nodes.Unary) and node.op in "+-":
        return _linear(node.operand, b, ctx) * (-1.0 if node.op == "-" else 1.0)
    if isinstance(node, nodes.Binary):
        left, right = _linear(node.left, b, ctx), _linear(node.right, b, ctx)
        if node.op == "+":
            return left + right
        if node.op == "-":
            return left + right * -1.0
        if node.op == "*" and (left.constant or right.constant):
            return right * left.value if left.constant else left * right.value
        if node.op == "/" and right.constant and right.value:
            return left * (1 / right.value)
    elif isinstance(node, (nodes.Function, nodes.StoredResult)):
        value = ctx.scalar(node)
        if isinstance(value, float):
            return Combination(zero, value)
    raise StataError(131, "not possible with test")


def equations_of(text: str, ctx: Context) -> list[Combination]:
    """``exp = exp [= exp ...]`` as differences, each to be zero; a plain list of coefficients is each equal to 0."""
    parts = [part.strip() for part in re.split(r"(?<![=!<>~])=(?!=)", text)]
    if len(parts) == 1:
        return coefficient_list(parts[0], ctx)
    first = combination(parts[0], ctx)
    return [_normal(first + combination(part, ctx) * -1.0) for part in parts[1:]]


def _normal(c: Combination) -> Combination:
    """weights' b = value form."""
    return Combination(c.weights, -c.value)


def coefficient_list(text: str, ctx: Context) -> list[Combination]:
    """``x1 2.g 1.a#c.x _cons`` or ``[eq]`` or an expression to be zero."""
    b, _ = estimates(ctx)
    equation = re.fullmatch(r"\[([^\]]+)\]", text)
    if equation:
        name = equation[1].strip()
        found = [k for k, col in enumerate(b.cols) if col.rpartition(":")[0] == name and _slope(col)]
        if not found:
            raise StataError(303, f"equation [{name}] not found")
        return [_unit(k, b) for k in found]
    try:
        terms = parse("varlist", text)
    except StataError:
        return [_normal(combination(text, ctx))]
    out = []
    for term in terms:
        name = _term_text(term)
        out += _in_equations(name, b, ctx) or [_coefficient("", name, b, ctx)]
    return out


def _in_equations(term: str, b: StataMatrix, ctx: Context) -> list[Combination]:
    """A covariate stands for its coefficients in all the equations that have it ([R] test: after mlogit)."""
    equations = list(dict.fromkeys(col.rpartition(":")[0] for col in b.cols))
    out = []
    if term != "_cons" and len(equations) > 1:
        for equation in equations:
            try:
                out.append(_coefficient(equation, term, b, ctx))
            except StataError as error:
                if error.rc not in (111, 303):
                    raise
    return out


def _term_text(term: nodes.VarTerm) -> str:
    if isinstance(term, nodes.NamePattern):
        return term.text
    if isinstance(term, nodes.FactorOp):
        return f"{term.operator}.{_term_text(term.target)}"
    if isinstance(term, nodes.Interaction) and not term.full:
        return f"{_term_text(term.left)}#{_term_text(term.right)}"
    raise StataError.invalid_syntax()


def _slope(col: str) -> bool:
    """A coefficient that is estimated and no constant."""
    term = col.rpartition(":")[2]
    return term != "_cons" and not any(_left_out(part) for part in term.split("#"))


def _left_out(part: str) -> bool:
    operator = part.rpartition(".")[0]
    return operator.endswith("o") or (operator.endswith("b") and operator[:-1].isdigit())


def matching_terms(terms: Iterable[nodes.VarTerm], ctx: Context) -> list[Combination]:
    """``testparm``: the coefficients of the listed variables and factor terms, in e(b)'s order; r(111) none."""
    b, _ = estimates(ctx)
    expanded = expand_terms(ctx.data, tuple(terms), ctx.settings.varabbrev)
    wanted = [tuple(sorted((p.name, p.factor) for p in term.parts)) for term in expanded.terms]
    found = []
    for k, col in enumerate(b.cols):
        _, _, term = col.rpartition(":")
        if _slope(col) and _signature(term) in wanted:
            found.append(_unit(k, b))
    if not found:
        raise StataError(
            111, "no such variables;\nthe specified varlist does not identify any testable coefficients"
        )
    return found


def _signature(term: str) -> tuple[tuple[str, bool], ...]:
    out = []
    for part in term.split("#"):
        operator, _, name = part.rpartition(".")
        out.append((name, operator[:1].isdigit()))
    return tuple(sorted(out))


# ---------------------------------------------------------------- writing


def shown_name(col: str, several: bool) -> str:
    """A coefficient in a constraint: ``2.rep78``, ``[mathach]ses`` when e(b) has several equations."""
    eq, _, term = col.rpartition(":")
    return f"[{eq}]{term}" if several and eq else term


def constraint_text(c: Combination, b: StataMatrix) -> str:
    """``- 2*x + 1.g = 3``, coefficients in e(b)'s order."""
    several = any(":" in col for col in b.cols)
    out = ""
    for k in np.flatnonzero(c.weights):
        weight = float(c.weights[k])
        size = "" if abs(weight) == 1 else f"{format_number(abs(weight), '%9.0g').strip()}*"
        sign = "- " if weight < 0 else ("+ " if out else "")
        out += f"{' ' if out else ''}{sign}{size}{shown_name(b.cols[k], several)}"
    return f"{out or '0'} = {format_number(c.value, '%9.0g').strip()}"
