"""What the generalised mixed commands show after the log, from e(); also their replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands import _glmm_layout as layout
from pystata_hlm.commands._estimation import coefficients, label_lookup
from pystata_hlm.commands._mixed_layout import (
    GroupInfo,
    Section,
    cluster_note,
    component,
    random_effects_table,
)
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Table, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.results import Estimation, Stored

if TYPE_CHECKING:
    from pystata_hlm.commands._glmm_model import GlmmModel
    from pystata_hlm.runtime.context import Context

FAMILY_TITLES = {"nbinomial": "Negative binomial"}


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    e = ctx.workspace.e
    model: GlmmModel = estimation.extra["model"]
    level = options.get("level", ctx.settings.level)
    if "noheader" not in options:
        for item in layout.heading(heading_of(estimation, e, options), ctx.settings):
            ctx.emit(item)
    if "notable" in options:
        return
    eform = eform_of(options, model)
    heads = heads_of(estimation, model, eform)
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
    offset = offset_row(model)
    free = () if model.legacy else free_blocks(estimation, e, level)
    table = layout.parameter_table(c, free, offset, ctx.settings, label_lookup(ctx))
    note(estimation, model, table, ctx)
    if model.legacy:
        if "nofetable" not in options:
            ctx.emit(table)
        if "noretable" not in options:
            sd = "stddeviations" in options or (model.sd_default and "variance" not in options)
            ctx.say()
            ctx.emit(
                random_effects_table(sections(estimation, e, level, sd), ctx.settings, level, heads.se_over)
            )
    else:
        ctx.emit(table)
    if eform and "_cons" in estimation.recipe.names and model.outcome.eform != "exp(b)":
        what = {"Odds ratio": "baseline odds", "IRR": "baseline incidence rate"}[model.outcome.eform]
        if ctx.settings.release >= 15 and not model.legacy:
            ctx.say(
                f"Note: Estimates are transformed only in the first equation to {plural(model)}.\n"
                f"Note: _cons estimates {what} (conditional on zero random effects)."
            )
    if "chi2_c" in e.scalars and "nolrtest" not in options:
        for item in layout.lr_line(
            model.outcome.model, e.scalars["chi2_c"], int(e.scalars["df_c"]), e.scalars["p_c"]
        ):
            ctx.emit(item)


def plural(model: GlmmModel) -> str:
    return {"Odds ratio": "odds ratios", "IRR": "incidence-rate ratios"}[model.outcome.eform]


def eform_of(options: dict[str, Any], model: GlmmModel) -> bool:
    """Whether coefficients are exponentiated; r(198) where the option does not go with the family."""
    for name, needed in (("or", "Odds ratio"), ("irr", "IRR")):
        if name in options:
            if model.outcome.eform != needed:
                raise StataError(198, f"option {name} not allowed")
            return True
    return "eform" in options


def heads_of(estimation: Estimation, model: GlmmModel, eform: bool) -> _coeftable.Heads:
    override = estimation.extra.get("bootstrap")
    if override:
        heads: _coeftable.Heads = override["heads"]
    else:
        heads = _coeftable.Heads(se_over="Robust" if model.vce.kind != "oim" else "")
    return replace(heads, b=model.outcome.eform) if eform else heads


def note(estimation: Estimation, model: GlmmModel, table: Table, ctx: Context) -> None:
    """``(Std. err. adjusted for 60 clusters in district)`` above the table."""
    override = estimation.extra.get("bootstrap")
    if override:
        if override["note"]:
            ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif model.n_clusters is not None:
        ctx.emit(cluster_note(model.n_clusters, model.vce.cluster, ctx.settings, table_width(table)))


def offset_row(model: GlmmModel) -> tuple[str, str] | None:
    if model.exposure:
        return f"ln({model.exposure})", "exposure"
    return (model.offset, "offset") if model.offset else None


def heading_of(estimation: Estimation, e: Stored, options: dict[str, Any]) -> layout.Heading:
    model: GlmmModel = estimation.extra["model"]
    fit = estimation.fit
    groups = tuple(
        GroupInfo(plan.name, level.n_groups, int(sizes[0]), sizes[1], int(sizes[2]))
        for plan, level, sizes in zip(model.levels, fit.problem.levels, model.sizes, strict=True)
    )
    outcome = model.outcome
    notes: tuple[str, ...] = ()
    if model.show_family:
        family = FAMILY_TITLES.get(outcome.family, outcome.family.capitalize())
        notes += (f"Family: {family}", f"Link:   {outcome.link.capitalize()}")
    if outcome.family == "nbinomial":
        notes += (f"Overdispersion: {'constant' if outcome.constant else 'mean'}",)
    if outcome.family == "binomial":
        is_number = outcome.trials.replace(".", "").isdigit()
        notes += (f"{'Binomial trials' if is_number else 'Binomial variable'}: {outcome.trials}",)
    what = "pseudolikelihood" if model.vce.kind != "oim" else "likelihood"
    return layout.Heading(
        e.macros["title"],
        e.scalars["N"],
        () if "nogroup" in options else groups,
        notes,
        model.method,
        model.points,
        f"Log {what}",
        fit.loglik,
        e.scalars["chi2"],
        int(e.scalars["df_m"]),
        e.scalars["p"],
        model.legacy,
    )


# ---------------------------------------------------------------- free parameters


def free_blocks(estimation: Estimation, e: Stored, level: float) -> tuple[layout.FreeBlock, ...]:
    """Cutpoints, dispersion, then for each level its variances and, set off, its covariances."""
    model: GlmmModel = estimation.extra["model"]
    b, v = e.matrices["b"], e.matrices["V"]
    ses = np.sqrt(np.maximum(np.diag(v.values), 0.0))
    first = len(estimation.recipe)
    rows: dict[str, layout.FreeRow] = {}
    for k in range(first, len(b.cols)):
        name = b.cols[k].rpartition(":")[2]
        kind = "var" if name.startswith("var(") else "coef"
        shown = name if kind == "var" else f"/{name}"
        rows[name] = layout.FreeRow(
            shown, component(shown, kind, float(b.values[0, k]), float(ses[k]), level)
        )
    blocks = []
    aux = [rows[name] for name in model.aux_names if name in rows]
    gaussian = model.outcome.family == "gaussian"
    if aux and not gaussian:
        blocks.append(layout.FreeBlock("", tuple(aux)))
    names = iter(model.natural_names())
    from pystata_hlm.commands._glmm_model import reported

    for k, plan in enumerate(model.levels):
        variances, covariances = [], []
        for part in plan.parts:
            for i, j in reported(len(part.effects), part.structure):
                name = next(names)
                row = rows[name]
                bare = name.replace(f"[{model.path(k)}]", "")
                if i == j:
                    variances.append(replace(row, label=short_label(bare, part.structure, part.effects)))
                else:
                    label = short_label(bare, part.structure, part.effects)
                    plain = component(label, "cov", row.component.estimate, row.component.se, level)
                    covariances.append(layout.FreeRow(label, plain, tested=True))
        blocks.append(layout.FreeBlock(model.path(k), tuple(variances)))
        if covariances:
            blocks.append(layout.FreeBlock(model.path(k), tuple(covariances)))
    if gaussian:
        blocks.append(layout.FreeBlock("", tuple(replace(row, label=row.label.lstrip("/")) for row in aux)))
    return tuple(blocks)


def short_label(bare: str, structure: str, effects: tuple[str, ...]) -> str:
    """Shared variances list their effects: ``var(x _cons)``."""
    if structure in ("identity", "exchangeable") and len(effects) > 1:
        return f"{bare[:3]}({' '.join(effects)})"
    return bare


# ---------------------------------------------------------------- the older names' table


def sections(estimation: Estimation, e: Stored, level: float, sd: bool) -> tuple[Section, ...]:
    """Random effects as variances and covariances, or standard deviations and correlations."""
    from pystata_hlm.commands._glmm_model import reported

    model: GlmmModel = estimation.extra["model"]
    fit = estimation.fit
    values, ses = natural_scale(estimation, e, sd)
    out, k = [], 0
    for plan in model.levels:
        for part in plan.parts:
            rows = []
            for i, j in reported(len(part.effects), part.structure):
                kind = ("sd" if sd else "var") if i == j else ("corr" if sd else "cov")
                shared = part.structure in ("identity", "exchangeable") and len(part.effects) > 1
                inside = " ".join(part.effects) if shared else part.effects[j]
                label = f"{kind}({inside if i == j or shared else f'{inside},{part.effects[i]}'})"
                at = fit.problem.p + k
                rows.append(component(label, kind, values[k], ses[k], level, bool(fit.boundary[at])))
                k += 1
            out.append(Section((f"{plan.name}: {part.structure.capitalize()}",), tuple(rows)))
    return tuple(out)


def natural_scale(estimation: Estimation, e: Stored, sd: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard errors of the random part by the delta method from the engine's covariance."""
    fit, v = estimation.fit, estimation.extra["engine_vcov"]
    p, stop = fit.problem.p, fit.problem.n_index
    inside = v[p:stop, p:stop]
    if not sd:
        return fit.theta[p:stop], np.sqrt(np.maximum(np.diag(inside), 0.0))
    from pystata_hlm.commands._glmm_results import legacy_metric

    values, jacobian = fit.theta.copy(), np.eye(fit.problem.size)
    names = legacy_metric(fit, estimation.extra["model"], values, jacobian)
    metric, slope = values[p:stop], jacobian[p:stop, p:stop]
    atanh = np.array([name.startswith("atr") for name in names])
    shown = np.where(atanh, np.tanh(metric), np.exp(np.where(atanh, 0.0, metric)))
    slope = slope * np.where(atanh, 1 - shown**2, shown)[:, None]
    ses = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, inside, slope), 0.0))
    return shown, ses
