"""mrunning: Multivariable scatterplot smoother.   mrunning yvar xvarlist [if] [in] [weight] [, options]

Each panel shows the partial residuals of one x variable and its running-line function after backfitting
(Royston and Cox, Stata Journal 5(3), 2005). Own implementation from the published description.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands.graphs.common import check_name, finish, numeric, read_options, title_of
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource, grid_shape, make_figure
from pystata_hlm.graph.options import FigureOptions
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Curve, Figure, Layer, Scatter, Words
from pystata_hlm.graph.words import OptionLike, abbreviations, one_number, shown, split_options
from pystata_hlm.numeric.smooth import MultivariableSmooth, multivariable_running
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

OWN = abbreviations(
    """
    span:2 knn:3 mean:2 cycles:2 repeat:3 adjust:3 predict:3 nograph:3 nopts:3 lineopts:4 combine:3 log:3 ci:2
    generate:3 gense:5 double:2 twice:2
    """
)
_LACKING = ("ci", "gense", "twice", "double", "generate")


@dataclass(frozen=True)
class Settings:
    """How to smooth and what to draw."""

    span: float | None = None
    knn: int | None = None
    mean: bool = False
    cycles: int = 3
    repeat: int = 1
    points: bool = True
    graph: bool = True
    log: bool = False
    adjust: str = ""
    predict: str = ""


def read_settings(style: PlotStyle) -> Settings:
    extra = style.extra
    for name in _LACKING:
        if name in extra:
            raise StataError.option_not_supported(name if extra[name] is None else f"{name}()")
    for name in ("mean", "nograph", "nopts", "log"):
        if extra.get(name) is not None:
            raise StataError.option_not_allowed(f"{name}()")
    if "span" in extra and "knn" in extra:
        raise StataError(198, "options span() and knn() may not be combined")
    span = _number(extra, "span")
    if span is not None and not 0 < span <= 1:
        raise StataError(198, "span() must be between 0 and 1")
    knn, cycles, repeat = (_whole(extra, name) for name in ("knn", "cycles", "repeat"))
    return Settings(
        span,
        knn,
        "mean" in extra,
        cycles or 3,
        repeat or 1,
        "nopts" not in extra,
        "nograph" not in extra,
        "log" in extra,
        (extra.get("adjust") or "").strip(),
        (extra.get("predict") or "").strip(),
    )


def _number(extra: dict[str, str | None], name: str) -> float | None:
    return one_number(extra[name] or "", name) if name in extra else None


def _whole(extra: dict[str, str | None], name: str) -> int | None:
    value = _number(extra, name)
    if value is None:
        return None
    if value != int(value) or value < 1:
        raise StataError(198, f"option {name}() incorrectly specified")
    return int(value)


def new_names(ctx: Context, stub: str, names: tuple[str, ...]) -> list[str]:
    """``predict(stub)``: stub1, stub2 ...; r(198)/r(110) when they cannot be used."""
    if not stub:
        return []
    out = [f"{stub}{k}" for k in range(1, len(names) + 1)]
    for name in out:
        if not is_valid_name(name):
            raise StataError.invalid_name(name)
        if name in ctx.data:
            raise StataError.already_defined(name)
    return out


def make_layers(
    x: Array, adjusted: Array, curve: Array, s: Settings, style: PlotStyle, line: PlotStyle
) -> tuple[Layer, ...]:
    """Partial residuals (unless nopts) and the function, ordered by x."""
    xs, first = np.unique(x, return_index=True)
    smooth = Curve(
        xs, curve[first], "Running line", line.stroke(), style=line.scheme_style() or 2, kind="mrunning"
    )  # fmt: skip
    if not s.points:
        return (smooth,)
    return (Scatter(x, adjusted, "Partial residuals", style.marker(), style=style.scheme_style()), smooth)


def make_graph(
    panels: list[PanelSource], titles: list[str], y_title: str, options: FigureOptions, scheme: str | None
) -> Figure:
    """One panel for each predictor, all on one vertical scale."""
    rows, columns = grid_shape(len(panels), None, None)
    values = [layer.y for p in panels for layer in p.layers if isinstance(layer, (Scatter, Curve))]
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    inner = replace(
        options, title=None, subtitle=None, note=None, caption=None, legend=replace(options.legend, off=True)
    )  # fmt: skip
    y = AxisSource("", include=(low, high))
    built = [
        make_figure([p], replace(inner, y_title=Words()), AxisSource(t), y, Defaults(legend=False)).panels[0]
        for p, t in zip(panels, titles, strict=True)
    ]
    return Figure(
        tuple(built),
        rows,
        columns,
        y_title=options.y_title or Words((y_title,)),
        title=options.title or Words(),
        subtitle=options.subtitle or Words(),
        note=options.note or Words(),
        caption=options.caption or Words(),
        scheme=scheme,
        width=options.width,
        height=options.height,
        scale=options.scale,
        region=options.graph_region,
    )


def convergence(record: tuple[float, ...]) -> Text:
    """``log``: the squared correlation after each cycle."""
    lines = [f"Cycle {k}: R-squared = {r:8.6f}" for k, r in enumerate(record, start=1)]
    return Text("\n".join(lines))


def line_style(style: PlotStyle, notes: list[str]) -> PlotStyle:
    if "lineopts" not in style.extra:
        return replace(style, extra={})
    rest: list[OptionLike]
    mine, rest = split_plot_options(split_options(style.extra["lineopts"] or ""), {})
    for option in rest:
        raise StataError.option_not_allowed(shown(option))
    return parse_plot_style(mine, {}, notes)


def fit(y: Array, x: Array, s: Settings, weights: Array | None) -> MultivariableSmooth:
    return multivariable_running(
        y, x, span=s.span, knn=s.knn, mean=s.mean, cycles=s.cycles, repeat=s.repeat, weights=weights
    )


def run(call: Call, ctx: Context) -> Stored | None:
    y_name, *x_names = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, OWN, notes)
    s = read_settings(style)
    if "combine" in style.extra:
        raise StataError.option_not_supported("combine()")
    line = line_style(style, notes)
    if options.by is not None:
        raise StataError.option_not_allowed("by()")
    check_name(ctx, options)
    predicted = new_names(ctx, s.predict, tuple(x_names))
    adjusted_names = new_names(ctx, s.adjust, tuple(x_names))
    y = numeric(ctx.data, y_name)
    x = np.column_stack([numeric(ctx.data, name) for name in x_names])
    used = call.sample & ~np.isnan(y) & ~np.isnan(x).any(axis=1)
    if not used.any():
        raise StataError.no_observations()
    if used.sum() < 3:
        raise StataError.insufficient_observations()
    found = fit(y[used], x[used], s, None if call.weight is None else call.weight.values[used])
    if s.log:
        ctx.emit(convergence(found.r_squared))
    for names, columns in ((predicted, found.curves), (adjusted_names, found.adjusted)):
        for j, name in enumerate(names):
            values = np.full(ctx.data.n, np.nan)
            values[used] = columns[:, j]
            ctx.data.add(name, Column.numeric(values, stype="float"))
    if not s.graph:
        return None
    panels = [
        PanelSource(make_layers(x[used, j], found.adjusted[:, j], found.curves[:, j], s, style, line))
        for j in range(len(x_names))
    ]
    titles = [title_of(ctx.data, name) for name in x_names]
    figure = make_graph(panels, titles, title_of(ctx.data, y_name), options, options.scheme)
    finish(ctx, figure, options, notes, "mrunning")
    return None
