"""xtmixed: the older name of mixed.   xtmixed depvar [fe_equation] [|| level: [varlist] [, covariance()]]... [, options]

The same model and estimates; standard deviations and correlations unless option variance, and the log and heading
that it keeps in later releases (case xtmixed_lang_null_blup). As from Stata 12, maximum likelihood by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands.mixed import DECLARATION, estimate
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@command("xtmixed", **DECLARATION)
def run(call: Call, ctx: Context) -> Stored | None:
    estimate(call, ctx)
    return None
