"""spearman: Spearman's rank correlation coefficients.   spearman [varlist] [if] [in] [, stats(rho obs p) star(#) pw matrix]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._correlations import pairwise, significance
from pystata_hlm.commands._rank_correlations import OPTIONS, Result, names_of, show_matrix, values_of, wanted
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import ranks
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call

STATISTICS = {"rho": "rho", "obs": "Number of obs", "p": "Sig. level"}


def result(x: np.ndarray, y: np.ndarray) -> Result:
    n = float(len(x))
    if n < 2:
        return {"rho": np.nan, "obs": n, "p": np.nan}
    r = pairwise(np.column_stack([ranks.midranks(x)[0], ranks.midranks(y)[0]])).r[0, 1]
    p = significance(np.array([r]), np.array([n]))[0]
    return {"rho": float(r), "obs": n, "p": float(p)}


@command("spearman", klass="r", varlist="all", byable="loop", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    names = names_of(call, ctx)
    x = values_of(names, call, ctx)
    if len(names) == 2 and not call.has("matrix"):
        used = ~np.isnan(x).any(1)
        found = result(x[used, 0], x[used, 1])
        n, rho, p = found["obs"], found["rho"], found["p"]
        independent = f"{names[0]} and {names[1]} are independent"
        if ctx.settings.new_headings:
            width = max(7, len(f"{n:,.0f}"))
            out = [
                "",
                f"Number of observations = {n:>{width}.0f}",
                f"        Spearman's rho = {format_number(rho, '%7.4f').strip():>{width}}",
                "",
                f"Test of H0: {independent}",
                f"            Prob > |t| = {format_number(p, '%6.4f').strip():>{width}}",
            ]
        else:
            out = [
                "",
                f" Number of obs = {n:>7.0f}",
                f"Spearman's rho = {format_number(rho, '%12.4f'):>12}",
                "",
                f"Test of Ho: {independent}",
                f"    Prob > |t| = {format_number(p, '%12.4f'):>12}",
            ]
        ctx.say("\n".join(out))
        return Stored("r", {"N": n, "rho": rho, "p": p})
    table = show_matrix(names, x, result, wanted(call, STATISTICS, ("rho",)), "rho", STATISTICS, call, ctx)
    matrices = {
        key: StataMatrix(table[name], names, names)
        for key, name in (("Nobs", "obs"), ("Rho", "rho"), ("P", "p"))
    }
    scalars = {
        "N": float(table["obs"][0, -1]),
        "rho": float(table["rho"][1, 0]),
        "p": float(table["p"][1, 0]),
    }
    return Stored("r", scalars, {}, matrices)
