"""nbreg: Negative binomial regression.   nbreg depvar [indepvars] [if] [in] [weight] [, irr exposure() offset() dispersion() vce()]"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands import _ml_common as common
from pystata_hlm.commands import _ml_models as models
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_DISPLAY = (
    *common.DISPLAY,
    Opt("irr", 2),
    Opt("nolrtest", 4),
)


@command(
    "nbreg",
    min=5,
    klass="e",
    varlist="fv",
    byable="loop",
    weights=("fweight", "iweight", "pweight"),
    estimation=True,
    replay_options=tuple(o.name for o in _DISPLAY),
    options=(
        *_DISPLAY,
        *common.MODEL,
        common.OFFSET,
        Opt("noconstant", 5),
        common.EXPOSURE,
        Opt("dispersion", 1, "text"),
    ),
    unsupported=common.LACKING,
)
def run(call: Call, ctx: Context) -> None:
    given = call.opt("dispersion")
    if given is not None:
        word = next((w for w in ("mean", "constant") if given and w.startswith(given)), None)
        if word is None:
            raise StataError(198, "option dispersion() incorrectly specified")
        call.options["dispersion"] = word
    models.estimate(call, ctx, "nbreg")
