"""syntax: Take apart what the user typed.   syntax [varlist] [if] [in] [using] [=exp] [weights] [, options]

Reads `0' and defines the macros `varlist', `if', `in', `using', `weight', `exp' and one for each option.
"""

from __future__ import annotations

from pystata_hlm.commands._syntax_match import match
from pystata_hlm.commands._syntax_spec import describe
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("syntax", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    executor = ctx.executor
    macros = match(describe(call.text.strip()), executor.macro("0", "local").strip(), ctx)
    for name, text in macros.items():
        executor.set_macro(name, "local", text)
    return None
