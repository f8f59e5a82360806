"""Plot types of ``twoway``: from ``plottype varlist [if] [in] [weight] [, options]`` to layers.

A plot is prepared once (names, sample, style) and then drawn for each by-group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from pystata_hlm.commands.graphs.common import Mask, axis_of, numeric, texts_of, title_of, varlist
from pystata_hlm.commands.graphs.fits import linear_fit
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate
from pystata_hlm.expr.values import Text
from pystata_hlm.graph.build import AxisSource
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Area, Array, Bars, Curve, Layer, Marker, Scatter, Spikes, array
from pystata_hlm.graph.words import OptionLike, abbreviations, list_items, numbers, one_number, tokens
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric.density import KERNELS, kernel_density
from pystata_hlm.numeric.quantiles import histogram
from pystata_hlm.numeric.smooth import lowess
from pystata_hlm.runtime.bind import check_weights, in_mask
from pystata_hlm.runtime.bind import weights as bind_weights
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import CommandSpec, Weights


@dataclass(frozen=True)
class Prepared:
    """A plot ready to draw: ``layers(rows)`` computes it on some rows."""

    layers: Callable[[Mask], tuple[Layer, ...]]
    x: AxisSource
    y: AxisSource
    y_titles: tuple[str, ...]
    rest: tuple[OptionLike, ...] = ()
    sample: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))


@dataclass(frozen=True)
class Request:
    """What a plot type's builder gets."""

    ctx: Context
    names: tuple[str, ...]
    sample: Mask
    style: PlotStyle
    weight: Weights | None
    text: str = ""
    kind: str = ""

    @property
    def data(self) -> Dataset:
        return self.ctx.data

    def number(self, option: str, default: float) -> float:
        text = self.style.extra.get(option)
        return default if text is None else one_number(text, option)

    def has(self, option: str) -> bool:
        return option in self.style.extra

    def weights(self, rows: Mask) -> Array | None:
        return None if self.weight is None else self.weight.values[rows]


@dataclass(frozen=True)
class PlotType:
    """``variables``: least and most names; ``own``: options of this type; ``weights`` allowed."""

    build: Callable[[Request], Prepared]
    variables: tuple[int, int | None] = (2, None)
    own: str = ""
    weights: tuple[str, ...] = ()
    raw: bool = False


def prepare(ctx: Context, plot: nodes.Plot, base: Mask, notes: list[str]) -> Prepared:
    """Parse one plot; r(198) for an unknown plot type."""
    plot_type = find(plot.plottype)
    own = abbreviations(plot_type.own)
    if plot_type.raw:
        node: nodes.Anything | nodes.Standard = parse("anything", plot.text)
    else:
        node = parse("standard", plot.text)
    clauses = node.clauses
    mine, rest = split_plot_options(clauses.options, own)
    style = parse_plot_style(mine, own, notes)
    names: tuple[str, ...] = ()
    text = ""
    if isinstance(node, nodes.Anything):
        text = node.text
    else:
        names = _names(ctx, node, plot_type)
    sample = base & ctx.mark(clauses.if_)
    if clauses.in_ is not None:
        sample &= in_mask(clauses.in_, ctx.data.n, ctx)
    w: Weights | None = None
    if clauses.weight is not None:
        if not plot_type.weights:
            raise StataError(101, "weights not allowed")
        spec = CommandSpec("twoway", lambda call, ctx: None, weights=plot_type.weights)
        bound = bind_weights(clauses.weight, spec, ctx)
        sample = check_weights(bound, sample)
        w = bound
    request = Request(ctx, names, sample, style, w, text, plot.plottype)
    return replace(plot_type.build(request), rest=tuple(rest), sample=sample)


def _names(ctx: Context, node: nodes.Standard, plot_type: PlotType) -> tuple[str, ...]:
    names = tuple(expand_varlist(ctx.data, node.varlist, ctx.settings.varabbrev, timeseries=True))
    least, most = plot_type.variables
    if not names:
        raise StataError.varlist_required()
    if len(names) < least:
        raise StataError.too_few_variables()
    if most is not None and len(names) > most:
        raise StataError.too_many_variables()
    return names


