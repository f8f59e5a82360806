"""svmat: Convert a matrix to variables.   svmat [type] A [, names(col | eqcol | matcol | string)]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

_TEXT = re.compile(r"(?:(byte|int|long|float|double)\s+)?([\w()]+)")


def new_names(matrix: StataMatrix, name: str, wanted: str) -> list[str]:
    """A1 A2 ...; or the columns' names, with the equation or the matrix before them; or a stub and numbers."""
    terms = [column.rpartition(":") for column in matrix.cols]
    if wanted == "col":
        return [check(term) for _, _, term in terms]
    if wanted == "eqcol":
        return [check((equation + term)[:32]) for equation, _, term in terms]
    if wanted == "matcol":
        return [check((name + term)[:32]) for _, _, term in terms]
    return [check(f"{wanted or name}{k + 1}") for k in range(len(terms))]


@command("svmat", syntax="anything", options=(Opt("names", 1, "string"),), allow=frozenset())
def run(call: Call, ctx: Context) -> Stored | None:
    found = _TEXT.fullmatch(call.node.text)
    if found is None:
        raise StataError.invalid_syntax()
    stype, name = found[1] or "float", found[2]
    matrix = _matrix_expr.find(name, ctx)
    base = re.sub(r"\W", "", name)
    names = new_names(matrix, base, call.opt("names", ""))
    if len(set(names)) < len(names):
        repeated = next(n for k, n in enumerate(names) if n in names[:k])
        raise StataError.already_defined(repeated)
    for new in names:
        if new in ctx.data:
            raise StataError.already_defined(new)
    rows = matrix.values.shape[0]
    before = ctx.data.n
    if rows > before:
        ctx.data.set_obs(rows)
        ctx.say(f"number of observations will be reset to {rows}")
        ctx.say("Press any key to continue, or Break to abort")
        if ctx.settings.new_headings:
            ctx.say(f"Number of observations (_N) was {before:,}, now {rows:,}.")
        else:
            ctx.say(f"number of observations (_N) was {before:,}, now {rows:,}")
    for k, new in enumerate(names):
        values, codes = missing.decode(np.ascontiguousarray(matrix.values[:, k]))
        padded = np.full(ctx.data.n, np.nan)
        padded[:rows] = values
        marks = None
        if codes is not None:
            marks = np.zeros(ctx.data.n, dtype=np.int8)
            marks[:rows] = codes
        ctx.data.add(new, Column.numeric(padded, marks, stype))
    return None
