"""What ``drop`` and ``keep`` share."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call


def select(call: Call, ctx: Context, keep: bool) -> None:
    """Drop (keep) the variables named, or the observations of the sample."""
    rows = call.restricted
    if rows == bool(call.terms):  # variables and a condition together, or neither
        raise StataError.invalid_syntax()
    if rows:
        kept = call.sample if keep else np.logical_not(call.sample)
        before = ctx.data.n
        left = ctx.data.keep_rows(kept)
        ctx.say(f"({plural(before - left, 'observation', 'observations')} deleted)")
        return
    if call.by is not None:
        raise StataError.invalid_syntax()
    from pystata_hlm.design.varlist import expand_varlist

    everything = len(call.terms) == 1 and getattr(call.terms[0], "text", "") in ("_all", "*")
    names = (
        list(ctx.data.names)
        if everything
        else list(expand_varlist(ctx.data, call.terms, varabbrev=ctx.settings.varabbrev))
    )
    if keep:
        ctx.data.keep(names)
    else:
        ctx.data.drop(names)
