"""e() of the generalised mixed commands. e(b): fixed effects, then free parameters ``/cut1``, ``/lnalpha``,
``/var(_cons[id])``; of meqrlogit and its kin the log standard deviations ``lns1_1_1`` and ``atr1_1_1_2``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.numeric import dist, ols
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored

if TYPE_CHECKING:
    from pystata_hlm.commands._glmm_model import GlmmModel
    from pystata_hlm.numeric import glmm
    from pystata_hlm.runtime.spec import Call


@dataclass(frozen=True)
class Reported:
    """Parameters as e(b) has them after the fixed effects: names, values, and d reported / d engine's parameters."""

    names: tuple[str, ...]
    values: np.ndarray
    jacobian: np.ndarray


def reported_parameters(fit: glmm.GlmmFit, model: GlmmModel) -> Reported:
    """Auxiliary parameters (a Gaussian's variance last), then variances and covariances."""
    p, stop, size = fit.problem.p, fit.problem.n_index, fit.problem.size
    natural = np.arange(p, stop)
    aux = np.arange(stop, size)
    gaussian = model.outcome.family == "gaussian"
    order = np.concatenate([natural, aux]) if gaussian else np.concatenate([aux, natural])
    names = [f"/:{name}" for name in model.natural_names()]
    extra = [f"/:{name}" for name in model.aux_names]
    values = fit.theta.copy()
    jacobian = np.eye(size)
    if gaussian:
        values[stop] = math.exp(values[stop])
        jacobian[stop, stop] = values[stop]
    names = [*names, *extra] if gaussian else [*extra, *names]
    if model.legacy:
        names = legacy_metric(fit, model, values, jacobian)
    return Reported(tuple(names), values[order], jacobian[order])


def legacy_metric(fit: glmm.GlmmFit, model: GlmmModel, values: np.ndarray, jacobian: np.ndarray) -> list[str]:
    """Log standard deviations and inverse hyperbolic tangents of correlations, in place; their names."""
    names = []
    k = fit.problem.p
    for depth, plan in enumerate(model.levels, 1):
        for number, part in enumerate(plan.parts, 1):
            from pystata_hlm.commands._glmm_model import reported

            entries = reported(len(part.effects), part.structure)
            place = {ij: k + n for n, ij in enumerate(entries)}
            natural = fit.theta
            for (i, j), at in place.items():
                if i == j:
                    jacobian[at, at] = 0.5 / natural[at]
                    values[at] = 0.5 * math.log(natural[at])
                    names.append(f"lns{depth}_{number}_{i + 1}:_cons")
                    continue
                first = place.get((j, j), place[0, 0])
                second = place.get((i, i), place[0, 0])
                vi, vj = natural[first], natural[second]
                r = natural[at] / math.sqrt(vi * vj)
                values[at] = math.atanh(r)
                slope = 1 / (1 - r * r)
                jacobian[at, at] = slope / math.sqrt(vi * vj)
                jacobian[at, first] -= slope * 0.5 * r / vi
                jacobian[at, second] -= slope * 0.5 * r / vj
                names.append(f"atr{depth}_{number}_{j + 1}_{i + 1}:_cons")
            k += len(entries)
    return names


