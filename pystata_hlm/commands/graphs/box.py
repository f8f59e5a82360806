"""``graph box yvars [if] [in] [weight] [, over() by() nooutsides asyvars ...]`` and ``graph hbox``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.common import (
    Mask,
    axis_of,
    by_groups,
    check_name,
    draw,
    numeric,
    texts_of,
    title_of,
    varlist,
)
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.graph.axisoptions import LabelRule, read_labels
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.options import FigureOptions, parse_figure_options
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Box, Boxes, Layer, TextStyle, Tick
from pystata_hlm.graph.words import (
    OptionLike,
    abbreviations,
    match,
    matched,
    no_argument,
    required,
    shown,
    split_comma,
    split_options,
    tokens,
)
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric.quantiles import box as box_statistics
from pystata_hlm.runtime.bind import check_weights, in_mask
from pystata_hlm.runtime.bind import weights as bind_weights
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import CommandSpec

_OWN = abbreviations(
    "over:2 nooutsides:3 asyvars:3 ascategory:4 box:3 marker:4 intensity:5 missing:4 noasyvars:0"
)
_LACKING = abbreviations(
    """
    medtype:7 medline:7 medmarker:7 cwhiskers:4 lines:4 alsize:6 capsize:4 boxgap:6 outergap:5 allcategories:3
    cw:2 yvaroptions:5 showyvars:4 nolabel:5 pcycle:4 linetype:5 exclude0:4 yreverse:4 lintensity:4
    """
)
_OVER = abbreviations("label:3 relabel:3 gap:3 sort:3 descending:3 total:3 axis:2 reverse:3")


@dataclass(frozen=True)
class Over:
    """One ``over()``: its variable and how the categories are written."""

    name: str
    relabel: dict[int, str]
    style: TextStyle
    visible: bool = True


@dataclass(frozen=True)
class Request:
    """A parsed box plot."""

    names: tuple[str, ...]
    over: tuple[Over, ...] = ()
    as_yvars: bool = False
    as_category: bool = False
    outside: bool = True
    missing: bool = False
    styles: dict[int, PlotStyle] | None = None
    markers: dict[int, PlotStyle] | None = None


def draw_boxes(text: str, ctx: Context, horizontal: bool) -> None:
    """Everything after ``graph box``."""
    node = parse("standard", text)
    names = tuple(expand_varlist(ctx.data, node.varlist, varabbrev=ctx.settings.varabbrev))
    if not names:
        raise StataError.varlist_required()
    notes: list[str] = []
    request, rest = _read(ctx, names, node.clauses.options, notes)
    options = parse_figure_options(rest, notes)
    check_name(ctx, options)
    sample = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        sample &= in_mask(node.clauses.in_, ctx.data.n, ctx)
    weights = None
    if node.clauses.weight is not None:
        spec = CommandSpec("graph box", lambda call, ctx: None, weights=("fweight", "aweight"))
        bound = bind_weights(node.clauses.weight, spec, ctx)
        sample = check_weights(bound, sample)
        weights = bound.values
    for over in request.over:
        if not request.missing:
            sample &= ~ctx.data.column(over.name).is_missing()
    values = [numeric(ctx.data, name) for name in names]
    sample &= ~np.all([np.isnan(v) for v in values], axis=0)
    if not sample.any():
        raise StataError.no_observations()
    groups, labels = by_groups(ctx, options.by, sample)
    plan = _plan(ctx, request, sample)
    panels = [
        PanelSource(_layers(plan, request, values, weights, g.rows, horizontal), g.heading) for g in groups
    ]
    _finish(ctx, request, plan, panels, options, notes, labels, horizontal)


def _read(
    ctx: Context, names: tuple[str, ...], options: Sequence[OptionLike], notes: list[str]
) -> tuple[Request, list[OptionLike]]:
    out = Request(names, styles={}, markers={})
    rest: list[OptionLike] = []
    for option in options:
        full = match(option.name, _OWN)
        if full is None:
            lacking = match(option.name, _LACKING)
            if lacking is not None:
                raise StataError.option_not_supported(lacking if option.argument is None else f"{lacking}()")
            rest.append(option)
        elif full == "over":
            out = replace(out, over=(*out.over, _read_over(ctx, required(option, full), notes)))
        elif full in ("box", "marker"):
            _read_style(out, full, required(option, full), notes)
        elif full == "intensity":
            raise StataError.option_not_supported("intensity()")
        else:
            no_argument(option)
            field = {"nooutsides": "outside", "asyvars": "as_yvars", "ascategory": "as_category"}.get(
                full, full
            )
            out = replace(out, **{field: full != "nooutsides"})  # type: ignore[arg-type]
    if len(out.over) > 2:
        raise StataError(198, "no more than two over() options are allowed")
    if out.as_yvars and len(names) > 1:
        raise StataError(198, "option asyvars may not be specified with more than one yvar")
    return out, rest


def _read_style(out: Request, which: str, argument: str, notes: list[str]) -> None:
    """``box(#, options)`` and ``marker(#, options)``."""
    number, rest = split_comma(argument)
    if not number.isdigit() or int(number) < 1:
        raise StataError(198, f"option {which}() incorrectly specified")
    mine, unknown = split_plot_options(split_options(rest), {})
    for option in unknown:
        raise StataError.option_not_allowed(shown(option))
    store = out.styles if which == "box" else out.markers
    assert store is not None
    store[int(number)] = parse_plot_style(mine, {}, notes)


def _read_over(ctx: Context, argument: str, notes: list[str]) -> Over:
    text, rest = split_comma(argument)
    names = varlist(ctx, text)
    if len(names) != 1:
        raise StataError(198, "option over() incorrectly specified")
    out = Over(names[0], {}, TextStyle())
    for full, option in matched(split_options(rest), _OVER, {}):
        if full == "label":
            rule = read_labels(f", {required(option, full)}", notes)
            out = replace(out, style=rule.style, visible=rule.labels_visible)
        elif full == "relabel":
            words = tokens(required(option, full))
            if len(words) % 2 or not all(w.text.isdigit() for w in words[::2]):
                raise StataError(198, "option relabel() incorrectly specified")
            out = replace(
                out, relabel={int(k.text): t.text for k, t in zip(words[::2], words[1::2], strict=True)}
            )
        else:
            raise StataError.option_not_supported(f"over(, {full})")
    return out


# ---------------------------------------------------------------- placing the boxes


@dataclass(frozen=True)
class Slot:
    """One box: which y variable, which rows, which colour, where."""

    variable: int
    rows: Mask
    color: int
    position: float
    width: float


@dataclass(frozen=True)
class Plan:
    """All boxes of a panel, the category labels, and the length of the axis."""

    slots: tuple[Slot, ...]
    ticks: tuple[Tick, ...]
    outer: tuple[Tick, ...]
    length: float
    legends: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    rows: Mask
    text: str


def _categories(ctx: Context, over: Over, sample: Mask) -> list[Category]:
    groups = ctx.data.groups((over.name,), sample)
    texts = texts_of(ctx.data, over.name, groups.first_rows)
    return [Category(groups.codes == k, over.relabel.get(k + 1, text)) for k, text in enumerate(texts)]


def _plan(ctx: Context, request: Request, sample: Mask) -> Plan:
    """Boxes side by side within a category, gaps between categories, wider ones between outer groups."""
    everything = [Category(sample, "")]
    over = [_categories(ctx, o, sample) for o in request.over]
    inner = [(v, Category(sample, title_of(ctx.data, name))) for v, name in enumerate(request.names)]
    if request.as_yvars:
        if not over:
            raise StataError(198, "option asyvars requires over()")
        inner = [(0, category) for category in over.pop(0)]
    if request.as_category:
        over.insert(0, [category for _, category in inner])
        variables = [v for v, _ in inner]
        inner = [(-1, Category(sample, ""))]
    else:
        variables = []
    middle = over[0] if over else everything
    outer = over[1] if len(over) > 1 else everything
    slots: list[Slot] = []
    ticks: list[Tick] = []
    outer_ticks: list[Tick] = []
    x = 0.25
    step = 1.0
    for group in outer:
        begin = x
        for k, category in enumerate(middle):
            width = step / len(inner)
            for j, (v, part) in enumerate(inner):
                rows = sample & group.rows & category.rows & part.rows
                variable = variables[k] if v < 0 else v
                slots.append(Slot(variable, rows, 1 if v < 0 else j + 1, x + (j + 0.5) * width, width * 0.86))
            if category.text:
                ticks.append(Tick(x + step / 2, category.text))
            x += step + 0.3
        if group.text:
            outer_ticks.append(Tick((begin + x - 0.3) / 2, group.text))
        x += 0.35 if len(outer) > 1 else 0.0
    length = x - 0.3 - (0.35 if len(outer) > 1 else 0.0) + 0.25
    legends = tuple(part.text for _, part in inner)
    return Plan(tuple(slots), tuple(ticks), tuple(outer_ticks), length, legends)


def _layers(
    plan: Plan,
    request: Request,
    values: Sequence[np.ndarray],
    weights: np.ndarray | None,
    rows: Mask,
    horizontal: bool,
) -> tuple[Layer, ...]:
    """One layer for each colour."""
    out: list[Layer] = []
    for color, legend in enumerate(plan.legends, start=1):
        boxes = []
        for slot in plan.slots:
            if slot.color != color:
                continue
            v = values[slot.variable]
            used = slot.rows & rows & ~np.isnan(v)
            if not used.any():
                continue
            found = box_statistics(v[used], None if weights is None else weights[used])
            outside = found.outside if request.outside else np.zeros(0)
            position = plan.length - slot.position if horizontal else slot.position
            boxes.append(
                Box(position, found.lower_adjacent, found.q25, found.median, found.q75, found.upper_adjacent,
                    outside, slot.width)
            )  # fmt: skip
        style = (request.styles or {}).get(color, PlotStyle())
        marker = (request.markers or {}).get(color, PlotStyle()).marker()
        if boxes:
            out.append(Boxes(tuple(boxes), legend, style.fill(), style.stroke(), marker, horizontal, color))
    return tuple(out)


def _finish(
    ctx: Context,
    request: Request,
    plan: Plan,
    panels: list[PanelSource],
    options: FigureOptions,
    notes: list[str],
    labels: tuple[str, ...],
    horizontal: bool,
) -> None:
    several = len(plan.legends) > 1
    single = len(request.names) == 1
    value = axis_of(ctx.data, request.names[0])
    value = replace(value, title=value.title if single else "")
    ticks, outer, length = plan.ticks, plan.outer, plan.length
    if horizontal:
        ticks = tuple(replace(t, value=length - t.value) for t in ticks)
        outer = tuple(replace(t, value=length - t.value) for t in outer)
    style = request.over[0].style if request.over else TextStyle()
    if request.over and not request.over[0].visible:
        ticks = ()
    category = AxisSource(
        "", ticks=ticks, limits=(0.0, length), categorical=True, groups=(outer,) if outer else ()
    )  # fmt: skip
    options = replace(options, x_label=LabelRule(style=style))
    x, y = category, value
    if horizontal:  # y options describe the value axis, which now runs along the bottom
        x, y = value, category
        o = options
        options = replace(
            o, x_title=o.y_title, y_title=o.x_title, x_label=o.y_label, y_label=o.x_label, x_tick=o.y_tick,
            y_tick=None, x_scale=o.y_scale, y_scale=o.x_scale, x_lines=o.y_lines, y_lines=(),
            x_minor_tick=o.y_minor_tick, y_minor_tick=None, x_minor_label=o.y_minor_label, y_minor_label=None,
        )  # fmt: skip
    kind = "hbox" if horizontal else "box"
    draw(ctx, panels, options, x, y, notes, kind, Defaults(legend=several), labels)
