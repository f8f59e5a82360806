"""mlogit: Multinomial (polytomous) logistic regression.   mlogit depvar [indepvars] [if] [in] [weight] [, baseoutcome(#) rrr vce()]"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _ml_common as common
from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._mlogit_show import show
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import glm
from pystata_hlm.numeric.glm.multinomial import MultinomialFit, fit_multinomial
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    *common.DISPLAY,
    Opt("rrr", 2),
)
TITLE = "Multinomial logistic regression"


@command(
    "mlogit",
    min=4,
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("fweight", "iweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(*_DISPLAY, *common.MODEL, Opt("baseoutcome", 1, "text"), Opt("noconstant", 6)),
    unsupported=common.LACKING,
)
def run(call: Call, ctx: Context) -> None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return
    sample = common.sample_of(call, ctx, ("oim", "robust", "cluster"))
    categories, codes = np.unique(sample.y, return_inverse=True)
    if len(categories) < 2:
        raise StataError(148, "outcome does not vary in remaining observations")
    w = np.ones(len(codes)) if sample.weights is None else sample.weights
    base = base_of(call.opt("baseoutcome"), categories, np.bincount(codes, w), sample.depvar, ctx)
    count, x = len(categories), sample.design.x
    constant = sample.design.recipe.constant
    null = fit_multinomial(
        codes, count, base, x[:, -1:] if constant else x[:, :0], sample.weights, glm.without_log(), constant
    )
    fit = fit_multinomial(codes, count, base, x, sample.weights, common.control_of(call), constant)
    common.log_items(call, ctx, fit.trace, sample.vce)
    if not fit.converged:
        if not call.has("iterate"):
            raise StataError(430, "convergence not achieved")
        ctx.say("convergence not achieved")
    stored = results(call, ctx, sample, tuple(categories.tolist()), base, fit, null.loglik)
    ctx.store(stored)
    assert stored.estimation is not None
    show(stored.estimation, call.options, ctx)


def base_of(text: str | None, categories: np.ndarray, shares: np.ndarray, depvar: str, ctx: Context) -> int:
    """Position of baseoutcome(): a value, ``#2`` or a label; by default the most frequent category."""
    if text is None:
        return int(np.argmax(shares))
    word = text.strip().strip('"')
    if re.fullmatch(r"#\d+", word) and 1 <= int(word[1:]) <= len(categories):
        return int(word[1:]) - 1
    try:
        found = np.flatnonzero(categories == float(word))
    except ValueError:
        labels = [number_text(ctx.data, depvar, float(value)) for value in categories]
        found = np.flatnonzero([label == word for label in labels])
    if not len(found):
        raise StataError(198, f"base outcome {word} not found")
    return int(found[0])


def equation_names(categories: tuple[float, ...], depvar: str, ctx: Context) -> tuple[str, ...]:
    """Outcomes as equations: labels with underscores for blanks, or values."""
    out = []
    for value in categories:
        text = number_text(ctx.data, depvar, value)
        out.append(re.sub(r"[\s.:]", "_", text.strip())[:32] or f"{value:g}")
    return tuple(out)


def results(
    call: Call,
    ctx: Context,
    sample: common.Sample,
    categories: tuple[float, ...],
    base: int,
    fit: MultinomialFit,
    ll_0: float,
) -> Stored:
    recipe, count, slopes = sample.design.recipe, len(categories), sample.slopes
    k, p = len(recipe), sample.design.x.shape[1]
    vcov, n_clusters = common.covariance(fit, sample, ctx)
    others = fit.data.others
    kept = np.concatenate([c * k + recipe.kept for c in others]) if p else np.zeros(0, dtype=np.intp)
    full_b, full_v = np.zeros(count * k), np.zeros((count * k, count * k))
    full_b[kept] = fit.b
    full_v[np.ix_(kept, kept)] = vcov
    tested = np.array([j * p + i for j in range(count - 1) for i in range(slopes)], dtype=np.intp)
    chi2type, chi2, df, tail = common.test_of_model(
        sample, fit.b[tested], vcov[np.ix_(tested, tested)], (fit.loglik, ll_0), len(tested)
    )
    scalars = {
        "N": sample.n,
        "k": float(count * k),
        "k_out": float(count),
        "k_eq": float(count),
        "k_eq_model": float(count - 1),
        "k_eq_base": float(base + 1),
        "k_dv": 1.0,
        "df_m": df,
        "r2_p": 1 - fit.loglik / ll_0 if slopes else 0.0,
        "ll": fit.loglik,
        "ll_0": ll_0,
        "chi2": chi2,
        "p": tail,
        "baseout": categories[base],
        "ibaseout": float(base + 1),
        "rank": float(np.linalg.matrix_rank(vcov, hermitian=True)) if len(fit.b) else 0.0,
        "ic": float(len(fit.trace) - 1),
        "rc": 0.0,
        "converged": float(fit.converged),
    }
    if not sample.constant:
        del scalars["r2_p"], scalars["ll_0"]
    if n_clusters is not None:
        scalars["N_clust"] = float(n_clusters)
    equations = equation_names(categories, sample.depvar, ctx)
    macros = common.shared_macros(call, sample, TITLE)
    macros |= {
        "chi2type": chi2type,
        "predict": "mlogi_p",
        "eqnames": " ".join(equations),
        "baselab": equations[base],
        "marginsok": "default Pr XB",
    }
    omitted = sample.design.without(np.ones(slopes, dtype=bool)).recipe.names if slopes else recipe.names
    marked = tuple(f"o.{name}" if name == "_cons" else name for name in omitted)
    names = tuple(
        f"{equation}:{name}"
        for j, equation in enumerate(equations)
        for name in (marked if j == base else recipe.names)
    )
    first = int(others[0]) * k
    at = slice(first, first + k)
    estimation = Estimation(
        "mlogit",
        sample.depvar,
        recipe,
        full_b[at],
        full_v[at, at],
        eq=equations[int(others[0])],
        fit=fit,
        replay=show,
        extra={
            "title": "Linear prediction",
            "categories": categories,
            "equations": equations,
            "base": base,
            "ratio": call.has("rrr"),
        },
    )
    matrices = {"b": equation_matrix(full_b, names), "V": square_matrix(full_v, names)}
    matrices["out"] = equation_matrix(np.array(categories), equations, "r1")
    return Stored("e", scalars, macros, matrices, estimation, sample.rows)
