"""kwallis: Kruskal-Wallis rank test of equal populations.   kwallis varname [if] [in], by(groupvar)"""

from __future__ import annotations

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, ranks
from pystata_hlm.output.items import Listing
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "kwallis",
    klass="r",
    varlist="required",
    max_vars=1,
    byable="loop",
    options=(Opt("by", 0, "varname"),),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("by"):
        raise StataError.option_required("by()")
    group = call.options["by"]
    x, found = np_.grouped(call.varlist[0], group, call, ctx)
    if found.size < 2:
        raise StataError(198, "1 group found, at least 2 required")
    obs, sums, h, tied = ranks.kruskal_wallis(x, found.index, found.size)
    df = found.size - 1
    p, p_tied = (float(dist.chi2tail(df, v)) for v in (h, tied))
    new = np_.new_words(ctx)
    ctx.say(f"\nKruskal{'–' if new else '-'}Wallis equality-of-populations rank test")
    cells = (
        found.texts,
        tuple(format_number(n, "%9.0f").strip() for n in obs.tolist()),
        tuple(format_number(s, "%9.2f").strip() for s in sums.tolist()),
    )
    options = {"noobs": True, "separator": 0, "divider": True}
    heads = (group, "Obs", "Rank sum" if new else "Rank Sum")
    ctx.emit(Listing(heads, ("right",) * 3, cells, tuple(range(1, found.size + 1)), options))

    def statistic(value: float, prob: float, ties: str) -> list[str]:
        chi2, pt = format_number(value, "%9.3f").strip(), format_number(prob, "%6.4f").strip()
        if new:
            head = f"chi2({df}){ties} = "
            return [f"  {head}{chi2}", f"{'Prob = ':>{len(head) + 2}}{pt}"]
        return [f"chi-squared{ties} = {chi2:>9} with {df} d.f.", f"probability{' ' * len(ties)} = {pt:>10}"]

    ctx.say("\n".join(["", *statistic(h, p, ""), "", *statistic(tied, p_tied, " with ties")]))
    return Stored("r", {"df": float(df), "chi2": h, "chi2_adj": tied})