def find(word: str) -> PlotType:
    if word in PLOT_TYPES:
        return PLOT_TYPES[word]
    full = _ABBREVIATIONS.get(word)
    if full is not None:
        return PLOT_TYPES[full]
    if word in _LACKING:
        raise StataError.command_not_supported(f"twoway {word}")
    raise StataError(198, f"{word} is not a twoway plot type")


# ---------------------------------------------------------------- points and lines


def _ordered(r: Request, rows: Mask, x: Array) -> np.ndarray:
    """Row numbers in the order to connect."""
    index = np.flatnonzero(rows)
    if r.style.sort is None:
        return index
    keys = [numeric(r.data, name) for name in varlist(r.ctx, r.style.sort)] if r.style.sort else [x]
    return index[np.lexsort([key[index] for key in reversed(keys)])]


def _point_labels(r: Request, i: int, rows: np.ndarray) -> tuple[str, ...] | None:
    if not r.style.label_text:
        return None
    names = varlist(r.ctx, " ".join(list_items(r.style.label_text)))
    return texts_of(r.data, names[i], rows) if i < len(names) else None


def _scatter(r: Request) -> Prepared:
    """scatter, line and connected: y variables then x."""
    *ys, x_name = r.names
    x = numeric(r.data, x_name)
    columns = [numeric(r.data, y) for y in ys]
    lines = r.kind in ("line",) or "line".startswith(r.kind)
    connected = "connected".startswith(r.kind) and not lines
    if r.style.label_position_var:
        raise StataError.option_not_supported("mlabvposition()")

    def layers(rows: Mask) -> tuple[Layer, ...]:
        return tuple(one(i, rows) for i in range(len(ys)))

    def one(i: int, rows: Mask) -> Layer:
        y = columns[i]
        index = _ordered(r, rows, x)
        given = r.style.connects[i] if i < len(r.style.connects) else None
        joined = given if given is not None else ("l" if lines or connected else "")
        if not joined or r.style.connect_missing is not False:
            index = index[~np.isnan(x[index]) & ~np.isnan(y[index])]
        labels = _point_labels(r, i, index)
        legend = title_of(r.data, ys[i])
        xs, yv = x[index], y[index]
        if r.style.jitter > 0:
            xs, yv = jittered(xs, yv, r.style.jitter, r.style.jitter_seed)
        if not joined:
            return Scatter(
                xs, yv, legend, r.style.marker(i), labels, r.style.label_style(i), r.style.scheme_style(i)
            )
        wants = not lines or bool(r.style.symbols or r.style.marker_colors or r.style.marker_sizes)
        marker = r.style.marker(i)
        return Curve(
            xs,
            yv,
            legend,
            r.style.stroke(i),
            joined,
            marker if wants and marker.symbol != "i" else None,
            labels,
            r.style.label_style(i),
            r.style.scheme_style(i),
            "line" if lines else "connected",
        )

    titles = tuple(title_of(r.data, y) for y in ys)
    return Prepared(layers, axis_of(r.data, x_name), axis_of(r.data, ys[0]), titles)


def jittered(x: Array, y: Array, size: float, seed: int | None) -> tuple[Array, Array]:
    """Noise uniform in a disc of ``size`` per cent of the graph; does not touch the user's seed."""
    rng = np.random.default_rng(0 if seed is None else seed)
    radius = np.sqrt(rng.random(len(x))) * size / 200
    angle = rng.random(len(x)) * 2 * np.pi
    spread_x = float(np.ptp(x)) if len(x) else 0.0
    spread_y = float(np.ptp(y)) if len(y) else 0.0
    return x + radius * np.cos(angle) * spread_x, y + radius * np.sin(angle) * spread_y


def _pair(r: Request, rows: Mask, *names: str) -> tuple[Array, ...]:
    """Complete cases of some variables, in plotting order."""
    values = [numeric(r.data, name) for name in names]
    good = rows.copy()
    for v in values:
        good &= ~np.isnan(v)
    index = _ordered(r, good, values[-1])
    return tuple(v[index] for v in values)


