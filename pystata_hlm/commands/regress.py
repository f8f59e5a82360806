"""regress: linear regression.   regress depvar [indepvars] [if] [in] [weight] [, noconstant level(#) beta vce(vcetype)]"""

from __future__ import annotations

import math
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
    say_weight_sum,
    scale_weights,
    square_matrix,
)
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist, ols
from pystata_hlm.output.items import Cell, Col, Header, Row, Rule, Side, Table, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    Opt("level", 1, "level"),
    Opt("beta", 1),
    Opt("noheader", 4),
    Opt("notable", 5),
    Opt("baselevels", 5),
    Opt("allbaselevels", 7),
)


def covariance(
    fit: ols.OlsFit, vce: Vce, rows: np.ndarray, frequencies: np.ndarray | None, ctx: Context
) -> tuple[np.ndarray, float, int | None]:
    """V, the denominator degrees of freedom, and the number of clusters."""
    if vce.kind == "cluster":
        codes, n = cluster_codes(vce.cluster, rows, ctx)
        return ols.vcov_cluster(fit, codes, n), float(n - 1), n
    if vce.kind == "ols":
        return fit.vcov, fit.df_residual, None
    kind = "hc1" if vce.kind == "robust" else vce.kind
    return ols.vcov_robust(fit, kind, frequencies), fit.df_residual, None


# ---------------------------------------------------------------- output


def anova_side(e: Stored, ctx: Context) -> Side:
    """The analysis-of-variance table with the summary statistics beside it."""
    s = e.scalars
    df_m, df_r = s["df_m"], s["df_r"]
    total_df = df_m + df_r

    def row(name: str, ss: float, df: float) -> Row:
        ms = ss / df if df > 0 else math.nan
        return Row(name, (Cell(ss, "%11.0g"), Cell(df, "%10.0gc"), Cell(ms, "%11.0g")))

    table = Table(
        "Source",
        12,
        (Col("SS", 12), Col("df", 10), Col("MS", 12)),
        (
            row("Model", s["mss"], df_m),
            row("Residual", s["rss"], df_r),
            Rule(),
            row("Total", s["mss"] + s["rss"], total_df),
        ),
        head_text=("       SS           df       MS     ",),
        name="anova",
    )
    return Side(table, _summary(e))


def _summary(e: Stored) -> tuple[tuple[str, Cell], ...]:
    s = e.scalars
    p = (
        float(dist.Ftail(s["df_m"], s["df_r"], s["F"]))
        if s["df_m"] > 0 and not math.isnan(s["F"])
        else math.nan
    )
    return (
        ("Number of obs", Cell(s["N"], "%12.0fc")),
        (f"F({s['df_m']:.0f}, {s['df_r']:.0f})", Cell(s["F"], "%9.2f")),
        ("Prob > F", Cell(p, "%6.4f")),
        ("R-squared", Cell(s["r2"], "%6.4f")),
        ("Adj R-squared", Cell(s["r2_a"], "%6.4f")),
        ("Root MSE", Cell(s["rmse"], "%9.0g" if s["rmse"] < 1e-3 else "%9.5g")),
    )


def robust_header(e: Stored) -> Header:
    pairs = tuple(pair for pair in _summary(e) if pair[0] != "Adj R-squared")
    return Header((e.macros["title"], *("",) * (len(pairs) - 1)), pairs, compact=False)


