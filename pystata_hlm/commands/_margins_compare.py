"""``margins, pwcompare()``: all pairwise differences of the margins of a term, with adjusted tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._coeftable import Block, Coefficients, Heads
from pystata_hlm.commands._margins import blocks_of, naming
from pystata_hlm.commands._margins_layout import (
    Display,
    Label,
    Result,
    coefficients,
    heading,
    legend,
    margin_blocks,
    row_text,
)
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, OutputItem, Row, Table, Text

Array = np.ndarray

SHOWN = (("cieffects", 2), ("pveffects", 2), ("effects", 3), ("cimargins", 3))
METHODS = (("noadjust", 5), ("bonferroni", 4), ("sidak", 3), ("scheffe", 4))
_HEADS = {"noadjust": "Unadjusted", "bonferroni": "Bonferroni", "sidak": "Sidak", "scheffe": "Scheffe"}


@dataclass(frozen=True)
class Pair:
    """The margin at ``first`` less the one at ``second`` (positions in r(b))."""

    first: int
    second: int
    block: int


def shown_tables(text: str | None) -> tuple[str, ...]:
    """The tables that ``pwcompare()`` asks for; by default the intervals of the differences."""
    found = []
    for word in (text or "").split():
        name = next((full for full, least in SHOWN if len(word) >= least and full.startswith(word)), None)
        if name is None:
            if word in ("groups", "group", "gr", "sort", "post", "wald"):
                raise StataError.option_not_supported(f"pwcompare({word})")
            raise StataError(198, f"option {word} not allowed")
        found.append(name)
    if not found:
        return ("cieffects",)
    order = ("cimargins", "effects", "pveffects", "cieffects")
    return tuple(name for name in order if name in found)


def method_of(text: str | None) -> str:
    if text is None:
        return "noadjust"
    word = text.strip()
    for full, least in METHODS:
        if len(word) >= least and full.startswith(word):
            return full
    if any(full.startswith(word) for full in ("tukey", "snk", "duncan", "dunnett")) and len(word) >= 3:
        raise StataError(198, f"mcompare({word}) not allowed with margins")
    raise StataError(198, f"mcompare({text}) not allowed")


def pairs_of(result: Result) -> tuple[Pair, ...]:
    """Second margin of the pair slowest: 2 vs 1, 3 vs 1, ..., 3 vs 2, ..."""
    out = []
    margins = result.request.margins
    for number, (_, _, positions) in enumerate(blocks_of(result.request)):
        if any(d is not None and d.is_base for d in (margins[k].derivative for k in positions)):
            continue
        out += [Pair(j, i, number) for i, j in combinations(positions, 2)]
    return tuple(out)


def differences(result: Result, pairs: tuple[Pair, ...]) -> tuple[Array, Array, Array]:
    """Contrasts, their covariance, and the matrix that makes them from the margins."""
    matrix = np.zeros((len(pairs), len(result.estimates.b)))
    for i, pair in enumerate(pairs):
        matrix[i, pair.first], matrix[i, pair.second] = 1.0, -1.0
    return matrix @ result.estimates.b, matrix @ result.estimates.vcov @ matrix.T, matrix


def adjustment(
    result: Result, pairs: tuple[Pair, ...], b: Array, vcov: Array, method: str
) -> tuple[Array, Array] | None:
    """Adjusted p-values and critical values, one for each comparison; None without adjustment.

    Bonferroni min(1, m p), Sidak 1 - (1 - p)^m, Scheffe F(d, df) with d the rank of the term's comparisons.
    """
    if method == "noadjust":
        return None
    se = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    stat = np.abs(b / np.where(se > 0, se, np.nan))
    df, alpha = result.df, 1 - result.level / 100
    p, crit = np.empty(len(pairs)), np.empty(len(pairs))

    def tail(x: Array) -> Array:
        return np.asarray(2 * dist.normal(-x) if df is None else 2 * dist.ttail(df, x))

    def critical(a: float) -> float:
        return float(dist.invnormal(1 - a / 2) if df is None else dist.invttail(df, a / 2))

    for block in {pair.block for pair in pairs}:
        mine = np.array([k for k, pair in enumerate(pairs) if pair.block == block])
        m = len(mine)
        plain = tail(stat[mine])
        if method == "bonferroni":
            p[mine], crit[mine] = np.minimum(1.0, m * plain), critical(alpha / m)
        elif method == "sidak":
            p[mine], crit[mine] = 1 - (1 - plain) ** m, critical(1 - (1 - alpha) ** (1 / m))
        else:
            d = float(np.linalg.matrix_rank(vcov[np.ix_(mine, mine)], hermitian=True))
            if df is None:
                p[mine] = dist.chi2tail(d, stat[mine] ** 2)
                crit[mine] = np.sqrt(float(dist.invchi2tail(d, alpha)))
            else:
                p[mine] = dist.Ftail(d, df, stat[mine] ** 2 / d)
                crit[mine] = np.sqrt(d * float(dist.invFtail(d, df, alpha)))
    return p, crit


# ---------------------------------------------------------------- names and table


def pair_text(result: Result, pair: Pair, label: Label) -> str:
    """``2 vs 1``; combinations of levels in parentheses: ``(0 1) vs (0 0)``."""
    margins, request = result.request.margins, result.request

    def one(k: int) -> str:
        found = naming(request, margins[k])
        text = row_text(found.dimensions, found.levels, label)
        return f"({text})" if len(found.dimensions) > 1 else text

    return f"{one(pair.first)} vs {one(pair.second)}"


def column_names(result: Result, pairs: tuple[Pair, ...]) -> tuple[str, ...]:
    """Names of r(b_vs): ``2vs1.rep78``."""
    margins, request = result.request.margins, result.request
    out = []
    for pair in pairs:
        a, b = naming(request, margins[pair.first]), naming(request, margins[pair.second])
        text = "#".join(
            f"{x}vs{y}.{name}" for x, y, name in zip(a.levels, b.levels, a.dimensions, strict=True)
        )
        d = margins[pair.first].derivative
        out.append(text if d is None else f"{d.column}:{text}")
    return tuple(out)


def blocks(result: Result, pairs: tuple[Pair, ...], label: Label) -> list[Block]:
    groups = blocks_of(result.request)
    out = []
    for number, (text, dimensions, _) in enumerate(groups):
        rows = tuple(
            (pair_text(result, pair, label), k) for k, pair in enumerate(pairs) if pair.block == number
        )
        if rows:
            out.append(Block("#".join(dimensions), rows, True, text))
    return out


def items(
    result: Result,
    pairs: tuple[Pair, ...],
    tables: tuple[str, ...],
    method: str,
    display: Display,
    settings: Any,
    label: Label,
) -> list[OutputItem]:
    """The output of ``margins, pwcompare()``."""
    b, vcov, _ = differences(result, pairs)
    adjust = adjustment(result, pairs, b, vcov, method)
    title = f"Pairwise comparisons of {result.title[0].lower()}{result.title[1:]}"
    out = heading(title, result.model_vce, result.n, settings, count=settings.release >= 16)
    out.append(Text("\n".join(["", *legend(result, display, settings), ""])))
    if method != "noadjust":
        out += [comparisons(result, pairs), Text()]
    good = result.estimates.estimable
    status = tuple("ok" if good[p.first] and good[p.second] else "not estimable" for p in pairs)
    effect = bool(result.request.derivatives)
    for k, name in enumerate(tables):
        if k:
            out.append(Text())
        if name == "cimargins":
            out.append(_margins_table(result, settings, label))
            continue
        c = Coefficients(
            names=column_names(result, pairs),
            status=status,
            b=b,
            se=np.sqrt(np.maximum(np.diag(vcov), 0.0)),
            df=result.df,
            level=result.level,
            heads=Heads(
                b=result.effect if effect else "Contrast",
                b_over="Contrast" if effect else "",
                se_over="Delta-method",
                adjusted=_HEADS[method],
            ),
            tests=name != "cieffects",
            interval=name != "pveffects",
            adjust=adjust,
        )
        out.append(
            _coeftable.table(
                c, settings, label, head="", name="pwcompare", blocks=blocks(result, pairs, label)
            )
        )
    return out


def _margins_table(result: Result, settings: Any, label: Label) -> Table:
    c = coefficients(result, Display(tests=False))
    c = replace(c, heads=replace(c.heads, adjusted="Unadjusted"))
    return _coeftable.table(
        c, settings, label, head="", name="margins", blocks=margin_blocks(result.request, label)
    )


def comparisons(result: Result, pairs: tuple[Pair, ...]) -> Table:
    """How many comparisons each term has."""
    groups = blocks_of(result.request)
    rows: list[Row] = []
    equation = ""
    for number, (text, dimensions, _) in enumerate(groups):
        count = sum(pair.block == number for pair in pairs)
        if not count:
            continue
        if text and text != equation:
            rows.append(Row(text, stub_align="left"))
            equation = text
        rows.append(Row("#".join(dimensions), (Cell(float(count), "%12.0f"),)))
    width = max(12, *(len(row.stub) for row in rows)) if rows else 12
    return Table(
        stub_head="\n",
        stub_width=width,
        columns=(Col("comparisons", 13),),
        body=tuple(rows),
        top=True,
        bottom=True,
        head_text=("Number of".rjust(13), "comparisons".rjust(13)),
        name="comparisons",
    )
