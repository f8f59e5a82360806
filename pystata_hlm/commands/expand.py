"""expand: duplicate observations.   expand [=]exp [if] [in] [, generate(newvar)]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import numbers, plural
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import in_mask, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("generate", 3, "newvar"),)


@command("expand", syntax="raw", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    node = parse("assertion", call.text.strip().removeprefix("=").strip())
    options = typed_options(node.clauses.options, OPTIONS, (), ctx)
    data = ctx.data
    value = ctx.evaluate(node.exp)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    sample = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        sample &= in_mask(node.clauses.in_, data.n, ctx)
    wanted = np.trunc(numbers(value, data.n)[0])
    missing = sample & np.isnan(wanted)
    with np.errstate(invalid="ignore"):
        negative = sample & (wanted < 0)
        zero = sample & (wanted == 0)
    for mask, word in ((missing, "missing"), (negative, "negative"), (zero, "zero")):
        if mask.any():
            ctx.say(
                f"({plural(int(mask.sum()), f'{word} count', f'{word} counts')} ignored; observations not deleted)"
            )
    times = np.where(sample & ~missing & ~negative & ~zero, wanted, 1.0)
    if times.sum() > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    times = times.astype(np.int64)
    rows = np.concatenate([np.arange(data.n), np.repeat(np.arange(data.n), times - 1)])
    created = len(rows) - data.n
    first = data.n
    if created:
        data.keep_rows(rows)
        data.sortedby = ()
    ctx.say(f"({plural(created, 'observation', 'observations')} created)")
    if "generate" in options:
        data.add(
            options["generate"], Column.numeric((np.arange(len(rows)) >= first).astype(float), None, "byte")
        )
    return None
