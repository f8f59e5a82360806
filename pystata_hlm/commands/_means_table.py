"""The table of mean, total, ratio and proportion, and its replay. Layout: ../shared/cases/mean_auto."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.commands._over import Over, old_legend, old_names
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import text_width
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Header, Row, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Estimation

STUB = 12


def table(estimation: Estimation, level: float, ctx: Context) -> Table:
    settings = ctx.settings
    new = settings.new_headings
    extra = estimation.extra
    se = np.sqrt(np.diag(estimation.vcov))
    low, high = limits(estimation, level)
    fmt = settings.cformat or "%9.0g"

    def cells(j: int) -> tuple[Cell, ...]:
        b = float(estimation.b[j])
        return (
            Cell(b, fmt),
            Cell(float(se[j]), fmt),
            Cell(float(low[j]), fmt),
            Cell(float(high[j]), fmt),
        )

    body: list[Row] = []
    for k, (head, rows) in enumerate(extra["blocks"]):
        if k and head and not extra.get("old"):
            body.append(Row())
        if head:
            body.append(Row(head))
        tail = " " if head and not extra.get("old") else ""
        body += [Row(f"{text}{tail}", cells(j)) for text, j in rows]
    stub = max(STUB, *(text_width(row.stub) for row in body))
    se_head, conf = ("Std. err.", "conf. interval") if new else ("Std. Err.", "Conf. Interval")
    over_line = ""
    if extra.get("logit"):
        over_line = " " * 36 + "Logit\n"
        if extra.get("robust"):
            se_head = se_head.lower() if new else se_head
            over_line = f"{'Robust':>21}{'Logit':>20}\n"
    elif extra.get("linearized") or extra.get("robust"):
        se_head = se_head.lower() if new else se_head
        over_line = " " * 13 + "Linearized\n" if extra.get("linearized") else " " * 15 + "Robust\n"
    interval = f"[{level:g}% {conf}]".rjust(25)
    columns = (Col("", 11), Col("", 11), Col("", 14), Col("", 12))
    head_text = tuple(f"{over_line}{extra.get('head', 'Mean'):>11}   {se_head}{interval}".split("\n"))
    return Table(
        extra.get("stub", ""),
        stub,
        columns,
        tuple(body),
        top=True,
        bottom=True,
        head_text=head_text,
        name="coefficients",
    )


def blocks_over(names: tuple[str, ...], over: Over | None, old: bool = False) -> tuple[Any, ...]:
    """Rows of the table: variables, or for each variable a heading and the groups."""
    if over is None:
        return (("", tuple((abbrev(name, STUB), j) for j, name in enumerate(names))),)
    texts = old_names(over.texts, "_subpop") if old else over.texts
    return tuple(
        (
            f"{abbrev(name, STUB):<{STUB}}" if old else f"c.{name}@{over.head}",
            tuple((text, v * over.size + g) for g, text in enumerate(texts)),
        )
        for v, name in enumerate(names)
    )


def columns_over(names: tuple[str, ...], over: Over | None, old: bool) -> tuple[str, ...]:
    """e(b)'s columns: ``mpg``, ``c.mpg@0bn.foreign``, up to release 15 ``mpg:Domestic``."""
    if over is None:
        return names
    if old:
        return tuple(f"{name}:{g}" for name in names for g in old_names(over.texts, "_subpop"))
    return tuple(f"c.{name}@{mark}" for name in names for mark in over.marks)


def over_facts(names: tuple[str, ...], over: Over | None, ctx: Context) -> dict[str, Any]:
    """What the table needs to know of over()."""
    old = ctx.settings.release < 16
    facts: dict[str, Any] = {"blocks": blocks_over(names, over, old)}
    if old and over is not None:
        facts |= {"legend": [*old_legend(over), ""], "stub": "Over", "old": True}
    return facts


def limits(estimation: Estimation, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidence limits: symmetric, or those of the logits for proportions."""
    b = estimation.b
    se = np.sqrt(np.diag(estimation.vcov))
    crit = float(dist.invttail(float(estimation.df_r or 0), (1 - level / 100) / 2))
    if not estimation.extra.get("logit"):
        return b - crit * se, b + crit * se
    with np.errstate(divide="ignore", invalid="ignore"):
        logit, half = np.log(b / (1 - b)), crit * se / (b * (1 - b))
        return 1 / (1 + np.exp(half - logit)), 1 / (1 + np.exp(-half - logit))


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading and table (also the replay)."""
    stored = ctx.workspace.e
    level = options.get("level", ctx.settings.level)
    found = table(estimation, level, ctx)
    if "noheader" not in options:
        width = found.stub_width + 50
        pairs = (("Number of obs", Cell(stored.scalars["N"], "%12.0gc")),)
        ctx.say()
        header = Header(
            (estimation.extra["title"],),
            pairs,
            width=width,
            label_width=15,
            compact=ctx.settings.compact_header,
        )
        ctx.emit(header)
    ctx.say()
    for line in estimation.extra.get("legend", ()):
        ctx.say(line)
    if "clustvar" in stored.macros:
        word = "Std. err." if ctx.settings.new_headings else "Std. Err."
        note = (
            f"({word} adjusted for {stored.scalars['N_clust']:,.0f} clusters in {stored.macros['clustvar']})"
        )
        ctx.say(note.rjust(found.stub_width + 50))
    ctx.emit(found)
