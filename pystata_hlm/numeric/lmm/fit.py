"""``fit_lmm`` and its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .blocks import Rows, cross_products, gather_rows, nest
from .correlated import CorrelatedObjective
from .correlated_fit import (
    CorrelatedPart,
    correlated_estimates,
    correlated_scores,
    optimum_correlated,
)
from .crossed import Arrangement
from .crossed_effects import crossed_effects
from .effects import Effects, back_substitute
from .errors import LmmError
from .estimate import best_em_start, optimum
from .inference import (
    RobustVcov,
    VarianceEstimates,
    cluster_scores,
    residual_variance,
    sandwich,
    variance_estimates,
)
from .level_fits import LevelFit, TermFit, callers_order, level_fits, spread_over_levels
from .objective import LevelState, Objective, State, eliminate, factorise_at
from .optimise import OptSummary
from .panels import make_panels
from .parameterise import ParamSet
from .residual_shapes import ResidualSpec
from .spec import Array, Control, Level, Param
from .weights import row_weights


@dataclass(frozen=True)
class LmmFit:
    """A fitted linear mixed model; see the package's docstring for the list of attributes."""

    reml: bool
    beta: Array
    vcov_beta: Array
    loglik: float
    loglik_linear: float
    levels: tuple[LevelFit, ...]
    residual_codes: NDArray[np.integer]
    estimates: VarianceEstimates
    params: tuple[Param, ...]
    metric_params: tuple[Param, ...]
    optimisation: OptSummary
    rows: Rows
    objective: Objective
    state: State
    arrangement: Arrangement | None = None
    correlated: CorrelatedPart | None = None

    # -- sizes -----------------------------------------------------------------------------------
    @property
    def n(self) -> int:
        return self.rows.n

    @property
    def p(self) -> int:
        return int(self.beta.size)

    @property
    def df_fixed(self) -> int:
        return self.p

    @property
    def df_random(self) -> int:
        """Variances and covariances of the random effects."""
        return self.objective.params.n_random

    @property
    def df_residual(self) -> int:
        """Residual variances and, with correlated residuals, the other parameters of theirs."""
        if self.correlated is not None:
            return self.correlated.model.size + 1
        return self.objective.params.n_strata

    @property
    def df(self) -> int:
        """All parameters, for information criteria."""
        return self.df_fixed + self.df_random + self.df_residual

    # -- variance parameters ---------------------------------------------------------------------
    @property
    def natural(self) -> Array:
        return self.estimates.natural

    @property
    def metric(self) -> Array:
        return self.estimates.metric

    @property
    def vcov_natural(self) -> Array:
        return self.estimates.vcov_natural

    @property
    def vcov_metric(self) -> Array:
        return self.estimates.vcov_metric

    @property
    def jacobian(self) -> Array:
        return self.estimates.jacobian

    @property
    def at_boundary(self) -> NDArray[np.bool_]:
        return self.estimates.at_boundary

    @property
    def residual_variances(self) -> Array:
        return self.estimates.residual

    # -- likelihood ratio against the linear model -----------------------------------------------
    @property
    def lr_chi2(self) -> float:
        """2 (ll - ll of the linear regression with one residual variance), not below zero."""
        return max(2.0 * (self.loglik - self.loglik_linear), 0.0)

    @property
    def lr_df(self) -> int:
        """Variance parameters beyond the linear model's one, extra residual strata included."""
        return self.df_random + self.df_residual - 1

    # -- rows ------------------------------------------------------------------------------------
    def linear_prediction(self, x: Array | None = None) -> Array:
        """X beta, of the estimation rows or of a given X."""
        return (self.rows.x if x is None else np.asarray(x, dtype=np.float64)) @ self.beta

    def stdp(self, x: Array | None = None) -> Array:
        """Standard error of X beta."""
        x = self.rows.x if x is None else np.asarray(x, dtype=np.float64)
        return np.sqrt(np.einsum("ij,ij->i", x @ self.vcov_beta, x))

    @cached_property
    def terms(self) -> tuple[TermFit, ...]:
        """Groupings with their effects, in the caller's order; one a level unless R.varname splits it."""
        if self.arrangement is not None:
            return tuple(
                TermFit(t.level, t.equations, t.z, t.groups, t.group_row) for t in self.arrangement.terms
            )
        with_effects = ((k, lv) for k, lv in enumerate(self.levels) if lv.widths)
        return tuple(
            TermFit(k, tuple(range(len(lv.widths))), z, lv.row_group, lv.group_row)
            for z, (k, lv) in zip(self.rows.z, with_effects, strict=True)
        )

    @cached_property
    def effects(self) -> tuple[Effects, ...]:
        """BLUPs and standard errors of every term: of every level, top first, in a nested model."""
        if self.arrangement is not None:
            return _crossed_effects(self, self.arrangement)
        return _back_substitute(self, self.state.levels, self.rows)

    def random_effects(self, level: int) -> Array:
        """(G, q) BLUPs of level 0 (top), 1, ..."""
        return self.effects[level].values

    def random_effects_se(self, level: int) -> Array:
        """(G, q) standard errors: beta known under ML, estimated under REML (Stata's reses)."""
        return self.effects[level].standard_errors

    def fitted(self, down_to: int | None = None) -> Array:
        """X beta + Z u over the levels 0 .. down_to (all by default) for the estimation rows."""
        out = self.linear_prediction()
        for term, effects in zip(self.terms, self.effects, strict=True):
            if down_to is None or term.level <= down_to:
                out += random_part(term.z, effects)
        return out

    def residuals(self, down_to: int | None = None) -> Array:
        """y - fitted."""
        return self.rows.y - self.fitted(down_to)

    def standardized_residuals(self, down_to: int | None = None) -> Array:
        """Residuals over the residual standard deviation of their stratum; correlated ones times the inverse
        square root of their covariance matrix (Stata's rstandard)."""
        if self.correlated is not None:
            spec = self.correlated.spec
            return self.correlated.standardise(
                self.residuals(down_to), self.correlated.groups, spec.time, spec.by
            )
        sd = np.sqrt(self.residual_variances)
        return self.residuals(down_to) / (sd[0] if self.rows.stratum is None else sd[self.rows.stratum])

    def residual_covariance(self, rows: NDArray[np.intp]) -> Array:
        """(k, k) fitted covariance of the residuals of these estimation rows (0-based, the caller's order)."""
        if self.correlated is not None:
            return self.correlated.covariance_of_rows(rows)
        variances = self.residual_variances
        stratum = self.rows.stratum
        return np.diag(np.full(rows.size, variances[0]) if stratum is None else variances[stratum[rows]])

    # -- robust covariance -----------------------------------------------------------------------
    def scores(self, cluster: NDArray[np.integer] | None = None) -> Array:
        """(J, p + k) scores of (beta, metric) by cluster, default the top-level groups."""
        if self.correlated is not None:
            top = self.levels[0].row_group if self.levels else self.correlated.groups
            return correlated_scores(self.correlated, self.rows, top, self.estimates.to_engine, cluster)
        marginal = self.rows.y - self.linear_prediction()
        return cluster_scores(
            self.objective,
            self.state,
            self.rows,
            self.estimates.to_engine,
            marginal,
            self.residuals(),
            cluster,
        )

    def robust(self, cluster: NDArray[np.integer] | None = None, copies: Array | None = None) -> RobustVcov:
        """vce(robust) / vce(cluster): see RobustVcov. copies (J,): the cluster's weight is the number of clusters
        that it stands for (frequency weights)."""
        return sandwich(self.scores(cluster), self.vcov_beta, self.vcov_metric, self.jacobian, copies)


