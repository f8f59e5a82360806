"""``tabulate, summarize()``: means, standard deviations and frequencies by one or two variables.

Layout: ../shared/cases recode_tabsum_testparm_effort, twoway_anova_regress_effort, oneway_pwcorr_clients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._categories import Axis, axis, wrap
from pystata_hlm.commands._moments import moments
from pystata_hlm.commands._twoway import COLUMN, COLUMN_TEXT, STUB
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number, text_width
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Weights

TITLE = 75
"""Two-way tables centre their title in this many columns, whatever the line size."""
PARTS = ("means", "standard", "freq", "obs")
_TITLES = {
    "means": "Means",
    "standard": "Standard Deviations",
    "freq": "Frequencies",
    "obs": "Number of Observations",
}


@dataclass(frozen=True)
class Cells:
    """One array for each part, with a last entry (or row and column) for the total."""

    means: np.ndarray
    standard: np.ndarray
    freq: np.ndarray
    obs: np.ndarray


def compute(
    x: np.ndarray, groups: np.ndarray, size: int, w: np.ndarray | None, weight: Weights | None
) -> Cells:
    """Moments of ``x`` in groups 0..size-1 and, last, of all."""
    order = np.argsort(groups, kind="stable")
    x, groups = x[order], groups[order]
    w = None if w is None else w[order]
    edges = np.searchsorted(groups, np.arange(size + 1))
    means, standard, freq, obs = (np.full(size + 1, np.nan) for _ in range(4))
    spans = [*(slice(edges[k], edges[k + 1]) for k in range(size)), slice(0, x.size)]
    for k, span in enumerate(spans):
        m = moments(x[span], weight, None if w is None else w[span])
        means[k], freq[k], obs[k] = m.mean, m.sum_w, float(x[span].size)
        # a single observation has standard deviation 0 in these tables
        standard[k] = m.sd if m.n > 1 else (0.0 if m.n else np.nan)
    if weight is not None and weight.kind == "aweight" and x.size:
        freq = freq * (x.size / freq[-1])
    return Cells(means, standard, freq, obs)


def chosen(call: Call) -> list[str]:
    """Parts to show: those named, else all but those denied (obs only with weights)."""
    named = [part for part in PARTS if call.has(part)]
    if named:
        return named
    denied = {"nomeans": "means", "nostandard": "standard", "noobs": "obs"}
    left = [p for p in PARTS if p not in {v for k, v in denied.items() if call.has(k)}]
    if call.has("nofreq"):
        left.remove("freq")
    if "obs" in left and (call.weight is None or call.weight.kind == "fweight"):
        left.remove("obs")
    return left


def _number(value: float, part: str) -> str:
    return format_number(value, "%10.0gc" if part in ("freq", "obs") else "%10.0g").strip()


def oneway(found: Axis, cells: Cells, parts: list[str], title: str, settings: Settings) -> str:
    widest = max(text_width(text) for text in found.texts)
    stub = min(max(11, widest), 40)
    heads = {"means": "Mean", "standard": "Std. dev." if settings.new_headings else "Std. Dev."}
    heads |= {"freq": "Freq.", "obs": "Obs."}
    inner = 12 * len(parts)
    tops = wrap(f"Summary of {title}", max(inner - 1, 12))
    right = [" " * ((inner - text_width(line) + 1) // 2) + line for line in tops]
    right.append("".join(heads[p].rjust(12) for p in parts))
    left = wrap(found.head, stub)
    depth = max(len(left), len(right))
    left = [""] * (depth - len(left)) + left
    right = [""] * (depth - len(right)) + right
    lines = [f"{' ' * (stub - text_width(a))}{a} |{b}" for a, b in zip(left, right, strict=True)]
    rule = "-" * (stub + 1) + "+" + "-" * inner
    lines.append(rule)

    def row(text: str, k: int) -> str:
        cut = cut_to_width(text, stub)
        values = "".join(_number(float(getattr(cells, p)[k]), p).rjust(12) for p in parts)
        return f"{' ' * (stub - text_width(cut))}{cut} |{values}"

    lines += [row(text, k) for k, text in enumerate(found.texts)]
    return "\n".join([*lines, rule, row("Total", found.size)])


def joined(parts: list[str]) -> str:
    names = [_TITLES[p] for p in parts]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def twoway(
    down: Axis, across: Axis, cells: Cells, parts: list[str], title: str, linesize: int, wide: bool
) -> str:
    """Panels of stacked cells; arrays in ``cells`` are (rows + 1) x (columns + 1), flattened."""
    heading = f"{joined(parts)} of {title}"
    lines = [" " * max(0, (TITLE - text_width(heading)) // 2) + heading, ""]
    widest = max(text_width(text) for text in down.texts)
    stub = min(max(STUB, widest), 40)
    room = across.size if wide else max(1, (linesize - 1 - (stub + 13)) // COLUMN)
    arrays = {p: getattr(cells, p).reshape(down.size + 1, across.size + 1) for p in parts}
    for start in range(0, across.size, room):
        if start:
            lines += ["", ""]
        columns = range(start, min(start + room, across.size))
        inner = COLUMN * len(columns)
        tops = [" " * ((inner - 2 - text_width(line)) // 2) + line for line in wrap(across.head, inner - 1)]
        cut = [cut_to_width(across.texts[j], COLUMN_TEXT).strip() for j in columns]
        heads = "".join(" " * (10 + (k > 0) - text_width(t)) + t for k, t in enumerate(cut))
        left, right = wrap(down.head, stub), [*tops, f"{heads} |     Total"]
        depth = max(len(left), len(right))
        left = [""] * (depth - len(left)) + left
        right = [""] * (depth - len(right)) + right
        lines += [f"{' ' * (stub - text_width(a))}{a} |{b}" for a, b in zip(left, right, strict=True)]
        rule = "-" * (stub + 1) + "+" + "-" * inner + "+" + "-" * 10
        lines.append(rule)
        for i in range(down.size + 1):
            if i == down.size or (i and len(parts) > 1):
                lines.append(rule)
            name = cut_to_width(down.texts[i] if i < down.size else "Total", stub)
            for k, p in enumerate(parts):
                values = arrays[p][i]
                body = " ".join(_number(float(values[j]), p).rjust(10) for j in columns)
                text = name if k == 0 else ""
                margin = _number(float(values[-1]), p).rjust(10)
                lines.append(f"{' ' * (stub - text_width(text))}{text} |{body} |{margin}")
    return "\n".join(lines)


def _two_way_cells(
    x: np.ndarray, down: Axis, across: Axis, w: np.ndarray | None, weight: Weights | None
) -> Cells:
    """Cells with both margins."""
    inner = compute(x, down.index * across.size + across.index, down.size * across.size, w, weight)
    rows = compute(x, down.index, down.size, w, weight)
    columns = compute(x, across.index, across.size, w, weight)

    def assemble(part: str) -> np.ndarray:
        out = np.full((down.size + 1, across.size + 1), np.nan)
        out[:-1, :-1] = getattr(inner, part)[:-1].reshape(down.size, across.size)
        out[:-1, -1] = getattr(rows, part)[:-1]
        out[-1, :-1] = getattr(columns, part)[:-1]
        out[-1, -1] = getattr(rows, part)[-1]
        if part in ("freq", "obs"):
            out = np.where(np.isnan(out), 0.0, out)
        return out.ravel()

    return Cells(*(assemble(part) for part in PARTS))


def tabulate(call: Call, ctx: Context, names: tuple[str, ...], rows: np.ndarray) -> Stored:
    variable = call.options["summarize"]
    column = ctx.data.column(variable)
    if column.is_string:
        raise StataError.type_mismatch()
    x = column.values()
    rows = rows & ~np.isnan(x)
    labels = not call.has("nolabel")
    axes = [axis(ctx.data, name, rows, labels) for name in names]
    if not axes[0].size:
        ctx.say("no observations")
        return Stored("r")
    weight = call.weight
    w = None if weight is None else weight.values[rows]
    parts = chosen(call)
    title = column.label or variable
    if not parts:
        return Stored("r")
    if len(names) == 1:
        cells = compute(x[rows], axes[0].index, axes[0].size, w, weight)
        text = oneway(axes[0], cells, parts, title, ctx.settings)
    else:
        cells = _two_way_cells(x[rows], axes[0], axes[1], w, weight)
        text = twoway(axes[0], axes[1], cells, parts, title, ctx.settings.linesize, call.has("wrap"))
    ctx.emit(Text("\n" + text))
    return Stored("r")
