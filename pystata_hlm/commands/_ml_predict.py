"""predict, margins and estat gof after logit, probit, cloglog, poisson, ologit and oprobit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._margins import Predictor
from pystata_hlm.commands._ml_kinds import KINDS
from pystata_hlm.commands._ml_show import category_text
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist, glm
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

BINARY = ("logit", "logistic", "probit", "cloglog")
ORDERED = ("ologit", "oprobit")

_BINARY = (Opt("pr", 2), Opt("xb", 2), Opt("stdp", 4), Opt("residuals", 1), Opt("deviance", 2))
_COUNT = (Opt("n", 1), Opt("ir", 2), Opt("xb", 2), Opt("stdp", 4))
_ORDERED = (Opt("pr", 2), Opt("xb", 2), Opt("stdp", 4))
_OTHERS = (Opt("nooffset", 3),)
_LACKING = ("score:2", "rules", "asif", "dbeta:2", "dx2:3", "ddeviance:2", "hat:1", "number:1", "rstandard:3")


def index(estimation: Estimation, ctx: Context, offset: bool = True) -> np.ndarray:
    """Linear prediction of every observation, the offset included."""
    eta = np.asarray(estimation.recipe.linear(ctx.data, estimation.b), dtype=float)
    shift = offset_values(estimation, ctx) if offset else None
    return eta if shift is None else eta + shift


def offset_values(estimation: Estimation, ctx: Context) -> np.ndarray | None:
    """The offset, or the log of the exposure, of every observation."""
    if estimation.extra["offset"]:
        return np.asarray(ctx.data.values(estimation.extra["offset"]), dtype=float)
    if estimation.extra["exposure"]:
        exposure = ctx.data.values(estimation.extra["exposure"])
        return np.asarray(np.log(np.where(exposure > 0, exposure, np.nan)))
    return None


def stdp(estimation: Estimation, ctx: Context) -> np.ndarray:
    x = estimation.recipe.evaluate(ctx.data)
    kept = estimation.recipe.kept
    v = estimation.vcov[np.ix_(kept, kept)]
    return np.sqrt(np.einsum("ij,jk,ik->i", x, v, x))


@postestimation("predict", *BINARY)
def predict_binary(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after logit and kin: pr (default) xb stdp, and after logit residuals deviance."""
    statistic, options = choose(request, ctx, _BINARY, _OTHERS, _LACKING)
    estimation = ctx.estimation
    name = request.names(1)[0]
    kind = KINDS[estimation.extra["kind"]]
    label = f"Pr({estimation.depvar})"
    if statistic is None:
        ctx.say(f"(option pr assumed; {label})")
        statistic = "pr"
    if statistic == "stdp":
        return [(name, Prediction(stdp(estimation, ctx), "S.E. of the prediction"))]
    eta = index(estimation, ctx, "nooffset" not in options)
    if statistic == "xb":
        return [(name, Prediction(eta, "Linear prediction"))]
    p = kind.link.cdf(eta)
    if statistic == "pr":
        return [(name, Prediction(p, label))]
    if kind.link is not glm.LOGIT:
        raise StataError.option_not_allowed(statistic)
    y = (ctx.data.values(estimation.depvar) != 0).astype(float)
    y[np.isnan(ctx.data.values(estimation.depvar))] = np.nan
    inside = ctx.workspace.e_sample()
    m, _, successes = _patterns(estimation, y, inside, ctx)
    if statistic == "residuals":
        values = (successes - m * p) / np.sqrt(m * p * (1 - p))
        return [(name, Prediction(np.where(inside, values, np.nan), "Pearson residual"))]
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(successes > 0, successes * np.log(successes / (m * p)), 0.0)
        two = np.where(m > successes, (m - successes) * np.log((m - successes) / (m * (1 - p))), 0.0)
    values = np.sign(successes - m * p) * np.sqrt(2 * (one + two))
    return [(name, Prediction(np.where(inside, values, np.nan), "deviance residual"))]


