"""Draw a ``graph.spec`` with matplotlib: the only module that imports it, and only when a graph is drawn.

Everything is placed by measuring: the axes are laid out once, the room their labels need is read off,
and the panels get what is left. Output is deterministic (no dates in the files).
"""

from __future__ import annotations

import itertools
import math
import os
import re
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pystata_hlm.errors import StataError
from pystata_hlm.graph import drawing
from pystata_hlm.graph.drawing import Pen
from pystata_hlm.graph.spec import (
    Area,
    Bars,
    Boxes,
    Combined,
    Curve,
    Drawing,
    Figure,
    Legend,
    Panel,
    Scatter,
    Spikes,
    Words,
)
from pystata_hlm.graph.style import STCOLOR, Scheme, rgba, scheme, sized

FORMATS: dict[str, str] = {
    "png": "png", "pdf": "pdf", "svg": "svg", "eps": "eps", "ps": "ps", "tif": "tiff", "tiff": "tiff",
    "jpg": "jpg", "jpeg": "jpg",
}  # fmt: skip
"""``graph export, as()`` names and suffixes -> matplotlib formats."""
_RASTER = ("png", "tiff", "jpg")
_DOTS_PER_INCH = 180
T = TypeVar("T")

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "pystata_hlm",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "axes.unicode_minus": False,
    "lines.scale_dashes": True,
    "path.simplify": True,
    "mathtext.default": "regular",
}


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in inches from the picture's lower left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0


def size_of(spec: Drawing, chosen: Scheme) -> tuple[float, float]:
    """Width and height in inches; giving only one keeps the other at the scheme's."""
    return spec.width or chosen.width, spec.height or chosen.height


def draw(spec: Drawing, default_scheme: str | None = None) -> Any:
    """A matplotlib ``Figure`` (object-oriented, Agg canvas) of the graph."""
    with _settings():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as MplFigure

        chosen = scheme(spec.scheme or default_scheme) or STCOLOR
        width, height = size_of(spec, chosen)
        picture = MplFigure(figsize=(width, height), dpi=_DOTS_PER_INCH)
        FigureCanvasAgg(picture)
        background = drawing.named(chosen.background)
        picture.set_facecolor(rgba(spec.region.color, background))
        unit = min(width, height) * 72 / 100 * spec.scale
        Painter(picture, chosen, width, height).place(spec, Rect(0, 0, width, height), unit)
        return picture


@contextmanager
def _settings() -> Iterator[None]:
    import matplotlib

    base: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith("backend")}
    with matplotlib.rc_context(base | _RC):
        yield


def export(
    spec: Drawing,
    path: str | os.PathLike[str],
    width: int | None = None,
    height: int | None = None,
    format: str | None = None,
    default_scheme: str | None = None,
) -> str:
    """Write the graph; ``width``/``height`` in pixels for png, tif and jpg. Returns the format's name.

    The file is written beside its place and moved in, so that a failure leaves no half file.
    """
    target = Path(path)
    suffix = (format or target.suffix.removeprefix(".") or "png").lower()
    kind = FORMATS.get(suffix)
    if kind is None:
        raise StataError(198, f"output file format {suffix} not supported")
    picture = draw(spec, default_scheme)
    inches = picture.get_size_inches()
    dpi = float(_DOTS_PER_INCH)
    if kind in _RASTER and (width or height):
        dpi = width / inches[0] if width else (height or 1) / inches[1]
        if width and height:
            picture.set_size_inches(width / dpi, height / dpi)
    elif kind not in _RASTER and (width or height):
        raise StataError.option_not_allowed("width()" if width else "height()")
    fd, name = tempfile.mkstemp(prefix=".graph", suffix=f".{kind}", dir=target.parent)
    os.close(fd)
    try:
        with _settings():
            picture.savefig(name, format=kind, dpi=dpi, metadata=_metadata(kind))
        if kind in ("eps", "ps"):
            _drop_date(Path(name))
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return kind


def _metadata(kind: str) -> dict[str, Any] | None:
    if kind == "pdf":
        return {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None}
    if kind == "svg":
        return {"Date": None, "Creator": None}
    if kind == "png":
        return {"Software": None}
    return None


def _drop_date(path: Path) -> None:
    text = re.sub(rb"(?m)^%%CreationDate:.*\n", b"", path.read_bytes())
    path.write_bytes(re.sub(rb"(?m)^%%Title:.*$", b"%%Title: Graph", text, count=1))


# ---------------------------------------------------------------- placing


