"""fillin: make all combinations of variables.   fillin varlist"""

from __future__ import annotations

import math

import numpy as np

from pystata_hlm.commands._combine import take_rows
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("fillin", varlist="required", allow=set(), min_vars=2)
def run(call: Call, ctx: Context) -> Stored | None:
    data, names = ctx.data, list(call.varlist)
    if "_fillin" in data:
        raise StataError.already_defined("_fillin")
    parts = [data.groups([name]) for name in names]
    if math.prod(len(part) for part in parts) > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    cell = np.zeros(data.n, dtype=np.int64)
    total = 1
    for part in parts:
        cell = cell * len(part) + part.codes
        total *= len(part)
    absent = np.setdiff1d(np.arange(total), cell)
    source = np.concatenate([np.arange(data.n), np.full(len(absent), -1)])
    added: dict[str, np.ndarray] = {}
    left = absent
    for name, part in zip(reversed(names), reversed(parts), strict=True):
        added[name] = part.first_rows[left % len(part)]
        left = left // len(part)
    columns = {}
    for name in data.names:
        column = data.column(name)
        rows = np.concatenate([np.arange(data.n), added[name]]) if name in added else source
        columns[name] = column.with_(data=take_rows(column, rows, column.stype))
    data.set_obs(len(source))
    for name, column in columns.items():
        data.set_column(name, column)
    data.add("_fillin", Column.numeric((source < 0).astype(float), None, "byte"))
    data.sort(names)
    return None
