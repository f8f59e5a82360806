"""separate: create separate variables by groups.   separate varname [if] [in], by(groupvar|exp) [generate(stub) sequential]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._storing import numbers
from pystata_hlm.commands.compress import smallest
from pystata_hlm.commands.label import shorten_label
from pystata_hlm.data.column import Column
from pystata_hlm.data.missing import missing_array
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.formats import format_trimmed
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def _groups(text: str, call: Call, ctx: Context) -> tuple[Column, str, bool]:
    """The grouping column, how it is named in labels, and whether it is an expression."""
    node = parse("expr", text)
    if isinstance(node, nodes.Name):
        name = ctx.data.find(node.name, ctx.settings.varabbrev)
        return ctx.data.column(name), name, False
    value = ctx.evaluate(node, call.sample)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    values, codes = numbers(value, ctx.data.n)
    return Column.numeric(values, codes, "double"), text.strip(), True


@command(
    "separate",
    min=3,
    klass="r",
    varlist="required",
    max_vars=1,
    options=(
        Opt("by", 0, "text"),
        Opt("generate", 1, "name"),
        Opt("sequential", 3),
        Opt("missing", 1),
        Opt("shortlabel", 5),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data, name = ctx.data, call.varlist[0]
    if not call.has("by"):
        raise StataError.option_required("by()")
    column = data.column(name)
    by, words, expression = _groups(call.opt("by"), call, ctx)
    used = call.sample if call.has("missing") else call.sample & ~by.is_missing()
    if not used.any():
        raise StataError.no_observations()
    part = by.take(used)
    frame = type(data)({"by": part})
    groups = frame.groups(["by"])
    levels = part.take(groups.first_rows)
    stub = call.opt("generate", name)
    new, labels = [], []
    whole = not levels.is_string
    values = np.zeros(0)
    if whole:
        values = levels.values()
        there = values[~np.isnan(values)]
        whole = bool(((there >= 0) & (there == np.floor(there)) & (there < 1e9)).all())
    attached = data.value_labels.get(by.value_label) if not by.is_string else None
    for k in range(len(groups)):
        if levels.is_string:
            raw = bytes(levels.data[k]).decode("utf-8", "replace")
            suffix, shown = "", raw
        else:
            codes = levels.codes()
            code = 0 if codes is None else int(codes[k])
            absent = bool(np.isnan(values[k]))
            shown = format_trimmed(float(values[k]), by.format if not expression else "%9.0g", code)
            suffix = shown if absent else f"{values[k]:.0f}"
            if absent:  # names cannot hold the period of . and .a
                suffix = suffix.replace(".", "_")
            if attached is not None:
                shown = attached.text(float(values[k]), code) or shown
        new.append(f"{stub}{k + 1}" if call.has("sequential") or not whole else f"{stub}{suffix}")
        if expression and values.size == 2 and set(values.tolist()) == {0.0, 1.0}:
            label = words if values[k] == 1 else f"!({words})"
        else:
            label = f"{words} == {shown}"
        labels.append(label if call.has("shortlabel") else f"{name}, {label}")
    for one in new:
        check(one)
        if one in data:
            raise StataError.already_defined(one)
    codes_of = np.full(data.n, -1)
    codes_of[used] = groups.codes
    blank = missing_array(data.n, column.stype)
    for k, one in enumerate(new):
        kept = np.where(codes_of == k, column.data, blank)
        created = Column(
            np.asarray(kept, dtype=column.data.dtype),
            column.stype,
            format=column.format,
            label=shorten_label(labels[k], ctx),
            value_label=column.value_label,
        )
        data.add(one, created.recast(smallest(created)))
    ctx.execute("describe " + " ".join(new))
    return Stored("r", macros={"varlist": " ".join(new)})
