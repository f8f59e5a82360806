"""generate: create a variable.   [by:] generate [type] newvar[:lblname] = exp [if] [in] [, before(var) after(var)]"""

from __future__ import annotations

from pystata_hlm.commands import _blockwise, _storing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "generate",
    min=1,
    syntax="generate",
    byable="vector",
    options=(Opt("before", 1, "varname"), Opt("after", 1, "varname")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    node, data = call.node, ctx.data
    if node.name in data:
        raise StataError.already_defined(node.name)
    if call.has("before") and call.has("after"):
        raise StataError(198, "options before() and after() may not be combined")
    sample = call.sample if call.restricted else None
    column, absent = _blockwise.build(
        node.exp, ctx.env(sample, call.by), node.stype, ctx.settings.type, sample
    )
    if node.value_label:
        if column.is_string:
            raise StataError.type_mismatch()
        column = column.with_(value_label=node.value_label)
    data.add(node.name, column, before=call.opt("before"), after=call.opt("after"))
    if absent:
        ctx.say(_storing.missing_note(absent))
    return None
