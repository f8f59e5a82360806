"""gladder: Ladder-of-powers histograms.   gladder varname [if] [in] [, bin(#) frequency options]

One histogram with a normal density for each of the nine transformations of ``ladder``; those that cannot be
computed for the data are left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pystata_hlm.commands.graphs.common import check_name, finish, numeric, read_options, title_of
from pystata_hlm.commands.graphs.histogram import OWN, Settings, compute, make_layers, read_settings
from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource, grid_shape, make_figure
from pystata_hlm.graph.options import FigureOptions
from pystata_hlm.graph.plotstyle import PlotStyle
from pystata_hlm.graph.spec import Array, Figure, Words
from pystata_hlm.numeric.normality import LADDER, rung
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_KEPT = {
    name: least
    for name, least in OWN.items()
    if name in ("bin", "density", "frequency", "fraction", "percent")
}


def histograms(x: Array, s: Settings, style: PlotStyle) -> list[PanelSource]:
    """A panel for each transformation that is defined for all of x."""
    out = []
    for power in LADDER:
        y = rung(power, x)
        if y is None:
            continue
        found = compute(y, s, None)
        out.append(PanelSource(make_layers(y, None, found, s, style), power.name))
    return out


def make_graph(panels: list[PanelSource], options: FigureOptions, title: str, scale: str) -> Figure:
    """A grid of panels with their own axes and common axis titles."""
    rows, columns = grid_shape(len(panels), None, None)
    x, y = AxisSource(""), AxisSource("", include=(0.0,), flush=True)
    plain = FigureOptions()
    built = []
    for source in panels:
        (panel,) = make_figure([source], plain, x, y, Defaults(legend=False)).panels
        built.append(replace(panel, heading=Words((source.heading,))))
    note = options.note or Words(("Histograms by transformation",))
    return Figure(
        tuple(built),
        rows,
        columns,
        x_title=options.x_title or Words((title,)),
        y_title=options.y_title or Words((scale.capitalize(),)),
        title=options.title or Words(),
        subtitle=options.subtitle or Words(),
        note=note,
        caption=options.caption or Words(),
        scheme=options.scheme,
        width=options.width,
        height=options.height,
        scale=options.scale,
        region=options.graph_region,
    )


def run(call: Call, ctx: Context) -> Stored | None:
    (name,) = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, _KEPT, notes)
    s = replace(read_settings(style, notes), normal=PlotStyle())
    check_name(ctx, options)
    values = numeric(ctx.data, name)
    used = call.sample & ~np.isnan(values)
    if not used.any():
        raise StataError.no_observations()
    panels = histograms(values[used], s, style)
    finish(ctx, make_graph(panels, options, title_of(ctx.data, name), s.scale), options, notes, "gladder")
    return None
