"""replace: change the contents of a variable.   [by:] replace oldvar = exp [if] [in] [, nopromote]"""

from __future__ import annotations

from pystata_hlm.commands import _blockwise, _sequential
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("replace", syntax="generate", byable="vector", options=(Opt("nopromote", 3, "off"),))
def run(call: Call, ctx: Context) -> Stored | None:
    node, data = call.node, ctx.data
    if node.stype is not None or node.value_label is not None:
        raise StataError.invalid_syntax()
    name = data.find(node.name, ctx.settings.varabbrev)
    promote = not call.has("nopromote")
    if _sequential.looks_back(name, data.names, node.exp, node.clauses.if_):
        made, note = _sequential.replace(call, ctx, name, promote)
    else:
        env = ctx.env(call.sample if call.restricted else None, call.by)
        made, note = _blockwise.replaced(name, node.exp, env, call.sample, promote)
    if made.changes:
        data.set_column(name, made.column)
    if note:
        ctx.say(note)
    ctx.say(made.note)
    return None