def results(
    call: Call,
    depvar: str,
    recipe: Any,
    fit: glmm.GlmmFit,
    model: GlmmModel,
    robust: np.ndarray | None,
    rows: np.ndarray,
) -> Stored:
    from pystata_hlm.commands._glmm_show import show

    p = fit.problem.p
    rest = reported_parameters(fit, model)
    change = np.concatenate([np.eye(fit.problem.size)[:p], rest.jacobian])
    kept = np.concatenate([recipe.kept, len(recipe) + np.arange(len(rest.names))]).astype(np.intp)

    def widened(v: np.ndarray) -> np.ndarray:
        out = np.zeros((len(recipe) + len(rest.names),) * 2)
        out[np.ix_(kept, kept)] = change @ v @ change.T
        return out

    model_based = widened(fit.vcov)
    vcov = model_based if robust is None else widened(robust)
    fixed = recipe.widen(fit.beta)
    vcov_fixed = vcov[: len(recipe), : len(recipe)]
    names = (*(f"{depvar}:{name}" for name in recipe.names), *rest.names)
    slopes = np.array([k for k in recipe.kept if recipe.columns[k].name != "_cons"], dtype=np.intp)
    chi2, df_m = math.nan, 0
    if len(slopes):
        chi2, df_m = ols.wald(fixed[slopes], vcov_fixed[np.ix_(slopes, slopes)])
    variances = sum(name.startswith("var(") for name in model.natural_names())
    covariances = len(model.natural_names()) - variances
    chi2_c = max(2 * (fit.loglik - fit.fixed.loglik), 0.0)
    df_c = variances + covariances
    tail = float(dist.chi2tail(df_c, chi2_c)) if chi2_c > 0 else 1.0
    k_r = len(rest.names)
    scalars: dict[str, float] = {
        "N": model.n_obs,
        "k": float(len(names)),
        "k_dv": 1.0,
        "k_eq": float(1 + k_r),
        "k_eq_model": 1.0,
        "k_f": float(p),
        "k_r": float(df_c),
        "k_rs": float(variances),
        "k_rc": float(covariances),
        "df_m": float(df_m),
        "ll": fit.loglik,
        "chi2": chi2,
        "p": float(dist.chi2tail(df_m, chi2)) if df_m else math.nan,
        "ll_c": fit.fixed.loglik,
        "rank": float(np.linalg.matrix_rank(fit.vcov, hermitian=True)) if fit.problem.size else 0.0,
        "ic": float(fit.optimum.iterations),
        "rc": 0.0 if fit.converged else 430.0,
        "converged": float(fit.converged),
    }
    scalars["rank"] = float(p + k_r - int(fit.boundary.sum()))
    if model.categories:
        scalars["k_cat"] = float(len(model.categories))
    if robust is None:
        scalars |= {
            "chi2_c": chi2_c,
            "df_c": float(df_c),
            "p_c": tail / 2 if df_c == 1 and chi2_c > 0 else tail,
        }
    if model.n_clusters is not None:
        scalars["N_clust"] = float(model.n_clusters)
    if model.legacy:
        scalars["n_quad"] = float(model.points)
    macros = macros_of(call, depvar, model, robust is not None)
    matrices = {
        "b": equation_matrix(np.concatenate([fixed, rest.values]), names),
        "V": square_matrix(vcov, names),
    }
    if robust is not None:
        matrices["V_modelbased"] = square_matrix(model_based, names)
    if model.categories:
        matrices["cat"] = StataMatrix.make([list(model.categories)], ("r1",))
    cols = tuple(model.path(k) for k in range(len(model.levels)))
    counts = [level.n_groups for level in fit.problem.levels]
    matrices["N_g"] = StataMatrix.make([counts], ("r1",), cols)
    for position, name in enumerate(("g_min", "g_avg", "g_max")):
        matrices[name] = StataMatrix.make([[sizes[position] for sizes in model.sizes]], ("r1",), cols)
    engine_vcov = fit.vcov if robust is None else robust
    estimation = Estimation(
        macros["cmd"],
        depvar,
        recipe,
        fixed,
        vcov_fixed,
        eq=depvar,
        fit=fit,
        replay=show,
        extra={"model": model, "title": "Linear prediction, fixed portion", "engine_vcov": engine_vcov},
    )
    return Stored("e", scalars, macros, matrices, estimation, rows)


def macros_of(call: Call, depvar: str, model: GlmmModel, robust: bool) -> dict[str, str]:
    outcome = model.outcome
    offset = f"ln({model.exposure})" if model.exposure else model.offset
    macros = {
        "cmd": model.command if model.legacy else "meglm",
        "cmd2": "" if model.legacy or model.command == "meglm" else model.command,
        "cmdline": call.line,
        "depvar": depvar,
        "wtype": call.weight.kind if call.weight is not None else "",
        "wexp": f"= {call.weight.exp}" if call.weight is not None else "",
        "ivars": " ".join(plan.name for plan in model.levels),
        "revars": " ".join(name for plan in model.levels for name in plan.effects),
        "model": outcome.model,
        "title": model.title,
        "link": outcome.link,
        "family": outcome.family,
        "binomial": outcome.trials,
        "dispersion": ("constant" if outcome.constant else "mean") if outcome.family == "nbinomial" else "",
        "offset": offset,
        "intmethod": model.method,
        "n_quad": "" if model.legacy else str(model.points),
        "clustvar": model.vce.cluster if robust else "",
        "chi2type": "Wald",
        "vce": model.vce.kind,
        "vcetype": "Robust" if robust else "",
        "opt": "moptimize",
        "which": "max",
        "ml_method": "d2",
        "technique": "nr",
        "properties": "b V",
        "estat_cmd": "meglm_estat",
        "predict": "meglm_p",
        "marginsok": "default",
    }
    if model.legacy:
        macros |= {
            "redim": " ".join(str(len(part.effects)) for plan in model.levels for part in plan.parts),
            "vartypes": " ".join(part.structure.capitalize() for plan in model.levels for part in plan.parts),
            "laplace": "laplace" if model.method == "laplace" else "",
        }
    return {name: text for name, text in macros.items() if text}