def _bar(r: Request) -> Prepared:
    """bar, area, spike, dropline: y x."""
    y_name, x_name = r.names
    legend = title_of(r.data, y_name)
    base = r.style.base if r.style.base is not None else 0.0
    h = r.style.horizontal

    def layers(rows: Mask) -> tuple[Layer, ...]:
        y, x = _pair(r, rows, y_name, x_name)
        floor = np.full(len(x), base)
        if "area".startswith(r.kind):
            return (
                Area(
                    x, floor, y, legend, r.style.fill(), r.style.stroke(), h, r.style.scheme_style(), "area"
                ),
            )
        if "bar".startswith(r.kind):
            half = (r.style.bar_width if r.style.bar_width is not None else 1.0) / 2
            return (
                Bars(x - half, x + half, y, floor, legend, r.style.fill(), r.style.stroke(), h,
                     style=r.style.scheme_style(), kind="bar"),
            )  # fmt: skip
        marker = r.style.marker() if r.kind.startswith("drop") else None
        return (
            Spikes(x, floor, y, legend, r.style.stroke(), marker=marker, horizontal=h,
                   style=r.style.scheme_style(), kind="dropline" if marker else "spike"),
        )  # fmt: skip

    x, y = axis_of(r.data, x_name), axis_of(r.data, y_name)
    y = replace(y, include=(base,), flush=base == 0)
    if h:
        x, y = y, x
    return Prepared(layers, x, y, (y.title,))


def _range(r: Request) -> Prepared:
    """rarea, rbar, rcap, rspike, rscatter, rline, rconnected, rcapsym: y1 y2 x."""
    one, two, x_name = r.names
    legend = f"{title_of(r.data, one)}/{title_of(r.data, two)}"
    h = r.style.horizontal
    kind = r.kind

    def layers(rows: Mask) -> tuple[Layer, ...]:
        a, b, x = _pair(r, rows, one, two, x_name)
        style, stroke = r.style.scheme_style(), r.style.stroke()
        if kind == "rarea":
            return (Area(x, a, b, legend, r.style.fill(), stroke, h, style, "rarea"),)
        if kind == "rbar":
            half = (r.style.bar_width if r.style.bar_width is not None else 1.0) / 2
            return (
                Bars(x - half, x + half, b, a, legend, r.style.fill(), stroke, h, style=style, kind="rbar"),
            )
        if kind in ("rcap", "rspike", "rcapsym"):
            caps = kind == "rcap"
            size = r.style.marker().size
            parts: list[Layer] = [Spikes(x, a, b, legend, stroke, caps, size, None, h, style, kind)]
            if kind == "rcapsym":
                parts[0] = Spikes(x, a, b, legend, stroke, False, None, r.style.marker(), h, style, kind)
            return tuple(parts)
        flat = np.full(1, np.nan)
        xs, ys = np.concatenate([x, flat, x]), np.concatenate([a, flat, b])
        if h:
            xs, ys = ys, xs
        if kind == "rscatter":
            return (Scatter(xs, ys, legend, r.style.marker(), style=style, kind=kind),)
        marker = r.style.marker() if kind == "rconnected" else None
        return (Curve(xs, ys, legend, stroke, marker=marker, style=style, kind=kind),)

    x, y = axis_of(r.data, x_name), replace(axis_of(r.data, one), title=legend)
    if h:
        x, y = y, x
    return Prepared(layers, x, y, (y.title,))


# ---------------------------------------------------------------- fitted lines


def _grid(r: Request, x: Array, points: int) -> Array:
    """``range()`` and ``n()``: where a fitted line is evaluated."""
    low, high = float(x.min()), float(x.max())
    text = r.style.extra.get("range")
    if text is not None:
        ends = text.replace(",", " ").split()
        if len(ends) != 2:
            raise StataError(198, "option range() incorrectly specified")
        low = low if ends[0] == "." else one_number(ends[0], "range")
        high = high if ends[1] == "." else one_number(ends[1], "range")
    n = int(r.number("n", points))
    if n < 2:
        raise StataError(198, "option n() incorrectly specified")
    if r.has("atobs"):
        return np.unique(x)
    return np.linspace(low, high, n)


