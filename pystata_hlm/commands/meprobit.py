"""meprobit: multilevel mixed-effects probit regression.   meprobit depvar [indepvars] || level: [varlist] [|| ...] [, options]

Maximum likelihood by adaptive quadrature (``numeric.glmm``); everything else in ``_glmm_estimate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("meprobit", "Mixed-effects probit regression", "bernoulli", "probit")


@command("meprobit", **declaration((Opt("binomial", 3, "text"),)))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
