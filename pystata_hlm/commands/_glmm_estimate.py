"""From a bound ``melogit`` (meprobit, mepoisson ...) line to e(): sample, design, fit, log, results, output."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _glmm_layout as layout
from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    dependent,
    design_of,
    mark_complete,
    parse_vce,
)
from pystata_hlm.commands._glmm_model import (
    GlmmModel,
    Outcome,
    dispersion,
    family_of,
    outcome_of,
    trials_variable,
)
from pystata_hlm.commands._glmm_results import results
from pystata_hlm.commands._glmm_show import show
from pystata_hlm.commands._mixed_model import (
    ALL,
    GroupKeys,
    LevelPlan,
    effect_columns,
    group_codes,
    plan_levels,
    settle,
)
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import glm, glmm
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

DISPLAY = (
    Opt("level", 1, "level"),
    Opt("notable", 5),
    Opt("noheader", 4),
    Opt("nogroup", 5),
    Opt("nolrtest", 4),
    Opt("baselevels", 5),
    Opt("allbaselevels", 7),
)
OR = (Opt("or", 2),)
IRR = (Opt("irr", 2),)
EFORM = (Opt("eform", 2),)
LEGACY = (Opt("laplace", 3),)
LEGACY_DISPLAY = (
    Opt("variance", 3),
    Opt("stddeviations", 3),
    Opt("noretable", 5),
    Opt("nofetable", 5),
)
"""Options of meqrlogit, meqrpoisson, xtmelogit and xtmepoisson."""
MAXIMIZE = (
    Opt("nolog", 5),
    Opt("log", 3),
    Opt("iterate", 4, "int"),
    Opt("tolerance", 3, "real"),
    Opt("ltolerance", 4, "real"),
    Opt("nrtolerance", 4, "real"),
    Opt("difficult", 3),
)
MODEL = (
    Opt("noconstant", 5),
    Opt("offset", 3, "varname"),
    Opt("vce", 3, "text"),
    Opt("robust", 1),
    Opt("cluster", 2, "varname"),
    Opt("intmethod", 4, "name"),
    Opt("intpoints", 4, "numlist"),
    Opt("startvalues", 9, "text"),
    *MAXIMIZE,
)
UNSUPPORTED = (
    "constraints:5",
    "collinear:3",
    "asis",
    "covariance:3",
    "nocnsreport:4",
    "from",
    "startgrid:6",
    "noestimate:5",
    "dnumerical:4",
    "coeflegend:5",
    "technique:4",
    "trace",
    "gradient:4",
    "hessian:4",
    "showstep:5",
    "showtolerance:5",
    "nonrtolerance:6",
    "noomitted:4",
    "vsquish",
    "noemptycells",
    "cformat",
    "pformat",
    "sformat",
    "nofvlabel",
    "fvwrap",
    "fvwrapon",
    "nolstretch",
)


@dataclass(frozen=True)
class Family:
    """What distinguishes the commands: title, outcome, and ``legacy`` for the names of Stata 10 to 12."""

    command: str
    title: str
    family: str
    link: str
    legacy: bool = False
    sd_default: bool = False


def declaration(own: tuple[Opt, ...], display: tuple[Opt, ...] = ()) -> dict[str, Any]:
    """What every command of the family declares. Where there is link(), ``l`` is link and ``le`` level."""
    shown = (*DISPLAY, *display)
    if any(option.name == "link" for option in own):
        shown = (Opt("level", 2, "level"), *shown[1:])
    return {
        "klass": "e",
        "syntax": "mixed",
        "byable": "loop",
        "weights": ("fweight", "iweight", "pweight"),
        "estimation": True,
        "replay_options": tuple(o.name for o in shown),
        "options": (*shown, *own, *MODEL),
        "unsupported": UNSUPPORTED,
    }


METHODS = (("mvaghermite", 2), ("mcaghermite", 2), ("ghermite", 1), ("laplace", 3))


def method_of(call: Call) -> tuple[str, int]:
    """Integration method and number of points; ``laplace`` and intpoints(1) are the same."""
    method = "mvaghermite"
    text = call.opt("intmethod")
    if text is not None:
        found = [name for name, least in METHODS if len(text) >= least and name.startswith(text)]
        if not found and text == "pcaghermite":
            raise StataError(198, "intmethod(pcaghermite) not yet supported")
        if not found:
            raise StataError(198, f"intmethod({text}) not allowed")
        method = found[0]
    if call.has("laplace"):
        if text is not None or call.has("intpoints"):
            raise StataError(198, "option laplace may not be combined with intmethod() or intpoints()")
        method = "laplace"
    given = call.opt("intpoints")
    if given is None:
        return method, 1 if method == "laplace" else 7
    if len(set(given)) != 1:
        raise StataError(198, "intpoints() with different numbers for the levels not yet supported")
    points = given[0]
    if points != int(points) or not 1 <= points <= 195:
        raise StataError(198, "intpoints() must be an integer between 1 and 195")
    if method == "laplace" and points != 1:
        raise StataError(198, "intpoints() must be 1 with intmethod(laplace)")
    if points == 1 and method == "mvaghermite":
        method = "laplace"
    return method, int(points)


def control_of(call: Call) -> glm.Control:
    changes: dict[str, Any] = {
        name: call.opt(name)
        for name in ("iterate", "tolerance", "ltolerance", "nrtolerance")
        if call.has(name)
    }
    return replace(glm.Control(), difficult=call.has("difficult"), **changes)


def outcome_from(kind: Family, call: Call, ctx: Context) -> Outcome:
    if kind.command == "meglm":
        return outcome_of(call.opt("family"), call.opt("link"), ctx)
    found = Outcome(kind.family, kind.link)
    if call.has("binomial"):
        found = replace(found, family="binomial", trials=call.opt("binomial").strip())
    if call.has("dispersion"):
        found = replace(found, constant=dispersion(call.opt("dispersion")))
    return found


def check_start(call: Call) -> None:
    """startvalues(fixedonly) is what is done."""
    text = call.opt("startvalues")
    if text is not None and text.split(",")[0].strip() != "fixedonly":
        raise StataError(198, f"startvalues({text}) not yet supported")


def estimate(kind: Family, call: Call, ctx: Context) -> None:
    """The whole command."""
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    node: nodes.Mixed = call.node
    outcome = outcome_from(kind, call, ctx)
    for name in ("or", "irr"):
        if call.has(name) and outcome.eform != {"or": "Odds ratio", "irr": "IRR"}[name]:
            raise StataError(198, f"option {name} not allowed")
    check_start(call)
    method, points = method_of(call)
    depvar, terms = dependent(call.terms, ctx)
    levels = plan_levels(node.equations, ctx)
    check_levels(kind, levels)
    vce = parse_vce(
        call.opt("vce"),
        call.has("robust") or (call.weight is not None and call.weight.kind == "pweight"),
        call.opt("cluster"),
        "oim",
        ("oim", "robust", "cluster"),
        ctx,
    )
    offset, exposure = call.opt("offset", ""), call.opt("exposure", "")
    if offset and exposure:
        raise StataError(198, "options offset() and exposure() may not be combined")
    names = [n for plan in levels for part in plan.parts for n in part.variables]
    names += [plan.name for plan in levels if plan.name != ALL]
    names += [n for n in (vce.cluster, offset, exposure, trials_variable(outcome, ctx)) if n]
    sample = mark_complete((depvar, *names), call.sample, ctx)
    constant = not call.has("noconstant") and outcome.family != "ordinal"
    found, rows = design_of(terms, sample, ctx, (depvar,), constant)
    levels = tuple(
        replace(plan, parts=tuple(settle(part, ctx, rows) for part in plan.parts)) for plan in levels
    )
    family, categories, aux_names = family_of(outcome, depvar, rows, ctx)
    shift = offset_values(offset, exposure, rows, ctx)
    weights = np.ones(int(rows.sum())) if call.weight is None else call.weight.values[rows]
    fit = run_engine(family, found.x, levels, shift, weights, method, points, control_of(call), rows, ctx)
    n_obs = (
        float(weights.sum())
        if call.weight is not None and call.weight.kind == "fweight"
        else float(rows.sum())
    )
    frequencies = weights if call.weight is not None and call.weight.kind == "fweight" else None
    model = GlmmModel(
        kind.command,
        kind.title,
        outcome,
        levels,
        group_keys(levels, fit, rows, ctx),
        vce,
        method,
        points,
        aux_names,
        categories,
        offset=offset,
        exposure=exposure,
        legacy=kind.legacy,
        sd_default=kind.sd_default,
        show_family=kind.command == "meglm",
        n_obs=n_obs,
        sizes=tuple(group_sizes(level, fit, frequencies) for level in fit.problem.levels),
    )
    model, robust = robust_of(model, fit, rows, ctx)
    if not call.has("nolog") and ctx.settings.iterlog:
        for item in layout.iteration_log(fit, model, ctx.settings, robust is not None):
            ctx.emit(item)
    stored = results(call, depvar, found.recipe, fit, model, robust, rows)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)
    if not fit.converged:
        raise StataError(430, "convergence not achieved")


def check_levels(kind: Family, levels: tuple[LevelPlan, ...]) -> None:
    """What the engine does not do is refused by name."""
    if not levels:
        raise StataError(198, f"{kind.command} without random effects not yet supported")
    for part in (part for plan in levels for part in plan.parts):
        if part.factor:
            raise StataError(198, f"R.varname (crossed effects) in {kind.command} not yet supported")
        if part.weight is not None:
            raise StataError.option_not_supported(f"{part.weight[0]}() at higher levels")


def offset_values(offset: str, exposure: str, rows: np.ndarray, ctx: Context) -> np.ndarray:
    if offset:
        return np.asarray(ctx.data.values(offset)[rows], dtype=float)
    if not exposure:
        return np.zeros(int(rows.sum()))
    values = np.asarray(ctx.data.values(exposure)[rows], dtype=float)
    if (values <= 0).any():
        raise StataError(459, "exposure() must be greater than zero")
    return np.log(values)


def run_engine(
    family: glm.Family,
    x: np.ndarray,
    levels: tuple[LevelPlan, ...],
    offset: np.ndarray,
    weights: np.ndarray,
    method: str,
    points: int,
    control: glm.Control,
    rows: np.ndarray,
    ctx: Context,
) -> glmm.GlmmFit:
    """The engine's errors in Stata's words."""
    engine = [
        glmm.Level(
            group_codes(ctx.data, plan, rows),
            np.concatenate([effect_columns(ctx.data, part, rows) for part in plan.parts], axis=1),
            glmm.Structure.of([(len(part.effects), part.structure) for part in plan.parts]),
        )
        for plan in levels
    ]
    nodes_total = math.prod(points ** len(plan.effects) for plan in levels)
    if nodes_total * len(offset) > 4e8:
        raise StataError(
            950, f"too many quadrature points: {nodes_total:,} for each observation; use intpoints()"
        )
    try:
        return glmm.fit_glmm(
            family, x, engine, offset=offset, weights=weights, method=method, points=points, control=control
        )
    except (glmm.NoStartError, glm.NotFeasibleError):
        raise StataError(1400, "initial values not feasible") from None


def group_keys(
    levels: tuple[LevelPlan, ...], fit: glmm.GlmmFit, rows: np.ndarray, ctx: Context
) -> tuple[GroupKeys, ...]:
    order = fit.problem.order
    return tuple(
        GroupKeys.of(plan.keys, ctx.data, rows, order[level.starts])
        for plan, level in zip(levels, fit.problem.levels, strict=True)
    )


def group_sizes(level: Any, fit: glmm.GlmmFit, frequencies: np.ndarray | None) -> tuple[float, float, float]:
    sizes = (
        level.sizes if frequencies is None else np.add.reduceat(frequencies[fit.problem.order], level.starts)
    )
    return float(sizes.min()), float(sizes.mean()), float(sizes.max())


def robust_of(
    model: GlmmModel, fit: glmm.GlmmFit, rows: np.ndarray, ctx: Context
) -> tuple[GlmmModel, np.ndarray | None]:
    """Sandwich covariance over the top level's groups or over vce(cluster)'s."""
    vce = model.vce
    if vce.kind == "oim":
        return model, None
    top = fit.problem.levels[0]
    if vce.kind == "robust":
        if top.n_groups < 2:
            raise StataError.insufficient_observations()
        return replace(model, n_clusters=top.n_groups, vce=Vce("robust", model.levels[0].name)), fit.robust()
    codes, n = cluster_codes(vce.cluster, rows, ctx)
    sorted_codes = codes[fit.problem.order]
    first = sorted_codes[top.starts]
    if (first[top.row_group] != sorted_codes).any():
        raise StataError(459, "highest-level groups are not nested within " + vce.cluster)
    return replace(model, n_clusters=n), fit.robust(first)
