"""ranksum: Wilcoxon rank-sum (Mann-Whitney) test.   ranksum varname [if] [in], by(groupvar) [exact noexact porder]"""

from __future__ import annotations

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import ranks
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "ranksum",
    klass="r",
    varlist="required",
    max_vars=1,
    byable="loop",
    options=(Opt("by", 0, "varname"), Opt("exact", 2), Opt("noexact", 4), Opt("porder", 1)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("by"):
        raise StataError.option_required("by()")
    name, group = call.varlist[0], call.options["by"]
    x, found = np_.grouped(name, group, call, ctx)
    np_.two_groups(found)
    first, second = (x[found.index == k] for k in (0, 1))
    w = ranks.rank_sum(first, second, np_.wants_exact(call, len(x), ctx))
    dash = "–" if np_.new_words(ctx) else "-"
    words = [np_.cased(t, ctx) for t in ("Obs", "Rank sum", "Expected", "Combined")]
    total = sum(w.n) * (sum(w.n) + 1) / 2
    rows = [
        (found.texts[k], [np_.number(w.n[k]), np_.number(w.sums[k]), np_.number(w.expected[k])])
        for k in (0, 1)
    ]
    last = (words[3], [np_.number(sum(w.n)), np_.number(total), np_.number(total)])
    out = ["", f"Two-sample Wilcoxon rank-sum (Mann{dash}Whitney) test", ""]
    out += [*np_.box(abbrev(group, 12), words[:3], rows, last), ""]
    parts = [("Unadjusted variance", w.variance), ("Adjustment for ties", w.ties)]
    out += [*np_.variances(parts, w.variance + w.ties, ctx), ""]
    sides = [f"{abbrev(name, 12)}({abbrev(group, 12)}=={text})" for text in found.texts]
    out += np_.tail_lines(f"{np_.h0(ctx)}: {sides[0]} = {sides[1]}", w.z, w.p, w.p_exact, ctx)
    if call.has("porder"):
        out += ["", f"P{{{sides[0]} > {sides[1]}}} = {format_number(w.greater, '%5.3f').strip()}"]
    ctx.say("\n".join(out))
    scalars = {"N": sum(w.n), "N_1": w.n[0], "N_2": w.n[1], "z": w.z, "Var_a": w.variance + w.ties}
    scalars |= {"group1": float(found.values[0]), "sum_obs": w.sums[0], "sum_exp": w.expected[0], "p": w.p}
    if w.p_exact == w.p_exact:
        scalars["p_exact"] = w.p_exact
    if call.has("porder"):
        scalars["porder"] = w.greater
    return Stored("r", scalars)
