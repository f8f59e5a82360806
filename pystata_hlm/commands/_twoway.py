"""Two-way tables of frequencies (layout: ../shared/cases tab_chi2_expected_exact, mixed_egm_3level_growth)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._categories import Axis, axis, wrap
from pystata_hlm.commands._moments import fsum
from pystata_hlm.commands._oneway import counts, frequency_format
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number, text_width
from pystata_hlm.numeric import contingency
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call

STUB = 10
COLUMN = 11
COLUMN_TEXT = 9
"""Column labels are cut here."""


@dataclass(frozen=True)
class Layer:
    """One kind of cell: body (r, c), row margin (r,), column margin (c,), corner, and a display format."""

    label: str
    body: np.ndarray
    row: np.ndarray
    column: np.ndarray
    corner: float
    fmt: str


def layers(table: np.ndarray, call: Call, fmt: str) -> list[Layer]:
    """What each cell shows, from top to bottom."""
    rows, columns, n = table.sum(1), table.sum(0), float(table.sum())
    expected = np.outer(rows, columns) / n
    out = []
    if not call.has("nofreq"):
        out.append(Layer("frequency", table, rows, columns, n, fmt))
    if call.has("expected"):
        out.append(Layer("expected frequency", expected, rows, columns, n, "%10.1f"))
    if call.has("cchi2"):
        part = contingency.chi2_parts(table)
        out.append(Layer("chi2 contribution", part, part.sum(1), part.sum(0), float(part.sum()), "%10.1f"))
    if call.has("clrchi2"):
        part = contingency.lr_parts(table)
        out.append(Layer("lr-chi2 contribution", part, part.sum(1), part.sum(0), float(part.sum()), "%10.1f"))
    if call.has("row"):
        hundred = np.where(rows > 0, 100.0, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * table / rows[:, None]
        out.append(Layer("row percentage", share, hundred, 100 * columns / n, 100.0, "%10.2f"))
    if call.has("column"):
        hundred = np.where(columns > 0, 100.0, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * table / columns
        out.append(Layer("column percentage", share, 100 * rows / n, hundred, 100.0, "%10.2f"))
    if call.has("cell"):
        out.append(
            Layer("cell percentage", 100 * table / n, 100 * rows / n, 100 * columns / n, 100.0, "%10.2f")
        )
    return out


# ---------------------------------------------------------------- layout


def key(shown: list[Layer]) -> list[str]:
    """The box that names the layers."""
    width = max(len(layer.label) for layer in shown)
    rule = "-" * (width + 2)

    def centred(text: str) -> str:
        left = (width - len(text)) // 2
        return "| " + " " * left + text + " " * (width - len(text) - left) + " |"

    lines = [f"+{rule}+", "| " + "Key".ljust(width) + " |", f"|{rule}|"]
    return [*lines, *(centred(layer.label) for layer in shown), f"+{rule}+"]


def heading(down: Axis, across: list[str], title: str, stub: int, inner: int, last: str) -> list[str]:
    """Lines above the rule: titles of rows (left) and columns (centred)."""
    left = wrap(down.head, stub)
    tops = [" " * ((inner - text_width(line) + 1) // 2) + line for line in wrap(title, inner)]
    cells = "".join(
        " " * (10 + (k > 0) - text_width(text)) + text
        for k, text in enumerate(cut_to_width(t, COLUMN_TEXT).strip() for t in across)
    )
    right = [*tops, f"{cells} |{last}"]
    depth = max(len(left), len(right))
    left = [""] * (depth - len(left)) + left
    right = [""] * (depth - len(right)) + right
    return [f"{' ' * (stub - text_width(a))}{a} |{b}" for a, b in zip(left, right, strict=True)]


def panels(down: Axis, across: Axis, shown: list[Layer], linesize: int, wide: bool) -> list[str]:
    """The table, cut into as many panels as the line size asks for."""
    widest = max(text_width(text) for text in down.texts)
    stub = min(max(STUB, widest), 40)
    room = across.size if wide else max(1, (linesize - 1 - (stub + 13)) // COLUMN)
    lines: list[str] = []
    for start in range(0, across.size, room):
        if start:
            lines += ["", ""]
        lines += _panel(down, across, shown, stub, slice(start, min(start + room, across.size)))
    return lines


def _panel(down: Axis, across: Axis, shown: list[Layer], stub: int, part: slice) -> list[str]:
    names = list(across.texts[part])
    inner = COLUMN * len(names)
    rule = "-" * (stub + 1) + "+" + "-" * inner + "+" + "-" * 10

    def cells(values: np.ndarray, margin: float, fmt: str) -> str:
        body = " ".join(format_number(float(v), fmt).rjust(10) for v in values[part])
        return f"{body} |{format_number(margin, fmt).rjust(10)} "

    def block(title: str, rows: list[str]) -> list[str]:
        text = cut_to_width(title, stub)
        stubs = [" " * (stub - text_width(text)) + text, *[" " * stub] * (len(rows) - 1)]
        return [f"{a} |{b}" for a, b in zip(stubs, rows, strict=True)]

    lines = [*heading(down, names, across.head, stub, inner, "     Total"), rule]
    for i, title in enumerate(down.texts):
        if i and len(shown) > 1:
            lines.append(rule)
        lines += block(title, [cells(layer.body[i], float(layer.row[i]), layer.fmt) for layer in shown])
    lines.append(rule)
    lines += block("Total", [cells(layer.column, layer.corner, layer.fmt) for layer in shown])
    return lines


def _statistic(label: str, value: float, tail: str = "") -> str:
    return f"{label:>25} = {format_number(value, '%8.4f'):>8}{tail}"


def tests(table: np.ndarray, call: Call, release: int) -> tuple[list[str], dict[str, float]]:
    """Lines under the table and their stored results."""
    r, c = table.shape
    df = (r - 1) * (c - 1)
    lines: list[str] = []
    scalars: dict[str, float] = {}
    everything = call.has("all")

    def probability(p: float) -> str:
        return f"   Pr = {format_number(p, '%5.3f')}"

    if call.has("chi2") or everything:
        chi2, p = contingency.pearson(table)
        scalars |= {"chi2": chi2, "p": p}
        lines.append(_statistic(f"Pearson chi2({df})", chi2, probability(p)))
    if call.has("lrchi2") or everything:
        chi2, p = contingency.likelihood_ratio(table)
        scalars |= {"chi2_lr": chi2, "p_lr": p}
        name = "Likelihood-ratio" if release >= 17 else "likelihood-ratio"
        lines.append(_statistic(f"{name} chi2({df})", chi2, probability(p)))
    if call.has("V") or everything:
        scalars["CramersV"] = contingency.cramers_v(table)
        lines.append(_statistic("Cramér's V", scalars["CramersV"]))
    if call.has("gamma") or everything:
        gamma, ase = contingency.gamma(table)
        scalars |= {"gamma": gamma, "ase_gam": ase}
        lines.append(_statistic("gamma", gamma, f"  ASE = {format_number(ase, '%5.3f')}"))
    if call.has("taub") or everything:
        tau, ase = contingency.tau_b(table)
        scalars |= {"taub": tau, "ase_taub": ase}
        lines.append(_statistic("Kendall's tau-b", tau, f"  ASE = {format_number(ase, '%5.3f')}"))
    return lines, scalars


def exact(table: np.ndarray, call: Call, ctx: Context) -> tuple[list[str], dict[str, float]]:
    """Fisher's exact test, with the enumeration log for tables larger than 2 x 2."""
    found = contingency.fisher(table)
    if found.stages and not call.has("nolog"):
        stages = [f"stage {k}:  enumerations = {n}" for k, n in found.stages]
        ctx.say("\n".join(["\nEnumerating sample-space combinations:", *stages]))
    lines = [f"{FISHER:>25} = {format_number(found.p, '%5.3f'):>21}"]
    scalars = {"p_exact": found.p}
    if found.one_sided is not None:
        lines.append(f"{'1-sided ' + FISHER:>25} = {format_number(found.one_sided, '%5.3f'):>21}")
        scalars["p1_exact"] = found.one_sided
    return lines, scalars


