"""From computed layers and parsed options to a ``Figure``: axis ranges, ticks, legends, by() panels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pystata_hlm.graph.axisoptions import LabelRule, ScaleRule
from pystata_hlm.graph.legendoptions import ByRule, LegendRule
from pystata_hlm.graph.options import FigureOptions
from pystata_hlm.graph.scale import extent, nice_values, tick_text
from pystata_hlm.graph.spec import (
    Array,
    Axis,
    Figure,
    Layer,
    Legend,
    LegendEntry,
    Panel,
    Reference,
    Tick,
    Words,
    array,
    layer_extent,
)
from pystata_hlm.graph.textoptions import with_default


@dataclass(frozen=True, slots=True)
class AxisSource:
    """What an axis shows by default: its title, number format, value labels, and values it must include."""

    title: str = ""
    fmt: str = "%9.0g"
    value_labels: Mapping[float, str] | None = None
    include: tuple[float, ...] = ()
    flush: bool = False
    rule: LabelRule | None = None
    """The command's own default for ``xlabel()``/``ylabel()``."""
    categorical: bool = False
    ticks: tuple[Tick, ...] | None = None
    """Fixed labels (groups of a box plot)."""
    limits: tuple[float, float] | None = None
    groups: tuple[tuple[Tick, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class PanelSource:
    """Layers of one panel and its by() heading."""

    layers: tuple[Layer, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Defaults:
    """A command's default texts and whether a legend appears without being asked for."""

    title: tuple[str, ...] = ()
    subtitle: tuple[str, ...] = ()
    note: tuple[str, ...] = ()
    legend: bool | None = None
    """None: shown when there is more than one plot."""
    aspect: float | None = None
    legend_rule: LegendRule = field(default_factory=LegendRule)


# ---------------------------------------------------------------- axes


def make_axis(
    values: Sequence[Array],
    source: AxisSource,
    label: LabelRule,
    scale: ScaleRule,
    title: Words | None,
    extra: tuple[LabelRule | None, LabelRule | None, LabelRule | None] = (None, None, None),
    references: tuple[Reference, ...] = (),
) -> Axis:
    """One axis. ``extra`` holds the rules of ``xtick()``, ``xmlabel()`` and ``xmtick()``."""
    data = [v[v > 0] for v in values] if scale.log else list(values)
    low, high = source.limits or extent([*data, array(source.include)])
    if scale.log and low <= 0:  # nothing positive is plotted
        low, high = (high / 1000, high) if high > 0 else (1.0, 10.0)
    rule = label if source.rule is None or not label.default_rule else _over(label, source.rule)
    ticks = (
        source.ticks if source.ticks is not None and rule.default_rule else _ticks(rule, source, low, high)
    )
    bare = _bare_ticks(extra[0], low, high)
    minor_labels = [t for r in extra[1:2] if r is not None for t in _ticks(r, source, low, high)]
    minor_ticks = _minor_ticks(extra[2], ticks, low, high)
    wanted = [t.value for t in (*ticks, *bare, *minor_labels, *minor_ticks)] if rule.rescale else []
    wanted += list(scale.values) + [v for r in references for v in r.values]
    if scale.log:
        wanted = [v for v in wanted if v > 0]
    if source.limits is None or scale.values:
        low, high = min([low, *wanted]), max([high, *wanted])
    if high <= low:
        low, high = (low / 2, high * 2) if scale.log else (low - 0.5, high + 0.5)
    return Axis(
        title=with_default(title, (source.title,) if source.title else ()),
        low=low,
        high=high,
        ticks=(*ticks, *bare),
        minor=(*minor_labels, *minor_ticks),
        log=scale.log,
        reverse=scale.reverse,
        visible=scale.visible,
        line=scale.line,
        grid=rule.grid,
        grid_stroke=rule.grid_stroke,
        ticks_visible=rule.ticks_visible,
        label_style=rule.style,
        alternate=scale.alternate,
        references=references,
        thin=source.ticks is None and not label.values,
        flush=source.flush and low >= 0 and not scale.log,
        categorical=source.categorical,
        groups=source.groups,
    )


def _over(rule: LabelRule, base: LabelRule) -> LabelRule:
    """The user's suboptions on the command's own values."""
    return replace(
        rule,
        values=base.values,
        count=base.count,
        minmax=base.minmax,
        none=base.none,
        fmt=rule.fmt or base.fmt,
        add=rule.add or base.add,
        value_labels=rule.value_labels or base.value_labels,
        labels_visible=rule.labels_visible and base.labels_visible,
    )


def _rule_values(rule: LabelRule, low: float, high: float) -> tuple[float, ...]:
    if rule.minmax:
        return (low, high)
    if rule.none:
        return ()
    return nice_values(low, high, rule.count)


def _ticks(rule: LabelRule, source: AxisSource, low: float, high: float) -> tuple[Tick, ...]:
    explicit = dict(rule.values)
    if rule.values and not (rule.add or rule.count or rule.minmax):
        positions = list(explicit)
    else:
        positions = [*_rule_values(rule, low, high), *explicit]
    out = []
    for value in dict.fromkeys(positions):
        text = explicit.get(value)
        if text is None:
            named = source.value_labels.get(value) if rule.value_labels and source.value_labels else None
            text = named if named is not None else tick_text(value, rule.fmt or source.fmt)
        out.append(Tick(value, text if rule.labels_visible else "", rule.labels_visible))
    return tuple(out)


def _bare_ticks(rule: LabelRule | None, low: float, high: float) -> tuple[Tick, ...]:
    if rule is None:
        return ()
    values = [v for v, _ in rule.values] or list(_rule_values(rule, low, high))
    return tuple(Tick(v, "", False) for v in values)


def _minor_ticks(rule: LabelRule | None, major: Sequence[Tick], low: float, high: float) -> tuple[Tick, ...]:
    if rule is None:
        return ()
    if rule.minor_count is None:
        return _bare_ticks(rule, low, high)
    places = sorted({t.value for t in major})
    out: list[Tick] = []
    for a, b in itertools.pairwise(places):
        out += [Tick(float(v), "", False) for v in np.linspace(a, b, rule.minor_count + 1)[1:-1]]
    return tuple(out)


# ---------------------------------------------------------------- legends


def make_legend(layers: Sequence[Layer], rule: LegendRule, default: bool | None) -> Legend | None:
    """Keys are numbered by plot, from 1. Shown by default when there is more than one."""
    given = rule.order is not None or bool(rule.labels)
    show = (
        given or (default if default is not None else len(layers) > 1) if rule.off is None else not rule.off
    )
    if not show or not layers:
        return None
    texts = {i + 1: layer.legend for i, layer in enumerate(layers)}
    texts.update({k: text for k, text in rule.labels if k in texts})
    order = rule.order if rule.order is not None else tuple((k, None) for k in texts)
    entries = []
    for key, text in order:
        if key is None:
            entries.append(LegendEntry(None, text or ""))
        elif key in texts:
            entries.append(LegendEntry(key - 1, texts[key] if text is None else text))
    return Legend(
        tuple(entries),
        rule.position,
        rule.inside,
        rule.columns,
        rule.rows,
        rule.title,
        rule.style,
        bool(rule.frame) if rule.frame is not None else None,
        rule.by_columns,
    )


# ---------------------------------------------------------------- figures


def grid_shape(count: int, rows: int | None, columns: int | None, holes: int = 0) -> tuple[int, int]:
    """Rows and columns of a by() or combined graph: as square as possible, wider than high."""
    total = count + holes
    if columns is not None:
        columns = max(1, min(columns, total))
        return math.ceil(total / columns), columns
    if rows is not None:
        rows = max(1, min(rows, total))
        return rows, math.ceil(total / rows)
    columns = math.ceil(math.sqrt(total))
    return math.ceil(total / columns), columns


def by_note(labels: Sequence[str]) -> str:
    """``Graphs by A``, ``Graphs by A and B``, ``Graphs by A, B, and C``."""
    if len(labels) < 3:
        return "Graphs by " + " and ".join(labels)
    return "Graphs by " + ", ".join(labels[:-1]) + ", and " + labels[-1]


def make_figure(
    panels: Sequence[PanelSource],
    options: FigureOptions,
    x: AxisSource,
    y: AxisSource,
    defaults: Defaults | None = None,
    by_labels: Sequence[str] = (),
) -> Figure:
    """A graph of one panel, or of one panel per by-group with common axes unless ``rescale``."""
    d = defaults or Defaults()
    by = options.by
    extents = [[layer_extent(layer) for layer in p.layers] for p in panels]
    all_x = [e[0] for group in extents for e in group]
    all_y = [e[1] for group in extents for e in group]
    outside = options.texts
    text_x, text_y = array([t.x for t in outside]), array([t.y for t in outside])
    built = []
    for source, group in zip(panels, extents, strict=True):
        xs = [e[0] for e in group] if by is not None and by.x_rescale else all_x
        ys = [e[1] for e in group] if by is not None and by.y_rescale else all_y
        built.append(_panel(source, [*xs, text_x], [*ys, text_y], options, x, y, d))
    keys = panels[0].layers if panels else ()
    if by is None:
        return Figure(
            tuple(built),
            title=with_default(options.title, d.title),
            subtitle=with_default(options.subtitle, d.subtitle),
            note=with_default(options.note, d.note),
            caption=options.caption or Words(),
            legend=make_legend(keys, _combined_rule(d.legend_rule, options.legend), d.legend),
            scheme=options.scheme,
            width=options.width,
            height=options.height,
            scale=options.scale,
            region=options.graph_region,
        )
    return _by_figure(built, keys, options, by, d, by_labels)


def _combined_rule(base: LegendRule, user: LegendRule) -> LegendRule:
    """The user's legend() over the command's own default."""
    return LegendRule(
        user.off if user.off is not None else base.off,
        user.order if user.order is not None else base.order,
        (*base.labels, *user.labels),
        user.position if user.position is not None else base.position,
        user.inside or base.inside,
        user.columns if user.columns is not None else base.columns,
        user.rows if user.rows is not None else base.rows,
        user.title if user.title else base.title,
        user.style,
        user.frame if user.frame is not None else base.frame,
        user.by_columns or base.by_columns,
    )


def _panel(
    source: PanelSource,
    xs: Sequence[Array],
    ys: Sequence[Array],
    options: FigureOptions,
    x: AxisSource,
    y: AxisSource,
    d: Defaults,
) -> Panel:
    o = options
    x_axis = make_axis(
        xs, x, o.x_label, o.x_scale, o.x_title, (o.x_tick, o.x_minor_label, o.x_minor_tick), o.x_lines
    )
    y_axis = make_axis(
        ys, y, o.y_label, o.y_scale, o.y_title, (o.y_tick, o.y_minor_label, o.y_minor_tick), o.y_lines
    )
    heading = [source.heading] if source.heading else []
    if o.by is not None:
        heading = [*(o.title.lines if o.title else ()), *(o.subtitle.lines if o.subtitle else ()), *heading]
    return Panel(
        source.layers,
        x_axis,
        y_axis,
        Words(tuple(heading)),
        o.texts,
        o.aspect if o.aspect is not None else d.aspect,
        region=o.plot_region,
    )


def _by_figure(
    built: list[Panel],
    keys: tuple[Layer, ...],
    options: FigureOptions,
    by: ByRule,
    d: Defaults,
    by_labels: Sequence[str],
) -> Figure:
    rows, columns = grid_shape(len(built), by.rows, by.columns, len(by.holes))
    first = built[0]
    share = not (by.x_rescale or by.y_rescale)
    x_title, y_title = first.x.title, first.y.title
    panels = tuple(replace(p, x=replace(p.x, title=Words()), y=replace(p.y, title=Words())) for p in built)
    notes = by.note if by.note is not None else Words((by_note(by_labels),))
    own = with_default(options.note, d.note)
    rule = _combined_rule(_combined_rule(d.legend_rule, options.legend), by.legend)
    return Figure(
        panels,
        rows,
        columns,
        share=share,
        x_title=x_title,
        y_title=y_title,
        title=by.title if by.title is not None else Words(d.title),
        subtitle=by.subtitle if by.subtitle is not None else Words(d.subtitle),
        note=replace(notes, lines=(*notes.lines, *own.lines)),
        caption=by.caption or options.caption or Words(),
        legend=make_legend(keys, rule, d.legend),
        scheme=options.scheme,
        width=options.width,
        height=options.height,
        scale=options.scale * by.scale,
        region=options.graph_region,
        compact=by.compact,
        holes=by.holes,
    )
