"""One-way tables of frequencies (layout: ../shared/cases/tabulate_rep78)."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._categories import Axis, axis, wrap
from pystata_hlm.commands._moments import fsum
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, text_width
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Weights

STUB = 11


def counts(
    index: tuple[np.ndarray, ...], shape: tuple[int, ...], weight: Weights | None, rows: np.ndarray
) -> np.ndarray:
    """Frequencies, weighted; analytic weights are scaled to sum to the number of observations."""
    cells = np.ravel_multi_index(index, shape)
    size = int(np.prod(shape))
    if weight is None:
        return np.bincount(cells, minlength=size).astype(float).reshape(shape)
    w = weight.values[rows]
    if weight.kind == "aweight":
        w = w * (w.size / fsum(w))
    return np.bincount(cells, weights=w, minlength=size).reshape(shape)


def frequency_format(weight: Weights | None, width: int) -> str:
    """Counts have commas, sums of analytic and importance weights decimals."""
    return f"%{width}.0gc" if weight is None or weight.kind == "fweight" else f"%{width}.0g"


def layout(found: Axis, freq: np.ndarray, fmt: str, linesize: int) -> Table:
    widest = max((text_width(text) for text in found.texts), default=0)
    stub = min(max(STUB, widest), max(STUB, linesize - 38))
    total = float(fsum(freq))
    percent = 100 * freq / total
    running = np.cumsum(percent)
    body: list[Row | Rule] = [
        Row(
            cut_to_width(text, stub),
            (Cell(float(f), fmt), Cell(float(p), "%12.2f"), Cell(float(c), "%12.2f")),
        )
        for text, f, p, c in zip(found.texts, freq, percent, running, strict=True)
    ]
    body += [Rule(), Row("Total", (Cell(total, fmt), Cell(100.0, "%12.2f")))]
    columns = (Col("Freq.", 11), Col("Percent", 12), Col("Cum.", 12))
    return Table("\n".join(wrap(found.head, stub)), stub, columns, tuple(body), name="tabulate")


PLOT = 53
"""Asterisks of the longest bar."""


def plot(found: Axis, freq: np.ndarray, fmt: str) -> Table:
    """``plot``: frequencies and bars of asterisks in place of percentages."""
    stub = max(STUB, min(30, max(text_width(text) for text in found.texts)))
    top = float(freq.max())
    bars = np.rint(freq if top <= PLOT else PLOT * freq / top).astype(int)
    body: list[Row | Rule] = [
        Row(cut_to_width(text, stub), (Cell(float(f), fmt),), " |" + "*" * int(b))
        for text, f, b in zip(found.texts, freq, bars, strict=True)
    ]
    body += [Rule(), Row("Total", (Cell(float(fsum(freq)), fmt),))]
    columns = (Col("Freq.", 11), Col("", PLOT, bar=True, align="left"))
    return Table(
        "\n".join(wrap(found.head, stub)),
        stub,
        columns,
        tuple(body),
        head_text=("      Freq.",),
        name="tabulate",
    )


def indicator_label(found: Axis, k: int) -> str:
    """Variable label of an indicator: ``rep78==     1.0000``, ``foreign==Domestic``."""
    text = found.texts[k]
    if not found.is_string and not found.labelled and found.values[k] == found.values[k]:
        text = f"{found.values[k]:11.4f}"
    return f"{found.name}=={text}"


def generate(stub: str, found: Axis, rows: np.ndarray, ctx: Context) -> None:
    """``generate(stub)``: one byte indicator for each category, missing outside the table's rows."""
    if not is_valid_name(f"{stub}{found.size}"):
        raise StataError.invalid_name(f"{stub}{found.size}")
    names = [f"{stub}{k + 1}" for k in range(found.size)]
    for name in names:
        if name in ctx.data:
            raise StataError.already_defined(name)
    where = np.flatnonzero(rows)
    for k, name in enumerate(names):
        values = np.full(ctx.data.n, np.nan)
        values[where] = found.index == k
        ctx.data.add(name, Column.numeric(values, None, "byte", label=indicator_label(found, k)[:80]))


def tabulate(call: Call, ctx: Context, name: str, rows: np.ndarray) -> Stored:
    found = axis(ctx.data, name, rows, labels=not call.has("nolabel"))
    if not found.size:
        ctx.say("no observations")
        return Stored("r", {"N": 0.0, "r": 0.0})
    freq = counts((found.index,), (found.size,), call.weight, rows)
    if call.has("generate"):
        generate(call.options["generate"].strip(), found, rows, ctx)
    matrices = ctx.workspace.matrices
    shown = found
    if call.has("sort"):
        order = np.argsort(-freq, kind="stable")
        shown, freq = found.reordered(order), freq[order]
    if call.has("matcell"):
        matrices[call.options["matcell"]] = StataMatrix.make(freq[:, None])
    if call.has("matrow"):
        matrices[call.options["matrow"]] = StataMatrix.make(shown.values[:, None])
    if not call.has("nofreq"):
        ctx.say()
        fmt = frequency_format(call.weight, 11)
        ctx.emit(
            plot(shown, freq, fmt) if call.has("plot") else layout(shown, freq, fmt, ctx.settings.linesize)
        )
    return Stored("r", {"N": fsum(freq), "r": float(found.size)})
