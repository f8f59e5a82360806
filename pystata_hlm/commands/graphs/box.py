"""``graph box yvars [if] [in] [weight] [, over() by() nooutsides asyvars ...]`` and ``graph hbox``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.categories import Over, Plan, category_axis, make_plan, read_over, swap_axes
from pystata_hlm.commands.graphs.common import (
    Mask,
    axis_of,
    by_groups,
    check_name,
    draw,
    numeric,
)
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import Defaults, PanelSource
from pystata_hlm.graph.options import FigureOptions, parse_figure_options
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Box, Boxes, Layer
from pystata_hlm.graph.words import (
    OptionLike,
    abbreviations,
    match,
    no_argument,
    required,
    shown,
    split_comma,
    split_options,
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
    plan = make_plan(
        ctx, names, request.over, sample, as_yvars=request.as_yvars, as_category=request.as_category
    )
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
            out = replace(out, over=(*out.over, read_over(ctx, required(option, full), notes)))
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
    value = axis_of(ctx.data, request.names[0])
    value = replace(value, title=value.title if len(request.names) == 1 else "")
    category, style = category_axis(plan, request.over, horizontal)
    options, x, y = swap_axes(options, category, style, value, horizontal)
    kind = "hbox" if horizontal else "box"
    draw(ctx, panels, options, x, y, notes, kind, Defaults(legend=len(plan.legends) > 1), labels)
