"""mkmat: Convert variables to a matrix.   mkmat varlist [if] [in] [, matrix(name) nomissing rownames(varname) ...]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


def _texts(column: Column, rows: np.ndarray) -> list[str]:
    if column.is_string:
        return [bytes(text).decode("utf-8", "replace") for text in column.strings()[rows]]
    return [format_number(float(value), "%9.0g").strip() for value in column.values()[rows]]


def _clean(text: str, width: int) -> str:
    """A name that fits a stripe: no blanks, colons or points."""
    return "".join("_" if c.isspace() or c in ":." else c for c in text)[:width]


def row_names(call: Call, ctx: Context, rows: np.ndarray) -> tuple[str, ...]:
    """r1, r2 ...; names from a variable, or observation numbers, with their prefix and equations."""
    width, prefix = call.opt("nchar", 32), call.opt("rowprefix", "")
    if call.has("rownames"):
        names = [_clean(prefix + text, width) for text in _texts(ctx.data.column(call.opt("rownames")), rows)]
    elif call.has("obs"):
        names = [f"{prefix}{k + 1}"[:width] for k in rows]
    else:
        names = [f"{prefix or 'r'}{k + 1}"[:width] for k in range(len(rows))]
    if call.has("roweq"):
        equations = [_clean(text, width) for text in _texts(ctx.data.column(call.opt("roweq")), rows)]
        names = [f"{equation}:{name}" for equation, name in zip(equations, names, strict=True)]
    return tuple(names)


@command(
    "mkmat",
    varlist="required",
    options=(
        Opt("matrix", 3, "name"),
        Opt("nomissing", 4),
        Opt("rownames", 4, "varname"),
        Opt("roweq", 4, "varname"),
        Opt("rowprefix", 4, "string"),
        Opt("obs"),
        Opt("nchar", 0, "int"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    columns = [ctx.data.column(name) for name in call.varlist]
    if any(column.is_string for column in columns):
        raise StataError.type_mismatch()
    sample = call.sample
    if call.has("nomissing"):
        for column in columns:
            sample = sample & ~column.is_missing()
    rows = np.flatnonzero(sample)
    if not len(rows):
        raise StataError.no_observations()
    values = np.column_stack(
        [np.asarray(missing.encode(c.values(), c.codes(), "double"))[rows] for c in columns]
    )
    names = row_names(call, ctx, rows)
    matrices = {call.opt("matrix"): (values, call.varlist)}
    if not call.has("matrix"):
        matrices = {name: (values[:, [k]], (name,)) for k, name in enumerate(call.varlist)}
    for name, (part, titles) in matrices.items():
        ctx.workspace.scalars.pop(name, None)
        ctx.workspace.matrices[name] = StataMatrix(part, names, tuple(titles))
    return None
