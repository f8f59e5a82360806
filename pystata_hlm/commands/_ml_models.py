"""Single-level maximum-likelihood models: logit, probit, cloglog, poisson, nbreg, ologit, oprobit and their output.

The engine is ``numeric.glm``. e(b) has the dependent variable as equation name and free parameters after a slash
(``/cut1``, ``/lnalpha``). Layouts: ../shared/cases logit_auto_or, poisson_ceb_offset, ologit_copen.
Errors: r(2000) no observations or no variation in the outcome, r(459) negative counts, r(430) no convergence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
    square_matrix,
)
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.design.matrix import Design
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, glm, ols
from pystata_hlm.output.items import Cell, Header, Row, Rule, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.output.items import Table
    from pystata_hlm.runtime.context import Context

DISPLAY = (Opt("level", 1, "level"), Opt("baselevels", 5), Opt("allbaselevels", 7), Opt("noheader", 4))
MODEL = (
    Opt("vce", 3, "text"),
    Opt("robust", 1),
    Opt("cluster", 2, "varname"),
    Opt("offset", 3, "varname"),
    Opt("nolog", 5),
    Opt("log", 3),
    Opt("iterate", 4, "int"),
)
LACKING = (
    "constraints:1",
    "asis",
    "collinear",
    "from",
    "technique:4",
    "tolerance:3",
    "ltolerance:4",
    "nrtolerance:4",
    "difficult:3",
    "coeflegend:5",
    "cformat",
    "pformat",
    "sformat",
    "noci",
    "nopvalues",
    "noomitted",
    "vsquish",
    "noemptycells",
    "nocnsreport",
)


@dataclass(frozen=True)
class Kind:
    """A command: title, family, and the word over exponentiated coefficients by the option that asks for them."""

    title: str
    family: str
    link: glm.Link = glm.LOGIT
    ratio: str = ""
    option: str = ""
    extra: tuple[str, ...] = ()
    always: bool = False
    """Ratios without being asked (``logistic``)."""


KINDS = {
    "logit": Kind("Logistic regression", "binary", glm.LOGIT, "Odds ratio", "or"),
    "logistic": Kind("Logistic regression", "binary", glm.LOGIT, "Odds ratio", "or", always=True),
    "probit": Kind("Probit regression", "binary", glm.PROBIT),
    "cloglog": Kind("Complementary log-log regression", "binary", glm.CLOGLOG, "exp(b)", "eform"),
    "poisson": Kind("Poisson regression", "poisson", ratio="IRR", option="irr"),
    "ologit": Kind("Ordered logistic regression", "ordinal", glm.LOGIT, "Odds ratio", "or"),
    "oprobit": Kind("Ordered probit regression", "ordinal", glm.PROBIT),
}


@dataclass(frozen=True)
class Outcome:
    """The dependent variable for the engine; categories of an ordered one."""

    family: glm.Family
    categories: tuple[float, ...] = ()


def outcome_of(kind: Kind, y: np.ndarray, depvar: str) -> Outcome:
    if kind.family == "binary":
        success = (y != 0).astype(float)
        if not success.any() or success.all():
            raise StataError(
                2000,
                "outcome does not vary; remember:\n" + " " * 34 + "0 = negative outcome,\n" + " " * 25
                + "all other nonmissing values = positive outcome",
            )  # fmt: skip
        return Outcome(glm.Binomial(success, np.ones(len(y)), kind.link))
    if kind.family == "poisson":
        if (y < 0).any():
            raise StataError(459, f"{depvar} must be greater than or equal to zero")
        return Outcome(glm.Poisson(y))
    categories = np.unique(y)
    if len(categories) < 2:
        raise StataError(148, "outcome does not vary in remaining observations")
    codes = np.searchsorted(categories, y)
    return Outcome(glm.Ordinal(codes, len(categories), link=kind.link), tuple(categories.tolist()))


# ---------------------------------------------------------------- perfect prediction


def without_perfect(
    found: Design, y: np.ndarray, rows: np.ndarray, ctx: Context
) -> tuple[Design, np.ndarray, np.ndarray]:
    """Leave out indicators whose nonzero (or zero) values all have one outcome, with their observations; Stata's
    notes. Returns design, outcome and the kept positions. r(2000) when a variable separates the outcomes."""
    keep = np.ones(len(y), dtype=bool)
    recipe = found.recipe
    width = found.x.shape[1] - int(recipe.constant)
    gone = np.zeros(width, dtype=bool)
    changed = True
    while changed:
        changed = False
        for j in np.flatnonzero(~gone).tolist():
            x, out = found.x[keep, j], y[keep]
            values = np.unique(x[: 1 if not len(x) else None])
            name = recipe.columns[int(recipe.kept[j])].plain_name
            if len(values) == 2:
                for value in values:
                    side = x == value
                    if side.all() or len(np.unique(out[side])) != 1:
                        continue
                    other = values[0] if value == values[1] else values[1]
                    what = "success" if out[side][0] else "failure"
                    shown = format_number(float(other), "%9.0g").strip()
                    if not np.any(out[~side] != out[side][0]):
                        raise StataError.no_observations()
                    if len(np.unique(out[~side])) == 1:
                        text = f"outcome = {name} {'>' if out[x == values[1]][0] else '<='} {values[0]:g}"
                        raise StataError(2000, f"{text} predicts data perfectly")
                    ctx.say(
                        f"\nnote: {name} != {shown} predicts {what} perfectly;\n"
                        f"      {name} omitted and {int(side.sum())} obs not used."
                    )
                    keep[np.flatnonzero(keep)[side]] = False
                    gone[j] = changed = True
                    break
            elif len(values) > 2 and out.any() and not out.all():
                low, high = x[out == 0], x[out == 1]
                if low.max() < high.min() or high.max() < low.min():
                    sign = ">" if low.max() < high.min() else "<="
                    cut = max(low.max(), -math.inf) if sign == ">" else high.max()
                    shown = format_number(float(cut), "%9.0g").strip()
                    raise StataError(2000, f"outcome = {name} {sign} {shown} predicts data perfectly")
            if changed:
                break
    if gone.any():
        found = found.without(gone)
        found = replace(found, x=found.x[keep])
    return found, y[keep], keep


# ---------------------------------------------------------------- estimation


def control_of(call: Call) -> glm.Control:
    return replace(glm.Control(), iterate=call.opt("iterate")) if call.has("iterate") else glm.Control()


def estimate(call: Call, ctx: Context, name: str) -> None:
    """Fit, store and show; ``name`` is the key of KINDS."""
    kind = KINDS[name]
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    depvar, terms = dependent(call.terms, ctx)
    weight = call.weight
    pweights = weight is not None and weight.kind == "pweight"
    vce = parse_vce(
        call.opt("vce"),
        call.has("robust") or (pweights and not call.has("vce") and not call.has("cluster")),
        call.opt("cluster"),
        "oim",
        ("oim", "robust", "cluster"),
        ctx,
    )
    shift = [v for v in (call.opt("offset"), call.opt("exposure")) if v]
    if len(shift) > 1:
        raise StataError(198, "only one of offset() or exposure() can be specified")
    extra = tuple(v for v in (*shift, vce.cluster) if v)
    sample = mark_complete(extra, call.sample, ctx)
    constant = not call.has("noconstant")
    found, rows = design_of(terms, sample, ctx, (depvar,), constant or kind.family == "ordinal")
    y = ctx.data.values(depvar)[rows]
    if kind.family == "binary":
        outcome_of(kind, y, depvar)
        found, _, keep = without_perfect(found, (y != 0).astype(float), rows, ctx)
        rows = rows.copy()
        rows[np.flatnonzero(rows)[~keep]] = False
        y = y[keep]
    if kind.family == "ordinal":
        recipe = replace(found.recipe, columns=found.recipe.columns[:-1], constant=False)
        found = Design(found.x[:, :-1], recipe, found.notes)
    outcome = outcome_of(kind, y, depvar)
    offset = None
    if shift:
        offset = ctx.data.values(shift[0])[rows]
        if call.has("exposure"):
            if (offset <= 0).any():
                raise StataError(459, f"{shift[0]} must be greater than zero")
            offset = np.log(offset)
    w = None if weight is None else weight.values[rows]
    stored = fit_model(
        call, ctx, name, depvar, found.recipe, found.x, outcome, offset, w, rows, vce, constant, shift
    )
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def fit_model(
    call: Call,
    ctx: Context,
    name: str,
    depvar: str,
    recipe: DesignRecipe,
    x: np.ndarray,
    outcome: Outcome,
    offset: np.ndarray | None,
    w: np.ndarray | None,
    rows: np.ndarray,
    vce: Vce,
    constant: bool,
    shift: list[str],
) -> Stored:
    kind = KINDS[name]
    family = outcome.family
    with_constant = constant and kind.family != "ordinal"
    null = glm.fit_constant(
        family, constant=with_constant, offset=offset, weights=w, control=glm.without_log()
    )
    start = glm.constant_start(null, x.shape[1], -1 if with_constant else None)
    control = control_of(call)
    try:
        fit = glm.fit_glm(family, x, offset=offset, weights=w, start=start, control=control)
    except glm.NotFeasibleError:
        raise StataError(1400, "initial values not feasible") from None
    log_items(call, ctx, fit, vce)
    if not fit.converged and not call.has("iterate"):
        raise StataError(430, "convergence not achieved")
    frequency = w if call.weight is not None and call.weight.kind == "fweight" else None
    vcov, n_clusters = fit.vcov, None
    if vce.kind == "cluster":
        codes, n_clusters = cluster_codes(vce.cluster, rows, ctx)
        vcov = fit.robust(codes)
    elif vce.kind == "robust":
        vcov = fit.robust(frequency=frequency)
    n = (
        float(len(family.y))
        if w is None or call.weight is None or call.weight.kind != "fweight"
        else float(w.sum())
    )
    if call.weight is not None and call.weight.kind == "iweight" and w is not None:
        n = float(np.floor(w.sum()))
    slopes = x.shape[1] - int(recipe.constant)
    ll, ll_0 = fit.loglik, null.loglik
    likelihood_ratio = vce.kind == "oim" and constant
    if likelihood_ratio:
        chi2 = 2 * (ll - ll_0) if slopes else 0.0
    else:
        chi2 = ols.wald(fit.b[:slopes], vcov[:slopes, :slopes])[0] if slopes else 0.0
    scalars = {
        "N": n,
        "k": float(len(recipe) + len(fit.aux)),
        "k_eq": float(1 + len(fit.aux)),
        "k_dv": 1.0,
        "df_m": float(slopes),
        "ll": ll,
        "chi2": chi2,
        "p": float(dist.chi2tail(slopes, chi2)) if slopes else math.nan,
        "rank": float(x.shape[1] + len(fit.aux)),
        "ic": float(len(fit.trace) - 1),
        "rc": 0.0,
        "converged": float(fit.converged),
    }
    if constant:
        scalars |= {"ll_0": ll_0, "r2_p": 1 - ll / ll_0 if slopes else 0.0}
    if outcome.categories:
        scalars["k_cat"] = float(len(outcome.categories))
    macros = {
        "cmd": name,
        "cmdline": call.line,
        "depvar": depvar,
        "title": kind.title,
        "chi2type": "LR" if likelihood_ratio else "Wald",
        "vce": vce.kind,
        "opt": "moptimize",
        "which": "max",
        "ml_method": "e2",
        "technique": "nr",
        "properties": "b V",
        "predict": f"{name}_p",
        "marginsok": "default XB Pr" if kind.family == "binary" else "default XB",
    }
    if vce.kind != "oim":
        macros["vcetype"] = "Robust"
    if n_clusters is not None:
        scalars["N_clust"] = float(n_clusters)
        macros["clustvar"] = vce.cluster
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    if shift:
        macros["offset"] = f"ln({shift[0]})" if call.has("exposure") else shift[0]
    p, k = x.shape[1], len(recipe)
    aux = tuple(f"/:cut{j + 1}" for j in range(len(fit.aux)))
    names = (*(f"{depvar}:{column}" for column in recipe.names), *aux)
    full_b = np.concatenate([recipe.widen(fit.b), fit.aux])
    full_v = np.zeros((len(full_b), len(full_b)))
    at = np.concatenate([recipe.kept, k + np.arange(len(fit.aux))])
    full_v[np.ix_(at, at)] = vcov
    extra = {
        "title": "Linear prediction",
        "kind": name,
        "categories": outcome.categories,
        "offset": call.opt("offset", ""),
        "exposure": call.opt("exposure", ""),
        "engine_vcov": vcov,
        "p": p,
        "ratio": bool(kind.always or (kind.option and call.has(kind.option))),
    }
    estimation = Estimation(
        name, depvar, recipe, recipe.widen(fit.b), recipe.widen(vcov[:p, :p]), eq=depvar, fit=fit, replay=show,
        extra=extra,
    )  # fmt: skip
    matrices = {"b": equation_matrix(full_b, names), "V": square_matrix(full_v, names)}
    return Stored("e", scalars, macros, matrices, estimation, rows)


def log_items(call: Call, ctx: Context, fit: glm.GlmFit, vce: Vce) -> None:
    if call.has("nolog") or (not ctx.settings.iterlog and not call.has("log")):
        return
    capital = ctx.settings.release >= 18
    gap, word = ("  ", "Log") if capital else ("   ", "log")
    what = "pseudolikelihood" if vce.kind != "oim" else "likelihood"
    lines = [
        f"Iteration {k}:{gap}{word} {what} = {format_number(step.value, '%10.0g')}  "
        + (f"({step.note})" if step.note else "")
        for k, step in enumerate(fit.trace)
    ]
    ctx.emit(Text("\n".join(["", *lines])))


# ---------------------------------------------------------------- display


def ratio_head(kind: Kind, estimation: Estimation, new: bool) -> str:
    """Over exponentiated coefficients; a constant alone is no ratio."""
    if kind.ratio == "Odds ratio":
        if len(estimation.recipe.kept) == 1 and estimation.recipe.constant:
            return "Odds"
        return "Odds ratio" if new else "Odds Ratio"
    return kind.ratio


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading and coefficient table (also the replay)."""
    e, settings = ctx.workspace.e, ctx.settings
    s, kind = e.scalars, KINDS[estimation.extra["kind"]]
    new = settings.new_headings
    override = estimation.extra.get("bootstrap")
    robust = e.macros["vce"] != "oim" and not override
    if "noheader" not in options:
        pairs = [
            ("Number of obs", Cell(s["N"], "%12.0fc")),
            *([("Replications", Cell(s["N_reps"], "%12.0fc"))] if override else []),
            (f"{e.macros['chi2type']} chi2({s['df_m']:.0f})", Cell(s["chi2"], "%9.2f")),
            ("Prob > chi2", Cell(s["p"], "%6.4f")),
        ]
        loglik = format_number(s["ll"], "%10.0g").strip()
        last = f"Log {'pseudolikelihood' if robust else 'likelihood'} = {loglik}"
        if "r2_p" in s:
            pairs.append(("Pseudo R2", Cell(s["r2_p"], "%6.4f")))
        left = (e.macros["title"], *("",) * (len(pairs) - 2), last)
        ctx.say()
        ctx.emit(Header(left, tuple(pairs), compact=new))
    asked = bool(kind.option) and kind.option in options
    eform = asked or estimation.extra["ratio"]
    if kind.always and "coef" in options:
        eform = False
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(
            se_over="Robust" if robust else "", b=ratio_head(kind, estimation, new) if eform else ""
        )
    )
    level = options.get("level", settings.level)
    c = coefficients(
        estimation.recipe,
        estimation.b,
        estimation.vcov,
        ctx,
        df=None,
        level=level,
        depvar=estimation.depvar,
        heads=heads,
    )
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    c = replace(c, eform=eform)
    table = _coeftable.table(c, settings, label_lookup(ctx))
    table = with_tail(table, estimation, e, level, ctx)
    ctx.say()
    if override and override["note"]:
        ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif "clustvar" in e.macros:
        ctx.emit(cluster_note(int(s["N_clust"]), e.macros["clustvar"], settings, table_width(table)))
    ctx.emit(table)
    if eform and estimation.recipe.constant and len(estimation.recipe.kept) > 1:
        what = {"Odds ratio": "baseline odds", "IRR": "baseline incidence rate"}.get(kind.ratio)
        if what is not None:
            gap = " " if settings.release >= 14 else "  "
            ctx.say(f"Note:{gap}_cons estimates {what}.")


def with_tail(table: Table, estimation: Estimation, e: Stored, level: float, ctx: Context) -> Table:
    """The offset's row, and the cutpoints under a rule."""
    fmt = ctx.settings.cformat or "%9.0g"
    body = list(table.body)
    if "offset" in e.macros:
        word = "exposure" if estimation.extra["exposure"] else "offset"
        body.append(Row(e.macros["offset"], (Cell(1.0, fmt),), f"  ({word})"))
    fit = estimation.fit
    if len(fit.aux):
        z = float(dist.invnormal(1 - (1 - level / 100) / 2))
        v = estimation.extra["engine_vcov"]
        p, blank = estimation.extra["p"], Cell(None)
        body.append(Rule())
        for j, cut in enumerate(fit.aux.tolist()):
            se = math.sqrt(max(float(v[p + j, p + j]), 0.0))
            values = (cut, se, None, None, cut - z * se, cut + z * se)
            body.append(Row(f"/cut{j + 1}", tuple(blank if u is None else Cell(u, fmt) for u in values)))
    return replace(table, body=tuple(body))


def category_text(estimation: Estimation, k: int, ctx: Context) -> str:
    """An outcome as labels show it."""
    return number_text(ctx.data, estimation.depvar, estimation.extra["categories"][k])
