"""encode: strings to labelled numbers.   encode varname [if] [in], generate(newvar) [label(name) noextend]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError
from pystata_hlm.formats import text_width
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "encode",
    min=2,
    varlist="required",
    max_vars=1,
    options=(Opt("generate", 1, "newvar"), Opt("label", 1, "name"), Opt("noextend", 3, "off")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    if not call.has("generate"):
        raise StataError(198, "option generate() required")
    name, new = call.varlist[0], call.opt("generate")
    column = data.column(name)
    if not column.is_string:
        raise StataError(107, "not possible with numeric variable")
    label_name = call.opt("label", new)
    existing = data.value_labels.get(label_name)
    if call.has("noextend") and existing is None:
        raise StataError(111, f"value label {label_name} not found")
    used = call.sample & ~column.is_missing()
    strings = column.data[used]
    if strings.dtype.kind == "O":
        strings = np.array(strings.tolist(), dtype="S") if strings.size else np.zeros(0, "S1")
    levels, index = np.unique(strings, return_inverse=True)
    texts = [level.decode("utf-8", "replace") for level in levels.tolist()]
    entries = {text: key for key, text in existing.items()} if existing is not None else {}
    fresh: dict[int, str] = {}
    following = max([0, *(k for k in entries.values() if k < 2147483620)]) + 1
    for text in texts:
        if text not in entries:
            if call.has("noextend"):
                raise StataError(
                    180, f"you attempted to encode string variable {name} with values not in label"
                )
            entries[text] = following
            fresh[following] = text
            following += 1
    label = existing.with_entries(fresh) if existing is not None else ValueLabel(fresh)
    numbers = np.array([entries[text] for text in texts], dtype=float)
    values = np.full(data.n, np.nan)
    values[used] = numbers[index] if numbers.size else np.nan
    width = max([8, *(text_width(text) for text in texts)])
    data.value_labels[label_name] = label
    data.add(
        new,
        Column.numeric(
            values, None, "long", format=f"%{width}.0g", label=column.label, value_label=label_name
        ),
    )
    return None
