"""recast: change the storage type of variables.   recast type varlist [, force]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import longest
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("recast", syntax="anything", allow=set(), options=(Opt("force"),))
def run(call: Call, ctx: Context) -> Stored | None:
    stype, _, rest = call.node.text.strip().partition(" ")
    if not storage.is_type(stype):
        raise StataError(198, f"{stype} invalid type") if stype else StataError.invalid_syntax()
    if not rest.strip():
        raise StataError.varlist_required()
    data = ctx.data
    for name in expand_varlist(data, parse("varlist", rest), varabbrev=ctx.settings.varabbrev):
        column = data.column(name)
        if column.is_string != storage.is_string(stype):
            raise StataError.type_mismatch()
        if stype == column.stype:
            continue
        changed = column.recast(stype)
        if column.is_string:
            lost = stype != "strL" and longest(column.data) > storage.str_width(stype)
            differ = np.asarray(changed.data != column.data) if lost else np.zeros(data.n, dtype=bool)
        else:
            differ = missing.ordered(*changed.decoded()) != missing.ordered(*column.decoded())
        n = int(np.count_nonzero(differ))
        if n and not call.has("force"):
            ctx.say(f"{name}:  {plural(n, 'value', 'values')} would be changed; not changed")
            continue
        if column.format == storage.default_format(column.stype):
            changed = changed.with_(format=storage.default_format(stype))
        data.set_column(name, changed, same_values=n == 0)
        if n:
            ctx.say(f"{name}:  {plural(n, 'value', 'values')} changed")
    return None
