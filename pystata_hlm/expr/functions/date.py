"""Date and time functions ([FN] Date and time functions).

Daily dates count days from 01jan1960; weekly, monthly, quarterly and half-yearly dates count periods from
1960; %tc datetimes count milliseconds from 01jan1960 00:00, %tC ones leap seconds as well. All are vectorised
over numpy's proleptic Gregorian calendar; years outside 100..9999 are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import EMPTY, NONE, function
from pystata_hlm.expr.functions.text import decode, per_distinct

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
_part("daysinmonth", "number of days of the date's month", lambda c: _month_length(c.year, c.month))


def _month_start(year: Any, month: Any) -> Any:
    return days(year, month, np.float64(1))


def _month_length(year: Any, month: Any) -> Any:
    following = _month_start(year + (month == 12), np.where(month == 12, 1, month + 1))
    return following - _month_start(year, month)


def _leap(year: Any) -> Any:
    leap = ((np.mod(year, 4) == 0) & (np.mod(year, 100) != 0)) | (np.mod(year, 400) == 0)
    return np.where(np.isnan(year), np.nan, leap)


@function("isleapyear", "n", "1 if the year is a leap year")
def isleapyear(year: Any) -> Any:
    return _leap(np.trunc(year))


@function("lastdayofmonth", "n", "daily date of the last day of the date's month")
def lastdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    return _month_start(c.year, c.month) + _month_length(c.year, c.month) - 1


@function("firstdayofmonth", "n", "daily date of the first day of the date's month")
def firstdayofmonth(date: Any) -> Any:
    c = Calendar(date)
    return _month_start(c.year, c.month)


# ---------------------------------------------------------------- building periods from parts


def _period(per_year: int, year: Any, part: Any) -> Any:
    y, p = np.trunc(year), np.trunc(part)
    good = (y >= 100) & (y <= 9999) & (p >= 1) & (p <= per_year)
    return np.where(good, (y - 1960) * per_year + p - 1, np.nan)


def _builders(name: str, per_year: int, what: str) -> None:
    function(name, "n n", f"{what} date of year and {what} part", family="date")(
        lambda year, part: _period(per_year, year, part)
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


def _before_anniversary(start: Calendar, end: Calendar, leap_day: str) -> Any:
    """1 when the end's month and day come before the start's; 29 February counts as 28 Feb or 1 Mar."""
    day, month = start.day, start.month
    lost = (month == 2) & (day == 29) & (_leap(end.year) == 0)
    if leap_day == "28feb":
        day = np.where(lost, 28, day)
    else:
        month, day = np.where(lost, 3, month), np.where(lost, 1, day)
    return (end.month < month) | ((end.month == month) & (end.day < day))


def _leap_day(option: Any) -> str:
    raw = np.asarray(option)
    return decode(raw.item()) if raw.ndim == 0 and raw.item() in (b"28feb", b"feb28", b"28Feb") else "01mar"


@function("age", "n n s?", "whole years from the date of birth d1 to d2")
def age(birth: Any, date: Any, option: Any = EMPTY) -> Any:
    start, end = Calendar(birth), Calendar(date)
    years = (
        end.year
        - start.year
        - _before_anniversary(start, end, "28feb" if _leap_day(option) == "28feb" else "")
    )
    return np.where(np.floor(date) >= np.floor(birth), years, np.nan)


@function("datediff", "n n s s?", "difference d2-d1 in whole years, months or days")
def datediff(first: Any, second: Any, unit: Any, option: Any = EMPTY) -> Any:
    which = decode(np.asarray(unit).item()) if np.asarray(unit).ndim == 0 else ""
    a, b = np.minimum(first, second), np.maximum(first, second)
    sign = np.where(second >= first, 1.0, -1.0)
    start, end = Calendar(a), Calendar(b)
    if which in ("y", "year"):
        return sign * (end.year - start.year - _before_anniversary(start, end, _leap_day(option)))
    if which in ("m", "mon", "month"):
        months = (end.year - start.year) * 12 + end.month - start.month
        return sign * (months - (end.day < np.minimum(start.day, _month_length(end.year, end.month))))
    if which in ("d", "day"):
        return np.floor(second) - np.floor(first)
    raise StataError(198, "invalid unit in datediff()")


# ---------------------------------------------------------------- reading dates from strings

_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_TOKEN = re.compile(r"\d+|[A-Za-z]+")


def _month_number(word: str) -> int | None:
    lowered = word.lower()
    if len(lowered) < 3:
        return None
    found = [i for i, name in enumerate(_MONTH_NAMES, 1) if name.startswith(lowered)]
    if lowered == "sept":
        return 9
    return found[0] if len(found) == 1 else None


def _split_mask(mask: str) -> list[tuple[str, str]]:
    """Mask elements: (letter M D Y W Q H h m s or # to skip, century prefix such as "19")."""
    parts: list[tuple[str, str]] = []
    i = 0
    while i < len(mask):
        c = mask[i]
        if c.isspace() or c in "-/:,.":
            i += 1
        elif mask[i : i + 2].isdigit() and mask[i + 2 : i + 3] == "Y":
            parts.append(("Y", mask[i : i + 2]))
            i += 3
        elif c in "MDYWQHhms#":
            parts.append((c, ""))
            i += 1
        else:
            raise StataError(198, "invalid date mask")
    return parts


def _full_year(digits: str, century: str, top: float) -> int | None:
    """A year of four digits as it is; of two by the century in the mask or the latest year <= topyear."""
    year = int(digits)
    if len(digits) > 2:
        return year
    if top == top:
        return max(y for y in range(int(top) - 99, int(top) + 1) if y % 100 == year)
    if century:
        return int(century) * 100 + year
    return None


def _pieces(raw: str, parts: list[tuple[str, str]]) -> list[str] | None:
    """The string cut at its separators, or a run of digits cut by the mask (``20240131`` with YMD)."""
    tokens = _TOKEN.findall(raw)
    wanted = [p for p, _ in parts]
    if len(tokens) == len(wanted) or any(p in "hms" for p in wanted):
        return tokens
    if len(tokens) == 1 and tokens[0].isdigit():
        digits = tokens[0]
        fixed = {"D": 2, "M": 2, "Y": 4, "h": 2, "m": 2, "s": 2, "Q": 1, "H": 1, "W": 2}
        widths = [fixed[p] for p in wanted if p != "#"]
        if sum(widths) - 2 == len(digits):
            widths = [2 if p == "Y" else w for p, w in zip(wanted, widths, strict=True)]
        if sum(widths) == len(digits):
            cut, at = [], 0
            for width in widths:
                cut.append(digits[at : at + width])
                at += width
            return cut
    if len(wanted) > len(tokens):  # "10jan2020" is found by the token pattern; "jan2020" fits MY
        return None
    return None


def _read(raw: str, parts: list[tuple[str, str]], top: float) -> dict[str, float] | None:
    """Values of the mask's elements in the string, None when it does not fit."""
    text = raw.strip()
    half = re.search(r"([ap])\.?m\.?\s*$", text, re.IGNORECASE) if any(p == "h" for p, _ in parts) else None
    if half:
        text = text[: half.start()]
    fraction = 0.0
    if any(p == "s" for p, _ in parts):
        tail = re.search(r"(\d)\.(\d+)\s*$", text)
        if tail and len(_TOKEN.findall(text)) > len(parts):
            fraction = float("0." + tail[2])
            text = text[: tail.start(2) - 1]
    pieces = _pieces(text, parts)
    if pieces is None or not pieces:
        return None
    found: dict[str, float] = {}
    kept = list(parts)
    if len(pieces) != len(kept):
        # trailing time parts may be left out
        while len(kept) > len(pieces) and kept[-1][0] in "hms":
            kept.pop()
        if len(pieces) != len(kept):
            return None
    for (kind, century), piece in zip(kept, pieces, strict=True):
        if kind == "#":
            continue
        if kind == "M":
            month = int(piece) if piece.isdigit() else _month_number(piece)
            if month is None:
                return None
            found["M"] = month
        elif not piece.isdigit():
            stripped = re.sub(r"\D", "", piece)
            if kind not in "WQH" or not stripped:
                return None
            found[kind] = int(stripped)
        elif kind == "Y":
            year = _full_year(piece, century, top)
            if year is None:
                return None
            found["Y"] = year
        else:
            found[kind] = int(piece)
    if half and "h" in found:
        if not 1 <= found["h"] <= 12:
            return None
        found["h"] = found["h"] % 12 + (12 if half[1].lower() == "p" else 0)
    if fraction:
        found["s"] = found.get("s", 0) + fraction
    return found


def _separate_letters(raw: str) -> str:
    """``2020q1`` and ``2020m10``: the letter between digits is a separator."""
    return re.sub(r"(?<=\d)\s*[wmqhWMQH]\s*(?=\d)", " ", raw)


def _daily_of(found: dict[str, float]) -> float:
    return float(days(found.get("Y", np.nan), found.get("M", 1.0), found.get("D", 1.0)))


def _reader(build: Callable[[dict[str, float]], float], letters: bool) -> Callable[..., Any]:
    def run(s: Any, mask: Any, top: Any = NONE) -> Any:
        def one(raw: bytes, spec: bytes, year: float) -> float:
            parts = _split_mask(decode(spec))
            text = decode(raw)
            found = _read(
                _separate_letters(text) if letters else text, parts, year if year < 1e300 else np.nan
            )
            return np.nan if found is None or "Y" not in found else build(found)

        return per_distinct(one, s, mask, np.where(np.isnan(top), np.inf, top))

    return run


def _datetime_of(found: dict[str, float]) -> float:
    time = float(hms(*(np.float64(found.get(k, 0.0)) for k in "hms")))
    return _daily_of(found) * MS_DAY + time


_READERS: tuple[tuple[str, str, Callable[[dict[str, float]], float], bool], ...] = (
    ("date daily", "daily date that a string spells, by a mask such as DMY", _daily_of, False),
    ("clock", "datetime that a string spells, by a mask such as DMYhms", _datetime_of, False),
    (
        "Clock",
        "datetime with leap seconds that a string spells",
        lambda f: float(Cofc(np.float64(_datetime_of(f)))),
        False,
    ),
    (
        "weekly",
        "weekly date that a string spells",
        lambda f: float(_period(52, f["Y"], f.get("W", np.nan))),
        True,
    ),
    (
        "monthly",
        "monthly date that a string spells",
        lambda f: float(_period(12, f["Y"], f.get("M", np.nan))),
        True,
    ),
    (
        "quarterly",
        "quarterly date that a string spells",
        lambda f: float(_period(4, f["Y"], f.get("Q", np.nan))),
        True,
    ),
    (
        "halfyearly",
        "half-yearly date that a string spells",
        lambda f: float(_period(2, f["Y"], f.get("H", np.nan))),
        True,
    ),
    ("yearly", "year that a string spells", lambda f: f["Y"], True),
)
for _name, _help, _build, _letters in _READERS:
    function(_name, "s s n?", _help, family="date", missing="own")(_reader(_build, _letters))

# ---------------------------------------------------------------- literals: td(01jan2020) and kin
# The parser hands the text between the parentheses over as a string.


def _literal(reader: str, mask: bytes) -> Callable[[Any], Any]:
    from pystata_hlm.expr.functions.registry import FUNCTIONS

    read = FUNCTIONS[reader].run

    def run(s: Any) -> Any:
        value = read(s, np.asarray(mask))
        if np.any(np.isnan(value)):
            raise StataError.invalid_syntax()
        return value

    return run


for _name, _reads, _mask in (
    ("td d", "date", b"DMY"),
    ("tw w", "weekly", b"YW"),
    ("tm m", "monthly", b"YM"),
    ("tq q", "quarterly", b"YQ"),
    ("th h", "halfyearly", b"YH"),
    ("ty y", "yearly", b"Y"),
    ("tc", "clock", b"DMYhms"),
    ("tC", "Clock", b"DMYhms"),
):
    function(_name, "s", f"{_reads} literal", family="date", missing="own")(_literal(_reads, _mask))