def _back_substitute(fit: LmmFit, levels: Sequence[LevelState], rows: Rows) -> tuple[Effects, ...]:
    basis = fit.objective.blocks.basis
    sigma = float(np.sqrt(residual_variance(fit.objective, fit.state)))
    return back_substitute(
        levels, rows.nesting, fit.state.column_map, basis.z_map, basis.scale, sigma, beta_known=not fit.reml
    )


def _crossed_effects(fit: LmmFit, arrangement: Arrangement) -> tuple[Effects, ...]:
    """Effects of the terms in the caller's order, columns and units."""
    blocks = fit.objective.blocks
    chain_groups = dict(zip(arrangement.chain, fit.rows.nesting.row_group, strict=True))
    if blocks.crossed is None:  # everything is nested after all
        nested = _back_substitute(fit, fit.state.levels, fit.rows)
        found = []
        for t, term in enumerate(arrangement.terms):
            effects, at = nested[arrangement.place(t)], chain_groups[t][term.group_row]
            found.append(Effects(effects.values[at], effects.standard_errors[at], term.groups))
        return tuple(found)
    parts = crossed_effects(
        blocks, fit.state, fit.rows.nesting, fit.state.column_map, beta_known=not fit.reml
    )
    sigma = float(np.sqrt(residual_variance(fit.objective, fit.state)))
    out = []
    for t, term in enumerate(arrangement.terms):
        values, variance = parts[arrangement.place(t)]
        z_map = blocks.basis.z_map[arrangement.place(t)]
        natural = blocks.basis.scale * (z_map @ values)
        spread = np.einsum("ab,bcg,ac->ag", z_map, variance, z_map)
        se = sigma * np.sqrt(np.maximum(spread, 0.0))
        if t in chain_groups:  # the chain numbers its groups in its own order
            at = chain_groups[t][term.group_row]
            natural, se = natural[:, at], se[:, at]
        out.append(Effects(natural.T.copy(), se.T.copy(), term.groups))
    return tuple(out)


