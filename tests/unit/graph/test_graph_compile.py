"""Every kind of layer draws; files come out whole, the same every time, in each format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import AxisSource, PanelSource, make_figure
from pystata_hlm.graph.compile import draw, export
from pystata_hlm.graph.drawing import plain
from pystata_hlm.graph.options import parse_figure_options
from pystata_hlm.graph.spec import (
    Area,
    Bars,
    Box,
    Boxes,
    Combined,
    Curve,
    Figure,
    Layer,
    Marker,
    Scatter,
    Spikes,
    Words,
    array,
)
from pystata_hlm.graph.words import split_options

X = array([1.0, 2.0, 3.0])
LAYERS: dict[str, Layer] = {
    "scatter": Scatter(X, X, "s", Marker("Th"), labels=("a", "", "c")),
    "line": Curve(X, X, "l", connect="J", marker=Marker("S")),
    "ascending": Curve(array([1, 2, 1, 2]), array([1, 2, 3, 4]), "l", connect="L"),
    "bars": Bars(X - 0.5, X + 0.5, X, 0 * X, "b", labels=("1", "2", "3"), gap=10),
    "hbars": Bars(X - 0.5, X + 0.5, X, 0 * X, "b", horizontal=True),
    "area": Area(X, 0 * X, X, "a", kind="area"),
    "ci": Area(X, X - 1, X + 1, "ci", kind="ci"),
    "rcap": Spikes(X, X - 1, X + 1, "r", caps=True),
    "dropline": Spikes(X, 0 * X, X, "d", marker=Marker(), horizontal=True),
    "boxes": Boxes((Box(1, -2, -1, 0, 1, 2, array([4.0])),), "x"),
    "hboxes": Boxes((Box(1, -2, -1, 0, 1, 2, array([])),), "x", horizontal=True),
}


def figure(*layers: Layer, options: str = "", panels: int = 1) -> Figure:
    o = parse_figure_options(split_options(options), [])
    sources = [PanelSource(tuple(layers), f"g{k}" if panels > 1 else "") for k in range(panels)]
    return make_figure(sources, o, AxisSource("x"), AxisSource("y"), by_labels=("g",))


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_draw(kind: str) -> None:
    picture = draw(figure(LAYERS[kind], options="legend(on)"))
    (axes,) = picture.axes
    assert axes.lines or axes.patches or axes.collections
    assert axes.get_xlabel() == "x"
    assert len(picture.legends[0].get_texts()) == 1


def test_drawn_data_are_the_spec_data() -> None:
    (axes,) = draw(figure(LAYERS["scatter"], LAYERS["bars"])).axes
    assert axes.lines[0].get_xdata().tolist() == X.tolist()
    assert [p.get_height() for p in axes.patches[:3]] == X.tolist()


@pytest.mark.parametrize("scheme", ["stcolor", "s2color", "s1mono", "stmono2"])
@pytest.mark.parametrize(
    "options",
    [
        'title("A" "B") subtitle(s) note(n) caption(c) legend(pos(6) rows(1)) text(2 2 "t {&beta}{sub:1}")',
        "xscale(log) yscale(reverse) legend(ring(0) pos(11)) xlabel(1 2, angle(45)) aspect(1)",
        "yscale(off) xline(2, lpattern(dash)) graphregion(color(white)) plotregion(margin(0)) legend(pos(9))",
    ],
)
def test_schemes_and_options_draw(scheme: str, options: str) -> None:
    picture = draw(figure(LAYERS["scatter"], LAYERS["line"], options=f"{options} scheme({scheme})"))
    inside = picture.axes[0].get_position()
    assert inside.width > 0.2 and inside.height > 0.2


def test_nothing_sticks_out_of_the_picture() -> None:
    spec = figure(*LAYERS.values(), options='title("Long title over the graph") note("n") ytitle("Why")')
    picture = draw(spec)
    renderer = picture.canvas.get_renderer()
    width, height = picture.canvas.get_width_height()
    for artist in (*picture.axes, *picture.texts, *picture.legends):
        box = artist.get_tightbbox(renderer)
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1


def test_by_panels_have_equal_plot_regions() -> None:
    picture = draw(figure(LAYERS["scatter"], options="by(g)", panels=3))
    sizes = {tuple(np.round(ax.get_position().size, 6)) for ax in picture.axes}
    assert len(picture.axes) == 3 and len(sizes) == 1


def test_combined() -> None:
    one = figure(LAYERS["scatter"])
    picture = draw(Combined((one, one, one), 2, 2, title=Words(("All",))))
    assert len(picture.axes) == 3
    spots = [ax.get_position() for ax in picture.axes]
    assert spots[0].x1 < spots[1].x0 and spots[2].y1 < spots[0].y0


@pytest.mark.parametrize(
    ("suffix", "magic"),
    {
        "png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml", "eps": b"%!PS", "ps": b"%!PS", "tif": b"II*\0",
        "jpg": b"\xff\xd8",
    }.items(),
)  # fmt: skip
def test_export_formats_and_repeatability(tmp_path: Path, suffix: str, magic: bytes) -> None:
    spec = figure(LAYERS["scatter"], LAYERS["line"])
    contents = []
    for name in ("a", "b"):
        export(spec, tmp_path / f"{name}.{suffix}")
        contents.append((tmp_path / f"{name}.{suffix}").read_bytes())
    assert contents[0].startswith(magic)
    assert contents[0] == contents[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_export_size(tmp_path: Path) -> None:
    from PIL import Image

    export(figure(LAYERS["scatter"]), tmp_path / "a.png", width=600)
    export(figure(LAYERS["scatter"]), tmp_path / "b.png", width=500, height=500)
    with Image.open(tmp_path / "a.png") as a, Image.open(tmp_path / "b.png") as b:
        assert a.size == (600, 360)  # stcolor is 7.5 by 4.5 inches
        assert b.size == (500, 500)


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(StataError):
        export(figure(LAYERS["scatter"]), tmp_path / "a.xyz")


@pytest.mark.parametrize(
    ("text", "drawn"),
    {
        "cost in $": r"cost in \$",
        "{&beta} and {&mu}": "β and μ",
        "{it:x}": r"$\mathit{x}$",
        "plain_text": "plain_text",
    }.items(),
)
def test_graph_text(text: str, drawn: str) -> None:
    assert plain(text) == drawn


def test_importing_the_spec_does_not_import_matplotlib() -> None:
    code = (
        "import sys, pystata_hlm.graph.spec, pystata_hlm.graph.options, pystata_hlm.graph.build, "
        "pystata_hlm.graph.compile; sys.exit(any(m.startswith('matplotlib') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
