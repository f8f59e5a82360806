"""predict and margins after glm: means, indices, residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _glm_spec as specs
from pystata_hlm.commands._margins import Predictor
from pystata_hlm.commands._ml_predict import index, offset_values, stdp
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray

_STATISTICS = (
    Opt("mu", 2),
    Opt("xb", 2),
    Opt("eta", 3),
    Opt("stdp", 4),
    Opt("pearson", 1),
    Opt("deviance", 1),
    Opt("response", 1),
    Opt("hat", 1),
    Opt("score", 2),
)
_OTHERS = (Opt("nooffset", 3), Opt("standardized", 3), Opt("studentized", 3))
_LACKING = ("anscombe:1", "cooksd:1", "likelihood:1", "working:1", "modified:1", "adjusted:2")


def _label(ctx: Context) -> str:
    """``Predicted mean y``."""
    return f"Predicted mean {ctx.estimation.depvar}"


@postestimation("predict", "glm")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after glm: mu (default) xb eta stdp pearson deviance response hat score."""
    statistic, options = choose(request, ctx, _STATISTICS, _OTHERS, _LACKING)
    estimation = ctx.estimation
    name = request.names(1)[0]
    if statistic is None:
        ctx.say(f"(option mu assumed; predicted mean {estimation.depvar})")
        statistic = "mu"
    if statistic == "stdp":
        return [(name, Prediction(stdp(estimation, ctx), "S.E. of the prediction"))]
    eta = index(estimation, ctx, "nooffset" not in options)
    if statistic in ("xb", "eta"):
        return [(name, Prediction(eta, "Linear prediction"))]
    spec: specs.Spec = estimation.extra["spec"]
    trials = specs.trials_of(spec, np.ones(ctx.data.n, dtype=bool), ctx)
    link, scale = spec.quasi_link(), trials if spec.quasi_link().scaled else 1.0
    with np.errstate(all="ignore"):
        mu, slope, _ = (part * scale for part in link.inverse(eta))
    if statistic == "mu":
        return [(name, Prediction(mu, _label(ctx)))]
    family = spec.quasi_family(trials)
    y = ctx.data.values(estimation.depvar)
    with np.errstate(all="ignore"):
        v, _ = family.variance(mu)
        x = estimation.recipe.evaluate(ctx.data)
        hat = slope**2 / v * np.einsum("ij,jk,ik->i", x, estimation.fit.expected, x)
        found = {
            "pearson": lambda: (y - mu) / np.sqrt(v),
            "deviance": lambda: np.sign(y - mu) * np.sqrt(family.deviance(y, mu)),
            "response": lambda: y - mu,
            "hat": lambda: hat,
            "score": lambda: (y - mu) * slope / v / estimation.extra["phi"],
        }[statistic]()
        label = {
            "pearson": "Pearson residual",
            "deviance": "Deviance residual",
            "response": "Response residual",
            "hat": "Hat diagonal",
            "score": "Score",
        }[statistic]
        if statistic in ("pearson", "deviance", "response"):
            if "standardized" in options:
                found, label = found / np.sqrt(1 - hat), f"Standardized {label}"
            if "studentized" in options:
                found, label = found / np.sqrt(estimation.extra["phi"]), f"Studentized {label}"
        elif "standardized" in options or "studentized" in options:
            raise StataError(198, f"options standardized and studentized not allowed with {statistic}")
    return [(name, Prediction(np.asarray(found), label))]


@postestimation("margins", "glm")
def predictor(text: str | None, ctx: Context) -> Predictor:
    """predict(mu|xb|eta [nooffset]); mu by default."""
    estimation = ctx.estimation
    given = parse("options", text.replace(",", " ")) if text and text.strip() else ()
    chosen = typed_options(given, (*_STATISTICS, *_OTHERS), _LACKING, ctx)
    refused = [w for w in chosen if w not in ("mu", "xb", "eta", "nooffset")]
    if refused:
        raise StataError(198, f"prediction {text} not possible with margins")
    shown = "predict()" if text is None else f"predict({text.strip()})"
    shift = None if "nooffset" in chosen else offset_values(estimation, ctx)
    if "xb" in chosen or "eta" in chosen:
        return Predictor("Linear prediction", expression=shown, shift=shift)
    spec: specs.Spec = estimation.extra["spec"]
    if spec.trials and spec.trials in ctx.data:
        raise StataError(198, "margins of mu after binomial data not yet supported; use predict(xb)")
    link = spec.quasi_link()
    scale = float(spec.trials or 1) if link.scaled else 1.0

    def part(k: int, eta: Array) -> Array:
        return np.asarray(link.inverse(eta)[k] * scale)

    return Predictor(
        _label(ctx),
        lambda eta: part(0, eta),
        lambda eta: part(1, eta),
        lambda eta: part(2, eta),
        shown,
        shift=shift,
    )
