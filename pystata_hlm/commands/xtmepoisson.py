"""xtmepoisson: the older name of mepoisson.   xtmepoisson depvar [indepvars] || level: [varlist] [|| ...] [, options]

The same model and estimates in the output of its time: a table of random-effects parameters of its own, e(b) in log
standard deviations and inverse hyperbolic tangents of correlations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import IRR, LEGACY, LEGACY_DISPLAY, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family(
    "xtmepoisson", "Mixed-effects Poisson regression", "poisson", "log", legacy=True, sd_default=True
)


@command("xtmepoisson", **declaration((Opt("exposure", 3, "varname"), *LEGACY), (*IRR, *LEGACY_DISPLAY)))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
