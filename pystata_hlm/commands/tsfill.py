"""tsfill: fill gaps in time with missing observations.   tsfill [, full]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._timeset import add_periods
from pystata_hlm.data.timesettings import periods, time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("tsfill", varlist="none", allow=set(), options=(Opt("full", 1),))
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    settings = time_settings(data)
    if not settings.time:
        raise StataError(111, "time variable not set, use tsset varname ...")
    if call.has("full") and not settings.panel:
        raise StataError(198, "option full may be used only with panel data")
    period = periods(data, settings)
    groups = data.groups([settings.panel] if settings.panel else [])
    there = ~np.isnan(period)
    if settings.panel:
        there &= ~data.column(settings.panel).is_missing()
    if not there.any():
        return None
    low = np.full(len(groups), np.inf)
    high = np.full(len(groups), -np.inf)
    np.minimum.at(low, groups.codes[there], period[there])
    np.maximum.at(high, groups.codes[there], period[there])
    used = np.isfinite(low)
    if call.has("full"):
        low[used], high[used] = low[used].min(), high[used].max()
    counts = np.where(used, high - low + 1, 0).astype(np.int64)
    if counts.sum() > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    codes = np.repeat(np.arange(len(groups)), counts)
    offset = np.cumsum(counts) - counts
    wanted = np.arange(len(codes)) - np.repeat(offset, counts) + np.repeat(np.where(used, low, 0), counts)
    span = float(period[there].max()) + 1
    absent = ~np.isin(codes * span + wanted, groups.codes[there] * span + period[there])
    add_periods(data, settings, groups.first_rows[codes[absent]], wanted[absent])
    data.sort(settings.keys)
    return None
