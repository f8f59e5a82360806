"""bcal: business calendars.   bcal {load | describe} calname | bcal {dir | check} ... | bcal create filename, from(varname)"""

from __future__ import annotations

import fnmatch
from pathlib import Path

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.data import calendars
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import in_mask, typed_options
from pystata_hlm.runtime.calendars import load
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_SUBCOMMANDS = (("check", 1), ("dir", 3), ("describe", 1), ("load", 1), ("create", 2))
_CREATE = (
    Opt("from", 0, "varname"),
    Opt("excludemissing", 9, "text"),
    Opt("personal"),
    Opt("replace"),
    Opt("purpose", 0, "string"),
    Opt("dateformat", 10, "text"),
    Opt("range", 0, "text"),
    Opt("centerdate", 10, "text"),
    Opt("maxgap", 6, "int"),
)


def _describe(name: str, ctx: Context, again: bool = False) -> Stored:
    cal = load(name, ctx.workspace, again)
    omitted = cal.last - cal.first + 1 - len(cal.days)
    low, high = -cal.center, len(cal.days) - 1 - cal.center
    years = (cal.last - cal.first + 1) / 365.25
    days = [calendars.shown(day) for day in (cal.first, cal.last)]
    center = int(cal.days[cal.center])
    lines = [
        "",
        f"  Business calendar {cal.name} (format %tb{cal.name}):",
        "",
        f"    purpose:  {cal.purpose}",
        "",
        f"      range:  {days[0]:>9}  {days[1]:>9}",
        f"              {cal.first:9d}  {cal.last:9d}   in %td units",
        f"              {low:9d}  {high:9d}   in %tb{cal.name} units",
        "",
        f"     center:  {calendars.shown(center):>9}",
        f"              {center:9d}              in %td units",
        f"              {0:9d}              in %tb{cal.name} units",
        "",
        f"    omitted:  {omitted:9,d}              days",
        f"              {omitted / years:9.1f}              approx. days/year",
        "",
        f"   included:  {len(cal.days):9,d}              days",
        f"              {len(cal.days) / years:9.1f}              approx. days/year",
    ]
    ctx.say("\n".join(lines))
    scalars = {
        "min_date_td": float(cal.first),
        "max_date_td": float(cal.last),
        "ctr_date_td": float(center),
        "min_date_tb": float(low),
        "max_date_tb": float(high),
        "omitted": float(omitted),
        "included": float(len(cal.days)),
    }
    return Stored("r", scalars, {"name": cal.name, "purpose": cal.purpose})


def _dir(pattern: str, ctx: Context) -> None:
    ws = ctx.workspace
    wanted = f"{(pattern or '*').removesuffix('.stbcal').lower()}.stbcal"
    for element in ws.ado.path:
        folder = Path(ws.ado.folder(element)).expanduser()
        folder = folder if folder.is_absolute() else ws.cwd / folder
        for place in sorted({*folder.glob("*.stbcal"), *folder.glob("?/*.stbcal")}):
            if fnmatch.fnmatch(place.name.lower(), wanted):
                ctx.say(f"  {place.stem:<20} {place.as_posix()}")


def _check(text: str, ctx: Context) -> Stored:
    """Which %tb formats the variables have: none can be set here, but files may bring some."""
    node: nodes.Standard = parse("standard", text)
    typed_options(node.clauses.options, (Opt("rc0"),), (), ctx)
    names = expand_varlist(ctx.data, node.varlist, ctx.settings.varabbrev) if node.varlist else ctx.data.names
    found: dict[str, list[str]] = {}
    for name in names:
        fmt = ctx.data.column(name).format
        if fmt.lstrip("%-").startswith("tb"):
            found.setdefault(fmt, []).append(name)
    for fmt, users in found.items():
        load(fmt, ctx.workspace)
        ctx.say(f"  {fmt}:  {' '.join(users)}")
    if not found:
        ctx.say("  (no variables use %tb formats)")
    return Stored(
        "r",
        macros={
            "calendars": " ".join(found),
            "varlist": " ".join(name for users in found.values() for name in users),
        },
    )


