"""Generalised linear mixed models with nested normal random effects, by adaptive quadrature.

from pystata_hlm.numeric import glm, glmm

level = glmm.Level(codes, z, glmm.Structure.of([(2, "unstructured")]))     # from the top down
fit = glmm.fit_glmm(glm.Poisson(y), x, [level], offset=o, points=7)
fit.beta, fit.natural(0), fit.aux, fit.loglik, fit.vcov, fit.optimum.trace, fit.fixed.trace, fit.grid
fit.means[0].values, fit.means[0].se, fit.modes[0].values
"""

from pystata_hlm.numeric.glmm.fit import GRID, GlmmFit, NoStartError, Objective, fit_glmm
from pystata_hlm.numeric.glmm.integrate import METHODS, Integral
from pystata_hlm.numeric.glmm.problem import Level, Problem
from pystata_hlm.numeric.glmm.quadrature import grid
from pystata_hlm.numeric.glmm.structure import Natural, Structure

__all__ = [
    "GRID",
    "METHODS",
    "GlmmFit",
    "Integral",
    "Level",
    "Natural",
    "NoStartError",
    "Objective",
    "Problem",
    "Structure",
    "fit_glmm",
    "grid",
]
