"""``estat vce``: covariance or correlation matrix of the coefficients (layout: ../shared/cases/mean_auto)."""

from __future__ import annotations

import numpy as np

from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, parse_format
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


def correlation(v: StataMatrix) -> StataMatrix:
    """Zero rows (omitted terms) stay zero."""
    sd = np.sqrt(np.diag(v.values))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = v.values / np.outer(sd, sd)
    return StataMatrix(np.where(np.isfinite(values), values, 0.0), v.rows, v.cols)


def layout(matrix: StataMatrix, fmt: str, linesize: int) -> list[str]:
    """The lower triangle, in panels."""
    width = parse_format(fmt).width + 1
    room = max(1, (linesize - 1 - 14) // (width + 1))
    names = matrix.cols
    lines: list[str] = []
    for start in range(0, len(names), room):
        columns = range(start, min(start + room, len(names)))
        if start:
            lines.append("")
        heads = "".join(abbrev(names[j], width).rjust(width) + " " for j in columns)
        lines += [f"{'e(V)':>12} |{heads}", "-" * 13 + "+" + "-" * ((width + 1) * len(columns) - 1)]
        for i in range(start, len(names)):
            cells = "".join(
                (format_number(float(matrix.values[i, j]), fmt).strip() if j <= i else "").rjust(width) + " "
                for j in columns
            )
            lines.append(f"{abbrev(names[i], 12):>12} |{cells}")
    return lines


@postestimation("estat vce", "*")
def vce(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat vce [, covariance correlation format(%fmt)]"""
    options = (Opt("covariance", 3), Opt("correlation", 1), Opt("format", 1, "text"))
    lacking = ("equation:2", "block:1", "diag:1", "nolines:3")
    given = typed_options(call.option_nodes, options, lacking, ctx)
    e = ctx.workspace.e
    v = e.matrices.get("V")
    if v is None:
        raise StataError(321, "requested action not valid after most recent estimation command")
    if any(":" in name for name in v.cols):
        raise StataError(198, "estat vce after a model with several equations not yet supported")
    correlated = "correlation" in given
    fmt = given.get("format", "%8.4f" if correlated else "%9.0g")
    shown = correlation(v) if correlated else v
    kind = "Correlation" if correlated else "Covariance"
    ctx.say(f"\n{kind} matrix of coefficients of {e.macros.get('cmd', '')} model\n")
    ctx.say("\n".join(layout(shown, fmt, ctx.settings.linesize)))
    return Stored("r", {}, {}, {"V": shown})
