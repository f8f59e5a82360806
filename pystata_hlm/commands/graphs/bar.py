"""``graph bar [(stat)] yvars [if] [in] [weight] [, over() by() asyvars stack percentages blabel() ...]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.categories import (
    Over,
    Plan,
    category_axis,
    make_plan,
    read_over,
    swap_axes,
)
from pystata_hlm.commands.graphs.common import Mask, by_groups, check_name, draw, numeric
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, is_valid_format
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.options import parse_figure_options
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Bars, Layer, array
from pystata_hlm.graph.words import (
    OptionLike,
    abbreviations,
    matched,
    no_argument,
    required,
    shown,
    split_comma,
    split_options,
)
from pystata_hlm.graph.words import match as find_name
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.runtime.bind import check_weights, in_mask
from pystata_hlm.runtime.bind import weights as bind_weights
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import CommandSpec

_OWN = abbreviations(
    "over:2 asyvars:3 ascategory:4 stack:4 percentages:4 blabel:4 bar:3 missing:4 nofill:4 bargap:4"
)
_LACKING = abbreviations(
    """
    exclude0:4 cw:2 yvaroptions:5 showyvars:4 nolabel:5 pcycle:4 intensity:5 lintensity:4 outergap:5 yreverse:4
    allcategories:3
    """
)
_STATISTICS = frozenset(
    {"mean", "median", "sum", "rawsum", "count", "percent", "min", "max", "sd", "first", "last"}
)


@dataclass(frozen=True)
class Bar:
    """One requested statistic: of a variable, or of the observations (``name`` empty)."""

    statistic: str
    name: str
    title: str


@dataclass(frozen=True)
class Request:
    """A parsed bar chart."""

    bars: tuple[Bar, ...]
    over: tuple[Over, ...] = ()
    as_yvars: bool = False
    as_category: bool = False
    stack: bool = False
    percentages: bool = False
    label_format: str | None = None
    styles: tuple[tuple[int, PlotStyle], ...] = ()
    missing: bool = False

    def style(self, color: int) -> PlotStyle:
        return dict(self.styles).get(color, PlotStyle())


_PIECE = re.compile(r"\(\s*([A-Za-z]\w*)\s*\)")


def read_bars(ctx: Context, text: str) -> tuple[Bar, ...]:
    """``(mean) x y (median) z``, ``new=x``; without variables the percent (or count) of observations."""
    out: list[Bar] = []
    statistic = "mean"
    given = False
    pieces = _PIECE.split(text)
    for k, piece in enumerate(pieces):
        if k % 2:
            statistic, given = piece, True
            if statistic == "asis":
                raise StataError.option_not_supported("(asis)")
            if statistic not in _STATISTICS and not re.fullmatch(r"p\d{1,2}|iqr|se?d?", statistic):
                raise StataError(198, f"{statistic} not a valid statistic")
            if statistic in ("count", "percent") and not pieces[k + 1].strip():
                out.append(Bar(statistic, "", "frequency" if statistic == "count" else "percent"))
            continue
        for word in piece.split():
            title, _, source = word.rpartition("=")
            for name in expand_varlist(ctx.data, parse("varlist", source), ctx.settings.varabbrev):
                if title and not is_valid_name(title):
                    raise StataError.invalid_name(title)
                out.append(Bar(statistic, name, title or f"{_word(statistic)} of {name}"))
    if not out and not given:
        out.append(Bar("percent", "", "percent"))
    if not out:
        raise StataError.varlist_required()
    return tuple(out)


def _word(statistic: str) -> str:
    if statistic == "median":
        return "p 50"
    return f"p {statistic[1:]}" if re.fullmatch(r"p\d+", statistic) else statistic


def compute(bar: Bar, x: Array | None, w: Array, total: float) -> float:
    """The statistic of the nonmissing values of one bar; NaN without any."""
    if x is None:
        return float(w.sum()) * (100 / total if bar.statistic == "percent" else 1.0)
    good = ~np.isnan(x)
    x, w = x[good], w[good]
    if bar.statistic == "count":
        return float(w.sum())
    if bar.statistic == "percent":
        return 100 * float(w.sum()) / total
    if not x.size:
        return np.nan
    match bar.statistic:
        case "mean":
            return float(w @ x / w.sum())
        case "sum":
            return float(w @ x)
        case "rawsum":
            return float(x.sum())
        case "min":
            return float(x.min())
        case "max":
            return float(x.max())
        case "first":
            return float(x[0])
        case "last":
            return float(x[-1])
        case "sd":
            mean = w @ x / w.sum()
            return float(np.sqrt(w @ (x - mean) ** 2 / (w.sum() - 1))) if w.sum() > 1 else np.nan
        case "iqr":
            low, high = percentiles(x, (25, 75), w)
            return float(high - low)
    at = 50.0 if bar.statistic == "median" else float(bar.statistic[1:])
    return float(percentiles(x, (at,), w)[0])


def draw_bars(text: str, ctx: Context, horizontal: bool) -> None:
    """Everything after ``graph bar``."""
    node = parse("anything", text)
    notes: list[str] = []
    request, rest = _read(ctx, read_bars(ctx, node.text), node.clauses.options, notes)
    options = parse_figure_options(rest, notes)
    check_name(ctx, options)
    sample = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        sample &= in_mask(node.clauses.in_, ctx.data.n, ctx)
    weights = np.ones(ctx.data.n)
    if node.clauses.weight is not None:
        spec = CommandSpec("graph bar", lambda call, ctx: None, weights=("fweight", "aweight"))
        bound = bind_weights(node.clauses.weight, spec, ctx)
        sample = check_weights(bound, sample)
        weights = bound.values
    for over in request.over:
        if not request.missing:
            sample &= ~ctx.data.column(over.name).is_missing()
    values = [numeric(ctx.data, b.name) if b.name else None for b in request.bars]
    known = [~np.isnan(v) for v in values if v is not None]
    if known:
        sample &= np.logical_or.reduce(known)
    if not sample.any():
        raise StataError.no_observations()
    groups, labels = by_groups(ctx, options.by, sample)
    total = float(weights[sample].sum())

    def statistic(variable: int, rows: Mask) -> float:
        if not 0 <= variable < len(values):
            raise StataError(198, "option sort() incorrectly specified")
        v = values[variable]
        used = rows & sample
        return compute(request.bars[variable], None if v is None else v[used], weights[used], total)

    plan = make_plan(
        ctx,
        [b.name for b in request.bars],
        request.over,
        sample,
        as_yvars=request.as_yvars,
        as_category=request.as_category,
        fill=0.98,
        statistic=statistic,
        titles=[b.title for b in request.bars],
        stacked=request.stack,
    )
    panels = []
    for group in groups:
        share = float(weights[group.rows].sum())
        heights = [
            _height(request, values, weights, slot.variable, slot.rows & group.rows, share)
            for slot in plan.slots
        ]
        panels.append(PanelSource(_layers(plan, request, array(heights), horizontal), group.heading))
    title = request.bars[0].title if len(request.bars) == 1 else ""
    if request.percentages:
        title = "percent"
    value = AxisSource(title, include=(0.0,), flush=True)
    category, style = category_axis(plan, request.over, horizontal)
    options, x, y = swap_axes(options, category, style, value, horizontal)
    shown_legend = len(plan.legends) > 1
    draw(
        ctx,
        panels,
        options,
        x,
        y,
        notes,
        "hbar" if horizontal else "bar",
        Defaults(legend=shown_legend),
        labels,
    )


def _height(
    request: Request, values: Sequence[Array | None], weights: Array, variable: int, rows: Mask, total: float
) -> float:
    v = values[variable]
    return compute(request.bars[variable], None if v is None else v[rows], weights[rows], total)


def _layers(plan: Plan, request: Request, heights: Array, horizontal: bool) -> tuple[Layer, ...]:
    """One layer for each colour; stacked bars start where those below end."""
    places = array([s.position for s in plan.slots])
    widths = array([s.width for s in plan.slots])
    colors = np.array([s.color for s in plan.slots])
    if horizontal:
        places = plan.length - places
    heights = np.nan_to_num(heights, nan=0.0) if request.stack or request.percentages else heights
    if request.percentages:
        cells = _cells(plan)
        totals = np.bincount(cells, weights=heights)
        with np.errstate(invalid="ignore", divide="ignore"):
            heights = 100 * heights / totals[cells]
    base = np.zeros(len(heights))
    if request.stack:
        for place in np.unique(places):
            at = np.flatnonzero(places == place)
            base[at] = np.concatenate([[0.0], np.cumsum(heights[at])[:-1]])
    out: list[Layer] = []
    for color, legend in enumerate(plan.legends, start=1):
        k = np.flatnonzero((colors == color) & ~np.isnan(heights))
        style = request.style(color)
        top = base[k] + heights[k]
        texts = None
        if request.label_format is not None:
            texts = tuple(format_number(float(h), request.label_format).strip() for h in heights[k])
        out.append(
            Bars(places[k] - widths[k] / 2, places[k] + widths[k] / 2, top, base[k], legend, style.fill(),
                 style.stroke(), horizontal, texts, style=color, kind="bar")
        )  # fmt: skip
    return tuple(out)


def _cells(plan: Plan) -> np.ndarray:
    """Number of the category each slot belongs to: slots come category by category."""
    return np.arange(len(plan.slots)) // max(1, len(plan.legends))


def _read(
    ctx: Context, bars: tuple[Bar, ...], options: Sequence[OptionLike], notes: list[str]
) -> tuple[Request, list[OptionLike]]:
    out = Request(bars)
    rest: list[OptionLike] = []
    for option in options:
        full = find_name(option.name, _OWN)
        if full is None:
            lacking = find_name(option.name, _LACKING)
            if lacking is not None:
                raise StataError.option_not_supported(lacking if option.argument is None else f"{lacking}()")
            rest.append(option)
            continue
        match full:
            case "over":
                out = replace(out, over=(*out.over, read_over(ctx, required(option, full), notes)))
            case "bar":
                out = replace(out, styles=(*out.styles, _bar_style(required(option, full), notes)))
            case "blabel":
                out = replace(out, label_format=_label_format(required(option, full)))
            case "bargap" | "nofill":
                raise StataError.option_not_supported(shown(option))
            case _:
                no_argument(option)
                field = {"asyvars": "as_yvars", "ascategory": "as_category"}.get(full, full)
                out = replace(out, **{field: True})  # type: ignore[arg-type]
    if len(out.over) > 2:
        raise StataError(198, "no more than two over() options are allowed")
    if out.as_yvars and len(bars) > 1:
        raise StataError(198, "option asyvars may not be specified with more than one yvar")
    if out.stack and not out.as_yvars and len(bars) == 1 and out.over:
        out = replace(out, as_yvars=True)  # as Stata: the first over() supplies the parts
    return out, rest


def _bar_style(argument: str, notes: list[str]) -> tuple[int, PlotStyle]:
    number, rest = split_comma(argument)
    if not number.isdigit() or int(number) < 1:
        raise StataError(198, "option bar() incorrectly specified")
    mine, unknown = split_plot_options(split_options(rest), {})
    for option in unknown:
        raise StataError.option_not_allowed(shown(option))
    return int(number), parse_plot_style(mine, {}, notes)


def _label_format(argument: str) -> str:
    what, rest = split_comma(argument)
    if what not in ("bar", "total"):
        raise StataError.option_not_supported(f"blabel({what})")
    fmt = "%9.0g"
    for full, option in matched(
        split_options(rest), {"format": 3}, abbreviations("position:3 size:4 color:3 gap:3")
    ):
        fmt = required(option, full).strip().strip('"')
        if not is_valid_format(fmt):
            raise StataError(120, "invalid %format")
    return fmt
