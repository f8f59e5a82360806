"""Drawing one panel on a matplotlib axes object made by ``graph.compile`` (no import of matplotlib here)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pystata_hlm.graph.spec import (
    Area,
    Array,
    Axis,
    Bars,
    Boxes,
    Color,
    Curve,
    Fill,
    Layer,
    Marker,
    Panel,
    Scatter,
    Spikes,
    Stroke,
    TextStyle,
    Words,
)
from pystata_hlm.graph.style import COLORS, NONE, Scheme, line_dashes, rgba, sized

RGBA = tuple[float, float, float, float]
CAP = 0.67
"""Width of a whisker's cap as a part of the box's (``graph box, alsize(67)``)."""


def named(name: str) -> Color:
    """A colour of the table; ``none`` is transparent."""
    return NONE if name == "none" else Color(COLORS[name])


@dataclass(frozen=True, slots=True)
class Pen:
    """The scheme and the length in points of one per cent of the picture's shorter side."""

    scheme: Scheme
    unit: float

    def palette(self, index: int) -> Color:
        colors = self.scheme.palette
        return Color(COLORS[colors[(index - 1) % len(colors)]])

    def symbol(self, index: int) -> str:
        return self.scheme.symbols[(index - 1) % len(self.scheme.symbols)]

    def pattern(self, index: int) -> str:
        return self.scheme.patterns[(index - 1) % len(self.scheme.patterns)]

    def width(self, stroke: Stroke, default: float) -> float:
        return sized(stroke.width, default) * self.unit

    def line(
        self, stroke: Stroke, default: Color, pattern: str = "solid", width: float | None = None
    ) -> dict[str, Any]:
        """Keyword arguments of a matplotlib line."""
        points = self.width(stroke, self.scheme.line_width if width is None else width)
        dashes = line_dashes(stroke.pattern or pattern)
        if (stroke.pattern or pattern) == "blank":
            points = 0.0
        return {
            "color": rgba(stroke.color, default),
            "linewidth": points,
            "linestyle": (0, dashes) if dashes else "solid",
        }


# ---------------------------------------------------------------- texts

_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "iota": "ι",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "omicron": "ο",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "upsilon": "υ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Xi": "Ξ",
    "Pi": "Π",
    "Sigma": "Σ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "plusmn": "±",
    "times": "×",
    "infin": "∞",
    "sum": "∑",
    "radic": "√",
    "deg": "°",
    "sup2": "²",
    "sup3": "³",
    "ndash": "–",
    "mdash": "—",
    "bull": "•",
    "asymp": "≈",
}
_MARKUP = re.compile(r"\{(it|bf|sub|sup|subscript|superscript|sf|rm):([^{}]*)\}|\{&(\w+)\}")
_MATH = {
    "it": r"\mathit", "bf": r"\mathbf", "sub": "_", "sup": "^", "subscript": "_", "superscript": "^",
    "sf": r"\mathregular", "rm": r"\mathregular",
}  # fmt: skip


def plain(text: str) -> str:
    """SMCL markup of graph text (``{&beta}``, ``{it:x}``, ``x{sup:2}``) for matplotlib; ``$`` is literal."""
    text = text.replace("\\", "\\\\") if "$" in text and "\\" in text else text

    def one(m: re.Match[str]) -> str:
        if m[3]:
            return _GREEK.get(m[3], m[0])
        inside = m[2].replace("$", r"\$").replace(" ", r"\ ")
        command = _MATH[m[1]]
        body = f"{{\\mathregular{{{inside}}}}}" if command in "_^" else f"{{{inside}}}"
        return f"\0{command}{body}\0"

    out = _MARKUP.sub(one, text)
    return "".join(
        f"${part}$" if i % 2 else part.replace("$", r"\$") for i, part in enumerate(out.split("\0"))
    )


