"""ci: Confidence intervals for means and proportions.   ci {means | proportions} [varlist] [if] [in] [weight] [, options]"""

from __future__ import annotations

import math

import numpy as np

from pystata_hlm.commands._moments import moments
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

Line = tuple[str, float, float, float, float, float]
"""Name, n, estimate, standard error, limits."""


def mean_interval(name: str, x: np.ndarray, call: Call, w: np.ndarray | None, level: float) -> Line:
    m = moments(x, call.weight, w)
    if m.n < 2:
        return name, m.n, m.mean, math.nan, math.nan, math.nan
    se = m.sd / math.sqrt(m.n)
    half = float(dist.invttail(m.n - 1, (1 - level / 100) / 2)) * se
    return name, m.n, m.mean, se, m.mean - half, m.mean + half


def proportion_interval(name: str, x: np.ndarray, w: np.ndarray | None, level: float) -> Line:
    """Exact (Clopper-Pearson) limits."""
    if not np.isin(x, (0.0, 1.0)).all():
        raise StataError(198, f"{name} must be a 0/1 variable")
    n = float(x.size if w is None else w.sum())
    k = float(x.sum() if w is None else (w * x).sum())
    if n == 0:
        return name, 0.0, math.nan, math.nan, math.nan, math.nan
    p, tail = k / n, (1 - level / 100) / 2
    low = 0.0 if k == 0 else float(dist.invibeta(k, n - k + 1, tail))
    high = 1.0 if k == n else float(dist.invibeta(k + 1, n - k, 1 - tail))
    return name, n, p, math.sqrt(p * (1 - p) / n), low, high


@command(
    "ci",
    klass="r",
    syntax="anything",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(Opt("level", 1, "level"), Opt("separator", 3, "int", 5), Opt("exact", 2), Opt("binomial", 1)),
    unsupported=("poisson", "exposure", "wald", "wilson", "agresti", "jeffreys", "sd", "bonett", "total"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.node.text.strip().partition(" ")
    kind = match(word, (("means", 4), ("proportions", 4), ("variances", 3)))
    version = ctx.workspace.version
    if version is not None and version < 14.1 and (kind is None or word in ctx.data):
        # up to release 14.0: ci varlist [, binomial]
        kind, rest = "proportions" if call.has("binomial") else "means", call.node.text
    elif call.has("binomial"):
        raise StataError.option_not_allowed("binomial")
    if kind is None:
        raise StataError(198, f"invalid '{word}' " if word else "invalid syntax")
    if kind == "variances":
        raise StataError(198, "ci variances not yet supported")
    text = rest.strip() or "_all"
    names = expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev)
    level = call.opt("level", ctx.settings.level)
    lines: list[Line] = []
    for name in names:
        column = ctx.data.column(name)
        if column.is_string:
            if rest.strip():
                raise StataError.type_mismatch()
            continue
        x = column.values()
        used = call.sample & ~np.isnan(x)
        w = None if call.weight is None else call.weight.values[used]
        if kind == "means":
            lines.append(mean_interval(name, x[used], call, w, level))
        else:
            lines.append(proportion_interval(name, x[used], w, level))
    new = ctx.settings.new_headings
    err, conf = ("Std. err.", "conf. interval") if new else ("Std. Err.", "Conf. Interval")
    head = "Mean" if kind == "means" else "Proportion"
    heads = [f"        Obs{head:>12}    {err}{f'[{level:g}% {conf}]':>27}"]
    body: list[Row | Rule] = []
    separator = call.opt("separator", 5)
    for k, (name, n, *figures) in enumerate(lines):
        if k and separator and k % separator == 0:
            body.append(Rule())
        body.append(Row(abbrev(name, 12), (Cell(n, "%11.0gc"), *(Cell(v) for v in figures))))
    columns = (Col("", 11), Col("", 12), Col("", 12), Col("", 16), Col("", 12))
    ctx.say()
    if kind == "proportions":
        over = "   Binomial exact   " if new else "-- Binomial Exact --"
        ctx.say(" " * 57 + over)
    ctx.emit(Table("Variable", 12, columns, tuple(body), head_text=tuple(heads), name="ci"))
    _, n, estimate, se, low, high = lines[-1]
    scalars = {"N": n, "mean" if kind == "means" else "proportion": estimate, "se": se, "lb": low, "ub": high}
    return Stored("r", {**scalars, "level": level})
