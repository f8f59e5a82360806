"""contract: make a dataset of frequencies.   contract varlist [if] [in] [fweight] [, freq() cfreq() percent() cpercent() zero nomiss]"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.formats import is_valid_format
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

PERCENT_FORMAT = "%8.2f"
LABELS = {
    "freq": "Frequency",
    "cfreq": "Cumulative frequency",
    "percent": "Percent",
    "cpercent": "Cumulative percent",
}


def cells(
    data: Dataset, names: list[str], sample: np.ndarray, zero: bool
) -> tuple[list[np.ndarray], np.ndarray]:
    """For each variable the rows whose values stand for the result's observations, and the cell of each sample row.

    zero  every combination of the values that occur, not only the combinations that occur
    """
    if not zero:
        groups = data.groups(names, sample)
        return [groups.first_rows] * len(names), np.asarray(groups.codes[sample])
    single = [data.groups([name], sample) for name in names]
    shape = tuple(len(groups) for groups in single)
    grid = np.unravel_index(np.arange(math.prod(shape)), shape)
    codes = np.ravel_multi_index(tuple(groups.codes[sample] for groups in single), shape)
    return [groups.first_rows[place] for groups, place in zip(single, grid, strict=True)], codes


def _new_names(call: Call) -> dict[str, str]:
    """The variables to make: what -> name; r(110) when a name is one of varlist or occurs twice."""
    wanted = {
        what: check(call.opt(what, "_freq" if what == "freq" else "").strip())
        for what in LABELS
        if what == "freq" or call.has(what)
    }
    taken = set(call.varlist)
    for name in wanted.values():
        if name in taken:
            raise StataError.already_defined(name)
        taken.add(name)
    return wanted


@command(
    "contract",
    varlist="required",
    weights=("fweight",),
    options=(
        Opt("freq", 1, "text"),
        Opt("cfreq", 2, "text"),
        Opt("percent", 1, "text"),
        Opt("cpercent", 2, "text"),
        Opt("float"),
        Opt("format", 4, "text"),
        Opt("zero", 1),
        Opt("nomiss"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    wanted = _new_names(call)
    fmt = call.opt("format", PERCENT_FORMAT).strip()
    if not is_valid_format(fmt):
        raise StataError(198, f"invalid %format: {fmt}")
    sample = call.sample.copy()
    if call.has("nomiss"):
        for name in call.varlist:
            sample &= ~data.column(name).is_missing()
    if not sample.any():
        raise StataError.no_observations()
    names = list(dict.fromkeys(call.varlist))
    rows, codes = cells(data, names, sample, call.has("zero"))
    weights = None if call.weight is None else call.weight.values[sample]
    counts = np.bincount(codes, weights=weights, minlength=len(rows[0])).astype(float)
    running = np.cumsum(counts)
    values = {
        "freq": counts,
        "cfreq": running,
        "percent": 100.0 * counts / running[-1],
        "cpercent": 100.0 * running / running[-1],
    }
    out = Dataset({name: data.column(name).take(taken) for name, taken in zip(names, rows, strict=True)})
    for what, name in wanted.items():
        column = _column(values[what], what, fmt, call.has("float"))
        out.add(name, column)
    used = {column.value_label for column in out.columns.values()}
    out.value_labels = {name: label for name, label in data.value_labels.items() if name in used}
    out.label = data.label
    out.sortedby = tuple(names)
    out.changed = True
    ctx.data = out
    return None


def _column(values: np.ndarray, what: str, fmt: str, single: bool) -> Column:
    """Frequencies and percentages in the smallest type that keeps them; percentages at most float on request."""
    percent = what.endswith("percent")
    kept = values.astype(np.float32).astype(np.float64) if percent and single else values
    column = Column.numeric(kept, None, storage.smallest_type(kept), label=LABELS[what])
    return replace(column, format=fmt) if percent else column
