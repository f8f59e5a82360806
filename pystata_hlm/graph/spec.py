"""What to draw: plain data with every number already computed, no drawing library.

A ``Figure`` holds panels, a panel holds layers and two axes, a layer holds arrays and a style.
Style fields left ``None`` take the scheme's value. ``graph.compile`` turns a figure into a picture;
tests read the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


# ---------------------------------------------------------------- styles


@dataclass(frozen=True, slots=True)
class Color:
    """``rgb`` None keeps the scheme's colour and changes only opacity (0..1) or intensity (``*#``)."""

    rgb: tuple[int, int, int] | None = None
    opacity: float | None = None
    intensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Size:
    """Per cent of the shorter side of the picture; ``relative`` multiplies the scheme's size instead."""

    value: float
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line: pattern by Stata's name or formula (``-``, ``_..``)."""

    color: Color | None = None
    width: Size | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """The inside of a bar or area. ``intensity`` is ``fintensity()`` in per cent."""

    color: Color | None = None
    intensity: float | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """A plot symbol (``O D T S + X A V |``, lower case small, ``h`` hollow, ``p`` point, ``i`` invisible)."""

    symbol: str | None = None
    size: Size | None = None
    fill: Color | None = None
    line: Stroke = field(default_factory=Stroke)


@dataclass(frozen=True, slots=True)
class TextStyle:
    """``position`` is a clock position (0 = centre); ``angle`` in degrees."""

    size: Size | None = None
    color: Color | None = None
    position: int | None = None
    justification: str | None = None
    angle: float | None = None
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """One or more lines of text with a style; no lines means nothing is drawn."""

    lines: tuple[str, ...] = ()
    style: TextStyle = field(default_factory=TextStyle)

    def __bool__(self) -> bool:
        return any(self.lines)


# ---------------------------------------------------------------- layers


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points. ``labels`` (``mlabel()``) has one text for each point."""

    x: Array
    y: Array
    legend: str = ""
    marker: Marker = field(default_factory=Marker)
    labels: tuple[str, ...] | None = None
    label_style: TextStyle = field(default_factory=TextStyle)
    style: int | None = None
    """1-based scheme style (``p1`` ...); None: the next one in the panel."""
    kind: str = "scatter"


@dataclass(frozen=True, slots=True)
class Curve:
    """A connected line through (x, y) in the order given; NaN breaks it. ``connect``: l, J, stepstair.

    ``marker`` None draws no symbols. ``kind`` says what the line is (line, lowess, lfit, function ...).
    """

    x: Array
    y: Array
    legend: str = ""
    stroke: Stroke = field(default_factory=Stroke)
    connect: str = "l"
    marker: Marker | None = None
    labels: tuple[str, ...] | None = None
    label_style: TextStyle = field(default_factory=TextStyle)
    style: int | None = None
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from ``base`` to ``height`` over [``left``, ``right``] (histogram bins or ``twoway bar``)."""

    left: Array
    right: Array
    height: Array
    base: Array
    legend: str = ""
    fill: Fill = field(default_factory=Fill)
    stroke: Stroke = field(default_factory=Stroke)
    horizontal: bool = False
    labels: tuple[str, ...] | None = None
    gap: float = 0.0
    """Per cent of each bar's width left empty (``gap()``)."""
    style: int | None = None
    kind: str = "histogram"


@dataclass(frozen=True, slots=True)
class Area:
    """A filled band between ``low`` and ``high`` along x (``rarea``, ``area``, confidence bands)."""

    x: Array
    low: Array
    high: Array
    legend: str = ""
    fill: Fill = field(default_factory=Fill)
    stroke: Stroke = field(default_factory=Stroke)
    horizontal: bool = False
    style: int | None = None
    kind: str = "rarea"


@dataclass(frozen=True, slots=True)
class Spikes:
    """Vertical (or horizontal) segments from ``low`` to ``high`` at x (``rcap``, ``rspike``, ``spike``,
    ``dropline``), with optional caps and symbols at the ``high`` end."""

    x: Array
    low: Array
    high: Array
    legend: str = ""
    stroke: Stroke = field(default_factory=Stroke)
    caps: bool = False
    cap_size: Size | None = None
    marker: Marker | None = None
    horizontal: bool = False
    style: int | None = None
    kind: str = "rspike"


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a box plot: hinges, adjacent values (whisker ends) and the values outside them."""

    position: float
    lower_adjacent: float
    q1: float
    median: float
    q3: float
    upper_adjacent: float
    outside: Array
    width: float = 0.6


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one variable, sharing a colour."""

    boxes: tuple[Box, ...]
    legend: str = ""
    fill: Fill = field(default_factory=Fill)
    stroke: Stroke = field(default_factory=Stroke)
    marker: Marker = field(default_factory=Marker)
    horizontal: bool = False
    style: int | None = None
    kind: str = "box"


@dataclass(frozen=True, slots=True)
class TextMark:
    """``text(y x "words")`` inside the plot region."""

    x: float
    y: float
    words: Words


Layer: TypeAlias = Scatter | Curve | Bars | Area | Spikes | Boxes


# ---------------------------------------------------------------- axes, legends, panels


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    text: str = ""
    label: bool = True
    """A bare tick mark when False."""


