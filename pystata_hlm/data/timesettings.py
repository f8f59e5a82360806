"""What ``tsset`` and ``xtset`` declare, kept with the data in the characteristics that Stata's files use.

``_dta[_TStvar]`` time variable, ``_dta[_TSpanel]`` panel variable, ``_dta[_TSdelta]`` period as a hexadecimal
number; ``_dta[tis]`` and ``_dta[iis]`` are the names older releases look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data.dataset import DTA
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset

_CHARS = ("_TStvar", "_TSpanel", "_TSdelta", "_TSitrvl", "tis", "iis")


@dataclass(frozen=True)
class TimeSettings:
    """panel, time: variable names ("" when there is none); delta: one period in units of the time variable."""

    panel: str = ""
    time: str = ""
    delta: float = 1.0

    @property
    def keys(self) -> list[str]:
        return [name for name in (self.panel, self.time) if name]


def time_settings(data: Dataset) -> TimeSettings:
    """The settings in force; names that are no longer there do not count."""
    chars = data.get_chars(DTA)
    panel = chars.get("_TSpanel", "") or chars.get("iis", "")
    time = chars.get("_TStvar", "") or chars.get("tis", "")
    return TimeSettings(
        panel if panel in data else "",
        time if time in data else "",
        _delta(chars.get("_TSdelta", "")),
    )


def _delta(text: str) -> float:
    """``+1.0000000000000X+000``: Stata's hexadecimal format, exponent of two in hexadecimal."""
    mantissa, mark, exponent = text.strip().upper().partition("X")
    try:
        if not mark:
            return float(text) if text.strip() else 1.0
        return float.fromhex(f"{mantissa}p{int(exponent, 16)}")
    except ValueError:
        return 1.0


def _hex(delta: float) -> str:
    mantissa, _, exponent = float(delta).hex().removeprefix("0x").partition("p")
    power = int(exponent)
    return f"+{mantissa}X{'-' if power < 0 else '+'}{abs(power):03x}"


def declare(data: Dataset, settings: TimeSettings) -> None:
    """Keep the settings with the data; empty ones clear them."""
    for name in _CHARS:
        data.set_char(DTA, name, "")
    if settings.time:
        data.set_char(DTA, "_TStvar", settings.time)
        data.set_char(DTA, "_TSdelta", _hex(settings.delta))
        data.set_char(DTA, "_TSitrvl", "1")
        data.set_char(DTA, "tis", settings.time)
    if settings.panel:
        data.set_char(DTA, "_TSpanel", settings.panel)
        data.set_char(DTA, "iis", settings.panel)


def periods(data: Dataset, settings: TimeSettings) -> NDArray[np.float64]:
    """Number of each row's period within the time variable, NaN where it is missing."""
    time = data.column(settings.time).values()
    start = np.nanmin(time) if np.isfinite(time).any() else 0.0
    return np.rint((time - start) / settings.delta)


def row_at(data: Dataset, settings: TimeSettings, lead: int) -> NDArray[np.intp]:
    """Row of the same panel ``lead`` periods later, -1 where there is none.

    Errors: r(111) ``time variable not set``, r(5) when the data are no longer sorted.
    """
    if not settings.time:
        raise StataError(111, "time variable not set")
    if list(data.sortedby[: len(settings.keys)]) != settings.keys:
        raise StataError.not_sorted()
    n = data.n
    if not n:
        return np.zeros(0, dtype=np.intp)
    period = periods(data, settings)
    panel = np.zeros(n)
    known = np.isfinite(period)
    if settings.panel:
        values = data.column(settings.panel).values()
        panel = np.unique(values, return_inverse=True)[1].reshape(-1).astype(float)
        known &= ~np.isnan(values)
    rows = np.flatnonzero(known)
    if not len(rows):
        return np.full(n, -1, dtype=np.intp)
    step = float(np.max(period[rows])) + 1
    key = panel * step + np.where(known, period, 0.0)
    order = rows[np.argsort(key[rows], kind="stable")]
    wanted = period + lead
    inside = known & (wanted >= 0) & (wanted < step)
    target = np.where(inside, panel * step + wanted, -1.0)
    at = np.minimum(np.searchsorted(key[order], target), len(order) - 1)
    hit = inside & (key[order][at] == target)
    return np.where(hit, order[at], -1).astype(np.intp)
