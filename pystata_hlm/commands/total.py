"""total: Estimate totals.   total varlist [if] [in] [weight] [, over(varname) level(#) noheader]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands.mean import blocks_over, show
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command(
    "total",
    klass="e",
    varlist="required",
    weights=_totals.WEIGHTS,
    estimation=True,
    replay_options=("level", "noheader"),
    options=_totals.OPTIONS,
    unsupported=_totals.UNSUPPORTED,
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    names = call.varlist
    s = _totals.sample(names, call, ctx)
    x = np.column_stack([_totals.values(name, s, ctx) for name in names])
    levels: tuple[str, ...] = ()
    columns = names
    if s.groups is not None:
        inside = s.groups.index[:, None] == np.arange(s.groups.size)
        x = (x[:, :, None] * inside[:, None, :]).reshape(len(x), -1)
        levels = s.groups.texts
        columns = tuple(
            f"c.{name}@{mark}.{s.groups.name}" for name in names for mark in _totals.marks(s.groups)
        )
    z = x * _totals.weight_per_observation(s)[:, None]
    b = (s.counts[:, None] * z).sum(0)
    extra = {"blocks": blocks_over(names, "" if s.groups is None else s.groups.name, levels)}
    macros = {"vce": "analytic", "varlist": " ".join(names)}
    _totals.estimate("total", call, s, b, _totals.linearized(z, s), columns, extra, ctx, macros)
    return None
