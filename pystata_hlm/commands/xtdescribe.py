"""xtdescribe: describe the pattern of panel data.   xtdescribe [if] [in] [, patterns(#) width(#)]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._panels import panel_variable, time_variable
from pystata_hlm.commands._timeset import delta_text
from pystata_hlm.data.timesettings import time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_POINTS = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Participation:
    """ids and times: distinct values; sizes: times of each panel; patterns: (text, number of panels), most frequent
    first, ties in the order of their text; every: whether panel and time identify the observations."""

    ids: np.ndarray
    times: np.ndarray
    span: int
    sizes: np.ndarray
    patterns: tuple[tuple[str, int], ...]
    unique: bool


def compute(ids: np.ndarray, times: np.ndarray, delta: float, width: int) -> Participation:
    distinct, codes = np.unique(ids, return_inverse=True)
    when = np.unique(times)
    first = when[0]
    place = np.rint((times - first) / delta).astype(np.int64)
    span = int(place.max()) + 1
    columns = min(width, span)
    cell = place if span <= width else place * columns // span  # several periods share a column when too many
    there = np.zeros((len(distinct), columns), dtype=bool)
    there[codes, cell] = True
    unique_rows, counts = np.unique(there, axis=0, return_counts=True)
    texts = ["".join("1" if mark else "." for mark in row) for row in unique_rows.tolist()]
    order = sorted(range(len(texts)), key=lambda k: (-counts[k], texts[k]))
    pairs = np.unique(np.column_stack([codes, place]), axis=0)
    sizes = np.bincount(codes, minlength=len(distinct)).astype(float)
    return Participation(
        distinct,
        when,
        span,
        sizes,
        tuple((texts[k], int(counts[k])) for k in order),
        len(pairs) == len(ids),
    )


def _values(values: np.ndarray, fmt: str) -> str:
    """``1, 2, ..., 5159``: the first two and the last."""
    shown = [format_number(v, fmt).strip() for v in values[[0, *([1] if len(values) > 1 else [])]]]
    if len(values) > 2:
        shown += ["..."] if len(values) > 3 else []
        shown.append(format_number(values[-1], fmt).strip())
    return ", ".join(shown)


def layout(p: Participation, names: tuple[str, str], formats: tuple[str, str], unit: str, most: int) -> str:
    panel, time = names
    out = [
        "",
        f"{panel:>8}:  {_values(p.ids, formats[0])}".ljust(60) + f" n = {len(p.ids):>10}",
        f"{time:>8}:  {_values(p.times, formats[1])}".ljust(60) + f" T = {int(p.sizes.max()):>10}",
        f"           Delta({time}) = {unit}",
        f"           Span({time})  = {p.span} period{'s' if p.span > 1 else ''}",
    ]
    if p.unique:
        out.append(f"           ({panel}*{time} uniquely identifies each observation)")
    quantiles = [p.sizes.min(), *percentiles(p.sizes, _POINTS), p.sizes.max()]
    cells = (8, 8, 8, 10, 10, 8, 8)
    numbers = "".join(
        format_number(float(q), "%9.0g").strip().rjust(w) for q, w in zip(quantiles, cells, strict=True)
    )
    out += [
        "",
        "Distribution of T_i:   min      5%     25%       50%       75%     95%     max",
        " " * 18 + numbers,
        "",
        "     Freq.  Percent    Cum. |  Pattern",
    ]
    total = len(p.ids)
    columns = len(p.patterns[0][0])
    rule = " " + "-" * 27 + "+" + "-" * max(columns + 2, 9)
    out.append(rule)
    seen = 0
    for text, count in p.patterns[:most]:
        seen += count
        out.append(f"{count:>9}  {100 * count / total:>8.2f} {100 * seen / total:>7.2f} |  {text}")
    others = total - seen
    if others:
        out.append(f"{others:>9}  {100 * others / total:>8.2f} {100.0:>7.2f} | (other patterns)")
    everywhere = "".join("X" if any(t[k] == "1" for t, _ in p.patterns) else "." for k in range(columns))
    out += [rule, f"{total:>9}  {100.0:>8.2f}         |  {everywhere}"]
    return "\n".join(out)


@command(
    "xtdescribe",
    min=5,
    klass="r",
    varlist="none",
    byable="loop",
    options=(
        Opt("patterns", 1, "int"),
        Opt("width", 1, "int"),
        Opt("i", 1, "varname"),
        Opt("t", 1, "varname"),
    ),
)
def run(call: Call, ctx: Context) -> Stored:
    most, width = call.opt("patterns", 9), call.opt("width", 100)
    if most < 0 or width < 1:
        raise StataError(125, "patterns() or width() out of range")
    panel = panel_variable(ctx, call.opt("i"))
    time = call.opt("t") or time_variable(ctx)
    ids, times = ctx.data.values(panel), ctx.data.values(time)
    used = call.sample & ~np.isnan(ids) & ~np.isnan(times)
    if not used.any():
        raise StataError.no_observations()
    settings = time_settings(ctx.data)
    delta = settings.delta if settings.time == time else 1.0
    p = compute(ids[used], times[used], delta, width)
    formats = (ctx.data.column(panel).format, ctx.data.column(time).format)
    unit = delta_text(ctx.data, settings) if settings.time == time else "1 unit"
    ctx.emit(Text(layout(p, (panel, time), formats, unit, most)))
    quantiles = [p.sizes.min(), *percentiles(p.sizes, _POINTS), p.sizes.max()]
    names = ("min", "5", "25", "50", "75", "95", "max")
    scalars = {"N": float(len(p.ids))} | {
        f"r{n}" if not n.isalpha() else n: float(q) for n, q in zip(names, quantiles, strict=True)
    }
    return Stored("r", scalars)
