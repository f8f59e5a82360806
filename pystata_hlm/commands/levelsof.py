"""levelsof: distinct values of a variable.   levelsof varname [if] [in] [, local(name) clean separate(str) missing]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands.display import wrap
from pystata_hlm.data import missing
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_trimmed
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "levelsof",
    klass="r",
    varlist="required",
    max_vars=1,
    options=(
        Opt("local", 1, "name"),
        Opt("clean", 1),
        Opt("separate", 1, "string"),
        Opt("missing", 1),
        Opt("matrow", 0, "name"),
        Opt("hexadecimal", 3),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    column = ctx.data.column(call.varlist[0])
    used = call.sample if call.has("missing") else call.sample & ~column.is_missing()
    values = np.zeros(0)
    if column.is_string:
        if call.has("matrow") or call.has("hexadecimal"):
            option = "matrow()" if call.has("matrow") else "hexadecimal"
            raise StataError(198, f"option {option} not allowed with string variables")
        levels = np.unique(column.data[used])
        words = [bytes(raw).decode("utf-8", "replace") for raw in levels.tolist()]
        if not call.has("clean"):
            words = [f'`"{word}"\'' for word in words]
    else:
        ordered = np.unique(missing.ordered(*column.take(used).decoded()))
        fmt = "%21x" if call.has("hexadecimal") else "%18.0g"
        words = [_number(value, fmt) for value in ordered.tolist()]
        values = np.where(ordered < missing.SYSMISS_ORDER, ordered, np.nan)
    text = call.opt("separate", " ").join(words)
    ctx.say(wrap(text, 0, ctx.settings.linesize))
    if call.has("local"):
        ctx.locals[call.opt("local")] = text
    if call.has("matrow") and values.size:
        ctx.workspace.matrices[call.opt("matrow")] = StataMatrix.make(values.reshape(-1, 1))
    return Stored(
        "r", scalars={"N": float(np.count_nonzero(used)), "r": float(len(words))}, macros={"levels": text}
    )


def _number(value: float, fmt: str) -> str:
    if value >= missing.SYSMISS_ORDER:
        code = round((value / missing.SYSMISS_ORDER - 1.0) * 4096)
        return missing.text_of(code)
    return format_trimmed(value, fmt)
