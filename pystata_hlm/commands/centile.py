"""centile: Percentiles with confidence intervals.   centile [varlist] [if] [in] [, centile(numlist) cci normal meansd level(#)]"""

from __future__ import annotations

import math

import numpy as np

from pystata_hlm.commands._moments import moments
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, is_valid_format
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

Line = tuple[float, float, float]
"""Centile and its limits."""


def interpolated(x: np.ndarray, place: float) -> float:
    """The value at a 1-based fractional place of sorted x, held at the ends."""
    k = math.floor(place)
    h = place - k
    low, high = (float(x[min(max(j, 1), len(x)) - 1]) for j in (k, k + 1))
    return low + h * (high - low)


def binomial_place(n: int, q: float, tail: float, conservative: bool) -> tuple[float, bool]:
    """Place of the lower limit: the binomial distribution function reaches ``tail`` there; False off the sample."""
    cdf = np.asarray(dist.binomial(np.full(n + 1, float(n)), np.arange(n + 1.0), np.full(n + 1, q)))
    r = int(np.searchsorted(cdf, tail, side="right"))
    if r == 0:
        return 1.0, False
    if conservative:
        return float(r), True
    return r + (tail - cdf[r - 1]) / (cdf[r] - cdf[r - 1]), True


def centile(x: np.ndarray, percent: float, level: float, call: Call) -> tuple[Line, bool]:
    """x sorted; whether both limits lie within the sample."""
    n, q = len(x), percent / 100
    tail = (1 - level / 100) / 2
    z = float(dist.invnormal(1 - tail))
    m = moments(x)
    if call.has("meansd"):
        zq = float(dist.invnormal(q))
        c = m.mean + zq * m.sd
        half = z * m.sd * math.sqrt(1 / n + zq * zq / (2 * (n - 1))) if n > 1 else math.nan
        return (c, c - half, c + half), True
    c = interpolated(x, (n + 1) * q)
    if call.has("normal"):
        density = float(dist.normalden(c, m.mean, m.sd)) if m.sd > 0 else 0.0
        half = z * math.sqrt(q * (1 - q) / n) / density if density else math.nan
        return (c, c - half, c + half), True
    low, low_inside = binomial_place(n, q, tail, call.has("cci"))
    high, high_inside = binomial_place(n, 1 - q, tail, call.has("cci"))
    limits = interpolated(x, low), interpolated(x, n + 1 - high)
    return (c, *limits), low_inside and high_inside


@command(
    "centile",
    klass="r",
    varlist="all",
    byable="loop",
    options=(
        Opt("centile", 1, "numlist"),
        Opt("cci", 2),
        Opt("normal", 1),
        Opt("meansd", 1),
        Opt("level", 1, "level"),
        Opt("format", 1, "string"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if sum(call.has(o) for o in ("cci", "normal", "meansd")) > 1:
        raise StataError(198, "only one of cci, normal, or meansd can be specified")
    fmt = call.opt("format", "%9.0g")
    if not is_valid_format(fmt):
        raise StataError(120, "invalid %format")
    points = call.opt("centile", [50.0])
    if any(not 0 < p < 100 for p in points):
        raise StataError(198, "centile() must be between 0 and 100")
    level = call.opt("level", ctx.settings.level)
    new = ctx.settings.new_headings
    if call.has("meansd"):
        title = "Normal, based on mean and std. dev."
    else:
        title = "Binomial exact" if call.has("cci") else "Normal, based on observed centiles"
        if not call.has("normal") and not call.has("cci"):
            title = "Binom. interp."
    conf = "conf. interval" if new else "Conf. Interval"
    over = f"{title:^20}" if new else f"-- {(title if call.has('normal') else title.title())} --"
    over = over if len(over) >= 20 else over.center(20)
    out = [
        "",
        " " * max(0, 75 - len(over)) + over,
        f"    Variable |       Obs  Percentile    Centile        [{level:g}% {conf}]",
    ]
    out.append("-" * 13 + "+" + "-" * 61)
    scalars: dict[str, float] = {}
    stars = False
    names = [n for n in call.varlist if not ctx.data.column(n).is_string or call.terms]
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
        x = ctx.data.column(name).values()
        x = np.sort(x[call.sample & ~np.isnan(x)])
        for k, percent in enumerate(points):
            stub = abbrev(name, 12) if k == 0 else ""
            head = f"{stub:>12} |" + (f"{len(x):>10}" if k == 0 else " " * 10)
            head += f"{format_number(percent, '%9.0g').strip():>11}"
            if not len(x):
                out.append(head)
                continue
            (c, low, high), inside = centile(x, percent, level, call)
            numbers = [format_number(v, fmt).strip() for v in (c, low, high)]
            out.append(head + f"{numbers[0]:>12}{numbers[1]:>16}{numbers[2]:>12}" + ("" if inside else "*"))
            stars |= not inside
            scalars |= {f"c_{k + 1}": c, f"lb_{k + 1}": low, f"ub_{k + 1}": high}
        scalars["N"] = float(len(x))
    if stars:
        out += ["", "* Lower (upper) confidence limit held at minimum (maximum) of sample"]
    ctx.say("\n".join(out))
    ordered = {"N": scalars.get("N", 0.0), "n_cent": float(len(points))}
    return Stored("r", {**ordered, **scalars}, {"centiles": " ".join(f"{p:g}" for p in points)})
