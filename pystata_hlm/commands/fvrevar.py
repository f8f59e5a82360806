"""fvrevar: Make variables of factor-variable and time-series terms.   fvrevar [varlist] [if] [in] [, substitute tsonly list stub(stub)]"""

from __future__ import annotations

from pystata_hlm.commands import _expanding
from pystata_hlm.data import names as naming
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "fvrevar",
    klass="r",
    varlist="fvall",
    options=(Opt("substitute", 3), Opt("tsonly", 2), Opt("list", 1), Opt("stub", 0, "name")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.has("list"):
        if call.has("substitute"):
            raise StataError(198, "options substitute and list may not be combined")
        terms = expand_terms(ctx.data, call.terms, ctx.settings.varabbrev)
        return _list(list(terms.names))
    found = _expanding.expanded(call.terms, call.sample, ctx)
    stub = call.opt("stub")
    if stub is not None:
        naming.check(f"{stub}1")
    if not call.has("tsonly"):
        made = _expanding.substituted(found, call.sample, stub, ctx)
        return Stored("r", macros={"varlist": " ".join(made)})
    new = _expanding.namer(stub, ctx)
    held: dict[str, str] = {}
    words = []
    for term in expand_terms(ctx.data, call.terms, ctx.settings.varabbrev).terms:
        for name in term.names:
            if name not in held:
                held[name] = _expanding.operated(name, call.sample, new, ctx)
        alone = len(term.parts) == 1
        words.append(
            "#".join(
                str(part) if part.factor else held[part.name] if alone else f"c.{held[part.name]}"
                for part in term.parts
            )
        )
    return Stored("r", macros={"varlist": " ".join(words)})


def _list(names: list[str]) -> Stored:
    return Stored("r", macros={"varlist": " ".join(_expanding.base_names(names))})


@command("tsrevar", klass="r", varlist="fvall", options=(Opt("substitute", 3), Opt("list", 1)))
def tsrevar(call: Call, ctx: Context) -> Stored | None:
    """tsrevar: Make variables of time-series terms.   tsrevar [varlist] [if] [in] [, substitute list]"""
    names = expand_varlist(ctx.data, call.terms, ctx.settings.varabbrev, timeseries=True)
    if call.has("list"):
        return _list(names)
    new = _expanding.namer(None, ctx)
    held: dict[str, str] = {}
    for name in names:
        if name not in held:
            held[name] = _expanding.operated(name, call.sample, new, ctx)
    return Stored("r", macros={"varlist": " ".join(held[name] for name in names)})
