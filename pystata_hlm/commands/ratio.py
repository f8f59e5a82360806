"""ratio: Estimate ratios.   ratio [name:] varname[/]varname [(...)] [if] [in] [weight] [, vce(cluster varname) level(#) noheader]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands._means_table import show
from pystata_hlm.data.names import abbrev, check
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_ONE = re.compile(r"\s*(?:([^\W\d]\w*)\s*:)?\s*([\w~*?.]+)\s*/\s*([\w~*?.]+)\s*")


def ratios(text: str, ctx: Context) -> list[tuple[str, str, str]]:
    """(name, numerator, denominator) of ``a/b`` or ``(name: a/b) (c/d)``."""
    parts = re.findall(r"\(([^()]*)\)", text) if text.strip().startswith("(") else [text]
    out = []
    for k, part in enumerate(parts, 1):
        found = _ONE.fullmatch(part)
        if found is None:
            raise StataError.invalid_syntax()
        name = check(found[1]) if found[1] else f"_ratio_{k}"
        numerator, denominator = (ctx.data.find(found[j], ctx.settings.varabbrev) for j in (2, 3))
        out.append((name, numerator, denominator))
    return out


@command(
    "ratio",
    klass="e",
    syntax="anything",
    weights=_totals.WEIGHTS,
    estimation=True,
    replay_options=("level", "noheader"),
    options=_totals.OPTIONS[1:],
    unsupported=(*_totals.UNSUPPORTED, "over", "stdize", "stdweight:5", "nostdrescale"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    found = ratios(call.node.text, ctx)
    used = tuple(dict.fromkeys(v for _, a, b in found for v in (a, b)))
    s = _totals.sample(used, call, ctx, "linearized")
    w = _totals.weight_per_observation(s)
    b = np.zeros(len(found))
    z = np.zeros((len(w), len(found)))
    for k, (_, top, bottom) in enumerate(found):
        y, x = _totals.values(top, s, ctx), _totals.values(bottom, s, ctx)
        below = float((s.w * x).sum())
        b[k] = float((s.w * y).sum()) / below if below else np.nan
        z[:, k] = w * (y - b[k] * x) / below if below else np.nan
    names = tuple(name for name, _, _ in found)
    legend = [f"{abbrev(name, 12):>13}: {top}/{bottom}" for name, top, bottom in found]
    extra = {
        "blocks": (("", tuple((abbrev(name, 12), j) for j, name in enumerate(names))),),
        "legend": [*legend, ""],
        "linearized": True,
    }
    macros = {
        "vce": "linearized",
        "vcetype": "Linearized",
        "varlist": " ".join(f"{t}/{d}" for _, t, d in found),
    }
    _totals.estimate("ratio", call, s, b, _totals.variance(z, s), names, extra, ctx, macros)
    return None
