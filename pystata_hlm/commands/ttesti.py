"""ttesti: t tests from summary statistics.   ttesti #obs #mean #sd {#val|#obs2 #mean2 #sd2} [, unequal welch level(#)]"""

from __future__ import annotations

from pystata_hlm.commands import ttest
from pystata_hlm.commands._immediate import combined, numbers, summary
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "ttesti",
    klass="r",
    syntax="anything",
    allow=set(),
    options=(Opt("unequal", 3), Opt("welch", 1), Opt("level", 1, "level")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    given = numbers(call.node.text, ctx)
    level = call.opt("level", ctx.settings.level)
    if len(given) == 4:
        if call.has("unequal") or call.has("welch"):
            raise StataError(198, "options unequal and welch require two samples")
        return ttest.one_sample_of("x", summary(*given[:3]), given[3], ctx, level, "")
    if len(given) != 6:
        raise StataError.invalid_syntax()
    a, b = summary(*given[:3]), summary(*given[3:])
    return ttest.two_sample_of((("x", a), ("y", b)), combined(a, b), "", call, ctx, level)
