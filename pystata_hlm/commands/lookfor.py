"""lookfor: Search for text in variable names and labels.   lookfor string [string [...]]"""

from __future__ import annotations

import re

from pystata_hlm.commands.describe import heading, variable_lines, variable_rows
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("lookfor", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = [strip_quotes(w).lower() for w in re.findall(r'`".*?"\'|"[^"]*"|\S+', call.text)]
    if not words:
        raise StataError(198, "nothing to look for")
    data = ctx.data
    found = [
        name
        for name in data.names
        if any(word in name.lower() or word in data.column(name).label.lower() for word in words)
    ]
    if found:
        ctx.emit(lines("", *heading(ctx.settings), *variable_lines(variable_rows(data, found), ctx.settings)))
    return Stored("r", macros={"varlist": " ".join(found)})
