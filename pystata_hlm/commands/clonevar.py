"""clonevar: copy a variable with its labels.   clonevar newvar = varname [if] [in]"""

from __future__ import annotations

from pystata_hlm.commands._storing import build, count_missing, missing_note
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Num, Text
from pystata_hlm.lang import nodes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("clonevar", syntax="generate")
def run(call: Call, ctx: Context) -> Stored | None:
    node, data = call.node, ctx.data
    if not isinstance(node.exp, nodes.Name) or node.stype or node.value_label:
        raise StataError.invalid_syntax()
    if node.name in data:
        raise StataError.already_defined(node.name)
    source = data.column(data.find(node.exp.name, ctx.settings.varabbrev))
    value = Text(source.data) if source.is_string else Num(*source.decoded())
    copy = build(value, data.n, source.stype, source.stype, call.sample).with_(
        format=source.format, label=source.label, value_label=source.value_label, chars=dict(source.chars)
    )
    data.add(node.name, copy)
    absent = count_missing(copy)
    if absent:
        ctx.say(missing_note(absent))
    return None
