"""``tsset`` and ``xtset``: declare panel and time variable, say how the panels are balanced ([TS] tsset, [XT] xtset)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.missing import combine_codes
from pystata_hlm.data.timesettings import TimeSettings, declare, periods, time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, format_trimmed, is_valid_format, parse_format
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

# unit option: display format, letter of the unit, the unit in words
_UNITS = {
    "clocktime": ("%tc", "c", "millisecond"),
    "daily": ("%td", "d", "day"),
    "weekly": ("%tw", "w", "week"),
    "monthly": ("%tm", "m", "month"),
    "quarterly": ("%tq", "q", "quarter"),
    "halfyearly": ("%th", "h", "half-year"),
    "yearly": ("%ty", "y", "year"),
    "generic": ("%tg", ".", "unit"),
}
_WORDS = {letter: word for _, letter, word in _UNITS.values()}
_WORDS |= {"g": "unit", "C": "millisecond"}
_MILLISECONDS = {
    "second": 1e3,
    "sec": 1e3,
    "minute": 6e4,
    "min": 6e4,
    "hour": 3.6e6,
    "day": 8.64e7,
    "week": 6.048e8,
}
_DAYS = {"day": 1.0, "week": 7.0}

OPTIONS = (
    Opt("clocktime", 1),
    Opt("daily", 1),
    Opt("weekly", 1),
    Opt("monthly", 1),
    Opt("quarterly", 1),
    Opt("halfyearly", 1),
    Opt("yearly", 1),
    Opt("generic", 1),
    Opt("format", 1, "text"),
    Opt("delta", 3, "text"),
    Opt("noquery"),
    Opt("clear"),
)


@dataclass(frozen=True)
class Facts:
    """What Stata says about the settings. balanced: "", balanced, strongly balanced, weakly balanced, unbalanced."""

    settings: TimeSettings
    balanced: str = ""
    gaps: int = 0
    tmin: float = np.nan
    tmax: float = np.nan
    imin: float = np.nan
    imax: float = np.nan


def compute(data: Dataset, settings: TimeSettings) -> Facts:
    """Look at the panels; r(451) for repeated times."""
    n = data.n
    panel = data.column(settings.panel).values() if settings.panel else np.zeros(n)
    known = ~np.isnan(panel)
    facts = Facts(settings)
    if settings.panel and known.any():
        facts = replace(facts, imin=float(np.nanmin(panel)), imax=float(np.nanmax(panel)))
    if not settings.time:
        counts = np.unique(panel[known], return_counts=True)[1]
        return replace(facts, balanced="balanced" if len(set(counts.tolist())) <= 1 else "unbalanced")
    time = data.column(settings.time).values()
    known &= ~np.isnan(time)
    panel, time = panel[known], time[known]
    if not len(time):
        return replace(facts, balanced="strongly balanced" if settings.panel else "")
    if ((time - time.min()) % settings.delta != 0).any():
        raise StataError(451, "time values with periods less than delta() found")
    period = periods(data, settings)[known]
    order = np.lexsort((time, panel))
    panel, period = panel[order], period[order]
    same = panel[1:] == panel[:-1]
    step = np.diff(period)
    if (same & (step == 0)).any():
        where = "panel" if settings.panel else "sample"
        raise StataError(
            451,
            f"repeated time values within {where}" if settings.panel else f"repeated time values in {where}",
        )
    facts = replace(
        facts,
        gaps=int(np.count_nonzero(same & (step > 1))),
        tmin=float(time.min()),
        tmax=float(time.max()),
    )
    if not settings.panel:
        return facts
    starts = np.flatnonzero(np.append(True, ~same))
    sizes = np.diff(np.append(starts, len(panel)))
    if len(set(sizes.tolist())) > 1:
        return replace(facts, balanced="unbalanced")
    table = period.reshape(len(starts), -1)
    return replace(facts, balanced="strongly balanced" if (table == table[0]).all() else "weakly balanced")


# ---------------------------------------------------------------- what is printed


def _unit(data: Dataset, settings: TimeSettings) -> str:
    """Letter of the time variable's unit, "." when its format is no date."""
    fmt = parse_format(data.column(settings.time).format)
    found = re.match(r"%-?t([cCdwmqhyg])", data.column(settings.time).format)
    if not fmt.is_date or found is None:
        return "."
    return found[1]


def delta_text(data: Dataset, settings: TimeSettings) -> str:
    """``1 unit``, ``7 days``, ``.001 seconds``."""
    unit, delta = _unit(data, settings), settings.delta
    if unit in ("c", "C"):
        for word, size in (("week", 6.048e8), ("day", 8.64e7), ("hour", 3.6e6), ("minute", 6e4)):
            if delta >= size and delta % size == 0:
                return _counted(delta / size, word)
        return _counted(delta / 1000, "second")
    return _counted(delta, _WORDS.get(unit, "unit"))


def _counted(number: float, word: str) -> str:
    return f"{format_trimmed(number, '%9.0g')} {word}{'' if number == 1 else 's'}"


def _time_text(data: Dataset, settings: TimeSettings, value: float) -> str:
    return format_number(value, data.column(settings.time).format).strip()


