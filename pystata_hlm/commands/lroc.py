"""lroc: ROC curve after logit, logistic, probit.   lroc [if] [in] [, all nograph twoway_options]"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands._classified import classified, curve
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

CMDS = ("logit", "logistic", "probit")


@command(
    "lroc",
    klass="r",
    varlist="none",
    options=(Opt("all"), Opt("nograph", 3)),
    any_option=True,
)
def run(call: Call, ctx: Context) -> Stored:
    given = {node.name for node in call.option_nodes}
    narrowed = call.restricted or "all" in given
    found = classified(ctx, call.sample if narrowed else None, CMDS)
    false, true, area = curve(found)
    e = ctx.workspace.e
    n = float(found.w.sum())
    word = "Probit" if e.macros["cmd"] == "probit" else "Logistic"
    ctx.say(
        f"\n{word} model for {e.macros['depvar']}\n\n"
        f"Number of observations = {n:8,.0f}\nArea under ROC curve   = {area:8.4f}"
    )
    if not any(len(name) >= 3 and "nograph".startswith(name) for name in given):
        from pystata_hlm.commands.graphs import roc

        roc.run(call, ctx, false, true, area)
    return Stored("r", {"N": n, "area": area})
