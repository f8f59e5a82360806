"""bsample: sampling with replacement.   bsample [exp] [if] [in] [, strata(varlist) cluster(varlist) idcluster(newvar) weight(varname)]"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pystata_hlm.commands._resampling import Plan, make_plan
from pystata_hlm.commands._subset import values_in
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _sizes(plan: Plan, strata: tuple[str, ...], cluster: bool, call: Call, ctx: Context) -> tuple[int, ...]:
    """Draws wanted in each stratum; the expression is read within strata (``_N`` is the stratum's size)."""
    text = call.node.text.strip()
    groups = ctx.data.groups(list(strata))
    counts = np.bincount(plan.unit_stratum, minlength=len(groups))
    if not text:
        return tuple(counts.tolist())
    values = values_in(text, ctx, np.ones(ctx.data.n, dtype=bool), groups if strata else None)
    wanted = values[groups.first_rows]
    if (values != wanted[groups.codes]).any():
        raise StataError(198, "resample size must be constant" + (" within strata" if strata else ""))
    if not np.isfinite(wanted).all() or (wanted < 1).any():
        raise StataError(498, "resample size must be greater than zero")
    if (np.floor(wanted) > counts).any():
        unit = "clusters" if cluster else "observations"
        raise StataError(
            498,
            f"resample size must not be greater than number of {unit}" + (" within strata" if strata else ""),
        )
    return tuple(np.floor(wanted).astype(int).tolist())


def _weights(name: str, plan: Plan, drawn: np.ndarray, base: Dataset, sample: np.ndarray) -> None:
    """The weight variable counts how often each row was drawn; 0 outside the sample."""
    times = np.bincount(drawn, minlength=plan.n_units)
    values = np.zeros(base.n)
    values[sample] = times[plan.unit_of_row]
    old = base.column(name)
    stype = storage.promote(old.stype, values)
    base.set_column(name, old.with_(data=Column.numeric(values, None, stype).data, stype=stype))


@command(
    "bsample",
    syntax="anything",
    options=(
        Opt("strata", 3, "varlist"),
        Opt("cluster", 2, "varlist"),
        Opt("idcluster", 2, "newvar"),
        Opt("weight", 1, "varname"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    cluster, strata = tuple(call.opt("cluster", ())), tuple(call.opt("strata", ()))
    if call.has("idcluster") and not cluster:
        raise StataError(198, "option idcluster() requires option cluster()")
    if call.has("weight"):
        if call.has("idcluster"):
            raise StataError(198, "options idcluster() and weight() may not be combined")
        if data.column(call.opt("weight")).is_string:
            raise StataError.type_mismatch()
    used = np.array(call.sample)
    if not used.any():
        raise StataError.no_observations()
    part = data.copy()
    part.keep_rows(used)
    ctx.data = part
    try:
        plan = make_plan(part, cluster, strata, None)
        plan = replace(plan, sizes=_sizes(plan, strata, bool(cluster), call, ctx))
    finally:
        ctx.data = data
    drawn = plan.draw(ctx.rng)
    if call.has("weight"):
        _weights(call.opt("weight"), plan, drawn, data, used)
        return None
    data.keep_rows(used)
    rows, copies = plan.rows(drawn)
    data.keep_rows(rows)
    data.sortedby = ()
    if call.has("idcluster"):
        numbers = copies + 1.0
        data.add(call.opt("idcluster"), Column.numeric(numbers, None, storage.smallest_type(numbers)))
    return None
