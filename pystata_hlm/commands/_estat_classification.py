"""``estat classification`` after logit, logistic, probit: the table of predicted against true outcomes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._classified import classified
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import postestimation
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

RULE = "-" * 50


@postestimation("estat classification", "logit", "logistic", "probit")
def classification(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat classification [, all cutoff(#)]"""
    if words:
        raise StataError.invalid_word(words[0])
    options = typed_options(call.option_nodes, (Opt("all"), Opt("cutoff", 3, "real")), (), ctx)
    cutoff = options.get("cutoff", 0.5)
    if not 0 <= cutoff <= 1:
        raise StataError(198, "cutoff() must be between 0 and 1")
    every = np.ones(ctx.data.n, dtype=bool) if "all" in options else None
    c = classified(ctx, every, ("logit", "logistic", "probit"))
    plus = c.p >= cutoff

    def count(predicted: bool, true: bool) -> float:
        return float(c.w[(plus == predicted) & (c.y == float(true))].sum())

    pd, pn, md, mn = count(True, True), count(True, False), count(False, True), count(False, False)

    def share(part: float, whole: float) -> float:
        return 100 * part / whole if whole else math.nan

    names = {
        "P_corr": share(pd + mn, pd + pn + md + mn),
        "P_p1": share(pd, pd + md),
        "P_n0": share(mn, pn + mn),
        "P_p0": share(pn, pn + mn),
        "P_n1": share(md, pd + md),
        "P_1p": share(pd, pd + pn),
        "P_0n": share(mn, md + mn),
        "P_0p": share(pn, pd + pn),
        "P_1n": share(md, md + mn),
    }
    word = "Probit" if ctx.workspace.e.macros["cmd"] == "probit" else "Logistic"

    def row(label: str, a: float, b: float) -> str:
        return f"{label:^11}|{a:>11.0f}{b:>14.0f}  |{a + b:>11.0f}"

    def line(label: str, symbol: str, name: str) -> str:
        value = "." if math.isnan(names[name]) else f"{names[name]:.2f}%"
        return f"{label:<32}{symbol:>8}{value:>10}"

    ctx.say(
        "\n".join(
            [
                "",
                f"{word} model for {ctx.workspace.e.macros['depvar']}",
                "",
                f"{'':14}{'-------- True --------'}",
                "Classified |         D            ~D  |      Total",
                "-----------+--------------------------+-----------",
                row("+", pd, pn),
                row("-", md, mn),
                "-----------+--------------------------+-----------",
                row("Total", pd + md, pn + mn),
                "",
                f"Classified + if predicted Pr(D) >= {f'{cutoff:.7g}'.removeprefix('0')}",
                f"True D defined as {ctx.workspace.e.macros['depvar']} != 0",
                RULE,
                line("Sensitivity", "Pr( +| D)", "P_p1"),
                line("Specificity", "Pr( -|~D)", "P_n0"),
                line("Positive predictive value", "Pr( D| +)", "P_1p"),
                line("Negative predictive value", "Pr(~D| -)", "P_0n"),
                RULE,
                line("False + rate for true ~D", "Pr( +|~D)", "P_p0"),
                line("False - rate for true D", "Pr( -| D)", "P_n1"),
                line("False + rate for classified +", "Pr(~D| +)", "P_0p"),
                line("False - rate for classified -", "Pr( D| -)", "P_1n"),
                RULE,
                f"Correctly classified{names['P_corr']:>29.2f}%",
                RULE,
            ]
        )
    )
    table = np.array([[pd, pn], [md, mn]])
    from pystata_hlm.runtime.results import StataMatrix

    return Stored("r", names, {}, {"ctable": StataMatrix(table, ("+", "-"), ("D", "~D"))})
