"""stack: stack variables.   stack varlist [if] [in], {into(newvars) | group(#)} [clear wide]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _combine, _files
from pystata_hlm.commands._syntax_lead import new_variables
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def target_names(call: Call, ctx: Context) -> list[str]:
    """The variables to make, named by into() or after the first group."""
    count = len(call.varlist)
    if call.has("into") == call.has("group"):
        raise StataError(198, "must specify either into() or group()")
    if call.has("group"):
        groups = call.opt("group")
        if groups < 1 or count % groups:
            raise StataError(198, "option group() must divide the number of variables")
        names = list(call.varlist[: count // groups])
    else:
        here, ctx.data = ctx.data, Dataset()  # the names of present variables may be used again
        try:
            _, names = new_variables(call.opt("into"), ctx)
        finally:
            ctx.data = here
        if not names or count % len(names):
            raise StataError(198, "number of variables in varlist must be a multiple of those in into()")
    for name in (*names, "_stack"):
        if [*names, "_stack"].count(name) > 1:
            raise StataError.already_defined(name)
    return names


def stacked(pieces: list[Column | None], n: int) -> Column:
    """Columns on top of each other in a type that holds them all; None stands for n missing values."""
    present = [piece for piece in pieces if piece is not None]
    stype = present[0].stype
    for piece in present[1:]:
        if piece.is_string != present[0].is_string:
            raise StataError.type_mismatch()
        stype = _combine.common_type(stype, piece.stype)
    parts = [(Column.missing(n, stype) if piece is None else piece.recast(stype)).data for piece in pieces]
    return Column(np.concatenate(parts), stype)


@command(
    "stack",
    varlist="required",
    options=(Opt("into", 1, "text"), Opt("group", 1, "int"), Opt("clear"), Opt("wide", 2)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    names = target_names(call, ctx)
    data = ctx.data
    _files.refuse_to_lose(ctx, call.has("clear"))
    rows = np.flatnonzero(call.sample)
    n, width = len(rows), len(names)
    groups = len(call.varlist) // width
    columns = [data.column(name).take(rows) for name in call.varlist]
    number = np.repeat(np.arange(1.0, groups + 1), n)
    made = {"_stack": Column.numeric(number, None, "byte" if groups <= 100 else "int")}
    for k, name in enumerate(names):
        made[name] = stacked([columns[g * width + k] for g in range(groups)], n)
    if call.has("wide"):
        for name in dict.fromkeys(call.varlist):
            if name in made:
                continue
            pieces: list[Column | None] = [None] * groups
            for place, each in enumerate(call.varlist):
                if each == name:
                    pieces[place // width] = columns[place]
            old = data.column(name)
            made[name] = old.with_(data=stacked(pieces, n).data)
    out = Dataset(made)
    used = {column.value_label for column in made.values()}
    out.value_labels = {name: label for name, label in data.value_labels.items() if name in used}
    out.sortedby = ()
    out.changed = True
    ctx.data = out
    return None
