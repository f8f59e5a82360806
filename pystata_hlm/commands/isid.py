"""isid: check that variables identify the observations.   isid varlist [, sort missok]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("isid", varlist="required", allow=set(), options=(Opt("sort", 1), Opt("missok", 1)))
def run(call: Call, ctx: Context) -> Stored | None:
    names = list(call.varlist)
    if not call.has("missok") and any(ctx.data.column(name).is_missing().any() for name in names):
        word = "variable" if len(names) == 1 else "variables"
        raise StataError(459, f"{word} {' '.join(names)} should never be missing")
    groups = ctx.data.groups(names)
    if len(groups) and int(np.max(groups.sizes)) > 1:
        if len(names) == 1:
            raise StataError(459, f"variable {names[0]} does not uniquely identify the observations")
        raise StataError(459, f"variables {' '.join(names)} do not uniquely identify the observations")
    if call.has("sort"):
        ctx.data.sort(names)
    return None
