"""nlcom: nonlinear combinations of coefficients, by the delta method.   nlcom [name:]exp | (name: exp) ... [, level(#) post df(#)]

The derivatives are central differences in each coefficient, refined once (Richardson); the standard errors and tests
are those of the delta method, normal unless df() is given ([R] nlcom).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._linear import estimates
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class Expression:
    """One combination: its name, the expression as typed, and parsed."""

    name: str
    text: str
    node: nodes.Expr


def _pieces(text: str) -> list[str]:
    """``(a: exp) (b: exp)`` as its parts; a text that is not wholly in parentheses is one expression."""
    found, depth, start = [], 0, 0
    for k, char in enumerate(text):
        if char == "(":
            if depth == 0:
                if text[start:k].strip():
                    return [text]
                start = k + 1
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                raise StataError(132, "too many ')' or ']'")
            if depth == 0:
                found.append(text[start:k])
                start = k + 1
    if depth:
        raise StataError(132, "too many '(' or '['")
    return found if not text[start:].strip() and found else [text]


def expressions(text: str) -> list[Expression]:
    """Read the combinations; unnamed ones are ``_nl_1``, ``_nl_2`` ..."""
    parts = _pieces(text)
    if len(parts) > 1 or text.startswith("("):
        whole = [p for p in parts if re.match(r"\s*\w+\s*:", p)]
        if not whole and len(parts) == 1 and parts[0] != text:
            parts = [text]
    out = []
    for k, part in enumerate(parts, 1):
        named = re.match(r"\s*(\w+)\s*:(?!:)(.*)", part, re.DOTALL)
        name, body = (named[1], named[2].strip()) if named else (f"_nl_{k}", part.strip())
        if not is_valid_name(name):
            raise StataError.invalid_name(name)
        if not body:
            raise StataError.invalid_syntax()
        out.append(Expression(name, body, parse("expr", body)))
    names = [e.name for e in out]
    if len(set(names)) < len(names):
        raise StataError(
            110, f"expression name {next(n for n in names if names.count(n) > 1)} used more than once"
        )
    return out


@contextmanager
def _coefficients(values: np.ndarray, b: StataMatrix, ctx: Context) -> Iterator[None]:
    """_b[] reads these values for a while."""
    e = ctx.workspace.e
    moved = StataMatrix(values[None, :], b.rows, b.cols)
    ctx.workspace.e = e.with_(matrices={**e.matrices, "b": moved})
    try:
        yield
    finally:
        ctx.workspace.e = e


def evaluate(found: list[Expression], values: np.ndarray, b: StataMatrix, ctx: Context) -> np.ndarray:
    with _coefficients(values, b, ctx):
        out = []
        for item in found:
            value = ctx.scalar(item.node)
            if isinstance(value, str):
                raise StataError.type_mismatch()
            out.append(value)
    return np.array(out, dtype=float)


def jacobian(found: list[Expression], b: StataMatrix, vcov: np.ndarray, ctx: Context) -> np.ndarray:
    """Derivatives (expressions, coefficients); zero for coefficients that are not estimated."""
    values = b.values[0]
    out = np.zeros((len(found), len(values)))
    for k in np.flatnonzero(np.diag(vcov) > 0):
        step = 1e-4 * max(abs(values[k]), float(np.sqrt(vcov[k, k])))
        slopes = []
        for size in (step, step / 2):
            high, low = values.copy(), values.copy()
            high[k] += size
            low[k] -= size
            width = high[k] - low[k]
            slopes.append((evaluate(found, high, b, ctx) - evaluate(found, low, b, ctx)) / width)
        out[:, k] = (4 * slopes[1] - slopes[0]) / 3
    return out


@command(
    "nlcom",
    klass="r",
    syntax="anything",
    allow=frozenset(),
    options=(Opt("level", 1, "level"), Opt("post"), Opt("df", 2, "real"), Opt("noheader", 4)),
    unsupported=("iterate:4", "cformat", "pformat", "sformat", "coeflegend"),
)
def run(call: Call, ctx: Context) -> Stored:
    text = call.node.text.strip()
    if not text:
        raise StataError.invalid_syntax()
    b, vcov = estimates(ctx)
    found = expressions(text)
    values = evaluate(found, b.values[0], b, ctx)
    for item, value in zip(found, values, strict=True):
        if not np.isfinite(value):
            raise StataError(498, f"expression ({item.text}) evaluates to missing")
    slopes = jacobian(found, b, vcov, ctx)
    for item, row in zip(found, slopes, strict=True):
        if not row.any():
            raise StataError(
                498, f"expression ({item.text}) contains reference to constant coefficients only"
            )
    cov = slopes @ vcov @ slopes.T
    df = call.opt("df")
    e = ctx.workspace.e
    names = tuple(item.name for item in found)
    if not call.has("noheader"):
        gap = " " if ctx.settings.new_headings else "  "
        shown = "\n".join(f"{item.name:>12}:{gap}{item.text}" for item in found)
        ctx.say(f"\n{shown}\n")
    c = _coeftable.Coefficients(
        names=names,
        status=("ok",) * len(names),
        b=values,
        se=np.sqrt(np.maximum(np.diag(cov), 0.0)),
        df=df,
        level=call.opt("level", ctx.settings.level),
        depvar=e.macros.get("depvar", ""),
    )
    ctx.emit(_coeftable.table(c, ctx.settings))
    matrices = {"b": equation_matrix(values, names), "V": square_matrix(cov, names)}
    scalars = {"N": e.scalars["N"]} if "N" in e.scalars else {}
    if df is not None:
        scalars["df_r"] = df
    if call.has("post"):
        _post(matrices, scalars, names, values, cov, df, call, ctx)
    return Stored("r", scalars, matrices=matrices)


def _post(
    matrices: dict[str, StataMatrix],
    scalars: dict[str, float],
    names: tuple[str, ...],
    values: np.ndarray,
    cov: np.ndarray,
    df: float | None,
    call: Call,
    ctx: Context,
) -> None:
    """The combinations become e(b) and e(V)."""
    e = ctx.workspace.e
    macros = {"cmd": "nlcom", "cmdline": call.line, "properties": "b V"}
    if "depvar" in e.macros:
        macros["depvar"] = e.macros["depvar"]
    estimation = Estimation("nlcom", macros.get("depvar", ""), None, values, cov, df_r=df)
    sample = ctx.workspace.e_sample()
    ctx.store(
        Stored(
            "e", {**scalars, "rank": float(np.linalg.matrix_rank(cov))}, macros, matrices, estimation, sample
        )
    )
