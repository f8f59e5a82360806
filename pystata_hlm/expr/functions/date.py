"""Date and time functions ([FN] Date and time functions).

Daily dates count days from 01jan1960; weekly, monthly, quarterly and half-yearly dates count periods from
1960; %tc datetimes count milliseconds from 01jan1960 00:00, %tC ones leap seconds as well. All are vectorised
over numpy's proleptic Gregorian calendar; years outside 100..9999 are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import EMPTY, function
from pystata_hlm.expr.functions.text import decode

EPOCH = np.datetime64("1960-01-01", "D").astype(np.int64)
MS_DAY = 86_400_000.0
_FIRST = float(np.datetime64("0100-01-01", "D").astype(np.int64) - EPOCH)
_LAST = float(np.datetime64("9999-12-31", "D").astype(np.int64) - EPOCH)

# ---------------------------------------------------------------- the calendar


def days(year: Any, month: Any, day: Any) -> Any:
    """Daily date of a civil date (parts truncated); missing when there is no such day."""
    y, m, d = (np.trunc(np.asarray(a, dtype=np.float64)) for a in (year, month, day))
    good = (y >= 100) & (y <= 9999) & (m >= 1) & (m <= 12) & (d >= 1) & (d <= 31)
    y, m, d = (np.where(good, a, b).astype(np.int64) for a, b in ((y, 1960), (m, 1), (d, 1)))
    months = (y - 1970) * 12 + (m - 1)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.where(good & (first + d <= following), first + d - 1 - EPOCH, np.nan)


class Calendar:
    """Year, month (1-12), day of month and day of year of daily dates; NaN where there is no date."""

    def __init__(self, date: Any) -> None:
        whole = np.floor(np.asarray(date, dtype=np.float64))
        self.good = (whole >= _FIRST) & (whole <= _LAST)
        number = np.where(self.good, whole, 0.0).astype(np.int64) + EPOCH
        stamp = number.astype("datetime64[D]")
        months = stamp.astype("datetime64[M]").astype(np.int64)
        years = months // 12
        self._year = years + 1970
        self._month = months - years * 12 + 1
        self._day = number - months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
        self._doy = number - (years * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
        self._number = number - EPOCH

    def _give(self, values: Any) -> Any:
        return np.where(self.good, values, np.nan)

    @property
    def year(self) -> Any:
        return self._give(self._year)

    @property
    def month(self) -> Any:
        return self._give(self._month)

    @property
    def day(self) -> Any:
        return self._give(self._day)

    @property
    def doy(self) -> Any:
        return self._give(self._doy)

    @property
    def week(self) -> Any:
        """Stata's weeks start each year on 1 January; week 52 takes the days that are left."""
        return self._give(np.minimum((self._doy - 1) // 7 + 1, 52))

    @property
    def dow(self) -> Any:
        """0 Sunday ... 6 Saturday; 01jan1960 was a Friday."""
        return self._give((self._number + 5) % 7)


# ---------------------------------------------------------------- parts of a date


@function("mdy", "n n n", "daily date of month, day, year")
def mdy(month: Any, day: Any, year: Any) -> Any:
    return days(year, month, day)


@function("dmy", "n n n", "daily date of day, month, year")
def dmy(day: Any, month: Any, year: Any) -> Any:
    return days(year, month, day)


def _part(name: str, help: str, get: Callable[[Calendar], Any]) -> None:
    function(name, "n", help, family="date")(lambda date: get(Calendar(date)))


_part("year", "year of a daily date", lambda c: c.year)
_part("month", "month of a daily date", lambda c: c.month)
_part("day", "day of the month of a daily date", lambda c: c.day)
_part("week", "week of the year of a daily date", lambda c: c.week)
_part("quarter", "quarter of a daily date", lambda c: np.floor((c.month + 2) / 3))
_part("halfyear", "half of the year of a daily date", lambda c: 1.0 + (c.month > 6) + 0 * c.month)
_part("dow", "day of the week of a daily date, 0 = Sunday", lambda c: c.dow)
_part("doy", "day of the year of a daily date", lambda c: c.doy)
_part("daysinmonth", "number of days of the date's month", lambda c: month_length(c.year, c.month))


def month_start(year: Any, month: Any) -> Any:
    return days(year, month, np.float64(1))


def month_length(year: Any, month: Any) -> Any:
    following = month_start(year + (month == 12), np.where(month == 12, 1, month + 1))
    return following - month_start(year, month)


def leap(year: Any) -> Any:
    leap = ((np.mod(year, 4) == 0) & (np.mod(year, 100) != 0)) | (np.mod(year, 400) == 0)
    return np.where(np.isnan(year), np.nan, leap)


@function("isleapyear", "n", "1 if the year is a leap year")
def isleapyear(year: Any) -> Any:
    return leap(np.trunc(year))


@function("lastdayofmonth", "n", "daily date of the last day of the date's month")
def lastdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    return month_start(c.year, c.month) + month_length(c.year, c.month) - 1


@function("firstdayofmonth", "n", "daily date of the first day of the date's month")
def firstdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    return month_start(c.year, c.month)


# ---------------------------------------------------------------- building periods from parts


def period(per_year: int, year: Any, part: Any) -> Any:
    y, p = np.trunc(year), np.trunc(part)
    good = (y >= 100) & (y <= 9999) & (p >= 1) & (p <= per_year)
    return np.where(good, (y - 1960) * per_year + p - 1, np.nan)


def _builders(name: str, per_year: int, what: str) -> None:
    function(name, "n n", f"{what} date of year and {what} part", family="date")(
        lambda year, part: period(per_year, year, part)
    )


_builders("yw", 52, "weekly")
_builders("ym", 12, "monthly")
_builders("yq", 4, "quarterly")
_builders("yh", 2, "half-yearly")

# ---------------------------------------------------------------- daily dates and the other units


def _of_day(per_year: int) -> Callable[[Any], Any]:
    def convert(date: Any) -> Any:
        c = Calendar(date)
        part = c.week if per_year == 52 else np.floor((c.month - 1) / (12 // per_year)) + 1
        return (c.year - 1960) * per_year + part - 1

    return convert


def _to_day(per_year: int) -> Callable[[Any], Any]:
    def convert(period: Any) -> Any:
        count = np.floor(period)
        year = np.floor(count / per_year) + 1960
        part = count - (year - 1960) * per_year
        if per_year == 52:
            return days(year, np.float64(1), np.float64(1)) + 7 * part
        return days(year, part * (12 // per_year) + 1, np.float64(1))

    return convert


for _letter, _per_year, _what in (
    ("w", 52, "weekly"),
    ("m", 12, "monthly"),
    ("q", 4, "quarterly"),
    ("h", 2, "half-yearly"),
):
    function(f"{_letter}ofd", "n", f"{_what} date of a daily date", family="date")(_of_day(_per_year))
    function(f"dof{_letter}", "n", f"daily date of the first day of a {_what} date", family="date")(
        _to_day(_per_year)
    )


@function("yofd", "n", "year of a daily date")
def yofd(date: Any) -> Any:
    return Calendar(date).year


@function("dofy", "n", "daily date of the first day of a year")
def dofy(year: Any) -> Any:
    return days(year, np.float64(1), np.float64(1))


@function("dofc", "n", "daily date of a datetime")
def dofc(ms: Any) -> Any:
    return np.floor(ms / MS_DAY)


@function("cofd", "n", "datetime of the start of a daily date")
def cofd(date: Any) -> Any:
    return np.floor(date) * MS_DAY


# ---------------------------------------------------------------- times


def leap_seconds() -> Any:
    """%tc counts of the midnights that a leap second comes before, ascending."""
    from pystata_hlm.formats import _leap_midnights

    return np.array(_leap_midnights(), dtype=np.float64)


@function("Cofc", "n", "datetime with leap seconds of one without")
def Cofc(ms: Any) -> Any:
    return np.where(np.isnan(ms), np.nan, ms + 1000.0 * np.searchsorted(leap_seconds(), ms, side="right"))


@function("cofC", "n", "datetime without leap seconds of one with")
def cofC(ms: Any) -> Any:
    midnights = leap_seconds()
    ends = midnights + 1000.0 * np.arange(1, len(midnights) + 1)
    passed = np.searchsorted(ends, ms, side="right")
    plain = ms - 1000.0 * passed
    following = midnights[np.minimum(passed, len(midnights) - 1)]
    inside = (passed < len(midnights)) & (plain >= following)
    return np.where(np.isnan(ms), np.nan, np.where(inside, plain - 1000.0, plain))


@function("dofC", "n", "daily date of a datetime with leap seconds")
def dofC(ms: Any) -> Any:
    return np.floor(cofC(ms) / MS_DAY)


@function("Cofd", "n", "datetime with leap seconds of the start of a daily date")
def Cofd(date: Any) -> Any:
    return Cofc(np.floor(date) * MS_DAY)


@function("hms", "n n n", "milliseconds of hours, minutes, seconds")
def hms(h: Any, m: Any, s: Any) -> Any:
    good = (np.trunc(h) >= 0) & (h < 24) & (np.trunc(m) >= 0) & (m < 60) & (s >= 0) & (s < 60)
    return np.where(good, np.trunc(h) * 3_600_000.0 + np.trunc(m) * 60_000.0 + np.round(s * 1000.0), np.nan)


@function("mdyhms", "n n n n n n", "datetime of month, day, year, hour, minute, second")
def mdyhms(month: Any, day: Any, year: Any, h: Any, m: Any, s: Any) -> Any:
    return days(year, month, day) * MS_DAY + hms(h, m, s)


@function("dhms", "n n n n", "datetime of a daily date, hour, minute, second")
def dhms(date: Any, h: Any, m: Any, s: Any) -> Any:
    return np.floor(date) * MS_DAY + hms(h, m, s)


@function("Cmdyhms", "n n n n n n", "datetime with leap seconds of month, day, year, hour, minute, second")
def Cmdyhms(month: Any, day: Any, year: Any, h: Any, m: Any, s: Any) -> Any:
    return Cofc(mdyhms(month, day, year, h, m, s))


@function("Cdhms", "n n n n", "datetime with leap seconds of a daily date, hour, minute, second")
def Cdhms(date: Any, h: Any, m: Any, s: Any) -> Any:
    return Cofc(dhms(date, h, m, s))


def _time_parts(prefix: str, convert: Callable[[Any], Any]) -> None:
    def of(unit: float, modulo: float) -> Callable[[Any], Any]:
        return lambda ms: np.floor(np.mod(convert(ms), modulo) / unit)

    function(f"hh{prefix}", "n", "hour of a datetime", family="date")(of(3_600_000.0, MS_DAY))
    function(f"mm{prefix}", "n", "minute of a datetime", family="date")(of(60_000.0, 3_600_000.0))
    function(f"ss{prefix}", "n", "second of a datetime, with its fraction", family="date")(
        lambda ms: np.mod(convert(ms), 60_000.0) / 1000.0
    )


_time_parts("", lambda ms: ms)
_time_parts("C", cofC)

for _unit, _size in (("hours", 3_600_000.0), ("minutes", 60_000.0), ("seconds", 1000.0)):
    function(_unit, "n", f"milliseconds in {_unit}", family="date")(lambda ms, size=_size: ms / size)
    function(f"msof{_unit}", "n", f"{_unit} in milliseconds", family="date")(
        lambda x, size=_size: np.round(x * size)
    )

# ---------------------------------------------------------------- durations


def before_anniversary(start: Calendar, end: Calendar, lost_day: str) -> Any:
    """1 when the end's month and day come before the start's; 29 February counts as 28 Feb or 1 Mar."""
    day, month = start.day, start.month
    lost = (month == 2) & (day == 29) & (leap(end.year) == 0)
    if lost_day == "28feb":
        day = np.where(lost, 28, day)
    else:
        month, day = np.where(lost, 3, month), np.where(lost, 1, day)
    return (end.month < month) | ((end.month == month) & (end.day < day))


def leap_day(option: Any) -> str:
    raw = np.asarray(option)
    return decode(raw.item()) if raw.ndim == 0 and raw.item() in (b"28feb", b"feb28", b"28Feb") else "01mar"


@function("age", "n n s?", "whole years from the date of birth d1 to d2")
def age(birth: Any, date: Any, option: Any = EMPTY) -> Any:
    start, end = Calendar(birth), Calendar(date)
    years = end.year - start.year - before_anniversary(start, end, leap_day(option))
    return np.where(np.floor(date) >= np.floor(birth), years, np.nan)


@function("datediff", "n n s s?", "difference d2-d1 in whole years, months or days")
def datediff(first: Any, second: Any, unit: Any, option: Any = EMPTY) -> Any:
    which = decode(np.asarray(unit).item()) if np.asarray(unit).ndim == 0 else ""
    a, b = np.minimum(first, second), np.maximum(first, second)
    sign = np.where(second >= first, 1.0, -1.0)
    start, end = Calendar(a), Calendar(b)
    if which in ("y", "year"):
        return sign * (end.year - start.year - before_anniversary(start, end, leap_day(option)))
    if which in ("m", "mon", "month"):
        months = (end.year - start.year) * 12 + end.month - start.month
        return sign * (months - (end.day < np.minimum(start.day, month_length(end.year, end.month))))
    if which in ("d", "day"):
        return np.floor(second) - np.floor(first)
    raise StataError(198, "invalid unit in datediff()")
