"""proportion: Estimate proportions.   proportion varlist [if] [in] [weight] [, over(varname) citype(logit|normal) level(#)]"""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands._categories import axis
from pystata_hlm.commands.mean import show
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "proportion",
    min=4,
    klass="e",
    varlist="required",
    weights=_totals.WEIGHTS,
    estimation=True,
    replay_options=("level", "noheader"),
    options=(*_totals.OPTIONS, Opt("citype", 0, "text"), Opt("missing", 4)),
    unsupported=(*_totals.UNSUPPORTED, "stdize", "stdweight:5", "nolabel:5"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    citype = call.opt("citype", "logit")
    if citype not in ("logit", "normal"):
        raise StataError(198, f"citype({citype}) not yet supported")
    if call.has("missing"):
        raise StataError.option_not_supported("missing")
    names = call.varlist
    s = _totals.sample(names, call, ctx)
    w = _totals.weight_per_observation(s)
    weighted = call.weight is not None and call.weight.kind == "pweight"
    groups = [np.ones(len(w), dtype=bool)]
    if s.groups is not None:
        groups = [s.groups.index == g for g in range(s.groups.size)]
    b: list[float] = []
    scores: list[np.ndarray] = []
    columns: list[str] = []
    blocks: list[Any] = []
    for name in names:
        found = axis(ctx.data, name, s.rows)
        if found.is_string:
            raise StataError.type_mismatch()
        over = "" if s.groups is None else f"@{s.groups.name}"
        rows = []
        for level, (mark, text) in enumerate(zip(_totals.marks(found), found.texts, strict=True)):
            for g, inside in enumerate(groups):
                hit = (found.index == level).astype(float)
                total = float((s.w * inside).sum())
                p = float((s.w * inside * hit).sum()) / total
                scores.append(w * inside * (hit - p) / total)
                rows.append((text if s.groups is None else f"{text} {s.groups.texts[g]}", len(b)))
                b.append(p)
                tail = "" if s.groups is None else f"@{_totals.marks(s.groups)[g]}.{s.groups.name}"
                columns.append(f"{mark}.{name}{tail}")
        blocks.append((f"{name}{over}", tuple(rows)))
    z = np.column_stack(scores)
    # without sampling weights p(1-p)/n: the sum of squares, not corrected for degrees of freedom
    vcov = _totals.linearized(z, s) if weighted else (s.counts[:, None] * z).T @ z
    extra: dict[str, Any] = {"blocks": tuple(blocks), "logit": citype == "logit"}
    vce = "linearized" if weighted else "analytic"
    if weighted and citype != "logit":
        extra["linearized"] = True
    macros = {"vce": vce, "varlist": " ".join(names)}
    _totals.estimate("proportion", call, s, np.array(b), vcov, tuple(columns), extra, ctx, macros)
    return None
