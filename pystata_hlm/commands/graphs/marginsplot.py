"""marginsplot: Graph results from margins.   marginsplot [, xdimension() plotdimension() bydimension() noci ...]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.common import check_name, draw, read_options
from pystata_hlm.commands.graphs.marginsgrid import Dimension, MarginsGrid, combined, grid_from
from pystata_hlm.errors import StataError
from pystata_hlm.graph.axisoptions import LabelRule
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.legendoptions import ByRule, LegendRule
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Area, Bars, Curve, Layer, Marker, Scatter, Spikes, Words
from pystata_hlm.graph.words import abbreviations, match, one_number, shown, split_comma, split_options
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

Array = np.ndarray

OWN = abbreviations(
    """
    xdimension:1 plotdimension:4 bydimension:2 noci:4 recast:6 recastci:8 ciopts:3 plotopts:5 horizontal:5
    allxlabels:4 nolabels:5 level:3 allsimplelabels:6 nosimplelabels:5 separator:3 noseparator:5
    """
    + " ".join(f"plot{i}opts:0 ci{i}opts:0" for i in range(1, 16))
)
_LACKING = abbreviations(
    """
    graphdimension:2 addplot:4 derivlabels:9 unique:3 csort:5 mcompare:4 byopts:5 pcycle:6
    """
)
_RECASTS = ("connected", "line", "scatter", "bar")
_CI_RECASTS = ("rcap", "rarea", "rspike")


@dataclass(frozen=True)
class Layout:
    """Which dimension runs along x, which ones make plots and panels, and how they are drawn."""

    x: Dimension
    plots: tuple[Dimension, ...] = ()
    panels: tuple[Dimension, ...] = ()
    intervals: bool = True
    recast: str = "connected"
    recast_ci: str = "rcap"
    horizontal: bool = False
    value_labels: bool = True
    all_x_labels: bool = False
    simple: bool | None = None
    """Whether labels leave out ``name=`` (None: where the value has a label)."""
    separator: str = ", "


def read_layout(grid: MarginsGrid, extra: dict[str, str | None]) -> Layout:
    """x() defaults to the first dimension, plot() to the others that by() does not take."""
    taken: list[Dimension] = []

    def chosen(option: str) -> list[Dimension]:
        if option not in extra:
            return []
        text, rest = split_comma(extra[option] or "")
        if rest:
            raise StataError.option_not_supported(f"{option}() suboptions")
        found = [_named(grid, word) for word in text.split()]
        for dimension in found:
            if dimension in taken:
                raise StataError(198, f"{dimension.name} may appear in only one dimension option")
            taken.append(dimension)
        return found

    x, plots, panels = chosen("xdimension"), chosen("plotdimension"), chosen("bydimension")
    free = [d for d in grid.dimensions if d not in taken]
    if not x:
        if not free:
            raise StataError(198, "no dimension left for the x axis")
        x = [free.pop(0)]
    simple = True if "allsimplelabels" in extra else False if "nosimplelabels" in extra else None
    separator = (extra.get("separator") or ", ").strip('"') if "noseparator" not in extra else " "
    if "nolabels" in extra:
        x = [replace(d, texts=None) for d in x]
    return Layout(
        combined(x, simple, separator),
        (*plots, *free),
        tuple(panels),
        "noci" not in extra,
        _one_of(extra, "recast", _RECASTS),
        _one_of(extra, "recastci", _CI_RECASTS),
        "horizontal" in extra,
        "nolabels" not in extra,
        "allxlabels" in extra,
        simple,
        separator,
    )


def _named(grid: MarginsGrid, word: str) -> Dimension:
    names = [d for d in grid.dimensions if d.name == word] or [
        d for d in grid.dimensions if d.name.startswith(word)
    ]
    if len(names) != 1:
        raise StataError(198, f"{word} is not a dimension in the margins results")
    return names[0]


def _one_of(extra: dict[str, str | None], option: str, allowed: Sequence[str]) -> str:
    if option not in extra:
        return allowed[0]
    word = (extra[option] or "").strip()
    found = [name for name in allowed if word and name.startswith(word)]
    if not found:
        raise StataError.option_not_supported(f"{option}({word})")
    return found[0]


# ---------------------------------------------------------------- layers


def _combinations(dimensions: Sequence[Dimension], rows: Array) -> list[tuple[float, ...]]:
    """Distinct values of the dimensions, the first varying slowest."""
    if not dimensions:
        return [()]
    values = np.column_stack([d.values[rows] for d in dimensions])
    return [tuple(float(v) for v in row) for row in np.unique(values, axis=0)]


def _matching(dimensions: Sequence[Dimension], values: tuple[float, ...], rows: Array) -> Array:
    out = rows.copy()
    for dimension, value in zip(dimensions, values, strict=True):
        out &= dimension.values == value
    return out


def _text(dimensions: Sequence[Dimension], values: tuple[float, ...], layout: Layout) -> str:
    shown_as = [d if layout.value_labels else replace(d, texts=None) for d in dimensions]
    return layout.separator.join(d.text(v, layout.simple) for d, v in zip(shown_as, values, strict=True))


def make_layers(
    grid: MarginsGrid, layout: Layout, rows: Array, styles: dict[str, PlotStyle]
) -> tuple[Layer, ...]:
    """The intervals of all plots with the lines on top; bars go below the intervals."""
    bands: list[Layer] = []
    curves: list[Layer] = []
    combinations = _combinations(layout.plots, np.ones(len(grid.estimate), dtype=bool))
    for k, values in enumerate(combinations, start=1):
        mine = np.flatnonzero(_matching(layout.plots, values, rows))
        mine = mine[np.argsort(layout.x.values[mine], kind="stable")]
        x, y = layout.x.values[mine], grid.estimate[mine]
        legend = _text(layout.plots, values, layout)
        if layout.intervals:
            look = _style(styles, f"ci{k}opts", "ciopts")
            bands.append(_interval(layout, x, grid.low[mine], grid.high[mine], look, k, grid.level))
        curves.append(_line(layout, x, y, legend, _style(styles, f"plot{k}opts", "plotopts"), k))
    return (*curves, *bands) if layout.recast == "bar" else (*bands, *curves)


def _style(styles: dict[str, PlotStyle], own: str, common: str) -> PlotStyle:
    return styles.get(own) or styles.get(common) or PlotStyle()


def _interval(
    layout: Layout, x: Array, low: Array, high: Array, style: PlotStyle, k: int, level: float
) -> Layer:
    h, label = layout.horizontal, f"{level:g}% CI"
    number = style.scheme_style() or k
    if layout.recast_ci == "rarea":
        return Area(x, low, high, label, style.fill(), style.stroke(), h, number, "ci")
    return Spikes(
        x, low, high, label, style.stroke(), layout.recast_ci == "rcap", horizontal=h, style=number,
        kind=layout.recast_ci,
    )  # fmt: skip


def _line(layout: Layout, x: Array, y: Array, legend: str, style: PlotStyle, k: int) -> Layer:
    number = style.scheme_style() or k
    if layout.recast == "bar":
        half = (style.bar_width if style.bar_width is not None else 0.8) / 2
        return Bars(
            x - half, x + half, y, np.zeros(len(y)), legend, style.fill(), style.stroke(), layout.horizontal,
            style=number, kind="margins",
        )  # fmt: skip
    if layout.horizontal:
        x, y = y, x
    if layout.recast == "scatter":
        return Scatter(x, y, legend, style.marker(), style=number, kind="margins")
    marker: Marker | None = style.marker() if layout.recast == "connected" else None
    return Curve(x, y, legend, style.stroke(), marker=marker, style=number, kind="margins")


def read_styles(extra: dict[str, str | None], notes: list[str]) -> dict[str, PlotStyle]:
    """``plotopts() ciopts() plot1opts() ci1opts() ...``."""
    out = {}
    for name, argument in extra.items():
        if not name.endswith("opts"):
            continue
        mine, rest = split_plot_options(split_options(argument or ""), {})
        for option in rest:
            raise StataError.option_not_allowed(shown(option))
        out[name] = parse_plot_style(mine, {}, notes)
    return out


# ---------------------------------------------------------------- axes and titles


def x_axis(layout: Layout) -> AxisSource:
    """Labels at the values of the x dimension: all up to 25, or with ``allxlabels``."""
    levels, texts = layout.x.levels, layout.x.texts
    values = tuple((float(v), None if texts is None else texts.get(float(v))) for v in levels)
    rule = LabelRule(values=values) if len(values) <= 25 or layout.all_x_labels else None
    return AxisSource(layout.x.title, rule=rule)


def title_text(grid: MarginsGrid, intervals: bool) -> str:
    return f"{grid.title} with {grid.level:g}% CIs" if intervals else grid.title


def identification(grid: MarginsGrid, release: int) -> list[str]:
    """What is printed: the dimensions, and the at() options when there were several."""
    indent = "  " if release < 15 else ""
    names = "" if grid.dimensions[0].name == "_cons" else " ".join(d.name for d in grid.dimensions)
    out = ["", f"{indent}Variables that uniquely identify margins: {names}".rstrip()]
    if grid.options:
        out.append(f"{indent}Multiple at() options specified:")
        out += [f"{indent}    _atoption={k}: {text}" for k, text in enumerate(grid.options, start=1)]
    return out


def _level(extra: dict[str, str | None]) -> float | None:
    if "level" not in extra:
        return None
    level = one_number(extra["level"] or "", "level")
    if not 10 <= level <= 99.99:
        raise StataError(198, "level() must be between 10 and 99.99 inclusive")
    return level


def run(call: Call, ctx: Context) -> Stored | None:
    notes: list[str] = []
    for option in call.option_nodes:
        if match(option.name, OWN) is None and match(option.name, _LACKING) is not None:
            raise StataError.option_not_supported(shown(option))
    style, options = read_options(call.option_nodes, OWN, notes)
    extra = dict(style.extra)
    grid = grid_from(ctx.workspace, _level(extra))
    layout = read_layout(grid, extra)
    styles = read_styles(extra, notes)
    if style != PlotStyle(extra=style.extra):
        styles.setdefault("plotopts", replace(style, extra={}))
    check_name(ctx, options)
    ctx.emit(lines(*identification(grid, ctx.settings.release)))
    rows = np.ones(len(grid.estimate), dtype=bool)
    panels = []
    combinations = _combinations(layout.panels, rows)
    for values in combinations:
        used = _matching(layout.panels, values, rows)
        heading = _text(layout.panels, values, layout)
        panels.append(PanelSource(make_layers(grid, layout, used, styles), heading))
    if layout.panels:
        options = replace(options, by=ByRule(layout.panels[0].name, note=Words(), title=options.title))
    plots = len(panels[0].layers) // (2 if layout.intervals else 1)
    first = 0 if layout.recast == "bar" else len(panels[0].layers) - plots
    order = tuple((first + i + 1, None) for i in range(plots))
    rule = LegendRule(False, order) if plots > 1 else LegendRule()
    defaults = Defaults((title_text(grid, layout.intervals),), legend=plots > 1, legend_rule=rule)
    x, y = x_axis(layout), AxisSource(grid.y_title)
    if layout.horizontal:
        x, y = y, x
    draw(ctx, panels, options, x, y, notes, "marginsplot", defaults)
    return None
