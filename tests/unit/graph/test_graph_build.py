"""Axis labels, legends, panels: what ends up in the spec."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource, by_note, grid_shape, make_figure
from pystata_hlm.graph.options import parse_figure_options
from pystata_hlm.graph.scale import nice_values, tick_text
from pystata_hlm.graph.spec import Bars, Box, Boxes, Combined, Curve, Figure, Scatter, array, layer_extent
from pystata_hlm.graph.store import decode, encode
from pystata_hlm.graph.words import split_options


def build(options: str = "", layers: int = 2, panels: int = 1, **parts: object) -> Figure:
    x = array([1.0, 2.0, 9.0])
    one = (Scatter(x, 10 * x, "points"), Curve(x, 12 * x, "line"))[:layers]
    sources = [PanelSource(one, f"g{k}" if panels > 1 else "") for k in range(panels)]
    o = parse_figure_options(split_options(options), [])
    return make_figure(sources, o, AxisSource("X"), AxisSource("Y"), by_labels=("Group",), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        # axis labels of the auto data in the Stata manuals' graphs ([G-2] graph twoway scatter and others)
        (12, 41, (10, 20, 30, 40)),  # mpg
        (3291, 15906, (0, 5000, 10000, 15000)),  # price
        (1760, 4840, (2000, 3000, 4000, 5000)),  # weight
        (142, 233, (140, 160, 180, 200, 220, 240)),  # length
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),  # foreign
        (1, 5, (1, 2, 3, 4, 5)),  # rep78
        (55, 79, (55, 60, 65, 70, 75, 80)),  # lexp, lifeexp.dta
    ],
)
def test_nice_labels(low: float, high: float, labels: tuple[float, ...]) -> None:
    assert nice_values(low, high) == labels


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_nice_labels_are_few_and_even(low: float, width: float) -> None:
    values = nice_values(low, low + width)
    assert 1 <= len(values) <= 8
    steps = np.diff(values)
    assert np.allclose(steps, steps[0]) if len(steps) else True


def test_tick_texts_follow_the_format() -> None:
    assert tick_text(0.2) == ".2"
    assert tick_text(15000, "%8.0gc") == "15,000"


def test_the_axis_covers_data_and_labels() -> None:
    figure = build()
    (panel,) = figure.panels
    assert (panel.x.low, panel.x.high) == (0.0, 10.0)
    assert [t.value for t in panel.x.ticks] == [0, 2, 4, 6, 8, 10]
    assert panel.x.title.lines == ("X",)


def test_range_labels_and_lines_extend_the_axis() -> None:
    (panel,) = build('xscale(range(-5 20)) ylabel(0 "low" 200 "high") yline(-50)').panels
    assert (panel.x.low, panel.x.high) == (-5.0, 20.0)
    assert (panel.y.low, panel.y.high) == (-50.0, 200.0)
    assert [t.text for t in panel.y.ticks] == ["low", "high"]


def test_log_scale_ignores_what_cannot_be_shown() -> None:
    (panel,) = build("xscale(log range(0 20))").panels
    assert panel.x.log and panel.x.low > 0


def test_minor_ticks_lie_between_major_ones() -> None:
    (panel,) = build("xlabel(0 10) xmtick(##5)").panels
    assert [t.value for t in panel.x.minor] == [2.0, 4.0, 6.0, 8.0]


def test_titles_can_be_suppressed_or_restyled() -> None:
    (panel,) = build('xtitle("") ytitle(, size(small))').panels
    assert not panel.x.title
    assert panel.y.title.lines == ("Y",) and panel.y.title.style.size is not None


def test_legend_appears_with_more_than_one_plot() -> None:
    assert build(layers=1).legend is None
    legend = build().legend
    assert legend is not None and [(e.layer, e.text) for e in legend.entries] == [(0, "points"), (1, "line")]
    assert build("legend(off)").legend is None
    only = build("legend(on)", layers=1).legend
    assert only is not None and len(only.entries) == 1


def test_legend_order_and_labels() -> None:
    legend = build('legend(order(2 - "other" 1) label(1 "P"))').legend
    assert legend is not None
    assert [(e.layer, e.text) for e in legend.entries] == [(1, "line"), (None, "other"), (0, "P")]


def test_command_defaults_give_way_to_options() -> None:
    d = Defaults(("Lowess smoother",), note=("bandwidth = .8",), legend=False)
    figure = build(defaults=d)
    assert figure.title.lines == ("Lowess smoother",) and figure.note.lines == ("bandwidth = .8",)
    assert figure.legend is None
    assert build('title("Mine") note("")', defaults=d).title.lines == ("Mine",)
    assert not build('note("")', defaults=d).note


def test_by_panels_share_axes_and_say_so() -> None:
    figure = build("by(g)", panels=3)
    assert (figure.rows, figure.columns, figure.share) == (2, 2, True)
    assert figure.note.lines == ("Graphs by Group",)
    assert [p.heading.lines for p in figure.panels] == [("g0",), ("g1",), ("g2",)]
    assert figure.x_title.lines == ("X",) and not figure.panels[0].x.title


@pytest.mark.parametrize(
    ("labels", "text"),
    {
        ("female",): "Graphs by female",
        ("A", "B"): "Graphs by A and B",
        ("A", "B", "C"): "Graphs by A, B, and C",
    }.items(),
)
def test_by_note(labels: tuple[str, ...], text: str) -> None:
    assert by_note(labels) == text


@pytest.mark.parametrize(
    ("count", "rows", "columns", "shape"),
    [
        (2, None, None, (1, 2)),
        (3, None, None, (2, 2)),
        (9, None, None, (3, 3)),
        (5, 1, None, (1, 5)),
        (5, None, 2, (3, 2)),
    ],
)
def test_grid_shape(count: int, rows: int | None, columns: int | None, shape: tuple[int, int]) -> None:
    assert grid_shape(count, rows, columns) == shape


def test_extents() -> None:
    bars = Bars(array([0, 1]), array([1, 2]), array([5, 7]), array([0, 0]))
    x, y = layer_extent(bars)
    assert (x.min(), x.max(), y.min(), y.max()) == (0, 2, 0, 7)
    box = Boxes((Box(1.0, -2.0, -1.0, 0.0, 1.0, 2.0, array([-4.0])),))
    assert layer_extent(box)[1].min() == -4.0
    gaps = Scatter(array([1, np.nan, 3]), array([1, 2, np.nan]))
    assert layer_extent(gaps)[0].tolist() == [1.0]


def test_a_stored_graph_comes_back() -> None:
    figure = build('title("T") by(g)', panels=2)
    again = decode(encode(Combined((figure,))))
    assert encode(again) == encode(Combined((figure,)))
    assert isinstance(again.figures[0].panels[0].layers[1], Curve)
