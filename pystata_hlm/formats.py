"""Stata display formats: number, date or string -> text.

    %[-][0]w.d{e|f|g}[c]    %[-]t{c|C|d|w|m|q|h|y|g}[mask]    %[-|~]ws    %21x  %16H %16L %8H %8L

Rules, from the [D] format and [D] Datetime display formats manuals and from W. Gould's postings to Statalist
(7 April and 18 July 2003), checked against printed output:

* ``%w.0g`` sets aside one column for a sign and one for the decimal point, so at most w-2 digits are shown.
  Trailing zeros and the zero before the point go. When an e-notation of width w shows more digits, it is used
  (its mantissa keeps trailing zeros: ``1.00e-06``), and so it is when the integer part has over w-2 digits.
* ``%w.dg`` with d > 0 shows at most d digits, but never cuts the integer part.
* ``%w.0gc``: commas take columns from the w-2; a number that would not fit is shown without them.
* ``%w.df`` shows d decimals and the zero before the point; too wide a value falls back on e-notation where
  that fits (``%9.2fc`` of 1e7 is 1.00e+07), else it overflows the field.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from .errors import StataError

Kind = Literal["e", "f", "g", "s", "x", "H", "L", "t"]
MISSING_TEXT: tuple[str, ...] = (".", *("." + chr(c) for c in range(ord("a"), ord("z") + 1)))


@dataclass(frozen=True, slots=True)
class Format:
    """A parsed %fmt.

    width      field width in columns; for dates the length of the mask's longest text
    left       ``%-``; ``centre`` is ``%~`` (strings)
    zero       ``%0``: pad with zeros; ``comma``: thousands separators; ``point``: "." or ","
    date_unit  c C d w m q h y g for %t formats, and ``mask`` their pieces
    """

    text: str
    kind: Kind
    width: int
    decimals: int = 0
    left: bool = False
    centre: bool = False
    zero: bool = False
    comma: bool = False
    point: str = "."
    date_unit: str = ""
    mask: tuple[str, ...] = ()

    @property
    def is_string(self) -> bool:
        return self.kind == "s"

    @property
    def is_date(self) -> bool:
        return self.kind == "t"


_NUMERIC = re.compile(r"%(-?)(0?)(\d+)(?:([.,])(\d+))?([efg])(c?)")
_STRING = re.compile(r"%([-~]?)(\d*)s")
_BINARY = re.compile(r"%(-?)(\d+)([xHL])")
_DATE = re.compile(r"%(-?)(?:t([cCdwmqhyg])|(d))(.*)", re.DOTALL)
_BINARY_WIDTHS = {"x": (21,), "H": (8, 16), "L": (8, 16)}


@lru_cache(maxsize=1024)
def parse_format(text: str) -> Format:
    """Parse a %fmt; StataError 120 (``invalid %format``) when it is not one."""
    if m := _NUMERIC.fullmatch(text):
        left, zero, w, point, d, kind, comma = m.groups()
        width, decimals = int(w), int(d or 0)
        if 0 < width <= 244 and decimals < width and not (comma and kind == "e"):
            return Format(
                text,
                kind,  # type: ignore[arg-type]
                width,
                decimals,
                left=bool(left),
                zero=bool(zero),
                comma=bool(comma),
                point=point or ".",
            )
    elif m := _STRING.fullmatch(text):
        width = int(m[2] or 0)
        if width <= 2045:
            return Format(text, "s", width, left=m[1] == "-", centre=m[1] == "~")
    elif m := _BINARY.fullmatch(text):
        if int(m[2]) in _BINARY_WIDTHS[m[3]]:
            return Format(text, m[3], int(m[2]), left=bool(m[1]))  # type: ignore[arg-type]
    elif m := _DATE.fullmatch(text):
        unit = m[2] or "d"
        mask = _split_mask(m[4] or _DEFAULT_MASK[unit])
        if mask is not None and not (unit == "g" and m[4]):
            width = 9 if unit == "g" else sum(map(_piece_width, mask))
            return Format(text, "t", width, left=bool(m[1]), date_unit=unit, mask=mask)
    if text.lstrip("%-").startswith("tb"):
        raise StataError(120, "business calendar formats (%tb) not yet supported")
    raise StataError(120, "invalid %format")


def is_valid_format(text: str) -> bool:
    try:
        parse_format(text)
    except StataError:
        return False
    return True


# -- public formatting functions ----------------------------------------------------------------


def format_number(value: float, fmt: str, missing_code: int = 0) -> str:
    """``value`` in ``fmt``, padded to the field's width.  NaN shows as missing_code: 0 ".", 1 ".a" ... 26."""
    return _compiled(fmt)[1](value, missing_code)


