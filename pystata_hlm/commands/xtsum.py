"""xtsum: summary statistics overall, between and within panels.   xtsum [varlist] [if] [in] [, i(varname)]"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._panels import index_panels, panel_variable
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

RULE = "-----------------+--------------------------------------------+----------------"


@dataclass(frozen=True)
class Decomposition:
    """One variable: count, panels, and (sd, min, max) overall, of the panel means, and about them."""

    name: str
    n: int
    n_groups: int
    balanced: bool
    mean: float
    overall: tuple[float, float, float]
    between: tuple[float, float, float]
    within: tuple[float, float, float]


def _spread(x: np.ndarray) -> tuple[float, float, float]:
    if not len(x):
        return math.nan, math.nan, math.nan
    sd = float(np.std(x, ddof=1)) if len(x) > 1 else math.nan
    return sd, float(x.min()), float(x.max())


def decompose(name: str, panelvar: str, sample: np.ndarray, ctx: Context) -> Decomposition:
    x = ctx.data.values(name)
    used = sample & ~np.isnan(x)
    if not used.any():
        empty = (math.nan, math.nan, math.nan)
        return Decomposition(name, 0, 0, False, math.nan, empty, empty, empty)
    index = index_panels(panelvar, used, ctx)
    x = x[used]
    means = np.bincount(index.codes, weights=x, minlength=index.n_groups) / index.sizes
    mean = float(x.mean())
    return Decomposition(
        name,
        len(x),
        index.n_groups,
        index.balanced,
        mean,
        _spread(x),
        _spread(means),
        _spread(x - means[index.codes] + mean),
    )


def _number(value: float, width: int) -> str:
    return format_number(value, "%9.0g").strip().rjust(width)


def layout(found: list[Decomposition], release: int) -> str:
    sd = "Std. dev." if release >= 17 else "Std. Dev."
    head = f"Variable         |      Mean   {sd}       Min        Max |    Observations"
    out = ["", head, RULE]
    for k, d in enumerate(found):
        if k:
            out.append("                 |                                            |")
        t_label, t = ("T", float(d.n / d.n_groups)) if d.balanced else ("T-bar", d.n / max(d.n_groups, 1))
        if d.n == 0:
            t = math.nan
        counts = (("N", float(d.n)), ("n", float(d.n_groups)), (t_label, t))
        for row, (kind, values) in enumerate(
            (("overall", d.overall), ("between", d.between), ("within ", d.within))
        ):
            name = abbrev(d.name, 8).ljust(8) if row == 0 else " " * 8
            mean = _number(d.mean, 9) if row == 0 else " " * 9
            cells = f"{mean}  {_number(values[0], 9)}  {_number(values[1], 9)}  {_number(values[2], 9)}"
            label, count = counts[row]
            out.append(f"{name} {kind} | {cells} | {label:>5} = {format_number(count, '%8.0g').strip():>7}")
    return "\n".join(out)


@command("xtsum", klass="r", byable="loop", varlist="all", options=(Opt("i", 1, "varname"),))
def run(call: Call, ctx: Context) -> Stored:
    panelvar = panel_variable(ctx, call.opt("i"))
    names = [name for name in call.varlist if not ctx.data.column(name).is_string]
    found = [decompose(name, panelvar, call.sample, ctx) for name in names]
    ctx.emit(Text(layout(found, ctx.settings.release)))
    if not found:
        return Stored("r")
    d = found[-1]
    scalars = {
        "N": float(d.n),
        "n": float(d.n_groups),
        "Tbar": d.n / d.n_groups if d.n_groups else math.nan,
        "mean": d.mean,
    }
    for kind, values in (("", d.overall), ("_b", d.between), ("_w", d.within)):
        for what, value in zip(("sd", "min", "max"), values, strict=True):
            scalars[f"{what}{kind}"] = value
    return Stored("r", scalars)
