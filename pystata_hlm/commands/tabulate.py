"""tabulate: One- and two-way tables of frequencies.   tabulate varname1 [varname2] [if] [in] [weight] [, options]

One-way here and in ``_oneway``, two-way in ``_twoway``, ``summarize()`` in ``_tabsum``.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _oneway, _tabsum, _twoway
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("chi2", 2),
    Opt("exact", 1, "flagortext"),
    Opt("g", 0, "flagortext"),  # gamma, or generate() when it has an argument
    Opt("gamma", 2),
    Opt("lrchi2", 2),
    Opt("taub", 1),
    Opt("V", 1),
    Opt("cchi2", 4),
    Opt("column", 2),
    Opt("row", 1),
    Opt("clrchi2", 3),
    Opt("cell", 2),
    Opt("expected", 3),
    Opt("nofreq", 3),
    Opt("missing", 1),
    Opt("wrap", 1),
    Opt("key", 0),
    Opt("nokey", 0),
    Opt("nolabel", 3),
    Opt("nolog", 4),
    Opt("all", 1),
    Opt("matcell", 0, "name"),
    Opt("matrow", 0, "name"),
    Opt("matcol", 0, "name"),
    Opt("generate", 2, "text"),
    Opt("sort", 0),
    Opt("summarize", 2, "varname"),
    Opt("means", 3),
    Opt("nomeans", 5),
    Opt("standard", 2),
    Opt("nostandard", 4),
    Opt("freq", 1),
    Opt("obs", 1),
    Opt("noobs", 4),
    Opt("plot", 2),
    Opt("subpop", 3, "varname"),
    Opt("rowsort", 0),
    Opt("colsort", 0),
)
_TWOWAY_ONLY = [
    "chi2",
    "exact",
    "gamma",
    "lrchi2",
    "taub",
    "V",
    "cchi2",
    "column",
    "row",
    "clrchi2",
    "cell",
    "expected",
    "wrap",
    "key",
    "nokey",
    "nolog",
    "all",
    "matcol",
    "rowsort",
    "colsort",
]
_SUMMARIZE_ONLY = ("means", "nomeans", "standard", "nostandard", "freq", "obs", "noobs")


def check_options(call: Call) -> None:
    """Options that do not go with this form of the command."""
    if call.has("g"):
        text = call.options.pop("g")
        call.options |= {"gamma": True} if text is None else {"generate": text}
    if not call.has("summarize"):
        for name in _SUMMARIZE_ONLY:
            if call.has(name):
                raise StataError.option_not_allowed(name)
    elif any(call.has(name) for name in (*_TWOWAY_ONLY, "generate", "sort") if name not in ("wrap",)):
        given = next(
            name for name in (*_TWOWAY_ONLY, "generate", "sort") if call.has(name) and name != "wrap"
        )
        raise StataError.option_not_allowed(given)
    if len(call.varlist) == 1:
        for name in _TWOWAY_ONLY:
            if call.has(name) and not (call.has("summarize") and name == "wrap"):
                raise StataError.option_not_allowed(name)
    else:
        for name, shown in (
            ("generate", "generate()"),
            ("sort", "sort"),
            ("plot", "plot"),
            ("subpop", "subpop()"),
        ):
            if call.has(name):
                raise StataError.option_not_allowed(shown)


def sample_of(call: Call, ctx: Context, names: tuple[str, ...]) -> np.ndarray:
    """Rows that count: the sample, without missing values unless ``missing``."""
    rows = call.sample.copy()
    if call.has("subpop"):  # its zeros are left out
        rows &= ctx.data.values(call.options["subpop"]) != 0
    if not call.has("missing"):
        for name in names:
            rows &= ~ctx.data.column(name).is_missing()
    return rows


def tabulate(call: Call, ctx: Context, names: tuple[str, ...]) -> Stored | None:
    rows = sample_of(call, ctx, names)
    if call.has("summarize"):
        return _tabsum.tabulate(call, ctx, names, rows)
    if len(names) == 1:
        return _oneway.tabulate(call, ctx, names[0], rows)
    return _twoway.tabulate(call, ctx, names, rows)


@command(
    "tabulate",
    min=2,
    klass="r",
    varlist="required",
    max_vars=2,
    byable="loop",
    weights=("fweight", "aweight", "iweight"),
    options=OPTIONS,
    unsupported=("replace:3",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    check_options(call)
    return tabulate(call, ctx, call.varlist)
