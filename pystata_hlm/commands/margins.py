"""margins: Marginal means, predictive margins, marginal effects.   margins [marginlist] [if] [in] [weight] [, at() over() dydx() ...]

A post-estimation command. What can be predicted is registered for each e(cmd) with
``@postestimation("margins", cmd)``: a routine that takes the text of predict() (None without the option) and returns a
``Predictor``, a ``General`` or a list of them. Linear predictions of any model with a design recipe need no registration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _margins_compare
from pystata_hlm.commands._estimation import equation_matrix, label_lookup, square_matrix
from pystata_hlm.commands._margins import Derivative, MarginTerm, Over, Predictor, Request, compute
from pystata_hlm.commands._margins_at import AtReader, covariate, not_a_covariate
from pystata_hlm.commands._margins_design import Averages, Estimability, Sample
from pystata_hlm.commands._margins_expression import general as expression_general
from pystata_hlm.commands._margins_general import General, of_index
from pystata_hlm.commands._margins_general import estimates as general_estimates
from pystata_hlm.commands._margins_layout import Display, Result, items, title_of
from pystata_hlm.commands._margins_stored import compared, stored_results
from pystata_hlm.design.factors import factor_values
from pystata_hlm.design.matrix import markout
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.design.terms import expand_terms, parse_operator
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.bind import check_weights, typed_options
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt, Weights

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Routine = Callable[[str | None, "Context"], "Predictor | General | list[Predictor | General]"]
KINDS = ("dydx", "eyex", "dyex", "eydx")
_DISPLAY = (
    Opt("level", 1, "level"),
    Opt("vsquish", 7),
    Opt("noatlegend", 5),
    Opt("nopvalues", 4),
    Opt("noci", 4),
)

# ---------------------------------------------------------------- predictions


@postestimation("margins", "*")
def linear(text: str | None, ctx: Context) -> Predictor:
    """predict() and predict(xb): the linear prediction of the fixed portion."""
    label = ctx.estimation.extra.get("title", "Linear prediction")
    if text is None:
        return Predictor(label)
    node = parse("options", text.replace(",", " ")) if text.strip() else ()
    lacking = (
        "pr:1",
        "fitted:3",
        "residuals:1",
        "stdp",
        "reffects:3",
        "mu",
        "e:1",
        "ystar:2",
        "equation:2",
        "outcome:1",
    )
    typed_options(node, (Opt("xb", 2),), lacking, ctx)
    return Predictor(label, expression=f"predict({text.strip()})")


# ---------------------------------------------------------------- the marginlist


def margin_terms(call: Call, recipe: DesignRecipe, ctx: Context) -> tuple[MarginTerm, ...]:
    """The marginlist; the overall margin when it is empty or with ``grand``. r(322) for what is not a factor."""
    if not call.terms:
        return (MarginTerm(),)
    out = []
    for term in expand_terms(
        ctx.data, tuple(_as_factor(t) for t in call.terms), ctx.settings.varabbrev
    ).terms:
        if term.continuous:
            raise StataError(
                198, f"c.{term.continuous[0].name}: only factor variables and their interactions are allowed"
            )
        names = tuple(part.name for part in term.factors)
        for name in names:
            if name not in recipe.factors:
                raise StataError(322, f"factor {name} not found in list of covariates")
        levels = [
            [v for v in recipe.factors[p.name].levels if p.levels is None or v in p.levels]
            for p in term.factors
        ]
        if not all(levels):
            raise StataError(198, f"invalid level of factor {names[[bool(x) for x in levels].index(False)]}")
        cells: list[tuple[int, ...]] = [()]
        for found in levels:
            cells = [(*cell, level) for cell in cells for level in found]
        out.append(MarginTerm(names, tuple(cells)))
    if call.has("grand"):
        out.append(MarginTerm())
    return tuple(out)


def _as_factor(term: nodes.VarTerm) -> nodes.VarTerm:
    """In a marginlist a bare variable is a factor. r(198) for contrast operators, which we lack."""
    if isinstance(term, nodes.FactorOp):
        if term.operator.rstrip("0123456789b") in (
            "r",
            "a",
            "ar",
            "g",
            "gw",
            "h",
            "hw",
            "j",
            "jw",
            "p",
            "pw",
            "q",
            "qw",
        ):
            raise StataError(198, f"contrast operator {term.operator}. in margins not yet supported")
        return term
    if isinstance(term, nodes.Interaction):
        _as_factor(term.left), _as_factor(term.right)
        return term
    if isinstance(term, nodes.Group):
        return nodes.Group(tuple(_as_factor(t) for t in term.terms))
    return nodes.FactorOp("i", term)


# ---------------------------------------------------------------- derivatives


def derivatives(call: Call, recipe: DesignRecipe, ctx: Context) -> tuple[str, tuple[Derivative, ...]]:
    """The kind of effect (dydx, eyex ...) and its variables; r(322) for what is no covariate."""
    given = [kind for kind in KINDS if call.has(kind)]
    if not given:
        return "dydx", ()
    if len(given) > 1:
        raise StataError(198, f"options {given[0]}() and {given[1]}() may not be combined")
    kind = given[0]
    chosen: dict[str, tuple[int, ...] | None] = {}
    for node in parse("varlist", call.opt(kind)):
        for name, levels in _effect_names(node, recipe, ctx):
            before = chosen.get(name, ())
            chosen[name] = None if levels is None or before is None else (*before, *levels)
    out: list[Derivative] = []
    for name, levels in chosen.items():
        if name not in recipe.factors:
            out.append(Derivative(name))
            continue
        if kind in ("eyex", "eydx"):
            raise StataError.option_not_supported(f"{kind}() with factor variables")
        factor = recipe.factors[name]
        base = factor.base if factor.base is not None else factor.levels[0]
        out += [
            Derivative(name, level, base)
            for level in factor.levels
            if levels is None or level in (*levels, base)
        ]
    return kind, tuple(out)


def _effect_names(
    node: nodes.VarTerm, recipe: DesignRecipe, ctx: Context
) -> list[tuple[str, tuple[int, ...] | None]]:
    variables, factors = recipe.variables, recipe.factors
    if isinstance(node, nodes.Group):
        return [pair for inner in node.terms for pair in _effect_names(inner, recipe, ctx)]
    if isinstance(node, nodes.FactorOp) and isinstance(node.target, nodes.NamePattern):
        operator = parse_operator(node.operator)
        name = covariate(node.target.text, recipe, ctx)
        if (operator.kind == "i") != (name in factors):
            raise not_a_covariate(f"{node.operator}.{name}")
        return [(name, operator.levels)]
    if not isinstance(node, (nodes.NamePattern, nodes.NameRange)):
        raise StataError.invalid_syntax()
    text = node.text if isinstance(node, nodes.NamePattern) else f"{node.first}-{node.last}"
    if text in ("*", "_all"):
        names = list(variables)
    elif len(text) > 1 and "_factor".startswith(text):
        names = [v for v in variables if v in factors]
    elif len(text) > 1 and "_continuous".startswith(text):
        names = [v for v in variables if v not in factors]
    elif any(c in text for c in "*?~-"):
        names = [v for v in ctx.data.unabbreviate(text, ctx.settings.varabbrev) if v in variables]
        if not names:
            raise not_a_covariate(text)
    else:
        names = [covariate(text, recipe, ctx)]
    return [(name, None) for name in names]


# ---------------------------------------------------------------- the sample


def sample_of(call: Call, recipe: DesignRecipe, ctx: Context) -> tuple[Sample, Over]:
    """Rows, weights and over() groups. r(322) when e(sample) is empty, r(2000) no observations."""
    mask = call.sample
    if not call.has("noesample"):
        estimated = ctx.workspace.e_sample()
        if not estimated.any():
            raise StataError(322, "e(sample) does not identify the estimation sample")
        mask = mask & estimated
    over = tuple(call.opt("over", ()))
    mask = markout(ctx.data, (*recipe.variables, *over), mask)
    weight = call.weight or (None if call.has("noweights") else estimation_weights(ctx))
    if weight is not None:
        mask = check_weights(weight, mask)
    if not mask.any():
        raise StataError.no_observations()
    rows = np.flatnonzero(mask)
    values = None if weight is None else weight.values[rows]
    codes, found = np.zeros(len(rows), dtype=np.intp), Over()
    if over:
        for name in over:
            factor_values(ctx.data, name, rows)
        groups = ctx.data.groups(list(over), mask)
        codes = groups.codes[rows].astype(np.intp)
        first = np.asarray(groups.first_rows)
        columns = [ctx.data.column(name).values()[first] for name in over]
        found = Over(over, tuple(tuple(int(c[g]) for c in columns) for g in range(len(first))))
    frequencies = weight is not None and weight.kind == "fweight"
    return Sample(rows, values, codes, max(1, len(found.values)), frequencies), found


def estimation_weights(ctx: Context) -> Weights | None:
    """The weights of the estimation: e(wtype) and e(wexp)."""
    macros = ctx.workspace.e.macros
    kind, text = macros.get("wtype"), macros.get("wexp", "").lstrip("= ")
    if not kind or not text:
        return None
    value = ctx.evaluate(parse("expr", text))
    return Weights(kind, np.array(np.broadcast_to(value.floats(), ctx.data.n), dtype=np.float64), text)


def model_vce(ctx: Context) -> str:
    """The words of ``Model VCE:``; commands that leave e(vce) unset (mixed) print no such line."""
    macros = ctx.workspace.e.macros
    kind = macros.get("vcetype") or macros.get("vce", "")
    if ctx.estimation.cmd == "mixed" and not macros.get("vcetype"):
        return ""
    return kind.upper() if kind.lower() in ("ols", "oim", "opg", "gls", "eim") else kind.capitalize()


# ---------------------------------------------------------------- the command


@dataclass(frozen=True)
class Shown:
    """What to show: the margins, or their comparisons."""

    display: Display
    tables: tuple[str, ...] = ()
    method: str = "noadjust"


def show(result: Result, shown: Shown, ctx: Context) -> None:
    label = label_lookup(ctx)
    if shown.tables:
        pairs = _margins_compare.pairs_of(result)
        found = _margins_compare.items(
            result, pairs, shown.tables, shown.method, shown.display, ctx.settings, label
        )
    else:
        found = items(result, shown.display, ctx.settings, label)
    for item in found:
        ctx.emit(item)


def replay(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Posted margins again."""
    result: Result = estimation.extra["margins"]
    show(result, estimation.extra["shown"], ctx)


