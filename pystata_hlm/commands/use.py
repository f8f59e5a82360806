"""use: load a Stata dataset.   use [varlist] [if] [in] [using] filename [, clear nolabel]"""

from __future__ import annotations

from pystata_hlm.commands import _files
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("clear"), Opt("nolabel", 3, "off"), Opt("replace", 3))


@command("use", min=1, syntax="raw", options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    node = parse("anything", call.text)
    options = typed_options(node.clauses.options, OPTIONS, (), ctx)
    clauses = node.clauses
    if clauses.weight is not None:
        raise StataError(101, "weights not allowed")
    if clauses.using is not None:
        name, varlist = strip_quotes(clauses.using), node.text
    else:
        if clauses.if_ is not None or clauses.in_ is not None:
            raise StataError(100, "using required")
        name, varlist = _files.file_argument(node.text), ""
    if not name:
        raise StataError(100, "using required") if varlist else StataError(198, "invalid file specification")
    _files.refuse_to_lose(ctx, "clear" in options or "replace" in options)
    data = _files.read(name, ctx, varlist if clauses.if_ is None else "")
    _files.restrict(data, varlist, clauses, ctx)
    if "nolabel" in options:
        data.value_labels = {}
    _files.adopt(data, ctx)
    return None
