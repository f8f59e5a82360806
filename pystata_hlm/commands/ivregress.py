"""ivregress: Instrumental-variables regression.   ivregress 2sls depvar [varlist1] (varlist2 = varlist_iv) [if] [in] [weight] [, small]"""

from __future__ import annotations

import math
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    coefficients,
    dependent,
    design_of,
    equation_matrix,
    label_lookup,
    mark_complete,
    parse_vce,
    scale_weights,
    square_matrix,
)
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist, iv, ols
from pystata_hlm.output.items import Cell, Header
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    Opt("level", 1, "level"),
    Opt("noheader", 4),
    Opt("baselevels", 5),
    Opt("allbaselevels", 7),
)
TITLE = "Instrumental variables 2SLS regression"


@command(
    "ivregress",
    klass="e",
    syntax="anything",
    byable="loop",
    weights=("aweight", "fweight", "iweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        Opt("vce", 3, "text"),
        Opt("robust", 1),
        Opt("cluster", 2, "varname"),
        Opt("small", 2),
        Opt("noconstant", 5),
    ),
    unsupported=(
        "first",
        "perfect",
        "wmatrix",
        "center",
        "igmm",
        "hascons:4",
        "eform:2",
        "depname:3",
        "coeflegend:5",
    ),
)
def run(call: Call, ctx: Context) -> None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    estimator, _, rest = call.node.text.strip().partition(" ")
    if estimator in ("liml", "gmm"):
        raise StataError(198, f"ivregress {estimator} not yet supported")
    if estimator != "2sls":
        raise StataError(198, f"estimator {estimator} invalid" if estimator else "invalid syntax")
    depvar, exogenous, equation = read(rest, ctx)
    stored = fit(call, ctx, depvar, exogenous, equation)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def read(text: str, ctx: Context) -> tuple[str, nodes.Varlist, nodes.Instrumented]:
    """Dependent variable, exogenous terms, and what stands in parentheses."""
    terms = parse("varlist", text.strip()) if text.strip() else ()
    inside = [t for t in terms if isinstance(t, nodes.Instrumented)]
    plain = tuple(t for t in terms if not isinstance(t, nodes.Instrumented))
    if not plain:
        raise StataError.varlist_required()
    if len(inside) != 1 or not inside[0].terms:
        raise StataError(198, "equation specification invalid; (varlist2 = varlist_iv) required")
    depvar, exogenous = dependent(plain, ctx)
    return depvar, exogenous, inside[0]


