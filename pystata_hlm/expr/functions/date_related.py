"""Related dates: birthdays, days of the week, leap years, differences with their fraction, parts by name."""

from __future__ import annotations

import datetime as clock_now
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.date import (
    MS_DAY,
    Calendar,
    before_anniversary,
    cofC,
    days,
    hms,
    leap,
    leap_day,
    leap_seconds,
    month_length,
    month_start,
)
from pystata_hlm.expr.functions.registry import EMPTY, function
from pystata_hlm.expr.functions.text import decode, per_distinct
from pystata_hlm.expr.values import Num, Text, Value

# ---------------------------------------------------------------- now


@function("today", "", "daily date of today")
def today() -> Any:
    return np.float64((clock_now.date.today() - clock_now.date(1960, 1, 1)).days)


@function("now", "", "datetime of now")
def now() -> Any:
    passed = clock_now.datetime.now() - clock_now.datetime(1960, 1, 1)
    return np.float64(passed // clock_now.timedelta(milliseconds=1))


# ---------------------------------------------------------------- days of the week

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def _day_of_week(day: Value) -> Any:
    """0-6, or a name of at least two letters; missing when neither."""
    if isinstance(day, Num):
        number = np.trunc(day.floats())
        return np.where((number >= 0) & (number <= 6), number, np.nan)

    def one(raw: bytes) -> float:
        word = decode(raw).lower()
        found = [k for k, name in enumerate(_DAYS) if len(word) >= 2 and name.startswith(word)]
        return float(found[0]) if found else np.nan

    assert isinstance(day, Text)
    return per_distinct(one, day.values)


def _number(value: Value) -> Any:
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    return value.floats()


def _until(date: Any, wanted: Any) -> Any:
    """Days from a date to the next such day of the week, 1-7."""
    return np.mod(wanted - Calendar(date).dow - 1, 7) + 1


def _since(date: Any, wanted: Any) -> Any:
    return np.mod(Calendar(date).dow - wanted - 1, 7) + 1


@function("daysuntildow", "v v", "days from the date to the next day of the week d")
def daysuntildow(date: Value, day: Value) -> Any:
    return _until(_number(date), _day_of_week(day))


@function("dayssincedow", "v v", "days from the last day of the week d to the date")
def dayssincedow(date: Value, day: Value) -> Any:
    return _since(_number(date), _day_of_week(day))


@function("nextdow", "v v", "first day of the week d after the date")
def nextdow(date: Value, day: Value) -> Any:
    return np.floor(_number(date)) + _until(_number(date), _day_of_week(day))


@function("previousdow", "v v", "last day of the week d before the date")
def previousdow(date: Value, day: Value) -> Any:
    return np.floor(_number(date)) - _since(_number(date), _day_of_week(day))


@function("firstdowofmonth", "v v v", "first day of the week d in month M of year Y")
def firstdowofmonth(month: Value, year: Value, day: Value) -> Any:
    eve = month_start(np.trunc(_number(year)), np.trunc(_number(month))) - 1
    return eve + _until(eve, _day_of_week(day))


@function("lastdowofmonth", "v v v", "last day of the week d in month M of year Y")
def lastdowofmonth(month: Value, year: Value, day: Value) -> Any:
    y, m = np.trunc(_number(year)), np.trunc(_number(month))
    following = month_start(y, m) + month_length(y, m)
    return following - _since(following, _day_of_week(day))


def _weekday_step(date: Any, step: int) -> Any:
    """Days to the nearest Monday-Friday after (1) or before (-1) the date."""
    dow = Calendar(date).dow
    if step > 0:
        return np.where(dow == 5, 3.0, np.where(dow == 6, 2.0, 1.0)) + 0 * dow
    return np.where(dow == 1, 3.0, np.where(dow == 0, 2.0, 1.0)) + 0 * dow


@function("daysuntilweekday", "n", "days from the date to the next weekday")
def daysuntilweekday(date: Any) -> Any:
    return _weekday_step(date, 1)


@function("dayssinceweekday", "n", "days from the last weekday to the date")
def dayssinceweekday(date: Any) -> Any:
    return _weekday_step(date, -1)


@function("nextweekday", "n", "first weekday after the date")
def nextweekday(date: Any) -> Any:
    return np.floor(date) + _weekday_step(date, 1)


@function("previousweekday", "n", "last weekday before the date")
def previousweekday(date: Any) -> Any:
    return np.floor(date) - _weekday_step(date, -1)


@function("firstweekdayofmonth", "n", "first weekday of the date's month")
def firstweekdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    eve = month_start(c.year, c.month) - 1
    return eve + _weekday_step(eve, 1)


@function("lastweekdayofmonth", "n", "last weekday of the date's month")
def lastweekdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    following = month_start(c.year, c.month) + month_length(c.year, c.month)
    return following - _weekday_step(following, -1)


# ---------------------------------------------------------------- leap years and seconds


@function("nextleapyear", "n", "first leap year after Y")
def nextleapyear(year: Any) -> Any:
    y = np.floor(np.trunc(year) / 4) * 4 + 4
    return np.where(leap(y) == 1, y, y + 4)


@function("previousleapyear", "n", "last leap year before Y")
def previousleapyear(year: Any) -> Any:
    y = np.ceil(np.trunc(year) / 4) * 4 - 4
    return np.where(leap(y) == 1, y, y - 4)


@function("isleapsecond", "n", "1 if the %tC datetime is a leap second")
def isleapsecond(ms: Any) -> Any:
    midnights = leap_seconds()
    start = midnights + 1000.0 * np.arange(len(midnights))
    place = np.searchsorted(start, ms, side="right") - 1
    inside = (place >= 0) & (ms < start[np.maximum(place, 0)] + 1000.0)
    return np.where(np.isnan(ms), np.nan, inside)


@function("Chms", "n n n", "milliseconds of hours, minutes, seconds; 23:59:60 allowed")
def Chms(h: Any, m: Any, s: Any) -> Any:
    leap = (np.trunc(h) == 23) & (np.trunc(m) == 59) & (s >= 60) & (s < 61)
    return np.where(leap, 86_340_000.0 + np.round(s * 1000.0), hms(h, m, s))


# ---------------------------------------------------------------- birthdays and differences


def _anniversary(birth: Any, year: Any, option: Any) -> Any:
    """The day of year Y on which the birth date falls; 29 February as 1 March or 28 February."""
    c = Calendar(birth)
    y = np.trunc(year)
    lost = (c.month == 2) & (c.day == 29) & (leap(y) == 0)
    early = leap_day(option) == "28feb"
    month = np.where(lost & (not early), 3, c.month)
    day = np.where(lost, 28 if early else 1, c.day)
    return days(y, month, day)


@function("birthday", "n n s?", "birthday in year Y of the date of birth")
def birthday(birth: Any, year: Any, option: Any = EMPTY) -> Any:
    return _anniversary(birth, year, option)


@function("nextbirthday", "n n s?", "first birthday after the date")
def nextbirthday(birth: Any, date: Any, option: Any = EMPTY) -> Any:
    year = Calendar(date).year
    same = _anniversary(birth, year, option)
    return np.where(same > np.floor(date), same, _anniversary(birth, year + 1, option))


@function("previousbirthday", "n n s?", "last birthday before the date")
def previousbirthday(birth: Any, date: Any, option: Any = EMPTY) -> Any:
    year = Calendar(date).year
    same = _anniversary(birth, year, option)
    return np.where(same < np.floor(date), same, _anniversary(birth, year - 1, option))


def _years_with_fraction(first: Any, second: Any, option: Any) -> Any:
    """Whole years and the share of the year between the anniversaries around ``second``."""
    start, end = Calendar(first), Calendar(second)
    years = end.year - start.year - before_anniversary(start, end, leap_day(option))
    last = _anniversary(first, start.year + years, option)
    following = _anniversary(first, start.year + years + 1, option)
    return years + (np.floor(second) - last) / (following - last)


@function("age_frac", "n n s?", "years with their fraction from the date of birth to the date")
def age_frac(birth: Any, date: Any, option: Any = EMPTY) -> Any:
    return np.where(np.floor(date) >= np.floor(birth), _years_with_fraction(birth, date, option), np.nan)


def _unit(unit: Any) -> str:
    raw = np.asarray(unit)
    return decode(raw.item()).lower() if raw.ndim == 0 else ""


_CLOCK_UNITS = {
    "day": MS_DAY,
    "hour": 3_600_000.0,
    "minute": 60_000.0,
    "second": 1000.0,
    "millisecond": 1.0,
}
_SHORT = {
    "d": "day",
    "h": "hour",
    "m": "minute",
    "min": "minute",
    "s": "second",
    "sec": "second",
    "ms": "millisecond",
}


def _clock_unit(unit: Any) -> float:
    word = _unit(unit)
    word = _SHORT.get(word, word)
    if word not in _CLOCK_UNITS:
        raise StataError(198, "invalid unit in clockdiff()")
    return _CLOCK_UNITS[word]


@function("clockdiff", "n n s", "difference of datetimes in whole units")
def clockdiff(first: Any, second: Any, unit: Any) -> Any:
    return np.trunc((second - first) / _clock_unit(unit))


@function("clockdiff_frac", "n n s", "difference of datetimes in units, with fraction")
def clockdiff_frac(first: Any, second: Any, unit: Any) -> Any:
    return (second - first) / _clock_unit(unit)


def _seconds_or(first: Any, second: Any, unit: Any) -> Any:
    """Difference of %tC values: leap seconds count in seconds and milliseconds, not in longer units."""
    size = _clock_unit(unit)
    return (second - first if size <= 1000 else cofC(second) - cofC(first)) / size


@function("Clockdiff", "n n s", "difference of datetimes with leap seconds, in whole units")
def Clockdiff(first: Any, second: Any, unit: Any) -> Any:
    return np.trunc(_seconds_or(first, second, unit))


@function("Clockdiff_frac", "n n s", "difference of datetimes with leap seconds, with fraction")
def Clockdiff_frac(first: Any, second: Any, unit: Any) -> Any:
    return _seconds_or(first, second, unit)


@function("datediff_frac", "n n s s?", "difference of dates in years, months or days, with fraction")
def datediff_frac(first: Any, second: Any, unit: Any, option: Any = EMPTY) -> Any:
    which = _unit(unit)
    a, b = np.minimum(first, second), np.maximum(first, second)
    sign = np.where(second >= first, 1.0, -1.0)
    if which in ("y", "year"):
        return sign * _years_with_fraction(a, b, option)
    if which in ("d", "day"):
        return np.floor(second) - np.floor(first)
    if which in ("m", "mon", "month"):
        start, end = Calendar(a), Calendar(b)
        months = (end.year - start.year) * 12 + end.month - start.month
        months -= end.day < np.minimum(start.day, month_length(end.year, end.month))
        last, following = (_month_anniversary(start, months + k) for k in (0, 1))
        return sign * (months + (np.floor(b) - last) / (following - last))
    raise StataError(198, "invalid unit in datediff_frac()")


def _month_anniversary(start: Calendar, months: Any) -> Any:
    count = start.month - 1 + months
    year = start.year + np.floor(count / 12)
    month = np.mod(count, 12) + 1
    return days(year, month, np.minimum(start.day, month_length(year, month)))


# ---------------------------------------------------------------- parts by name

_DATE_PARTS: dict[str, Callable[[Calendar], Any]] = {
    "year": lambda c: c.year,
    "month": lambda c: c.month,
    "day": lambda c: c.day,
}
_DATE_SHORT = {"y": "year", "mon": "month", "m": "month", "d": "day"}


@function("datepart", "n s", "year, month or day of a daily date")
def datepart(date: Any, unit: Any) -> Any:
    word = _unit(unit)
    get = _DATE_PARTS.get(_DATE_SHORT.get(word, word))
    if get is None:
        raise StataError(198, "invalid unit in datepart()")
    return get(Calendar(date))


def _clock_part(name: str, convert: Callable[[Any], Any]) -> None:
    def run(ms: Any, unit: Any) -> Any:
        word = _unit(unit)
        date = _DATE_PARTS.get({"y": "year", "mon": "month", "d": "day"}.get(word, word))
        plain = convert(ms)
        if date is not None:
            return date(Calendar(np.floor(plain / MS_DAY)))
        word = _SHORT.get(word, word)
        spans = {"hour": MS_DAY, "minute": 3_600_000.0, "second": 60_000.0, "millisecond": 1000.0}
        if word not in spans:
            raise StataError(198, f"invalid unit in {name}()")
        return np.floor(np.mod(plain, spans[word]) / _CLOCK_UNITS[word])

    function(name, "n s", "a part of a datetime, by name", family="date")(run)


_clock_part("clockpart", lambda ms: ms)
_clock_part("Clockpart", cofC)