def format_trimmed(value: float, fmt: str = "%10.0g", missing_code: int = 0) -> str:
    """``value`` in ``fmt`` without padding (what ``display`` and ``string()`` show)."""
    if value != value or value in (math.inf, -math.inf):
        return MISSING_TEXT[missing_code]
    return _compiled(fmt)[0](value)


def format_column(values: np.ndarray, codes: np.ndarray | None, fmt: str) -> list[str]:
    """Each of ``values`` (float, NaN = missing) in ``fmt``, padded; ``codes`` (0 to 26) tell .a-.z apart."""
    padded = _compiled(fmt)[1]
    if codes is None:
        return [padded(v, 0) for v in values.tolist()]
    return [padded(v, c) for v, c in zip(values.tolist(), codes.tolist(), strict=True)]


def format_string(text: str, fmt: str, overflow: Literal["cut", "keep", "dots"] = "cut") -> str:
    """``text`` in ``%ws`` (right), ``%-ws`` (left) or ``%~ws`` (centred).

    A longer text is cut to w columns, kept, or cut to w-2 and given two dots (as ``list`` does)."""
    f = parse_format(fmt)
    if not f.is_string:
        raise StataError.type_mismatch()
    n = text_width(text)
    if f.width and n > f.width and overflow != "keep":
        cut = f.width if overflow == "cut" or f.width < 3 else f.width - 2
        text = cut_to_width(text, cut) + ("" if cut == f.width else "..")
        n = text_width(text)
    gap = f.width - n
    if gap <= 0:
        return text
    if f.centre:
        return " " * (gap // 2) + text + " " * (gap - gap // 2)
    return text + " " * gap if f.left else " " * gap + text


def _code_in(value: float) -> int:
    """The missing code 0..26 in the last bits of a NaN, as data/missing.py puts it there."""
    code = struct.pack("<d", value)[0] & 0x1F
    return code if code <= 26 else 0


def format_macro_number(value: float, missing_code: int = 0) -> str:
    """The text ``local x = exp`` puts in a macro: %18.0g without padding; a NaN may carry its own missing code."""
    if value != value and not missing_code:
        missing_code = _code_in(value)
    return format_trimmed(value, "%18.0g", missing_code)


def default_format(storage_type: str) -> str:
    """The format ``generate`` gives a new variable: ``byte`` ... ``double``, ``str#``, ``strL``."""
    fixed = {"byte": "%8.0g", "int": "%8.0g", "long": "%12.0g", "float": "%9.0g", "double": "%10.0g"}
    if storage_type in fixed:
        return fixed[storage_type]
    if storage_type == "strL":
        return "%9s"
    if storage_type.startswith("str") and storage_type[3:].isdigit():
        return f"%{max(9, int(storage_type[3:]))}s"
    raise ValueError(f"not a storage type: {storage_type}")


def text_width(text: str) -> int:
    """Display columns: wide East Asian characters count two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_char_width(c) for c in text)


def cut_to_width(text: str, columns: int) -> str:
    """The longest start of ``text`` that takes at most ``columns`` columns."""
    if text.isascii():
        return text[:columns]
    used = 0
    for i, c in enumerate(text):
        used += _char_width(c)
        if used > columns:
            return text[:i]
    return text


def _char_width(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


# -- compiled formatters --------------------------------------------------------------------------

Body = Callable[[float], str]
Padded = Callable[[float, int], str]


@lru_cache(maxsize=1024)
def _compiled(fmt: str) -> tuple[Body, Padded]:
    """The functions (unpadded, padded) of a numeric or date format."""
    f = parse_format(fmt)
    if f.is_string:
        raise StataError.type_mismatch()
    body = _BODIES[f.kind](f)
    if f.point == ",":
        body = _decimal_comma(body)
    width = f.width
    align = str.ljust if f.left else str.rjust
    zero = f.zero and not f.left
    missing = tuple(align(m, width) for m in MISSING_TEXT)
    inf = math.inf

    def padded(x: float, code: int) -> str:
        if x != x or x == inf or x == -inf:
            return missing[code]
        s = body(x)
        return s.zfill(width) if zero else align(s, width)

    return body, padded


def _general(f: Format) -> Body:
    """%w.dg: see the module's docstring."""
    w, d, comma = f.width, f.decimals, f.comma
    room = max(w - 2, 1)  # columns for digits (and commas)
    digits = min(d, room) if d else room
    e_digits = max(1, min(digits, w - 6))
    significant = f"%.{digits}g"
    fixed = f"%.{room}f"
    # below 10^-k the fixed notation shows fewer digits than the e-notation does
    small = 10.0 ** (e_digits - room) / 10.0
    exponential = _e_notation(w, e_digits)

    def large(x: float) -> str:
        s = f"{x:.0f}"
        if len(s) - (x < 0) <= room or (w < 8 and len(s) <= w):
            return s
        return exponential(x)

    def body(x: float) -> str:
        a = -x if x < 0.0 else x
        if a >= 1.0:
            s = significant % x
            return large(x) if "e" in s else s
        if a >= small:
            if d:
                decimals = min(room, digits - 1 - math.floor(math.log10(a)))
                s = (f"%.{decimals}f" % x).rstrip("0")
            else:
                s = (fixed % x).rstrip("0")
            if s[0] == "0":
                return s[1:] if len(s) > 2 else "0"
            if s[0] == "-" and s[1] == "0":
                return "-" + s[2:] if len(s) > 3 else "0"
            return s[:-1]  # rounded up to 1
        return "0" if a == 0.0 else exponential(x)

    def with_commas(x: float) -> str:
        a = abs(x)
        if a < 999.5:
            return body(x)
        n = len(f"{a:.0f}")
        commas = (n - 1) // 3
        if n + commas > room:
            return body(x)
        decimals = max(0, min(digits, room - commas) - n)
        s = f"{x:,.{decimals}f}"
        if "." in s:
            s = s.rstrip("0").rstrip(".")
        return s if len(s) - (x < 0) - ("." in s) <= room else body(x)

    return with_commas if comma else body


def _e_notation(width: int, digits: int) -> Body:
    """d.ddde+dd with ``digits`` significant digits, fewer where a long exponent needs the room."""
    forms = [f"%.{k}e" for k in range(digits)]

    def body(x: float) -> str:
        s = forms[-1] % x
        over = len(s) - (x < 0) - (width - 1)
        return forms[max(0, len(forms) - 1 - over)] % x if over > 0 else s

    return body


def _fixed(f: Format) -> Body:
    spec = f"%.{f.decimals}f"
    comma_spec = f",.{f.decimals}f"
    w, comma = f.width, f.comma
    exponential = _e_notation(w, max(1, w - 6))

    def body(x: float) -> str:
        if comma:
            s = format(x, comma_spec)
            if len(s) <= w:
                return s
        s = spec % x
        if len(s) > w >= 7:
            e = exponential(x)
            return e if len(e) <= w and len(e) < len(s) else s
        return s

    return body


def _scientific(f: Format) -> Body:
    spec = f"%.{f.decimals}e"
    return lambda x: spec % x


def _hexadecimal(f: Format) -> Body:
    """%21x: sign, 1.hhhhhhhhhhhhh, X, sign and three hexadecimal digits of the binary exponent."""

    def body(x: float) -> str:
        if x == 0:
            return "+0.0000000000000X-3ff"
        mantissa, exponent = math.frexp(abs(x))
        bits = round((2 * mantissa - 1) * 2**52)
        exponent -= 1
        sign = "-" if x < 0 else "+"
        return f"{sign}1.{bits:013x}X{'-' if exponent < 0 else '+'}{abs(exponent):03x}"

    return body


def _bytes(f: Format) -> Body:
    code = (">" if f.kind == "H" else "<") + ("d" if f.width == 16 else "f")
    return lambda x: struct.pack(code, x).hex()


def _decimal_comma(body: Body) -> Body:
    table = str.maketrans(".,", ",.")
    return lambda x: body(x).translate(table)


# -- dates ------------------------------------------------------------------------------------------

_DEFAULT_MASK = {
    "d": "DDmonCCYY",
    "c": "DDmonCCYY_HH:MM:SS",
    "C": "DDmonCCYY_HH:MM:SS",
    "w": "CCYY!www",
    "m": "CCYY!mnn",
    "q": "CCYY!qq",
    "h": "CCYY!hh",
    "y": "CCYY",
    "g": "+",
}
_MONTHS = (
    ["January", "February", "March", "April", "May", "June"]
    + ["July", "August", "September", "October", "November", "December"]
)  # fmt: skip
_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
# ends of the UTC days that a leap second closed (IERS Bulletin C), as (year, month of the following day)
_LEAP_SECONDS = tuple(
    [(y, 7) for y in (1972, 1981, 1982, 1983, 1985, 1992, 1993, 1994, 1997, 2012, 2015)]
    + [(y + 1, 1) for y in (1972, 1973, 1974, 1975, 1976, 1977, 1978, 1979, 1987, 1989, 1990, 1995, 1998)]
    + [(y + 1, 1) for y in (2005, 2008, 2016)]
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the proleptic Gregorian calendar; ``day_number`` is days since 01jan1960."""

    year: int
    month: int
    day: int
    day_number: int
    day_of_year: int
    week: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    millisecond: int = 0


def _half_day(hour: int) -> int:
    return hour % 12 or 12


# code -> (longest text, function of the Moment); the one-letter date codes are those of the old %d format
_CODES: dict[str, tuple[int, Callable[[Moment], str]]] = {
    "CC": (2, lambda t: f"{t.year // 100:02d}"),
    "cc": (2, lambda t: str(t.year // 100)),
    "YY": (2, lambda t: f"{t.year % 100:02d}"),
    "yy": (2, lambda t: str(t.year % 100)),
    "JJJ": (3, lambda t: f"{t.day_of_year:03d}"),
    "jjj": (3, lambda t: str(t.day_of_year)),
    "Month": (9, lambda t: _MONTHS[t.month - 1]),
    "month": (9, lambda t: _MONTHS[t.month - 1].lower()),
    "Mon": (3, lambda t: _MONTHS[t.month - 1][:3]),
    "mon": (3, lambda t: _MONTHS[t.month - 1][:3].lower()),
    "NN": (2, lambda t: f"{t.month:02d}"),
    "nn": (2, lambda t: str(t.month)),
    "DD": (2, lambda t: f"{t.day:02d}"),
    "dd": (2, lambda t: str(t.day)),
    "DAYNAME": (9, lambda t: _DAYS[_weekday(t)].ljust(9)),
    "Dayname": (9, lambda t: _DAYS[_weekday(t)]),
    "Day": (3, lambda t: _DAYS[_weekday(t)][:3]),
    "day": (3, lambda t: _DAYS[_weekday(t)][:3].lower()),
    "Da": (2, lambda t: _DAYS[_weekday(t)][:2]),
    "da": (2, lambda t: _DAYS[_weekday(t)][:2].lower()),
    "h": (1, lambda t: "1" if t.month < 7 else "2"),
    "q": (1, lambda t: str((t.month + 2) // 3)),
    "WW": (2, lambda t: f"{t.week:02d}"),
    "ww": (2, lambda t: str(t.week)),
    "w": (2, lambda t: str(t.week)),
    "HH": (2, lambda t: f"{t.hour:02d}"),
    "hH": (2, lambda t: str(t.hour)),
    "Hh": (2, lambda t: f"{_half_day(t.hour):02d}"),
    "hh": (2, lambda t: str(_half_day(t.hour))),
    "MM": (2, lambda t: f"{t.minute:02d}"),
    "mm": (2, lambda t: str(t.minute)),
    "SS": (2, lambda t: f"{t.second:02d}"),
    "ss": (2, lambda t: str(t.second)),
    ".sss": (4, lambda t: f".{t.millisecond:03d}"),
    ".ss": (3, lambda t: f".{t.millisecond // 10:02d}"),
    ".s": (2, lambda t: f".{t.millisecond // 100}"),
}
for _upper, _lower in (("AM", "PM"), ("A.M.", "P.M.")):
    for _a, _p in ((_upper, _lower), (_upper.lower(), _lower.lower())):
        for _code in (_a, _p):
            _CODES[_code] = (len(_a), lambda t, a=_a, p=_p: a if t.hour < 12 else p)  # type: ignore[misc]
_OLD_CODES = {"C": "CC", "c": "cc", "Y": "YY", "y": "yy", "J": "JJJ", "j": "jjj", "M": "Month", "m": "Mon"}
_OLD_CODES |= {"L": "month", "l": "mon", "N": "NN", "n": "nn", "D": "DD", "d": "dd"}
for _old, _new in _OLD_CODES.items():
    _CODES[_old] = _CODES[_new]
_LONGEST_FIRST = sorted(_CODES, key=len, reverse=True)


def _split_mask(mask: str) -> tuple[str, ...] | None:
    """Codes, and literal characters as "'x"; None when the mask holds something unknown."""
    pieces: list[str] = []
    i = 0
    while i < len(mask):
        code = next((c for c in _LONGEST_FIRST if mask.startswith(c, i)), None)
        if code is not None:
            pieces.append(code)
            i += len(code)
        elif mask[i] == "!" and i + 1 < len(mask):
            pieces.append("'" + mask[i + 1])
            i += 2
        elif mask[i] in ".,:-/\\_+ ":
            if mask[i] != "+":
                pieces.append("'" + (" " if mask[i] == "_" else mask[i]))
            i += 1
        else:
            return None
    return tuple(pieces)


def _piece_width(piece: str) -> int:
    return 1 if piece[0] == "'" else _CODES[piece][0]


def _weekday(t: Moment) -> int:
    """0 = Sunday; 01jan1960 was a Friday."""
    return (t.day_number + 5) % 7


def _date(f: Format) -> Body:
    general = _general(Format("%9.0g", "g", 9))
    if f.date_unit == "g":
        return general
    parts: Sequence[str | Callable[[Moment], str]] = [
        p[1] if p[0] == "'" else _CODES[p][1] for p in f.mask
    ]  # fmt: skip
    unit = f.date_unit

    def body(x: float) -> str:
        t = moment(x, unit)
        if t is None:  # outside the years 0100 to 9999
            return general(x)
        return "".join(p if isinstance(p, str) else p(t) for p in parts)

    return body


def moment(value: float, unit: str) -> Moment | None:
    """The start of the period ``value`` counts from 1960 in ``unit`` (c C d w m q h y); None out of range."""
    n = math.floor(value)
    hour = minute = second = millisecond = 0
    if unit in "cC":
        leap = False
        if unit == "C":
            n, leap = _without_leap_seconds(n)
        n, rest = divmod(n, 86_400_000)
        rest, millisecond = divmod(rest, 1000)
        rest, second = divmod(rest, 60)
        hour, minute = divmod(rest, 60)
        if leap:
            second = 60
        day = n
    elif unit == "d":
        day = n
    elif unit == "w":
        year, week = divmod(n, 52)
        day = _days_from_civil(1960 + year, 1, 1) + 7 * week
    elif unit == "y":
        day = _days_from_civil(n, 1, 1)
    else:
        per_year = {"m": 12, "q": 4, "h": 2}[unit]
        year, part = divmod(n, per_year)
        day = _days_from_civil(1960 + year, 1 + part * (12 // per_year), 1)
    y, m, d = _civil_from_days(day)
    if not 100 <= y <= 9999:
        return None
    of_year = day - _days_from_civil(y, 1, 1)
    return Moment(y, m, d, day, of_year + 1, min(of_year // 7 + 1, 52), hour, minute, second, millisecond)


def _without_leap_seconds(ms: int) -> tuple[int, bool]:
    """A %tC count as a %tc count, and whether it falls inside a leap second."""
    for k, midnight in enumerate(_leap_midnights()):
        start = midnight + 1000 * k  # this leap second's first millisecond, in %tC counts
        if ms < start:
            return ms - 1000 * k, False
        if ms < start + 1000:
            return midnight - 1000 + (ms - start), True
    return ms - 1000 * len(_LEAP_SECONDS), False


@lru_cache(maxsize=1)
def _leap_midnights() -> tuple[int, ...]:
    return tuple(sorted(86_400_000 * _days_from_civil(y, m, 1) for y, m in _LEAP_SECONDS))


def _days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 01jan1960 of a proleptic Gregorian date (months counted from March, 400-year eras)."""
    y = year - (month <= 2)
    era, yoe = divmod(y, 400)
    doy = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 715_815


def _civil_from_days(days: int) -> tuple[int, int, int]:
    """Inverse of :func:`_days_from_civil`."""
    era, doe = divmod(days + 715_815, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def pad_right(texts: Iterable[str], width: int) -> list[str]:
    """Right-align texts in ``width`` display columns."""
    return [" " * (width - text_width(t)) + t for t in texts]


_BODIES: dict[str, Callable[[Format], Body]] = {
    "g": _general,
    "f": _fixed,
    "e": _scientific,
    "x": _hexadecimal,
    "H": _bytes,
    "L": _bytes,
    "t": _date,
}
