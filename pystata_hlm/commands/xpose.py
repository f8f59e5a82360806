"""xpose: interchange observations and variables.   xpose, clear [varname format[(%fmt)] promote]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.formats import is_valid_format
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

NAMES = "_varname"
_WIDTH = re.compile(r"%-?0?(\d+)")


def _format(call: Call, data: Dataset, names: list[str]) -> str:
    """The format for the new variables: the one given, the widest numeric one, or "" for the default."""
    if not call.has("format"):
        return ""
    given = call.opt("format")
    if given is not None:
        if not is_valid_format(given.strip()):
            raise StataError(198, f"invalid %format: {given}")
        return str(given.strip())
    formats = [data.column(name).format for name in names if not data.column(name).is_string]

    def width(fmt: str) -> int:
        found = _WIDTH.match(fmt)
        return int(found[1]) if found else 0

    return max(formats, key=width, default="")


def _names(data: Dataset) -> list[str]:
    """Names of the new variables: v1, v2 ..., or the contents of _varname when they can be names."""
    if NAMES in data and data.column(NAMES).is_string:
        names = [bytes(text).decode("utf-8", "replace").strip() for text in data.column(NAMES).strings()]
        if all(map(is_valid_name, names)) and len(set(names)) == len(names):
            return names
    return [f"v{k + 1}" for k in range(data.n)]


@command(
    "xpose",
    varlist="none",
    allow=set(),
    options=(Opt("clear"), Opt("varname", 1), Opt("format", 1, "flagortext"), Opt("promote", 1)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    if not call.has("clear"):
        raise StataError.option_required("clear")
    if not data.k:
        raise StataError.no_variables()
    if data.n > ctx.settings.maxvar:
        raise StataError(900, "no room to add more variables")
    new = _names(data)
    old = [name for name in data.names if name != NAMES]
    fmt = _format(call, data, old)
    values = np.full((len(old), data.n), np.nan)
    codes = np.zeros((len(old), data.n), dtype=np.int8)
    for k, name in enumerate(old):
        column = data.column(name)
        if not column.is_string:
            values[k], marks = column.decoded()
            if marks is not None:
                codes[k] = marks
    kind = ctx.settings.type
    stype = kind if kind in storage.NUMERIC_TYPES else "float"
    made = {}
    for k, name in enumerate(new):
        row = values[:, k]
        chosen = storage.smallest_type(row) if call.has("promote") else stype
        made[name] = Column.numeric(row, codes[:, k], chosen, format=fmt)
    out = Dataset(made, n=len(old))
    if call.has("varname"):
        out.add(NAMES, Column.text(np.array([name.encode() for name in old])))
    out.changed = True
    ctx.data = out
    return None
