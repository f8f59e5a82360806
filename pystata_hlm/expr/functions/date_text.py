"""Dates and times read from strings: date(), clock(), monthly() ..., and the literals td(), tc(), tm() ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.date import MS_DAY, Cofc, days, hms, period
from pystata_hlm.expr.functions.registry import FUNCTIONS, NONE, function
from pystata_hlm.expr.functions.text import decode, per_distinct

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
        lambda f: float(period(52, f["Y"], f.get("W", np.nan))),
        True,
    ),
    (
        "monthly",
        "monthly date that a string spells",
        lambda f: float(period(12, f["Y"], f.get("M", np.nan))),
        True,
    ),
    (
        "quarterly",
        "quarterly date that a string spells",
        lambda f: float(period(4, f["Y"], f.get("Q", np.nan))),
        True,
    ),
    (
        "halfyearly",
        "half-yearly date that a string spells",
        lambda f: float(period(2, f["Y"], f.get("H", np.nan))),
        True,
    ),
    ("yearly", "year that a string spells", lambda f: f["Y"], True),
)
for _name, _help, _build, _letters in _READERS:
    function(_name, "s s n?", _help, family="date", missing="own")(_reader(_build, _letters))

# ---------------------------------------------------------------- literals: td(01jan2020) and kin
# The parser hands the text between the parentheses over as a string.


def _literal(reader: str, mask: bytes) -> Callable[[Any], Any]:
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
