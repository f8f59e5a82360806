"""gsort: ascending and descending sort.   gsort [+|-]varname [[+|-]varname ...] [, generate(newvar) mfirst]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_KEYS = re.compile(r"\s*([-+]?)\s*([\w*?~]+)")


def read_keys(text: str, ctx: Context) -> list[tuple[str, bool]]:
    """``+a -b`` -> [(a, False), (b, True)]; patterns stand for all the variables they match."""
    keys: list[tuple[str, bool]] = []
    at = 0
    while text[at:].strip():
        found = _KEYS.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        keys += [(name, found[1] == "-") for name in ctx.data.unabbreviate(found[2], ctx.settings.varabbrev)]
    return keys


@command("gsort", syntax="anything", allow=set(), options=(Opt("generate", 1, "newvar"), Opt("mfirst", 1)))
def run(call: Call, ctx: Context) -> Stored | None:
    keys = read_keys(call.node.text, ctx)
    if not keys:
        raise StataError.varlist_required()
    ctx.data.gsort(keys, missing_first=call.has("mfirst"))
    if call.has("generate"):
        groups = ctx.data.groups([name for name, _ in keys])
        breaks = np.ones(ctx.data.n, dtype=np.int64)
        breaks[1:] = groups.codes[1:] != groups.codes[:-1]
        ctx.data.add(call.opt("generate"), Column.numeric(np.cumsum(breaks).astype(float), None, "long"))
    return None
