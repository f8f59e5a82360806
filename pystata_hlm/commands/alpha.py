"""alpha: Cronbach's alpha.   alpha varlist [if] [in] [, asis casewise detail generate(newvar) item label min(#) reverse() std]"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._correlations import pairwise
from pystata_hlm.commands._storing import count_missing, missing_note
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@dataclass(frozen=True)
class Reliability:
    """Number of items, average interitem covariance and variance, alpha."""

    k: int
    covariance: float
    variance: float
    alpha: float


def reliability(cov: np.ndarray) -> Reliability:
    """From the (k, k) covariances of the (reversed) items: k c / (v + (k-1) c)."""
    k = len(cov)
    variance = float(np.diag(cov).mean())
    covariance = float((cov.sum() - np.trace(cov)) / (k * (k - 1))) if k > 1 else math.nan
    below = variance + (k - 1) * covariance
    return Reliability(k, covariance, variance, k * covariance / below if below else math.nan)


def signs(r: np.ndarray) -> np.ndarray:
    """Signs of the items' loadings on the first principal factor of their correlations; most are positive."""
    filled = np.nan_to_num(r)
    vector = np.linalg.eigh(filled)[1][:, -1]
    out = np.where(vector < 0, -1.0, 1.0)
    return -out if (out < 0).sum() * 2 > len(out) else out


def score(x: np.ndarray, least: int) -> np.ndarray:
    """Mean of the items a row has; missing with fewer than ``least``."""
    present = ~np.isnan(x)
    n = present.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.where(present, x, 0.0).sum(1) / n
    return np.where(n >= max(1, least), total, np.nan)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(pairwise(np.column_stack([a, b])).r[0, 1])


def _items(
    names: list[str], x: np.ndarray, sign: np.ndarray, cov: np.ndarray, least: int, call: Call, ctx: Context
) -> list[str]:
    new, std = ctx.settings.new_headings, call.has("std")
    what = "correlation" if std else "covariance"
    cap = str if new else str.lower
    last = "Label" if call.has("label") else ""
    out = [
        "",
        " " * 60 + cap("Average"),
        " " * 29 + cap("Item-test") + " " * 5 + cap("Item-rest") + " " * 7 + "interitem",
        f"Item         |  Obs  Sign   correlation   correlation{what:>15}      alpha{'   ' + last if last else ''}",
    ]
    rule = "-" * 13 + "+" + "-" * 65
    out.append(rule)
    turned = x * sign
    whole = score(turned, least)
    for j, name in enumerate(names):
        others = [m for m in range(len(names)) if m != j]
        rest = reliability(cov[np.ix_(others, others)])
        test = _correlation(turned[:, j], whole)
        item_rest = _correlation(turned[:, j], score(turned[:, others], max(1, least)))
        n = int((~np.isnan(x[:, j])).sum())
        figures = [format_number(v, "%9.4f").strip() for v in (test, item_rest)]
        average = format_number(rest.covariance, "%9.4f" if std else "%9.0g").strip()
        label = "   " + (ctx.data.column(name).label or name) if last else ""
        out.append(
            f"{abbrev(name, 12):<12} |{n:>5}{'+' if sign[j] > 0 else '-':>5}{figures[0]:>14}{figures[1]:>14}"
            f"{average:>15}{format_number(rest.alpha, '%9.4f').strip():>12}{label}"
        )
    all_ = reliability(cov)
    average = format_number(all_.covariance, "%9.4f" if std else "%9.0g").strip()
    out += [
        rule,
        f"{'Test scale':<12} |{'':>38}{average:>15}{format_number(all_.alpha, '%9.4f').strip():>12}",
    ]
    return [*out, "-" * 79]


