"""mean: Estimate means.   mean varlist [if] [in] [weight] [, over(varname) level(#) noheader]

Layout: ../shared/cases/mean_auto, lang_return_ereturn_list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.commands._moments import fsum
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import text_width
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Header, Row, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt, Weights

STUB = 12


@dataclass(frozen=True)
class Means:
    """Means of k variables (in each group) with covariance (analytic), standard deviations and counts."""

    b: np.ndarray
    vcov: np.ndarray
    sd: np.ndarray
    n: np.ndarray


def compute(x: np.ndarray, w: np.ndarray | None, weight: Weights | None) -> Means:
    """Columns of x (n, k): analytic covariance of the means; linearized under pweights."""
    rows, k = x.shape
    v = np.ones(rows) if w is None else w
    total = fsum(v)
    b = np.array([fsum(v * x[:, j]) / total for j in range(k)])
    d = x - b
    kind = "" if weight is None else weight.kind
    n = total if kind in ("fweight", "iweight") else float(rows)
    cross = (d * v[:, None]).T @ d
    spread = cross / total * n / (n - 1) if n > 1 else np.full((k, k), math.nan)
    if kind == "pweight":
        score = d * v[:, None]
        vcov = score.T @ score * (n / (n - 1)) / total**2 if n > 1 else spread
    else:
        vcov = spread / n
    with np.errstate(invalid="ignore"):
        return Means(b, vcov, np.sqrt(np.diag(spread)), np.full(k, n))


def by_group(x: np.ndarray, groups: Axis, w: np.ndarray | None, weight: Weights | None) -> Means:
    """Variables outermost, groups within; means of different groups are uncorrelated."""
    k, size = x.shape[1], groups.size
    parts = [
        compute(x[groups.index == g], None if w is None else w[groups.index == g], weight)
        for g in range(size)
    ]
    b, sd, n = np.zeros(k * size), np.zeros(k * size), np.zeros(k * size)
    vcov = np.zeros((k * size, k * size))
    for g, part in enumerate(parts):
        at = np.arange(k) * size + g
        b[at], sd[at], n[at] = part.b, part.sd, part.n
        vcov[np.ix_(at, at)] = part.vcov
    return Means(b, vcov, sd, n)


# ---------------------------------------------------------------- layout


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
        if k and head:
            body.append(Row())
        if head:
            body.append(Row(head))
        body += [Row(f"{text} " if head else text, cells(j)) for text, j in rows]
    stub = max(STUB, *(text_width(row.stub) for row in body))
    se_head, conf = ("Std. err.", "conf. interval") if new else ("Std. Err.", "Conf. Interval")
    over_line = ""
    if extra.get("logit"):
        over_line = " " * 36 + "Logit\n"
    elif extra.get("linearized"):
        se_head = se_head.lower() if new else se_head
        over_line = " " * 13 + "Linearized\n"
    interval = f"[{level:g}% {conf}]".rjust(25)
    columns = (Col("", 11), Col("", 11), Col("", 14), Col("", 12))
    head_text = tuple(f"{over_line}{extra.get('head', 'Mean'):>11}   {se_head}{interval}".split("\n"))
    return Table(
        "", stub, columns, tuple(body), top=True, bottom=True, head_text=head_text, name="coefficients"
    )


def blocks_over(names: tuple[str, ...], over: str, levels: tuple[str, ...]) -> tuple[Any, ...]:
    """Rows of the table: variables, or for each variable a heading and the groups."""
    if not over:
        return (("", tuple((abbrev(name, STUB), j) for j, name in enumerate(names))),)
    size = len(levels)
    return tuple(
        (f"c.{name}@{over}", tuple((text, v * size + g) for g, text in enumerate(levels)))
        for v, name in enumerate(names)
    )


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
    ctx.emit(found)


@command(
    "mean",
    klass="e",
    varlist="required",
    weights=("fweight", "aweight", "iweight", "pweight"),
    estimation=True,
    replay_options=("level", "noheader"),
    options=(Opt("over", 0, "varname"), Opt("level", 1, "level"), Opt("noheader", 3)),
    unsupported=("vce:3", "cluster:2", "stdize", "stdweight:5", "nostdrescale", "nolegend:3", "coeflegend:5"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    names = call.varlist
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    x = np.column_stack([ctx.data.column(name).values() for name in names])
    rows = call.sample & ~np.isnan(x).any(1)
    over = call.opt("over", "")
    if over:
        rows &= ~ctx.data.column(over).is_missing()
    if not rows.any():
        raise StataError.no_observations()
    w = None if call.weight is None else call.weight.values[rows]
    groups = axis(ctx.data, over, rows) if over else None
    found = by_group(x[rows], groups, w, call.weight) if groups else compute(x[rows], w, call.weight)
    n = float(rows.sum()) if call.weight is None or call.weight.kind != "fweight" else fsum(w)  # type: ignore[arg-type]
    ctx.store(_stored(call, names, over, groups, found, n, rows))
    show(ctx.estimation, call.options, ctx)
    return None


def _stored(
    call: Call,
    names: tuple[str, ...],
    over: str,
    groups: Axis | None,
    found: Means,
    n: float,
    rows: np.ndarray,
) -> Stored:
    """e() in the order Stata lists it."""
    columns: tuple[str, ...] = names
    levels: tuple[str, ...] = ()
    if groups is not None:
        levels = groups.texts
        numbers = [f"{v:g}" for v in groups.values.tolist()]
        marks = [f"{number}{'bn' if g == 0 else ''}" for g, number in enumerate(numbers)]
        columns = tuple(f"c.{name}@{mark}.{over}" for name in names for mark in marks)
    rank = int(np.linalg.matrix_rank(found.vcov)) if np.isfinite(found.vcov).all() else 0
    scalars = {"df_r": n - 1, "N_over": float(len(levels) or 1), "N": n, "k_eq": 1.0, "rank": float(rank)}
    macros = {"cmdline": call.line, "cmd": "mean"}
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    linearized = call.weight is not None and call.weight.kind == "pweight"
    macros |= {"vce": "linearized" if linearized else "analytic", "title": "Mean estimation"}
    macros |= {"estat_cmd": "estat_vce_only", "varlist": " ".join(names)}
    if over:
        macros["over"] = over
    macros |= {"marginsnotok": "_ALL", "properties": "b V"}
    row = ("y1",)
    matrices = {
        "b": StataMatrix(found.b[None, :], row, columns),
        "V": StataMatrix(found.vcov, columns, columns),
        "sd": StataMatrix(found.sd[None, :], ("sd",), columns),
        "_N": StataMatrix(found.n[None, :], ("r1",), columns),
        "error": StataMatrix(np.zeros((1, len(columns))), ("r1",), columns),
    }
    extra = {"blocks": blocks_over(names, over, levels), "title": "Mean estimation"}
    estimation = Estimation("mean", "Mean", b=found.b, vcov=found.vcov, df_r=n - 1, replay=show, extra=extra)
    return Stored("e", scalars, macros, matrices, estimation, rows)
