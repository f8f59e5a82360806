"""bitest: Binomial probability test.   bitest varname == #p [if] [in] [weight] [, detail]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def binomial_test(n: float, k: float, p: float) -> tuple[float, float, float, float | None]:
    """Upper, lower and two-sided p-values, and the first count of the opposite tail (None when it is empty)."""
    upper, lower = float(dist.binomialtail(n, k, p)), float(dist.binomial(n, k, p))
    counts = np.arange(n + 1)
    chance = np.asarray(dist.binomialp(np.full(int(n) + 1, n), counts, np.full(int(n) + 1, p)))
    least = chance <= float(dist.binomialp(n, k, p)) * (1 + 1e-7)
    opposite = counts[least & ((counts < n * p) if k >= n * p else (counts > n * p))]
    if k == n * p:
        return upper, lower, 1.0, None
    if k > n * p:
        edge = float(opposite.max()) if opposite.size else None
        both = upper + (float(dist.binomial(n, edge, p)) if edge is not None else 0.0)
    else:
        edge = float(opposite.min()) if opposite.size else None
        both = lower + (float(dist.binomialtail(n, edge, p)) if edge is not None else 0.0)
    return upper, lower, min(1.0, both), edge


def report(name: str, n: float, k: float, p: float, ctx: Context) -> Stored:
    upper, lower, both, edge = binomial_test(n, k, p)
    above = k >= n * p
    two = f"k {'>=' if above else '<='} {k:g}"
    if edge is not None:
        two = f"k <= {min(k, edge):g} or k >= {max(k, edge):g}"
    labels = [f"  Pr(k >= {k:g})", f"  Pr(k <= {k:g})", f"  Pr({two})"]
    width = max(24, *(len(label) for label in labels))
    lines = [
        f"{label:<{width}} = {format_number(v, '%8.6f')}  ({'two' if j == 2 else 'one'}-sided test)"
        for j, (label, v) in enumerate(zip(labels, (upper, lower, both), strict=True))
    ]
    out = ["", "Binomial probability test", ""]
    if name:
        out += [
            "    Variable |        N   Observed k   Expected k   Assumed p   Observed p",
            "-" * 13 + "+" + "-" * 60,
        ]
        lead = f"{abbrev(name, 12):>12} |{n:>11,.0f}"
    else:
        out += ["        N   Observed k   Expected k   Assumed p   Observed p", "-" * 60]
        lead = f"{n:>9,.0f}"
    out.append(
        f"{lead}{k:>13,.0f}{np_.number(n * p):>13}{format_number(p, '%9.5f'):>12}{format_number(k / n, '%9.5f'):>13}"
    )
    out += ["", *lines]
    if edge is None and k != n * p:
        out += ["", f"  note: {'lower' if above else 'upper'} tail of two-sided p-value is empty"]
    ctx.say("\n".join(out))
    scalars = {"N": n, "P_p": p, "k": k, "p_l": lower, "p_u": upper, "p": both}
    if edge is not None:
        scalars["k_opp"] = edge
    return Stored("r", scalars)


@command("bitest", klass="r", syntax="anything", byable="loop", weights=("fweight",), unsupported=("detail",))
def run(call: Call, ctx: Context) -> Stored | None:
    found = re.match(r"^\s*(\S+?)\s*==?\s*(.+?)\s*$", call.node.text)
    if found is None:
        raise StataError.invalid_syntax()
    name = ctx.data.find(found[1], ctx.settings.varabbrev)
    p = ctx.scalar(parse("expr", found[2]))
    if not isinstance(p, float) or not 0 <= p <= 1:
        raise StataError(198, "#p must be between 0 and 1")
    x = np_.numeric(name, ctx)
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    if not np.isin(x[used], (0.0, 1.0)).all():
        raise StataError(450, f"{name} is not a 0/1 variable")
    w = np.ones(int(used.sum())) if call.weight is None else call.weight.values[used]
    return report(name, float(w.sum()), float((w * x[used]).sum()), p, ctx)
