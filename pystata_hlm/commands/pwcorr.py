"""pwcorr: Pairwise correlations.   pwcorr [varlist] [if] [in] [weight] [, obs sig star(#) print(#) options]

Layout: ../shared/cases/oneway_pwcorr_clients.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._correlations import pairwise, significance, triangle
from pystata_hlm.commands.correlate import numeric_names
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


def limit(call: Call, option: str) -> float | None:
    """A significance level given as a share (.05) or a percentage (5)."""
    value = call.opt(option)
    if value is None:
        return None
    if value >= 1:
        value /= 100
    if not 0 < value < 1:
        raise StataError(198, f"option {option}() incorrectly specified")
    return float(value)


def adjusted(p: np.ndarray, k: int, call: Call) -> np.ndarray:
    """Bonferroni or Sidak adjustment for all k(k-1)/2 comparisons."""
    count = k * (k - 1) / 2
    if call.has("bonferroni"):
        return np.minimum(1.0, p * count)
    if call.has("sidak"):
        return np.minimum(1.0, 1 - (1 - p) ** count)
    return p


@command(
    "pwcorr",
    klass="r",
    varlist="all",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(
        Opt("obs", 1),
        Opt("sig", 0),
        Opt("listwise", 1),
        Opt("casewise", 1),
        Opt("print", 1, "real"),
        Opt("star", 2, "real"),
        Opt("bonferroni", 1),
        Opt("sidak", 3),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.has("bonferroni") and call.has("sidak"):
        raise StataError(198, "only one of bonferroni or sidak can be specified")
    names = numeric_names(call, ctx)
    if not names:
        raise StataError.varlist_required()
    x = np.column_stack([ctx.data.column(name).values() for name in names])
    rows = call.sample.copy()
    if call.has("listwise") or call.has("casewise"):
        rows &= ~np.isnan(x).any(1)
    if not (rows & ~np.isnan(x).all(1)).any():
        raise StataError.no_observations()
    weight = call.weight
    found = pairwise(
        x[rows], None if weight is None else weight.values[rows], weight.kind if weight else "fweight"
    )
    k = len(names)
    p = adjusted(significance(found.r, found.n), k, call)
    star, shown = limit(call, "star"), limit(call, "print")

    def block(i: int, columns: range) -> list[str]:
        r, sig, obs = " ", "", ""
        for j in columns:
            mark = "*" if star is not None and i != j and p[i, j] <= star else " "
            if i != j and shown is not None and not p[i, j] <= shown:
                r += " " * 9
                sig += " " * 9
                obs += " " * 9
                continue
            r += format_number(float(found.r[i, j]), "%8.4f").rjust(8) + mark
            sig += " " * 9 if i == j else format_number(float(p[i, j]), "%9.4f").rjust(9)
            obs += format_number(float(found.n[i, j]), "%9.0f").rjust(9)
        lines = [r]
        if call.has("sig"):
            lines.append(sig)
        if call.has("obs"):
            lines.append(obs)
        if len(lines) > 1:
            lines.append("")
        return lines

    ctx.say(triangle(names, block, ctx.settings.linesize))
    scalars = {"N": float(found.n[0, min(1, k - 1)])}
    if k > 1:
        scalars["rho"] = float(found.r[0, 1])
    matrix = StataMatrix(found.r, tuple(names), tuple(names))
    return Stored("r", scalars, {}, {"C": matrix})
