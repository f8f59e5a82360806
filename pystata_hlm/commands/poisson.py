"""poisson: Poisson regression.   poisson depvar [indepvars] [if] [in] [weight] [, irr exposure(varname) offset(varname) vce()]"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands import _ml_common as common
from pystata_hlm.commands import _ml_models as models
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    *common.DISPLAY,
    Opt("irr", 2),
)


@command(
    "poisson",
    min=4,
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("fweight", "iweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(*_DISPLAY, *common.MODEL, common.OFFSET, Opt("noconstant", 5), common.EXPOSURE),
    unsupported=common.LACKING,
)
def run(call: Call, ctx: Context) -> None:
    models.estimate(call, ctx, "poisson")
