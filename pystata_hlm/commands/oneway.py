"""oneway: One-way analysis of variance.   oneway response_var factor_var [if] [in] [weight] [, options]

Layout: ../shared/cases/oneway_pwcorr_clients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands import _tabsum
from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.commands._moments import Moments, moments
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt


@dataclass(frozen=True)
class Anova:
    """Sums of squares and degrees of freedom between (m) and within (r) groups; Bartlett's test."""

    n: float
    mss: float
    df_m: float
    rss: float
    df_r: float
    f: float
    p: float
    bartlett: float
    df_bartlett: float
    p_bartlett: float


def compute(groups: list[Moments], total: Moments) -> Anova:
    n, k = total.n, len(groups)
    mss = math.fsum(g.n * (g.mean - total.mean) ** 2 for g in groups)
    rss = math.fsum(g.var * (g.n - 1) for g in groups if g.n > 1)
    df_m, df_r = float(k - 1), n - k
    f = p = math.nan
    if df_m > 0 and df_r > 0 and rss > 0:
        f = (mss / df_m) / (rss / df_r)
        p = float(dist.Ftail(df_m, df_r, f))
    used = [g for g in groups if g.n > 1]
    chi2 = p_chi2 = math.nan
    df = float(len(used) - 1)
    if df > 0 and all(g.var > 0 for g in used):
        inner = sum(g.n - 1 for g in used)
        pooled = sum((g.n - 1) * g.var for g in used) / inner
        top = inner * math.log(pooled) - sum((g.n - 1) * math.log(g.var) for g in used)
        correction = 1 + (sum(1 / (g.n - 1) for g in used) - 1 / inner) / (3 * df)
        chi2 = top / correction
        p_chi2 = float(dist.chi2tail(df, chi2))
    return Anova(n, mss, df_m, rss, df_r, f, p, chi2, df, p_chi2)


def _g(value: float) -> str:
    return format_number(value, "%11.0g").strip()


def layout(a: Anova, settings: Settings) -> str:
    def row(name: str, ss: float, df: float, rest: str = "") -> str:
        ms = ss / df if df > 0 else math.nan
        numbers = f"{_g(ss):>10}{df:7.0f}{_g(ms):>13}"
        return name.ljust(20) + numbers + rest

    test = f"{format_number(a.f, '%10.2f'):>10}{format_number(a.p, '%6.4f'):>11}"
    rule = "-" * 72
    lines = [
        "",
        " " * 24 + "Analysis of variance" if settings.new_headings else " " * 24 + "Analysis of Variance",
        "    Source              SS         df      MS            F     Prob > F",
        rule,
        row("Between groups", a.mss, a.df_m, test),
        row(" Within groups", a.rss, a.df_r),
        rule,
        row("    Total", a.mss + a.rss, a.df_m + a.df_r),
        "",
    ]
    df, chi2, p = (
        f"{a.df_bartlett:.0f}",
        format_number(a.bartlett, "%9.4f"),
        format_number(a.p_bartlett, "%5.3f"),
    )
    if settings.new_headings:
        lines.append(f"Bartlett's equal-variances test: chi2({df}) ={chi2:>9}    Prob>chi2 = {p}")
    else:
        lines.append(f"Bartlett's test for equal variances:  chi2({df}) ={chi2:>9}  Prob>chi2 = {p}")
    return "\n".join(lines)


_METHODS = {"bonferroni": "Bonferroni", "scheffe": "Scheffe", "sidak": "Sidak"}


def adjusted(method: str, t: float, a: Anova, k: int) -> float:
    """p-value of one comparison among k means."""
    if method == "scheffe":
        return float(dist.Ftail(a.df_m, a.df_r, t * t / a.df_m))
    p = 2 * float(dist.ttail(a.df_r, abs(t)))
    count = k * (k - 1) / 2
    return min(1.0, p * count if method == "bonferroni" else 1 - (1 - p) ** count)


def comparisons(method: str, found: Axis, groups: list[Moments], a: Anova, title: str) -> str:
    """Differences of means, row less column, over their adjusted p-values."""
    k = len(groups)
    texts = [cut_to_width(text, 8).strip() for text in found.texts]
    name = f"({_METHODS[method]})"
    lines = ["", " " * max(0, (78 - len(title)) // 2) + title, " " * ((78 - len(name)) // 2) + name]
    for start in range(0, k - 1, 6):
        columns = range(start, min(start + 6, k - 1))
        lines += ["Row Mean-|", "Col Mean |" + "".join(texts[j].rjust(11) for j in columns)]
        lines.append("-" * 9 + "+" + "-" * (11 * len(columns)))
        for i in range(start + 1, k):
            upper = lower = ""
            for j in columns:
                if j >= i:
                    break
                difference = groups[i].mean - groups[j].mean
                se = math.sqrt(a.rss / a.df_r * (1 / groups[i].n + 1 / groups[j].n))
                upper += format_number(difference, "%9.0g").rjust(11)
                lower += format_number(adjusted(method, difference / se, a, k), "%5.3f").rjust(11)
            lines += [f"{texts[i]:>8} |{upper}", f"{'':>8} |{lower}", f"{'':>8} |"]
        if columns.stop < k - 1:
            lines.append("")
    return "\n".join(lines[:-1])


@command(
    "oneway",
    min=3,
    klass="r",
    varlist="required",
    min_vars=2,
    max_vars=2,
    byable="loop",
    weights=("aweight", "fweight"),
    options=(
        Opt("bonferroni", 1),
        Opt("scheffe", 2),
        Opt("sidak", 2),
        Opt("tabulate", 1),
        Opt("means", 3),
        Opt("nomeans", 5),
        Opt("standard", 2),
        Opt("nostandard", 4),
        Opt("freq", 1),
        Opt("nofreq", 3),
        Opt("obs", 1),
        Opt("noobs", 4),
        Opt("noanova", 3),
        Opt("nolabel", 3),
        Opt("wrap", 1),
        Opt("missing", 2),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    response, factor = call.varlist
    column = ctx.data.column(response)
    if column.is_string:
        raise StataError.type_mismatch()
    y = column.values()
    rows = call.sample & ~np.isnan(y)
    if not call.has("missing"):
        rows &= ~ctx.data.column(factor).is_missing()
    found = axis(ctx.data, factor, rows, labels=not call.has("nolabel"))
    if not found.size:
        raise StataError.no_observations()
    values = y[rows]
    w = None if call.weight is None else call.weight.values[rows]
    if w is not None and call.weight is not None and call.weight.kind == "aweight":
        raise StataError(198, "analytic weights not yet supported by oneway")
    total = moments(values, call.weight, w)
    groups = []
    for k in range(found.size):
        inside = found.index == k
        groups.append(moments(values[inside], call.weight, None if w is None else w[inside]))
    a = compute(groups, total)
    if call.has("tabulate"):
        cells = _tabsum.compute(values, found.index, found.size, w, call.weight)
        ctx.say(
            "\n" + _tabsum.oneway(found, cells, _tabsum.chosen(call), column.label or response, ctx.settings)
        )
    if not call.has("noanova"):
        ctx.say(layout(a, ctx.settings))
    title = f"Comparison of {column.label or response} by {found.head}"
    for method in _METHODS:
        if call.has(method) and found.size > 1:
            ctx.say(comparisons(method, found, groups, a, title))
    return Stored(
        "r",
        {
            "N": a.n,
            "F": a.f,
            "df_m": a.df_m,
            "mss": a.mss,
            "df_r": a.df_r,
            "rss": a.rss,
            "chi2bart": a.bartlett,
            "df_bart": a.df_bartlett,
        },
    )
