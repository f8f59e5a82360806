"""meglm: multilevel generalized linear model.   meglm depvar [indepvars] || level: [varlist] [|| ...] [, family() link() options]

Families gaussian, bernoulli, binomial, gamma, nbinomial, ordinal, poisson; links identity, log, logit, probit, cloglog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._glmm_estimate import EFORM, IRR, OR, Family, declaration, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

KIND = Family("meglm", "Mixed-effects GLM", "gaussian", "identity")
OWN = (Opt("family", 1, "text"), Opt("link", 1, "name"), Opt("exposure", 3, "varname"))


@command("meglm", **declaration(OWN, (*EFORM, *IRR, *OR)))
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(KIND, call, ctx)
    return None
