"""signrank: Wilcoxon matched-pairs signed-rank test.   signrank varname = exp [if] [in] [, exact noexact]"""

from __future__ import annotations

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.numeric import ranks
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "signrank",
    min=5,
    klass="r",
    syntax="anything",
    byable="loop",
    options=(Opt("exact", 2), Opt("noexact", 4)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    d, name, other = np_.differences(call, ctx)
    w = ranks.signed_rank(d, np_.wants_exact(call, len(d), ctx))
    heads = [np_.cased(t, ctx) for t in ("Obs", "Sum ranks", "Expected")]
    rows = [
        (np_.cased(sign, ctx), [np_.number(w.n[k]), np_.number(w.sums[k]), np_.number(w.expected[k])])
        for k, sign in enumerate(("Positive", "Negative", "Zero"))
    ]
    total = np_.number(sum(w.sums))
    last = (np_.cased("All", ctx), [np_.number(sum(w.n)), total, total])
    out = ["", "Wilcoxon signed-rank test", "", *np_.box(np_.cased("Sign", ctx), heads, rows, last), ""]
    parts = [("Unadjusted variance", w.variance), ("Adjustment for ties", w.ties)]
    parts.append(("Adjustment for zeros", w.zeros))
    spread = w.variance + w.ties + w.zeros
    out += [*np_.variances(parts, spread, ctx), ""]
    out += np_.tail_lines(f"{np_.h0(ctx)}: {name} = {other}", w.z, w.p, w.p_exact, ctx)
    ctx.say("\n".join(out))
    scalars = {"N": sum(w.n), "N_pos": w.n[0], "N_neg": w.n[1], "N_tie": w.n[2]}
    scalars |= {"sum_pos": w.sums[0], "sum_neg": w.sums[1], "z": w.z, "Var_a": spread, "p": w.p}
    if w.p_exact == w.p_exact:
        scalars["p_exact"] = w.p_exact
    return Stored("r", scalars)
