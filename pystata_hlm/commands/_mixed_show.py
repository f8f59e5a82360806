"""What ``mixed`` shows after its log, from e(): heading, coefficients, random effects, LR test. Also its replay."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.commands import _mixed_residuals as residuals
from pystata_hlm.commands._estimation import coefficients, label_lookup
from pystata_hlm.commands._mixed_model import LevelPlan, Model
from pystata_hlm.commands.lrtest import BOUNDARY_NOTE, wrapped
from pystata_hlm.numeric import lmm
from pystata_hlm.output.items import Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.results import Estimation, Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


LR_NOTE = "Note: LR test is conservative and provided only for reference."


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Everything ``mixed`` prints after the log; also its replay and ``estimates replay``."""
    e = ctx.workspace.e
    model: Model = estimation.extra["model"]
    level = options.get("level", ctx.settings.level)
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        settings = (
            replace(ctx.settings, release=min(ctx.settings.release, 17)) if model.legacy else ctx.settings
        )
        for item in layout.heading(heading_of(estimation, e, options), settings):
            ctx.emit(item)
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(se_over="Robust" if model.robust is not None else "")
    )
    if "nofetable" not in options:
        c = coefficients(
            estimation.recipe,
            estimation.b,
            estimation.vcov,
            ctx,
            df=override["df_r"] if override else None,
            level=level,
            depvar=estimation.depvar,
            heads=heads,
        )
        if "baselevels" in options or "allbaselevels" in options:
            c = replace(c, base="all" if "allbaselevels" in options else "factors")
        table = _coeftable.table(c, ctx.settings, label_lookup(ctx))
        ctx.say()
        if override:
            if override["note"]:
                ctx.emit(Text(override["note"].rjust(table_width(table))))
        elif model.n_clusters is not None:
            ctx.emit(
                layout.cluster_note(model.n_clusters, model.vce.cluster, ctx.settings, table_width(table))
            )
        ctx.emit(table)
    if "noretable" not in options:
        ctx.say()
        sd = "stddeviations" in options or (model.legacy and "variance" not in options)
        sections = random_sections(estimation, e, level, sd, ctx)
        ctx.emit(layout.random_effects_table(sections, ctx.settings, level, heads.se_over))
    if "chi2_c" in e.scalars and "nolrtest" not in options and "noretable" not in options:
        df = int(e.scalars["df_c"])
        chibar = df == 1 and not model.residual.by and not model.residual.correlated
        note = LR_NOTE if df > 1 else ""
        if not any(plan.effects for plan in model.levels):
            note = wrapped(BOUNDARY_NOTE, ctx.settings)  # nothing but residual parameters is tested
        for item in layout.lr_line(e.scalars["chi2_c"], df, chibar, e.scalars["p_c"], note):
            ctx.emit(item)


def heading_of(estimation: Estimation, e: Stored, options: dict[str, Any]) -> layout.Heading:
    model: Model = estimation.extra["model"]
    fitted: lmm.LmmFit = estimation.fit
    what = (
        "restricted-likelihood"
        if model.reml
        else ("pseudolikelihood" if model.robust is not None else "likelihood")
    )
    return layout.Heading(
        e.macros["title"],
        model.n,
        () if "nogroup" in options else model.groups,
        f"Log {what}",
        fitted.loglik,
        e.scalars["chi2"],
        int(e.scalars["df_m"]),
        e.scalars["p"],
    )


# ---------------------------------------------------------------- random effects


def component_names(p: lmm.Param, part: Any, sd: bool) -> str:
    """``var(female)``, ``cov(female,_cons)``; shared parameters list their variables."""
    effects = part.effects
    kinds = {"var": "sd" if sd else "var", "cov": "corr" if sd else "cov"}
    if part.structure in ("identity", "exchangeable") and len(effects) > 1:
        inside = " ".join(effects)
        if len(inside) > 20:
            inside = f"{effects[0]}..{effects[-1]}"
        return f"{kinds[p.kind]}({inside})"
    if p.kind == "var":
        return f"{kinds['var']}({effects[p.i - 1]})"
    return f"{kinds['cov']}({effects[p.i - 1]},{effects[p.j - 1]})"


