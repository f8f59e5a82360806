"""mvdecode: numbers to missing values.   mvdecode varlist [if] [in], mv(numlist | numlist=mvc [\\ numlist=mvc ...])"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def read_rules(text: str) -> list[tuple[list[float], int]]:
    """``9 99=.a \\ 8=.b`` -> [([9, 99], 1), ([8], 2)]; without ``=`` the result is ``.``"""
    out = []
    for part in text.split("\\"):
        numbers, equal, result = part.partition("=")
        code = missing.code_of(result.strip()) if equal else 0
        if code is None:
            raise StataError(198, "invalid mv() option")
        out.append((parse_numlist(numbers.strip()), code))
    return out


@command("mvdecode", varlist="required", options=(Opt("mv", 0, "text"),))
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("mv"):
        raise StataError(198, "option mv() required")
    rules = read_rules(call.opt("mv"))
    data = ctx.data
    for name in call.varlist:
        column = data.column(name)
        if column.is_string:
            ctx.say(f"{name:>12}: string variable ignored")
            continue
        values, codes = column.decoded()
        out, out_codes = np.array(values), missing.combine_codes(data.n, codes).copy()
        done = np.zeros(data.n, dtype=bool)
        for numbers, code in rules:
            wanted = np.array(numbers)
            if column.stype == "float":  # 1.1 means the number stored for 1.1
                wanted = wanted.astype(np.float32).astype(np.float64)
            hit = call.sample & ~done & np.isin(values, wanted)
            out[hit], out_codes[hit] = np.nan, code
            done |= hit
        n = int(np.count_nonzero(done))
        if n:
            fresh = Column.numeric(out, out_codes, column.stype)
            data.set_column(name, column.with_(data=fresh.data))
            ctx.say(f"{name:>12}: {plural(n, 'missing value', 'missing values')} generated")
    return None
