"""egen: extensions to generate.   [by:] egen [type] newvar = fcn(arguments) [if] [in] [, by(varlist) options]"""

from __future__ import annotations

from pystata_hlm.commands import _egen_groups, _egen_rows, _storing
from pystata_hlm.commands._egen import FUNCTIONS, Job
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

MODULES = (_egen_groups, _egen_rows)
UNSUPPORTED = frozenset({"mtr", "corr", "nvals", "xtile", "wtmean", "rowsort"})

OPTIONS = (
    Opt("by", 2, "varlist"),
    Opt("missing", 1),
    Opt("p", 1, "real"),
    Opt("track", 1),
    Opt("field", 1),
    Opt("unique", 1),
    Opt("label", 1, "flagortext"),
    Opt("lname", 2, "name"),
    Opt("truncate", 3, "int"),
    Opt("autotype", 4),
    Opt("values", 1, "numlist"),
    Opt("at", 2, "text"),
    Opt("group", 1, "int"),
    Opt("icodes", 2),
    Opt("from", 1, "int"),
    Opt("to", 1, "int"),
    Opt("block", 1, "int"),
    Opt("minmode", 3),
    Opt("maxmode", 3),
    Opt("nummode", 3, "int"),
    Opt("decode", 1),
    Opt("punct", 1, "string"),
    Opt("format", 3, "string"),
    Opt("maxlength", 4, "int"),
    Opt("mean", 2, "real"),
    Opt("sd", 1, "real"),
    Opt("std", 2, "real"),
    Opt("prop", 4),
    Opt("strok", 3),
    Opt("head", 1),
    Opt("last", 3),
    Opt("tail", 2),
    Opt("trim", 4),
    Opt("t", 0, "int"),
    Opt("nomiss", 4),
)


@command("egen", syntax="egen", byable="vector", options=OPTIONS, any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    node, data = call.node, ctx.data
    function = FUNCTIONS.get(node.function)
    if function is None:
        if node.function in UNSUPPORTED:
            raise StataError(133, f"egen function {node.function}() not yet supported")
        raise StataError(133, f"unknown egen function {node.function}()")
    if node.name in data:
        raise StataError.already_defined(node.name)
    own = tuple(option for option in OPTIONS if option.name in function.options or option.name == "by")
    options = typed_options(
        call.option_nodes, own, (), ctx
    )  # the same short name means other things elsewhere
    by = options.pop("by", None)
    groups = call.by
    if by is not None:
        if groups is not None:
            raise StataError(190, "by() option may not be combined with by prefix")
        groups = data.groups(by)
    if groups is not None and not function.by:
        raise StataError(190, f"egen ... {node.function}() may not be combined with by")
    job = Job(ctx, node.function, node.argument, options, call.sample, groups, node.stype, node.name)
    column = function.run(job)
    data.add(node.name, column)
    absent = _storing.count_missing(column)
    if absent:
        ctx.say(_storing.missing_note(absent))
    return None
