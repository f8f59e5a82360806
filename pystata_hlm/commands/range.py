"""range: numerical range.   range newvar #first #last [#obs]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._setobs import set_obs
from pystata_hlm.commands._storing import count_missing, missing_note
from pystata_hlm.commands._subset import number_in
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import raw_tokens


@command("range", syntax="anything", allow=set())
def run(call: Call, ctx: Context) -> Stored | None:
    words = raw_tokens(call.node.text)
    if len(words) not in (3, 4):
        raise StataError.invalid_syntax()
    name = check(words[0])
    if name in ctx.data:
        raise StataError.already_defined(name)
    first, last, *more = (number_in(word, ctx) for word in words[1:])
    n = more[0] if more else float(ctx.data.n)
    if not np.isfinite([first, last, n]).all() or n != int(n) or n < 2:
        raise StataError.invalid_syntax() if more or ctx.data.n else StataError.no_observations()
    count = int(n)
    if count > ctx.data.n:
        set_obs(str(count), ctx)
    values = np.full(ctx.data.n, np.nan)
    values[:count] = first + (last - first) * np.arange(count) / (count - 1)
    column = Column.numeric(values, None, ctx.settings.type)
    ctx.data.add(name, column)
    absent = count_missing(column)
    if absent:
        ctx.say(missing_note(absent))
    return None
