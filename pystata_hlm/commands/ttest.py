"""ttest: t tests of means.   ttest varname == {# | varname2} | ttest varname, by(groupvar) [, unequal welch level(#)]

Layout: ../shared/cases/ttest_auto.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._categories import axis
from pystata_hlm.commands._moments import Moments, moments
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt

_FORM = re.compile(r"^\s*(\S+?)\s*(?:==?\s*(.+?))?\s*$", re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """A line of the table: name, n, mean, standard error, standard deviation, half-width of the interval."""

    name: str
    n: float
    mean: float
    se: float
    sd: float
    half: float


@dataclass(frozen=True)
class Test:
    t: float
    df: float
    p_lower: float
    p: float
    p_upper: float


def sample(name: str, m: Moments, level: float) -> Sample:
    se = m.sd / math.sqrt(m.n) if m.n > 1 else math.nan
    half = float(dist.invttail(m.n - 1, (1 - level / 100) / 2)) * se if m.n > 1 else math.nan
    return Sample(name, m.n, m.mean, se, m.sd, half)


def test(difference: float, se: float, df: float) -> Test:
    t = difference / se if se > 0 else math.nan
    if t != t:
        return Test(math.nan, df, math.nan, math.nan, math.nan)
    upper = float(dist.ttail(df, t))
    return Test(t, df, float(dist.ttail(df, -t)), min(1.0, 2 * float(dist.ttail(df, abs(t)))), upper)


# ---------------------------------------------------------------- layout


def table(stub: str, blocks: list[list[Sample]], level: float, settings: Settings) -> Table:
    new = settings.new_headings
    err, dev, conf = (
        ("Std. err.", "Std. dev.", "conf. interval") if new else ("Std. Err.", "Std. Dev.", "Conf. Interval")
    )
    interval = f"[{level:g}% {conf}]"
    head = f"     Obs        Mean    {err}   {dev}{interval:>23}"
    body: list[Row | Rule] = []
    for k, block in enumerate(blocks):
        if k:
            body.append(Rule())
        for s in block:
            counted = None if s.n != s.n else Cell(s.n, "%8.0gc")
            spread = None if s.n != s.n else Cell(s.sd)
            low, high = Cell(s.mean - s.half), Cell(s.mean + s.half)
            body.append(Row(s.name, (counted, Cell(s.mean), Cell(s.se), spread, low, high)))
    columns = (Col("", 8), *(Col("", 12) for _ in range(5)))
    return Table(stub, 8, columns, tuple(body), top=True, bottom=True, head_text=(head,), name="ttest")


def _centred(text: str, width: int) -> str:
    left = (width - len(text) + 1) // 2
    return (" " * max(0, left) + text).ljust(width)


def footer(left: tuple[str, str], hypothesis: str, value: str, found: Test, df_label: str) -> str:
    """The test statistic, its degrees of freedom and the three alternatives."""
    t = f"t = {format_number(found.t, '%8.4f'):>8}"
    whole = found.df == int(found.df) if found.df == found.df else False
    df = f"{df_label} = {format_number(found.df, '%8.0f' if whole else '%8.4f'):>8}"

    def line(a: str, b: str) -> str:
        return a + " " * max(1, 78 - len(a) - len(b)) + b

    p = [format_number(v, "%6.4f") for v in (found.p_lower, found.p, found.p_upper)]
    ha = [f"Ha: {hypothesis} {sign} {value}" for sign in ("<", "!=", ">")]
    heads = " " + _centred(ha[0], 18) + " " * 9 + _centred(ha[1], 22) + " " * 10 + _centred(ha[2], 18)
    return "\n".join(
        [
            line(left[0], t),
            line(left[1], df),
            "",
            heads.rstrip(),
            f" Pr(T < t) = {p[0]}         Pr(|T| > |t|) = {p[1]}          Pr(T > t) = {p[2]}",
        ]
    )


def _df_label(settings: Settings, method: str = "") -> str:
    if method:
        return f"{method} degrees of freedom"
    return "Degrees of freedom" if settings.new_headings else "degrees of freedom"


# ---------------------------------------------------------------- the forms


def _values(name: str, ctx: Context) -> np.ndarray:
    column = ctx.data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    return column.values()


def _scalars(found: Test, se: float, level: float) -> dict[str, float]:
    return {
        "df_t": found.df,
        "t": found.t,
        "p": found.p,
        "p_l": found.p_lower,
        "p_u": found.p_upper,
        "se": se,
        "level": level,
    }


def one_sample(name: str, value: float, call: Call, ctx: Context, level: float) -> Stored:
    x = _values(name, ctx)
    x = x[call.sample & ~np.isnan(x)]
    if not x.size:
        raise StataError.no_observations()
    if x.size < 2:
        raise StataError.insufficient_observations()
    return one_sample_of(name, moments(x), value, ctx, level)


def one_sample_of(
    name: str, m: Moments, value: float, ctx: Context, level: float, stub: str = "Variable"
) -> Stored:
    """From the moments of the sample."""
    if m.n < 2:
        raise StataError.insufficient_observations()
    line = sample(abbrev(name, 8), m, level)
    found = test(m.mean - value, line.se, m.n - 1)
    h0 = "H0" if ctx.settings.new_headings else "Ho"
    shown = format_number(value, "%9.0g").strip()
    ctx.say("\nOne-sample t test")
    ctx.emit(table(stub, [[line]], level, ctx.settings))
    left = (f"    mean = mean({abbrev(name, 20)})", f"{h0}: mean = {shown}")
    ctx.say(footer(left, "mean", shown, found, _df_label(ctx.settings)))
    scalars = {"N_1": m.n, "mu_1": m.mean, "sd_1": m.sd, **_scalars(found, line.se, level)}
    return Stored("r", scalars)


def paired(first: str, second: str, call: Call, ctx: Context, level: float) -> Stored:
    a, b = _values(first, ctx), _values(second, ctx)
    used = call.sample & ~np.isnan(a) & ~np.isnan(b)
    a, b = a[used], b[used]
    if not a.size:
        raise StataError.no_observations()
    if a.size < 2:
        raise StataError.insufficient_observations()
    one, two, diff = moments(a), moments(b), moments(a - b)
    lines = [sample(abbrev(first, 8), one, level), sample(abbrev(second, 8), two, level)]
    last = sample("diff", diff, level)
    found = test(diff.mean, last.se, diff.n - 1)
    h0 = "H0" if ctx.settings.new_headings else "Ho"
    ctx.say("\nPaired t test")
    ctx.emit(table("Variable", [lines, [last]], level, ctx.settings))
    left = (
        f"     mean(diff) = mean({abbrev(first, 16)} - {abbrev(second, 16)})",
        f" {h0}: mean(diff) = 0",
    )
    ctx.say(footer(left, "mean(diff)", "0", found, _df_label(ctx.settings)))
    scalars = {"N_1": one.n, "mu_1": one.mean, "N_2": two.n, "mu_2": two.mean, "sd_1": one.sd, "sd_2": two.sd}
    return Stored("r", scalars | _scalars(found, last.se, level))


def two_sample(
    groups: tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]],
    stub: str,
    call: Call,
    ctx: Context,
    level: float,
) -> Stored:
    (name1, x1), (name2, x2) = groups
    both = moments(np.concatenate([x1, x2]))
    return two_sample_of(((name1, moments(x1)), (name2, moments(x2))), both, stub, call, ctx, level)


def two_sample_of(
    groups: tuple[tuple[str, Moments], tuple[str, Moments]],
    both: Moments,
    stub: str,
    call: Call,
    ctx: Context,
    level: float,
) -> Stored:
    """From the moments of the samples and of both together."""
    (name1, m1), (name2, m2) = groups
    if min(m1.n, m2.n) < 1 or m1.n + m2.n < 3:
        raise StataError.insufficient_observations()
    unequal = call.has("unequal") or call.has("welch")
    new = ctx.settings.new_headings
    v1, v2 = m1.var / m1.n, m2.var / m2.n
    pooled = ((m1.n - 1) * (m1.var if m1.n > 1 else 0) + (m2.n - 1) * (m2.var if m2.n > 1 else 0)) / (
        m1.n + m2.n - 2
    )
    method = ""
    if unequal:
        se = math.sqrt(v1 + v2)
        if call.has("welch"):
            df = -2 + (v1 + v2) ** 2 / (v1**2 / (m1.n + 1) + v2**2 / (m2.n + 1))
            method = "Welch's"
        else:
            df = (v1 + v2) ** 2 / (v1**2 / (m1.n - 1) + v2**2 / (m2.n - 1))
            method = "Satterthwaite's"
    else:
        se = math.sqrt(pooled * (1 / m1.n + 1 / m2.n))
        df = m1.n + m2.n - 2
    difference = m1.mean - m2.mean
    found = test(difference, se, df)
    half = float(dist.invttail(df, (1 - level / 100) / 2)) * se
    lines = [
        [sample(name1, m1, level), sample(name2, m2, level)],
        [sample("Combined" if new else "combined", both, level)],
        [Sample("diff", math.nan, difference, se, math.nan, half)],
    ]
    h0 = "H0" if new else "Ho"
    ctx.say(f"\nTwo-sample t test with {'unequal' if unequal else 'equal'} variances")
    ctx.emit(table(stub, lines, level, ctx.settings))
    left = (f"    diff = mean({name1}) - mean({name2})", f"{h0}: diff = 0")
    ctx.say(footer(left, "diff", "0", found, _df_label(ctx.settings, method)))
    scalars = {"N_1": m1.n, "mu_1": m1.mean, "N_2": m2.n, "mu_2": m2.mean, "sd_1": m1.sd, "sd_2": m2.sd}
    return Stored("r", scalars | {"sd": both.sd} | _scalars(found, se, level))


def by_groups(name: str, group: str, call: Call, ctx: Context, level: float) -> Stored:
    x = _values(name, ctx)
    used = call.sample & ~np.isnan(x) & ~ctx.data.column(group).is_missing()
    found = axis(ctx.data, group, used)
    if found.size > 2:
        raise StataError(420, "more than 2 groups found, only 2 allowed")
    if found.size < 2:
        if not found.size:
            raise StataError.no_observations()
        raise StataError(420, "1 group found, 2 required")
    values = x[used]
    first, second = (
        (cut_to_width(text, 8).strip(), values[found.index == k]) for k, text in enumerate(found.texts)
    )
    return two_sample((first, second), "Group", call, ctx, level)


@command(
    "ttest",
    min=5,
    klass="r",
    syntax="anything",
    byable="loop",
    options=(
        Opt("by", 2, "varname"),
        Opt("unpaired", 3),
        Opt("unequal", 3),
        Opt("welch", 1),
        Opt("level", 1, "level"),
    ),
    unsupported=("reverse",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    found = _FORM.match(call.node.text)
    if found is None:
        raise StataError.invalid_syntax()
    level = call.opt("level", ctx.settings.level)
    name = ctx.data.find(found[1], ctx.settings.varabbrev)
    other = found[2]
    if call.has("by"):
        if other is not None:
            raise StataError.invalid_syntax()
        return by_groups(name, call.options["by"], call, ctx, level)
    if other is None:
        raise StataError(100, "by() option required")
    second = ctx.data.lookup(other, ctx.settings.varabbrev) if re.fullmatch(r"[^\W\d]\w*", other) else None
    if second is None:
        value = ctx.scalar(parse("expr", other))
        if not isinstance(value, float):
            raise StataError.type_mismatch()
        return one_sample(name, value, call, ctx, level)
    if not call.has("unpaired"):
        if call.has("unequal") or call.has("welch"):
            raise StataError(198, "unequal and welch require unpaired")
        return paired(name, second, call, ctx, level)
    pair = []
    for each in (name, second):
        x = _values(each, ctx)
        pair.append((abbrev(each, 8), x[call.sample & ~np.isnan(x)]))
    return two_sample((pair[0], pair[1]), "Variable", call, ctx, level)
