"""histogram: Histograms.   histogram varname [if] [in] [fweight] [, options]"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.common import (
    axis_of,
    by_groups,
    check_name,
    draw,
    numeric,
    read_options,
)
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Bars, Curve, Layer
from pystata_hlm.graph.words import abbreviations, one_number, split_options
from pystata_hlm.numeric.density import KERNELS, kernel_density
from pystata_hlm.numeric.quantiles import Histogram, histogram
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

OWN = abbreviations(
    """
    bin:3 width:1 start:5 discrete:1 density:3 fraction:4 frequency:4 percent:7 gap:3 normal:4 normopts:7
    kdensity:4 kdenopts:7 addlabels:4 addlabopts:8 xlabelvalues:0
    """
)
SCALES = ("density", "fraction", "percent", "frequency")
CURVE_POINTS = 300


@dataclass(frozen=True)
class Settings:
    """The command's own options."""

    bins: int | None = None
    width: float | None = None
    start: float | None = None
    discrete: bool = False
    scale: str = "density"
    gap: float = 0.0
    normal: PlotStyle | None = None
    kdensity: PlotStyle | None = None
    labels: bool = False


def read_settings(style: PlotStyle, notes: list[str]) -> Settings:
    """Typed options; r(198) for combinations Stata refuses."""
    extra = style.extra
    scales = [s for s in SCALES if s in extra]
    if len(scales) > 1:
        raise StataError(198, f"options {scales[0]} and {scales[1]} may not be combined")
    if "bin" in extra and "width" in extra:
        raise StataError(198, "options bin() and width() may not be combined")
    if "discrete" in extra and "bin" in extra:
        raise StataError(198, "options discrete and bin() may not be combined")
    if "addlabopts" in extra:
        raise StataError.option_not_supported("addlabopts()")
    for name in ("discrete", "normal", "kdensity", "addlabels", *SCALES):
        if extra.get(name) is not None:
            raise StataError.option_not_allowed(f"{name}()")
    bins = None
    if "bin" in extra:
        bins = int(_value(extra, "bin"))
        if bins < 1:
            raise StataError(198, "bin() invalid -- invalid number, outside of allowed range")
    width = _value(extra, "width") if "width" in extra else None
    if width is not None and width <= 0:
        raise StataError(198, "width() invalid -- invalid number, outside of allowed range")
    gap = _value(extra, "gap") if "gap" in extra else 0.0
    if not 0 <= gap < 100:
        raise StataError(198, "gap() invalid -- invalid number, outside of allowed range")
    return Settings(
        bins,
        width,
        _value(extra, "start") if "start" in extra else None,
        "discrete" in extra,
        scales[0] if scales else "density",
        gap,
        _curve_style(extra, "normal", "normopts", {}, notes),
        _curve_style(extra, "kdensity", "kdenopts", _KDENSITY_OWN, notes),
        "addlabels" in extra,
    )


_KDENSITY_OWN = abbreviations(
    "bwidth:2 kernel:1 n:1 " + " ".join(f"{k}:{2 if k[0] == 'e' else 3}" for k in KERNELS)
)


def _value(extra: dict[str, str | None], name: str) -> float:
    text = extra[name]
    if text is None:
        raise StataError(198, f"option {name}() incorrectly specified")
    return one_number(text, name)


def _curve_style(
    extra: dict[str, str | None], name: str, options: str, own: dict[str, int], notes: list[str]
) -> PlotStyle | None:
    """Style of the normal or kernel density overlaid on the bars; its options switch it on."""
    if name not in extra and options not in extra:
        return None
    given = split_options(extra.get(options) or "")
    mine, rest = split_plot_options(given, own)
    for option in rest:
        raise StataError.option_not_allowed(option.name)
    return parse_plot_style(mine, own, notes)


def compute(x: Array, s: Settings, weights: Array | None, bins: Histogram | None = None) -> Histogram:
    """The bins; those of ``bins`` (the whole sample) when given, so that by-panels agree."""
    try:
        if bins is None:
            return histogram(
                x, bins=s.bins, width=s.width, start=s.start, weights=weights, discrete=s.discrete
            )
        shared = histogram(x, width=bins.width, start=bins.start, weights=weights, discrete=bins.discrete)
    except ValueError:
        raise StataError(198, f"start() must be less than or equal to {_number(float(x.min()))}") from None
    counts = np.zeros(bins.bins)
    counts[: shared.bins] = shared.counts[: bins.bins]
    counts[-1] += shared.counts[bins.bins :].sum()
    return replace(shared, bins=bins.bins, counts=counts)


def heights(found: Histogram, scale: str) -> Array:
    return {
        "density": found.density,
        "fraction": found.fraction,
        "percent": found.percent,
        "frequency": found.counts,
    }[scale]


