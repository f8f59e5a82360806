"""predict after the generalised mixed commands: mu pr eta xb stdp residuals pearson deviance reffects.

Random effects are looked up by the group's values; groups outside the estimation sample have missing predictions unless
these are ``conditional(fixedonly)`` or ``marginal``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._glmm_model import GlmmModel
from pystata_hlm.commands._mixed_model import effect_columns
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import glm, glmm
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Estimation
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

CMDS = ("meglm", "meqrlogit", "meqrpoisson", "xtmelogit", "xtmepoisson")
STATISTICS = (
    Opt("mu", 2),
    Opt("pr", 2),
    Opt("eta", 3),
    Opt("fitted", 3),
    Opt("xb", 2),
    Opt("stdp", 4),
    Opt("residuals", 3),
    Opt("pearson", 2),
    Opt("deviance", 3),
    Opt("reffects", 3),
)
OPTIONS = (
    Opt("conditional", 4, "text"),
    Opt("marginal", 4),
    Opt("fixedonly", 5),
    Opt("nooffset", 5),
    Opt("ebmeans", 6),
    Opt("ebmodes", 6),
    Opt("means", 4),
    Opt("modes", 4),
    Opt("remeans", 6),
    Opt("remodes", 6),
    Opt("reses", 5, "text"),
    Opt("outcome", 1, "text"),
)
LACKING = (
    "density:3",
    "distribution:4",
    "anscombe:3",
    "scores:2",
    "intpoints:4",
    "iterate",
    "tolerance",
    "relevel:5",
)

LABELS = {
    "mu": "Predicted mean",
    "pr": "Predicted probability",
    "eta": "Linear predictor",
    "fitted": "Linear predictor",
    "xb": "Linear prediction, fixed portion",
    "stdp": "S.E. of the linear prediction, fixed portion",
    "residuals": "Raw residuals",
    "pearson": "Pearson residuals",
    "deviance": "Deviance residuals",
}


@postestimation("predict", *CMDS)
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict [type] newvar|stub*|newvarlist [if] [in] [, statistic conditional() marginal ebmodes reses() outcome()]"""
    statistic, options = choose(request, ctx, STATISTICS, OPTIONS, LACKING)
    estimation = ctx.estimation
    model: GlmmModel = estimation.extra["model"]
    if "reses" in options and statistic != "reffects":
        raise StataError(198, "option reses() requires reffects")
    if statistic == "reffects":
        return random_effects(request, estimation, model, options, ctx)
    if statistic is None:
        statistic = "mu"
        ctx.say("(option mu assumed)")
    if statistic == "pr" and model.outcome.family not in ("bernoulli", "ordinal"):
        raise StataError(198, "option pr not allowed")
    if statistic in ("residuals", "pearson", "deviance") and model.outcome.family == "ordinal":
        raise StataError(198, f"option {statistic} not allowed")
    if statistic in ("xb", "stdp"):
        name = request.names(1)[0]
        return [
            (name, Prediction(fixed_portion(estimation, model, statistic, options, ctx), LABELS[statistic]))
        ]
    way = condition(options, model)
    announce(way, model, ctx)
    if model.outcome.family == "ordinal" and statistic in ("mu", "pr"):
        return probabilities(request, estimation, model, options, way, ctx)
    name = request.names(1)[0]
    if "outcome" in options:
        raise StataError(198, "option outcome() not allowed")
    if statistic in ("eta", "fitted"):
        if way == "marginal":
            raise StataError(198, f"option marginal not allowed with {statistic}")
        return [(name, Prediction(index(estimation, model, way, options, ctx), LABELS[statistic]))]
    mu = mean(estimation, model, way, options, ctx)
    if statistic in ("mu", "pr"):
        label = "Marginal predicted mean" if way == "marginal" else LABELS[statistic]
        return [(name, Prediction(mu, label))]
    return [(name, Prediction(residual(estimation, model, statistic, mu, ctx), LABELS[statistic]))]


def condition(options: dict[str, Any], model: GlmmModel) -> str:
    """ebmeans, ebmodes, fixedonly or marginal."""
    given: list[str] = [name for name in ("marginal", "fixedonly") if name in options]
    text = options.get("conditional")
    if text is not None:
        names = [
            n
            for n, k in (("ebmeans", 6), ("ebmodes", 6), ("fixedonly", 5))
            if len(text) >= k and n.startswith(text)
        ]
        if not names:
            raise StataError(198, f"conditional({text}) not allowed")
        given += names
    for name in ("ebmeans", "ebmodes", "means", "modes", "remeans", "remodes"):
        if name in options:
            given.append("ebmeans" if "means" in name else "ebmodes")
    if len(given) > 1:
        raise StataError(198, "only one of conditional() and marginal may be specified")
    return given[0] if given else ("ebmodes" if model.legacy else "ebmeans")


