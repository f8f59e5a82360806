"""collapse: make a dataset of summary statistics.   collapse [(stat)] [newvar=]varlist ... [if] [in] [weight] [, by(varlist) cw]"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset, Groups
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

SIMPLE = {
    "mean": Grouped.mean,
    "median": Grouped.median,
    "sd": Grouped.sd,
    "sum": Grouped.sum,
    "max": Grouped.max,
    "min": Grouped.min,
    "iqr": Grouped.iqr,
}
OTHER = (
    "semean",
    "sebinomial",
    "sepoisson",
    "rawsum",
    "count",
    "percent",
    "first",
    "last",
    "firstnm",
    "lastnm",
)
_TARGET = re.compile(r"\s*(?:\(\s*(\w+)\s*\)|(\w+)\s*=\s*([\w~]+)|([\w*?~-]+))")


@dataclass(frozen=True)
class Target:
    """One variable to make: its name, the statistic and its source."""

    name: str
    statistic: str
    source: str


def read_targets(text: str, ctx: Context) -> list[Target]:
    statistic, out, at = "mean", [], 0
    while text[at:].strip():
        found = _TARGET.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        if found[1]:
            statistic = _statistic(found[1])
        elif found[2]:
            out.append(Target(check(found[2]), statistic, ctx.data.find(found[3], ctx.settings.varabbrev)))
        else:
            names = expand_varlist(ctx.data, parse("varlist", found[4]), varabbrev=ctx.settings.varabbrev)
            out += [Target(name, statistic, name) for name in names]
    seen: set[str] = set()
    for target in out:
        if target.name in seen:
            raise StataError(
                198, f"error:  name conflict\n{target.name} is specified to be made more than once"
            )
        seen.add(target.name)
    return out


def _statistic(word: str) -> str:
    word = {"n": "count", "seb": "sebinomial", "sem": "semean", "sep": "sepoisson", "p50": "median"}.get(
        word, word
    )
    if word in SIMPLE or word in OTHER or re.fullmatch(r"p[1-9]\d?", word):
        return word
    raise StataError(198, f"invalid statistic: ({word})")


REFUSED = {
    "pweight": ("sd", "semean", "sebinomial", "sepoisson"),
    "iweight": ("semean", "sebinomial", "sepoisson"),
    "aweight": ("sebinomial", "sepoisson"),
}
"""Statistics that a kind of weight does not go with ([D] collapse)."""


@command(
    "collapse",
    syntax="anything",
    weights=("aweight", "fweight", "iweight", "pweight"),
    options=(Opt("by", 0, "varlist"), Opt("cw"), Opt("fast")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    targets = read_targets(call.node.text, ctx)
    if not targets:
        raise StataError.varlist_required()
    by = list(call.opt("by", ()))
    for target in targets:
        if data.column(target.source).is_string and target.statistic not in (
            "count",
            "first",
            "last",
            "firstnm",
            "lastnm",
        ):
            raise StataError.type_mismatch()
        if target.name in by:
            raise StataError(198, f"{target.name} may not be both a by() variable and a result")
        if call.weight is not None and target.statistic in REFUSED.get(call.weight.kind, ()):
            raise StataError(135, f"{target.statistic} not allowed with {call.weight.kind}s")
    sample = call.sample
    if call.has("cw"):
        for target in targets:
            sample = sample & ~data.column(target.source).is_missing()
    if not sample.any():
        raise StataError.no_observations()
    groups = data.groups(by, sample)
    weights = None if call.weight is None else call.weight.values
    kind = "" if call.weight is None else call.weight.kind
    first = groups.first_rows
    columns: dict[str, Column] = {name: data.column(name).take(first) for name in by}
    for target in targets:
        columns[target.name] = _result(target, data, groups, sample, weights, kind)
    out = Dataset(columns)
    used = {column.value_label for column in columns.values()}
    out.value_labels = {name: label for name, label in data.value_labels.items() if name in used}
    out.label = data.label
    out.sortedby = tuple(by)
    out.changed = True
    ctx.data = out
    return None


def _result(
    target: Target, data: Dataset, groups: Groups, sample: np.ndarray, weights: np.ndarray | None, kind: str
) -> Column:
    source, statistic = data.column(target.source), target.statistic
    label = f"({statistic if statistic != 'median' else 'p 50'}) {target.source}"
    if re.fullmatch(r"p\d+", statistic):
        label = f"(p {statistic[1:]}) {target.source}"
    if statistic in ("first", "last", "firstnm", "lastnm"):
        return source.with_(data=_picked(source, groups, statistic, sample), label=label)
    present = sample & ~source.is_missing()
    there: np.ndarray | slice = slice(None) if present.all() else present
    codes, g = groups.codes[there], len(groups)
    if statistic in ("count", "percent"):
        w = None if weights is None or kind == "aweight" else weights[there]
        counts = np.bincount(codes, weights=w, minlength=g).astype(float)
        if statistic == "percent":
            share = 100.0 * counts / counts.sum() if counts.sum() else np.full(g, np.nan)
            return Column.numeric(share, None, "double", format="%9.0g", label=label)
        return Column.numeric(counts, None, "long", format=_count_format(source), label=label)
    x = source.values()[there]
    if statistic == "rawsum":
        weights = None
    w = None if weights is None else weights[there]
    grouped = Grouped(x, codes, g, _scaled(w, codes, g, kind))
    values = _number(statistic, grouped)
    if statistic == "sum" and kind == "aweight" and w is not None:
        values = Grouped(x, codes, g, _scaled(w, codes, g, kind)).sum()
    stype = _type(source, statistic, values)
    column = Column.numeric(values, None, stype, label=label)
    fmt = source.format
    labelled = statistic in ("min", "max", "median") and source.value_label
    return column.with_(format=fmt, value_label=source.value_label if labelled else "")


def _scaled(w: np.ndarray | None, codes: np.ndarray, g: int, kind: str) -> np.ndarray | None:
    """Analytic weights are scaled to sum to the number of observations of each group."""
    if w is None or kind != "aweight":
        return w
    n, total = np.bincount(codes, minlength=g), np.bincount(codes, weights=w, minlength=g)
    factor = np.divide(n, total, out=np.zeros(g), where=total > 0)
    return np.asarray(w * factor[codes])


def _number(statistic: str, grouped: Grouped) -> np.ndarray:
    if statistic in SIMPLE:
        values = SIMPLE[statistic](grouped)
    elif statistic == "rawsum":
        values = grouped.sum()
    elif statistic == "semean":
        with np.errstate(divide="ignore", invalid="ignore"):
            values = grouped.sd() / np.sqrt(grouped.total_weight)
    elif statistic == "sebinomial":
        p = grouped.mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.sqrt(p * (1 - p) / grouped.total_weight)
    elif statistic == "sepoisson":
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.sqrt(grouped.mean() / grouped.total_weight)
    else:
        values = grouped.percentile(float(statistic[1:]))
    return np.where(np.isfinite(values), values, np.nan)


def _type(source: Column, statistic: str, values: np.ndarray) -> str:
    """min and max keep the type; means and the like are float, or double when the source is long or double;
    sums are double."""
    if statistic in ("min", "max"):
        return source.stype
    if statistic in ("sum", "rawsum"):
        return "double"
    return "double" if source.stype in ("long", "double") else "float"


def _count_format(source: Column) -> str:
    return storage.default_format("long") if source.is_string else source.format


def _picked(source: Column, groups: Groups, statistic: str, sample: np.ndarray) -> np.ndarray:
    """First or last value of each group in data order (``nm``: the first or last nonmissing one)."""
    if not statistic.endswith("nm"):
        rows = groups.first_rows if statistic == "first" else groups.last_rows
        return np.asarray(source.data[rows])
    rows = np.flatnonzero(sample & ~source.is_missing())
    codes = groups.codes[rows]
    at = np.full(len(groups), -1)
    if statistic == "firstnm":
        at[codes[::-1]] = rows[::-1]
    else:
        at[codes] = rows
    out: np.ndarray = missing.missing_array(len(groups), source.stype)
    out[at >= 0] = source.data[at[at >= 0]]
    return out
