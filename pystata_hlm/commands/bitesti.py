"""bitesti: Binomial probability test from summary statistics.   bitesti #N #succ #p"""

from __future__ import annotations

from pystata_hlm.commands import bitest
from pystata_hlm.commands._immediate import numbers
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("bitesti", klass="r", syntax="anything", allow=set(), unsupported=("detail",))
def run(call: Call, ctx: Context) -> Stored | None:
    given = numbers(call.node.text, ctx)
    if len(given) != 3:
        raise StataError.invalid_syntax()
    n, k, p = given
    if n < 1 or n != int(n):
        raise StataError(198, f"{n:g} invalid number of observations")
    if 0 < k < 1:  # a proportion
        k = float(round(k * n))
    if k < 0 or k > n or k != int(k):
        raise StataError(198, f"{given[1]:g} invalid number of successes")
    if not 0 <= p <= 1:
        raise StataError(198, "#p must be between 0 and 1")
    return bitest.report("", n, k, p, ctx)
