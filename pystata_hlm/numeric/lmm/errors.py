"""Errors of the linear mixed model engine; the command translates them to return codes."""

from __future__ import annotations


class LmmError(Exception):
    """Base class of everything this package raises on purpose."""


class NoObservationsError(LmmError):
    """No rows to fit (Stata: r(2000), no observations)."""


class InsufficientObservationsError(LmmError):
    """Not more rows than fixed effects (Stata: r(2001))."""


class SingularDesignError(LmmError):
    """The fixed-effects design is rank deficient; ``column`` is the first dependent column."""

    def __init__(self, column: int) -> None:
        super().__init__(f"column {column} of the fixed-effects design is a combination of earlier columns")
        self.column = column


class PerfectFitError(LmmError):
    """The residual sum of squares is zero: the likelihood is unbounded."""


class NumericalError(LmmError):
    """A factorisation broke down: the random part dwarfs the residual beyond double precision (Stata:
    r(430)).
    """


class NotConvergedError(LmmError):
    """The optimiser ran out of iterations; ``summary`` is its record (OptSummary)."""

    def __init__(self, summary: object) -> None:
        super().__init__("convergence not achieved")
        self.summary = summary


class NotNestedError(LmmError):
    """Top-level groups are not nested within the clusters asked for (Stata: r(459))."""


class RestrictedScoresError(LmmError):
    """Robust covariance asked after REML, which has no cluster scores (Stata refuses it too)."""
