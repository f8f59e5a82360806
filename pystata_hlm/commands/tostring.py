"""tostring: numbers to strings.   tostring varlist, {generate(newvarlist)|replace} [force format(%fmt) usedisplayformat]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import number_texts
from pystata_hlm.data import names as naming
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def new_names(call: Call, ctx: Context) -> list[str] | None:
    """Names of generate(), one per variable; None under ``replace``; r(198) when neither or both were given."""
    if call.has("generate") == call.has("replace"):
        raise StataError(198, "must specify either generate or replace option")
    if call.has("replace"):
        return None
    new = call.opt("generate").split()
    if len(new) != len(call.varlist):
        raise StataError(198, "number of variables in varlist and generate() do not match")
    for name in new:
        naming.check(name)
        if name in ctx.data:
            raise StataError.already_defined(name)
    return list(new)


def as_text(column: Column, fmt: str) -> tuple[np.ndarray, bool]:
    """Byte strings of a numeric variable, and whether they read back as exactly the same numbers."""
    strings = number_texts(column, fmt or "%12.0g")
    values = column.values()
    there = ~np.isnan(values)
    if not there.any():
        return strings, True
    try:
        back = np.strings.replace(strings[there], b",", b"").astype(np.float64)
    except ValueError:
        return strings, False
    return strings, bool(np.array_equal(back, values[there]))


@command(
    "tostring",
    varlist="required",
    allow=set(),
    options=(
        Opt("generate", 1, "text"),
        Opt("replace"),
        Opt("force"),
        Opt("format", 3, "string"),
        Opt("usedisplayformat", 1),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    targets = new_names(call, ctx)
    for k, name in enumerate(call.varlist):
        column = data.column(name)
        verb = "replace" if targets is None else "generate"
        if column.is_string:
            ctx.say(f"{name} already string; no {verb}")
            continue
        fmt = column.format if call.has("usedisplayformat") else call.opt("format", "")
        strings, exact = as_text(column, fmt)
        if not exact and not call.has("force"):
            ctx.say(f"{name} cannot be converted reversibly; no {verb}")
            continue
        created = Column.text(strings, label=column.label, chars=dict(column.chars))
        if targets is None:
            data.set_column(name, created)
            ctx.say(f"{name} was {column.stype} now {created.stype}")
        else:
            data.add(targets[k], created, after=name)
            ctx.say(f"{targets[k]} generated as {created.stype}")
        if not exact:
            ctx.say(f"{name} was forced to string; some loss of information")
    return None
