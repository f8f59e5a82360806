"""predict and margins after mlogit: probabilities of the outcomes, linear indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._margins_general import Frame, Function, General
from pystata_hlm.commands._ml_predict import category_names, category_place
from pystata_hlm.commands._ml_show import category_text
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric.glm.multinomial import probabilities
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray

_STATISTICS = (Opt("pr", 2), Opt("xb", 2), Opt("stdp", 4))
_OUTCOME = (Opt("outcome", 1, "text"), Opt("equation", 2, "text"))
_LACKING = ("stddp", "scores:2")


def indices(b: Array, x: Array, ctx: Context) -> Array:
    """(n, outcomes) linear indices from all of e(b)."""
    recipe = ctx.estimation.recipe
    count = len(ctx.estimation.extra["categories"])
    return np.asarray(x @ b.reshape(count, -1)[:, recipe.kept].T)


@postestimation("predict", "mlogit")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after mlogit: pr of every outcome (default) or of outcome(#); xb stdp of an outcome."""
    statistic, options = choose(request, ctx, _STATISTICS, _OUTCOME, _LACKING)
    estimation, e = ctx.estimation, ctx.workspace.e
    if "equation" in options:
        options = {**options, "outcome": options["equation"]}
    x = estimation.recipe.evaluate(ctx.data)
    eta = indices(e.matrices["b"].values[0], x, ctx)
    if statistic in ("xb", "stdp"):
        name, count = request.names(1)[0], len(estimation.extra["categories"])
        first = next(k for k in range(count) if k != estimation.extra["base"])
        place = category_place(options["outcome"], estimation) if "outcome" in options else first
        outcome = category_text(estimation, place, ctx)
        if statistic == "xb":
            return [(name, Prediction(eta[:, place], f"Linear prediction, {estimation.depvar}=={outcome}"))]
        size = len(estimation.recipe)
        at = place * size + estimation.recipe.kept
        v = e.matrices["V"].values[np.ix_(at, at)]
        se = np.sqrt(np.einsum("ij,jk,ik->i", x, v, x))
        return [(name, Prediction(se, f"S.E. of linear prediction, {estimation.depvar}=={outcome}"))]
    p = probabilities(eta)
    names, places = category_names(request, options, statistic, p.shape[1], ctx)
    return [
        (name, Prediction(p[:, k], f"Pr({estimation.depvar}=={category_text(estimation, k, ctx)})"))
        for name, k in zip(names, places, strict=True)
    ]


@postestimation("margins", "mlogit")
def predictor(text: str | None, ctx: Context) -> General | list[General]:
    """predict([pr|xb] [outcome(#)]); without it the probabilities of all outcomes."""
    estimation = ctx.estimation
    categories = estimation.extra["categories"]
    if text is None:
        return [chance(k, f"predict(pr outcome({value:g}))", ctx) for k, value in enumerate(categories)]
    given = parse("options", text.replace(",", " ")) if text.strip() else ()
    options = typed_options(given, (*_STATISTICS, *_OUTCOME), _LACKING, ctx)
    if "stdp" in options:
        raise StataError(198, f"prediction {text} not possible with margins")
    where = options.get("outcome", options.get("equation"))
    shown = f"predict({text.strip()})"
    if "xb" in options:
        base = estimation.extra["base"]
        first = next(k for k in range(len(categories)) if k != base)
        return linear(category_place(where, estimation) if where else first, shown, ctx)
    return chance(category_place(where, estimation) if where else 0, shown, ctx)


def chance(place: int, shown: str, ctx: Context) -> General:
    """The probability of one outcome."""

    def bind(frame: Frame) -> Function:
        x = frame.x
        return lambda b: np.asarray(probabilities(indices(b, x, ctx))[:, place])

    estimation = ctx.estimation
    return General(f"Pr({estimation.depvar}=={category_text(estimation, place, ctx)})", shown, bind)


def linear(place: int, shown: str, ctx: Context) -> General:
    def bind(frame: Frame) -> Function:
        x = frame.x
        return lambda b: np.asarray(indices(b, x, ctx)[:, place])

    return General("Linear prediction", shown, bind)
