"""Business calendars: the text of a ``.stbcal`` file, and the business days it leaves ([D] Datetime business calendars
creation). Days are numbers of days since 01jan1960; a calendar numbers its own days from the centre date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pystata_hlm.errors import StataError

_EPOCH = date(1960, 1, 1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("su", "mo", "tu", "we", "th", "fr", "sa")
_FORMATS = ("ymd", "ydm", "myd", "mdy", "dym", "dmy")
LONGEST = 200 * 366
"""Days that a calendar may span."""


@dataclass(frozen=True)
class Calendar:
    """``days``: the business days, ascending; ``center``: place of the centre date among them."""

    name: str
    purpose: str
    first: int
    last: int
    center: int
    days: np.ndarray

    def from_days(self, days: np.ndarray) -> np.ndarray:
        """Business dates of regular dates; NaN for a day that is omitted or out of range."""
        days = np.asarray(days, dtype=np.float64)
        whole = np.floor(np.where(np.isnan(days), -1e9, days))
        at = np.searchsorted(self.days, whole)
        found = np.minimum(at, len(self.days) - 1)
        return np.where(self.days[found] == whole, found - float(self.center), np.nan)

    def to_days(self, business: np.ndarray) -> np.ndarray:
        """Regular dates of business dates; NaN out of range."""
        place = np.asarray(business, dtype=np.float64) + self.center
        good = (place >= 0) & (place < len(self.days))
        at = np.where(good, np.floor(place), 0).astype(np.int64)
        return np.where(good, self.days[at].astype(np.float64), np.nan)


def day_number(day: date) -> int:
    return (day - _EPOCH).days


def as_date(day: int) -> date:
    return _EPOCH + timedelta(days=int(day))


# ---------------------------------------------------------------- reading

_PIECE = re.compile(r"\*|\d+|[A-Za-z]+")
_PLUS_MINUS = re.compile(r"[-+]\s*\d+")
_RANGED = re.compile(r"from\s+(\S+)\s+to\s+(\S+?)\s*:\s*(.*)$", re.IGNORECASE)
_RESTRICTION = re.compile(r"(!?)\s*(dow|month|year)\s*\(([^()]*)\)", re.IGNORECASE)
_DATE_RULE = re.compile(r"date\s+(.+?)(?:\s+and\s+(.*))?$", re.IGNORECASE)
_NTH_RULE = re.compile(
    r"dowinmonth\s+([-+]\s*\d)\s+([a-z]+)(?:\s+of\s+(\([^()]*\)|[a-z]+))?(?:\s+and\s+(.*))?$", re.IGNORECASE
)


def _wrong(number: int, line: str) -> StataError:
    return StataError(198, f"business calendar line {number}: {line.strip()}\ninvalid syntax")


def _month(word: str) -> int:
    short = word.lower()[:3]
    if word.isdigit() and 1 <= int(word) <= 12:
        return int(word)
    if short in _MONTHS:
        return _MONTHS.index(short) + 1
    raise ValueError(word)


def _weekday(word: str) -> int:
    short = word.lower()[:2]
    if short not in _DAYS:
        raise ValueError(word)
    return _DAYS.index(short)


def _parts(text: str, order: str) -> dict[str, str]:
    pieces = _PIECE.findall(text)
    if len(pieces) != 3:
        raise ValueError(text)
    return dict(zip(order, pieces, strict=True))


def _full_date(text: str, order: str) -> int:
    found = _parts(text, order)
    return day_number(date(int(found["y"]), _month(found["m"]), int(found["d"])))


def _numbers(text: str) -> set[int]:
    out: set[int] = set()
    for word in text.replace(",", " ").split():
        first, _, last = word.partition("/")
        out |= set(range(int(first), int(last or first) + 1))
    return out


@dataclass(frozen=True)
class _Grid:
    """Every day of the range: its number, weekday, year, month and day of the month."""

    numbers: np.ndarray
    weekday: np.ndarray
    year: np.ndarray
    month: np.ndarray
    day: np.ndarray


def _grid(first: int, last: int) -> _Grid:
    numbers = np.arange(first, last + 1)
    stamps = numbers.astype("datetime64[D]") - np.timedelta64(3653, "D")
    months = stamps.astype("datetime64[M]")
    return _Grid(
        numbers,
        (numbers + 5) % 7,  # 01jan1960 was a Friday
        stamps.astype("datetime64[Y]").astype(np.int64) + 1970,
        months.astype(np.int64) % 12 + 1,
        (stamps - months).astype(np.int64) + 1,
    )


def _restricted(text: str, grid: _Grid) -> np.ndarray:
    """Days for which ``dow(..) & month(..) & year(..)`` holds."""
    good = np.ones(len(grid.numbers), dtype=bool)
    for part in text.split("&"):
        found = _RESTRICTION.fullmatch(part.strip())
        if found is None:
            raise ValueError(text)
        kind, listed = found[2].lower(), found[3]
        if kind == "dow":
            mask = np.isin(grid.weekday, [_weekday(word) for word in listed.split()])
        elif kind == "month":
            mask = np.isin(grid.month, [_month(word) for word in listed.split()])
        else:
            mask = np.isin(grid.year, sorted(_numbers(listed)))
        good &= ~mask if found[1] else mask
    return good


def _chosen(rule: str, order: str, grid: _Grid) -> tuple[np.ndarray, list[int]]:
    """Days that an ``omit`` rule names, and the offsets of its ``and``."""
    if rule.lower().startswith("dayofweek"):
        words = rule[len("dayofweek") :].strip(" ()").split()
        if not words:
            raise ValueError(rule)
        return np.isin(grid.weekday, [_weekday(word) for word in words]), []
    found = _DATE_RULE.fullmatch(rule)
    if found is not None:
        parts = _parts(found[1], order)
        mask = np.ones(len(grid.numbers), dtype=bool)
        if parts["y"] != "*":
            mask &= grid.year == int(parts["y"])
        if parts["m"] != "*":
            mask &= grid.month == _month(parts["m"])
        if parts["d"] != "*":
            mask &= grid.day == int(parts["d"])
        return mask, _offsets(found[2])
    found = _NTH_RULE.fullmatch(rule)
    if found is None:
        raise ValueError(rule)
    nth = int(found[1].replace(" ", ""))
    months = [_month(word) for word in (found[3] or "").strip("()").split()] or list(range(1, 13))
    mask = (grid.weekday == _weekday(found[2])) & np.isin(grid.month, months)
    if nth > 0:
        mask &= (grid.day - 1) // 7 == nth - 1
    elif nth < 0:
        length = np.array([_length(y, m) for y, m in zip(grid.year, grid.month, strict=True)])
        mask &= (length - grid.day) // 7 == -nth - 1
    else:
        raise ValueError(rule)
    return mask, _offsets(found[4])


def _length(year: int, month: int) -> int:
    following = date(int(year) + month // 12, int(month) % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _offsets(text: str | None) -> list[int]:
    if text is None:
        return []
    found = [int(word.replace(" ", "")) for word in _PLUS_MINUS.findall(text)]
    if not found:
        raise ValueError(text)
    return found


def read(text: str, name: str) -> Calendar:
    """A calendar from its file's text; r(198) naming the line that is wrong."""
    order, purpose = "dmy", ""
    first = last = center = None
    rules: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        word, _, rest = line.partition(" ")
        word, rest = word.lower(), rest.strip()
        if not line or line.startswith("*") or word == "version":
            continue
        try:
            if word == "purpose":
                purpose = rest.strip('"')
            elif word == "dateformat":
                order = rest.lower()
                if order not in _FORMATS:
                    raise ValueError(rest)
            elif word == "range":
                start, stop = rest.split()
                first, last = _full_date(start, order), _full_date(stop, order)
                if not first <= last <= first + LONGEST:
                    raise ValueError(rest)
            elif word == "centerdate":
                center = _full_date(rest, order)
            elif word in ("omit", "from"):
                rules.append((number, line))
            else:
                raise ValueError(word)
        except ValueError:
            raise _wrong(number, raw) from None
    if first is None or last is None or center is None:
        raise StataError(198, f"business calendar {name}: range and centerdate required")
    days = _left(rules, order, _grid(first, last))
    place = int(np.searchsorted(days, center))
    if not len(days) or place == len(days) or days[place] != center:
        raise StataError(198, f"business calendar {name}: centerdate is not a business date")
    return Calendar(name, purpose, first, last, place, days)


