"""mark: Mark the sample.   mark newmarkvar [if] [in] [weight] [, zeroweight noby]"""

from __future__ import annotations

from pystata_hlm.commands import _marking
from pystata_hlm.data import names as naming
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("zeroweight", 8), Opt("noby", 4))


@command("mark", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text, _, tail = call.text.strip().partition(",")
    name, _, rest = text.strip().partition(" ")
    options = typed_options(parse("options", tail.strip()) if tail.strip() else (), OPTIONS, (), ctx)
    if not name:
        raise StataError.invalid_syntax()
    naming.check(name)
    if name in ctx.data:
        raise StataError.already_defined(name)
    sample = _marking.mark(rest, ctx, zeroweight="zeroweight" in options, by="noby" not in options)
    _marking.put(name, sample, ctx)
    return None