def bootstrap_header(e: Stored, ctx: Context) -> Header:
    """After ``bootstrap:`` and ``jackknife:``: replications, and a Wald test as chi2 or F."""
    s = e.scalars
    tests: tuple[tuple[str, Cell], ...] = (
        (f"Wald chi2({s['df_m']:.0f})", Cell(s.get("chi2", math.nan), "%9.2f")),
        ("Prob > chi2", Cell(s["p"], "%6.4f")),
    )
    if "F" in s:
        tests = (
            (f"F({s['df_m']:.0f}, {s['df_r']:.0f})", Cell(s["F"], "%9.2f")),
            ("Prob > F", Cell(s["p"], "%6.4f")),
        )
    pairs = (
        ("Number of obs", Cell(s["N"], "%12.0fc")),
        ("Replications", Cell(s["N_reps"], "%12.0fc")),
        *tests,
        ("R-squared", Cell(s["r2"], "%6.4f")),
        ("Adj R-squared", Cell(s["r2_a"], "%6.4f")),
        ("Root MSE", Cell(s["rmse"], "%9.5g")),
    )
    return Header((e.macros["title"], *("",) * 6), pairs, compact=ctx.settings.compact_header)


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading and coefficient table from e() (also the replay)."""
    e = ctx.workspace.e
    level = options.get("level", ctx.settings.level)
    robust = e.macros["vce"] != "ols"
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        ctx.say()
        ctx.emit(bootstrap_header(e, ctx) if override else robust_header(e) if robust else anova_side(e, ctx))
    if "notable" in options:
        return
    if override:
        heads = override["heads"]
    else:
        kinds = {"hc2": "Robust HC2", "hc3": "Robust HC3"}
        heads = _coeftable.Heads(se_over=kinds.get(e.macros["vce"], "Robust") if robust else "")
    extra = None
    if "beta" in options:
        extra = ("Beta", estimation.extra["beta"])
    c = coefficients(
        estimation.recipe,
        estimation.b,
        estimation.vcov,
        ctx,
        df=estimation.df_r,
        level=level,
        depvar=estimation.depvar,
        heads=heads,
        extra=extra,
    )
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    table = _coeftable.table(c, ctx.settings, label_lookup(ctx))
    ctx.say()
    if override:
        if override["note"]:
            ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif e.macros.get("clustvar"):
        word = "Std. err." if ctx.settings.new_headings else "Std. Err."
        note = f"({word} adjusted for {e.scalars['N_clust']:,.0f} clusters in {e.macros['clustvar']})"
        ctx.emit(Text(note.rjust(table_width(table))))
    ctx.emit(table)


# ---------------------------------------------------------------- the command


@command(
    "regress",
    min=3,
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("aweight", "fweight", "pweight", "iweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        Opt("noconstant", 5),
        Opt("robust", 1),
        Opt("cluster", 2, "varname"),
        Opt("vce", 3, "text"),
    ),
    unsupported=(
        "hascons",
        "tsscons",
        "eform",
        "plus",
        "depname",
        "mse1",
        "coeflegend",
        "cformat",
        "pformat",
        "sformat",
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    depvar, terms = dependent(call.terms, ctx)
    pweights = call.weight is not None and call.weight.kind == "pweight"
    vce = parse_vce(
        call.opt("vce"),
        call.has("robust") or (pweights and not call.has("vce") and not call.has("cluster")),
        call.opt("cluster"),
        "ols",
        ("ols", "robust", "cluster", "hc2", "hc3"),
        ctx,
    )
    sample = mark_complete((vce.cluster,), call.sample, ctx) if vce.cluster else call.sample
    constant = not call.has("noconstant")
    found, rows = design_of(terms, sample, ctx, (depvar,), constant)
    y = ctx.data.values(depvar)[rows]
    w, n_obs, frequencies = scale_weights(call.weight, rows)
    if n_obs < 2:
        raise StataError.insufficient_observations()
    say_weight_sum(call.weight, rows, ctx)
    fit = ols.fit_ols(y, found.x, w, constant, n_obs)
    vcov, df_r, n_clusters = covariance(fit, vce, rows, frequencies, ctx)
    stored = results(call, depvar, found.recipe, fit, vce, vcov, df_r, n_clusters, rows)
    ctx.store(stored)
    assert stored.estimation is not None
    if not ctx.silent:
        show(stored.estimation, call.options, ctx)
    return None


def results(
    call: Call,
    depvar: str,
    recipe: Any,
    fit: ols.OlsFit,
    vce: Vce,
    vcov: np.ndarray,
    df_r: float,
    n_clusters: int | None,
    rows: np.ndarray,
) -> Stored:
    """e() of regress."""
    slopes = slice(0, fit.df_model)
    df_m = fit.df_model
    if vce.kind == "ols":
        f = (
            fit.mss / fit.df_model / fit.sigma2
            if fit.df_model and fit.sigma2 > 0
            else (0.0 if not fit.df_model else math.nan)
        )
    else:
        chi2, rank = ols.wald(fit.b[slopes], vcov[slopes, slopes])
        f = chi2 / fit.df_model if rank == fit.df_model and fit.df_model else math.nan
        whole = ols.wald(fit.b, vcov)[1]
        if whole < fit.k:  # fewer clusters than coefficients: no joint test of all slopes
            f, df_m = math.nan, max(whole - int(fit.constant), 0)
    scalars = {
        "N": fit.n_obs,
        "df_m": float(df_m),
        "df_r": df_r,
        "F": f,
        "r2": fit.r2 if fit.tss > 0 else math.nan,
        "rmse": math.sqrt(fit.sigma2) if fit.sigma2 >= 0 else math.nan,
        "mss": fit.mss,
        "rss": fit.rss,
        "r2_a": fit.r2_adjusted,
        "ll": fit.loglik,
        "ll_0": fit.loglik_null,
        "rank": float(fit.k),
    }
    macros = {
        "cmdline": call.line,
        "title": "Linear regression",
        "marginsok": "XB default",
        "vce": vce.kind,
        "depvar": depvar,
        "cmd": "regress",
        "properties": "b V",
        "predict": "regres_p",
        "model": "ols",
        "estat_cmd": "regress_estat",
    }
    if vce.kind != "ols":
        macros["vcetype"] = "Robust"
    if n_clusters is not None:
        scalars["N_clust"] = float(n_clusters)
        macros["clustvar"] = vce.cluster
    if call.weight is not None:
        macros["wtype"] = call.weight.kind
        macros["wexp"] = f"= {call.weight.exp}"
    b, wide = recipe.widen(fit.b), recipe.widen(vcov)
    beta = standardized(fit, recipe)
    estimation = Estimation(
        "regress",
        depvar,
        recipe,
        b,
        wide,
        df_r=df_r,
        fit=fit,
        replay=show,
        extra={"beta": beta, "title": "Linear prediction"},
    )
    return Stored(
        "e",
        scalars,
        macros,
        {"b": equation_matrix(b, recipe.names), "V": square_matrix(wide, recipe.names)},
        estimation,
        rows,
    )


def standardized(fit: ols.OlsFit, recipe: Any) -> np.ndarray:
    """Coefficients of standardized variables, as wide as e(b); missing for the constant."""
    spread = np.sqrt(np.maximum(np.diag(_centred(fit)), 0))
    beta = np.asarray(recipe.widen(fit.b * spread / math.sqrt(fit.tss) if fit.tss > 0 else fit.b * math.nan))
    if fit.constant:
        beta[-1] = math.nan
    return beta


def _centred(fit: ols.OlsFit) -> np.ndarray:
    """Cross-products of the regressors about their means (about 0 without a constant)."""
    w = np.ones(len(fit.y)) if fit.w is None else fit.w
    x = fit.x - (w @ fit.x) / w.sum() if fit.constant else fit.x
    return np.asarray((x * w[:, None]).T @ x)


# ---------------------------------------------------------------- after regress


_STATISTICS = tuple(
    Opt(name, shortest)
    for name, shortest in (
        ("xb", 2),
        ("residuals", 1),
        ("stdp", 4),
        ("stdf", 4),
        ("stdr", 4),
        ("rstandard", 4),
        ("rstudent", 4),
        ("leverage", 1),
        ("hat", 3),
        ("cooksd", 1),
        ("dfits", 2),
    )
)
_LABELS = {
    "xb": "Linear prediction",
    "residuals": "Residuals",
    "stdp": "S.E. of the prediction",
    "stdf": "S.E. of the forecast",
    "stdr": "S.E. of the residual",
    "rstandard": "Standardized residuals",
    "rstudent": "Studentized residuals",
    "leverage": "Leverage",
    "hat": "Leverage",
    "cooksd": "Cook's D",
    "dfits": "Dfits",
}
_IN_SAMPLE = ("rstandard", "rstudent", "leverage", "hat", "cooksd", "dfits", "stdr")


@postestimation("predict", "regress")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after regress: xb residuals stdp stdf stdr rstandard rstudent leverage cooksd dfits."""
    statistic, _ = choose(
        request, ctx, _STATISTICS, (), ("dfbeta", "welsch", "covratio", "pr", "e", "ystar", "scores")
    )
    if statistic in (*_IN_SAMPLE, "stdf") and ctx.workspace.e.macros.get("vce", "ols") != "ols":
        raise StataError(198, f"option {statistic} not allowed after robust estimation")
    if statistic is None:
        statistic = "xb"
        ctx.say("(option xb assumed; fitted values)")
    name = request.names(1)[0]
    estimation = ctx.estimation
    values = diagnostics(estimation, statistic, ctx)
    if statistic in _IN_SAMPLE:
        values = np.where(ctx.workspace.e_sample(), values, np.nan)
        label = _LABELS[statistic]
    else:
        label = _LABELS[statistic] if statistic != "xb" else "Fitted values"
    return [(name, Prediction(values, label))]


