"""twoway: Twoway graphs.   twoway plot [if] [in] [, twoway_options]

``plot`` is ``(plottype varlist ..., options) (...)`` or ``plottype ... || plottype ...``. ``scatter`` and
``line`` also stand alone. Options that belong to the whole graph may be given inside any plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pystata_hlm.commands.graphs.common import by_groups, check_name, draw
from pystata_hlm.commands.graphs.plots import Prepared, prepare
from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import AxisSource, PanelSource
from pystata_hlm.graph.options import FigureOptions, parse_figure_options
from pystata_hlm.graph.spec import Area, Layer
from pystata_hlm.graph.words import OptionLike
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import in_mask
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def draw_twoway(text: str, ctx: Context) -> None:
    """Everything after ``twoway``."""
    node = parse("twoway", text)
    if not node.plots:
        raise StataError.invalid_syntax()
    if node.clauses.weight is not None or node.clauses.using is not None:
        raise StataError.invalid_syntax()
    base = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        base &= in_mask(node.clauses.in_, ctx.data.n, ctx)
    notes: list[str] = []
    plots = [prepare(ctx, plot, base, notes) for plot in node.plots]
    given: list[OptionLike] = [option for plot in plots for option in plot.rest]
    options = parse_figure_options([*given, *node.clauses.options], notes)
    check_name(ctx, options)
    draw_plots(ctx, plots, options, notes)


def draw_plots(
    ctx: Context,
    plots: Sequence[Prepared],
    options: FigureOptions,
    notes: Sequence[str],
    kind: str = "twoway",
) -> None:
    """Panels of overlaid plots, by group when asked for."""
    sample = np.zeros(ctx.data.n, dtype=bool)
    for plot in plots:
        sample |= plot.sample
    groups, labels = by_groups(ctx, options.by, sample)
    panels = []
    for group in groups:
        layers = [layer for plot in plots for layer in plot.layers(plot.sample & group.rows)]
        panels.append(PanelSource(styled(layers), group.heading))
    draw(ctx, panels, options, _common([p.x for p in plots]), _y_axis(plots), notes, kind, by_labels=labels)


def styled(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Number the layers p1, p2 ...; a confidence band shares the style of the line that follows it."""
    out: list[Layer] = []
    number = 0
    for k, layer in enumerate(layers):
        follows_band = k > 0 and isinstance(before := layers[k - 1], Area) and before.kind == "ci"
        if not follows_band:
            number += 1
        out.append(layer if layer.style is not None else replace(layer, style=number))
    return tuple(out)


def _common(sources: Sequence[AxisSource]) -> AxisSource:
    """One axis for all plots: titled when they agree."""
    titles = {s.title for s in sources if s.title}
    if len(titles) > 1:  # kdensity and function have no variable on their axis
        titles -= {"x", "y"}
    first = next((s for s in sources if s.title in titles), sources[0])
    return replace(
        first,
        title=first.title if len(titles) <= 1 else "",
        include=tuple(v for s in sources for v in s.include),
        flush=all(s.flush for s in sources),
    )


def _y_axis(plots: Sequence[Prepared]) -> AxisSource:
    """With several different y variables the legend tells them apart and the axis has no title."""
    titles = {t for p in plots for t in p.y_titles}
    common = _common([p.y for p in plots])
    bars = any(p.y.flush for p in plots) and all(min(p.y.include, default=0.0) >= 0 for p in plots)
    return replace(common, title=titles.pop() if len(titles) == 1 else "", flush=bars)


def run(call: Call, ctx: Context) -> Stored | None:
    draw_twoway(call.text, ctx)
    return None


def run_scatter(call: Call, ctx: Context) -> Stored | None:
    """scatter: Scatterplot.   scatter yvars xvar [if] [in] [, options]"""
    draw_twoway(f"scatter {call.text}", ctx)
    return None


def run_line(call: Call, ctx: Context) -> Stored | None:
    """line: Line plot.   line yvars xvar [if] [in] [, options]"""
    draw_twoway(f"line {call.text}", ctx)
    return None
