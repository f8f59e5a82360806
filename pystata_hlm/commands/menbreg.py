"""menbreg: multilevel mixed-effects negative binomial regression.   menbreg depvar [indepvars] || level: [varlist] [|| ...] [, options]

Maximum likelihood by adaptive quadrature (``numeric.glmm``); everything else in ``_glmm_estimate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import IRR, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("menbreg", "Mixed-effects nbinomial regression", "nbinomial", "log")


@command("menbreg", **declaration((Opt("exposure", 3, "varname"), Opt("dispersion", 1, "text")), IRR))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
