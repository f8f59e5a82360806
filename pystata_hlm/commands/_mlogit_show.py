"""What mlogit shows: heading and one block of coefficients for each outcome; also its replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._coeftable import Block
from pystata_hlm.commands._estimation import coefficients, label_lookup
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.commands._ml_show import heading
from pystata_hlm.output.items import Table, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.results import Estimation

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    e = ctx.workspace.e
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        ctx.say()
        ctx.emit(heading(e, ctx.settings, override))
    rrr = "rrr" in options or estimation.extra["ratio"]
    table = coefficient_table(estimation, options, rrr, ctx)
    ctx.say()
    if override and override["note"]:
        ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif "clustvar" in e.macros:
        note = cluster_note(int(e.scalars["N_clust"]), e.macros["clustvar"], ctx.settings, table_width(table))
        ctx.emit(note)
    ctx.emit(table)
    if rrr and estimation.recipe.constant and len(estimation.recipe.kept) > 1:
        ctx.say("Note: _cons estimates baseline relative risk for each outcome.")


def coefficient_table(estimation: Estimation, options: dict[str, Any], rrr: bool, ctx: Context) -> Table:
    e, settings, recipe = ctx.workspace.e, ctx.settings, estimation.recipe
    b, vcov = e.matrices["b"].values[0], e.matrices["V"].values
    override = estimation.extra.get("bootstrap")
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(se_over=e.macros.get("vcetype", ""), b="RRR" if rrr else "")
    )
    label, k = label_lookup(ctx), len(recipe)
    blocks: list[Block] = []
    parts: list[_coeftable.Coefficients] = []
    for j, name in enumerate(estimation.extra["equations"]):
        at = slice(j * k, (j + 1) * k)
        c = coefficients(
            recipe, b[at], vcov[at, at], ctx, df=None, level=options.get("level", settings.level),
            depvar=estimation.depvar, heads=heads,
        )  # fmt: skip
        if "baselevels" in options or "allbaselevels" in options:
            c = replace(c, base="all" if "allbaselevels" in options else "factors")
        parts.append(c)
        if j == estimation.extra["base"]:
            blocks.append(Block("", (), False, name, "(base outcome)"))
            continue
        blocks += [
            replace(block, equation=name, rows=tuple((text, i + j * k) for text, i in block.rows))
            for block in _coeftable.blocks_of(c, label)
        ]
    whole = replace(
        parts[0],
        names=tuple(name for c in parts for name in c.names),
        status=tuple(status for c in parts for status in c.status),
        b=b,
        se=np.concatenate([c.se for c in parts]),
        eform=rrr,
    )
    return _coeftable.table(whole, settings, label, blocks=blocks)