def _left(rules: Iterable[tuple[int, str]], order: str, grid: _Grid) -> np.ndarray:
    """The days that no rule omits."""
    out = np.zeros(len(grid.numbers), dtype=bool)
    for number, line in rules:
        try:
            within = np.ones(len(grid.numbers), dtype=bool)
            ranged = _RANGED.match(line)
            rule = ranged[3] if ranged else line
            if ranged:
                if ranged[1] != ".":
                    within &= grid.numbers >= _full_date(ranged[1], order)
                if ranged[2] != ".":
                    within &= grid.numbers <= _full_date(ranged[2], order)
            if not rule.lower().startswith("omit "):
                raise ValueError(rule)
            body, _, condition = rule[5:].strip().partition(" if ")
            mask, offsets = _chosen(body.strip(), order, grid)
            mask = mask & within
            if condition:
                mask &= _restricted(condition.strip(), grid)
        except ValueError:
            raise _wrong(number, line) from None
        out |= mask
        for offset in offsets:
            moved = np.flatnonzero(mask) + offset
            out[moved[(moved >= 0) & (moved < len(out))]] = True
    return np.asarray(grid.numbers[~out])


# ---------------------------------------------------------------- writing


def shown(day: int) -> str:
    """``12apr2013``."""
    d = as_date(day)
    return f"{d.day:02d}{_MONTHS[d.month - 1]}{d.year}"


def ordered(day: int, order: str) -> str:
    """The date in a calendar file's order: ``12apr2013``, ``2013apr12`` ..."""
    d = as_date(day)
    parts = {"d": f"{d.day:02d}", "m": _MONTHS[d.month - 1], "y": str(d.year)}
    return "".join(parts[letter] for letter in order)
