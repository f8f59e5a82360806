"""pctile: percentiles in a variable, or in r().   pctile newvar = exp [if] [in] [weight] [, options] | _pctile varname

``pctile [type] newvar = exp, nquantiles(#) genp(newvar) altdef`` makes a variable;
``_pctile varname [if] [in] [weight] [, nquantiles(#) percentiles(numlist) altdef]`` leaves them in r().
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _percentiles
from pystata_hlm.commands._storing import numbers
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "pctile",
    klass="r",
    syntax="anything_exp",
    allow={"if", "in", "exp"},
    weights=("aweight", "fweight", "pweight"),
    options=(Opt("nquantiles", 1, "int"), Opt("genp", 4, "newvar"), Opt("altdef")),
)
def run(call: Call, ctx: Context) -> Stored:
    words = call.node.text.split()
    stype = words.pop(0) if len(words) == 2 and storage.is_type(words[0]) else ctx.settings.type
    if call.exp is None or len(words) != 1 or storage.is_string(stype):
        raise StataError.invalid_syntax()
    data, name = ctx.data, words[0]
    check(name)
    if name in data:
        raise StataError.already_defined(name)
    value = ctx.evaluate(call.exp, call.sample)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    at = _percentiles.wanted(call)
    if len(at) > data.n:
        raise StataError(198, "nquantiles() must be less than or equal to number of observations plus one")
    found = _percentiles.compute(np.asarray(numbers(value, data.n)[0]), at, call)

    def add(new: str, values: np.ndarray, label: str) -> None:
        body = np.full(data.n, np.nan)
        body[: len(values)] = values
        data.add(new, Column.numeric(body, None, stype, label=label))

    text = call.text.partition("=")[2].partition(",")[0].strip()
    add(name, found, f"percentiles of {text}")
    if call.has("genp"):
        add(call.opt("genp"), np.array(at), f"percentages for {name}")
    return _percentiles.stored(found)


@command(
    "_pctile",
    klass="r",
    varlist="required",
    max_vars=1,
    weights=("aweight", "fweight", "pweight"),
    options=_percentiles.OPTIONS,
)
def run_in_r(call: Call, ctx: Context) -> Stored:
    column = ctx.data.column(call.varlist[0])
    if column.is_string:
        raise StataError.type_mismatch()
    return _percentiles.stored(_percentiles.compute(column.values(), _percentiles.wanted(call), call))
