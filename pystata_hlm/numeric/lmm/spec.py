"""What a model is made of: equations, levels and the controls of the optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.intp]
Structure = Literal["independent", "exchangeable", "identity", "unstructured"]
STRUCTURES: tuple[Structure, ...] = ("independent", "exchangeable", "identity", "unstructured")


@dataclass(frozen=True)
class Equation:
    """One ``|| level: varlist, covariance(structure)``: q random effects sharing one covariance matrix.

    z          (n, q) design, the constant included as a column where wanted
    structure  with q = 1 every structure is the same single variance
    factor     (n,) integer codes for ``R.varname``: one effect, independent and of one variance, for each code
               within each group; z is then a column of ones
    """

    z: Array
    structure: Structure = "independent"
    factor: NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        if self.structure not in STRUCTURES:
            raise ValueError(f"unknown covariance structure {self.structure!r}")


@dataclass(frozen=True)
class Level:
    """One grouping level; levels are listed from the top (largest groups) down.

    groups     (n,) integer codes, arbitrary; below the top they are made nested by combining with those above
    equations  random effects of different equations are independent
    weights    (n,) how many times each row's group counts within the group above; constant within groups
    """

    name: str
    groups: NDArray[np.integer]
    equations: tuple[Equation, ...]
    weights: Array | None = None

    @classmethod
    def single(cls, name: str, groups: NDArray[np.integer], z: Array, structure: Structure) -> Level:
        """A level with one equation, the usual case."""
        return cls(name, groups, (Equation(z, structure),))


@dataclass(frozen=True)
class Control:
    """Tolerances of the fit.

    tol       relative gradient: max_i |g_i| max(|tau_i|, 1) / max(|log likelihood|, 1)
    step_tol  Newton decrement g' H^-1 g, in log-likelihood units; both must hold
    max_iter  gradient-based iterations (Stata: iterate())
    em_iter   EM iterations before them (Stata: emiterate(), 20)
    em_tol    relative change of the log likelihood that ends EM early (Stata: emtolerance(), 1e-10)
    log_tol, log_ltol, log_nrtol  when the logged iterations stop (Stata: tolerance(), ltolerance(), nrtolerance();
              None is nonrtolerance); the estimates are the optimum within tol and step_tol in any case
    difficult the logged iterations are those of the trust region (Stata: difficult, another way of stepping where
              the function is not concave)
    strict    raise NotConvergedError; otherwise return where it stopped, ``optimisation.converged`` False
              (Stata: emonly, iterate(#))
    """

    tol: float = 1e-8
    step_tol: float = 1e-12
    max_iter: int = 300
    em_iter: int = 20
    em_tol: float = 1e-10
    log_tol: float = 1e-6
    log_ltol: float = 1e-7
    log_nrtol: float | None = 1e-5
    difficult: bool = False
    strict: bool = True


@dataclass(frozen=True)
class Param:
    """Name-free address of one variance parameter.

    kind      natural metric: ``var``, ``cov``, ``resvar``; estimation metric: ``lns``, ``atr``, ``lnsig_e``,
              ``r_lns`` (log ratio of a stratum's residual sd to the first stratum's)
    level     1 = top level; 0 for the residual
    equation  1-based within the level; 0 for the residual
    i, j      1-based positions of the random effects (i = j for a variance); for the residual, i = stratum.
              identity and exchangeable have one ``var`` (1, 1) and exchangeable one ``cov`` (1, 2)
    """

    kind: str
    level: int
    equation: int
    i: int
    j: int
