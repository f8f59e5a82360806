"""cf: compare two datasets.   cf varlist using filename [, all verbose]

Observations are compared in the order they stand in. Errors: r(9) the data differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_trimmed
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

NAME_WIDTH = 16
DETAIL_AT = 21


@dataclass(frozen=True)
class Comparison:
    """One variable: the rows in which it differs, or why it cannot be compared."""

    name: str
    rows: np.ndarray
    problem: str = ""

    @property
    def differences(self) -> int:
        return 1 if self.problem else len(self.rows)


def compare(name: str, master: Dataset, using: Dataset) -> Comparison:
    none = np.zeros(0, dtype=np.int64)
    if name not in using:
        return Comparison(name, none, "does not exist in using")
    a, b = master.column(name), using.column(name)
    if a.is_string != b.is_string:
        return Comparison(name, none, f"{a.stype} in master but {b.stype} in using")
    if a.is_string:
        different = np.asarray(a.data != b.data)
    else:
        different = missing.ordered(*a.decoded()) != missing.ordered(*b.decoded())
    return Comparison(name, np.flatnonzero(different))


def _shown(column: Column, row: int) -> str:
    if column.is_string:
        return bytes(column.data[row]).decode("utf-8", "replace")
    values, codes = column.take(slice(row, row + 1)).decoded()
    if values[0] != values[0]:
        return missing.text_of(0 if codes is None else int(codes[0]))
    return format_trimmed(float(values[0]), column.format)


def report(one: Comparison, master: Dataset, using: Dataset, verbose: bool) -> list[str]:
    head = f"{one.name:>{NAME_WIDTH}}:  "
    if one.problem:
        return [head + one.problem]
    count = len(one.rows)
    if not count:
        return [head + "match"]
    out = [f"{head}{count} {'mismatch' if count == 1 else 'mismatches'}"]
    if verbose:
        a, b = master.column(one.name), using.column(one.name)
        out += [
            f"{'':{DETAIL_AT}}obs {row + 1}. {_shown(a, row)} in master; {_shown(b, row)} in using"
            for row in one.rows.tolist()
        ]
    return out


@command(
    "cf",
    varlist="required",
    allow={"using"},
    klass="r",
    options=(Opt("all", 3), Opt("verbose", 1)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None:
        raise StataError(100, "using required")
    master, using = ctx.data, _files.read(call.using, ctx)
    if master.n != using.n:
        raise StataError(9, f"master has {master.n:,} obs., using {using.n:,}")
    found = [compare(name, master, using) for name in call.varlist]
    out: list[str] = []
    for one in found:
        if one.differences or call.has("all"):
            out += report(one, master, using, call.has("verbose"))
    if out:
        ctx.emit(lines(*out))
    total = sum(one.differences for one in found)
    if total:
        raise StataError(9)
    return Stored("r", scalars={"Nsum": 0.0})
