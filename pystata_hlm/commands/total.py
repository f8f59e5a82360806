"""total: Estimate totals.   total varlist [if] [in] [weight] [, over(varlist) vce(cluster varname) level(#) noheader]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands._means_table import columns_over, over_facts, show
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
    columns = columns_over(names, s.groups, ctx.settings.release < 16)
    if s.groups is not None:
        inside = s.groups.index[:, None] == np.arange(s.groups.size)
        x = (x[:, :, None] * inside[:, None, :]).reshape(len(x), -1)
    z = x * _totals.weight_per_observation(s)[:, None]
    b = (s.counts[:, None] * z).sum(0)
    extra = over_facts(names, s.groups, ctx)
    macros = {"vce": "analytic", "varlist": " ".join(names)}
    _totals.estimate("total", call, s, b, _totals.variance(z, s), columns, extra, ctx, macros)
    return None