def _fit(r: Request) -> Prepared:
    """lfit, qfit, lfitci, qfitci: a regression line, with its confidence band."""
    y_name, x_name = r.names
    y, x = numeric(r.data, y_name), numeric(r.data, x_name)
    degree = 2 if r.kind.startswith("q") else 1
    band = r.kind.endswith("ci")
    level = r.number("level", r.ctx.settings.level)
    if not 10 <= level <= 99.99:
        raise StataError(198, "level() must be between 10 and 99.99 inclusive")

    def layers(rows: Mask) -> tuple[Layer, ...]:
        good = rows & ~np.isnan(x) & ~np.isnan(y)
        if not good.any():
            raise StataError.no_observations()
        counts = r.weight is None or r.weight.kind == "fweight"
        fit = linear_fit(y[good], x[good], degree, r.weights(good), counts)
        at = _grid(r, x[good], 100 if band or degree == 2 else 3)
        line = Curve(
            at, fit.value(at), "Fitted values", r.style.stroke(), style=r.style.scheme_style(),
            kind="qfit" if degree == 2 else "lfit",
        )  # fmt: skip
        if not band:
            return (line,)
        low, high = fit.interval(at, level, forecast=r.has("stdf"))
        stroke = replace(r.style.stroke(), color=None, width=None, pattern=None)
        label = f"{level:g}% CI"
        area = Area(at, low, high, label, r.style.fill(), stroke, style=r.style.scheme_style(), kind="ci")
        return area, line

    title = "Fitted values"
    both = ("95% CI".replace("95", f"{level:g}"), title) if band else (title,)
    return Prepared(layers, axis_of(r.data, x_name), replace(axis_of(r.data, y_name), title=title), both)


def _lowess(r: Request) -> Prepared:
    y_name, x_name = r.names
    y, x = numeric(r.data, y_name), numeric(r.data, x_name)
    width = r.number("bwidth", 0.8)
    if not 0 < width <= 1:
        width = 0.8
    label = f"lowess {y_name} {x_name}"

    def layers(rows: Mask) -> tuple[Layer, ...]:
        good = rows & ~np.isnan(x) & ~np.isnan(y)
        if not good.any():
            raise StataError.no_observations()
        smooth = lowess(
            y[good], x[good], width, mean=r.has("mean"), weight=not r.has("noweight"),
            logit=r.has("logit"), adjust=r.has("adjust"),
        )  # fmt: skip
        xs, first = np.unique(x[good], return_index=True)
        return (
            Curve(xs, smooth[first], label, r.style.stroke(), style=r.style.scheme_style(), kind="lowess"),
        )

    return Prepared(layers, axis_of(r.data, x_name), replace(axis_of(r.data, y_name), title=label), (label,))


def _median_band(r: Request) -> Prepared:
    """mband: medians of y and x in bands of equal width, joined."""
    y_name, x_name = r.names
    y, x = numeric(r.data, y_name), numeric(r.data, x_name)

    def layers(rows: Mask) -> tuple[Layer, ...]:
        good = rows & ~np.isnan(x) & ~np.isnan(y)
        if not good.any():
            raise StataError.no_observations()
        xs, ys = x[good], y[good]
        default = max(10, round(10 * np.log10(len(xs))))
        bands = int(r.number("bands", min(default, len(np.unique(xs)))))
        edges = np.linspace(xs.min(), xs.max(), bands + 1)
        place = np.clip(np.searchsorted(edges, xs, side="right") - 1, 0, bands - 1)
        used = np.unique(place)
        mx = array([np.median(xs[place == b]) for b in used])
        my = array([np.median(ys[place == b]) for b in used])
        return (Curve(mx, my, "Median bands", r.style.stroke(), style=r.style.scheme_style(), kind="mband"),)

    title = "Median bands"
    return Prepared(layers, axis_of(r.data, x_name), replace(axis_of(r.data, y_name), title=title), (title,))


# ---------------------------------------------------------------- distributions and functions


def _histogram(r: Request) -> Prepared:
    (name,) = r.names
    x = numeric(r.data, name)
    scale = next((s for s in ("fraction", "frequency", "percent") if r.has(s)), "density")
    bins = None if not r.has("bin") else int(r.number("bin", 0))
    width = None if not r.has("width") else r.number("width", 0)
    start = None if not r.has("start") else r.number("start", 0)

    def layers(rows: Mask) -> tuple[Layer, ...]:
        good = rows & ~np.isnan(x)
        if not good.any():
            raise StataError.no_observations()
        w = r.weights(good)
        found = histogram(x[good], bins=bins, width=width, start=start, weights=w, discrete=r.has("discrete"))
        height = {
            "density": found.density, "fraction": found.fraction, "percent": found.percent,
            "frequency": found.counts,
        }[scale]  # fmt: skip
        return (
            Bars(found.edges[:-1], found.edges[1:], height, np.zeros(found.bins), scale.capitalize(),
                 r.style.fill(), r.style.stroke(), r.style.horizontal, gap=r.number("gap", 0),
                 style=r.style.scheme_style()),
        )  # fmt: skip

    title = scale.capitalize()
    xa, ya = axis_of(r.data, name), AxisSource(title, include=(0.0,), flush=True)
    if r.style.horizontal:
        xa, ya = ya, xa
    return Prepared(layers, xa, ya, (ya.title,))


