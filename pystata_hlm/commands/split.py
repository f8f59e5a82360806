"""split: split a string variable into parts.   split strvar [if] [in] [, parse(strings) generate(stub) limit(#) destring]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands._storing import distinct_texts
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens


@command(
    "split",
    klass="r",
    varlist="required",
    max_vars=1,
    options=(
        Opt("parse", 1, "text"),
        Opt("generate", 1, "name"),
        Opt("limit", 1, "int"),
        Opt("notrim", 0, "off"),
        Opt("destring"),
        Opt("ignore", 0, "text"),
        Opt("force"),
        Opt("float"),
        Opt("percent"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data, name = ctx.data, call.varlist[0]
    column = data.column(name)
    if not column.is_string:
        raise StataError.type_mismatch()
    for option in ("ignore", "force", "float", "percent"):
        if call.has(option) and not call.has("destring"):
            raise StataError(198, f"option {option} requires option destring")
    if call.has("limit") and call.opt("limit") < 1:
        raise StataError(198, "limit() must be a positive integer")
    marks = tokens(call.opt("parse", '" "'))
    cut = re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)))
    levels, index = distinct_texts(column)
    if not call.has("notrim"):
        levels = [text.strip() for text in levels]
    blank = marks == [" "]
    rows = [(text.split() if blank else cut.split(text)) if text else [] for text in levels]
    used = np.bincount(index[call.sample], minlength=len(levels)) > 0
    rows = [row if use else [] for row, use in zip(rows, used.tolist(), strict=True)]
    most = max(map(len, rows), default=0)
    if call.has("limit"):
        most = min(most, call.opt("limit"))
    stub = call.opt("generate", name)
    new = [f"{stub}{k + 1}" for k in range(most)]
    for one in new:
        if one in data:
            raise StataError.already_defined(one)
    for k, one in enumerate(new):
        parts = [row[k] if k < len(row) else "" for row in rows]
        if not call.has("notrim"):
            parts = [part.strip() for part in parts]
        known = np.array([part.encode("utf-8", "surrogateescape") for part in parts], dtype="S")
        data.add(one, Column.text(np.where(call.sample, known[index], b"")))
    if call.has("destring"):
        ctx.say(f"variable{'s' if len(new) != 1 else ''} born as string:")
        ctx.emit(lines("  ".join(new)))
        passed = [option for option in ("force", "float", "percent") if call.has(option)]
        passed += [f"ignore({call.opt('ignore')})"] if call.has("ignore") else []
        if new:
            ctx.execute(f"destring {' '.join(new)}, replace {' '.join(passed)}")
    else:
        ctx.emit(lines(f"variable{'s' if len(new) != 1 else ''} created as string: ", "  ".join(new)))
    return Stored("r", scalars={"k_new": float(len(new))}, macros={"varlist": " ".join(new)})
