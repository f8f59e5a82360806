"""What the single-level maximum-likelihood commands show: iteration log, heading, coefficient table, notes; replay."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import coefficients, label_lookup
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.commands._ml_kinds import KINDS, Kind
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Header, Row, Rule, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.results import Estimation, Stored

if TYPE_CHECKING:
    from pystata_hlm.output.items import Table
    from pystata_hlm.runtime.context import Context


def ratio_head(kind: Kind, estimation: Estimation, new: bool) -> str:
    """Over exponentiated coefficients; a constant alone is no ratio."""
    if kind.ratio == "Odds ratio":
        if len(estimation.recipe.kept) == 1 and estimation.recipe.constant:
            return "Odds"
        return "Odds ratio" if new else "Odds Ratio"
    return kind.ratio


def heading(e: Stored, settings: Any, override: dict[str, Any] | None) -> Header:
    """Title and log likelihood at the left; number of observations, test and pseudo-R2 at the right."""
    s, new = e.scalars, settings.new_headings
    robust = e.macros["vce"] in ("robust", "cluster") and not override
    pairs = [
        ("Number of obs", Cell(s["N"], "%12.0fc")),
        *([("Replications", Cell(s["N_reps"], "%12.0fc"))] if override else []),
        (f"{e.macros['chi2type']} chi2({s['df_m']:.0f})", Cell(s["chi2"], "%9.2f")),
        ("Prob > chi2", Cell(s["p"], "%6.4f")),
    ]
    loglik = format_number(s["ll"], "%10.0g").strip()
    last = f"Log {'pseudolikelihood' if robust else 'likelihood'} = {loglik}"
    if "r2_p" in s:
        pairs.append(("Pseudo R2", Cell(s["r2_p"], "%6.4f")))
    middle = [""] * (len(pairs) - 2)
    if "dispers" in e.macros:
        middle[-1] = f"Dispersion{': ' if new else '     = '}{e.macros['dispers']}"
    return Header((e.macros["title"], *middle, last), tuple(pairs), compact=new)


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading and coefficient table (also the replay)."""
    e, settings = ctx.workspace.e, ctx.settings
    s, kind = e.scalars, KINDS[estimation.extra["kind"]]
    new = settings.new_headings
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        ctx.say()
        ctx.emit(heading(e, settings, override))
    asked = bool(kind.option) and kind.option in options
    eform = asked or estimation.extra["ratio"]
    if kind.always and "coef" in options:
        eform = False
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(
            se_over=e.macros.get("vcetype", ""), b=ratio_head(kind, estimation, new) if eform else ""
        )
    )
    level = options.get("level", settings.level)
    c = coefficients(
        estimation.recipe,
        estimation.b,
        estimation.vcov,
        ctx,
        df=None,
        level=level,
        depvar=estimation.depvar,
        heads=heads,
    )
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    c = replace(c, eform=eform)
    table = _coeftable.table(c, settings, label_lookup(ctx))
    table = with_tail(table, estimation, e, level, ctx)
    ctx.say()
    if override and override["note"]:
        ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif "clustvar" in e.macros:
        ctx.emit(cluster_note(int(s["N_clust"]), e.macros["clustvar"], settings, table_width(table)))
    ctx.emit(table)
    if eform and estimation.recipe.constant and len(estimation.recipe.kept) > 1:
        what = {"Odds ratio": "baseline odds", "IRR": "baseline incidence rate"}.get(kind.ratio)
        if what is not None:
            gap = " " if settings.release >= 14 else "  "
            ctx.say(f"Note:{gap}_cons estimates {what}.")
    for line in closing_notes(e, options, ctx):
        ctx.say(line)


def closing_notes(e: Stored, options: dict[str, Any], ctx: Context) -> list[str]:
    """Completely determined outcomes; nbreg's test of alpha or delta."""
    s, out = e.scalars, []
    failures, successes = (int(s.get(name, 0)) for name in ("N_cdf", "N_cds"))
    if failures or successes:
        words = [
            f"{n} {word}{'' if n == 1 else plural}"
            for n, word, plural in ((failures, "failure", "s"), (successes, "success", "es"))
        ]
        out.append(f"Note: {words[0]} and {words[1]} completely determined.")
    if "chi2_c" in s and "nolrtest" not in options:
        name = "alpha" if e.macros["dispers"] == "mean" else "delta"
        value = format_number(s["chi2_c"], "%8.2f" if s["chi2_c"] < 1e7 else "%8.2e").strip()
        tail = float(dist.chi2tail(1, s["chi2_c"])) / 2 if s["chi2_c"] > 0.005 else 1.0
        left = f"LR test of {name}=0: chibar2(01) = {value}"
        out.append(left.ljust(55) + f"Prob >= chibar2 = {tail:5.3f}")
    return out


def _exp(x: float) -> float:
    """Missing where it is too large for a number."""
    return math.exp(x) if x < 700 else math.nan


def with_tail(table: Table, estimation: Estimation, e: Stored, level: float, ctx: Context) -> Table:
    """The offset's row, and the free parameters under a rule: cutpoints, lnalpha with alpha."""
    fmt = ctx.settings.cformat or "%9.0g"
    body = list(table.body)
    if "offset" in e.macros:
        word = "exposure" if estimation.extra["exposure"] else "offset"
        body.append(Row(abbrev(e.macros["offset"], table.stub_width), (Cell(1.0, fmt),), f"  ({word})"))
    aux = np.asarray(estimation.fit.aux)
    z = float(dist.invnormal(1 - (1 - level / 100) / 2))
    v, k = e.matrices["V"].values, len(estimation.recipe)

    def row(name: str, value: float, se: float, low: float, high: float) -> Row:
        values = (value, se if se > 0 else math.nan, None, None, low, high)
        return Row(name, tuple(Cell(None) if u is None else Cell(u, fmt) for u in values))

    if len(aux):
        body.append(Rule())
    for j, (name, value) in enumerate(zip(estimation.extra["aux"], aux.tolist(), strict=True)):
        se = math.sqrt(max(float(v[k + j, k + j]), 0.0))
        low, high = value - z * se, value + z * se
        body.append(row(f"/{name}", value, se, low, high))
        if name.startswith("ln"):
            size = math.exp(value)
            body += [Rule(), row(name[2:], size, size * se, _exp(low), _exp(high))]
    return replace(table, body=tuple(body))


def category_text(estimation: Estimation, k: int, ctx: Context) -> str:
    """An outcome as labels show it."""
    return number_text(ctx.data, estimation.depvar, estimation.extra["categories"][k])
