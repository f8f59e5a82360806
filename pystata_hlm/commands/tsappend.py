"""tsappend: add observations to a time series.   tsappend, {add(#) | last(date|clock) tsfmt(string)} [panel(panel_id)]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._subset import number_in
from pystata_hlm.commands._timeset import add_periods
from pystata_hlm.data.timesettings import periods, time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_FORMATS = ("tc", "tC", "td", "tw", "tm", "tq", "th", "ty", "tg")


@command(
    "tsappend",
    varlist="none",
    allow=set(),
    options=(
        Opt("add", 1, "int"),
        Opt("last", 1, "string"),
        Opt("tsfmt", 1, "string"),
        Opt("panel", 1, "text"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    settings = time_settings(data)
    if not settings.time:
        raise StataError(111, "time variable not set, use tsset varname ...")
    if call.has("add") == call.has("last"):
        raise StataError(198, "must specify either add() or last() and tsfmt()")
    if call.has("last") != call.has("tsfmt"):
        raise StataError(198, "last() and tsfmt() must be specified together")
    if call.has("panel") and not settings.panel:
        raise StataError(198, "panel() may be specified only with panel data")
    groups = data.groups([settings.panel] if settings.panel else [])
    chosen = np.ones(len(groups), dtype=bool)
    if settings.panel:
        ids = data.values(settings.panel)[groups.first_rows]
        chosen = ~np.isnan(ids)
        if call.has("panel"):
            chosen = ids == number_in(call.opt("panel"), ctx)
            if not chosen.any():
                raise StataError(459, f"panel {call.opt('panel')} not found")
    period = periods(data, settings)
    there = ~np.isnan(period)
    high = np.full(len(groups), -np.inf)
    np.maximum.at(high, groups.codes[there], period[there])
    chosen &= np.isfinite(high)
    if call.has("add"):
        if call.opt("add") < 1:
            raise StataError(198, "add() must be a positive integer")
        stop = high + call.opt("add")
    else:
        stop = np.full(len(groups), _last(call, ctx))
    more = np.where(chosen, np.maximum(stop - high, 0), 0).astype(np.int64)
    if data.n + more.sum() > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    codes = np.repeat(np.arange(len(groups)), more)
    offset = np.cumsum(more) - more
    wanted = np.repeat(np.where(chosen, high, 0), more) + np.arange(len(codes)) - np.repeat(offset, more) + 1
    add_periods(data, settings, groups.first_rows[codes], wanted)
    data.sort(settings.keys)
    return None


def _last(call: Call, ctx: Context) -> float:
    """The period of ``last()``: a date read by the function that ``tsfmt()`` names."""
    word = call.opt("tsfmt").strip().removeprefix("%")
    if word not in _FORMATS:
        raise StataError(198, f"tsfmt({call.opt('tsfmt')}) invalid")
    text = call.opt("last").strip()
    value = number_in(text if word in ("ty", "tg") else f"{word}({text})", ctx)
    data, settings = ctx.data, time_settings(ctx.data)
    return float(np.rint((value - np.nanmin(data.values(settings.time))) / settings.delta))
