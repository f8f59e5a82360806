"""areg: linear regression with a large dummy-variable set.   areg depvar [indepvars] [if] [in] [weight], absorb(varname) [vce(vcetype)]

The within regression of numeric/panel.py with the degrees of freedom of the absorbed indicators counted ([R] areg).
Errors: r(198) without absorb(), r(2000), r(2001).
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
    say_weight_sum,
    scale_weights,
    square_matrix,
)
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.commands._panels import PanelIndex, index_panels, within_design
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, ols, panel
from pystata_hlm.output.items import Cell, Header, Rule, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (Opt("level", 1, "level"), Opt("baselevels", 5), Opt("allbaselevels", 7))


@dataclass(frozen=True)
class Absorbed:
    """b (k,), V, and the figures of the heading. ``f_absorbed`` tests the absorbed indicators."""

    fit: panel.FixedEffects
    vcov: np.ndarray
    n: float
    n_groups: int
    tss: float
    df_r: float
    n_clusters: int | None
    f: float
    f_absorbed: float

    @property
    def rss(self) -> float:
        return self.fit.fit.rss

    @property
    def df_residual(self) -> float:
        """n less everything that was estimated."""
        return self.fit.df_residual

    @property
    def r2(self) -> float:
        return 1 - self.rss / self.tss if self.tss > 0 else math.nan

    @property
    def r2_a(self) -> float:
        return 1 - (1 - self.r2) * (self.n - 1) / self.df_residual

    @property
    def rmse(self) -> float:
        return self.fit.sigma_e


def compute(
    y: np.ndarray,
    x: np.ndarray,
    index: PanelIndex,
    w: np.ndarray | None,
    n: float,
    vce: Vce,
    frequencies: np.ndarray | None,
    clusters: tuple[np.ndarray, int] | None,
) -> Absorbed:
    """Within estimates with standard errors that count the absorbed indicators as parameters."""
    panels = panel.Panels.of(index.codes, w)
    fit = panel.fixed_effects(y, x, panels)
    k = fit.n_slopes
    full = n - index.n_groups - k
    if full <= 0:
        raise StataError.insufficient_observations()
    df_r, n_clusters, vcov = full, None, fit.fit.rss / full * fit.fit.xtx_inv
    if clusters is not None:
        codes, n_clusters = clusters
        vcov = ols.vcov_cluster(fit.fit, codes, n_clusters) * (fit.fit.df_residual / full)
        df_r = float(n_clusters - 1)
    elif vce.kind == "robust":
        vcov = ols.vcov_robust(fit.fit, "hc1", frequencies) * (fit.fit.df_residual / full)
    fit = replace(fit, df_residual=full, sigma_e=math.sqrt(fit.fit.rss / full))
    chi2, rank = ols.wald(fit.b[:k], vcov[:k, :k]) if k else (0.0, 0)
    mean = panels.mean(y)
    tss = float((np.ones(len(y)) if w is None else w) @ (y - mean) ** 2)
    f_absorbed = math.nan
    if vce.kind == "ols" and fit.df_absorbed:
        f_absorbed = (fit.rss_pooled - fit.fit.rss) / fit.df_absorbed / (fit.fit.rss / full)
    f = chi2 / k if k and rank == k else (0.0 if not k else math.nan)
    return Absorbed(fit, vcov, n, index.n_groups, tss, df_r, n_clusters, f, f_absorbed)


@command(
    "areg",
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("aweight", "fweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        Opt("absorb", 1, "varlist"),
        Opt("robust", 1),
        Opt("cluster", 2, "varname"),
        Opt("vce", 3, "text"),
    ),
    unsupported=("coeflegend", "cformat", "pformat", "sformat", "noabsorb"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    absorb: tuple[str, ...] = call.opt("absorb", ())
    if not absorb:
        raise StataError(198, "option absorb() required")
    if len(absorb) > 1:
        raise StataError(198, "several variables in absorb() not yet supported")
    depvar, terms = dependent(call.terms, ctx)
    pweights = call.weight is not None and call.weight.kind == "pweight"
    robust = call.has("robust") or (pweights and not call.has("vce") and not call.has("cluster"))
    vce = parse_vce(call.opt("vce"), robust, call.opt("cluster"), "ols", ("ols", "robust", "cluster"), ctx)
    sample = mark_complete((*absorb, *((vce.cluster,) if vce.cluster else ())), call.sample, ctx)
    found, rows = design_of(terms, sample, ctx, (depvar,))
    index = index_panels(absorb[0], rows, ctx)
    w, n_obs, frequencies = scale_weights(call.weight, rows)
    say_weight_sum(call.weight, rows, ctx)
    found = within_design(found, panel.Panels.of(index.codes, w))
    for note in found.notes:
        ctx.emit(Text(note.text(ctx.settings.release)))
    clusters = cluster_codes(vce.cluster, rows, ctx) if vce.cluster else None
    y = ctx.data.values(depvar)[rows]
    fitted = compute(y, found.x, index, w, n_obs, vce, frequencies, clusters)
    stored = _stored(call, depvar, found.recipe, fitted, vce, index, rows)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)
    return None


def _stored(
    call: Call, depvar: str, recipe: Any, a: Absorbed, vce: Vce, index: PanelIndex, rows: np.ndarray
) -> Stored:
    k = a.fit.n_slopes
    scalars = {
        "N": a.n,
        "k_absorb": float(a.n_groups),
        "tss": a.tss,
        "mss": a.tss - a.rss,
        "rss": a.rss,
        "r2": a.r2,
        "r2_a": a.r2_a,
        "df_m": float(k),
        "df_r": a.df_r,
        "df_a": float(a.fit.df_absorbed),
        "F": a.f,
        "p": float(dist.Ftail(k, a.df_r, a.f)) if k and math.isfinite(a.f) else math.nan,
        "rmse": a.rmse,
        "ll": ols.normal_loglik(a.rss, a.n),
        "ll_0": ols.normal_loglik(a.tss, a.n),
        "rank": float(k + 1),
    }
    macros = {
        "cmd": "areg",
        "cmdline": call.line,
        "depvar": depvar,
        "title": "Linear regression, absorbing indicators",
        "absvar": index.name,
        "vce": vce.kind,
        "properties": "b V",
        "predict": "areg_p",
        "footnote": "areg_footnote",
        "marginsok": "XB default",
    }
    if math.isfinite(a.f_absorbed):
        scalars |= {
            "F_absorb": a.f_absorbed,
            "p_absorb": float(dist.Ftail(a.fit.df_absorbed, a.df_r, a.f_absorbed)),
        }
    if vce.kind != "ols":
        macros["vcetype"] = "Robust"
    if a.n_clusters is not None:
        scalars["N_clust"] = float(a.n_clusters)
        macros["clustvar"] = vce.cluster
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    b, wide = recipe.widen(a.fit.b), recipe.widen(a.vcov)
    extra = {"title": "Linear prediction", "panels": index}
    estimation = Estimation("areg", depvar, recipe, b, wide, df_r=a.df_r, replay=show, extra=extra)
    matrices = {"b": equation_matrix(b, recipe.names), "V": square_matrix(wide, recipe.names)}
    return Stored("e", scalars, macros, matrices, estimation, rows)


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading, table, and the F test of the absorbed indicators (also the replay)."""
    e, settings = ctx.workspace.e, ctx.settings
    s = e.scalars
    old = settings.release <= 15
    pairs = (
        ("Number of obs", Cell(s["N"], "%12.0fc")),
        *(() if old else (("No. of categories", Cell(s["k_absorb"], "%12.0fc")),)),
        (f"F({s['df_m']:.0f},{'' if old else ' '}{s['df_r']:.0f})", Cell(s["F"], "%9.2f")),
        ("Prob > F", Cell(s["p"], "%6.4f")),
        ("R-squared", Cell(s["r2"], "%6.4f")),
        ("Adj R-squared", Cell(s["r2_a"], "%6.4f")),
        ("Root MSE", Cell(s["rmse"], "%9.4f")),
    )
    second = "" if old else f"Absorbed variable: {e.macros['absvar']}"
    left = (e.macros["title"], second, *("",) * (len(pairs) - 2))
    ctx.say()
    ctx.emit(Header(left, pairs, compact=settings.compact_header))
    robust = e.macros["vce"] != "ols"
    c = coefficients(
        estimation.recipe,
        estimation.b,
        estimation.vcov,
        ctx,
        df=estimation.df_r,
        level=options.get("level", settings.level),
        depvar=estimation.depvar,
        heads=_coeftable.Heads(se_over="Robust" if robust else ""),
    )
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    table = _coeftable.table(c, settings, label_lookup(ctx))
    ctx.say()
    if "clustvar" in e.macros:
        ctx.emit(cluster_note(int(s["N_clust"]), e.macros["clustvar"], settings, table_width(table)))
    if old:
        name, categories = e.macros["absvar"], f"({s['k_absorb']:.0f} categories)"
        text = f"{name:>12} |   absorbed{categories:>54}"
        if "F_absorb" in s:
            test = f"F({s['df_a']:.0f}, {s['df_r']:.0f}) ="
            value = format_number(s["F_absorb"], "%10.3f").strip()
            text = f"{name:>12} | {test:>19} {value:>10}   {s['p_absorb']:.3f}{categories:>27}"
        ctx.emit(replace(table, body=(*table.body, Rule()), bottom=False))
        ctx.say(text)
        return
    ctx.emit(table)
    if "F_absorb" in s:
        value = format_number(s["F_absorb"], "%10.3f").strip()
        line = f"F test of absorbed indicators: F({s['df_a']:.0f}, {s['df_r']:.0f}) = {value}"
        ctx.say(line + f"Prob > F = {s['p_absorb']:.3f}".rjust(78 - len(line)))


