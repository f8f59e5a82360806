"""test: test linear hypotheses after estimation.   test coeflist | test exp = exp [= ...] | test (spec) (spec) ... [, accumulate]

Wald test: W = (Rb - r)' (R V R')^- (Rb - r); F = W / rank with the residual degrees of freedom when e() has them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._linear import Combination, constraint_text, equations_of, estimates, matching_terms
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import dist, ols
from pystata_hlm.runtime.registry import command, post
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class Wald:
    """statistic: F (df_r given) or chi2; dropped: constraints that follow from the others (numbers from 1)."""

    statistic: float
    df: int
    df_r: float | None
    p: float
    dropped: tuple[int, ...]


def compute(constraints: list[Combination], b: np.ndarray, vcov: np.ndarray, df_r: float | None) -> Wald:
    rows = np.array([c.weights for c in constraints])
    values = np.array([c.value for c in constraints])
    kept: list[int] = []
    for k in range(len(rows)):
        trial = rows[[*kept, k]]
        middle = trial @ vcov @ trial.T
        scale = np.sqrt(np.maximum(np.diag(middle), 0))
        if (scale > 0).all() and np.linalg.matrix_rank(middle / np.outer(scale, scale), tol=1e-9) == len(
            kept
        ) + 1:
            kept.append(k)
    dropped = tuple(k + 1 for k in range(len(rows)) if k not in kept)
    if not kept:
        return Wald(math.nan, 0, df_r, math.nan, dropped)
    r = rows[kept]
    w, rank = ols.wald(r @ b - values[kept], r @ vcov @ r.T)
    if df_r is None:
        return Wald(w, rank, None, float(dist.chi2tail(rank, w)), dropped)
    f = w / rank
    return Wald(f, rank, df_r, float(dist.Ftail(rank, df_r, f)), dropped)


def report(constraints: list[Combination], ctx: Context) -> Stored:
    """Print the constraints and the test; r() of test."""
    b, vcov = estimates(ctx)
    estimation = ctx.workspace.e.estimation
    df_r = ctx.workspace.e.scalars.get("df_r") if estimation is None else estimation.df_r
    found = compute(constraints, b.values[0], vcov, df_r)
    lines = [""] + [f" ({k:2d})  {constraint_text(c, b)}" for k, c in enumerate(constraints, 1)]
    lines += [f"       Constraint {k} dropped" for k in found.dropped]
    lines.append("")
    if found.df_r is None:
        lines.append(f"           chi2({found.df:3d}) ={_number(found.statistic)}")
        lines.append(f"         Prob > chi2 ={_p(found.p)}")
    else:
        lines.append(f"       F({found.df:3d},{found.df_r:6.0f}) ={_number(found.statistic)}")
        lines.append(f"            Prob > F ={_p(found.p)}")
    ctx.say("\n".join(lines))
    scalars = {"drop": float(bool(found.dropped)), "df": float(found.df), "p": found.p}
    if found.df_r is None:
        scalars["chi2"] = found.statistic
    else:
        scalars |= {"F": found.statistic, "df_r": found.df_r}
    return Stored("r", scalars=scalars)


def _number(x: float) -> str:
    return f"{x:8.2f}" if math.isfinite(x) else "       ."


def _p(p: float) -> str:
    return f"{p:10.4f}" if math.isfinite(p) else "         ."


@command(
    "test",
    min=2,
    klass="r",
    syntax="anything",
    allow=set(),
    options=(Opt("accumulate", 1), Opt("notest", 3)),
    unsupported=("mtest:1", "coef:4", "matvlc:6", "constant:4", "common:4", "df", "nosvyadjust:4", "minimum"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.node.text.strip()
    if not text:
        raise StataError.varlist_required()
    estimates(ctx)
    special = post("test", ctx.workspace.e.estimation)  # anova's terms
    if special is not None and (tested := special(text, call.options, ctx)) is not None:
        return tested
    pieces = (
        re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text)
        if re.fullmatch(r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)\s*)+", text)
        else [text]
    )
    constraints = [c for piece in pieces for c in equations_of(piece.strip(), ctx)]
    if call.has("accumulate"):
        previous = ctx.workspace.r.hidden.get("constraints")
        if previous is None:
            raise StataError(302, "last test not found")
        constraints = [*previous, *constraints]
    if call.has("notest"):
        b, _ = estimates(ctx)
        ctx.say("\n" + "\n".join(f" ({k:2d})  {constraint_text(c, b)}" for k, c in enumerate(constraints, 1)))
        return Stored("r", hidden={"constraints": constraints})
    return report(constraints, ctx).with_(hidden={"constraints": constraints})


@command(
    "testparm",
    klass="r",
    syntax="standard",
    varlist="fv",
    allow=set(),
    options=(Opt("equal", 1),),
    unsupported=("equation:2", "nosvyadjust:4", "df"),
)
def testparm(call: Call, ctx: Context) -> Stored:
    """testparm: test that the coefficients of a varlist are zero.   testparm varlist [, equal]"""
    terms: nodes.Varlist = call.terms
    constraints = matching_terms(terms, ctx)
    if call.has("equal"):
        first = constraints[0]
        constraints = [c + first * -1.0 for c in constraints[1:]]
        if not constraints:
            raise StataError(198, "equal requires at least two coefficients")
    return report(constraints, ctx).with_(hidden={"constraints": constraints})
