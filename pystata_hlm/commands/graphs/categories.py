"""Categorical axes of ``graph box`` and ``graph bar``: ``over()`` groups, and where their boxes or bars stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pystata_hlm.commands.graphs.common import Mask, texts_of, title_of, varlist
from pystata_hlm.errors import StataError
from pystata_hlm.graph.axisoptions import LabelRule, read_labels
from pystata_hlm.graph.build import AxisSource
from pystata_hlm.graph.options import FigureOptions
from pystata_hlm.graph.spec import TextStyle, Tick
from pystata_hlm.graph.words import (
    abbreviations,
    matched,
    no_argument,
    one_number,
    required,
    split_comma,
    split_options,
    tokens,
)
from pystata_hlm.runtime.context import Context

_OVER = abbreviations("label:3 relabel:3 gap:3 sort:3 descending:3 total:3 axis:2 reverse:3")


@dataclass(frozen=True)
class Over:
    """One ``over()``: its variable and how the categories are written."""

    name: str
    relabel: dict[int, str]
    style: TextStyle
    visible: bool = True
    sort: int | None = None
    """Order the categories by the statistic of this y variable (1-based)."""
    descending: bool = False


def read_over(ctx: Context, argument: str, notes: list[str]) -> Over:
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
        elif full == "sort" and (option.argument or "").strip().isdigit():
            out = replace(out, sort=int(one_number(required(option, full), full)))
        elif full == "descending":
            no_argument(option)
            out = replace(out, descending=True)
        else:
            raise StataError.option_not_supported(f"over(, {full})")
    return out


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


Statistic = Callable[[int, Mask], float]
"""The number that ``over(, sort(#))`` orders by: of a y variable (0-based), on some rows."""


def _categories(ctx: Context, over: Over, sample: Mask, statistic: Statistic | None) -> list[Category]:
    groups = ctx.data.groups((over.name,), sample)
    texts = texts_of(ctx.data, over.name, groups.first_rows)
    out = [Category(groups.codes == k, over.relabel.get(k + 1, text)) for k, text in enumerate(texts)]
    if over.sort is not None:
        if statistic is None:
            raise StataError.option_not_supported("over(, sort)")
        key = over.sort - 1
        out.sort(key=lambda category: statistic(key, category.rows))
    return out[::-1] if over.descending else out


def make_plan(
    ctx: Context,
    names: Sequence[str],
    overs: Sequence[Over],
    sample: Mask,
    *,
    as_yvars: bool = False,
    as_category: bool = False,
    fill: float = 0.86,
    statistic: Statistic | None = None,
    titles: Sequence[str] | None = None,
    stacked: bool = False,
) -> Plan:
    """Boxes or bars side by side within a category, gaps between categories, wider ones between outer groups.

    ``fill`` is the part of its room that a box takes; ``titles`` name the y variables; ``stacked`` bars stand
    at one place.
    """
    everything = [Category(sample, "")]
    over = [_categories(ctx, o, sample, statistic) for o in overs]
    named = titles or [title_of(ctx.data, name) for name in names]
    inner = [(v, Category(sample, title)) for v, title in enumerate(named)]
    if as_yvars:
        if not over:
            raise StataError(198, "option asyvars requires over()")
        inner = [(0, category) for category in over.pop(0)]
    variables: list[int] = []
    if as_category:
        over.insert(0, [category for _, category in inner])
        variables = [v for v, _ in inner]
        inner = [(-1, Category(sample, ""))]
    middle = over[0] if over else everything
    outer = over[1] if len(over) > 1 else everything
    slots: list[Slot] = []
    ticks: list[Tick] = []
    outer_ticks: list[Tick] = []
    x = 0.25
    width = 1.0 if stacked else 1.0 / len(inner)
    for group in outer:
        begin = x
        for k, category in enumerate(middle):
            for j, (v, part) in enumerate(inner):
                rows = sample & group.rows & category.rows & part.rows
                variable = variables[k] if v < 0 else v
                place = x + (0.5 if stacked else j + 0.5) * width
                slots.append(Slot(variable, rows, 1 if v < 0 else j + 1, place, width * fill))
            if category.text:
                ticks.append(Tick(x + 0.5, category.text))
            x += 1.3
        if group.text:
            outer_ticks.append(Tick((begin + x - 0.3) / 2, group.text))
        x += 0.35 if len(outer) > 1 else 0.0
    length = x - 0.05 - (0.35 if len(outer) > 1 else 0.0)
    return Plan(tuple(slots), tuple(ticks), tuple(outer_ticks), length, tuple(part.text for _, part in inner))


def category_axis(plan: Plan, overs: Sequence[Over], horizontal: bool) -> tuple[AxisSource, TextStyle]:
    """The axis of group names, and how its labels look."""
    ticks, outer, length = plan.ticks, plan.outer, plan.length
    if horizontal:
        ticks = tuple(replace(t, value=length - t.value) for t in ticks)
        outer = tuple(replace(t, value=length - t.value) for t in outer)
    if overs and not overs[0].visible:
        ticks = ()
    source = AxisSource(
        "", ticks=ticks, limits=(0.0, length), categorical=True, groups=(outer,) if outer else ()
    )
    return source, overs[0].style if overs else TextStyle()


def swap_axes(
    options: FigureOptions, category: AxisSource, style: TextStyle, value: AxisSource, horizontal: bool
) -> tuple[FigureOptions, AxisSource, AxisSource]:
    """Options and axes as drawn: the y options describe the values even when these run along the bottom."""
    o = replace(options, x_label=LabelRule(style=style))
    if not horizontal:
        return o, category, value
    swapped = replace(
        o, x_title=o.y_title, y_title=o.x_title, x_label=o.y_label, y_label=o.x_label, x_tick=o.y_tick,
        y_tick=None, x_scale=o.y_scale, y_scale=o.x_scale, x_lines=o.y_lines, y_lines=(),
        x_minor_tick=o.y_minor_tick, y_minor_tick=None, x_minor_label=o.y_minor_label, y_minor_label=None,
    )  # fmt: skip
    return swapped, value, category
