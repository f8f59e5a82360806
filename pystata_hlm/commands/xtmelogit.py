"""xtmelogit: the older name of melogit.   xtmelogit depvar [indepvars] || level: [varlist] [|| ...] [, options]

The same model and estimates in the output of its time: a table of random-effects parameters of its own, e(b) in log
standard deviations and inverse hyperbolic tangents of correlations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import LEGACY, LEGACY_DISPLAY, OR, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family(
    "xtmelogit", "Mixed-effects logistic regression", "bernoulli", "logit", legacy=True, sd_default=True
)


@command("xtmelogit", **declaration((Opt("binomial", 3, "text"), *LEGACY), (*OR, *LEGACY_DISPLAY)))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
