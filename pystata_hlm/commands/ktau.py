"""ktau: Kendall's rank correlation coefficients.   ktau [varlist] [if] [in] [, stats(taua taub score se obs p) pw]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._rank_correlations import OPTIONS, Result, names_of, show_matrix, values_of, wanted
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import ranks
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call

STATISTICS = {
    "taua": "tau-a",
    "taub": "tau-b",
    "score": "score",
    "se": "se of score",
    "obs": "Number of obs",
    "p": "Sig. level",
}


def result(x: np.ndarray, y: np.ndarray) -> Result:
    k = ranks.kendall(x, y)
    return {"taua": k.tau_a, "taub": k.tau_b, "score": k.score, "se": k.se, "obs": k.n, "p": k.p}


@command("ktau", klass="r", varlist="all", byable="loop", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    names = names_of(call, ctx)
    x = values_of(names, call, ctx)
    if len(names) == 2 and not call.has("matrix"):
        used = ~np.isnan(x).any(1)
        k = ranks.kendall(x[used, 0], x[used, 1])
        h0 = "H0" if ctx.settings.new_headings else "Ho"
        out = [
            "",
            f"  Number of obs = {format_number(k.n, '%7.0f'):>7}",
            f"Kendall's tau-a = {format_number(k.tau_a, '%12.4f'):>12}",
            f"Kendall's tau-b = {format_number(k.tau_b, '%12.4f'):>12}",
            f"Kendall's score = {format_number(k.score, '%7.0f'):>7}",
            f"    SE of score = {format_number(k.se, '%11.3f'):>11}   (corrected for ties)",
            "",
            f"Test of {h0}: {names[0]} and {names[1]} are independent",
            f"     Prob > |z| = {format_number(k.p, '%12.4f'):>12}  (continuity corrected)",
        ]
        ctx.say("\n".join(out))
        scalars = {"N": k.n, "tau_a": k.tau_a, "tau_b": k.tau_b, "score": k.score, "se_score": k.se, "p": k.p}
        return Stored("r", scalars)
    table = show_matrix(names, x, result, wanted(call, STATISTICS, ("taua",)), "taua", STATISTICS, call, ctx)
    matrices = {
        key: StataMatrix(table[name], names, names)
        for key, name in (
            ("Tau_a", "taua"),
            ("Tau_b", "taub"),
            ("Score", "score"),
            ("Se_Score", "se"),
            ("P", "p"),
        )
    }
    return Stored("r", {"N": float(table["obs"][0, -1])}, {}, matrices)