FISHER = "Fisher's exact"


def tabulate(call: Call, ctx: Context, names: tuple[str, ...], rows: np.ndarray) -> Stored:
    labels = not call.has("nolabel")
    down, across = (axis(ctx.data, name, rows, labels) for name in names)
    if not down.size:
        ctx.say("no observations")
        return Stored("r", {"N": 0.0, "r": 0.0, "c": 0.0})
    table = counts((down.index, across.index), (down.size, across.size), call.weight, rows)
    if call.has("rowsort"):
        order = np.argsort(-table.sum(1), kind="stable")
        down, table = down.reordered(order), table[order]
    if call.has("colsort"):
        order = np.argsort(-table.sum(0), kind="stable")
        across, table = across.reordered(order), table[:, order]
    matrices = ctx.workspace.matrices
    if call.has("matcell"):
        matrices[call.options["matcell"]] = StataMatrix.make(table)
    if call.has("matrow"):
        matrices[call.options["matrow"]] = StataMatrix.make(down.values[:, None])
    if call.has("matcol"):
        matrices[call.options["matcol"]] = StataMatrix.make(across.values[None, :])
    return report(call, ctx, down, across, table)


def report(call: Call, ctx: Context, down: Axis, across: Axis, table: np.ndarray) -> Stored:
    """The table of these frequencies and the tests asked for."""
    weight = call.weight
    if call.has("exact") and weight is not None and weight.kind != "fweight":
        raise StataError(198, "exact may not be combined with noninteger weights")
    scalars = {"N": fsum(table.ravel()), "r": float(down.size), "c": float(across.size)}
    last: tuple[list[str], dict[str, float]] = ([], {})
    if call.has("exact"):
        last = exact(table, call, ctx)
    shown = layers(table, call, frequency_format(weight, 10))
    if shown:
        several = len(shown) > 1
        if (several and not call.has("nokey")) or call.has("key"):
            ctx.say("\n" + "\n".join(key(shown)))
        ctx.say("\n" + "\n".join(panels(down, across, shown, ctx.settings.linesize, call.has("wrap"))))
    lines, more = tests(table, call, ctx.settings.release)
    lines += last[0]
    if lines:
        ctx.say("\n" + "\n".join(lines))
    return Stored("r", scalars | more | last[1])