def report(facts: Facts, ctx: Context) -> None:
    """The lines on panel, time and period."""
    settings, data = facts.settings, ctx.data
    lines: list[tuple[str, str]] = []
    if settings.panel:
        lines.append(("Panel variable", f"{settings.panel} ({facts.balanced})"))
    if settings.time:
        gaps = ", but with a gap" if facts.gaps == 1 else ", but with gaps" if facts.gaps else ""
        first, last = (_time_text(data, settings, value) for value in (facts.tmin, facts.tmax))
        lines.append(("Time variable", f"{settings.time}, {first} to {last}{gaps}"))
        lines.append(("Delta", delta_text(data, settings)))
    if ctx.settings.new_headings:
        width = max(len(head) for head, _ in lines)
        ctx.say("\n" + "\n".join(f"{head:>{width}}: {text}" for head, text in lines))
    else:
        ctx.say("\n".join(f"{head.lower():>21}:  {text}" for head, text in lines))


def stored(facts: Facts, data: Dataset) -> Stored:
    settings = facts.settings
    scalars: dict[str, float] = {}
    macros: dict[str, str] = {}
    if settings.panel:
        scalars |= {"imin": facts.imin, "imax": facts.imax}
        macros |= {"panelvar": settings.panel, "balanced": facts.balanced}
    if settings.time:
        fmt = data.column(settings.time).format
        unit = _unit(data, settings)
        names = {letter: name for name, (_, letter, _) in _UNITS.items()}
        scalars |= {
            "tmin": facts.tmin,
            "tmax": facts.tmax,
            "tdelta": settings.delta,
            "gaps": float(facts.gaps > 0),
        }
        macros |= {
            "timevar": settings.time,
            "tdeltas": delta_text(data, settings),
            "tmins": _time_text(data, settings, facts.tmin),
            "tmaxs": _time_text(data, settings, facts.tmax),
            "tsfmt": fmt if unit != "." else data.column(settings.time).format,
            "unit": names.get(unit, "generic"),
            "unit1": unit,
        }
    return Stored("r", scalars, macros)


# ---------------------------------------------------------------- the command


def _delta(text: str, unit: str, ctx: Context) -> float:
    """``#``, ``(exp)``, ``# units`` (several of them add up)."""
    sizes = _MILLISECONDS if unit in ("c", "C") else _DAYS if unit == "d" else {_WORDS.get(unit, "unit"): 1.0}
    pieces = re.findall(r"(\([^()]*\)|[\d.]+)\s*([A-Za-z-]*)", text)
    if not pieces or re.sub(r"(\([^()]*\)|[\d.]+)\s*([A-Za-z-]*)", "", text).strip():
        raise StataError(198, "option delta() incorrectly specified")
    total = 0.0
    for number, word in pieces:
        value = ctx.scalar(parse("expr", number))
        size = sizes.get(word.removesuffix("s")) if word else 1.0
        if not isinstance(value, float) or size is None:
            raise StataError(198, "option delta() incorrectly specified")
        total += value * size
    if not total > 0:
        raise StataError(198, "option delta() incorrectly specified")
    return total


def _check_panel(name: str, ctx: Context) -> None:
    if ctx.data.column(name).is_string:
        raise StataError(109, "string variables not allowed in varlist;\n" + f"{name} is a string variable")


def _set(settings: TimeSettings, call: Call, ctx: Context) -> TimeSettings:
    """Check, format the time variable, sort, and keep the settings with the data."""
    data = ctx.data
    for name in settings.keys:
        _check_panel(name, ctx)
    units = [name for name in _UNITS if call.has(name)]
    if len(units) + call.has("format") > 1:
        raise StataError(198, "only one of the unit options or format() is allowed")
    if settings.time:
        time = data.column(settings.time)
        values = time.values()
        if (values[~np.isnan(values)] % 1 != 0).any():
            raise StataError(
                451, f"time variable must contain only integer values;\n{settings.time} has noninteger values"
            )
        fmt = call.opt("format") if call.has("format") else _UNITS[units[0]][0] if units else None
        if fmt is not None:
            if not is_valid_format(fmt.strip()):
                raise StataError(120, "invalid %format")
            data.set_column(settings.time, time.with_(format=fmt.strip()), same_values=True)
        if call.has("delta"):
            settings = replace(settings, delta=_delta(call.opt("delta"), _unit(data, settings), ctx))
    elif units or call.has("format") or call.has("delta"):
        raise StataError(198, "time variable required with options for it")
    return settings


def run(call: Call, ctx: Context, settings: TimeSettings | None) -> Stored | None:
    """Set when ``settings`` is given, else show what is set."""
    data = ctx.data
    if call.has("clear"):
        declare(data, TimeSettings())
        return Stored("r")
    if settings is not None:
        settings = _set(settings, call, ctx)
    else:
        settings = time_settings(data)
    facts = compute(data, settings)
    if settings.time and list(data.sortedby[: len(settings.keys)]) != settings.keys:
        data.sort(settings.keys, stable=True)
    if call.varlist:
        declare(data, settings)
    if not call.has("noquery"):
        report(facts, ctx)
    return stored(facts, data)


def add_periods(data: Dataset, settings: TimeSettings, sources: np.ndarray, wanted: np.ndarray) -> None:
    """Append one observation for each entry: the panel of row ``sources``, at period ``wanted``, else missing."""
    if not len(wanted):
        return
    time = data.column(settings.time)
    start = float(np.nanmin(time.values()))
    before = data.n
    panel = data.column(settings.panel) if settings.panel else None
    data.set_obs(before + len(wanted))
    values = np.concatenate([time.values(), start + wanted * settings.delta])
    codes = np.concatenate([combine_codes(before, time.codes()), np.zeros(len(wanted), dtype=np.int8)])
    stype = storage.promote(time.stype, values)
    data.set_column(settings.time, time.with_(data=Column.numeric(values, codes, stype).data, stype=stype))
    if panel is not None:
        ids = panel.data[np.concatenate([np.arange(before), sources])]
        data.set_column(settings.panel, panel.with_(data=ids))
