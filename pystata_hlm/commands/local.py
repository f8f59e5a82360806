"""local: Define a local macro.   local [++|--]name [=exp | : extended_fcn | text]"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pystata_hlm.commands._macros import MAX_NAME, define
from pystata_hlm.expr import quick
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor

_ASSIGNMENT = re.compile(r"\s*(\w+)\s*=(?!=)(.*)$", re.DOTALL)
_STEP = re.compile(r"\s*(\+\+|--)\s*(\w+)\s*$")


def prepare(text: str) -> Callable[[Executor], None] | None:
    """``local x = exp`` and ``local ++x`` in a loop."""
    step = _STEP.match(text)
    found = step or _ASSIGNMENT.match(text)
    if found is None or len(found[2 if step else 1]) > MAX_NAME["local"]:
        return None
    if step is None:
        name, compute = found[1], quick.line(found[2])
    else:
        name = found[2]
        compute = quick.line(f"(`{name}') {found[1][0]} 1")

    def run(executor: Executor) -> None:
        executor.set_macro(name, "local", executor.number_text(compute(executor)))

    return run


@command("local", min=3, syntax="raw", light=True, prepare=prepare)
def run(call: Call, ctx: Context) -> Stored | None:
    define(call.text, "local", ctx)
    return None
