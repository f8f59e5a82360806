"""statsby: collect statistics for a command across by-groups.   statsby [exp_list], by(varlist) [clear saving(file)]: command

The dataset of results, one observation a group, replaces the data in memory or goes to a file.
Errors: r(198) without by(); r(4) when the data would be lost; a group whose command fails gives missing values.
"""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import numpy as np

from pystata_hlm.commands._files import with_suffix
from pystata_hlm.commands._resampling import StatisticList, run_once, saved_names, statistics
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset, Groups
from pystata_hlm.data.io import write_dta
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

RULER = "----+--- 1 ---+--- 2 ---+--- 3 ---+--- 4 ---+--- 5 "


def legend(name: str, inner: str, wanted: StatisticList, names: list[str], by: tuple[str, ...]) -> list[str]:
    rows = [("Command", inner.strip()), *zip(names, (item.text for item in wanted.items), strict=True)]
    return ["", *(f"{label:>13}: {text}" for label, text in [*rows, ("By", " ".join(by))])]


def progress(marks: list[str]) -> list[str]:
    """Fifty marks to a line under a ruler, full lines with their count."""
    out = ["", "Statsby groups", RULER]
    for k in range(0, len(marks), 50):
        row = "".join(marks[k : k + 50])
        out.append(f"{row}{k + 50:>6d}" if len(row) == 50 else row)
    return out


def run_groups(
    inner: str, base: Dataset, groups: Groups, wanted: StatisticList, call: Call, ctx: Context
) -> tuple[np.ndarray, list[str]]:
    """(g, k) statistics and the progress marks; NaN and ``x`` for a group whose command fails."""
    out = np.full((len(groups), len(wanted.items)), math.nan)
    marks = []
    try:
        for k in range(len(groups)):
            part = base.copy()
            rows = groups.rows(k)
            part.keep_rows(np.arange(base.n)[rows] if isinstance(rows, slice) else rows)
            ctx.data = part
            try:
                ctx.execute(inner, quiet=not call.has("noisily"))
                out[k] = wanted.collect(ctx)
            except StataError:
                marks.append("x")
                continue
            marks.append(".")
    finally:
        ctx.data = base
    return out, marks


def subsets(by: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All variables, then every choice of fewer, largest first; none is left to the total."""
    return [chosen for size in range(len(by), 0, -1) for chosen in combinations(by, size)]


def identifiers(base: Dataset, by: tuple[str, ...], parts: list[tuple[tuple[str, ...], Groups]]) -> Dataset:
    """The by-variables of every group of every subset; missing where a variable is not in the subset."""
    columns = {}
    for name in by:
        column = base.column(name)
        pieces = [
            (
                column.take(groups.first_rows)
                if name in subset
                else Column.missing(len(groups), column.stype)
            ).data
            for subset, groups in parts
        ]
        columns[name] = column.with_(data=np.concatenate(pieces))
    return Dataset(columns)


@command(
    "statsby",
    syntax="explist",
    prefix=True,
    allow=set(),
    options=(
        Opt("by", 0, "text"),
        Opt("clear"),
        Opt("saving", 2, "text"),
        Opt("total", 1),
        Opt("subsets", 3),
        Opt("nodots", 6, "off"),
        Opt("noisily", 1),
        Opt("nolegend", 5, "off"),
        Opt("double"),
    ),
    unsupported=("basepop:3", "forcedrop", "force", "dots", "trace"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    by, keep_missing = _by(call, ctx)
    target = _target(call, ctx)
    inner = call.prefix_command
    base = ctx.data
    before = (ctx.workspace.r, ctx.workspace.e)
    ctx.data = base.copy()
    try:
        ran = run_once(inner, ctx)
        wanted = statistics(call.node.items, ctx, "_stat", ran.klass)
        overall = wanted.collect(ctx)
    finally:
        ctx.data = base
    name = ran.name
    ctx.say(f"(running {name} on estimation sample)")
    names = saved_names(wanted.items, "_stat")
    if not call.has("nolegend"):
        ctx.emit(lines(*legend(name, inner, wanted, names, by)))
    rows = np.ones(base.n, dtype=bool)
    for variable in by:
        if not keep_missing:
            rows &= ~base.column(variable).is_missing()
    parts, found, marks = [], [], []
    for subset in subsets(by) if call.has("subsets") else [by]:
        groups = base.groups(list(subset), rows)
        values, marked = run_groups(inner, base, groups, wanted, call, ctx)
        marks += marked
        found.append(values)
        parts.append((subset, groups))
    if not call.has("nodots"):
        ctx.emit(lines(*progress(marks)))
    if call.has("total") or call.has("subsets"):
        found.append(overall[np.newaxis])
    values = np.vstack(found)
    result = identifiers(base, by, parts)
    result.set_obs(len(values))
    stype = "double" if call.has("double") else "float"
    for k, column in enumerate(names):
        result.add(column, Column.numeric(values[:, k], None, stype, label=wanted.items[k].text[:80]))
    used = {base.column(variable).value_label for variable in by}
    result.value_labels = {k: v for k, v in base.value_labels.items() if k in used}
    result.label = f"statsby: {name}"
    result.sortedby = by if len(parts) == 1 and len(found) == 1 else ()
    ctx.workspace.r, ctx.workspace.e = before
    if target is not None:
        write_dta(result, target)
    else:
        ctx.data = result
    return None


def _by(call: Call, ctx: Context) -> tuple[tuple[str, ...], bool]:
    """``by(varlist [, missing])``."""
    if not call.has("by"):
        raise StataError(198, "option by() required")
    node = parse("standard", call.opt("by"))
    options = typed_options(node.clauses.options, (Opt("missing", 1),), (), ctx)
    names = tuple(expand_varlist(ctx.data, node.varlist, varabbrev=ctx.settings.varabbrev))
    if not names:
        raise StataError.varlist_required()
    return names, "missing" in options


def _target(call: Call, ctx: Context) -> Path | None:
    """The file of ``saving(file [, replace])``; None when the results replace the data in memory."""
    if call.has("saving"):
        node = parse("anything", call.opt("saving"))
        options = typed_options(node.clauses.options, (Opt("replace"), Opt("double")), ("every",), ctx)
        shown = with_suffix(strip_quotes(node.text))
        path = ctx.workspace.resolve(shown)
        if path.exists() and "replace" not in options:
            raise StataError.file_exists(shown)
        return path
    if ctx.data.changed and not call.has("clear"):
        raise StataError.data_would_be_lost()
    return None
