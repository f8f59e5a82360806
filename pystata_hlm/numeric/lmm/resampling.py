"""Refits after drawing top-level groups with replacement, from cross-products alone.

A group drawn k times counts as k distinct groups, which is what a cluster bootstrap with new identifiers
does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blocks import resample, top_cross_products, top_strata_rows
from .errors import InsufficientObservationsError, LmmError
from .estimate import reoptimise
from .fit import LmmFit, fixed_effects
from .inference import VarianceEstimates, variance_estimates
from .objective import Objective, factorise_at
from .optimise import OptSummary
from .spec import Array, Control


@dataclass(frozen=True)
class Refit:
    """Estimates from one resample; metric and natural as in LmmFit."""

    n: int
    beta: Array
    vcov_beta: Array
    estimates: VarianceEstimates
    loglik: float
    loglik_linear: float
    n_groups: tuple[int, ...]
    optimisation: OptSummary

    @property
    def metric(self) -> Array:
        return self.estimates.metric

    @property
    def natural(self) -> Array:
        return self.estimates.natural


class Resampler:
    """Holds the cross-products by top-level group, so that each refit costs a few objective evaluations."""

    def __init__(self, fit: LmmFit) -> None:
        if not fit.levels:
            raise LmmError("resampling by group needs a grouping level")
        if fit.arrangement is not None or fit.rows.weights is not None or fit.correlated is not None:
            raise LmmError("resampling by group needs nested levels, independent residuals and no weights")
        self._fit = fit
        self._top_total = top_cross_products(fit.rows, fit.objective.blocks.basis)
        self._strata_rows = top_strata_rows(fit.rows)

    @property
    def n_groups(self) -> int:
        """Top-level groups to draw from; group j is ``fit.levels[0]``'s group j."""
        return self._fit.levels[0].n_groups

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def refit(
        self, counts: NDArray[np.integer], control: Control | None = None, merged: bool = False
    ) -> Refit:
        """Fit the data set in which top-level group j appears counts[j] times.

        A group's copies are groups of their own; with ``merged`` they are one group with its rows repeated
        (what resampling rows by cluster does when the grouping variable is not renumbered).
        """
        counts = np.asarray(counts)
        if counts.shape != (self.n_groups,) or np.any(counts < 0):
            raise ValueError(f"counts must be {self.n_groups} non-negative integers")
        fit = self._fit
        blocks = resample(fit.objective.blocks, self._top_total, self._strata_rows, counts, merged)
        if blocks.n <= blocks.p or np.any(blocks.strata_rows == 0):
            raise InsufficientObservationsError("insufficient observations in the resample")
        objective = Objective(blocks, fit.objective.params, fit.reml)
        summary = reoptimise(objective, fit.state.tau, control or fit.optimisation.control)
        state = factorise_at(blocks, objective.params, summary.final)
        beta, vcov_beta = fixed_effects(objective, state)
        return Refit(
            int(blocks.n),
            beta,
            vcov_beta,
            variance_estimates(objective, state),
            -objective.value_of(state),
            -objective.linear_value(),
            blocks.n_groups,
            summary,
        )

    def refit_draws(self, drawn: NDArray[np.integer], control: Control | None = None) -> Refit:
        """The same from the list of drawn group indices."""
        return self.refit(np.bincount(drawn, minlength=self.n_groups), control)


def refit_resampled(fit: LmmFit, counts: NDArray[np.integer], control: Control | None = None) -> Refit:
    """One refit; for many, keep a Resampler."""
    return Resampler(fit).refit(counts, control)
