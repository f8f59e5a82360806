"""isid: check that variables identify the observations.   isid varlist [using filename] [, sort missok]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("isid", syntax="anything", allow={"using"}, options=(Opt("sort", 1), Opt("missok", 1)))
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    if call.using is not None:
        if call.has("sort"):
            raise StataError(198, "option sort not allowed with using")
        data = _files.read(call.using, ctx)
    words = call.node.text
    if not words.strip():
        raise StataError.varlist_required()
    names = list(expand_varlist(data, parse("varlist", words), varabbrev=ctx.settings.varabbrev))
    where = "" if call.using is None else f" in {_files.with_suffix(call.using)}"
    if not call.has("missok") and any(data.column(name).is_missing().any() for name in names):
        word = "variable" if len(names) == 1 else "variables"
        raise StataError(459, f"{word} {' '.join(names)} should never be missing{where}")
    groups = data.groups(names)
    if len(groups) and int(np.max(groups.sizes)) > 1:
        one = len(names) == 1
        who = f"variable {names[0]} does" if one else f"variables {' '.join(names)} do"
        raise StataError(459, f"{who} not uniquely identify the observations{where}")
    if call.has("sort"):
        data.sort(names)
    return None