def plain_lines(lines: tuple[str, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


def free_text(
    picture: Any, x: float, y: float, words: Words, points: float, scheme: Scheme, rotation: float = 0
) -> None:
    picture.text(
        x, y, plain_lines(words.lines), ha="center", va="center", fontsize=points, rotation=rotation,
        rotation_mode="anchor" if not rotation else "default", linespacing=1.15, multialignment="center",
        color=rgba(words.style.color, named(scheme.foreground)),
    )  # fmt: skip


# ---------------------------------------------------------------- panel and axes


def draw_panel(ax: Any, panel: Panel, pen: Pen) -> None:
    """Axes first (their limits decide where texts go), then the layers in order."""
    s = pen.scheme
    ax.set_facecolor(rgba(panel.region.color, named(s.plot_background)))
    ax.patch.set_zorder(-5)
    ax.set_axisbelow(True)
    _frame(ax, panel, pen)
    draw_axis(ax, panel.x, "x", pen, panel)
    draw_axis(ax, panel.y, "y", pen, panel)
    for axis, across in ((panel.x, "x"), (panel.y, "y")):
        for reference in axis.references:
            style = pen.line(reference.stroke, named(s.reference), width=0.35)
            for value in reference.values:
                (ax.axvline if across == "x" else ax.axhline)(value, zorder=1.5, **style)
    for order, layer in enumerate(panel.layers):
        draw_layer(ax, layer, style_index(layer, order), pen, 2 + order * 0.01)
    for mark in panel.texts:
        _text(ax, mark.x, mark.y, mark.words, pen)
    if panel.heading:
        _heading(ax, panel.heading, pen)


def _frame(ax: Any, panel: Panel, pen: Pen) -> None:
    s = pen.scheme
    outline = panel.region.line or (named(s.plot_outline) if s.plot_outline != "none" else None)
    for side in ("top", "right", "left", "bottom"):
        spine = ax.spines[side]
        axis = panel.x if side in ("top", "bottom") else panel.y
        carries = side == (("top" if axis.alternate else "bottom") if axis is panel.x else
                           ("right" if axis.alternate else "left"))  # fmt: skip
        shown = carries and axis.visible and axis.line
        spine.set_visible(bool(shown or (outline is not None and outline.opacity != 0)))
        spine.set_color(rgba(None, named(s.foreground)) if shown else rgba(outline, named("black")))
        spine.set_linewidth(0.22 * pen.unit)
        spine.set_zorder(5)


def draw_axis(ax: Any, axis: Axis, which: str, pen: Pen, panel: Panel) -> None:
    s = pen.scheme
    target = ax.xaxis if which == "x" else ax.yaxis
    if axis.log:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log", nonpositive="mask")
        target.set_minor_locator(_null_locator(target))
    low, high = _limits(axis, panel.region.margin)
    (ax.set_xlim if which == "x" else ax.set_ylim)((high, low) if axis.reverse else (low, high))
    labelled = [t for t in axis.ticks if low <= t.value <= high]
    target.set_ticks([t.value for t in labelled], labels=[plain(t.text) for t in labelled])
    minor = [t for t in axis.minor if low <= t.value <= high]
    if minor:
        target.set_ticks([t.value for t in minor], labels=[plain(t.text) for t in minor], minor=True)
    size = sized(axis.label_style.size, s.label_size) * pen.unit
    color = rgba(axis.label_style.color, named(s.foreground))
    length = 0.0 if axis.categorical or not axis.ticks_visible else 1.3 * pen.unit
    rotation = _label_angle(axis, which, pen)
    ax.tick_params(
        axis=which, which="major", labelsize=size, length=length, width=0.2 * pen.unit, pad=0.9 * pen.unit,
        labelcolor=color, color=rgba(None, named(s.foreground)), direction="out", labelrotation=rotation,
    )  # fmt: skip
    ax.tick_params(
        axis=which, which="minor", labelsize=size * 0.8, length=length * 0.6, width=0.2 * pen.unit,
        labelcolor=color, labelrotation=rotation,
    )  # fmt: skip
    if which == "y" and 45 < rotation <= 90:
        for label in target.get_ticklabels():
            label.set_verticalalignment("center")
    if axis.alternate:
        (target.tick_top if which == "x" else target.tick_right)()
        target.set_label_position("top" if which == "x" else "right")
    if not axis.visible:
        target.set_visible(False)
    _grid(ax, axis, which, pen)
    if axis.title and axis.visible:
        points = sized(axis.title.style.size, s.axis_title_size) * pen.unit
        pad = (1.2 + _group_rows(ax, axis, which, pen, size)) * pen.unit
        (ax.set_xlabel if which == "x" else ax.set_ylabel)(
            plain_lines(axis.title.lines), fontsize=points, labelpad=pad, linespacing=1.15,
            color=rgba(axis.title.style.color, named(s.foreground)),
        )  # fmt: skip
    else:
        _group_rows(ax, axis, which, pen, size)


def _null_locator(target: Any) -> Any:
    """Log axes draw no minor ticks of their own."""
    locator = type(target.get_minor_locator())
    return locator(subs=()) if locator.__name__ == "LogLocator" else target.get_minor_locator()


def _limits(axis: Axis, margin: float | None) -> tuple[float, float]:
    """The range plus the plot region's inner margin."""
    share = 0.025 if margin is None else margin / 140
    if axis.log:
        low, high = np.log10(axis.low), np.log10(axis.high)
        pad = (high - low) * share
        return float(10 ** (low - pad)), float(10 ** (high + pad))
    pad = (axis.high - axis.low) * share
    return axis.low - (0.0 if axis.flush and axis.low == 0 else pad), axis.high + pad


def _label_angle(axis: Axis, which: str, pen: Pen) -> float:
    if axis.label_style.angle is not None:
        return axis.label_style.angle
    if which == "y" and not pen.scheme.horizontal_labels and not axis.categorical:
        return 90.0
    return 0.0


def _grid(ax: Any, axis: Axis, which: str, pen: Pen) -> None:
    s = pen.scheme
    default = which == "y" or s.x_grid
    wanted = axis.grid if axis.grid is not None else default and not axis.categorical and bool(axis.ticks)
    if wanted:
        style = pen.line(axis.grid_stroke, named(s.grid_color), width=s.grid_width)
        ax.grid(True, which="major", axis=which, zorder=0.5, **style)
    else:
        ax.grid(False, axis=which)


def _group_rows(ax: Any, axis: Axis, which: str, pen: Pen, size: float) -> float:
    """Outer rows of group names under the labels; returns the extra room in units."""
    step = size / pen.unit * 1.5
    for depth, row in enumerate(axis.groups, start=1):
        for tick in row:
            offset = -(1.3 + depth * step) * pen.unit
            place, turn = ((0, offset), 0) if which == "x" else ((offset * 1.6, 0), 90)
            ax.annotate(
                plain(tick.text), xy=(tick.value, 0) if which == "x" else (0, tick.value),
                xycoords=("data", "axes fraction") if which == "x" else ("axes fraction", "data"),
                xytext=place, textcoords="offset points", ha="center", va="top" if which == "x" else "center",
                rotation=turn, fontsize=size, annotation_clip=False,
            )  # fmt: skip
    return len(axis.groups) * step


def hide_axis(ax: Any, axis: Axis, which: str) -> None:
    """An inner panel of a shared grid keeps the line and the grid but no labels."""
    ax.tick_params(axis=which, which="both", labelleft=False, labelbottom=False, length=0)


def _heading(ax: Any, words: Words, pen: Pen) -> None:
    s = pen.scheme
    points = sized(words.style.size, 4.2) * pen.unit
    boxed = s.heading_fill != "none" or s.heading_line != "none"
    ax.set_title(
        plain_lines(words.lines), fontsize=points, pad=1.4 * pen.unit, linespacing=1.15,
        color=rgba(words.style.color, named(s.foreground)), backgroundcolor="none",
    )  # fmt: skip
    if boxed:
        ax.title.set_bbox(
            {"facecolor": rgba(None, named(s.heading_fill)), "edgecolor": rgba(None, named(s.heading_line)),
             "boxstyle": "square,pad=0.25", "linewidth": 0.2 * pen.unit}
        )  # fmt: skip


_ALIGN = {
    0: ("center", "center"),
    12: ("center", "bottom"),
    6: ("center", "top"),
    3: ("left", "center"),
    9: ("right", "center"),
    1: ("left", "bottom"),
    2: ("left", "bottom"),
    4: ("left", "top"),
    5: ("left", "top"),
    7: ("right", "top"),
    8: ("right", "top"),
    10: ("right", "bottom"),
    11: ("right", "bottom"),
}


def _text(ax: Any, x: float, y: float, words: Words, pen: Pen) -> None:
    ha, va = _ALIGN[words.style.position if words.style.position is not None else 0]
    ax.text(
        x, y, plain_lines(words.lines), ha=ha, va=va, fontsize=sized(words.style.size, 3.5) * pen.unit,
        rotation=words.style.angle or 0, zorder=6, linespacing=1.15,
        color=rgba(words.style.color, named(pen.scheme.foreground)),
    )  # fmt: skip


# ---------------------------------------------------------------- layers


def style_index(layer: Layer, place: int) -> int:
    """Which of the scheme's styles p1, p2 ... a layer takes: its own, or its place in the panel."""
    return layer.style if layer.style is not None else place + 1


def draw_layer(ax: Any, layer: Layer, index: int, pen: Pen, order: float) -> None:
    match layer:
        case Scatter():
            ax.plot(
                layer.x, layer.y, linestyle="none", zorder=order, **marker_style(layer.marker, index, pen)
            )
            _point_labels(ax, layer.x, layer.y, layer.labels, layer.label_style, index, pen, order)
        case Curve():
            _curve(ax, layer, index, pen, order)
        case Bars():
            _bars(ax, layer, index, pen, order)
        case Area():
            between = ax.fill_betweenx if layer.horizontal else ax.fill_between
            fill, edge = area_colors(layer, index, pen)
            between(layer.x, layer.low, layer.high, zorder=order - 0.3, facecolor=fill, **edge)
        case Spikes():
            _spikes(ax, layer, index, pen, order)
        case Boxes():
            _boxes(ax, layer, index, pen, order)


def marker_style(marker: Marker, index: int, pen: Pen) -> dict[str, Any]:
    """Keyword arguments of a matplotlib marker for Stata's symbol code."""
    code = marker.symbol or pen.symbol(index)
    shape, factor, hollow = _shape(code)
    fill = rgba(marker.fill, pen.palette(index))
    edge = rgba(marker.line.color or marker.fill, pen.palette(index))
    line_only = shape in ("+", "x", "|", "1", "$>$")
    size = sized(marker.size, pen.scheme.marker_size) * pen.unit * factor
    return {
        "marker": shape,
        "markersize": size,
        "markerfacecolor": "none" if hollow or line_only else fill,
        "markeredgecolor": edge,
        "markeredgewidth": pen.width(marker.line, 0.3 if hollow or line_only else 0.1),
    }


def _shape(code: str) -> tuple[str, float, bool]:
    """(matplotlib marker, size factor, hollow)."""
    if code == "i":
        return "", 0.0, False
    if code == "p":
        return ".", 0.35, False
    if code in ("+", "smplus"):
        return "+", 1.2 if code == "+" else 0.8, False
    if code in ("X", "x"):
        return "x", 1.0 if code == "X" else 0.7, False
    if code in ("|", "pipe"):
        return "|", 1.2, False
    if code in ("A", "a"):
        return "^", 1.0 if code == "A" else 0.9, code == "a"
    if code in ("V", "v"):
        return "v", 1.0 if code == "V" else 0.7, True
    hollow = code.endswith("h") and len(code) == 2
    letter = code[0]
    shape = {"o": "o", "d": "D", "t": "^", "s": "s"}[letter.lower()]
    factor = {"o": 1.0, "d": 0.85, "t": 1.1, "s": 0.9}[letter.lower()]
    return shape, factor * (1.0 if letter.isupper() else 0.65), hollow


def _point_labels(
    ax: Any,
    x: Array,
    y: Array,
    labels: tuple[str, ...] | None,
    style: TextStyle,
    index: int,
    pen: Pen,
    order: float,
) -> None:
    if labels is None:
        return
    position = style.position if style.position is not None else 3
    ha, va = _ALIGN[position]
    distance = 1.2 * pen.unit
    dx = {"left": distance, "right": -distance, "center": 0.0}[ha] if position not in (0, 6, 12) else 0.0
    dy = {"bottom": distance, "top": -distance, "center": 0.0}[va]
    points = sized(style.size, 2.8) * pen.unit
    for xi, yi, text in zip(x, y, labels, strict=True):
        if text and np.isfinite(xi) and np.isfinite(yi):
            ax.annotate(
                plain(text),
                (xi, yi),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=ha,
                va=va,
                fontsize=points,
                rotation=style.angle or 0,
                zorder=order + 0.5,
                color=rgba(style.color, pen.palette(index)),
            )


def _curve(ax: Any, layer: Curve, index: int, pen: Pen, order: float) -> None:
    style = pen.line(layer.stroke, pen.palette(index), pen.pattern(index))
    if layer.marker is not None:
        style |= marker_style(layer.marker, index, pen)
    steps = {"J": "steps-post", "stepstair": "steps-pre"}.get(layer.connect, "default")
    x, y = _ascending(layer.x, layer.y) if layer.connect == "L" else (layer.x, layer.y)
    ax.plot(x, y, zorder=order, drawstyle=steps, solid_capstyle="butt", **style)
    _point_labels(ax, layer.x, layer.y, layer.labels, layer.label_style, index, pen, order)


def _ascending(x: Array, y: Array) -> tuple[Array, Array]:
    """``connect(L)``: the line breaks where x falls back."""
    breaks = np.flatnonzero(np.diff(x) < 0) + 1
    return np.insert(x, breaks, np.nan), np.insert(y, breaks, np.nan)


def _bars(ax: Any, layer: Bars, index: int, pen: Pen, order: float) -> None:
    fill, edge, width = bar_colors(layer, index, pen)
    inset = (layer.right - layer.left) * layer.gap / 200
    left, size = layer.left + inset, layer.right - layer.left - 2 * inset
    common = {"facecolor": fill, "edgecolor": edge, "linewidth": width, "zorder": order, "align": "edge"}
    if layer.horizontal:
        ax.barh(left, layer.height - layer.base, height=size, left=layer.base, **common)
    else:
        ax.bar(left, layer.height - layer.base, width=size, bottom=layer.base, **common)
    if layer.labels is not None:
        points = 2.6 * pen.unit
        middle = left + size / 2
        for m, h, text in zip(middle, layer.height, layer.labels, strict=True):
            if text and np.isfinite(h):
                spot = (h, m) if layer.horizontal else (m, h)
                ax.annotate(
                    text, spot, xytext=(0.6 * pen.unit, 0) if layer.horizontal else (0, 0.6 * pen.unit),
                    textcoords="offset points", fontsize=points, ha="left" if layer.horizontal else "center",
                    va="center" if layer.horizontal else "bottom", zorder=order + 0.5,
                )  # fmt: skip


def bar_colors(layer: Bars, index: int, pen: Pen) -> tuple[RGBA, RGBA, float]:
    """Fill, outline and outline width of bars."""
    s = pen.scheme
    histogram = layer.kind == "histogram"
    default = named(s.bar_fill) if histogram and index == 1 else pen.palette(index)
    fill = filled(layer.fill, default, s.bar_intensity if histogram else s.box_intensity)
    outline = named(s.bar_line) if histogram and index == 1 else default
    if layer.stroke.color is None and layer.fill.color is not None and layer.fill.color.rgb is not None:
        outline = replace(layer.fill.color, opacity=None)
    return fill, rgba(layer.stroke.color, outline), pen.width(layer.stroke, 0.15)


def filled(fill: Fill, default: Color, intensity: float) -> RGBA:
    percent = fill.intensity if fill.intensity is not None else (intensity if fill.color is None else 100.0)
    color = fill.color or default
    if color.rgb is None:
        color = Color(default.rgb, color.opacity, color.intensity)
    return rgba(Color(color.rgb, color.opacity, color.intensity * percent / 100), default)


def area_colors(layer: Area, index: int, pen: Pen) -> tuple[RGBA, dict[str, Any]]:
    s = pen.scheme
    band = layer.kind == "ci"
    if band and s.band is not None:
        default = named(s.band)
    else:
        rgb = pen.palette(index).rgb
        default = Color(rgb, 0.35 if band else None)
    fill = filled(layer.fill, default, 100.0 if band else s.box_intensity)
    if layer.stroke.color is None and layer.stroke.width is None and (band or layer.kind == "rarea"):
        return fill, {"linewidth": 0.0, "edgecolor": "none"}
    outline = rgba(layer.stroke.color, Color(default.rgb))
    return fill, {"linewidth": pen.width(layer.stroke, 0.2), "edgecolor": outline}


def _spikes(ax: Any, layer: Spikes, index: int, pen: Pen, order: float) -> None:
    style = pen.line(layer.stroke, pen.palette(index), "solid", 0.3)
    lines = ax.hlines if layer.horizontal else ax.vlines
    good = np.isfinite(layer.x) & np.isfinite(layer.low) & np.isfinite(layer.high)
    x, low, high = layer.x[good], layer.low[good], layer.high[good]
    lines(
        x,
        low,
        high,
        colors=[style["color"]],
        linewidth=style["linewidth"],
        linestyle=style["linestyle"],
        zorder=order,
    )
    if layer.caps:
        size = sized(layer.cap_size, 1.6) * pen.unit
        for end in (low, high):
            spot = (end, x) if layer.horizontal else (x, end)
            ax.plot(
                *spot, linestyle="none", marker="|" if layer.horizontal else "_", markersize=size,
                markeredgecolor=style["color"], markeredgewidth=style["linewidth"], zorder=order,
            )  # fmt: skip
    if layer.marker is not None:
        spot = (high, x) if layer.horizontal else (x, high)
        ax.plot(*spot, linestyle="none", zorder=order + 0.2, **marker_style(layer.marker, index, pen))


def _boxes(ax: Any, layer: Boxes, index: int, pen: Pen, order: float) -> None:
    default = pen.palette(index)
    fill = filled(layer.fill, default, pen.scheme.box_intensity)
    edge = rgba(layer.stroke.color, default if layer.fill.color is None else layer.fill.color)
    width = pen.width(layer.stroke, 0.3)
    h = layer.horizontal
    for box in layer.boxes:
        p, half = box.position, box.width / 2
        common = {"facecolor": fill, "edgecolor": edge, "linewidth": width, "zorder": order, "align": "edge"}
        if h:
            ax.barh(p - half, box.q3 - box.q1, height=box.width, left=box.q1, **common)
        else:
            ax.bar(p - half, box.q3 - box.q1, width=box.width, bottom=box.q1, **common)

        def segment(a: tuple[float, float], b: tuple[float, float], color: RGBA = edge) -> None:
            xs, ys = (a[0], b[0]), (a[1], b[1])
            points = (ys, xs) if h else (xs, ys)
            ax.plot(*points, color=color, linewidth=width, zorder=order + 0.1, solid_capstyle="butt")

        segment((p, box.q1), (p, box.lower_adjacent))
        segment((p, box.q3), (p, box.upper_adjacent))
        for end in (box.lower_adjacent, box.upper_adjacent):
            segment((p - half * CAP, end), (p + half * CAP, end))
        segment((p - half, box.median), (p + half, box.median), _contrast(edge))
        if box.outside.size:
            at = np.full(box.outside.size, p)
            spot = (box.outside, at) if h else (at, box.outside)
            ax.plot(*spot, linestyle="none", zorder=order + 0.2, **marker_style(layer.marker, index, pen))


def _contrast(color: RGBA) -> RGBA:
    """The median line: darker than the box's outline."""
    r, g, b, _ = color
    return r * 0.55, g * 0.55, b * 0.55, 1.0
