"""count: count observations.   [by:] count [if] [in]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.formats import format_trimmed
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("count", min=3, klass="r", varlist="none", byable="loop")
def run(call: Call, ctx: Context) -> Stored | None:
    n = int(np.count_nonzero(call.sample))
    ctx.say("  " + format_trimmed(float(n), "%12.0gc"))
    return Stored("r", scalars={"N": float(n)})
