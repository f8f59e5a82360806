"""adopath: Show and change where ado-files are looked for.   adopath [+ path | ++ path | - path | - #]"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.adopath import CODEWORDS
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def show(ctx: Context) -> None:
    ado = ctx.workspace.ado
    for k, element in enumerate(ado.path, 1):
        word = f"({element})" if element in CODEWORDS else ""
        ctx.say(f'  [{k}]  {word:<12}"{ado.folder(element)}"')


@command("adopath", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    found = re.match(r"\s*(\+\+|\+|-|)\s*(.*)$", call.text, re.DOTALL)
    assert found is not None
    sign, name = found[1], strip_quotes(found[2])
    ado = ctx.workspace.ado
    if not sign:
        if name:
            raise StataError.invalid_syntax()
        show(ctx)
        return None
    if not name:
        raise StataError.invalid_syntax()
    if sign == "-":
        if name.isdigit():
            if not 1 <= int(name) <= len(ado.path):
                raise StataError(111, f"{name} not found in path")
            name = ado.path[int(name) - 1]
        if name not in ado.path:
            raise StataError(111, f"{name} not found in path")
        ado.path.remove(name)
    else:
        if name in ado.path:
            ado.path.remove(name)
        ado.path.insert(0 if sign == "++" else len(ado.path), name)
    show(ctx)
    return None
