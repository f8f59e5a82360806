"""inspect: Display simple summary of data's attributes.   [by:] inspect [varlist] [if] [in]

Layout after the printed examples of [D] inspect.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.formats import cut_to_width, format_number, text_width
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

HEIGHT, BARS = 6, 5
"""Lines of the little histogram and its bars."""
MOST_UNIQUE = 99
LABEL_AT, ENDS = 31, (50, 64, 78)
"""Columns where the row names start and where the three counts end."""


def histogram(x: np.ndarray) -> list[str]:
    """Bars of up to six ``#``; one too low to show is a point. One bar for each value up to five values."""
    levels, counts = np.unique(x, return_counts=True)
    if levels.size > BARS:
        counts = np.histogram(x, BARS)[0]
    if not counts.size:
        return ["|"] * HEIGHT
    heights = np.rint(HEIGHT * counts / counts.max())
    lines = []
    for level in range(HEIGHT, 0, -1):
        marks = np.where(heights >= level, "#", np.where((level == 1) & (counts > 0), ".", " "))
        lines.append("|  " + "   ".join(marks.tolist()).rstrip())
    return lines


def layout(name: str, label: str, values: np.ndarray) -> list[str]:
    x = values[~np.isnan(values)]
    whole = x == np.floor(x)
    title = cut_to_width(f"{name}:  {label}" if label else f"{name}:", ENDS[0] - 7)
    graph = histogram(x)

    def row(k: int | None, text: str, cells: list[str]) -> str:
        out = "" if k is None else graph[k]
        out = out.ljust(LABEL_AT) + text
        for cell, end in zip(cells, ENDS, strict=False):
            out = out + cell.rjust(end - len(out))
        return out

    def counts(mask: np.ndarray) -> list[str]:
        return [f"{n:,}" if n else "-" for n in (int(m.sum()) for m in (mask, mask & whole, mask & ~whole))]

    missing = len(values) - len(x)
    rule = "-----"
    out = [
        title.ljust(45) + "Number of observations",
        ("-" * text_width(title)).ljust(45) + "-" * 33,
        " " * 45 + "Total      Integers   Nonintegers",
        row(0, "Negative", counts(x < 0)),
        row(1, "Zero", counts(x == 0)),
        row(2, "Positive", counts(x > 0)),
        row(3, "", [rule, rule, rule]),
        row(4, "Total", counts(np.ones(len(x), dtype=bool))),
        row(5, "Missing", [f"{missing:,}" if missing else "-"]),
        ("+" + "-" * 22).ljust(45) + rule,
    ]
    low, high = (
        (format_number(float(v), "%9.0g").strip() for v in (x.min(), x.max())) if x.size else (".", ".")
    )
    out.append((low + high.rjust(23 - len(low))).ljust(44) + f"{len(values):>6,}")
    unique = len(np.unique(x))
    number = str(unique) if unique <= MOST_UNIQUE else "more than 99"
    return [*out, f"   ({number} unique value{'' if unique == 1 else 's'})"]


def undocumented(name: str, values: np.ndarray, call: Call, ctx: Context) -> tuple[float, str]:
    """Values that the variable's label does not name, and the note about it."""
    label = ctx.data.value_label_of(name)
    if label is None:
        return 0.0, ""
    levels = np.unique(values[~np.isnan(values)])
    bad = [v for v in levels.tolist() if label.text(v, 0) is None]
    how = (
        "one or more values are NOT documented in the label."
        if bad
        else "all values are documented in the label."
    )
    return float(len(bad)), f"\n{name} is labeled and {how}"


@command("inspect", min=3, klass="r", varlist="all", byable="loop")
def run(call: Call, ctx: Context) -> Stored | None:
    scalars: dict[str, float] = {}
    for name in call.varlist:
        column = ctx.data.column(name)
        if column.is_string:  # shown as all missing
            values = np.full(int(call.sample.sum()), np.nan)
            bad, note = 0.0, ""
        else:
            values = column.values()[call.sample]
            bad, note = undocumented(name, values, call, ctx)
        ctx.say("\n" + "\n".join(layout(name, column.label, values)) + note)
        x = values[~np.isnan(values)]
        whole = x == np.floor(x)
        unique = len(np.unique(x))
        scalars = {
            "N": float(len(x)),
            "N_neg": float((x < 0).sum()),
            "N_0": float((x == 0).sum()),
            "N_pos": float((x > 0).sum()),
            "N_negint": float(((x < 0) & whole).sum()),
            "N_posint": float(((x > 0) & whole).sum()),
            "N_unique": float(unique) if unique <= MOST_UNIQUE else np.nan,
            "N_undoc": bad,
        }
    return Stored("r", scalars)