def fit(
    call: Call, ctx: Context, depvar: str, exogenous: nodes.Varlist, equation: nodes.Instrumented
) -> Stored:
    pweights = call.weight is not None and call.weight.kind == "pweight"
    vce = parse_vce(
        call.opt("vce"),
        call.has("robust") or (pweights and not call.has("vce") and not call.has("cluster")),
        call.opt("cluster"),
        "unadjusted",
        ("robust", "cluster"),
        ctx,
    ) if call.opt("vce") not in ("un", "unadjusted") else Vce("unadjusted")  # fmt: skip
    names = [n for terms in (exogenous, equation.instruments) for n in expand_terms(ctx.data, terms).names]
    both = sorted(
        set(expand_terms(ctx.data, equation.terms).names) & set(expand_terms(ctx.data, exogenous).names)
    )
    if both:
        raise StataError(498, f"{both[0]} included in both exogenous and endogenous variable lists")
    sample = mark_complete((vce.cluster,) if vce.cluster else (), call.sample, ctx)
    constant = not call.has("noconstant")
    design, rows = design_of((*equation.terms, *exogenous), sample, ctx, (depvar, *names), constant)
    recipe, x = design.recipe, design.x
    instruments, _ = design_of((*exogenous, *equation.instruments), rows, ctx, (), constant)
    first = {name for term in expand_terms(ctx.data, equation.terms).terms for name in term.names}
    if instruments.x.shape[1] < x.shape[1]:
        raise StataError(
            481,
            "equation not identified; must have at least as many instruments\n"
            "not in the regression as there are instrumented variables",
        )
    w, n, frequency = scale_weights(call.weight, rows)
    y = ctx.data.values(depvar)[rows]
    found = iv.two_stage(y, x, instruments.x, w, n, constant)
    k = x.shape[1]
    small = call.has("small")
    codes, clusters = cluster_codes(vce.cluster, rows, ctx) if vce.kind == "cluster" else (None, None)
    if vce.kind == "unadjusted":
        vcov = found.unadjusted(n - k if small else n)
    else:
        vcov = found.sandwich(codes, frequency)
        if small and clusters is not None:
            vcov = vcov * (clusters / (clusters - 1)) * ((n - 1) / (n - k))
        elif small:
            vcov = vcov * (n / (n - k))
    slopes = k - int(constant)
    chi2, rank = ols.wald(found.b[:slopes], vcov[:slopes, :slopes]) if slopes else (math.nan, 0)
    df_r = (float(clusters - 1) if clusters is not None else n - k) if small else None
    r2 = 1 - found.rss / found.tss
    scalars = {
        "N": n,
        "mss": found.tss - found.rss,
        "df_m": float(rank),
        "rss": found.rss,
        "r2": r2,
        "rmse": math.sqrt(found.rss / (n - k if small else n)),
        "rank": float(k),
        "iterations": math.nan,
    }
    del scalars["iterations"]
    if df_r is None:
        scalars |= {"chi2": chi2, "p": float(dist.chi2tail(rank, chi2)) if rank else math.nan}
    else:
        f = chi2 / rank if rank else math.nan
        scalars |= {"df_r": df_r, "F": f, "p": float(dist.Ftail(rank, df_r, f)) if rank else math.nan}
        scalars["r2_a"] = 1 - (1 - r2) * (n - int(constant)) / (n - k)
    if clusters is not None:
        scalars["N_clust"] = float(clusters)
    shown = [c.plain_name for c in recipe.columns if c.status == "" and c.term >= 0]
    endogenous = [c for c in shown if c.rpartition(".")[2] in first]
    # in Stata's order: the exogenous variables of the equation, then the excluded instruments
    everything = [c.plain_name for c in instruments.recipe.columns if c.status == "" and c.term >= 0]
    macros = {
        "cmd": "ivregress",
        "cmdline": f"ivregress {call.text.strip()}",
        "depvar": depvar,
        "instd": " ".join(endogenous),
        "insts": " ".join(everything),
        "exogr": " ".join(c for c in everything if c in shown),
        "constant": "" if constant else "noconstant",
        "small": "small" if small else "",
        "title": TITLE,
        "estimator": "2sls",
        "vce": vce.kind,
        "vcetype": "Robust" if vce.kind != "unadjusted" else "",
        "clustvar": vce.cluster,
        "properties": "b V",
        "predict": "ivregress_p",
        "marginsok": "XB default",
    }
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    b, v = recipe.widen(found.b), recipe.widen(vcov)
    estimation = Estimation(
        "ivregress",
        depvar,
        recipe,
        b,
        v,
        df_r=df_r,
        fit=found,
        replay=show,
        extra={"title": "Linear prediction"},
    )
    matrices = {"b": equation_matrix(b, recipe.names), "V": square_matrix(v, recipe.names)}
    return Stored("e", scalars, {m: t for m, t in macros.items() if t}, matrices, estimation, rows)


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    e, settings = ctx.workspace.e, ctx.settings
    s = e.scalars
    if "noheader" not in options:
        if estimation.df_r is None:
            test = [
                (f"Wald chi2({s['df_m']:.0f})", Cell(s["chi2"], "%10.2f")),
                ("Prob > chi2", Cell(s["p"], "%10.4f")),
            ]
        else:
            heading = f"F({s['df_m']:.0f}, {estimation.df_r:.0f})"
            test = [(heading, Cell(s["F"], "%10.2f")), ("Prob > F", Cell(s["p"], "%10.4f"))]
        pairs = [
            ("Number of obs", Cell(s["N"], "%10.0fc")),
            *test,
            ("R-squared", Cell(s["r2"] if s["r2"] >= 0 else math.nan, "%10.4f")),
            *(
                [("Adj R-squared", Cell(s["r2_a"] if s["r2"] >= 0 else math.nan, "%10.4f"))]
                if "r2_a" in s
                else []
            ),
            ("Root MSE", Cell(s["rmse"], "%10.5g")),
        ]
        ctx.say()
        left = (TITLE, *("",) * (len(pairs) - 1))
        ctx.emit(Header(left, tuple(pairs), compact=False, label_width=15))
    c = coefficients(
        estimation.recipe, estimation.b, estimation.vcov, ctx, df=estimation.df_r,
        level=options.get("level", settings.level), depvar=estimation.depvar,
        heads=_coeftable.Heads(se_over=e.macros.get("vcetype", "")),
    )  # fmt: skip
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    table = _coeftable.table(c, settings, label_lookup(ctx))
    ctx.say()
    if "clustvar" in e.macros:
        ctx.emit(cluster_note(int(s["N_clust"]), e.macros["clustvar"], settings, table_width(table)))
    ctx.emit(table)
    new = settings.release >= 17
    for head, names in (
        ("Endogenous: " if new else "Instrumented:  ", e.macros["instd"]),
        ("Exogenous:  " if new else "Instruments:   ", e.macros["insts"]),
    ):
        ctx.say(textwrap.fill(names, 78, initial_indent=head, subsequent_indent=" " * len(head)))


@postestimation("predict", "ivregress")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after ivregress: xb (default) residuals stdp."""
    statistics = (Opt("xb", 2), Opt("residuals", 1), Opt("stdp", 4))
    statistic, _ = choose(request, ctx, statistics, (), ("stdf", "scores", "pr", "e", "ystar", "stdr"))
    if statistic is None:
        ctx.say("(option xb assumed; fitted values)")
    estimation = ctx.estimation
    name = request.names(1)[0]
    if statistic == "stdp":
        x, kept = estimation.recipe.evaluate(ctx.data), estimation.recipe.kept
        v = estimation.vcov[np.ix_(kept, kept)]
        return [(name, Prediction(np.sqrt(np.einsum("ij,jk,ik->i", x, v, x)), "S.E. of the prediction"))]
    xb = np.asarray(estimation.recipe.linear(ctx.data, estimation.b), dtype=float)
    if statistic == "residuals":
        return [(name, Prediction(ctx.data.values(estimation.depvar) - xb, "Residuals"))]
    return [(name, Prediction(xb, "Fitted values"))]
