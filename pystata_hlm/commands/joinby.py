"""joinby: form all pairwise combinations within groups.   joinby [varlist] using filename [, unmatched() update replace _merge() nolabel]

Errors: r(111) no variables in common, r(106) a string key against a number, r(110) _merge exists.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.commands._merging import all_pairs, with_unmatched
from pystata_hlm.commands.merge import combine
from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

TEXTS = {
    1: "only in master data",
    2: "only in using data",
    3: "both in master and using data",
    4: "missing values updated",
    5: "nonmissing conflict",
}
_WHICH = (("none", 1), ("both", 1), ("master", 1), ("using", 1))


@command(
    "joinby",
    syntax="anything",
    allow={"using"},
    options=(
        Opt("unmatched", 3, "text"),
        Opt("update"),
        Opt("replace"),
        Opt("_merge", 0, "text"),
        Opt("nolabel", 3, "off"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None:
        raise StataError(100, "using required")
    if len(call.node.clauses.files) > 1:
        raise StataError.invalid_word(call.node.clauses.files[1])
    if call.has("replace") and not call.has("update"):
        raise StataError(198, "option replace requires option update")
    which = match(call.opt("unmatched", "none").strip(), _WHICH)
    if which is None:
        raise StataError(198, "option unmatched() incorrectly specified")
    flag = check(call.opt("_merge", "_merge").strip()) if call.has("unmatched") else ""
    if flag and flag in ctx.data:
        raise StataError.already_defined(flag)
    data, using = ctx.data, _files.read(call.using, ctx)
    text = call.node.text.strip()
    if text:
        keys = list(expand_varlist(data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
        for name in keys:
            if name not in using:
                raise StataError(111, f"variable {name} not found in using data")
    else:
        keys = [name for name in data.names if name in using]
    if not keys:
        raise StataError(111, "no variables in common")
    pairs = with_unmatched(
        all_pairs(data, using, keys), data.n, using.n, which in ("both", "master"), which in ("both", "using")
    )
    result = combine(data, using, keys, pairs, call, ctx)
    if flag:
        ctx.data.value_labels["_merge"] = ValueLabel(TEXTS)
        column = Column.numeric(
            result.astype(float), None, "byte", format="%29.0g", value_label="_merge", label=""
        )
        ctx.data.add(flag, column)
    ctx.data.sortedby = tuple(keys) if not np.isin(result, (1, 2)).any() else ()
    ctx.data.sort(keys)
    return None