# ---------------------------------------------------------------- predict

_STATISTICS = (
    Opt("xb"), Opt("stdp"), Opt("d"), Opt("xbd"), Opt("dresiduals", 2), Opt("residuals", 1),
)  # fmt: skip
_LABELS = {
    "xb": "Linear prediction",
    "stdp": "S.E. of the prediction",
    "xbd": "Linear prediction (xb + d)",
    "dresiduals": "Residuals (d + e)",
    "residuals": "Residuals",
}


@postestimation("predict", "areg")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after areg: xb stdp d xbd dresiduals residuals; d is the effect of the absorbed category."""
    statistic, _ = choose(request, ctx, _STATISTICS, (), ("scores:2",))
    name = request.names(1)[0]
    if statistic is None:
        ctx.say("(option xb assumed; fitted values)")
        statistic = "xb"
    estimation, data, e = ctx.estimation, ctx.data, ctx.workspace.e
    xb = np.asarray(estimation.recipe.linear(data, estimation.b), dtype=float)
    label = _LABELS.get(statistic, f"d[{e.macros['absvar']}]")
    if statistic == "xb":
        return [(name, Prediction(xb, label))]
    if statistic == "stdp":
        x = estimation.recipe.evaluate(data)
        kept = estimation.recipe.kept
        v = estimation.vcov[np.ix_(kept, kept)]
        return [(name, Prediction(np.sqrt(np.einsum("ij,jk,ik->i", x, v, x)), label))]
    combined = data.values(estimation.depvar) - xb
    if statistic == "dresiduals":
        return [(name, Prediction(combined, label))]
    inside = ctx.workspace.e_sample()
    d = np.full(data.n, np.nan)
    if inside.any():
        index = index_panels(e.macros["absvar"], inside, ctx)
        sums = np.bincount(index.codes, weights=combined[inside], minlength=index.n_groups)
        d[inside] = (sums / index.sizes)[index.codes]
    values = {"d": d, "xbd": xb + d, "residuals": combined - d}[statistic]
    return [(name, Prediction(values, label))]
