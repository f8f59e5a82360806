"""args: Name the arguments `1', `2' ...   args name1 [name2 ...]"""

from __future__ import annotations

from pystata_hlm.commands._macros import check_name
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("args", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    names = call.text.split()
    if not names:
        raise StataError.invalid_syntax()
    executor = ctx.executor
    values = [executor.macro(str(k), "local") for k in range(1, len(names) + 1)]
    for name, value in zip(names, values, strict=True):
        if not name.replace("_", "a").isalnum():
            raise StataError.invalid_name(name)
        executor.set_macro(check_name(name, "local"), "local", value)
    return None
