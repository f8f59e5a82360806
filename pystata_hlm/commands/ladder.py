"""ladder: Ladder of powers: which transformation is closest to normal.   ladder varname [if] [in] [, generate() noadjust]"""

from __future__ import annotations

import math

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import normality
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt

RESULT = ("cube", "square", "ident", "sqrt", "log", "invsqrt", "inv", "invsq", "invcube")
"""Names in r(), in the order of ``normality.LADDER``."""

Rung = tuple[normality.Power, normality.NormalityTest | None]


def layout(rungs: list[Rung], name: str, settings: Settings) -> Text:
    """Headings are capitalised from release 17 on; an undefined transformation shows two dots."""
    new = settings.new_headings
    short = abbrev(name, 8)
    if new:
        head = "Transformation".ljust(23) + "Formula".ljust(22) + "chi2(2)".ljust(10) + "Prob > chi2"
    else:
        head = "Transformation".ljust(23) + "formula".ljust(22) + "chi2(2)".ljust(14) + "P(chi2)"
    lines = ["", head, "-" * 66]
    for power, test in rungs:
        title = power.name if new else power.name.lower()
        chi2, p = (math.nan, math.nan) if test is None else (test.chi2, test.p)
        formula = power.formula.format(x=short)
        lines.append(
            f"{title:<23}{formula:<19}{format_number(chi2, '%9.2f'):>9}{format_number(p, '%5.3f'):>13}"
        )
    return Text("\n".join(lines))


def stored(rungs: list[Rung], n: int) -> Stored:
    scalars = {"N": float(n)}
    for key, (_, test) in zip(reversed(RESULT), reversed(rungs), strict=True):
        if test is not None:
            scalars |= {key: test.chi2, f"P_{key}": test.p}
    return Stored("r", scalars)


def generate(newvar: str, name: str, rungs: list[Rung], call: Call, ctx: Context) -> None:
    """The transformation with the smallest chi-squared, stored as float."""
    defined = [(test.chi2, power) for power, test in rungs if test is not None and test.chi2 == test.chi2]
    if not defined:
        return
    power = min(defined, key=lambda pair: pair[0])[1]
    x = ctx.data.column(name).values()
    with np.errstate(all="ignore"):
        values = np.where(call.sample, power.transform(x), np.nan)
    formula = power.formula.format(x=name)
    values = np.where(np.isfinite(values), values, np.nan)
    ctx.data.add(newvar, Column.numeric(values, None, ctx.settings.type, label=formula))
    ctx.say(f"\n({newvar} = {formula} generated)")


@command(
    "ladder",
    klass="r",
    varlist="required",
    max_vars=1,
    byable="loop",
    options=(Opt("generate", 1, "newvar"), Opt("noadjust", 3)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    name = call.varlist[0]
    column = ctx.data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    x = column.values()
    x = x[call.sample & ~np.isnan(x)]
    if not x.size:
        raise StataError.no_observations()
    if x.size < normality.MIN_OBS:
        raise StataError.insufficient_observations()
    rungs = normality.ladder(x, adjust=not call.has("noadjust"))
    ctx.emit(layout(rungs, name, ctx.settings))
    if call.has("generate"):
        generate(call.options["generate"], name, rungs, call, ctx)
    return stored(rungs, x.size)