def _kdensity(r: Request) -> Prepared:
    (name,) = r.names
    x = numeric(r.data, name)
    kernel = _kernel(r)
    width = r.number("bwidth", 0) if r.has("bwidth") else None
    label = f"kdensity {name}"

    def layers(rows: Mask) -> tuple[Layer, ...]:
        good = rows & ~np.isnan(x)
        if not good.any():
            raise StataError.no_observations()
        w = r.weights(good)
        found = kernel_density(x[good], points=int(r.number("n", 300)), width=width, kernel=kernel, weights=w)
        at, density = found.at, found.density
        if r.has("range"):
            at = _grid(r, x[good], int(r.number("n", 300)))
            density = kernel_density(x[good], at=at, width=width, kernel=kernel, weights=w).density
        return (Curve(at, density, label, r.style.stroke(), style=r.style.scheme_style(), kind="kdensity"),)

    return Prepared(
        layers, replace(axis_of(r.data, name), title="x"), AxisSource(label, include=(0.0,)), (label,)
    )


def _kernel(r: Request) -> str:
    text = r.style.extra.get("kernel")
    if text is None:
        return next((k for k in KERNELS if r.has(k)), "epanechnikov")
    word = text.strip()
    found = next((k for k in KERNELS if word and k.startswith(word)), None)
    if found is None:
        raise StataError(198, f"invalid kernel function {word}")
    return found


def _function(r: Request) -> Prepared:
    """function [[y]=] f(x), range() n()."""
    head, _, tail = r.text.partition("=")
    named = head.strip().isidentifier() and not tail.startswith("=") and tail
    expression = (tail if named else r.text).strip()
    if not expression:
        raise StataError.invalid_syntax()
    ends = (
        numbers((r.style.extra.get("range") or "0 1").replace(",", " "), "range") if _plain_range(r) else None
    )
    if ends is None:
        values = numeric(r.data, varlist(r.ctx, r.style.extra["range"] or "")[0])
        ends = (float(np.nanmin(values)), float(np.nanmax(values)))
    if len(ends) != 2:
        raise StataError(198, "option range() incorrectly specified")
    at = np.linspace(ends[0], ends[1], int(r.number("n", 300)))
    base = r.ctx.env()
    env = DataEnv(
        Dataset({"x": Column.numeric(at, stype="double")}),
        scalars=r.ctx.workspace.scalars,
        stored=base.stored,
        coefficient=base.coefficient,
        matrix=base.matrix,
        setting=base.setting,
        rng=r.ctx.rng,
    )
    value = evaluate(parse("expr", expression), env)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    y = np.array(np.broadcast_to(value.floats(), at.shape), dtype=np.float64)
    curve = Curve(at, y, "y", r.style.stroke(), style=r.style.scheme_style(), kind="function")
    if r.style.horizontal:
        curve = replace(curve, x=y, y=at)
    return Prepared(lambda rows: (curve,), AxisSource("x"), AxisSource("y"), ("y",))


def _plain_range(r: Request) -> bool:
    text = (r.style.extra.get("range") or "0 1").replace(",", " ")
    return all(w.lstrip("+-.")[:1].isdigit() for w in text.split())


