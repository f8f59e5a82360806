"""Selecting time spans: tin() and twithin(), by the settings of ``tsset`` ([FN] Selecting time-span functions)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pystata_hlm.data.timesettings import time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions import date_text  # noqa: F401  (fills the table)
from pystata_hlm.expr.functions.registry import FUNCTIONS, function

# unit of the time variable's format: function that reads its dates, and the order of their parts
_READERS = {
    "d": ("date", b"DMY"),
    "w": ("weekly", b"YW"),
    "m": ("monthly", b"YM"),
    "q": ("quarterly", b"YQ"),
    "h": ("halfyearly", b"YH"),
    "y": ("yearly", b"Y"),
    "c": ("clock", b"DMYhms"),
    "C": ("Clock", b"DMYhms"),
}


def _bound(text: Any, fmt: str, default: float) -> float:
    """A date as the time variable's format would show it; ``default`` when nothing is given."""
    raw = bytes(np.asarray(text).item()).strip()
    if not raw:
        return default
    unit = re.match(r"%-?t([cCdwmqhy])", fmt)
    try:
        return float(raw)
    except ValueError:
        pass
    if unit is None:
        raise StataError(198, f"{raw.decode('utf-8', 'replace')} invalid date")
    reader, mask = _READERS[unit[1]]
    value = float(FUNCTIONS[reader].run(np.asarray(raw), np.asarray(mask)))
    if value != value:
        raise StataError(198, f"{raw.decode('utf-8', 'replace')} invalid date")
    return value


def _time(env: Any) -> tuple[Any, str]:
    settings = time_settings(env.data) if env.data is not None else None
    if settings is None or not settings.time:
        raise StataError(111, "time variable not set, use tsset varname ...")
    return env.column(settings.time).floats(), env.data.column(settings.time).format


@function("tin", "s s", "1 if first <= time <= last", family="date", missing="own", env=True)
def tin(env: Any, first: Any, last: Any) -> Any:
    time, fmt = _time(env)
    low, high = _bound(first, fmt, -np.inf), _bound(last, fmt, np.inf)
    return ((time >= low) & (time <= high)).astype(np.float64)


@function("twithin", "s s", "1 if first < time < last", family="date", missing="own", env=True)
def twithin(env: Any, first: Any, last: Any) -> Any:
    time, fmt = _time(env)
    low, high = _bound(first, fmt, -np.inf), _bound(last, fmt, np.inf)
    return ((time > low) & (time < high)).astype(np.float64)