@dataclass(frozen=True, slots=True)
class Reference:
    """``xline()``/``yline()``: lines across the plot region."""

    values: tuple[float, ...]
    stroke: Stroke = field(default_factory=Stroke)
    extend: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. ``low``/``high`` is the final range (before the plot region's margin)."""

    title: Words = field(default_factory=Words)
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[Tick, ...] = ()
    minor: tuple[Tick, ...] = ()
    log: bool = False
    reverse: bool = False
    visible: bool = True
    line: bool = True
    grid: bool | None = None
    grid_stroke: Stroke = field(default_factory=Stroke)
    ticks_visible: bool = True
    label_style: TextStyle = field(default_factory=TextStyle)
    alternate: bool = False
    references: tuple[Reference, ...] = ()
    thin: bool = False
    """Labels chosen by us, some of which may be left out where they would overlap."""
    flush: bool = False
    """No margin below the range: bars stand on the axis."""
    categorical: bool = False
    """Labels name groups (box plots): no tick marks, no grid."""
    groups: tuple[tuple[Tick, ...], ...] = ()
    """Outer rows of group labels of ``over() over()``, from the inside out."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """``layers``: index of the layer whose symbol is shown (0-based), None for a heading or blank line."""

    layer: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries in order of drawing. ``position`` clock position, ``inside`` for ``ring(0)``."""

    entries: tuple[LegendEntry, ...] = ()
    position: int | None = None
    inside: bool = False
    columns: int | None = None
    rows: int | None = None
    title: Words = field(default_factory=Words)
    text_style: TextStyle = field(default_factory=TextStyle)
    frame: bool | None = None
    by_columns: bool = False
    """``colfirst``: fill down the columns first."""


@dataclass(frozen=True, slots=True)
class Region:
    """Background and margin of the whole picture or of the plot region (``None``: the scheme's)."""

    color: Color | None = None
    line: Color | None = None
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot region with its layers and axes; ``heading`` is its ``by()`` value or small title."""

    layers: tuple[Layer, ...]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    heading: Words = field(default_factory=Words)
    texts: tuple[TextMark, ...] = ()
    aspect: float | None = None
    diagonal: bool = False
    region: Region = field(default_factory=Region)


@dataclass(frozen=True, slots=True)
class Figure:
    """A whole graph: a grid of panels filled row by row, and the texts around it.

    ``share`` draws axes once, at the grid's left and bottom edges (``by()``); else every panel has its own.
    ``width``/``height`` in inches; None takes the scheme's.
    """

    panels: tuple[Panel, ...]
    rows: int = 1
    columns: int = 1
    share: bool = False
    x_title: Words = field(default_factory=Words)
    y_title: Words = field(default_factory=Words)
    """Common axis titles of a shared grid."""
    title: Words = field(default_factory=Words)
    subtitle: Words = field(default_factory=Words)
    note: Words = field(default_factory=Words)
    caption: Words = field(default_factory=Words)
    legend: Legend | None = None
    scheme: str | None = None
    width: float | None = None
    height: float | None = None
    scale: float = 1.0
    """Multiplies text and symbol sizes (``scale()``)."""
    region: Region = field(default_factory=Region)
    compact: bool = False
    holes: tuple[int, ...] = ()
    kind: str = ""
    """What drew it (histogram, lowess, twoway ...); used in file names."""


@dataclass(frozen=True, slots=True)
class Combined:
    """``graph combine``: figures in a grid, filled row by row."""

    figures: tuple[Figure | Combined, ...]
    rows: int = 1
    columns: int = 1
    title: Words = field(default_factory=Words)
    subtitle: Words = field(default_factory=Words)
    note: Words = field(default_factory=Words)
    caption: Words = field(default_factory=Words)
    scheme: str | None = None
    width: float | None = None
    height: float | None = None
    scale: float = 1.0
    region: Region = field(default_factory=Region)
    holes: tuple[int, ...] = ()
    kind: str = "combine"


Drawing: TypeAlias = Figure | Combined


def array(values: object) -> Array:
    """A float64 array for a layer."""
    return np.asarray(values, dtype=np.float64)


def layer_extent(layer: Layer) -> tuple[Array, Array]:
    """The finite x and y values a layer occupies, for choosing axis ranges."""
    match layer:
        case Scatter() | Curve():
            return _pair(layer.x, layer.y)
        case Bars():
            along = np.concatenate([layer.left, layer.right])
            up = np.concatenate([layer.base, layer.height])
            return (_finite(up), _finite(along)) if layer.horizontal else (_finite(along), _finite(up))
        case Area() | Spikes():
            up = np.concatenate([layer.low, layer.high])
            along = np.concatenate([layer.x, layer.x])
            return _pair(up, along) if layer.horizontal else _pair(along, up)
        case Boxes():
            along = array([b.position + s * b.width / 2 for b in layer.boxes for s in (-1, 1)])
            up = np.concatenate(
                [array([b.lower_adjacent, b.q1, b.q3, b.upper_adjacent]) for b in layer.boxes]
                + [b.outside for b in layer.boxes]
            )
            return (_finite(up), _finite(along)) if layer.horizontal else (_finite(along), _finite(up))


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)]


def _pair(x: Array, y: Array) -> tuple[Array, Array]:
    good = np.isfinite(x) & np.isfinite(y)
    return x[good], y[good]