def random_sections(
    estimation: Estimation, e: Stored, level: float, sd: bool, ctx: Context
) -> tuple[layout.Section, ...]:
    """The random-effects table's blocks, in natural units or as standard deviations and correlations."""
    model: Model = estimation.extra["model"]
    fitted: lmm.LmmFit = estimation.fit
    n_fixed = len(estimation.recipe)
    vcov_metric = e.matrices["V"].values[n_fixed:, n_fixed:]
    values, ses = natural_estimates(fitted, vcov_metric, sd)
    boundary = fitted.at_boundary
    out = []
    k = 0
    for depth, plan in enumerate(model.levels):
        for part in plan.parts:
            if not part.effects:
                heading = f"{plan.name}:"
                out.append(layout.Section((heading + "(empty)".rjust(layout.STUB - len(heading)),), ()))
                continue
            rows = []
            while k < len(fitted.params) and _belongs(fitted.params[k], depth, plan, part):
                p = fitted.params[k]
                kind = ("sd" if sd else "var") if p.kind == "var" else ("corr" if sd else "cov")
                label = component_names(p, part, sd)
                rows.append(layout.component(label, kind, values[k], ses[k], level, bool(boundary[k])))
                k += 1
            out.append(layout.Section((f"{plan.name}: {part.structure.capitalize()}",), tuple(rows)))
    if fitted.correlated is not None:
        out.append(residuals.section(fitted, model, values[k:], ses[k:], level, sd))
    else:
        out.append(_residual_section(model, values[k:], ses[k:], level, sd))
    return tuple(out)


def _belongs(p: lmm.Param, depth: int, plan: LevelPlan, part: Any) -> bool:
    return p.level == depth + 1 and p.equation == plan.parts.index(part) + 1


def _residual_section(
    model: Model, values: np.ndarray, ses: np.ndarray, level: float, sd: bool
) -> layout.Section:
    kind = "sd" if sd else "var"
    if not model.residual.by:
        return layout.Section((), (layout.component(f"{kind}(Residual)", kind, values[0], ses[0], level),))
    rows = tuple(
        layout.component(f"{text}: {kind}(e)", kind, value, se, level)
        for text, value, se in zip(model.strata, values, ses, strict=True)
    )
    return layout.Section(("Residual: Independent,", f"    by {model.residual.by}"), rows)


def natural_estimates(fitted: lmm.LmmFit, vcov_metric: np.ndarray, sd: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard errors in the order of ``fitted.params``: variances and covariances, or sds and
    correlations, by the delta method from the estimation metric."""
    jacobian = fitted.jacobian
    values = fitted.natural
    if sd:
        return _as_sd(fitted, vcov_metric)
    return values, delta_method(jacobian, vcov_metric)


def delta_method(jacobian: np.ndarray, vcov: np.ndarray) -> np.ndarray:
    """Standard errors; missing where they rest on a parameter without one (not identified)."""
    undefined = np.isnan(np.diag(vcov))
    known = np.where(np.isnan(vcov), 0.0, vcov)
    ses = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, known, jacobian), 0.0))
    ses[(jacobian[:, undefined] != 0).any(axis=1)] = math.nan
    return ses


def _as_sd(fitted: lmm.LmmFit, vcov_metric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations exp(lns), correlations tanh(atr); residual strata add their log ratio to lnsig_e."""
    metric = fitted.metric
    k = len(metric)
    values, jacobian = np.empty(k), np.zeros((k, k))
    first_residual = next(j for j, p in enumerate(fitted.metric_params) if p.kind == "lnsig_e")
    for j, p in enumerate(fitted.metric_params):
        if p.kind in ("atr", "r_atr"):
            values[j] = math.tanh(metric[j])
            jacobian[j, j] = 1 - values[j] ** 2
        elif p.kind in ("r_phi", "r_theta"):
            values[j], jacobian[j, j] = metric[j], 1.0
        elif p.kind == "r_logit":
            values[j] = 1 / (1 + math.exp(-metric[j]))
            jacobian[j, j] = values[j] * (1 - values[j])
        elif p.kind == "r_lns":
            values[j] = math.exp(metric[first_residual] + metric[j])
            jacobian[j, first_residual] = jacobian[j, j] = values[j]
        else:
            values[j] = math.exp(metric[j])
            jacobian[j, j] = values[j]
    return values, delta_method(jacobian, vcov_metric)
