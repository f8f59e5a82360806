"""meologit: multilevel mixed-effects ordered logistic regression.   meologit depvar [indepvars] || level: [varlist] [|| ...] [, options]

Maximum likelihood by adaptive quadrature (``numeric.glmm``); everything else in ``_glmm_estimate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import OR, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("meologit", "Mixed-effects ologit regression", "ordinal", "logit")


@command("meologit", **declaration((), OR))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
