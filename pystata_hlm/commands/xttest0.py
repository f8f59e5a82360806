"""xttest0: Breusch and Pagan LM test for random effects, after xtreg, re.   xttest0"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._panels import index_panels
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, ols
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def statistic(residuals: np.ndarray, codes: np.ndarray, sizes: np.ndarray) -> float:
    """Baltagi and Li (1990): (n T-bar)^2/2 * A1^2 / (sum T_i^2 - n T-bar), 0 where A1 is negative."""
    sums = np.bincount(codes, weights=residuals, minlength=len(sizes))
    a = 1 - float(np.sum(sums**2)) / float(residuals @ residuals)
    if a > 0:
        return 0.0
    n = float(sizes.sum())
    return n * n / 2 * a * a / (float(np.sum(sizes**2)) - n)


@command("xttest0", klass="r", varlist="none", allow=frozenset())
def run(call: Call, ctx: Context) -> Stored:
    e, estimation = ctx.workspace.e, ctx.workspace.e.estimation
    if estimation is None or e.macros.get("cmd") != "xtreg" or e.macros.get("model") != "re":
        raise StataError(301, "last estimates not found; xttest0 works only after xtreg, re")
    used = ctx.workspace.e_sample()
    x = estimation.recipe.evaluate(ctx.data, used)
    y = ctx.data.values(estimation.depvar)[used]
    panels = index_panels(e.macros["ivar"], used, ctx)
    lm = statistic(ols.fit_ols(y, x).residuals, panels.codes, panels.sizes)
    s_y, s_e, s_u = float(np.var(y, ddof=1)), e.scalars["sigma_e"] ** 2, e.scalars["sigma_u"] ** 2
    p = 0.5 * float(dist.chi2tail(1, lm)) if lm > 0 else 1.0
    new = ctx.settings.new_headings
    sd = "SD = sqrt(Var)" if new else "sd = sqrt(Var)"
    rows = [
        f"{label:>16} | {format_number(v, '%9.0g').strip():>9}       {format_number(v**0.5, '%9.0g').strip():>9}"
        for label, v in ((abbrev(estimation.depvar, 12), s_y), ("e", s_e), ("u", s_u))
    ]
    lines = [
        "",
        "Breusch and Pagan Lagrangian multiplier test for random effects",
        "",
        f"        {estimation.depvar}[{panels.name},t] = Xb + u[{panels.name}] + e[{panels.name},t]",
        "",
        "        Estimated results:",
        f"{'':>16} |       Var     {sd}",
        " " * 16 + "-+" + "-" * 29,
        *rows,
        "",
        "        Test: Var(u) = 0" if new else "        Test:   Var(u) = 0",
        f"{'chibar2(01) =':>36} {format_number(lm, '%8.2f').strip():>8}",
        f"{'Prob > chibar2 =':>36} {p:>8.4f}",
    ]
    ctx.emit(Text("\n".join(lines)))
    return Stored("r", {"lm": lm, "df": 1.0, "p": p})