@command(
    "margins",
    klass="r",
    varlist="raw",
    weights=("fweight", "aweight", "iweight", "pweight"),
    options=(
        *_DISPLAY,
        Opt("at", 2, "text", repeat=True),
        Opt("atmeans", 3),
        Opt("asbalanced", 6),
        Opt("over", 4, "varlist"),
        *(Opt(kind, 4, "text") for kind in KINDS),
        Opt("predict", 2, "text", repeat=True),
        Opt("expression", 3, "text"),
        Opt("grand", 5),
        Opt("post", 4),
        Opt("vce", 3, "text"),
        Opt("pwcompare", 2, "flagortext"),
        Opt("mcompare", 4, "text"),
        Opt("df", 2, "real"),
        Opt("noweights", 3),
        Opt("noesample", 4),
        Opt("noestimcheck", 8),
        Opt("asobserved", 5),
    ),
    unsupported=(
        "within:6",
        "subpop:6",
        "contrast:8",
        "continuous:4",
        "emptycells:5",
        "estimtolerance:6",
        "chainrule:5",
        "nochainrule:7",
        "nose",
        "force",
        "fvwrap:4",
        "fvwrapon:8",
        "nofvlabel:4",
        "cformat:2",
        "pformat:4",
        "sformat:4",
        "nolstretch",
        "coeflegend:5",
        "generate:3",
        "saving:3",
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    estimation = ctx.estimation
    if estimation.cmd == "margins":
        if call.terms or call.options:
            raise StataError(322, "margins cannot work with its own posted results")
        replay(estimation, {}, ctx)
        return None
    recipe: DesignRecipe | None = estimation.recipe
    routine: Routine | None = registry.post("margins", estimation)
    if recipe is None or routine is None:
        raise StataError(
            322, f"margins is not available after {ctx.workspace.e.macros.get('cmd', estimation.cmd)}"
        )
    if call.has("vce") and not (len(call.opt("vce")) and "delta".startswith(call.opt("vce"))):
        if call.opt("vce").startswith("uncond"):
            raise StataError.option_not_supported("vce(unconditional)")
        raise StataError(198, f"vcetype '{call.opt('vce')}' not allowed")
    predictors = predictors_of(call, routine, ctx)
    first = predictors[0]
    request, sample, averages = request_of(call, recipe, ctx)
    request = replace(request, predictions=len(predictors))
    check = (
        None
        if call.has("noestimcheck")
        else Estimability(recipe, ctx.data, np.flatnonzero(ctx.workspace.e_sample()))
    )
    plain = [p for p in predictors if isinstance(p, Predictor)]
    if len(plain) == len(predictors):
        estimates = compute(request, plain, averages, estimation.b, estimation.vcov, check)
    else:
        every = [p if isinstance(p, General) else of_index(p, ctx) for p in predictors]
        e = ctx.workspace.e
        estimates = general_estimates(
            request, every, averages, e.matrices["b"], e.matrices["V"].values, check
        )
    result = Result(
        request,
        estimates,
        title_of(request),
        sample.n,
        model_vce(ctx),
        first.expression,
        first.label,
        call.opt("df", estimation.df_r),
        call.opt("level", ctx.settings.level),
        tuple(sample.count(m.group) for m in request.margins),
        not recipe.variables and all(not isinstance(p, Predictor) or p.shift is None for p in predictors),
        tuple((p.label, p.expression) for p in predictors) if len(predictors) > 1 else (),
    )
    display = Display(
        call.has("vsquish"), call.has("noatlegend"), not call.has("nopvalues"), not call.has("noci")
    )
    comparing = call.has("pwcompare") or call.has("mcompare")
    shown = Shown(display)
    if comparing:
        tables = _margins_compare.shown_tables(call.opt("pwcompare"))
        shown = Shown(display, tables, _margins_compare.method_of(call.opt("mcompare")))
    show(result, shown, ctx)
    stored = stored_results(result, call, ctx)
    if comparing:
        stored = compared(stored, result, shown.method)
    if call.has("post"):
        post(stored, result, shown, sample, ctx)
    return stored


def predictors_of(call: Call, routine: Routine, ctx: Context) -> list[Predictor | General]:
    """One for each predict(), or that of expression(); without either the default, which may be several."""
    texts: list[str] = call.opt("predict", [])
    if call.has("expression"):
        if texts:
            raise StataError(198, "options predict() and expression() may not be combined")
        return [expression_general(call.opt("expression"), routine, ctx)]
    out: list[Predictor | General] = []
    wanted: list[str | None] = [*texts] or [None]
    for text in wanted:
        found = routine(text, ctx)
        out += found if isinstance(found, list) else [found]
    return out


def request_of(call: Call, recipe: DesignRecipe, ctx: Context) -> tuple[Request, Sample, Averages]:
    """The margins asked for, and the averages that they need."""
    terms = margin_terms(call, recipe, ctx)
    kind, effects = derivatives(call, recipe, ctx)
    for name in {d.name for d in effects}:
        if any(name in term.names for term in terms):
            raise StataError(198, f"{name} may not be both in the marginlist and in {kind}()")
    sample, over = sample_of(call, recipe, ctx)
    averages = Averages(recipe, ctx.data, sample)
    at = AtReader(recipe, averages, ctx).rows(call.opt("at", []), call.has("atmeans"), call.has("asbalanced"))
    request = Request(terms, at, over, effects, kind, recipe.variables, tuple(call.opt("at", [])))
    return request, sample, averages


def post(stored: Stored, result: Result, shown: Shown, sample: Sample, ctx: Context) -> None:
    """Margins as e(b) and e(V)."""
    mask = np.zeros(ctx.data.n, dtype=bool)
    mask[sample.rows] = True
    names = result.names
    b, vcov = result.estimates.b, result.estimates.vcov
    scalars = {k: v for k, v in stored.scalars.items() if k != "level"}
    if result.df is not None:
        scalars["df_r"] = result.df
    macros = {**stored.macros, "cmd": "margins", "properties": "b V"}
    matrices = {"b": equation_matrix(b, names), "V": square_matrix(vcov, names)}
    matrices |= {k: v for k, v in stored.matrices.items() if k in ("Jacobian", "_N", "at")}
    estimation = Estimation(
        "margins", b=b, vcov=vcov, df_r=result.df, replay=replay, extra={"margins": result, "shown": shown}
    )
    ctx.store(Stored("e", scalars, macros, matrices, estimation, mask, dict(stored.hidden)))
