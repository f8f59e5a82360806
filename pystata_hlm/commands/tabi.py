"""tabi: Two-way table of frequencies given by hand.   tabi #11 #12 [...] \\ #21 #22 [...] [\\ ...] [, tabulate_options replace]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _twoway, tabulate
from pystata_hlm.commands._categories import Axis
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

LEFT_OUT = (
    "missing",
    "nolabel",
    "matcell",
    "matrow",
    "matcol",
    "generate",
    "sort",
    "summarize",
    "plot",
    "subpop",
    *("g", "means", "nomeans", "standard", "nostandard", "freq", "obs", "noobs"),
)
"""Options of tabulate that need variables."""


def frequencies(text: str) -> np.ndarray:
    rows = [part.split() for part in text.split("\\")]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows) or len(rows[0]) < 2:
        raise StataError(198, "invalid syntax")
    try:
        table = np.array([[float(word) for word in row] for row in rows])
    except ValueError:
        raise StataError(198, "invalid syntax") from None
    if (table < 0).any() or (table != np.floor(table)).any():
        raise StataError(499, "frequencies must be nonnegative integers")
    if not table.any():
        raise StataError.no_observations()
    return table


def _axis(name: str, size: int) -> Axis:
    values = np.arange(1.0, size + 1)
    texts = tuple(str(k + 1) for k in range(size))
    return Axis(name, name, np.zeros(0, dtype=np.intp), values, np.zeros(size, dtype=np.int8), texts)


@command(
    "tabi",
    klass="r",
    syntax="anything",
    allow=set(),
    options=(*(option for option in tabulate.OPTIONS if option.name not in LEFT_OUT), Opt("replace", 0)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    table = frequencies(call.node.text)
    down, across = _axis("row", table.shape[0]), _axis("col", table.shape[1])
    if call.has("rowsort"):
        order = np.argsort(-table.sum(1), kind="stable")
        down, table = down.reordered(order), table[order]
    if call.has("colsort"):
        order = np.argsort(-table.sum(0), kind="stable")
        across, table = across.reordered(order), table[:, order]
    stored = _twoway.report(call, ctx, down, across, table)
    if call.has("replace"):
        i, j = (v.ravel() for v in np.indices(table.shape))
        cells = {"row": down.values[i], "col": across.values[j], "pop": table.ravel()}
        ctx.data = Dataset(
            {k: Column.numeric(v, None, "long" if k == "pop" else "byte") for k, v in cells.items()}
        )
        ctx.data.changed = True
    return stored