def _create(text: str, ctx: Context) -> None:
    """bcal create filename [if] [in], from(varname) [excludemissing() personal replace purpose() ...]"""
    node: nodes.Anything = parse("anything", text)
    options = typed_options(node.clauses.options, _CREATE, ("generate:3",), ctx)
    if "from" not in options:
        raise StataError.option_required("from()")
    shown = _files.with_suffix(_files.file_argument(node.text), ".stbcal")
    if shown == ".stbcal":
        raise StataError(198, "invalid file specification")
    ws = ctx.workspace
    folder = Path(ws.ado.folder("PERSONAL")).expanduser() if "personal" in options else ws.cwd
    path = folder / shown
    if path.exists() and "replace" not in options:
        raise StataError.file_exists(shown)
    sample = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        sample &= in_mask(node.clauses.in_, ctx.data.n, ctx)
    if "excludemissing" in options:
        listed, _, how = options["excludemissing"].partition(",")
        names = expand_varlist(ctx.data, parse("varlist", listed), ctx.settings.varabbrev)
        absent = np.array([ctx.data.column(name).is_missing() for name in names])
        sample &= ~(absent.any(axis=0) if how.strip() == "any" else absent.all(axis=0))
    values = ctx.data.values(options["from"])[sample]
    present = np.unique(values[~np.isnan(values)]).astype(np.int64)
    if not len(present):
        raise StataError.no_observations()
    order = options.get("dateformat", "dmy").strip()
    if sorted(order) != sorted("dmy"):
        raise StataError(198, "option dateformat() incorrectly specified")
    first, last = int(present[0]), int(present[-1])
    if "range" in options:
        first, last = (_day(word, ctx) for word in options["range"].split())
    center = _day(options["centerdate"], ctx) if "centerdate" in options else first
    text_out = _text(present, first, last, center, order, options)
    name = Path(shown).stem.lower()
    calendar = calendars.read(text_out, name)
    try:
        path.write_text(text_out, encoding="utf-8")
    except OSError:
        raise StataError(603, f"file {shown} could not be opened") from None
    ws.calendars[name] = calendar
    ctx.say(f"\n  Business calendar {name} (format %tb{name}) created, {len(calendar.days):,} days")


def _day(word: str, ctx: Context) -> int:
    value = ctx.scalar(parse("expr", f"td({word.strip()})"))
    if not isinstance(value, float) or value != value:
        raise StataError.invalid_syntax()
    return int(value)


def _text(
    present: np.ndarray, first: int, last: int, center: int, order: str, options: dict[str, object]
) -> str:
    """The file: weekdays that never occur, then each other day that is absent."""
    within = present[(present >= first) & (present <= last)]
    gaps = np.diff(within)
    widest = int(gaps.max()) if len(gaps) else 1
    allowed = int(str(options.get("maxgap", 10)))
    if widest > allowed:
        raise StataError(198, f"gap of {widest} days found; maxgap({allowed}) exceeded")
    week = np.setdiff1d(np.arange(7), (within + 5) % 7)
    absent = np.setdiff1d(np.arange(first, last + 1), within)
    absent = absent[~np.isin((absent + 5) % 7, week)]
    names = [("Su", "Mo", "Tu", "We", "Th", "Fr", "Sa")[k] for k in week]
    lines = [
        "* Business calendar made by bcal create",
        "version 18",
        f'purpose "{options.get("purpose", "")}"',
    ]
    lines += [f"dateformat {order}"]
    lines += [f"range {calendars.ordered(first, order)} {calendars.ordered(last, order)}"]
    lines += [f"centerdate {calendars.ordered(center, order)}"]
    lines += [f"omit dayofweek ({' '.join(names)})"] if names else []
    lines += [f"omit date {calendars.ordered(int(day), order)}" for day in absent]
    return "\n".join(lines) + "\n"


@command("bcal", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    sub = match(word.rstrip(","), _SUBCOMMANDS)
    if sub is None:
        raise StataError.invalid_word(word) if word else StataError.invalid_syntax()
    rest = rest.strip()
    if sub in ("describe", "load"):
        if not rest or " " in rest:
            raise StataError.invalid_syntax()
        return _describe(rest, ctx, sub == "load")
    if sub == "dir":
        _dir(rest, ctx)
        return None
    if sub == "check":
        return _check(rest, ctx)
    _create(rest, ctx)
    return None
