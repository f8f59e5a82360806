"""nestreg: nested model statistics.   nestreg [, waldtable quietly store(stub)]: regress depvar (varlist) (varlist) ...

Blocks enter one after the other, all models on the sample of the last; each block is tested in the model it enters
(Wald F). A variable outside parentheses is a block of its own. Only regress.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._blocks import OneSample, take_apart
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def box(rows: np.ndarray) -> str:
    """The table of blocks: F, block df, residual df, p, R2, change in R2."""

    def text(value: float, fmt: str, width: int) -> str:
        return ("" if math.isnan(value) else format_number(value, fmt).strip()).rjust(width)

    line = "-" * 61
    out = [
        f"  +{line}+",
        "  |       |          Block  Residual                     Change |",
        "  | Block |       F     df        df   Pr > F       R2    in R2 |",
        "  |-------+-----------------------------------------------------|",
    ]
    for k, (f, df, df_r, p, r2, change) in enumerate(rows.tolist(), 1):
        out.append(
            f"  | {k:>5d} |{text(f, '%8.2f', 8)}{text(df, '%7.0f', 7)}{text(df_r, '%10.0f', 10)}"
            f"{text(p, '%9.4f', 9)}{text(r2, '%9.4f', 9)}{text(change, '%9.4f', 9)} |"
        )
    return "\n".join([*out, f"  +{line}+"])


@command(
    "nestreg",
    syntax="anything",
    prefix=True,
    klass="r",
    allow=set(),
    options=(Opt("waldtable", 4), Opt("quietly", 2), Opt("store", 0, "name")),
    unsupported=("lrtable:2",),
)
def run(call: Call, ctx: Context) -> Stored:
    if call.node.text:
        raise StataError.invalid_syntax()
    terms = take_apart(call.prefix_command, "nestreg", ctx)
    rows: list[list[float]] = []
    with OneSample(terms, ctx) as models:
        for k, block in enumerate(terms.terms):
            if not call.has("quietly"):
                ctx.say(f"\nBlock {k + 1:>2d}: {block}")
            models.fit(list(range(k + 1)), quiet=call.has("quietly"))
            e = ctx.workspace.e
            p = models.p_value(k)
            r = ctx.workspace.r.scalars
            r2 = e.scalars["r2"]
            change = r2 - rows[-1][4] if rows else math.nan
            found = not math.isnan(p)
            rows.append(
                [r["F"] if found else math.nan, r["df"] if found else 0.0, e.scalars["df_r"], p, r2, change]
            )
            if call.has("store"):
                ctx.execute(f"estimates store {call.opt('store')}{k + 1}", quiet=True)
    table = np.array(rows)
    ctx.say("\n\n" + box(table) if not call.has("quietly") else "\n" + box(table))
    names = tuple(f"b{k + 1}" for k in range(len(rows)))
    matrix = StataMatrix(table, names, ("F", "df_b", "df_r", "p", "r2", "dr2"))
    return Stored("r", {}, {}, {"wald": matrix})