def curve_factor(found: Histogram, scale: str) -> float:
    """What a density is multiplied by to lie over bars of that scale."""
    return {
        "density": 1.0,
        "fraction": found.width,
        "percent": 100 * found.width,
        "frequency": found.total * found.width,
    }[scale]


def bar_labels(values: Array, scale: str) -> tuple[str, ...]:
    fmt = "%9.0g" if scale == "frequency" else "%6.4g"
    return tuple("" if v == 0 else format_number(float(v), fmt).strip() for v in values)


def make_layers(
    x: Array, weights: Array | None, found: Histogram, s: Settings, style: PlotStyle
) -> tuple[Layer, ...]:
    """Bars, then the normal density with the sample's mean and sd, then the kernel density."""
    height = heights(found, s.scale)
    labels = bar_labels(height, s.scale) if s.labels else None
    h = style.horizontal
    layers: list[Layer] = [
        Bars(
            found.edges[:-1],
            found.edges[1:],
            height,
            np.zeros(found.bins),
            s.scale.capitalize(),
            style.fill(),
            style.stroke(),
            h,
            labels,
            s.gap,
            style.scheme_style(),
        )
    ]
    factor = curve_factor(found, s.scale)
    if s.normal is not None:
        w = np.ones(len(x)) if weights is None else weights
        mean = float(w @ x / w.sum())
        sd = float(np.sqrt(w @ (x - mean) ** 2 / (w.sum() - 1))) if w.sum() > 1 else np.nan
        at = np.linspace(found.edges[0], found.edges[-1], CURVE_POINTS)
        if sd > 0:  # no curve when x does not vary
            y = factor * np.exp(-(((at - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
            layers.append(_curve(at, y, "Normal density", s.normal, h, "normal"))
    if s.kdensity is not None:
        extra = s.kdensity.extra
        width = _value(extra, "bwidth") if "bwidth" in extra else None
        kernel = _kernel(extra)
        points = int(_value(extra, "n")) if "n" in extra else CURVE_POINTS
        k = kernel_density(x, points=points, width=width, kernel=kernel, weights=weights)
        layers.append(_curve(k.at, factor * k.density, "Kernel density", s.kdensity, h, "kdensity"))
    return tuple(layers)


def _kernel(extra: dict[str, str | None]) -> str:
    text = extra.get("kernel")
    if text is None:
        return next((k for k in KERNELS if k in extra), "epanechnikov")
    found = next((k for k in KERNELS if text.strip() and k.startswith(text.strip())), None)
    if found is None:
        raise StataError(198, f"invalid kernel function {text.strip()}")
    return found


def _curve(at: Array, y: Array, legend: str, style: PlotStyle, horizontal: bool, kind: str) -> Curve:
    if horizontal:
        at, y = y, at
    return Curve(at, y, legend, style.stroke(), style=style.scheme_style(), kind=kind)


def _number(value: float) -> str:
    """Eight significant digits, as the note under the command shows them."""
    return format_number(value, "%10.0g").strip()


def note(found: Histogram) -> Text:
    """``(bin=38, start=-19.084782, width=.96868813)``; with ``discrete``: ``(start=1, width=1)``."""
    bins = "" if found.discrete else f"bin={found.bins}, "
    return Text(f"({bins}start={_number(found.start)}, width={_number(found.width)})")


def stored(found: Histogram, n: float) -> Stored:
    return Stored(
        "r",
        {
            "N": n, "bin": float(found.bins), "start": found.start, "width": found.width,
            "area": float((found.density * found.width).sum()),
        },
    )  # fmt: skip


def run(call: Call, ctx: Context) -> Stored | None:
    (name,) = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, OWN, notes)
    s = read_settings(style, notes)
    check_name(ctx, options)
    x = numeric(ctx.data, name)
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    groups, labels = by_groups(ctx, options.by, used)
    if options.by is not None:
        used = np.logical_or.reduce([g.rows for g in groups])
    weights = None if call.weight is None else call.weight.values
    whole = compute(x[used], s, None if weights is None else weights[used])
    panels = []
    for group in groups:
        w = None if weights is None else weights[group.rows]
        found = compute(x[group.rows], s, w, whole)
        panels.append(PanelSource(make_layers(x[group.rows], w, found, s, style), group.heading))
    x_axis, y_axis = axis_of(ctx.data, name), AxisSource(s.scale.capitalize(), include=(0.0,), flush=True)
    ctx.emit(note(whole))
    if style.horizontal:
        x_axis, y_axis = y_axis, x_axis
    draw(ctx, panels, options, x_axis, y_axis, notes, "histogram", Defaults(legend=False), labels)
    return stored(whole, whole.total)