def random_part(z: Array, effects: Effects) -> Array:
    """Z u in row order."""
    return np.einsum("ij,ij->i", z, effects.values[effects.row_group])


def predict_effects(
    fit: LmmFit,
    y: Array,
    x: Array,
    levels: Sequence[Level],
    residual_groups: NDArray[np.integer] | None = None,
) -> tuple[Effects, ...]:
    """BLUPs from other data (same columns, any groups) at the estimates of ``fit``.

    Residual strata must be among those of the fit; groups are whatever the codes say.
    """
    if fit.arrangement is not None or fit.correlated is not None:
        raise LmmError("predictions from other data need nested levels and independent residuals")
    rows = gather_rows(y, x, levels, None)
    if fit.rows.stratum is not None:
        if residual_groups is None:
            raise ValueError("the model has residual strata: their codes are needed")
        at = np.searchsorted(fit.residual_codes, residual_groups)
        at = np.minimum(at, fit.residual_codes.size - 1)
        if np.any(fit.residual_codes[at] != residual_groups):
            raise LmmError("residual stratum not in the estimation sample")
        rows = Rows(
            rows.y,
            rows.x,
            rows.z,
            rows.widths,
            rows.structures,
            rows.nesting,
            at.astype(np.intp),
            fit.residual_codes,
        )
    params, basis = fit.objective.params, fit.objective.blocks.basis
    blocks = cross_products(rows, basis)
    states, *_ = eliminate(blocks, params, fit.state.tau)
    return _back_substitute(fit, states, rows)


def fixed_effects(objective: Objective, state: State) -> tuple[Array, Array]:
    """beta and its covariance sigma^2 (X'V^-1X)^-1 in the caller's columns and units."""
    basis = objective.blocks.basis
    beta = basis.x_map @ (basis.shift + basis.scale * state.beta)
    half = basis.x_map @ np.linalg.inv(state.root).T
    return beta, residual_variance(objective, state) * (half @ half.T)


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # trial points may overflow; they are rejected
def fit_lmm(
    y: Array,
    x: Array,
    levels: Sequence[Level],
    *,
    reml: bool = False,
    residual_groups: NDArray[np.integer] | None = None,
    control: Control | None = None,
    start: Array | None = None,
    weights: Array | None = None,
    residuals: ResidualSpec | None = None,
) -> LmmFit:
    """Fit y = X beta + sum_l Z_l u_l + e by maximum (restricted) likelihood.

    y (n,), x (n, p) of full column rank, levels from the top down (may be empty), residual_groups (n,) codes
    of residual strata or None. start: variance parameters in Stata's metric, as in ``LmmFit.metric``; then no
    EM. weights (n,) of the rows within their groups (those of groups are in ``Level``); ML and nested levels
    only. Raises the errors of ``errors.py``.
    """
    control = control or Control()
    if residuals is not None:
        return _fit_correlated(y, x, levels, reml, residuals, control, start, weights)
    if any(not lv.equations for lv in levels):
        return _fit_around_empty(y, x, levels, reml, residual_groups, control, start, weights)
    arrangement = None
    if any(e.factor is not None for lv in levels for e in lv.equations):
        arrangement = Arrangement.of(levels, np.asarray(y).size)
        rows = gather_rows(y, x, arrangement.chain_levels(levels), residual_groups)
        rows = replace(rows, crossed=tuple(arrangement.terms[t] for t in arrangement.crossed))
    else:
        rows = gather_rows(y, x, levels, residual_groups)
    rows = _with_weights(rows, weights, levels, reml)
    blocks = cross_products(rows)
    structures = (*(t.structures for t in rows.crossed), *rows.structures)
    widths = (*(t.widths for t in rows.crossed), *rows.widths)
    params = ParamSet.build(structures, widths, rows.stratum_codes.size)
    objective = Objective(blocks, params, reml)
    weights = np.ones(params.n_strata)
    if start is None:
        matrices, em_iterations = best_em_start(objective, control)
    else:
        begin = np.asarray(start, dtype=np.float64)
        if arrangement is not None:
            begin = begin[np.argsort(arrangement.permutation(params.slices, params.size + 1))]
        matrices, weights = params.from_metric(begin, blocks.basis.z_map)
        em_iterations = 0
    summary = optimum(objective, matrices, weights, control, em_iterations)
    state = factorise_at(blocks, params, summary.final)
    estimates = variance_estimates(objective, state)
    row_groups, named = rows.nesting.row_group, params
    if arrangement is not None:
        estimates, named = callers_order(estimates, params, arrangement, levels)
        row_groups = nest([np.asarray(lv.groups) for lv in levels], rows.n).row_group
    beta, vcov_beta = fixed_effects(objective, state)
    return LmmFit(
        reml=reml,
        beta=beta,
        vcov_beta=vcov_beta,
        loglik=-objective.value_of(state),
        loglik_linear=-objective.linear_value(),
        levels=tuple(level_fits(levels, row_groups, named, estimates)),
        residual_codes=rows.stratum_codes,
        estimates=estimates,
        params=named.params(metric=False),
        metric_params=named.params(metric=True),
        optimisation=summary,
        rows=rows,
        objective=objective,
        state=state,
        arrangement=arrangement,
    )


