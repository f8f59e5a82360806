"""sdtesti: Variance tests from summary statistics.   sdtesti #obs {#mean|.} #sd {#val|#obs2 {#mean2|.} #sd2} [, level(#)]"""

from __future__ import annotations

from pystata_hlm.commands import sdtest
from pystata_hlm.commands._immediate import combined, numbers, summary
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("sdtesti", klass="r", syntax="anything", allow=set(), options=(Opt("level", 1, "level"),))
def run(call: Call, ctx: Context) -> Stored | None:
    given = numbers(call.node.text, ctx, missing=True)
    level = call.opt("level", ctx.settings.level)
    if len(given) == 4:
        if not given[3] > 0:
            raise StataError(198, "standard deviation must be positive")
        return sdtest.one_sample("x", sdtest.checked(summary(*given[:3])), given[3], level, ctx, "")
    if len(given) != 6:
        raise StataError.invalid_syntax()
    a, b = (sdtest.checked(summary(*part)) for part in (given[:3], given[3:]))
    return sdtest.two_sample(("x", a), ("y", b), combined(a, b), "", level, ctx)
