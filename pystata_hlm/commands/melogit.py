"""melogit: multilevel mixed-effects logistic regression.   melogit depvar [indepvars] || level: [varlist] [|| ...] [, options]

Maximum likelihood by adaptive quadrature (``numeric.glmm``); everything else in ``_glmm_estimate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import OR, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("melogit", "Mixed-effects logistic regression", "bernoulli", "logit")


@command("melogit", **declaration((Opt("binomial", 3, "text"),), OR))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