@command(
    "alpha",
    klass="r",
    varlist="required",
    min_vars=2,
    byable="loop",
    options=(
        Opt("asis", 1),
        Opt("casewise", 1),
        Opt("detail", 1),
        Opt("generate", 1, "newvar"),
        Opt("item", 1),
        Opt("label", 1),
        Opt("min", 1, "int", 1),
        Opt("reverse", 1, "varlist"),
        Opt("std", 1),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    names = list(call.varlist)
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    every = np.column_stack([ctx.data.column(name).values() for name in names])
    x = every[call.sample]
    least = call.opt("min", 1)
    if call.has("casewise"):
        x = x[~np.isnan(x).any(1)]
    elif least > 1:
        x = x[(~np.isnan(x)).sum(1) >= least]
    if not len(x) or np.isnan(x).all():
        raise StataError.no_observations()
    found = pairwise(x)
    varying = [j for j in range(len(names)) if found.cov[j, j] > 0]
    constant = [names[j] for j in range(len(names)) if j not in varying]
    if constant:
        ctx.say("\n".join(f"{name} constant in analysis sample, dropped from analysis" for name in constant))
        names = [names[j] for j in varying]
        x, every = x[:, varying], every[:, varying]
        if len(names) < 2:
            raise StataError.too_few_variables()
        found = pairwise(x)
    if call.has("asis") and call.has("reverse"):
        raise StataError(198, "options asis and reverse() may not be combined")
    sign = np.ones(len(names)) if call.has("asis") or call.has("reverse") else signs(found.r)
    for name in call.opt("reverse", ()):
        if name not in names:
            raise StataError(111, f"{name} not in varlist")
        sign[names.index(name)] = -1.0
    std = call.has("std")
    centre, spread = np.nanmean(x, 0), np.sqrt(np.diag(found.cov))
    if std:
        x, every = (x - centre) / spread, (every - centre) / spread
    cov = (found.r if std else found.cov) * np.outer(sign, sign)
    result = reliability(cov)
    out = ["", f"Test scale = mean({'standardized' if std else 'unstandardized'} items)"]
    reversed_ = [name for name, s in zip(names, sign, strict=True) if s < 0]
    if call.has("item"):
        out += _items(names, x, sign, cov, least, call, ctx)
    else:
        if reversed_:
            label = "Reversed items" if len(reversed_) > 1 else "Reversed item"
            out.append(f"{label}: {' '.join(abbrev(name, 12) for name in reversed_)}")
        what = "correlation:" if std else "covariance:"
        average = format_number(result.covariance, "%9.4f" if std else "%9.0g").strip()
        out += [
            "",
            f"{'Average interitem ' + what:<30}{average:>13}",
            f"{'Number of items in the scale:':<30}{result.k:>13}",
            f"{'Scale reliability coefficient:':<30}{format_number(result.alpha, '%9.4f').strip():>13}",
        ]
    if call.has("detail"):
        out += [
            "",
            f"Interitem {'correlations' if std else 'covariances'} (obs=pairwise, see below)",
            *_matrix(names, cov, found.n),
        ]
    ctx.say("\n".join(out))
    if call.has("generate"):
        values = np.where(call.sample, score(every * sign, least), np.nan)
        column = Column.numeric(values, None, ctx.settings.type)
        ctx.data.add(
            call.options["generate"],
            column.with_(label=f"mean({'standardized' if std else 'unstandardized'} items)"),
        )
        absent = count_missing(column)
        if absent:
            ctx.say(missing_note(absent))
    scalars = {"alpha": result.alpha, "k": float(result.k)}
    scalars |= {"rho": result.covariance} if std else {"cov": result.covariance, "var": result.variance}
    return Stored("r", scalars)


def _matrix(names: list[str], cov: np.ndarray, n: np.ndarray) -> list[str]:
    """The lower triangle of covariances with the numbers of observations under them."""
    out = ["", " " * 13 + "".join(abbrev(name, 8).rjust(10) for name in names)]
    for i, name in enumerate(names):
        row = range(i + 1)
        out.append(
            f"{abbrev(name, 12):>12} "
            + "".join(format_number(float(cov[i, j]), "%9.4f").rjust(10) for j in row)
        )
        out.append(" " * 13 + "".join(f"{n[i, j]:>10.0f}" for j in row))
    return out