def _scatteri(r: Request) -> Prepared:
    """scatteri #y #x [(clock)] ["text"] ...: points given as numbers."""
    points: list[tuple[float, float]] = []
    labels: list[str] = []
    positions: list[int] = []
    pending: list[float] = []
    for token in tokens(r.text):
        if token.quoted and labels:
            labels[-1] = token.text
        elif token.text.startswith("(") and points:
            positions.append(int(one_number(token.text.strip("()"), "scatteri")))
        else:
            pending.append(one_number(token.text, "scatteri"))
            if len(pending) == 2:
                points.append((pending[1], pending[0]))
                labels.append("")
                pending = []
    if pending or not points:
        raise StataError.invalid_syntax()
    x, y = array([p[0] for p in points]), array([p[1] for p in points])
    style = r.style.label_style()
    if positions:
        style = replace(style, position=positions[0])
    joined = r.style.connects[0] if r.style.connects else ""
    texts = tuple(labels) if any(labels) else None
    layer: Layer
    if joined:
        marker: Marker | None = r.style.marker()
        if marker is not None and marker.symbol == "i":
            marker = None
        layer = Curve(
            x, y, "scatteri", r.style.stroke(), joined, marker, texts, style, r.style.scheme_style()
        )
    else:
        layer = Scatter(x, y, "y", r.style.marker(), texts, style, r.style.scheme_style(), "scatteri")
    return Prepared(lambda rows: (layer,), AxisSource("x"), AxisSource("y"), ("y",))


_FIT_OWN = "range:1 n:1 atobs:5 level:3 stdf:4 stdp:4"
_HISTOGRAM_OWN = "bin:3 width:1 start:5 discrete:1 density:3 fraction:4 frequency:4 percent:7 gap:3"

PLOT_TYPES: dict[str, PlotType] = {
    "scatter": PlotType(_scatter),
    "line": PlotType(_scatter),
    "connected": PlotType(_scatter),
    "area": PlotType(_bar, (2, 2)),
    "bar": PlotType(_bar, (2, 2)),
    "spike": PlotType(_bar, (2, 2)),
    "dropline": PlotType(_bar, (2, 2)),
    "rarea": PlotType(_range, (3, 3)),
    "rbar": PlotType(_range, (3, 3)),
    "rcap": PlotType(_range, (3, 3)),
    "rspike": PlotType(_range, (3, 3)),
    "rcapsym": PlotType(_range, (3, 3)),
    "rscatter": PlotType(_range, (3, 3)),
    "rline": PlotType(_range, (3, 3)),
    "rconnected": PlotType(_range, (3, 3)),
    "lfit": PlotType(_fit, (2, 2), _FIT_OWN, ("aweight", "fweight", "pweight")),
    "qfit": PlotType(_fit, (2, 2), _FIT_OWN, ("aweight", "fweight", "pweight")),
    "lfitci": PlotType(_fit, (2, 2), _FIT_OWN, ("aweight", "fweight")),
    "qfitci": PlotType(_fit, (2, 2), _FIT_OWN, ("aweight", "fweight")),
    "lowess": PlotType(_lowess, (2, 2), "bwidth:2 mean:2 noweight:3 logit:3 adjust:2"),
    "mband": PlotType(_median_band, (2, 2), "bands:1"),
    "histogram": PlotType(_histogram, (1, 1), _HISTOGRAM_OWN, ("fweight",)),
    "kdensity": PlotType(
        _kdensity,
        (1, 1),
        "bwidth:2 kernel:1 range:1 n:1 "
        + " ".join(f"{k}:{4 if k != 'epanechnikov' else 2}" for k in KERNELS),
        ("fweight", "aweight"),
    ),
    "function": PlotType(_function, (0, 0), "range:1 n:1", raw=True),
    "scatteri": PlotType(_scatteri, (0, 0), raw=True),
}
_ABBREVIATIONS = {
    **dict.fromkeys(("sc", "sca", "scat", "scatt", "scatte"), "scatter"),
    **dict.fromkeys(("con", "conn", "conne", "connec", "connect", "connecte"), "connected"),
    **dict.fromkeys(("hist", "histo", "histog", "histogr", "histogra"), "histogram"),
    "drop": "dropline", "dropl": "dropline", "l": "line", "li": "line", "lin": "line", "kden": "kdensity",
    "kdens": "kdensity", "low": "lowess", "lowe": "lowess", "func": "function", "rconn": "rconnected",
    "rcon": "rconnected", "fun": "function", "funct": "function",
}  # fmt: skip
_LACKING = frozenset(
    (
        "dot",
        "lpoly",
        "lpolyci",
        "fpfit",
        "fpfitci",
        "mspline",
        "tsline",
        "tsrline",
        "contour",
        "contourline",
        "pcspike",
        "pccapsym",
        "pcarrow",
        "pcbarrow",
        "pcscatter",
        "pci",
        "pcarrowi",
        "rbarm",
        "heatmap",
    )
)
