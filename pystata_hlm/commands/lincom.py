"""lincom: linear combinations of coefficients.   lincom exp [, level(#) eform or hr irr rrr]"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._linear import Combination, combination, constraint_text, estimates
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


RATIOS = {
    "or": ("Odds ratio", "Odds Ratio"),
    "hr": ("Haz. ratio", "Haz. Ratio"),
    "shr": ("SHR", "SHR"),
    "irr": ("IRR", "IRR"),
    "rrr": ("RRR", "RRR"),
}
"""Heads over the exponentiated combination, from release 17 and before."""


@command(
    "lincom",
    klass="r",
    syntax="anything",
    allow=set(),
    options=(
        Opt("level", 1, "level"),
        Opt("eform", 2),
        *(Opt(name) for name in RATIOS),
        Opt("df", 0, "real"),
    ),
    unsupported=("cformat", "pformat", "sformat"),
)
def run(call: Call, ctx: Context) -> Stored:
    text = call.node.text.strip()
    if not text:
        raise StataError.invalid_syntax()
    b, vcov = estimates(ctx)
    found = combination(text, ctx)
    if found.constant:
        raise StataError(198, "lincom requires at least one coefficient")
    estimation = ctx.workspace.e.estimation
    df = estimation.df_r if estimation is not None else ctx.workspace.e.scalars.get("df_r")
    df = call.opt("df", df)
    asked = [name for name in ("eform", "or", "hr", "shr", "irr", "rrr") if call.has(name)]
    if len(asked) > 1:
        raise StataError(198, f"options {asked[0]} and {asked[1]} may not be combined")
    head = ""
    if asked:
        new, old = RATIOS.get(asked[0], ("exp(b)", "exp(b)"))
        head = new if ctx.settings.new_headings else old
    estimate = float(found.weights @ b.values[0]) + found.value
    se = math.sqrt(max(float(found.weights @ vcov @ found.weights), 0.0))
    shown = Combination(found.weights, -found.value)
    ctx.say(f"\n ( 1)  {constraint_text(shown, b)}\n")
    c = _coeftable.Coefficients(
        names=("(1)",),
        status=("ok",),
        b=np.array([estimate]),
        se=np.array([se]),
        df=df,
        level=call.opt("level", ctx.settings.level),
        depvar=ctx.workspace.e.macros.get("depvar", ""),
        heads=_coeftable.Heads(b=head),
        eform=bool(asked),
    )
    ctx.emit(_coeftable.table(c, ctx.settings))
    stat, p, low, high = (float(x[0]) for x in _coeftable.statistics(c))
    scalars = {"estimate": estimate, "se": se, "lb": low, "ub": high, "level": c.level, "p": p}
    scalars |= {"z": stat} if df is None else {"t": stat, "df": df}
    return Stored("r", scalars=scalars)
