"""decode: labelled numbers to strings.   decode varname [if] [in], generate(newvar) [maxlength(#)]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import count_missing, missing_note
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "decode",
    min=3,
    varlist="required",
    max_vars=1,
    options=(Opt("generate", 1, "newvar"), Opt("maxlength", 1, "int")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    if not call.has("generate"):
        raise StataError(198, "option generate() required")
    name = call.varlist[0]
    column = data.column(name)
    if column.is_string:
        raise StataError(107, "not possible with string variable")
    if not column.value_label:
        raise StataError(182, f"variable {name} not labeled")
    label = data.value_labels.get(column.value_label)
    if label is None:
        raise StataError(111, f"value label {column.value_label} not found")
    texts = [text for _, text in label.items()]
    known = np.array([text.encode() for text in [*texts, ""]])
    strings = known[label.positions(*column.decoded())]
    limit = call.opt("maxlength")
    if limit:
        strings = strings.astype(f"S{limit}")
    strings = np.where(call.sample, strings, np.zeros((), strings.dtype))
    created = Column.text(strings, label=column.label)
    data.add(call.opt("generate"), created)
    absent = count_missing(created)
    if absent:
        ctx.say(missing_note(absent))
    return None
