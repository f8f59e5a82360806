"""prtest: Tests of proportions.   prtest varname == {#p | varname2} | prtest varname, by(groupvar) [level(#)]"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@dataclass(frozen=True)
class Share:
    """A proportion with its number of observations."""

    name: str
    n: float
    p: float

    @property
    def se(self) -> float:
        return math.sqrt(self.p * (1 - self.p) / self.n)


def share(name: str, x: np.ndarray) -> Share:
    if not x.size:
        raise StataError.no_observations()
    if not np.isin(x, (0.0, 1.0)).all():
        raise StataError(450, f"{name} is not a 0/1 variable")
    return Share(name, float(x.size), float(x.mean()))


def alternatives(parameter: str, value: str, z: float) -> list[str]:
    """The three alternatives with their p-values."""
    lower, upper = float(dist.normal(z)), float(dist.normal(-z))
    p = [format_number(v, "%6.4f") for v in (lower, 2 * min(lower, upper), upper)]
    values = f" Pr(Z < z) = {p[0]}         Pr(|Z| > |z|) = {p[1]}          Pr(Z > z) = {p[2]}"
    return [np_.ha_line(parameter, value), values]


def table(stub: str, rows: list[Row | Rule], level: float, middle: bool, ctx: Context) -> Table:
    new = np_.new_words(ctx)
    err, conf = ("Std. err.", "conf. interval") if new else ("Std. Err.", "Conf. Interval")
    tests = "      z    P>|z|" if middle else " " * 16
    head = f"       Mean   {err}{tests}{f'[{level:g}% {conf}]':>25}"
    columns = (Col("", 11), Col("", 11), Col("", 9), Col("", 8), Col("", 13), Col("", 12))
    return Table(stub, 12, columns, tuple(rows), top=True, bottom=True, head_text=(head,), name="prtest")


def _row(name: str, p: float, se: float, z: float) -> Row:
    return Row(name, (Cell(p), Cell(se), None, None, Cell(p - z * se), Cell(p + z * se)))


def one_sample(s: Share, value: float, level: float, ctx: Context, stub: str = "Variable") -> Stored:
    new = np_.new_words(ctx)
    crit = float(dist.invnormal(1 - (1 - level / 100) / 2))
    z = (s.p - value) / math.sqrt(value * (1 - value) / s.n)
    n = format_number(s.n, "%9.0gc").strip()
    right = f"Number of obs      ={n:>10}" if new else f"{s.name}: Number of obs ={n:>9}"
    ctx.say("\n" + "One-sample test of proportion" + right.rjust(78 - 29) + "\n" * new)
    ctx.emit(table(stub, [_row(abbrev(s.name, 12), s.p, s.se, crit)], level, False, ctx))
    left = f"    p = proportion({abbrev(s.name, 12)})"
    shown = np_.number(value)
    zt = f"z ={format_number(z, '%9.4f'):>9}"
    out = [left + zt.rjust(78 - len(left)), f"{np_.h0(ctx)}: p = {shown}", "", *alternatives("p", shown, z)]
    ctx.say("\n".join(out))
    lower, upper = float(dist.normal(z)), float(dist.normal(-z))
    scalars = {"N": s.n, "P": s.p, "se": s.se, "lb": s.p - crit * s.se, "ub": s.p + crit * s.se, "z": z}
    scalars |= {"p_l": lower, "p": 2 * min(lower, upper), "p_u": upper, "level": level}
    if not new:
        scalars |= {"N_1": s.n, "P_1": s.p}
    return Stored("r", scalars)


def two_sample(a: Share, b: Share, stub: str, level: float, ctx: Context) -> Stored:
    crit = float(dist.invnormal(1 - (1 - level / 100) / 2))
    difference, se = a.p - b.p, math.sqrt(a.se**2 + b.se**2)
    pooled = (a.n * a.p + b.n * b.p) / (a.n + b.n)
    se0 = math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n))
    z = difference / se0 if se0 > 0 else math.nan
    p = 2 * float(dist.normal(-abs(z))) if z == z else math.nan
    lines = [f"{s.name}: Number of obs ={format_number(s.n, '%9.0gc').strip():>9}" for s in (a, b)]
    title = "Two-sample test of proportions"
    ctx.say(f"\n{title}{lines[0].rjust(78 - len(title))}\n{lines[1].rjust(78)}")
    rows: list[Row | Rule] = [_row(s.name, s.p, s.se, crit) for s in (a, b)]
    rows += [Rule(), _row("diff", difference, se, crit)]
    under = f"  under {np_.h0(ctx)}:"
    tail = f"{under}{format_number(se0, '%9.0g').strip():>11}{format_number(z, '%8.2f'):>9}{format_number(p, '%5.3f'):>8}"
    rows.append(Row("", (), tail))
    ctx.emit(table(stub, rows, level, True, ctx))
    left = f"        diff = prop({a.name}) - prop({b.name})"
    zt = f"z ={format_number(z, '%9.4f'):>9}"
    out = [left + zt.rjust(78 - len(left)), f"    {np_.h0(ctx)}: diff = 0", "", *alternatives("diff", "0", z)]
    ctx.say("\n".join(out))
    lower, upper = float(dist.normal(z)), float(dist.normal(-z))
    scalars = {
        "N1": a.n,
        "N2": b.n,
        "P1": a.p,
        "P2": b.p,
        "P_diff": difference,
        "se_diff": se,
        "se_diff0": se0,
    }
    scalars |= {"lb_diff": difference - crit * se, "ub_diff": difference + crit * se, "z": z}
    scalars |= {"p_l": lower, "p": p, "p_u": upper, "level": level}
    if not np_.new_words(ctx):
        scalars |= {"N_1": a.n, "N_2": b.n, "P_1": a.p, "P_2": b.p}
    return Stored("r", scalars)


@command(
    "prtest",
    klass="r",
    syntax="anything",
    byable="loop",
    options=(Opt("by", 0, "varname"), Opt("level", 1, "level")),
    unsupported=("cluster", "rho"),
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
        texts = [cut_to_width(t, 12).strip() for t in groups.texts]
        share(name, values)
        a, b = (share(texts[k], values[groups.index == k]) for k in (0, 1))
        return two_sample(a, b, "Group", level, ctx)
    if found[2] is None:
        raise StataError(100, "by() option required")
    used = call.sample & ~np.isnan(x)
    other = (
        ctx.data.lookup(found[2], ctx.settings.varabbrev) if re.fullmatch(r"[^\W\d]\w*", found[2]) else None
    )
    if other is not None:
        y = np_.numeric(other, ctx)
        b = share(abbrev(other, 12), y[call.sample & ~np.isnan(y)])
        return two_sample(share(abbrev(name, 12), x[used]), b, "Variable", level, ctx)
    value = ctx.scalar(parse("expr", found[2]))
    if not isinstance(value, float) or not 0 < value < 1:
        raise StataError(198, "#p must be between 0 and 1")
    return one_sample(share(name, x[used]), value, level, ctx)
