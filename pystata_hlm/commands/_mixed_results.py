"""e() of ``mixed``: scalars, macros, matrices and the estimation behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _mixed_residuals as residuals
from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._mixed_model import Model
from pystata_hlm.commands._mixed_show import show
from pystata_hlm.numeric import dist, lmm, ols
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    pass


def metric_names(fitted: lmm.LmmFit, model: Model) -> tuple[str, ...]:
    """Equation names of the variance parameters in e(b): ``lns1_1_1:_cons`` ..."""
    out = []
    for p in fitted.metric_params:
        if p.kind == "lns":
            name = f"lns{p.level}_{p.equation}_{p.i}"
        elif p.kind == "atr":
            name = f"atr{p.level}_{p.equation}_{p.i}_{p.j}"
        else:
            name = residuals.metric_name(p, model)
        out.append(f"{name}:_cons")
    return tuple(out)


def results(
    call: Call, depvar: str, recipe: Any, fitted: lmm.LmmFit, model: Model, rows: np.ndarray
) -> Stored:
    fixed = recipe.widen(fitted.beta)
    vcov_fixed = recipe.widen(fitted.vcov_beta)
    metric, vcov_metric = fitted.metric, fitted.vcov_metric
    model_based = _blocks(vcov_fixed, vcov_metric)
    if model.robust is not None:
        kept = np.concatenate([recipe.kept, len(recipe) + np.arange(len(metric))])
        full = np.zeros_like(model_based)
        full[np.ix_(kept, kept)] = model.robust.full
        vcov = full
    else:
        vcov = model_based
    vcov_fixed = vcov[: len(recipe), : len(recipe)]
    names = (*(f"{depvar}:{name}" for name in recipe.names), *metric_names(fitted, model))
    slopes = np.array([k for k in recipe.kept if recipe.columns[k].name != "_cons"], dtype=np.intp)
    chi2, df_m = (math.nan, 0)
    if len(slopes):
        chi2, df_m = ols.wald(fixed[slopes], vcov_fixed[np.ix_(slopes, slopes)])
    lr_df = fitted.lr_df
    chibar = lr_df == 1 and not model.residual.by and not model.residual.correlated
    chi2_c = fitted.lr_chi2
    p_c = float(dist.chi2tail(lr_df, chi2_c)) if chi2_c > 0 and lr_df else 1.0
    scalars: dict[str, float] = {
        "k": float(len(recipe) + len(metric)),
        "k_f": float(fitted.df_fixed),
        "k_r": float(fitted.df_random + fitted.df_residual),
        "k_rs": float(sum(p.kind in ("var", "resvar") for p in fitted.params)),
        "k_rc": float(sum(p.kind == "cov" for p in fitted.params)),
        "k_res": float(fitted.df_residual),
        "N": float(model.n),
        "nrgroups": float(max(len(model.strata), 1)),
        "ll": fitted.loglik,
        "df_m": float(df_m),
        "chi2": chi2,
        "p": float(dist.chi2tail(df_m, chi2)) if df_m else math.nan,
        "rank": float(fitted.df),
        "ic": float(fitted.optimisation.iterations),
        "rc": 0.0,
        "converged": float(fitted.optimisation.converged),
    }
    if model.levels or model.residual.by or model.residual.correlated:
        scalars |= {"ll_c": fitted.loglik_linear}
        if model.robust is None:
            scalars |= {
                "chi2_c": chi2_c,
                "df_c": float(lr_df),
                "p_c": p_c / 2 if chibar and chi2_c > 0 else p_c,
            }
    macros = {
        "cmdline": call.line,
        "cmd": "xtmixed" if model.legacy else "mixed",
        "title": title_of(model),
        "depvar": depvar,
        "method": "REML" if model.reml else "ML",
        "ivars": " ".join(plan.name for plan in model.levels for _ in plan.parts),
        "revars": " ".join(name for plan in model.levels for name in plan.effects),
        "redim": " ".join(str(len(part.effects)) for plan in model.levels for part in plan.parts),
        "vartypes": " ".join(part.structure.capitalize() for plan in model.levels for part in plan.parts),
        "optmetric": "matsqrt",
        "rstructure": model.residual.kind,
        "rstructlab": model.residual.label,
        "rbyvar": model.residual.by,
        "timevar": model.residual.time,
        "chi2type": "Wald",
        "vce": model.vce.kind if model.vce.kind != "cluster" else "cluster",
        "clustvar": model.vce.cluster,
        "vcetype": "Robust" if model.robust is not None else "",
        "properties": "b V",
        "estat_cmd": "mixed_estat",
        "predict": "mixed_p",
        "marginsok": "XB default",
        "asbalanced": "",
        **model.weights,
    }
    order = fitted.correlated.model.shapes[0].order if fitted.correlated is not None else None
    if order is not None and model.residual.kind in ("ar", "ma", "banded", "toeplitz"):
        scalars[{"ar": "ar_p", "ma": "ma_q"}.get(model.residual.kind, "res_order")] = float(order)
    macros = {name: text for name, text in macros.items() if text}
    if model.n_clusters is not None:
        scalars["N_clust"] = float(model.n_clusters)
    matrices = {
        "b": equation_matrix(np.concatenate([fixed, metric]), names),
        "V": square_matrix(vcov, names),
    }
    if model.robust is not None:
        matrices["V_modelbased"] = square_matrix(model_based, names)
    if fitted.levels:
        cols = tuple(plan.name for plan in model.levels)
        for name, attribute in (
            ("N_g", "n_groups"),
            ("g_min", "size_min"),
            ("g_avg", "size_avg"),
            ("g_max", "size_max"),
        ):
            matrices[name] = StataMatrix.make(
                [[getattr(group, attribute) for group in model.groups]], ("r1",), cols
            )
    estimation = Estimation(
        "mixed",
        depvar,
        recipe,
        fixed,
        vcov_fixed,
        eq=depvar,
        fit=fitted,
        replay=show,
        extra={
            "model": model,
            "title": "Linear prediction, fixed portion",
            "effects": tuple(p.effects for p in model.levels),
        },
    )
    return Stored("e", scalars, macros, matrices, estimation, rows)


def _blocks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros((len(a) + len(b), len(a) + len(b)))
    out[: len(a), : len(a)] = a
    out[len(a) :, len(a) :] = b
    return out


def title_of(model: Model) -> str:
    if model.robust is not None:
        return "Mixed-effects regression"
    return f"Mixed-effects {'REML' if model.reml else 'ML'} regression"