def _by_scale(rows: int, columns: int) -> float:
    """How much text and symbols shrink in a grid of panels."""
    return max(rows, columns) ** -0.35


class Painter:
    """Places figures in rectangles of one picture."""

    def __init__(self, picture: Any, chosen: Scheme, width: float, height: float) -> None:
        self.picture = picture
        self.scheme = chosen
        self.width = width
        self.height = height

    def place(self, spec: Drawing, rect: Rect, unit: float) -> None:
        margin = unit / 72 * (spec.region.margin if spec.region.margin is not None else 2.5)
        inner = Rect(rect.x0 + margin, rect.y0 + margin, rect.x1 - margin, rect.y1 - margin)
        inner = self._texts(spec, inner, unit)
        if isinstance(spec, Combined):
            self._combined(spec, inner, unit)
        else:
            self._figure(spec, inner, unit)

    # -- texts around --------------------------------------------------------------------------

    def _texts(self, spec: Drawing, rect: Rect, unit: float) -> Rect:
        """Draw titles and notes; return what is left."""
        s = self.scheme
        top, bottom = rect.y1, rect.y0
        left_inset = unit / 72 * 1.0
        for words, size, position, color in (
            (spec.title, s.title_size, s.title_position, s.title_color),
            (spec.subtitle, s.title_size * 0.8, s.title_position, s.title_color),
        ):
            if words:
                top = self._block(words, rect, top, size, position, color, unit, left_inset, upward=False)
        for words, size in ((spec.caption, 3.2), (spec.note, 2.8)):
            if words:
                bottom = self._block(
                    words, rect, bottom, size, 7, s.foreground, unit, left_inset, upward=True
                )
        return Rect(rect.x0, bottom, rect.x1, top)

    def _block(
        self,
        words: Words,
        rect: Rect,
        edge: float,
        size: float,
        position: int,
        color: str,
        unit: float,
        inset: float,
        upward: bool,
    ) -> float:
        """One text at the top (or bottom) edge, by clock position; returns the new edge."""
        points = sized(words.style.size, size) * unit
        clock = words.style.position if words.style.position is not None else position
        side = {12: "center", 6: "center", 0: "center"}.get(clock, "right" if 1 <= clock <= 5 else "left")
        x = {"left": rect.x0 + inset, "center": (rect.x0 + rect.x1) / 2, "right": rect.x1 - inset}[side]
        artist = self.picture.text(
            x / self.width,
            edge / self.height,
            drawing.plain_lines(words.lines),
            ha=side,
            va="top",
            multialignment=words.style.justification or side,
            fontsize=points,
            linespacing=1.15,
            color=rgba(words.style.color, drawing.named(color)),
        )
        room = rect.width - (0 if side == "center" else inset)
        taken = artist.get_window_extent(self.picture.canvas.get_renderer()).width / self.picture.dpi
        if taken > room and "$" not in artist.get_text():
            artist.set_text(_wrapped(artist.get_text(), room / taken))
        height = (artist.get_text().count("\n") + 1) * points * 1.25 / 72
        if upward:
            artist.set_y((edge + height) / self.height)
        gap = points * (0.6 if upward else 0.3) / 72
        return edge + height + gap if upward else edge - height - gap

    # -- one figure ----------------------------------------------------------------------------

    def _figure(self, spec: Figure, rect: Rect, unit: float) -> None:
        grid = len(spec.panels) > 1
        panel_unit = unit * (_by_scale(spec.rows, spec.columns) if grid else 1.0)
        pen = Pen(self.scheme, panel_unit)
        axes = []
        for panel in spec.panels:
            ax = self.picture.add_axes((0.1, 0.1, 0.8, 0.8))
            drawing.draw_panel(ax, panel, pen)
            axes.append(ax)
        places = self._places(spec)
        if spec.share:
            self._hide_inner(spec, axes, places, pen)
        legend = self._legend(spec.legend, spec, axes, unit)
        rect = self._room_for_legend(spec.legend, legend, rect, unit)
        rect = self._common_titles(spec, rect, unit)
        self._arrange(spec, axes, places, rect, panel_unit)
        if legend is not None and spec.legend is not None and spec.legend.inside:
            self._inside_legend(legend, spec.legend, axes[0], unit)

    def _places(self, spec: Figure) -> list[tuple[int, int]]:
        out, cell = [], 0
        for _ in spec.panels:
            while cell + 1 in spec.holes:
                cell += 1
            out.append(divmod(cell, spec.columns))
            cell += 1
        return out

    def _hide_inner(self, spec: Figure, axes: list[Any], places: list[tuple[int, int]], pen: Pen) -> None:
        """With common axes only the left column and the lowest panel of each column are labelled."""
        lowest = {c: max(r for r, cc in places if cc == c) for _, c in places}
        for ax, (r, c), panel in zip(axes, places, spec.panels, strict=True):
            if c > 0:
                drawing.hide_axis(ax, panel.y, "y")
            if r < lowest[c]:
                drawing.hide_axis(ax, panel.x, "x")

    def _common_titles(self, spec: Figure, rect: Rect, unit: float) -> Rect:
        x0, y0 = rect.x0, rect.y0
        size = self.scheme.axis_title_size
        if spec.x_title:
            points = sized(spec.x_title.style.size, size) * unit
            height = len(spec.x_title.lines) * points * 1.25 / 72
            drawing.free_text(
                self.picture, (rect.x0 + rect.x1) / 2 / self.width, (y0 + height / 2) / self.height,
                spec.x_title, points, self.scheme,
            )  # fmt: skip
            y0 += height + points * 0.3 / 72
        if spec.y_title:
            points = sized(spec.y_title.style.size, size) * unit
            height = len(spec.y_title.lines) * points * 1.25 / 72
            drawing.free_text(
                self.picture, (x0 + height / 2) / self.width, (y0 + rect.y1) / 2 / self.height,
                spec.y_title, points, self.scheme, rotation=90,
            )  # fmt: skip
            x0 += height + points * 0.3 / 72
        return Rect(x0, y0, rect.x1, rect.y1)

    def _arrange(
        self, spec: Figure, axes: list[Any], places: list[tuple[int, int]], rect: Rect, unit: float
    ) -> None:
        """Give every panel the same plot region after leaving room for labels (measured twice)."""
        gap = unit / 72 * (1.5 if spec.compact else 3.0)
        for turn in range(3):
            if turn:
                self._fit_labels(axes, spec)
            pads = [self._overhang(ax) for ax in axes]
            columns = [
                [
                    max((p[k] for p, (_, c) in zip(pads, places, strict=True) if c == j), default=0)
                    for k in (0, 1)
                ]
                for j in range(spec.columns)
            ]
            rows = [
                [
                    max((p[k] for p, (r, _) in zip(pads, places, strict=True) if r == i), default=0)
                    for k in (2, 3)
                ]
                for i in range(spec.rows)
            ]
            free_w = rect.width - sum(a + b for a, b in columns) - gap * (spec.columns - 1)
            drop = gap * (1.6 if any(p.heading for p in spec.panels) else 1.0)
            free_h = rect.height - sum(a + b for a, b in rows) - drop * (spec.rows - 1)
            w = max(free_w / spec.columns, 0.05)
            h = max(free_h / spec.rows, 0.05)
            lefts, x = [], rect.x0
            for before, after in columns:
                lefts.append(x + before)
                x += before + w + after + gap
            tops, y = [], rect.y1
            for below, above in rows:
                tops.append(y - above)
                y -= above + h + below + drop
            for ax, (r, c), panel in zip(axes, places, spec.panels, strict=True):
                self._set(ax, panel, Rect(lefts[c], tops[r] - h, lefts[c] + w, tops[r]))

    def _fit_labels(self, axes: list[Any], spec: Figure) -> None:
        """Break axis titles longer than their axis; leave out labels that would overlap."""
        renderer = self.picture.canvas.get_renderer()
        for ax, panel in zip(axes, spec.panels, strict=True):
            area = ax.get_window_extent(renderer)
            for axis, length in ((ax.xaxis, area.width), (ax.yaxis, area.height)):
                label = axis.label
                box = label.get_window_extent(renderer)
                size = box.width if axis is ax.xaxis else box.height
                text = label.get_text()
                if size > length * 1.05 and " " in text and "\n" not in text and "$" not in text:
                    label.set_text(_broken(text, math.ceil(size / (length * 1.05))))
            if panel.x.thin:
                _thin(ax.xaxis, renderer)

    def _set(self, ax: Any, panel: Panel, rect: Rect) -> None:
        x0, y0, w, h = rect.x0, rect.y0, rect.width, rect.height
        if panel.aspect is not None and panel.aspect > 0:
            if h / w > panel.aspect:
                y0, h = y0 + (h - w * panel.aspect) / 2, w * panel.aspect
            else:
                x0, w = x0 + (w - h / panel.aspect) / 2, h / panel.aspect
        ax.set_position((x0 / self.width, y0 / self.height, w / self.width, h / self.height))

    def _overhang(self, ax: Any) -> tuple[float, float, float, float]:
        """Inches that labels and titles stick out: left, right, bottom, top."""
        renderer = self.picture.canvas.get_renderer()
        box = ax.get_window_extent(renderer)
        tight = ax.get_tightbbox(renderer)
        dpi = self.picture.dpi
        if tight is None:
            return 0.0, 0.0, 0.0, 0.0
        sides = (box.x0 - tight.x0, tight.x1 - box.x1, box.y0 - tight.y0, tight.y1 - box.y1)
        left, right, bottom, top = (max(0.0, float(v) / dpi) for v in sides)
        return left, right, bottom, top

    # -- legend --------------------------------------------------------------------------------

    def _legend(self, legend: Legend | None, spec: Figure, axes: list[Any], unit: float) -> Any:
        if legend is None or not legend.entries or not axes:
            return None
        s = self.scheme
        handles, texts = legend_keys(legend, spec.panels[0], Pen(s, unit))
        beside = self._legend_position(legend) in (2, 3, 4, 8, 9, 10)
        count = len(handles)
        if legend.columns is not None:
            columns = legend.columns
        elif legend.rows is not None:
            columns = -(-count // legend.rows)
        else:
            columns = 1 if beside or legend.inside else min(s.legend_columns, count)
        if columns > 1 and not legend.by_columns:
            handles, texts = row_major(handles, columns), row_major(texts, columns)
        frame = s.legend_frame if legend.frame is None else legend.frame
        points = sized(legend.text_style.size, 3.3) * unit
        if beside and legend.columns is None:
            texts = [_broken(t, math.ceil(len(t) / 26)) if len(t) > 28 and "$" not in t else t for t in texts]
        box = self.picture.legend(
            handles,
            texts,
            ncols=columns,
            loc="lower left",
            bbox_to_anchor=(0.1, 0.1),
            frameon=frame,
            fancybox=False,
            edgecolor=s.foreground,
            facecolor=s.plot_background,
            framealpha=1.0,
            fontsize=points,
            borderaxespad=0.0,
            title=drawing.plain_lines(legend.title.lines) if legend.title else None,
            title_fontsize=points * 1.1,
            handlelength=2.4,
            columnspacing=1.6,
            labelspacing=0.45,
            labelcolor=rgba(legend.text_style.color, drawing.named(s.foreground)),
            numpoints=1,
            scatterpoints=1,
        )
        box.get_frame().set_linewidth(0.2 * unit)
        return box

    def _legend_position(self, legend: Legend) -> int:
        return self.scheme.legend_position if legend.position is None else legend.position

    def _room_for_legend(self, legend: Legend | None, box: Any, rect: Rect, unit: float) -> Rect:
        """Place a legend outside the plot region by its clock position; return what is left."""
        if legend is None or box is None or legend.inside:
            return rect
        renderer = self.picture.canvas.get_renderer()
        extent = box.get_window_extent(renderer)
        w, h = extent.width / self.picture.dpi, extent.height / self.picture.dpi
        gap = unit / 72 * 1.5
        clock = self._legend_position(legend)
        x_mid, y_mid = (rect.x0 + rect.x1 - w) / 2, (rect.y0 + rect.y1 - h) / 2
        if clock in (2, 3, 4):
            y = {2: rect.y1 - h, 3: y_mid, 4: rect.y0}[clock]
            self._move(box, rect.x1 - w, y)
            return Rect(rect.x0, rect.y0, rect.x1 - w - gap, rect.y1)
        if clock in (8, 9, 10):
            y = {10: rect.y1 - h, 9: y_mid, 8: rect.y0}[clock]
            self._move(box, rect.x0, y)
            return Rect(rect.x0 + w + gap, rect.y0, rect.x1, rect.y1)
        if clock in (11, 12, 1):
            self._move(box, {11: rect.x0, 12: x_mid, 1: rect.x1 - w}[clock], rect.y1 - h)
            return Rect(rect.x0, rect.y0, rect.x1, rect.y1 - h - gap)
        self._move(box, {7: rect.x0, 5: rect.x1 - w}.get(clock, x_mid), rect.y0)
        return Rect(rect.x0, rect.y0 + h + gap, rect.x1, rect.y1)

    def _move(self, box: Any, x: float, y: float) -> None:
        box.set_bbox_to_anchor((x / self.width, y / self.height), self.picture.transFigure)

    def _inside_legend(self, box: Any, legend: Legend, ax: Any, unit: float) -> None:
        """``ring(0)``: inside the plot region, at the clock position."""
        renderer = self.picture.canvas.get_renderer()
        extent, area = box.get_window_extent(renderer), ax.get_window_extent(renderer)
        dpi = self.picture.dpi
        pad = unit / 72 * 1.5
        w, h = extent.width / dpi, extent.height / dpi
        x0, x1, y0, y1 = (v / dpi for v in (area.x0, area.x1, area.y0, area.y1))
        clock = self._legend_position(legend)
        x = (x0 + x1 - w) / 2
        if clock in (1, 2, 3, 4, 5):
            x = x1 - w - pad
        elif clock in (7, 8, 9, 10, 11):
            x = x0 + pad
        y = (y0 + y1 - h) / 2
        if clock in (10, 11, 12, 1, 2):
            y = y1 - h - pad
        elif clock in (4, 5, 6, 7, 8):
            y = y0 + pad
        self._move(box, x, y)

    # -- graph combine -------------------------------------------------------------------------

    def _combined(self, spec: Combined, rect: Rect, unit: float) -> None:
        gap = unit / 72 * 1.0
        w = (rect.width - gap * (spec.columns - 1)) / spec.columns
        h = (rect.height - gap * (spec.rows - 1)) / spec.rows
        small = unit * max(spec.rows, spec.columns) ** -0.45
        cell = 0
        for figure in spec.figures:
            while cell + 1 in spec.holes:
                cell += 1
            r, c = divmod(cell, spec.columns)
            x0, y1 = rect.x0 + c * (w + gap), rect.y1 - r * (h + gap)
            self.place(figure, Rect(x0, y1 - h, x0 + w, y1), small * figure.scale)
            cell += 1


# ---------------------------------------------------------------- legend keys


def legend_keys(legend: Legend, panel: Panel, pen: Pen) -> tuple[list[Any], list[str]]:
    """matplotlib artists and texts, one for each entry."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for entry in legend.entries:
        if entry.layer is None:
            handles.append(Line2D([], [], linestyle="none"))
            continue
        layer = panel.layers[entry.layer]
        index = drawing.style_index(layer, entry.layer)
        match layer:
            case Scatter():
                handles.append(
                    Line2D([], [], linestyle="none", **drawing.marker_style(layer.marker, index, pen))
                )
            case Curve():
                style = pen.line(layer.stroke, pen.palette(index), pen.pattern(index))
                marks = drawing.marker_style(layer.marker, index, pen) if layer.marker is not None else {}
                handles.append(Line2D([], [], **style, **marks))
            case Bars():
                fill, edge, width = drawing.bar_colors(layer, index, pen)
                handles.append(Patch(facecolor=fill, edgecolor=edge, linewidth=width))
            case Area():
                fill, line = drawing.area_colors(layer, index, pen)
                handles.append(Patch(facecolor=fill, **line))
            case Spikes():
                style = pen.line(layer.stroke, pen.palette(index), "solid", 0.3)
                marks = drawing.marker_style(layer.marker, index, pen) if layer.marker is not None else {}
                handles.append(Line2D([], [], **style, **marks))
            case Boxes():
                default = pen.palette(index)
                fill = drawing.filled(layer.fill, default, pen.scheme.box_intensity)
                handles.append(Patch(facecolor=fill, edgecolor=rgba(layer.stroke.color, default)))
    return handles, [drawing.plain(e.text) for e in legend.entries]


def _broken(text: str, lines: int) -> str:
    """Text in about ``lines`` lines of equal length."""
    return "\n".join(textwrap.wrap(text, math.ceil(len(text) / lines) + 4, break_long_words=False))


def _wrapped(text: str, share: float) -> str:
    """Break the lines that are longer than ``share`` of the longest one."""
    lines = text.split("\n")
    limit = max(8, int(max(map(len, lines)) * share) - 2)
    return "\n".join(part for line in lines for part in textwrap.wrap(line, limit) or [""])


def _thin(axis: Any, renderer: Any) -> None:
    """Keep every second, third ... label so that neighbours do not touch."""
    labels = [t for t in axis.get_ticklabels() if t.get_text()]
    boxes = [t.get_window_extent(renderer) for t in labels]
    for step in range(1, len(labels) + 1):
        kept = boxes[::step]
        if all(a.x1 + 2 < b.x0 for a, b in itertools.pairwise(kept)):
            break
    for k, label in enumerate(labels):
        label.set_visible(k % step == 0)


def row_major(items: list[T], columns: int) -> list[T]:
    """Reorder for a legend that fills its columns first, so that it reads row by row."""
    return [item for c in range(columns) for item in items[c::columns]]
