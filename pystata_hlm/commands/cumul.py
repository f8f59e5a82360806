"""cumul: Cumulative distribution.   cumul varname [if] [in] [weight], generate(newvar) [freq equal]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def cumulative(x: np.ndarray, w: np.ndarray, equal: bool) -> np.ndarray:
    """Running sum of the weights in the order of x; ``equal`` gives ties the sum at the last of them."""
    order = np.argsort(x, kind="stable")
    running = np.cumsum(w[order])
    if equal:
        ordered = x[order]
        running = running[np.searchsorted(ordered, ordered, side="right") - 1]
    out = np.empty(len(x))
    out[order] = running
    return out


@command(
    "cumul",
    varlist="required",
    max_vars=1,
    weights=("fweight", "aweight"),
    options=(Opt("generate", 1, "name"), Opt("freq", 1), Opt("equal", 2), Opt("by", 0, "varlist")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    name = call.varlist[0]
    if not call.has("generate"):
        raise StataError(198, "option generate() required")
    new = check(call.options["generate"])
    if new in ctx.data:
        raise StataError(110, f"variable {new} already defined")
    if ctx.data.column(name).is_string:
        raise StataError.type_mismatch()
    x = ctx.data.values(name)
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    w = np.ones(ctx.data.n) if call.weight is None else call.weight.values
    out = np.full(ctx.data.n, np.nan)
    by = list(call.opt("by", ()))
    codes = ctx.data.groups(by, used).codes if by else np.zeros(ctx.data.n, dtype=np.intp)
    for group in np.unique(codes[used]).tolist():  # groups of by()
        rows = np.flatnonzero(used & (codes == group))
        sums = cumulative(x[rows], w[rows], call.has("equal"))
        out[rows] = sums if call.has("freq") else sums / w[rows].sum()
    label = f"ECDF of {name}"
    ctx.data.add(new, Column.numeric(out, None, "float" if not call.has("freq") else "double", label=label))
    return None
