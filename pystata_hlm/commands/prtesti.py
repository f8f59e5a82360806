"""prtesti: Tests of proportions from summary statistics.   prtesti #obs #p #val | prtesti #obs1 #p1 #obs2 #p2 [, level(#) count]"""

from __future__ import annotations

from pystata_hlm.commands import prtest
from pystata_hlm.commands._immediate import numbers
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _share(name: str, n: float, p: float, count: bool) -> prtest.Share:
    if n < 1 or n != int(n):
        raise StataError(198, f"{n:g} invalid number of observations")
    if count:
        if p < 0 or p > n or p != int(p):
            raise StataError(198, f"{p:g} invalid number of successes")
        p = p / n
    if not 0 <= p <= 1:
        raise StataError(198, f"{p:g} invalid proportion")
    return prtest.Share(name, n, p)


@command(
    "prtesti",
    klass="r",
    syntax="anything",
    allow=set(),
    options=(Opt("level", 1, "level"), Opt("count", 1)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    given = numbers(call.node.text, ctx)
    level, count = call.opt("level", ctx.settings.level), call.has("count")
    if len(given) == 3:
        if not 0 < given[2] < 1:
            raise StataError(198, "#p must be between 0 and 1")
        return prtest.one_sample(_share("x", given[0], given[1], count), given[2], level, ctx, "")
    if len(given) != 4:
        raise StataError.invalid_syntax()
    n1, p1, n2, p2 = given
    pair = _share("x", n1, p1, count), _share("y", n2, p2, count)
    return prtest.two_sample(*pair, "", level, ctx)
