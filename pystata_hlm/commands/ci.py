"""ci: Confidence intervals.   ci {means|proportions|variances} [varlist] [if] [in] [weight] [, level(#) ...]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _intervals
from pystata_hlm.commands._intervals import Interval
from pystata_hlm.commands._moments import moments
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

KINDS = (("means", 4), ("proportions", 4), ("variances", 3))


def kind_of(call: Call, ctx: Context, old_form: bool) -> tuple[str, str]:
    """The statistic and the text after it. Before 14.1 there was none: proportions by binomial and its methods."""
    word, _, rest = call.node.text.strip().partition(" ")
    kind = match(word, KINDS)
    version = ctx.workspace.version
    if version is not None and version < 14.1 and (kind is None or old_form):
        binomial = any(call.has(name) for name in ("binomial", *_intervals.METHODS))
        return "proportions" if binomial else "means", call.node.text
    if call.has("binomial"):
        raise StataError.option_not_allowed("binomial")
    if kind is None:
        raise StataError(198, f"invalid '{word}' " if word else "invalid syntax")
    _intervals.check_options(kind, call)
    return kind, rest


def interval(kind: str, name: str, used: np.ndarray, call: Call, ctx: Context, level: float) -> Interval:
    x = ctx.data.column(name).values()[used]
    w = None if call.weight is None else call.weight.values[used]
    if kind == "proportions":
        if not np.isin(x, (0.0, 1.0)).all():
            raise StataError(198, f"{name} must be a 0/1 variable")
        n = float(x.size if w is None else w.sum())
        k = float(x.sum() if w is None else (w * x).sum())
        return _intervals.proportion_interval(name, n, k, level, _intervals.method_of(call))
    m = moments(x, call.weight, w)
    if kind == "variances":
        return _intervals.variance_interval(name, m.n, m.var, level, call.has("sd"))
    if not call.has("poisson"):
        return _intervals.mean_interval(name, m.n, m.mean, m.sd, level)
    exposure = m.n
    if call.opt("exposure"):
        e = ctx.data.values(call.options["exposure"])[used]
        exposure = float(e.sum() if w is None else (w * e).sum())
    if (x < 0).any() or (x != np.floor(x)).any():
        raise StataError(459, f"{name} must be a nonnegative integer variable")
    return _intervals.poisson_interval(name, exposure, m.mean * m.n, level)


@command(
    "ci",
    klass="r",
    syntax="anything",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(*_intervals.OPTIONS, Opt("exposure", 3, "varname"), Opt("separator", 3, "int", 5)),
    unsupported=("bonett", "total"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    kind, rest = kind_of(call, ctx, call.node.text.strip().partition(" ")[0] in ctx.data)
    if call.has("exposure") and not call.has("poisson"):
        raise StataError(198, "option exposure() requires option poisson")
    names = expand_varlist(
        ctx.data, parse("varlist", rest.strip() or "_all"), varabbrev=ctx.settings.varabbrev
    )
    level = call.opt("level", ctx.settings.level)
    lines: list[Interval] = []
    for name in names:
        if ctx.data.column(name).is_string:
            if rest.strip():
                raise StataError.type_mismatch()
            continue
        used = call.sample & ~np.isnan(ctx.data.values(name))
        if call.has("exposure"):
            used &= ~np.isnan(ctx.data.values(call.options["exposure"]))
        lines.append(interval(kind, name, used, call, ctx, level))
    if not lines:
        raise StataError.varlist_required()
    return _intervals.show(kind, lines, call, ctx, call.opt("separator", 5))
