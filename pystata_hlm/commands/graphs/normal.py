"""qnorm: Quantiles of a variable against the normal.   qnorm varname [if] [in] [, options]

``pnorm`` draws a standardized normal probability plot instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pystata_hlm.commands.graphs.common import check_name, draw, numeric, read_options, title_of
from pystata_hlm.errors import StataError
from pystata_hlm.graph.axisoptions import LabelRule
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Curve, Layer, Scatter, array
from pystata_hlm.graph.words import abbreviations, split_options
from pystata_hlm.numeric.quantiles import probability_normal, quantile_normal
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

OWN = abbreviations("grid:2 rlopts:2")


def reference_style(style: PlotStyle, notes: list[str]) -> PlotStyle:
    """``rlopts()``: the look of the reference line."""
    if "rlopts" not in style.extra:
        return PlotStyle()
    mine, rest = split_plot_options(split_options(style.extra["rlopts"] or ""), {})
    for option in rest:
        raise StataError.option_not_allowed(option.name)
    return parse_plot_style(mine, {}, notes)


def make_layers(
    x: Array, y: Array, line: Array, legend: str, style: PlotStyle, reference: PlotStyle
) -> tuple[Layer, ...]:
    """Points and the line they would follow."""
    return (
        Scatter(x, y, legend, style.marker(), style=style.scheme_style()),
        Curve(
            line, line, "Reference", reference.stroke(), style=reference.scheme_style() or 2, kind="reference"
        ),
    )


def _draw(
    call: Call,
    ctx: Context,
    points: Callable[[Array], tuple[Array, Array]],
    axes: Callable[[str], tuple[AxisSource, AxisSource]],
    line: Callable[[Array], Array],
    kind: str,
) -> None:
    (name,) = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, OWN, notes)
    if "grid" in style.extra:
        raise StataError.option_not_supported("grid")
    if options.by is not None:
        raise StataError.option_not_allowed("by()")
    check_name(ctx, options)
    values = numeric(ctx.data, name)
    used = call.sample & ~np.isnan(values)
    if not used.any():
        raise StataError.no_observations()
    x, y = points(values[used])
    x_axis, y_axis = axes(title_of(ctx.data, name))
    layers = make_layers(x, y, line(x), title_of(ctx.data, name), style, reference_style(style, notes))
    draw(ctx, [PanelSource(layers)], options, x_axis, y_axis, notes, kind, Defaults(legend=False))


def normal_points(values: Array) -> tuple[Array, Array]:
    """(inverse normal, ordered data)."""
    ordered, expected = quantile_normal(values)
    return expected, ordered


def probability_points(values: Array) -> tuple[Array, Array]:
    """(empirical, normal probability)."""
    normal, empirical = probability_normal(values)
    return empirical, normal


QUARTERS = LabelRule(values=tuple((v, None) for v in (0.0, 0.25, 0.5, 0.75, 1.0)), fmt="%4.2f")


def run(call: Call, ctx: Context) -> Stored | None:
    _draw(
        call,
        ctx,
        normal_points,
        lambda label: (AxisSource("Inverse Normal"), AxisSource(label)),
        lambda x: array([x.min(), x.max()]),
        "qnorm",
    )
    return None


def run_pnorm(call: Call, ctx: Context) -> Stored | None:
    """pnorm: Standardized normal probability plot.   pnorm varname [if] [in] [, grid rlopts() options]"""
    name = call.varlist[0]
    _draw(
        call,
        ctx,
        probability_points,
        lambda label: (
            AxisSource("Empirical P[i] = i/(N+1)", rule=QUARTERS),
            AxisSource(f"Normal F[({name}-m)/s]", rule=QUARTERS),
        ),
        lambda x: array([0.0, 1.0]),
        "pnorm",
    )
    return None
