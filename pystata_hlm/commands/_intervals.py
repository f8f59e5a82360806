"""Confidence intervals of ci and cii: estimates and limits, and their table.

Methods ([R] ci, Methods and formulas): exact (Clopper-Pearson), Wald, Wilson, Agresti-Coull, Jeffreys for proportions
(Brown, Cai and DasGupta 2001); exact Poisson limits by the gamma distribution; chi-squared limits for variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("level", 1, "level"),
    Opt("exact", 2),
    Opt("binomial", 1),
    Opt("wald", 3),
    Opt("wilson", 3),
    Opt("agresti", 3),
    Opt("jeffreys", 3),
    Opt("poisson", 1),
    Opt("sd", 2),
)
METHODS = {
    "exact": "Binomial exact",
    "wald": "Binomial Wald",
    "wilson": "Wilson",
    "agresti": "Agresti-Coull",
    "jeffreys": "Jeffreys",
}


@dataclass(frozen=True)
class Interval:
    """n (or exposure), estimate, standard error (NaN: not shown), limits; ``note``: one, low, high or empty."""

    name: str
    n: float
    estimate: float
    se: float
    low: float
    high: float
    note: str = ""


def tail(level: float) -> float:
    return (1 - level / 100) / 2


def mean_interval(name: str, n: float, mean: float, sd: float, level: float) -> Interval:
    if n < 2:
        return Interval(name, n, mean, math.nan, math.nan, math.nan)
    se = sd / math.sqrt(n)
    half = float(dist.invttail(n - 1, tail(level))) * se
    return Interval(name, n, mean, se, mean - half, mean + half)


def poisson_interval(name: str, exposure: float, events: float, level: float) -> Interval:
    if not exposure > 0:
        return Interval(name, exposure, *(math.nan,) * 4)
    low = float(dist.invgammap(np.float64(events), np.float64(tail(level)))) if events > 0 else 0.0
    high = float(dist.invgammaptail(np.float64(events + 1), np.float64(tail(level))))
    note = "" if events > 0 else "one"
    se = math.sqrt(events) / exposure
    return Interval(name, exposure, events / exposure, se, low / exposure, high / exposure, note)


def variance_interval(name: str, n: float, variance: float, level: float, sd: bool) -> Interval:
    low = high = math.nan
    if n > 1:
        low = (n - 1) * variance / float(dist.invchi2tail(n - 1, tail(level)))
        high = (n - 1) * variance / float(dist.invchi2(n - 1, tail(level)))
    figures = (variance, low, high)
    if sd:
        figures = tuple(math.sqrt(v) for v in figures)  # type: ignore[assignment]
    return Interval(name, n, figures[0], math.nan, figures[1], figures[2])


def proportion_interval(name: str, n: float, k: float, level: float, method: str) -> Interval:
    if n == 0:
        return Interval(name, 0.0, *(math.nan,) * 4)
    p, alpha = k / n, tail(level)
    z = float(dist.invnormal(1 - alpha))
    se = math.sqrt(p * (1 - p) / n)
    note = ""
    if method == "exact":
        low = 0.0 if k == 0 else float(dist.invibeta(k, n - k + 1, alpha))
        high = 1.0 if k == n else float(dist.invibeta(k + 1, n - k, 1 - alpha))
        note = "one" if k in (0, n) else ""
    elif method == "jeffreys":
        low = float(dist.invibeta(k + 0.5, n - k + 0.5, alpha))
        high = float(dist.invibeta(k + 0.5, n - k + 0.5, 1 - alpha))
    else:
        centre, half = p, z * se
        if method == "wilson":
            centre = (k + z * z / 2) / (n + z * z)
            half = z / (n + z * z) * math.sqrt(n * p * (1 - p) + z * z / 4)
        elif method == "agresti":
            centre = (k + z * z / 2) / (n + z * z)
            half = z * math.sqrt(centre * (1 - centre) / (n + z * z))
        low, high = centre - half, centre + half
        if method != "wilson":
            note = "low" if low < 0 else "high" if high > 1 else ""
        low, high = max(low, 0.0), min(high, 1.0)
    return Interval(name, n, p, se, low, high, note)


def method_of(call: Call) -> str:
    chosen = [name for name in METHODS if call.has(name)]
    if len(chosen) > 1:
        raise StataError(198, f"options {chosen[0]} and {chosen[1]} may not be combined")
    return chosen[0] if chosen else "exact"


def check_options(kind: str, call: Call) -> None:
    """Options belong to one of the statistics."""
    allowed = {"means": ("poisson",), "variances": ("sd",), "proportions": tuple(METHODS)}[kind]
    for option in (*METHODS, "poisson", "sd"):
        if call.has(option) and option not in allowed:
            raise StataError.option_not_allowed(option)


# ---------------------------------------------------------------- output


def _row(line: Interval, spread: bool, named: bool) -> Row:
    cells: list[Cell | None] = [Cell(line.n, "%11.0gc"), Cell(line.estimate)]
    if spread:
        cells.append(Cell(line.se))
    stub = abbrev(line.name, 12) if named else ""
    if line.note == "low":
        high = Cell(line.high)
        return Row(stub, (*cells, Cell(line.low)), f"*{_text(high):>11}")
    cells += [Cell(line.low), Cell(line.high)]
    return Row(stub, tuple(cells), "*" if line.note else "")


def _text(cell: Cell) -> str:
    assert isinstance(cell.value, float)
    return format_number(cell.value, "%9.0g").strip()


def show(kind: str, lines: list[Interval], call: Call, ctx: Context, separator: int = 5) -> Stored:
    """The table with its notes, and r()."""
    new = ctx.settings.new_headings
    level = call.opt("level", ctx.settings.level)
    poisson, spread = call.has("poisson"), kind != "variances"
    err, conf = ("Std. err.", "conf. interval") if new else ("Std. Err.", "Conf. Interval")
    first = "Exposure" if poisson else "Obs"
    label = {"means": "Mean", "proportions": "Proportion", "variances": "Variance"}[kind]
    if call.has("sd"):
        label = "Std. dev." if new else "Std. Dev."
    middle = f"    {err}" if spread else ""
    head = f"{first:>11}{label:>12}{middle}{f'[{level:g}% {conf}]':>27}"
    ctx.say()
    over = ""
    if kind == "proportions":
        over = METHODS[method_of(call)]
        over = over if new else over.replace("exact", "Exact")
    elif poisson:
        over = "Poisson exact" if new else "Poisson  Exact"
    if over:
        text = f" {over} "
        ctx.say(" " * 57 + (text.center(20).rstrip() if new else text.center(20, "-")))
    body: list[Row | Rule] = []
    for k, line in enumerate(lines):
        if k and separator and k % separator == 0:
            body.append(Rule())
        body.append(_row(line, spread, line.name != ""))
    columns = (Col("", 11), Col("", 12), *((Col("", 12),) if spread else ()), Col("", 16), Col("", 12))
    ctx.emit(Table("Variable", 12, columns, tuple(body), head_text=(head,), name="ci"))
    notes = {line.note for line in lines if line.note}
    if notes:
        ctx.say("\n" + "\n".join(_note(note, kind, call, level) for note in sorted(notes)))
    return _stored(kind, lines[-1], call, level)


def _note(note: str, kind: str, call: Call, level: float) -> str:
    if note == "one":
        return f"(*) one-sided, {100 - (100 - level) / 2:g}% confidence interval"
    name = {"wald": "Wald", "agresti": "Agresti-Coull"}[method_of(call)]
    return f"(*) The {name} interval was clipped at the {'lower' if note == 'low' else 'upper'} endpoint"


def _stored(kind: str, line: Interval, call: Call, level: float) -> Stored:
    label = {"means": "mean", "proportions": "proportion", "variances": "Var"}[kind]
    if call.has("sd"):
        label = "sd"
    scalars = {"N": line.n, label: line.estimate}
    if kind != "variances":
        scalars["se"] = line.se
    scalars |= {"lb": line.low, "ub": line.high, "level": level}
    macros = {
        "citype": method_of(call) if kind == "proportions" else "exact" if call.has("poisson") else "normal"
    }
    if call.has("poisson"):
        scalars["exposure"] = line.n
    return Stored("r", scalars, macros)
