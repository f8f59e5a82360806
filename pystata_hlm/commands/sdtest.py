"""sdtest: Variance-comparison tests.   sdtest varname == {# | varname2} | sdtest varname, by(groupvar) [level(#)]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.commands._moments import Moments, moments
from pystata_hlm.commands.ttest import sample, table
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _line(left: str, right: str) -> str:
    return left + right.rjust(78 - len(left))


def _df(ctx: Context) -> str:
    return "Degrees of freedom" if np_.new_words(ctx) else "degrees of freedom"


def _alternatives(parameter: str, value: str, letter: str, lower: float, upper: float) -> list[str]:
    small = letter.lower()
    two, sign = (2 * lower, "<") if lower < upper else (2 * upper, ">")
    p = [format_number(v, "%6.4f") for v in (lower, two, upper)]
    values = f"  Pr({letter} < {small}) = {p[0]}         2*Pr({letter} {sign} {small}) = {p[1]}           Pr({letter} > {small}) = {p[2]}"
    return [np_.ha_line(parameter, value), values]


def checked(m: Moments) -> Moments:
    if m.n < 1:
        raise StataError.no_observations()
    if m.n < 2:
        raise StataError.insufficient_observations()
    return m


def one_sample(
    name: str, m: Moments, value: float, level: float, ctx: Context, stub: str = "Variable"
) -> Stored:
    df = m.n - 1
    chi2 = df * m.var / value**2
    lower, upper = float(dist.chi2(df, chi2)), float(dist.chi2tail(df, chi2))
    ctx.say("\nOne-sample test of variance")
    ctx.emit(table(stub, [[sample(abbrev(name, 8), m, level)]], level, ctx.settings))
    shown = np_.number(value)
    out = [
        _line(f"    sd = sd({abbrev(name, 12)})", f"c = chi2 ={format_number(chi2, '%9.4f'):>9}"),
        _line(f"{np_.h0(ctx)}: sd = {shown}", f"{_df(ctx)} ={df:>9.0f}"),
        "",
        *_alternatives("sd", shown, "C", lower, upper),
    ]
    ctx.say("\n".join(out))
    scalars = {
        "N": m.n,
        "p_l": lower,
        "p_u": upper,
        "p": 2 * min(lower, upper),
        "chi2": chi2,
        "df": df,
        "sd_1": m.sd,
    }
    return Stored("r", scalars)


def two_sample(
    first: tuple[str, Moments],
    second: tuple[str, Moments],
    both: Moments,
    stub: str,
    level: float,
    ctx: Context,
) -> Stored:
    (name1, a), (name2, b) = first, second
    f = a.var / b.var if b.var > 0 else np.nan
    lower, upper = float(dist.F(a.n - 1, b.n - 1, f)), float(dist.Ftail(a.n - 1, b.n - 1, f))
    ctx.say("\nVariance ratio test")
    combined = "Combined" if np_.new_words(ctx) else "combined"
    lines = [[sample(name1, a, level), sample(name2, b, level)], [sample(combined, both, level)]]
    ctx.emit(table(stub, lines, level, ctx.settings))
    out = [
        _line(f"    ratio = sd({name1}) / sd({name2})", f"f ={format_number(f, '%9.4f'):>9}"),
        _line(f"{np_.h0(ctx)}: ratio = 1", f"{_df(ctx)} ={f'{a.n - 1:.0f}, {b.n - 1:.0f}':>9}"),
        "",
        *_alternatives("ratio", "1", "F", lower, upper),
    ]
    ctx.say("\n".join(out))
    scalars = {"N": a.n + b.n, "p_l": lower, "p_u": upper, "p": 2 * min(lower, upper), "F": f}
    scalars |= {"sd_1": a.sd, "sd_2": b.sd, "df_1": a.n - 1, "df_2": b.n - 1}
    return Stored("r", scalars)


def _two_of_data(
    first: tuple[str, np.ndarray], second: tuple[str, np.ndarray], stub: str, level: float, ctx: Context
) -> Stored:
    (name1, x1), (name2, x2) = first, second
    a, b = checked(moments(x1)), checked(moments(x2))
    return two_sample((name1, a), (name2, b), moments(np.concatenate([x1, x2])), stub, level, ctx)


@command(
    "sdtest",
    klass="r",
    syntax="anything",
    byable="loop",
    options=(Opt("by", 0, "varname"), Opt("level", 1, "level")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    found = re.match(r"^\s*(\S+?)\s*(?:==?\s*(.+?))?\s*$", call.node.text)
    if found is None:
        raise StataError.invalid_syntax()
    level = call.opt("level", ctx.settings.level)
    name = ctx.data.find(found[1], ctx.settings.varabbrev)
    x = np_.numeric(name, ctx)
    if call.has("by"):
        if found[2] is not None:
            raise StataError.invalid_syntax()
        values, groups = np_.grouped(name, call.options["by"], call, ctx)
        np_.two_groups(groups)
        pair = [(cut_to_width(groups.texts[k], 8).strip(), values[groups.index == k]) for k in (0, 1)]
        return _two_of_data(pair[0], pair[1], "Group", level, ctx)
    if found[2] is None:
        raise StataError(100, "by() option required")
    x = x[call.sample & ~np.isnan(x)]
    other = (
        ctx.data.lookup(found[2], ctx.settings.varabbrev) if re.fullmatch(r"[^\W\d]\w*", found[2]) else None
    )
    if other is not None:
        y = np_.numeric(other, ctx)
        y = y[call.sample & ~np.isnan(y)]
        return _two_of_data((abbrev(name, 8), x), (abbrev(other, 8), y), "Variable", level, ctx)
    value = ctx.scalar(parse("expr", found[2]))
    if not isinstance(value, float) or not value > 0:
        raise StataError(198, "standard deviation must be positive")
    return one_sample(name, checked(moments(x)), value, level, ctx)