def _fit_around_empty(
    y: Array,
    x: Array,
    levels: Sequence[Level],
    reml: bool,
    residual_groups: NDArray[np.integer] | None,
    control: Control,
    start: Array | None,
    weights: Array | None,
) -> LmmFit:
    """Levels without random effects only group the rows, for counts and clusters."""
    nested = nest([np.asarray(lv.groups) for lv in levels], np.asarray(y).size).row_group
    kept = [replace(lv, groups=g) for lv, g in zip(levels, nested, strict=True) if lv.equations]
    fit = fit_lmm(
        y,
        x,
        kept,
        reml=reml,
        residual_groups=residual_groups,
        control=control,
        start=start,
        weights=weights,
    )
    if fit.arrangement is not None or fit.rows.weights is not None:
        raise LmmError("levels without random effects need nested levels without weights")
    named, estimates = spread_over_levels(levels, fit.objective.params, fit.estimates)
    return replace(
        fit,
        levels=tuple(level_fits(levels, nested, named, estimates)),
        estimates=estimates,
        params=named.params(metric=False),
        metric_params=named.params(metric=True),
    )


def _fit_correlated(
    y: Array,
    x: Array,
    levels: Sequence[Level],
    reml: bool,
    spec: ResidualSpec,
    control: Control,
    start: Array | None,
    weights: Array | None,
) -> LmmFit:
    """``fit_lmm`` with residuals correlated within the lowest-level groups; without levels, within all rows."""
    if weights is not None or any(lv.weights is not None for lv in levels):
        raise LmmError("weights are not allowed with correlated residuals")
    if start is not None:
        raise LmmError("starting values are not available with correlated residuals")
    if any(e.factor is not None for lv in levels for e in lv.equations):
        raise LmmError("correlated residuals need nested levels")
    n = np.asarray(y).size
    nested = nest([np.asarray(lv.groups) for lv in levels], n).row_group
    lowest = nested[-1] if nested else np.zeros(n, dtype=np.intp)
    kept = [replace(lv, groups=g) for lv, g in zip(levels, nested, strict=True) if lv.equations]
    rows = gather_rows(y, x, kept, None)
    linear = cross_products(rows)  # checks for a perfect fit
    panels = make_panels(lowest, spec)
    rows = replace(rows, nesting=replace(rows.nesting, order=panels.order))
    params = ParamSet.build(rows.structures, rows.widths, 1)
    objective = CorrelatedObjective.make(rows, linear.basis, params, panels, reml)
    summary = optimum_correlated(objective, control)
    at = objective.at(summary.final)
    found, identified = correlated_estimates(objective, at)
    named, estimates = spread_over_levels(levels, params, found)
    beta, vcov_beta = fixed_effects(at.objective, at.state)
    return LmmFit(
        reml=reml,
        beta=beta,
        vcov_beta=vcov_beta,
        loglik=-at.value,
        loglik_linear=-Objective(linear, params, reml).linear_value(),
        levels=tuple(level_fits(levels, nested, named, estimates)),
        residual_codes=panels.model.codes,
        estimates=estimates,
        params=(*named.params(metric=False)[: params.n_random], *panels.model.params(metric=False)),
        metric_params=(*named.params(metric=True)[: params.n_random], *panels.model.params(metric=True)),
        optimisation=summary,
        rows=rows,
        objective=at.objective,
        state=at.state,
        correlated=CorrelatedPart(spec, objective, at, lowest, identified),
    )


def _with_weights(rows: Rows, weights: Array | None, levels: Sequence[Level], reml: bool) -> Rows:
    if weights is None and all(lv.weights is None for lv in levels):
        return rows
    if reml or any(e.factor is not None for lv in levels for e in lv.equations):
        raise LmmError("weights need maximum likelihood and nested levels")
    found = row_weights(weights, [lv.weights for lv in levels], rows.nesting.row_group, rows.n)
    return replace(rows, weights=found)
