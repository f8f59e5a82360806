"""cii: Confidence intervals from summary statistics.   cii {means|proportions|variances} #obs # [#sd] [, options]"""

from __future__ import annotations

from pystata_hlm.commands import _intervals, ci
from pystata_hlm.commands._immediate import numbers
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command(
    "cii", klass="r", syntax="anything", allow=set(), options=_intervals.OPTIONS, unsupported=("bonett",)
)
def run(call: Call, ctx: Context) -> Stored | None:
    kind, rest = ci.kind_of(call, ctx, False)
    given = numbers(rest, ctx)
    if kind == "means" and len(given) == 2 and not call.has("poisson"):  # old form: #obs #succ
        version = ctx.workspace.version
        if version is None or version >= 14.1:
            raise StataError.invalid_syntax()
        kind = "proportions"
    level = call.opt("level", ctx.settings.level)
    wanted = 3 if kind == "means" and not call.has("poisson") else 2
    if len(given) != wanted:
        raise StataError.invalid_syntax()
    n = given[0]
    if n <= 0 or (n != int(n) and not call.has("poisson")):
        raise StataError(198, f"{n:g} invalid number of observations")
    if kind == "variances":
        variance = given[1] ** 2 if call.has("sd") else given[1]
        if not given[1] > 0:
            raise StataError(411, "nonpositive values encountered")
        line = _intervals.variance_interval("", n, variance, level, call.has("sd"))
    elif kind == "proportions":
        k = given[1]
        if 0 < k < 1:  # a proportion
            k = round(k * n)
        if k < 0 or k > n or k != int(k):
            raise StataError(198, f"{given[1]:g} invalid number of successes")
        line = _intervals.proportion_interval("", n, k, level, _intervals.method_of(call))
    elif call.has("poisson"):
        if given[1] < 0 or given[1] != int(given[1]):
            raise StataError(198, f"{given[1]:g} invalid number of events")
        line = _intervals.poisson_interval("", n, given[1], level)
    else:
        if given[2] < 0:
            raise StataError(198, f"{given[2]:g} invalid standard deviation")
        line = _intervals.mean_interval("", n, given[1], given[2], level)
    return _intervals.show(kind, [line], call, ctx)
