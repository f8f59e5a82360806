"""mvencode: missing values to numbers.   mvencode varlist [if] [in], mv(# | mvc=# [\\ mvc=#] [\\ else=#]) [override]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def read_rules(text: str) -> list[tuple[int | None, float]]:
    """``.a=9 \\ else=0`` -> [(1, 9.0), (None, 0.0)]; a lone number is for every missing value."""
    out: list[tuple[int | None, float]] = []
    for part in text.split("\\"):
        word, equal, number = part.partition("=")
        code = missing.code_of(word.strip()) if equal and word.strip() != "else" else None
        try:
            out.append((code, float(number if equal else word)))
        except ValueError:
            raise StataError(198, "invalid mv() option") from None
    return out


@command("mvencode", varlist="required", options=(Opt("mv", 0, "text"), Opt("override", 1)))
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("mv"):
        raise StataError(198, "option mv() required")
    rules = read_rules(call.opt("mv"))
    data = ctx.data
    numeric = [name for name in call.varlist if not data.column(name).is_string]
    for name in numeric:
        values = data.values(name)[call.sample]
        for _, number in rules:
            if not call.has("override") and (values == number).any():
                raise StataError(
                    9, f"{name}: already {number:g} in {int((values == number).sum())} observations"
                )
    for name in numeric:
        column = data.column(name)
        values, found = column.decoded()
        codes = missing.combine_codes(data.n, found).copy()
        out, gone = np.array(values), np.isnan(values) & call.sample
        done = np.zeros(data.n, dtype=bool)
        for code, number in rules:
            hit = gone & ~done & (True if code is None else codes == code)
            out[hit] = number
            done |= hit
        n = int(np.count_nonzero(done))
        if n:
            codes[done] = 0
            stype = storage.promote(column.stype, out)
            data.set_column(name, column.with_(data=Column.numeric(out, codes, stype).data, stype=stype))
            ctx.say(f"{name:>12}: {plural(n, 'missing value', 'missing values')} recoded")
    return None
