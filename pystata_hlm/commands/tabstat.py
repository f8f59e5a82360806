"""tabstat: Compact table of summary statistics.   tabstat varlist [if] [in] [weight] [, by() statistics() options]"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands._categories import axis
from pystata_hlm.commands._moments import Moments, central, moments
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width, format_number, is_valid_format, text_width
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt, Weights


@dataclass(frozen=True)
class Values:
    """Nonmissing values of one variable in one group, their weights and moments."""

    x: np.ndarray
    w: np.ndarray | None
    m: Moments

    def percentile(self, p: float) -> float:
        return float(percentiles(self.x, p, self.w)[0])


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


# name in r(StatTotal), heading to release 16, heading from 17, function
_STATISTICS: dict[str, tuple[str, str, Callable[[Values], float]]] = {
    "mean": ("mean", "Mean", lambda v: v.m.mean),
    "N": ("N", "N", lambda v: v.m.n),
    "sum": ("sum", "Sum", lambda v: v.m.sum),
    "max": ("max", "Max", lambda v: v.m.max),
    "min": ("min", "Min", lambda v: v.m.min),
    "range": ("range", "Range", lambda v: v.m.max - v.m.min),
    "sd": ("sd", "SD", lambda v: v.m.sd),
    "variance": ("variance", "Variance", lambda v: v.m.var),
    "cv": ("cv", "CV", lambda v: _ratio(v.m.sd, v.m.mean)),
    "semean": ("se(mean)", "SE(mean)", lambda v: v.m.sd / math.sqrt(v.m.n) if v.m.n else math.nan),
    "skewness": ("skewness", "Skewness", lambda v: central(v.x, v.w)[0]),
    "kurtosis": ("kurtosis", "Kurtosis", lambda v: central(v.x, v.w)[1]),
    **{
        f"p{p}": (f"p{p}", f"p{p}", lambda v, p=p: v.percentile(float(p)))  # type: ignore[misc]
        for p in (1, 5, 10, 25, 50, 75, 90, 95, 99)
    },
    "iqr": ("iqr", "IQR", lambda v: v.percentile(75.0) - v.percentile(25.0)),
}
_ALIASES = {
    "n": ("N",),
    "count": ("N",),
    "median": ("p50",),
    "med": ("p50",),
    "q": ("p25", "p50", "p75"),
    "var": ("variance",),
    "v": ("variance",),
    "me": ("mean",),
    "mea": ("mean",),
    "su": ("sum",),
    "ma": ("max",),
    "mi": ("min",),
    "r": ("range",),
    "sk": ("skewness",),
    "k": ("kurtosis",),
    "sem": ("semean",),
    "co": ("N",),
}


def statistics(text: str) -> list[str]:
    """Names of ``statistics()`` in full; r(198) for unknown ones."""
    out: list[str] = []
    for word in text.lower().replace(",", " ").split():
        if word in _ALIASES:
            out += _ALIASES[word]
            continue
        full = [name for name in _STATISTICS if name.lower() == word]
        full = full or [name for name in _STATISTICS if len(word) > 2 and name.startswith(word)]
        if not full:
            raise StataError(198, f"unknown statistic: {word}")
        out.append(full[0])
    return out


def collect(x: np.ndarray, w: np.ndarray | None, weight: Weights | None) -> Values:
    used = ~np.isnan(x)
    kept = None if w is None else w[used]
    return Values(x[used], kept, moments(x[used], weight, kept))


def compute(x: np.ndarray, w: np.ndarray | None, weight: Weights | None, names: list[str]) -> np.ndarray:
    """(statistics, variables) for the rows given."""
    columns = [collect(x[:, j], w, weight) for j in range(x.shape[1])]
    out = np.full((len(names), len(columns)), np.nan)
    for i, name in enumerate(names):
        for j, values in enumerate(columns):
            if values.x.size or name in ("N", "sum"):
                out[i, j] = _STATISTICS[name][2](values)
    return out


@dataclass(frozen=True)
class Shown:
    """Everything the layout needs."""

    names: tuple[str, ...]
    stats: list[str]
    groups: list[tuple[str, np.ndarray]]
    total: np.ndarray | None
    by: str
    formats: list[str]
    by_statistics: bool
    longstub: bool
    stub: int
    separator: bool

    def columns(self, part: slice) -> Shown:
        """Some of the columns: statistics, or variables."""
        pick = (part, slice(None)) if self.by_statistics else (slice(None), part)
        groups = [(title, values[pick]) for title, values in self.groups]
        total = None if self.total is None else self.total[pick]
        if self.by_statistics:
            return replace(self, stats=self.stats[part], groups=groups, total=total)
        return replace(self, names=self.names[part], formats=self.formats[part], groups=groups, total=total)


def _heads(stats: list[str], new: bool) -> list[str]:
    return [_STATISTICS[name][1] if new else _STATISTICS[name][0] for name in stats]


def _number(value: float, fmt: str) -> str:
    return format_number(value, fmt).strip().rjust(10)


def panels(s: Shown, new: bool, linesize: int) -> list[str]:
    """The table's lines; columns that do not fit the line size go into further tables below."""
    total = len(s.stats) if s.by_statistics else len(s.names)
    per = max(1, (linesize - _stub_width(s) - 2) // 10)
    out: list[str] = []
    for start in range(0, total, per):
        if out:
            out.append("")
        out += layout(s.columns(slice(start, start + per)), new)
    return out


def _second(s: Shown) -> int:
    """Width of the second stub: names or statistics beside the groups."""
    if s.by and (len(s.names) > 1 if s.by_statistics else s.longstub):
        return 13 if s.by_statistics else 10
    return 0


def _stub_width(s: Shown) -> int:
    return s.stub + _second(s)


def layout(s: Shown, new: bool) -> list[str]:
    """The lines of one table."""
    heads = _heads(s.stats, new)
    several = len(s.names) > 1
    stub_head: str
    if s.by_statistics:
        columns = heads
        stub_head = s.by if s.by else ("Variable" if new else "variable")
    else:
        columns = [abbrev(name, 8) for name in s.names]
        stub_head = s.by if s.by else ("Stats" if new else "stats")
    second = _second(s)
    stub = s.stub

    def line(left: str, right: str, cells: list[str]) -> str:
        text = cut_to_width(left, stub)
        head = " " * (stub - text_width(text)) + text
        if second:
            head += right.rjust(second) if not s.by_statistics else "  " + right.ljust(second - 2)
        return f"{head} |{''.join(cells)}"

    def rule() -> str:
        return "-" * (stub + second + 1) + "+" + "-" * (10 * len(columns))

    side = ("Variable" if new else "variable") if s.by_statistics else ("Stats" if new else "stats")
    lines = [line(stub_head, side, [text.rjust(10) for text in columns]), rule()]
    blocks = [*s.groups] if s.by else [("", s.total if s.total is not None else s.groups[0][1])]
    if s.by and s.total is not None:
        blocks.append(("Total", s.total))
    for k, (title, values) in enumerate(blocks):
        many = (len(s.stats) > 1 and not s.by_statistics) or (s.by_statistics and several)
        last_total = s.by and s.total is not None and k == len(blocks) - 1
        if k and ((many and s.separator) or last_total):
            lines.append(rule())
        if s.by_statistics:
            for j, name in enumerate(s.names):
                cells = [_number(float(values[i, j]), s.formats[j]) for i in range(len(s.stats))]
                left = (title if j == 0 else "") if s.by else abbrev(name, s.stub)
                lines.append(line(left, abbrev(name, 8), cells))
        else:
            for i, head in enumerate(heads):
                cells = [_number(float(values[i, j]), s.formats[j]) for j in range(len(s.names))]
                left = (title if i == 0 else "") if s.by else head
                lines.append(line(left, head, cells))
    lines.append("-" * (stub + second + 2 + 10 * len(columns)))
    return lines


@command(
    "tabstat",
    klass="r",
    varlist="required",
    byable="loop",
    weights=("aweight", "fweight"),
    options=(
        Opt("by", 2, "varname"),
        Opt("statistics", 1, "text"),
        Opt("stats", 5, "text"),
        Opt("columns", 1, "text"),
        Opt("format", 1, "flagortext"),
        Opt("casewise", 2),
        Opt("nototal", 3),
        Opt("missing", 1),
        Opt("noseparator", 5),
        Opt("longstub", 2),
        Opt("save", 2),
        Opt("labelwidth", 6, "int", 16),
        Opt("varwidth", 5, "int", 12),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    names = call.varlist
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    stats = statistics(call.opt("statistics", call.opt("stats", "mean"))) or ["mean"]
    by = call.opt("by", "")
    by_statistics = _columns(call.opt("columns", ""), len(names))
    x = np.column_stack([ctx.data.column(name).values() for name in names])
    rows = call.sample.copy()
    if call.has("casewise"):
        rows &= ~np.isnan(x).any(1)
    if by and not call.has("missing"):
        rows &= ~ctx.data.column(by).is_missing()
    if not rows.any():
        raise StataError.no_observations()
    formats = _formats(call, names, ctx)
    w = None if call.weight is None else call.weight.values[rows]
    total = compute(x[rows], w, call.weight, stats)
    groups: list[tuple[str, np.ndarray]] = []
    stub = 8
    if by:
        found = axis(ctx.data, by, rows)
        width = call.opt("labelwidth", 16)
        order = np.argsort(found.index, kind="stable")
        ends = np.cumsum(np.bincount(found.index, minlength=len(found.texts)))
        listed = x[rows][order]
        for text, inside in zip(found.texts, np.split(order, ends[:-1]), strict=True):
            here, listed = listed[: len(inside)], listed[len(inside) :]
            part = compute(here, None if w is None else w[inside], call.weight, stats)
            groups.append((cut_to_width(text, width), part))
        stub = max(8, len(abbrev(by, 16)), *(text_width(text) for text, _ in groups))
    elif by_statistics:
        stub = call.opt("varwidth", 12)
    shown = Shown(
        names,
        stats,
        groups,
        None if call.has("nototal") and by else total,
        abbrev(by, 16) if by else "",
        formats,
        by_statistics,
        call.has("longstub"),
        stub,
        not call.has("noseparator"),
    )
    new = ctx.settings.new_headings
    _caption(shown, by, ctx, new)
    ctx.say("\n" + "\n".join(panels(shown, new, ctx.settings.linesize)))
    return _saved(call, shown, total) if call.has("save") else None


def _columns(text: str, k: int) -> bool:
    """True when statistics go across."""
    word = text.strip().lower()
    if not word:
        return k == 1
    if "variables".startswith(word):
        return False
    if "statistics".startswith(word):
        return True
    raise StataError(198, "option columns() incorrectly specified")


def _formats(call: Call, names: tuple[str, ...], ctx: Context) -> list[str]:
    if not call.has("format"):
        return ["%9.0g"] * len(names)
    text = call.options["format"]
    if text is None:
        return [ctx.data.column(name).format for name in names]
    if not is_valid_format(text):
        raise StataError(120, "invalid %format")
    return [text] * len(names)


def _caption(s: Shown, by: str, ctx: Context, new: bool) -> None:
    """What the table is about; only with ``by()``."""
    if not by:
        return
    label = ctx.data.column(by).label
    about = f"({label})" if label else ""
    if len(s.names) == 1 or not (s.longstub or s.by_statistics):
        variables = " ".join(s.names)
        if not s.by_statistics:
            ctx.say("\nSummary statistics: " + ", ".join(_heads(s.stats, new)))
        else:
            ctx.say(f"\nSummary for variables: {variables}")
    else:
        ctx.say(f"\nSummary for variables: {' '.join(s.names)}")
    if new:
        ctx.say(f"Group variable: {by} {about}")
    else:
        lead = "     by categories of: " if s.by_statistics else "  by categories of: "
        ctx.say(f"{lead}{by} {about}")


def _saved(call: Call, s: Shown, total: np.ndarray) -> Stored:
    rows = tuple(_STATISTICS[name][0] for name in s.stats)
    matrices = {"StatTotal": StataMatrix(total, rows, s.names)}
    macros: dict[str, str] = {}
    for k, (text, part) in enumerate(s.groups, 1):
        matrices[f"Stat{k}"] = StataMatrix(part, rows, s.names)
        macros[f"name{k}"] = text
    return Stored("r", {}, macros, matrices)
