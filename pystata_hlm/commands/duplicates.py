"""duplicates: report, show, tag or drop duplicate observations.   duplicates report|examples|list|tag|drop [varlist] [if] [in]"""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.commands._storing import plural
from pystata_hlm.commands.list import alignment, cell_texts, separators
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Groups
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Listing, lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

LIST_OPTIONS = (
    Opt("nolabel", 3, "off"),
    Opt("abbreviate", 2, "int", 8),
    Opt("string", 3, "int"),
    Opt("separator", 3, "int"),
    Opt("clean"),
    Opt("table", 1),
    Opt("divider", 3),
    Opt("noheader", 3, "off"),
    Opt("sepby", 5, "varlist"),
    Opt("noobs", 3, "off"),
)
"""What ``list`` shows the observations with."""


def _heading(names: list[str], chosen: bool) -> list[str]:
    return ["", f"Duplicates in terms of {' '.join(names) if chosen else 'all variables'}"]


def _report(groups: Groups, ctx: Context) -> Stored:
    sizes = np.asarray(groups.sizes)
    copies, how_many = np.unique(sizes, return_counts=True)
    rule = "-" * 38
    body = [
        f"{c:>9} | {c * k:>12} {(c - 1) * k:>13}"
        for c, k in zip(copies.tolist(), how_many.tolist(), strict=True)
    ]
    ctx.emit(
        lines("", rule, "   Copies | Observations       Surplus", "-" * 10 + "+" + "-" * 27, *body, rule)
    )
    return Stored("r", scalars={"N": float(sizes.sum()), "unique_value": float(len(sizes))})


def _show(names: list[str], groups: Groups, sample: np.ndarray, call: Call, ctx: Context, one: bool) -> None:
    """All duplicates, group by group; or (``one``) an example of each group and how many there are."""
    sizes = np.asarray(groups.sizes)[np.maximum(groups.codes, 0)]
    rows = np.flatnonzero(sample & (groups.codes >= 0) & (sizes > 1))
    if not len(rows):
        ctx.say("\n(0 observations are duplicates)")
        return
    rows = rows[np.argsort(groups.codes[rows], kind="stable")]
    levels, first, numbers = np.unique(groups.codes[rows], return_index=True, return_inverse=True)
    data = ctx.data
    if one:
        rows = rows[first]
        heads = ["Group", "#", "e.g. obs"]
        cells = [[str(k + 1) for k in range(len(levels))], [str(n) for n in sizes[rows].tolist()]]
    else:
        heads = ["Group", "Obs"]
        cells = [[str(k + 1) for k in numbers]]
    cells.append([str(r + 1) for r in rows])
    cells += [cell_texts(data, name, rows, call.has("nolabel"), call.opt("string", 0)) for name in names]
    options: dict[str, Any] = {
        "noobs": True,  # the numbers stand in the column Obs, with and without the option
        "linesize": ctx.settings.linesize,
        "divider": call.has("divider"),
        "noheader": call.has("noheader"),
    }
    if call.has("separator"):
        options["separator"] = call.opt("separator")
    if call.has("sepby"):
        options["breaks"] = separators(data, call.options["sepby"], rows)
    for shape in ("clean", "table"):
        if call.has(shape):
            options["format"] = shape
    ctx.emit(
        Listing(
            heads=(*heads, *(abbrev(name, call.opt("abbreviate", 8)) for name in names)),
            aligns=(*("right" for _ in heads), *(alignment(data.column(name)) for name in names)),
            cells=tuple(map(tuple, cells)),
            obs=tuple((rows + 1).tolist()),
            options=options,
        )
    )


@command(
    "duplicates",
    syntax="anything",
    options=(Opt("generate", 1, "newvar"), Opt("force"), *LIST_OPTIONS),
    unsupported=("header:1", "compress", "fast", "subvarname"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.node.text.strip().partition(" ")
    kinds = [
        kind
        for kind, shortest in (("report", 1), ("tag", 1), ("list", 1), ("drop", 4), ("examples", 1))
        if len(word) >= shortest and kind.startswith(word)
    ]
    if len(kinds) != 1:
        raise StataError(198, f"illegal {word} subcommand" if word else "subcommand required")
    kind = kinds[0]
    if kind not in ("list", "examples"):
        for option in LIST_OPTIONS:
            if call.has(option.name):
                raise StataError.option_not_allowed(option.name)
    if call.has("force") and kind != "drop":
        raise StataError.option_not_allowed("force")
    data = ctx.data
    chosen = bool(rest.strip())
    names = (
        list(expand_varlist(data, parse("varlist", rest), varabbrev=ctx.settings.varabbrev))
        if chosen
        else list(data.names)
    )
    if call.has("generate") != (kind == "tag"):
        raise StataError(
            198, "option generate() required" if kind == "tag" else "option generate() not allowed"
        )
    if kind == "drop" and chosen and not call.has("force"):
        raise StataError(198, "option force required when duplicates drop is given a varlist")
    groups = data.groups(names, call.sample)
    ctx.emit(lines(*_heading(names, chosen)))
    if kind == "report":
        return _report(groups, ctx)
    if kind in ("list", "examples"):
        _show(names, groups, call.sample, call, ctx, kind == "examples")
    elif kind == "tag":
        surplus = np.asarray(groups.sizes)[np.maximum(groups.codes, 0)] - 1.0
        values = np.where(groups.codes >= 0, surplus, np.nan)
        top = float(np.nanmax(values)) if len(groups) else 0.0
        stype = "byte" if top <= 100 else "int" if top <= 32740 else "long"
        data.add(call.opt("generate"), Column.numeric(values, None, stype))
    else:
        keep = ~call.sample
        if len(groups):
            keep[groups.first_rows] = True
        gone = data.n - int(np.count_nonzero(keep))
        if gone:
            data.keep_rows(keep)
            ctx.say(f"\n({plural(gone, 'observation', 'observations')} deleted)")
        else:
            ctx.say("\n(0 observations are duplicates)")
        return Stored("r", scalars={"N_drop": float(gone)})
    return None