def announce(way: str, model: GlmmModel, ctx: Context) -> None:
    if model.legacy:
        return
    if way in ("ebmeans", "ebmodes"):
        what = "means" if way == "ebmeans" else "modes"
        ctx.say(f"(predictions based on fixed effects and posterior {what} of random effects)")
    if way in ("ebmeans", "marginal"):
        ctx.say(f"(using {model.points} quadrature point{'s' if model.points > 1 else ''})")


# ---------------------------------------------------------------- pieces


def offset_values(model: GlmmModel, options: dict[str, Any], ctx: Context) -> np.ndarray:
    zero = np.zeros(ctx.data.n)
    if "nooffset" in options or not (model.offset or model.exposure):
        return zero
    if model.offset:
        return np.asarray(ctx.data.values(model.offset), dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(ctx.data.values(model.exposure))
    return np.where(np.isfinite(values), values, np.nan)


def fixed_portion(
    estimation: Estimation, model: GlmmModel, statistic: str, options: dict[str, Any], ctx: Context
) -> np.ndarray:
    recipe = estimation.recipe
    if statistic == "stdp":
        x = recipe.evaluate(ctx.data)
        v = estimation.vcov[np.ix_(recipe.kept, recipe.kept)]
        return np.sqrt(np.einsum("ij,jk,ik->i", x, v, x))
    xb = np.asarray(recipe.linear(ctx.data, estimation.b), dtype=float)
    return xb + offset_values(model, options, ctx)


def design(model: GlmmModel, k: int, ctx: Context) -> np.ndarray:
    """(N, q) random-effects design of one level, all observations."""
    rows = np.ones(ctx.data.n, dtype=bool)
    return np.concatenate([effect_columns(ctx.data, part, rows) for part in model.levels[k].parts], axis=1)


def gather(per_group: np.ndarray, index: np.ndarray) -> np.ndarray:
    out = per_group[np.maximum(index, 0)]
    out[index < 0] = np.nan
    return out


def index(
    estimation: Estimation, model: GlmmModel, way: str, options: dict[str, Any], ctx: Context
) -> np.ndarray:
    """Linear predictor with the random effects predicted, or without."""
    eta = fixed_portion(estimation, model, "xb", options, ctx)
    if way == "fixedonly":
        return eta
    fit: glmm.GlmmFit = estimation.fit
    effects = fit.means if way == "ebmeans" else fit.modes
    for k, level in enumerate(effects):
        u = gather(level.values, model.keys[k].locate(ctx.data))
        eta = eta + np.einsum("ij,ij->i", design(model, k, ctx), u)
    return eta


def spread(estimation: Estimation, model: GlmmModel, ctx: Context) -> np.ndarray:
    """Standard deviation of the random part of every observation's index."""
    total = np.zeros(ctx.data.n)
    for k in range(len(model.levels)):
        z = design(model, k, ctx)
        total += np.einsum("ij,jk,ik->i", z, estimation.fit.covariance(k), z)
    return np.sqrt(total)


def averaged(function: Any, eta: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """E f(eta + sd z), z standard normal, by Gauss-Hermite quadrature with 60 points."""
    x, log_w = glmm.grid(60, 1)
    out = np.zeros(len(eta))
    for node, weight in zip(x[:, 0], np.exp(log_w), strict=True):
        out += weight * function(eta + sd * node)
    return out


def mean_function(model: GlmmModel, trials: np.ndarray | float = 1.0) -> Any:
    outcome = model.outcome
    if outcome.family in ("bernoulli", "binomial"):
        return lambda eta: trials * model.link.cdf(eta)
    if outcome.link == "identity":
        return lambda eta: eta
    return lambda eta: np.exp(np.minimum(eta, 700.0))


def trials_values(model: GlmmModel, ctx: Context) -> np.ndarray | float:
    if model.outcome.family != "binomial":
        return 1.0
    try:
        return float(model.outcome.trials)
    except ValueError:
        return np.asarray(ctx.data.values(ctx.data.find(model.outcome.trials)), dtype=float)


def mean(
    estimation: Estimation, model: GlmmModel, way: str, options: dict[str, Any], ctx: Context
) -> np.ndarray:
    function = mean_function(model, trials_values(model, ctx))
    if way == "marginal":
        eta = fixed_portion(estimation, model, "xb", options, ctx)
        return averaged(function, eta, spread(estimation, model, ctx))
    return np.asarray(function(index(estimation, model, way, options, ctx)))


def cutpoints(estimation: Estimation) -> np.ndarray:
    return np.asarray(estimation.fit.aux)


def probabilities(
    request: Request,
    estimation: Estimation,
    model: GlmmModel,
    options: dict[str, Any],
    way: str,
    ctx: Context,
) -> list[tuple[str, Prediction]]:
    """Pr(outcome) of one category (outcome()) or of all."""
    values = model.categories
    count = len(values)
    single = len(request.terms) == 1 and not getattr(request.terms[0], "text", "").endswith("*")
    if "outcome" in options:
        wanted = [outcome_place(options["outcome"], values)]
    elif single:
        wanted = [0]
    else:
        wanted = list(range(count))
    names = request.names(len(wanted))
    eta = fixed_portion(estimation, model, "xb", options, ctx)
    sd = spread(estimation, model, ctx) if way == "marginal" else None
    if way not in ("marginal", "fixedonly"):
        eta = index(estimation, model, way, options, ctx)
    family = glm.Ordinal(np.zeros(1), count, model.link)
    cuts = cutpoints(estimation)
    out = []
    for name, k in zip(names, wanted, strict=True):

        def chance(x: np.ndarray, k: int = k) -> np.ndarray:
            return family.probability(x, cuts, k)

        p = chance(eta) if sd is None else averaged(chance, eta, sd)
        out.append((name, Prediction(p, f"Pr({estimation.depvar}=={values[k]:g})")))
    return out


def outcome_place(text: str, values: tuple[float, ...]) -> int:
    """``outcome(#1)`` or ``outcome(value)``; r(111) when there is no such outcome."""
    text = text.strip()
    try:
        k = int(text[1:]) - 1 if text.startswith("#") else values.index(float(text))
    except ValueError:
        raise StataError(111, f"outcome {text} not found") from None
    if not 0 <= k < len(values):
        raise StataError(111, f"outcome {text} not found")
    return k


def residual(
    estimation: Estimation, model: GlmmModel, statistic: str, mu: np.ndarray, ctx: Context
) -> np.ndarray:
    """y - mu, standardised by the conditional variance, or the signed root of the deviance."""
    y = np.asarray(ctx.data.values(estimation.depvar), dtype=float)
    family = model.outcome.family
    if family == "bernoulli":
        y = np.where(np.isnan(y), np.nan, (y != 0).astype(float))
    if statistic == "residuals":
        return y - mu
    n = trials_values(model, ctx)
    aux = estimation.fit.aux
    scale = float(np.exp(aux[0])) if len(aux) else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        if statistic == "pearson":
            variance = {
                "bernoulli": lambda: mu * (1 - mu / n),
                "binomial": lambda: mu * (1 - mu / n),
                "poisson": lambda: mu,
                "nbinomial": lambda: mu * (1 + scale) if model.outcome.constant else mu * (1 + scale * mu),
                "gamma": lambda: mu**2,
                "gaussian": lambda: np.ones_like(mu),
            }[family]()
            return np.asarray((y - mu) / np.sqrt(variance))
        ratio = np.where(y > 0, y * np.log(y / mu), 0.0)
        if family in ("bernoulli", "binomial"):
            d = 2 * (ratio + np.where(n - y > 0, (n - y) * np.log((n - y) / (n - mu)), 0.0))
        elif family == "poisson":
            d = 2 * (ratio - (y - mu))
        elif family == "gamma":
            d = -2 * (np.log(y / mu) - (y - mu) / mu)
        elif family == "gaussian":
            d = (y - mu) ** 2
        elif model.outcome.constant:
            raise StataError(198, "option deviance not allowed with dispersion(constant)")
        else:
            d = 2 * (ratio - (y + 1 / scale) * np.log((1 + scale * y) / (1 + scale * mu)))
    d = np.where(np.isnan(y) | np.isnan(mu), np.nan, d)
    return np.sign(y - mu) * np.sqrt(np.maximum(d, 0.0))


# ---------------------------------------------------------------- random effects


def random_effects(
    request: Request, estimation: Estimation, model: GlmmModel, options: dict[str, Any], ctx: Context
) -> list[tuple[str, Prediction]]:
    """Empirical Bayes means or modes; with reses() their standard errors too."""
    way = condition({k: v for k, v in options.items() if k not in ("reses", "reffects")}, model)
    if way not in ("ebmeans", "ebmodes"):
        raise StataError(198, f"option {way} not allowed with reffects")
    fit: glmm.GlmmFit = estimation.fit
    effects = fit.means if way == "ebmeans" else fit.modes
    word = "means" if way == "ebmeans" else "modes"
    if not model.legacy:
        ctx.say(f"(calculating posterior {word} of random effects)")
        if way == "ebmeans":
            ctx.say(f"(using {model.points} quadrature point{'s' if model.points > 1 else ''})")
    values, errors = [], []
    for k, (plan, level) in enumerate(zip(model.levels, effects, strict=True)):
        where = model.keys[k].locate(ctx.data)
        own, se = gather(level.values, where), gather(level.se, where)
        for j, name in enumerate(plan.effects):
            label = f"Empirical Bayes {word} for {name}[{model.path(k)}]"
            values.append((own[:, j], label))
            errors.append((se[:, j], f"S.E. of {label}"))
    out = []
    if "reffects" in options:
        names = request.names(len(values))
        out = [(n, Prediction(v, t)) for n, (v, t) in zip(names, values, strict=True)]
    if "reses" in options:
        names = second_names(options["reses"], len(errors), request)
        out += [(n, Prediction(v, t)) for n, (v, t) in zip(names, errors, strict=True)]
    return out


def second_names(text: str, count: int, request: Request) -> list[str]:
    """Names in reses(): a stub or as many names as effects."""
    from pystata_hlm.lang.parser import parse

    return Request(parse("varlist", text), (), request.sample).names(count)
