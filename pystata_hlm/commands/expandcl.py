"""expandcl: duplicate clustered observations.   expandcl [=]exp [if] [in], cluster(varlist) generate(newvar)

Every cluster is there as often as the expression says; the new variable tells the copies apart.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.commands._subset import values_in
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "expandcl",
    syntax="anything",
    options=(Opt("cluster", 2, "varlist"), Opt("generate", 3, "newvar")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    text = call.node.text.strip().removeprefix("=").strip()
    if not text:
        raise StataError.invalid_syntax()
    for option in ("cluster", "generate"):
        if not call.has(option):
            raise StataError.option_required(f"{option}()")
    groups = data.groups(list(call.opt("cluster")))
    wanted = np.trunc(values_in(text, ctx, np.ones(data.n, dtype=bool)))
    per_cluster = np.ones(len(groups))
    first = np.full(len(groups), -1)
    rows = np.flatnonzero(call.sample)[::-1]
    first[groups.codes[rows]] = rows
    inside = first >= 0
    per_cluster[inside] = wanted[first[inside]]
    ordered, chosen = groups.codes[call.sample], wanted[call.sample]
    expected = per_cluster[ordered]
    if not np.array_equal(chosen, expected, equal_nan=True):
        raise StataError(198, "expression is not constant within clusters")
    for mask, word in (
        (np.isnan(per_cluster), "missing"),
        (per_cluster < 0, "negative"),
        (per_cluster == 0, "zero"),
    ):
        if mask.any():
            ctx.say(
                f"({plural(int(mask.sum()), f'{word} count', f'{word} counts')} ignored; clusters not deleted)"
            )
    times = np.where(per_cluster >= 1, per_cluster, 1.0)
    if (times[groups.codes]).sum() > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    copies = times.astype(np.int64)[groups.codes]
    before = data.n
    added = np.repeat(np.arange(before), copies - 1)
    offset = np.cumsum(copies - 1) - (copies - 1)
    which = np.arange(len(added)) - np.repeat(offset, copies - 1) + 1  # 1, 2, ...: number of the extra copy
    new_clusters = np.cumsum(times - 1) - (times - 1)  # extra clusters made before this one
    number = np.concatenate(
        [groups.codes + 1.0, len(groups) + new_clusters[groups.codes[added]] + which.astype(float)]
    )
    if len(added):
        data.keep_rows(np.concatenate([np.arange(before), added]))
        data.sortedby = ()
    data.add(call.opt("generate"), Column.numeric(number, None, storage.smallest_type(number)))
    ctx.say(f"({plural(len(added), 'observation', 'observations')} created)")
    return None