def _patterns(
    estimation: Estimation, y: np.ndarray, inside: np.ndarray, ctx: Context
) -> tuple[np.ndarray, int, np.ndarray]:
    """Rows and successes of each observation's covariate pattern, and the number of patterns."""
    x = estimation.recipe.evaluate(ctx.data)[inside]
    _, codes = np.unique(x, axis=0, return_inverse=True)
    codes = codes.ravel()
    count = int(codes.max()) + 1 if len(codes) else 0
    m, s = np.full(len(y), np.nan), np.full(len(y), np.nan)
    m[inside] = np.bincount(codes, minlength=count)[codes]
    s[inside] = np.bincount(codes, weights=y[inside], minlength=count)[codes]
    return m, count, s


@postestimation("predict", "poisson", "nbreg")
def predict_count(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after poisson: n (default) ir xb stdp."""
    statistic, options = choose(request, ctx, _COUNT, _OTHERS, ("pr:2", "score:2"))
    estimation = ctx.estimation
    name = request.names(1)[0]
    if statistic is None:
        ctx.say("(option n assumed; predicted number of events)")
        statistic = "n"
    if statistic == "stdp":
        return [(name, Prediction(stdp(estimation, ctx), "S.E. of the prediction"))]
    eta = index(estimation, ctx, statistic != "ir" and "nooffset" not in options)
    labels = {"n": "Predicted number of events", "ir": "Predicted incidence rate", "xb": "Linear prediction"}
    return [(name, Prediction(eta if statistic == "xb" else np.exp(eta), labels[statistic]))]


def category_place(text: str, estimation: Estimation) -> int:
    """``outcome(#)``: a value, or ``#2`` for the second category. r(303) or r(198)."""
    categories = estimation.extra["categories"]
    word = text.strip()
    try:
        if word.startswith("#"):
            place = int(word[1:]) - 1
            if 0 <= place < len(categories):
                return place
        elif float(word) in categories:
            return int(categories.index(float(word)))
    except ValueError:
        equations = estimation.extra.get("equations", ())
        if word in equations:
            return int(equations.index(word))
    raise StataError(303, f"outcome {word} not found")


def category_names(
    request: Request, options: dict[str, Any], statistic: str | None, count: int, ctx: Context
) -> tuple[list[str], list[int]]:
    """New variables and their categories: that of outcome(), every one, or the first for a single variable."""
    if "outcome" in options:
        return request.names(1), [category_place(options["outcome"], ctx.estimation)]
    first = request.terms[0]
    if len(request.terms) == 1 and isinstance(first, nodes.NamePattern) and not first.text.endswith("*"):
        if statistic is None:
            ctx.say("(option pr assumed; predicted probability)")
        return request.names(1), [0]
    names = request.names(count)
    if statistic is None:
        ctx.say("(option pr assumed; predicted probabilities)")
    return names, list(range(count))


@postestimation("predict", *ORDERED)
def predict_ordered(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after ologit, oprobit: pr of every category (default) or of outcome(#); xb stdp."""
    statistic, options = choose(request, ctx, _ORDERED, (*_OTHERS, Opt("outcome", 1, "text")), ("scores:2",))
    estimation = ctx.estimation
    if statistic == "stdp":
        return [(request.names(1)[0], Prediction(stdp(estimation, ctx), "S.E. of the prediction"))]
    eta = index(estimation, ctx, "nooffset" not in options)
    if statistic == "xb":
        return [(request.names(1)[0], Prediction(eta, "Linear prediction (cutpoints excluded)"))]
    fit: glm.GlmFit = estimation.fit
    family = fit.data.family
    assert isinstance(family, glm.Ordinal)
    count = len(estimation.extra["categories"])
    names, places = category_names(request, options, statistic, count, ctx)
    out = []
    for name, k in zip(names, places, strict=True):
        text = f"Pr({estimation.depvar}=={category_text(estimation, k, ctx)})"
        out.append((name, Prediction(family.probability(eta, fit.aux, k), text)))
    return out


# ---------------------------------------------------------------- margins


@postestimation("margins", *BINARY, "poisson", "nbreg", *ORDERED)
def predictor(text: str | None, ctx: Context) -> Predictor | list[Predictor]:
    """predict(pr|n|ir|xb [outcome(#)]); the default is that of predict, every category after ologit."""
    estimation = ctx.estimation
    kind = KINDS[estimation.extra["kind"]]
    given = parse("options", text.replace(",", " ")) if text and text.strip() else ()
    statistics = {"binary": _BINARY, "poisson": _COUNT, "nbreg": _COUNT, "ordinal": _ORDERED}[kind.family]
    chosen = typed_options(given, (*statistics, Opt("outcome", 1, "text")), _LACKING, ctx)
    shown = "predict()" if text is None else f"predict({text.strip()})"
    shift = None
    if "ir" not in chosen and "nooffset" not in chosen:
        shift = offset_values(estimation, ctx)
    if "xb" in chosen:
        return Predictor("Linear prediction", expression=shown, shift=shift)
    if any(name in chosen for name in ("stdp", "residuals", "deviance")):
        raise StataError(198, f"prediction {text} not possible with margins")
    if kind.family in ("poisson", "nbreg"):
        label = "Predicted incidence rate" if "ir" in chosen else "Predicted number of events"
        return Predictor(label, np.exp, np.exp, np.exp, shown, shift=shift)
    if kind.family == "binary":
        link = kind.link
        return Predictor(
            f"Pr({estimation.depvar})",
            link.cdf,
            link.density,
            link.density_slope,
            shown,
            shift=shift,
        )
    if text is None:
        values = estimation.extra["categories"]
        return [
            _ordered_predictor(estimation, k, f"predict(pr outcome({v:g}))", shift, ctx)
            for k, v in enumerate(values)
        ]
    k = category_place(chosen["outcome"], estimation) if "outcome" in chosen else 0
    return _ordered_predictor(estimation, k, shown, shift, ctx)


def _ordered_predictor(
    estimation: Estimation, k: int, shown: str, shift: np.ndarray | None, ctx: Context
) -> Predictor:
    fit: glm.GlmFit = estimation.fit
    family = fit.data.family
    assert isinstance(family, glm.Ordinal)
    label = f"Pr({estimation.depvar}=={category_text(estimation, k, ctx)})"

    link = family.link

    def rebuild(cuts: np.ndarray) -> Predictor:
        low = cuts[k - 1] if k else -math.inf
        high = cuts[k] if k < len(cuts) else math.inf

        def part(f: Callable[[np.ndarray], np.ndarray], at: float, eta: np.ndarray) -> np.ndarray:
            return f(at - eta) if math.isfinite(at) else np.zeros_like(eta)

        return Predictor(
            label,
            lambda eta: link.interval(low - eta, high - eta),
            lambda eta: part(link.density, low, eta) - part(link.density, high, eta),
            lambda eta: part(link.density_slope, high, eta) - part(link.density_slope, low, eta),
            shown,
            cuts,
            rebuild,
            estimation.extra["engine_vcov"],
            shift,
        )

    return rebuild(fit.aux)


# ---------------------------------------------------------------- estat gof


@postestimation("estat gof", "logit", "logistic", "probit", "poisson")
def gof(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat gof: Pearson and deviance tests; after logit by covariate patterns or group(#) quantiles."""
    estimation = ctx.estimation
    options = typed_options(
        call.option_nodes, (Opt("group", 1, "int"),), ("table:3", "all", "outsample"), ctx
    )
    inside = ctx.workspace.e_sample()
    y = ctx.data.values(estimation.depvar)
    if "wtype" in ctx.workspace.e.macros:
        raise StataError(198, "estat gof after a weighted fit not yet supported")
    eta = index(estimation, ctx)[inside]
    if estimation.extra["kind"] == "poisson":
        if "group" in options:
            raise StataError.option_not_allowed("group()")
        return _poisson_gof(y[inside], np.exp(eta), estimation, ctx)
    kind = KINDS[estimation.extra["kind"]]
    p = kind.link.cdf(eta)
    success = (y != 0).astype(float)
    new = ctx.settings.new_headings
    word = "probit" if estimation.extra["kind"] == "probit" else "logistic"
    head = [
        "",
        f"Goodness-of-fit test after {word} model"
        if new
        else f"{word.capitalize()} model for {estimation.depvar}, goodness-of-fit test",
        *([f"Variable: {estimation.depvar}"] if new else []),
        "",
    ]
    n = len(p)
    if "group" in options:
        groups = options["group"]
        if groups < 3:
            raise StataError(198, "group() must be at least 3")
        quantiles = percentiles(p, 100 * np.arange(1, groups) / groups)
        place = np.searchsorted(quantiles, p, side="left")  # p <= quantile belongs to its group
        used, place = np.unique(place, return_inverse=True)
        o = np.bincount(place, weights=success[inside])
        e = np.bincount(place, weights=p)
        m = np.bincount(place).astype(float)
        chi2 = float(np.sum((o - e) ** 2 / (e * (1 - e / m))))
        df = len(used) - 2
        tail = float(dist.chi2tail(df, chi2))
        note = f"note: obs collapsed on {groups} quantiles of estimated probabilities."
        rows = [
            ("Number of observations", f"{n}"),
            ("Number of groups", f"{len(used)}"),
            (f"Hosmer–Lemeshow chi2({df})", f"{chi2:.2f}"),
            ("Prob > chi2", f"{tail:.4f}"),
        ]
        ctx.say("\n".join([note, *head, *_aligned(rows)]))
        return Stored("r", {"N": float(n), "m": float(len(used)), "df": float(df), "chi2": chi2, "p": tail})
    m, count, s = _patterns(estimation, success, inside, ctx)
    m, s = m[inside], s[inside]
    chi2 = float(np.sum((s - m * p) ** 2 / (m * p * (1 - p)) / m))
    df = count - len(estimation.recipe.kept)
    tail = float(dist.chi2tail(df, chi2)) if df > 0 else math.nan
    rows = [
        ("Number of observations", f"{n}"),
        ("Number of covariate patterns", f"{count}"),
        (f"Pearson chi2({df})", f"{chi2:.2f}"),
        ("Prob > chi2", f"{tail:.4f}" if df > 0 else "."),
    ]
    ctx.say("\n".join([*head, *_aligned(rows)]))
    return Stored("r", {"N": float(n), "m": float(count), "df": float(df), "chi2": chi2, "p": tail})


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    wide = max(len(label) for label, _ in rows)
    deep = max(len(value) for _, value in rows)
    return [f"{label:>{wide}} = {value:>{max(deep, 6)}}" for label, value in rows]


def _poisson_gof(y: np.ndarray, mu: np.ndarray, estimation: Estimation, ctx: Context) -> Stored:
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = 2 * float(np.sum(np.where(y > 0, y * np.log(y / mu), 0.0) - (y - mu)))
    pearson = float(np.sum((y - mu) ** 2 / mu))
    df = len(y) - len(estimation.recipe.kept)
    lines = []
    scalars = {"df": float(df)}
    for word, short, value in (("Deviance", "d", deviance), ("Pearson", "p", pearson)):
        tail = float(dist.chi2tail(df, value)) if df > 0 else math.nan
        shown = format_number(value, "%9.0g").strip()
        name = f"Prob > chi2({df})"
        lines += [
            "",
            f"         {word} goodness-of-fit".ljust(33) + f" = {shown:>9}",
            f"         {name:<24} = {tail:>9.4f}",
        ]
        scalars |= {f"chi2_{short}": value, f"p_{short}": tail}
    ctx.emit(Text("\n".join(lines)))
    return Stored("r", scalars)
