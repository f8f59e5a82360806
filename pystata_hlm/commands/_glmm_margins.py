"""What margins can predict after the generalised mixed commands: mu (marginal, or conditional(fixedonly)), pr, eta, xb.

The marginal mean depends on the variances (and an ordinal one on the cutpoints); their part of the delta method comes
from ``Predictor.rebuild``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._glmm_model import GlmmModel
from pystata_hlm.commands._glmm_predict import CMDS, OPTIONS, outcome_place
from pystata_hlm.commands._margins import Predictor
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import glm, glmm
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray

LACKING = ("stdp", "reffects", "residuals:3", "pearson:2", "deviance:3", "density:3", "distribution:4")


@postestimation("margins", *CMDS)
def predictor(text: str | None, ctx: Context) -> Predictor:
    """predict([mu|pr|eta|xb] [, conditional(fixedonly) marginal outcome(#)]); mu, marginal, without an argument."""
    estimation = ctx.estimation
    model: GlmmModel = estimation.extra["model"]
    statistics = (Opt("mu", 2), Opt("pr", 2), Opt("eta", 3), Opt("xb", 2))
    given = parse("options", text.replace(",", " ")) if text and text.strip() else ()
    options = typed_options(given, (*statistics, *OPTIONS), LACKING, ctx)
    chosen = [s.name for s in statistics if s.name in options]
    if len(chosen) > 1:
        raise StataError(198, "only one statistic may be specified")
    shown = "predict()" if text is None else f"predict({text.strip()})"
    statistic = chosen[0] if chosen else "mu"
    if statistic in ("xb", "eta"):
        label = "Linear prediction, fixed portion" if statistic == "xb" else "Linear predictor, fixed portion"
        refuse_offset(model)
        return Predictor(label, expression=shown)
    way = "fixedonly" if "fixedonly" in options else "marginal"
    if "conditional" in options:
        word = options["conditional"]
        if not (len(word) >= 5 and "fixedonly".startswith(word)):
            raise StataError(198, f"conditional({word}) not allowed with margins")
        way = "fixedonly"
    if model.outcome.family == "binomial":
        raise StataError(198, "margins after binomial data not yet supported; use predict(xb)")
    refuse_offset(model)
    if any(plan.effects != ("_cons",) for plan in model.levels) and way == "marginal":
        raise StataError(
            198,
            "margins of marginal means with random coefficients not yet supported; use predict(mu fixedonly)",
        )
    category = outcome_place(options["outcome"], model.categories) if "outcome" in options else 0
    return mean_predictor(model, way, category, shown, ctx)


def refuse_offset(model: GlmmModel) -> None:
    if model.offset or model.exposure:
        raise StataError(198, "margins after a model with an offset not yet supported")


def mean_predictor(model: GlmmModel, way: str, category: int, shown: str, ctx: Context) -> Predictor:
    estimation = ctx.estimation
    fit = estimation.fit
    p = fit.problem.p
    marginal = way == "marginal"
    used = np.arange(p, fit.problem.size) if marginal else np.arange(fit.problem.n_index, fit.problem.size)
    if model.outcome.family not in ("ordinal",):
        used = used[used < fit.problem.n_index]
    vcov = estimation.extra["engine_vcov"]
    order = np.concatenate([np.arange(p), used])
    label = {
        "ordinal": f"Pr({estimation.depvar}=={model.categories[category]:g})" if model.categories else "",
    }.get(model.outcome.family, "Predicted mean")
    prefix = "Marginal " if marginal else ""
    if marginal:
        label = label[0].lower() + label[1:] if label.startswith("Predicted") else label
    text = f"{prefix}{label}" + ("" if marginal else ", fixed portion only")

    def rebuild(extra: Array) -> Predictor:
        theta = fit.theta.copy()
        theta[used] = extra
        variance = sum(float(theta[place].sum()) for place in fit.problem.places) if marginal else 0.0
        value, first, second = functions(model, theta[fit.problem.n_index :], category)
        sd = float(np.sqrt(max(variance, 0.0)))
        return Predictor(text, smooth(value, sd), smooth(first, sd), smooth(second, sd), shown)

    made = rebuild(fit.theta[used])
    return Predictor(
        made.label,
        made.function,
        made.first,
        made.second,
        made.expression,
        extra=fit.theta[used],
        rebuild=rebuild,
        extra_vcov=vcov[np.ix_(order, order)],
    )


def smooth(function: Any, sd: float) -> Any:
    """E function(eta + sd z)."""
    if sd == 0:
        return function
    x, log_w = glmm.grid(40, 1)
    nodes, weights = sd * x[:, 0], np.exp(log_w)

    def averaged(eta: Array) -> Array:
        out = np.zeros_like(eta, dtype=float)
        for node, weight in zip(nodes, weights, strict=True):
            out += weight * function(eta + node)
        return out

    return averaged


def functions(model: GlmmModel, aux: Array, category: int) -> tuple[Any, Any, Any]:
    """The conditional mean (or category probability) as a function of the index with two derivatives."""
    outcome = model.outcome
    if outcome.family == "ordinal":
        link = glm.LINKS[outcome.link]
        cuts = np.concatenate([[-np.inf], aux, [np.inf]])
        low, high = cuts[category], cuts[category + 1]

        def bounded(f: Any, at: float, eta: Array) -> Array:
            return f(at - eta) if np.isfinite(at) else np.zeros_like(eta)

        return (
            lambda eta: link.interval(low - eta, high - eta),
            lambda eta: bounded(link.density, low, eta) - bounded(link.density, high, eta),
            lambda eta: bounded(link.density_slope, high, eta) - bounded(link.density_slope, low, eta),
        )
    if outcome.link == "identity":
        return (lambda eta: eta, np.ones_like, np.zeros_like)
    if outcome.link == "log":
        return (np.exp, np.exp, np.exp)
    link = glm.LINKS[outcome.link]
    return link.cdf, link.density, link.density_slope
