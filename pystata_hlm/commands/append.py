"""append: add observations of other datasets.   append using filename [filename ...] [, generate(newvar) keep() force]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _combine, _files
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "append",
    min=3,
    syntax="anything",
    allow={"using"},
    options=(
        Opt("generate", 3, "newvar"),
        Opt("keep", 0, "text"),
        Opt("nolabel", 3, "off"),
        Opt("nonotes", 4, "off"),
        Opt("force"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None or call.node.text.strip():
        raise StataError(100, "using required")
    files = [strip_quotes(name) for name in call.node.clauses.files] or [call.using]
    data = ctx.data
    source = np.zeros(data.n)
    for number, name in enumerate(files, 1):
        using = _files.read(name, ctx)
        if call.has("keep"):
            using.keep(expand_varlist(using, parse("varlist", call.opt("keep")), varabbrev=True))
        append(data, using, call, ctx)
        source = np.append(source, np.full(using.n, float(number)))
    if call.has("generate"):
        column = Column.numeric(source, None, "byte" if len(files) <= 100 else "int")
        data.add(call.opt("generate"), column)
    return None


def append(data: Dataset, using: Dataset, call: Call, ctx: Context) -> None:
    """Put the rows of ``using`` below those of ``data``."""
    first, second = data.n, using.n
    empty = not data.k
    plans: list[tuple[str, str]] = []
    for name in data.names:
        if name not in using:
            continue
        a, b = data.column(name), using.column(name)
        if a.is_string != b.is_string:
            if not call.has("force"):
                raise _combine.type_conflict(name, a, b, "append")
            continue
        stype = _combine.common_type(a.stype, b.stype)
        if not (storage.is_string(stype)) or stype != a.stype:
            _combine.widened(name, a.stype, stype, ctx)
        plans.append((name, stype))
    types = dict(plans)
    if empty:
        data.set_obs(0)
    upper, lower = np.arange(first), np.arange(second)
    none_above, none_below = np.full(first, -1), np.full(second, -1)
    columns: dict[str, Column] = {}
    for name in data.names:
        a = data.column(name)
        stype = types.get(name, a.stype)
        top = _combine.take_rows(a, upper, stype)
        if name in types:
            bottom = _combine.take_rows(using.column(name), lower, stype)
        else:
            bottom = _combine.take_rows(a, none_below, stype)
        columns[name] = _combine.with_type(a, np.concatenate([top, bottom]), stype)
    for name in using.names:
        if name not in data:
            b = using.column(name)
            top = _combine.take_rows(b, none_above, b.stype)
            bottom = _combine.take_rows(b, lower, b.stype)
            columns[name] = b.with_(data=np.concatenate([top, bottom]))
    data.set_obs(first + second)
    for name, column in columns.items():
        if name in data:
            data.set_column(name, column)
        else:
            data.add(name, column)
    data.sortedby = ()
    _combine.add_labels(data, using, ctx, call.has("nolabel"))
    if not call.has("nonotes"):
        _combine.add_notes(data, using)
