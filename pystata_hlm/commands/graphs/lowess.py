"""lowess: Lowess smoothing.   lowess yvar xvar [if] [in] [, bwidth(#) mean options]"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.common import axis_of, by_groups, check_name, draw, numeric, read_options
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.graph.build import Defaults, PanelSource
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Curve, Layer, Scatter
from pystata_hlm.graph.words import abbreviations, one_number, split_options
from pystata_hlm.numeric.smooth import lowess
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

OWN = abbreviations("bwidth:2 mean:2 noweight:3 logit:3 adjust:2 generate:3 nograph:3 lineopts:6 rlopts:0")


@dataclass(frozen=True)
class Method:
    """How to smooth."""

    bandwidth: float = 0.8
    mean: bool = False
    weight: bool = True
    logit: bool = False
    adjust: bool = False

    @property
    def title(self) -> str:
        kind = "Running-mean smoother" if self.mean and not self.weight else "Lowess smoother"
        if self.weight and self.mean:
            return "Weighted running-mean smoother"
        if not self.weight and not self.mean:
            return "Running-line smoother"
        return kind

    @property
    def subtitle(self) -> str:
        marks = [
            text
            for wanted, text in (
                (self.logit, "Logit transformed smooth"),
                (self.adjust, "Mean adjusted smooth"),
            )
            if wanted
        ]
        return ", ".join(marks)


def read_method(style: PlotStyle) -> Method:
    extra = style.extra
    for name in ("mean", "noweight", "logit", "adjust", "nograph"):
        if extra.get(name) is not None:
            raise StataError.option_not_allowed(f"{name}()")
    width = one_number(extra["bwidth"] or "", "bwidth") if "bwidth" in extra else 0.8
    if not 0 < width < 1:
        width = 0.8
    return Method(width, "mean" in extra, "noweight" not in extra, "logit" in extra, "adjust" in extra)


def smooth(y: Array, x: Array, m: Method) -> Array:
    return lowess(y, x, m.bandwidth, mean=m.mean, weight=m.weight, logit=m.logit, adjust=m.adjust)


def new_variable(ctx: Context, style: PlotStyle) -> str | None:
    """The name in generate(); r(198) or r(110) when it cannot be used."""
    text = style.extra.get("generate")
    if "generate" not in style.extra:
        return None
    name = (text or "").strip()
    if not is_valid_name(name):
        raise StataError.invalid_name(name)
    if name in ctx.data:
        raise StataError.already_defined(name)
    return name


def make_layers(
    y: Array, x: Array, fitted: Array, m: Method, style: PlotStyle, line: PlotStyle
) -> tuple[Layer, ...]:
    """The data (left out on the logit scale) and the smooth, ordered by x."""
    xs, first = np.unique(x, return_index=True)
    curve = Curve(xs, fitted[first], "Lowess", line.stroke(), style=line.scheme_style() or 2, kind="lowess")
    if m.logit:
        return (curve,)
    return (Scatter(x, y, "Data", style.marker(), style=style.scheme_style()), curve)


def line_style(style: PlotStyle, notes: list[str]) -> PlotStyle:
    """``lineopts()``; ``lcolor()`` and the like given directly also go to the smooth."""
    own_line = replace(style, extra={})
    if "lineopts" not in style.extra:
        return own_line
    mine, rest = split_plot_options(split_options(style.extra["lineopts"] or ""), {})
    for option in rest:
        raise StataError.option_not_allowed(option.name)
    return parse_plot_style(mine, {}, notes)


def run(call: Call, ctx: Context) -> Stored | None:
    y_name, x_name = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, OWN, notes)
    m = read_method(style)
    name = new_variable(ctx, style)
    check_name(ctx, options)
    y, x = numeric(ctx.data, y_name), numeric(ctx.data, x_name)
    used = call.sample & ~np.isnan(y) & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    if m.logit and not np.isin(y[used], (0, 1)).all():
        raise StataError(198, f"{y_name} must be 0 or 1 with option logit")
    groups, labels = by_groups(ctx, options.by, used)
    line = line_style(style, notes)
    values = np.full(ctx.data.n, np.nan)
    panels = []
    for group in groups:
        fitted = smooth(y[group.rows], x[group.rows], m)
        if group.heading != "Total":
            values[group.rows] = fitted
        layers = make_layers(y[group.rows], x[group.rows], fitted, m, style, line)
        panels.append(PanelSource(layers, group.heading))
    if name is not None:
        ctx.data.add(name, Column.numeric(values, stype="float", label=f"lowess: {y_name}"[:80]))
    if "nograph" in style.extra:
        return None
    bandwidth = f"bandwidth = {format_number(m.bandwidth, '%9.0g').strip()}"
    subtitle = (m.subtitle,) if m.subtitle else ()
    defaults = Defaults((m.title,), subtitle, (bandwidth,), legend=False)
    draw(
        ctx,
        panels,
        options,
        axis_of(ctx.data, x_name),
        axis_of(ctx.data, y_name),
        notes,
        "lowess",
        defaults,
        labels,
    )
    return None
