"""marksample: Mark the sample that syntax described.   marksample name [, novarlist strok zeroweight noby]

Uses the macros `varlist', `if', `in', `weight' and `exp'; the macro ``name`` gets the name of a temporary variable.
"""

from __future__ import annotations

from pystata_hlm.commands import _marking
from pystata_hlm.commands._macros import check_name
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import fresh_variable
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("novarlist", 5), Opt("strok", 5), Opt("zeroweight", 8), Opt("noby", 4), Opt("sysmissok", 9))


def _clause(word: str, text: str) -> str:
    """``if exp`` from what `if' holds: with a slash in the syntax it is the expression alone."""
    text = text.strip()
    return text if not text or text.startswith(word + " ") else f"{word} {text}"


@command("marksample", min=6, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    name, _, tail = (part.strip() for part in call.text.partition(","))
    options = typed_options(parse("options", tail) if tail else (), OPTIONS, (), ctx)
    if len(name.split()) != 1:
        raise StataError.invalid_syntax()
    macro = ctx.executor.macro
    text = f"{_clause('if', macro('if', 'local'))} {_clause('in', macro('in', 'local'))}"
    weight = macro("weight", "local")
    if weight:
        text += f" [{weight}={macro('exp', 'local').lstrip(' =')}]"
    sample = _marking.mark(text.strip(), ctx, zeroweight="zeroweight" in options, by="noby" not in options)
    if "novarlist" not in options:
        sample = _marking.markout(
            sample, macro("varlist", "local"), ctx, strok="strok" in options, sysmissok="sysmissok" in options
        )
    marker = fresh_variable(ctx)
    _marking.put(marker, sample, ctx)
    ctx.executor.set_macro(check_name(name, "local"), "local", marker)
    return None
