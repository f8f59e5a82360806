"""Linear mixed models with nested and crossed grouping: the engine behind ``mixed``.

    from pystata_hlm.numeric.lmm import Control, Equation, Level, fit_lmm
    levels = (Level("school", school_codes, (Equation(z, "unstructured"),)),)      # top level first
    fit = fit_lmm(y, x, levels, reml=False, residual_groups=None)                  # -> LmmFit

``fit_lmm(y, X, levels, *, reml=False, residual_groups, control, start, weights) -> LmmFit``
    y (n,), X (n, p) of full column rank, levels possibly empty, residual_groups (n,) integer codes of the
    strata of ``residuals(independent, by())`` (numbered in code order) or None, start a vector in the
    metric below (then no EM). ``Equation(ones, factor=codes)`` is R.varname: one effect for each code within the
    level's groups, nested in nothing (crossed.py). weights (n,) count rows, ``Level.weights`` groups: frequencies
    or sampling weights (weights.py), for ML and nested levels.
    Raises the small errors of ``errors.py``: NoObservationsError,
    InsufficientObservationsError, SingularDesignError, PerfectFitError, NotConvergedError, NumericalError.

``LmmFit`` (frozen)
    n, p, reml, beta (p,), vcov_beta (p, p), loglik, loglik_linear (homoskedastic linear regression)
    levels             tuple of LevelFit: name, n_groups, size_min, size_avg, size_max, structures, widths,
                       covariances (one q x q matrix per equation), covariance (block-diagonal),
                       row_group (n,) group index of each row, group_row one row index per group
    residual_variances (S,), residual_codes (S,) stratum codes
    params, natural, vcov_natural          variances and covariances in Stata's order (Param, see spec.py)
    metric_params, metric, vcov_metric     Stata's e(b) metric (lns, atr, lnsig_e, r_lns), same order
    jacobian                               d natural / d metric
    at_boundary        per parameter: a variance at zero, or a correlation left undefined by a singular matrix
    df_fixed, df_random, df_residual, df (all, for information criteria); lr_chi2, lr_df against linear
    optimisation       OptSummary; trace[0] is Stata's "Iteration 0" (after EM), trace[i] "Iteration i"
    robust(cluster=None) -> RobustVcov(beta, metric, natural, full, n_clusters)       ML only
    scores(cluster=None) -> (J, p + k) cluster scores for (beta, metric)
    terms              tuple of TermFit(level, equations, z, row_group, group_row): the groupings, one a level in a
                       nested model; every R.varname is one of its own
    effects            tuple of Effects(values (G, q), standard_errors (G, q), row_group), one a term;
                       random_effects(level), random_effects_se(level) are its parts (reffects, reses)
    linear_prediction(X=None), stdp(X=None), fitted(down_to=None), residuals(down_to=None),
    standardized_residuals(down_to=None)   in the order of the caller's rows
``predict_effects(fit, y, X, levels, residual_groups=None) -> tuple[Effects, ...]``
    BLUPs and their standard errors from other data at the estimates of ``fit``; ``random_part(z, effects)``.
``Resampler(fit).refit(counts, merged=False) -> Refit`` / ``refit_resampled(fit, counts)``
    refits after drawing top-level groups with replacement; group j is ``fit.levels[0]``'s group j (code
    order). A group drawn k times counts as k groups, or with merged=True as one with its rows repeated.

``ResidualSpec(kind, order, time, by)`` with ``fit_lmm(..., residuals=spec)``: residuals correlated within the
    lowest-level groups (residual_shapes.py, panels.py, correlated.py). ``Level(name, groups, ())`` has no random
    effects: it groups rows (a marginal model), and counts. ``fit.correlated`` then holds the structure;
    residual parameters are ``resvar``, ``rescov``, ``rho``, ``phi``, ``theta`` (metric ``r_lns``, ``r_atr``,
    ``r_phi``, ``r_theta``, ``r_logit``), their Param.equation is the stratum. ``fit.residual_covariance(rows)`` is the
    fitted covariance of any estimation rows' residuals, whatever the structure.

Doors: correlated residuals beside crossed effects (the whitened column of a factor meets several of its levels, so
``crossed.crossed_products`` would need its row pattern); small-sample degrees of freedom from ``vcov_metric`` and
the derivatives of X'V^-1X that ``objective`` already forms.
"""

from __future__ import annotations

from .effects import Effects
from .errors import (
    InsufficientObservationsError,
    LmmError,
    NoObservationsError,
    NotConvergedError,
    NotNestedError,
    NumericalError,
    PerfectFitError,
    RestrictedScoresError,
    SingularDesignError,
)
from .fit import LevelFit, LmmFit, TermFit, fit_lmm, predict_effects, random_part
from .inference import RobustVcov, VarianceEstimates
from .optimise import OptSummary
from .resampling import Refit, Resampler, refit_resampled
from .residual_shapes import ResidualSpec
from .spec import STRUCTURES, Control, Equation, Level, Param

__all__ = [
    "STRUCTURES",
    "Control",
    "Effects",
    "Equation",
    "InsufficientObservationsError",
    "Level",
    "LevelFit",
    "LmmError",
    "LmmFit",
    "NoObservationsError",
    "NotConvergedError",
    "NotNestedError",
    "NumericalError",
    "OptSummary",
    "Param",
    "PerfectFitError",
    "Refit",
    "Resampler",
    "ResidualSpec",
    "RestrictedScoresError",
    "RobustVcov",
    "SingularDesignError",
    "TermFit",
    "VarianceEstimates",
    "fit_lmm",
    "predict_effects",
    "random_part",
    "refit_resampled",
]