def diagnostics(estimation: Estimation, statistic: str, ctx: Context) -> np.ndarray:
    """One statistic for every observation."""
    data, recipe, fit = ctx.data, estimation.recipe, estimation.fit
    if statistic == "xb":
        return np.asarray(recipe.linear(data, estimation.b), dtype=float)
    y = data.values(estimation.depvar)
    x = recipe.evaluate(data)
    e = y - x @ fit.b
    if statistic == "residuals":
        return np.asarray(e)
    h = np.einsum("ij,jk,ik->i", x, fit.xtx_inv, x)
    s2 = fit.sigma2
    if statistic in ("leverage", "hat"):
        return np.asarray(h)
    if statistic == "stdp":
        kept = recipe.kept
        v = estimation.vcov[np.ix_(kept, kept)]
        return np.sqrt(np.einsum("ij,jk,ik->i", x, v, x))
    if statistic == "stdf":
        return np.sqrt(s2 * (1 + h))
    if statistic == "stdr":
        return np.sqrt(s2 * (1 - h))
    standard = e / np.sqrt(s2 * (1 - h))
    if statistic == "rstandard":
        return np.asarray(standard)
    if statistic == "cooksd":
        return np.asarray(standard**2 * h / (1 - h) / fit.k)
    n, k = fit.n_obs, fit.k
    student = standard * np.sqrt((n - k - 1) / (n - k - standard**2))
    if statistic == "rstudent":
        return np.asarray(student)
    return np.asarray(student * np.sqrt(h / (1 - h)))
