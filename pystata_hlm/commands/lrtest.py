"""lrtest: likelihood-ratio test after estimation.   lrtest modelspec1 [modelspec2] [, stats df(#) force]"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pystata_hlm.commands import _estimates
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import OutputItem, Text
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.settings import Settings
    from pystata_hlm.runtime.workspace import StoredEstimates


@dataclass(frozen=True)
class LikelihoodRatio:
    chi2: float
    df: int
    p: float
    restricted: str
    unrestricted: str
    conservative: bool
    reml: bool


def rank(stored: Stored) -> int:
    value = stored.scalars.get("rank", math.nan)
    if not math.isfinite(value):
        raise StataError(301, "e(rank) not found; use option df()")
    return int(value)


def compute(one: StoredEstimates, two: StoredEstimates, force: bool, df: int | None) -> LikelihoodRatio:
    """Order the two models by their number of parameters and test; r(498) when they cannot be compared."""
    first, second = one.stored, two.stored
    for model in (one, two):
        if not math.isfinite(model.stored.scalars.get("ll", math.nan)):
            raise StataError(498, f"{model.name} does not contain scalar e(ll)")
    if not force:
        _comparable(first, second)
    ranks = rank(first), rank(second)
    if df is None and ranks[0] == ranks[1]:
        raise StataError(498, "df(unrestricted) = df(restricted) = " + str(ranks[0]))
    small, large = (one, two) if ranks[0] <= ranks[1] else (two, one)
    chi2 = 2 * (large.stored.scalars["ll"] - small.stored.scalars["ll"])
    if chi2 < 0 and chi2 > -1e-6:
        chi2 = 0.0
    degrees = df if df is not None else abs(ranks[0] - ranks[1])
    if chi2 < 0 and not force:
        raise StataError(
            498, "test involves different estimators or models are not nested: LR chi2 is negative"
        )
    p = float(dist.chi2tail(degrees, chi2)) if chi2 > 0 else 1.0
    conservative = small.stored.scalars.get("k_r", 0.0) != large.stored.scalars.get("k_r", 0.0)
    reml = large.stored.macros.get("method") == "REML"
    return LikelihoodRatio(chi2, degrees, p, small.name, large.name, conservative, reml)


def _comparable(first: Stored, second: Stored) -> None:
    if first.macros.get("cmd") != second.macros.get("cmd"):
        raise StataError(
            498,
            f"test involves different estimators: {first.macros.get('cmd')} vs. {second.macros.get('cmd')}",
        )
    if first.macros.get("depvar") != second.macros.get("depvar"):
        raise StataError(498, "test involves different dependent variables")
    if first.macros.get("method") != second.macros.get("method"):
        raise StataError(498, "LR test invalid: models were fit by different methods (ML and REML)")
    if first.scalars.get("N") != second.scalars.get("N"):
        raise StataError(
            498, f"observations differ: {first.scalars.get('N'):.0f} vs. {second.scalars.get('N'):.0f}"
        )
    for stored in (first, second):
        if stored.macros.get("vce") in ("robust", "cluster", "bootstrap", "jackknife"):
            raise StataError(498, "LR test likely invalid for models with robust vce")


BOUNDARY_NOTE = (
    "Note: The reported degrees of freedom assumes the null hypothesis is not on the boundary of the "
    "parameter space. If this is not true, then the reported test is conservative."
)


def wrapped(text: str, settings: Settings) -> str:
    """A note wrapped at the line size, later lines indented by six."""
    return textwrap.fill(text, width=settings.linesize - 1, subsequent_indent=" " * 6)


def layout(test: LikelihoodRatio, settings: Settings) -> list[OutputItem]:
    if settings.new_headings:
        labels = (f"LR chi2({test.df})", "Prob > chi2")
        values = (f"{test.chi2:.2f}", f"{test.p:.4f}")
        wide, deep = max(map(len, labels)), max(map(len, values))
        pairs = [f"{a.rjust(wide)} = {b.rjust(deep)}" for a, b in zip(labels, values, strict=True)]
        lines = [
            "",
            "Likelihood-ratio test",
            f"Assumption: {test.restricted} nested within {test.unrestricted}",
            "",
            *pairs,
        ]
    else:
        assumption = f"(Assumption: {test.restricted} nested in {test.unrestricted})"
        lines = [
            "",
            f"{'Likelihood-ratio test':<54}{f'LR chi2({test.df})':<12}= {test.chi2:>9.2f}",
            f"{assumption:<54}{'Prob > chi2':<12}= {test.p:>9.4f}",
        ]
    if test.conservative:
        lines += [
            "",
            wrapped(BOUNDARY_NOTE, settings),
        ]
    if test.reml:
        lines += [] if test.conservative else [""]
        lines.append(
            wrapped(
                "Note: LR tests based on REML are valid only when the fixed-effects specification is identical for "
                "both models.",
                settings,
            )
        )
    return [Text("\n".join(lines))]


@command(
    "lrtest",
    klass="r",
    syntax="anything",
    allow=set(),
    options=(Opt("stats", 4), Opt("df", 2, "int"), Opt("force", 5)),
    unsupported=("dir",),
)
def run(call: Call, ctx: Context) -> Stored:
    names = call.node.text.replace("(", " ").replace(")", " ").split()
    if not 1 <= len(names) <= 2:
        raise StataError.invalid_syntax()
    one = _estimates.find(names[0], ctx)
    two = _estimates.find(names[1] if len(names) == 2 else ".", ctx)
    test = compute(one, two, call.has("force"), call.opt("df"))
    for item in layout(test, ctx.settings):
        ctx.emit(item)
    if call.has("stats"):
        models = [one, two] if test.restricted == one.name else [two, one]
        for item in _estimates.criteria_items([_estimates.criteria(m) for m in models], ctx.settings):
            ctx.emit(item)
    return Stored("r", scalars={"p": test.p, "chi2": test.chi2, "df": float(test.df)})
