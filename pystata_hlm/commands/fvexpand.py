"""fvexpand: Spell out the levels in a list of factor variables.   fvexpand [varlist] [if] [in]"""

from __future__ import annotations

from pystata_hlm.commands import _expanding
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("fvexpand", klass="r", varlist="fvall")
def run(call: Call, ctx: Context) -> Stored | None:
    found = _expanding.expanded(call.terms, call.sample, ctx)
    macros = {"varlist": " ".join(found.recipe.names)}
    if found.factors:
        macros["fvops"] = "true"
    if found.timeseries:
        macros["tsops"] = "true"
    return Stored("r", macros=macros)
