"""assert: Check that an expression is true.   assert exp [if] [in] [, rc0 fast]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import truth
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "assert",
    min=3,
    syntax="assertion",
    varlist="none",
    byable="loop",
    allow={"if", "in", "exp"},
    options=(Opt("rc0", 3), Opt("fast", 1)),
    unsupported=("null:1",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.exp is None:
        raise StataError(100, "expression required")
    outcome = np.asarray(truth(ctx.evaluate(call.exp)))
    if outcome.ndim == 0:
        checked, wrong = 1, int(not bool(outcome))
        if not wrong:
            return None
        if ctx.data.n == 0 or not call.restricted:
            raise StataError(9, "assertion is false")
        checked = int(call.sample.sum())
        wrong = checked
    else:
        checked = int(call.sample.sum())
        wrong = int((call.sample & ~outcome).sum())
    if wrong == 0 or checked == 0:
        return None
    if call.has("fast"):
        if call.has("rc0"):
            return None
        raise StataError(9, "assertion is false")
    ctx.say(
        f"{wrong:,} {'contradiction' if wrong == 1 else 'contradictions'} in {checked:,} "
        f"{'observation' if checked == 1 else 'observations'}",
        "error",
    )
    if call.has("rc0"):
        return None
    raise StataError(9, "assertion is false")
