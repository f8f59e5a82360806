"""Shared pieces of the graph commands: axis titles, by() groups, the name() and saving() of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource, make_figure
from pystata_hlm.graph.legendoptions import ByRule
from pystata_hlm.graph.options import FigureOptions, parse_figure_options
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Drawing
from pystata_hlm.graph.words import OptionLike
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Graph
from pystata_hlm.runtime.context import Context

Mask = np.ndarray


def title_of(data: Dataset, name: str) -> str:
    """A variable's label, or its name."""
    return data.column(name).label or name


def value_texts(data: Dataset, name: str) -> Mapping[float, str] | None:
    label = data.value_label_of(name)
    return None if label is None else {float(key): text for key, text in label.items()}


def axis_of(data: Dataset, name: str) -> AxisSource:
    """Axis title, number format and value labels from a variable."""
    return AxisSource(title_of(data, name), data.column(name).format, value_texts(data, name))


def varlist(ctx: Context, text: str) -> tuple[str, ...]:
    """Variables named in an option's argument."""
    return tuple(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))


def numeric(data: Dataset, name: str) -> np.ndarray:
    """Values of a numeric variable; r(109) for a string."""
    column = data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    return column.values()


def texts_of(data: Dataset, name: str, rows: np.ndarray) -> tuple[str, ...]:
    """What ``mlabel()`` and by-headings show: strings, value labels, or formatted numbers."""
    column = data.column(name)
    if column.is_string:
        return tuple(bytes(s).decode("utf-8", "replace") for s in column.strings()[rows])
    label = data.value_label_of(name)
    values = column.values()[rows]
    codes = column.codes()
    named = (
        label.texts(values, None if codes is None else codes[rows])
        if label is not None
        else [""] * len(values)
    )
    return tuple(
        str(n) if n else ("." if np.isnan(v) else format_number(float(v), column.format).strip())
        for n, v in zip(named, values, strict=True)
    )


# ---------------------------------------------------------------- by()


@dataclass(frozen=True)
class ByGroup:
    """Rows of one panel and its heading."""

    rows: Mask
    heading: str = ""


def by_groups(ctx: Context, rule: ByRule | None, sample: Mask) -> tuple[list[ByGroup], tuple[str, ...]]:
    """The panels of ``by()`` in sorted order and the labels of its variables; one panel without it."""
    if rule is None:
        return [ByGroup(sample)], ()
    data = ctx.data
    names = varlist(ctx, rule.text)
    kept = sample.copy()
    if not rule.missing:
        for name in names:
            kept &= ~data.column(name).is_missing()
    if not kept.any():
        raise StataError.no_observations()
    groups = data.groups(names, kept)
    headings = [texts_of(data, name, groups.first_rows) for name in names]
    out = [ByGroup(groups.codes == g, ", ".join(h[g] for h in headings)) for g in range(len(groups))]
    if rule.total:
        out.append(ByGroup(kept, "Total"))
    return out, tuple(title_of(data, name) for name in names)


# ---------------------------------------------------------------- options


def read_options(
    options: Iterable[OptionLike],
    own: dict[str, int],
    notes: list[str],
    base: FigureOptions | None = None,
) -> tuple[PlotStyle, FigureOptions]:
    """Style of the command's main plot (its own options in ``extra``) and the options of the graph."""
    mine, rest = split_plot_options(options, own)
    return parse_plot_style(mine, own, notes), parse_figure_options(rest, notes, base)


# ---------------------------------------------------------------- finishing


def check_name(ctx: Context, options: FigureOptions) -> None:
    """r(110) when name() is taken and replace was not given; r(602) for saving()."""
    name = options.name
    if name is not None and name != "Graph" and name in ctx.workspace.graphs and not options.name_replace:
        raise StataError(110, f"graph {name} already exists")
    if options.saving is not None:
        path = gph_path(ctx, options.saving)
        if path.exists() and not options.saving_replace:
            raise StataError.file_exists(shown_path(options.saving, ".gph"))


def shown_path(text: str, suffix: str) -> str:
    """The file name as typed, with the suffix Stata adds."""
    return text if Path(text).suffix else text + suffix


def gph_path(ctx: Context, text: str) -> Path:
    return ctx.workspace.resolve(shown_path(text, ".gph"))


def finish(ctx: Context, drawing: Drawing, options: FigureOptions, notes: Sequence[str], kind: str) -> None:
    """Print the notes about unknown styles, keep the graph under its name, and show it."""
    for note in notes:
        ctx.say(note)
    drawing = replace(drawing, kind=kind, scheme=drawing.scheme or ctx.settings.scheme)
    graph = Graph(drawing, options.name or "Graph")
    if options.nodraw or not ctx.settings.graphics:
        ctx.workspace.graphs[graph.name] = graph
        ctx.workspace.current_graph = graph.name
    else:
        ctx.emit(graph)
    if options.saving is not None:
        save_graph(ctx, graph, options.saving)


def save_graph(ctx: Context, graph: Graph, text: str) -> None:
    """Write a .gph file (our own format)."""
    from pystata_hlm.graph.store import write

    write(graph.spec, gph_path(ctx, text))
    name = shown_path(text, ".gph")
    ctx.say(f"file {name} saved" if ctx.settings.release >= 17 else f"(file {name} saved)")


def draw(
    ctx: Context,
    panels: Sequence[PanelSource],
    options: FigureOptions,
    x: AxisSource,
    y: AxisSource,
    notes: Sequence[str],
    kind: str,
    defaults: Defaults | None = None,
    by_labels: Sequence[str] = (),
) -> None:
    """Build the figure and finish it."""
    finish(ctx, make_figure(panels, options, x, y, defaults, by_labels), options, notes, kind)
