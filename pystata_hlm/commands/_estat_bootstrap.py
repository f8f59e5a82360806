"""estat bootstrap: percentile and bias-corrected intervals.   estat bootstrap [, bc normal percentile all noheader nolegend]"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable, _replicated
from pystata_hlm.commands._estimation import label_lookup
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Cell, Col, Header, Row, Rule, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_OPTIONS = (
    Opt("bc", 2),
    Opt("normal", 1),
    Opt("percentile", 1),
    Opt("all", 3),
    Opt("noheader", 3),
    Opt("nolegend", 3),
)
KINDS = (
    ("normal", "N", "ci_normal", "Normal", "normal confidence interval"),
    ("percentile", "P", "ci_percentile", "Percentile", "percentile confidence interval"),
    ("bc", "BC", "ci_bc", "Bias-corrected", "bias-corrected confidence interval"),
)
"""Option, tag, matrix of e(), its words in the key from release 17, and before."""


@postestimation("estat bootstrap", "*")
def estat_bootstrap(call: Call, ctx: Context, words: list[str]) -> Stored | None:
    e = ctx.workspace.e
    estimation = ctx.estimation
    if e.macros.get("prefix") != "bootstrap":
        raise StataError(321, "estat bootstrap not valid")
    options = typed_options(call.option_nodes, _OPTIONS, ("bca", "verbose:1"), ctx)
    kinds = [kind for kind in KINDS if kind[0] in options or "all" in options] or [KINDS[2]]
    info = estimation.extra["bootstrap"]
    if "noheader" not in options:
        ctx.say()
        compact = ctx.settings.compact_header
        ctx.emit(Header((e.macros["title"], ""), _replicated.heading_pairs(e, info), compact=compact))
        if "nolegend" not in options:
            _replicated.show_legend(e, info, ctx)
    ctx.say()
    ctx.emit(table(e, [(tag, matrix) for _, tag, matrix, *_ in kinds], ctx))
    if "nolegend" not in options:
        if ctx.settings.new_headings:
            key = [f"{tag.rjust(7)}: {text}" for _, tag, _, text, _ in kinds]
            ctx.say("\n".join(["Key: " + key[0].removeprefix("     "), *key[1:]]))
        else:
            ctx.say("\n".join(f"({tag})".ljust(7) + text for _, tag, _, _, text in kinds))
    return None


def table(e: Stored, kinds: list[tuple[str, str]], ctx: Context) -> Table:
    """Observed value, bias, standard error, and an interval in each row."""
    cols = e.matrices["b"].cols
    names = tuple(col.rpartition(":")[2] for col in cols)
    equations = [col.rpartition(":")[0] for col in cols]
    b, bias = e.matrices["b"].values[0], e.matrices["bias"].values[0]
    se = np.sqrt(np.maximum(np.diag(e.matrices["V"].values), 0))
    status = ["base" if _part(n, "b") else "omitted" if _part(n, "o") else "ok" for n in names]
    label = label_lookup(ctx)
    body: list[Row | Rule] = []
    width = _coeftable.STUB

    def add(stub: str, k: int) -> None:
        if status[k] == "omitted":
            body.append(Row(stub, (Cell(0.0, "%10.0g"),), "  (omitted)"))
            return
        for number, (tag, matrix) in enumerate(kinds):
            low, high = e.matrices[matrix].values[:, k].tolist()
            first = (
                Cell(float(b[k]), "%10.0g"),
                Cell(float(bias[k]), "%9.0g"),
                Cell(_positive(se[k]), "%10.0g"),
            )
            limits = (Cell(low, "%9.0g"), Cell(high, "%9.0g"), Cell(f"({tag})"))
            body.append(Row(stub, (*first, *limits)) if not number else Row("", (None, None, None, *limits)))

    for equation in dict.fromkeys(equations):
        chosen = [k for k, one in enumerate(equations) if one == equation]
        if len(set(equations)) > 1:
            if body:
                body.append(Rule())
            body.append(Row(abbrev(equation, width), stub_align="left"))
        part = _coeftable.Coefficients(
            names=[names[k] for k in chosen], status=[status[k] for k in chosen], b=b[chosen], se=se[chosen]
        )
        blocks = _coeftable.blocks_of(part, label)
        for number, block in enumerate(blocks):
            if number and (block.spaced or blocks[number - 1].spaced_after):
                body.append(Row())
            if block.heading:
                body.append(Row(abbrev(block.heading, width)))
            for text, k in block.rows:
                add(f"{abbrev(text, width - 1)} " if block.heading else abbrev(text, width), chosen[k])
    return _frame(e, tuple(body), ctx)


def _frame(e: Stored, body: tuple[Row | Rule, ...], ctx: Context) -> Table:
    new = ctx.settings.new_headings
    level = f"{e.scalars['level']:g}"
    words = (
        f" coefficient       Bias    std. err.  [{level}% conf. interval]"
        if new
        else f"       Coef.       Bias    Std. Err.  [{level}% Conf. Interval]"
    )
    depvar = e.macros.get("depvar", "") if "exp1" not in e.macros else ""
    return Table(
        abbrev(depvar, _coeftable.STUB),
        _coeftable.STUB,
        tuple(Col("", width) for width in (12, 11, 12, 12, 11, 6)),
        body,
        top=True,
        bottom=True,
        head_text=("    Observed               Bootstrap", words),
        name="bootstrap",
    )


def _part(name: str, letter: str) -> bool:
    return any(
        letter in part.partition(".")[0].lstrip("0123456789") for part in name.split("#") if "." in part
    )


def _positive(value: float) -> float:
    return float(value) if value > 0 else math.nan
