"""mecloglog: multilevel complementary log-log regression.   mecloglog depvar [indepvars] || level: [varlist] [|| ...] [, options]

Maximum likelihood by adaptive quadrature (``numeric.glmm``); everything else in ``_glmm_estimate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import EFORM, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("mecloglog", "Mixed-effects cloglog regression", "bernoulli", "cloglog")


@command("mecloglog", **declaration((Opt("binomial", 3, "text"),), EFORM))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
