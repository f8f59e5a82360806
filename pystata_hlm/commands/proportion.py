"""proportion: Estimate proportions.   proportion varlist [if] [in] [weight] [, over(varlist) vce(vcetype) citype(type) level(#)]"""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.commands import _totals
from pystata_hlm.commands._categories import axis
from pystata_hlm.commands._means_table import show
from pystata_hlm.commands._over import Over, level_marks, old_legend, old_names
from pystata_hlm.data.names import abbrev
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
    old, legend = ctx.settings.release < 16, list[str]()
    for name in names:
        found = axis(ctx.data, name, s.rows)
        if found.is_string:
            raise StataError.type_mismatch()
        over = "" if s.groups is None else f"@{s.groups.head}"
        rows = []
        for level, (mark, text) in enumerate(zip(level_marks(found), found.texts, strict=True)):
            for g, inside in enumerate(groups):
                hit = (found.index == level).astype(float)
                total = float((s.w * inside).sum())
                p = float((s.w * inside * hit).sum()) / total
                scores.append(w * inside * (hit - p) / total)
                rows.append((text if s.groups is None else f"{text} {s.groups.texts[g]}", len(b)))
                b.append(p)
                tail = "" if s.groups is None else f"@{s.groups.marks[g]}"
                columns.append(f"{mark}.{name}{tail}")
        if old:
            made = _old_blocks(name, found.texts, s.groups, len(b) - len(rows))
            blocks += made
            columns[len(b) - len(rows) :] = [
                f"{head.strip()}:{text}" for head, part in made for text, _ in part
            ]
            legend += [] if s.groups is None else _old_categories(name, found.texts)
        else:
            blocks.append((f"{name}{over}", tuple(rows)))
    z = np.column_stack(scores)
    # without sampling weights p(1-p)/n: the sum of squares, not corrected for degrees of freedom
    linearized = weighted or s.clusters is not None
    vcov = _totals.variance(z, s) if linearized else (s.counts[:, None] * z).T @ z
    extra: dict[str, Any] = {"blocks": tuple(blocks), "logit": citype == "logit"}
    if old:
        extra["old"] = True
        if s.groups is not None:
            extra |= {"legend": [*legend, "", *old_legend(s.groups), ""], "stub": "Over"}
    vce = "linearized" if weighted else "analytic"
    if weighted and citype != "logit":
        extra["linearized"] = True
    macros = {"vce": vce, "varlist": " ".join(names)}
    _totals.estimate("proportion", call, s, np.array(b), vcov, tuple(columns), extra, ctx, macros)
    return None


def _old_blocks(name: str, texts: tuple[str, ...], groups: Over | None, first: int) -> list[Any]:
    """Up to release 15: the variable over its categories; under over() a block for each category."""
    if groups is None:
        return [(f"{abbrev(name, 12):<12}", tuple((text, first + k) for k, text in enumerate(texts)))]
    inner = old_names(groups.texts, "_subpop")
    return [
        (f"{head:<12}", tuple((text, first + k * groups.size + g) for g, text in enumerate(inner)))
        for k, head in enumerate(old_names(texts, "_prop"))
    ]


def _old_categories(name: str, texts: tuple[str, ...]) -> list[str]:
    return [
        f"{head:>13}: {name} = {text}" for head, text in zip(old_names(texts, "_prop"), texts, strict=True)
    ]
