"""marginsplot: dimensions from the r() of margins; figures are those of the course notes' margins table."""

from __future__ import annotations

import numpy as np
import pytest

from pystata_hlm.graph.spec import Area, Curve, Figure, Spikes
from pystata_hlm.runtime.results import StataMatrix, Stored
from tests.support import Session

# course notes: margins, at(ses= (5 values) meanses= (5 values)): margins and bounds of the first ten rows
SES = (-3.758, -0.7792118)
MEANSES = (-1.188, -0.4141606, -0.0001875, 0.4137856, 0.831)
MARGIN = (10.37874, 4.600451, 4.080304, 5.065367, 7.355452, 5.363829, 10.09419, 11.0489, 12.01957, 13.89045)
LOW = (4.0882, 3.294423, 2.941305, 3.592916, 1.922252, 2.980459, 9.60822, 10.61979, 11.45365, 11.74362)
HIGH = (16.66928, 5.90648, 5.219303, 6.537817, 12.78865, 7.747198, 10.58015, 11.47801, 12.5855, 16.03728)


def session() -> Session:
    s = Session()
    s.run("sysuse hsb, clear")
    names = tuple(f"{k}._at" for k in range(1, 11))
    at = np.array([(a, b) for a in SES for b in MEANSES])
    table = np.array([MARGIN, LOW, HIGH])
    s.workspace.r = Stored(
        "r",
        {"level": 95.0},
        {
            "cmd": "margins",
            "title": "Predictive margins",
            "predict1_label": "Linear prediction, fixed portion",
        },
        {
            "b": StataMatrix.make(np.array([MARGIN]), ("r1",), names),
            "table": StataMatrix.make(table, ("b", "ll", "ul"), names),
            "at": StataMatrix.make(at, names, ("ses", "meanses")),
        },
    )
    return s


def drawn(s: Session, command: str) -> Figure:
    s.run(command)
    assert s.rc == 0, s.text()
    spec = s.graphs[-1].spec
    assert isinstance(spec, Figure)
    return spec


def test_x_meanses_draws_a_line_for_each_ses() -> None:
    s = session()
    figure = drawn(s, "marginsplot, x(meanses)")
    assert s.text().endswith("\nVariables that uniquely identify margins: ses meanses\n")
    layers = figure.panels[0].layers
    bars, lines = layers[:2], layers[2:]
    assert all(isinstance(b, Spikes) and b.caps for b in bars)
    first = lines[0]
    assert isinstance(first, Curve)
    np.testing.assert_array_equal(first.x, MEANSES)
    np.testing.assert_array_equal(first.y, MARGIN[:5])
    assert isinstance(bars[1], Spikes)
    np.testing.assert_array_equal(bars[1].low, LOW[5:])
    np.testing.assert_array_equal(bars[1].high, HIGH[5:])
    assert figure.legend is not None
    assert [e.text for e in figure.legend.entries] == ["ses=-3.758", "ses=-.7792118"]
    assert [e.layer for e in figure.legend.entries] == [2, 3]
    assert figure.title.lines == ("Predictive margins with 95% CIs",)
    assert figure.panels[0].y.title.lines == ("Linear prediction, fixed portion",)
    assert [t.value for t in figure.panels[0].x.ticks] == list(MEANSES)
    assert bars[0].style == first.style == 1


def test_x_defaults_to_the_first_dimension() -> None:
    figure = drawn(session(), "marginsplot")
    assert [t.value for t in figure.panels[0].x.ticks] == list(SES)
    assert len(figure.panels[0].layers) == 10


def test_options() -> None:
    s = session()
    assert len(drawn(s, "marginsplot, x(meanses) noci").panels[0].layers) == 2
    assert s.graphs[-1].spec.title.lines == ("Predictive margins",)
    band = drawn(s, "marginsplot, x(meanses) recast(line) recastci(rarea)").panels[0].layers[0]
    assert isinstance(band, Area)
    by = drawn(s, "marginsplot, x(meanses) by(ses)")
    assert [p.heading.lines for p in by.panels] == [("ses=-3.758",), ("ses=-.7792118",)]
    line = drawn(s, "marginsplot, x(meanses) plot1opts(lcolor(red)) title(T) legend(off)").panels[0].layers[2]
    assert isinstance(line, Curve) and line.stroke.color is not None and line.stroke.color.rgb == (255, 0, 0)
    assert s.graphs[-1].spec.legend is None and s.graphs[-1].spec.title.lines == ("T",)


def test_factor_margins_use_value_labels() -> None:
    s = session()
    names = ("0.female", "1.female")
    s.workspace.r = Stored(
        "r",
        {"level": 95.0},
        {"cmd": "margins", "title": "Predictive margins"},
        {
            "b": StataMatrix.make([[1.0, 2.0]], ("r1",), names),
            "table": StataMatrix.make([[1.0, 2.0], [0.5, 1.5], [1.5, 2.5]], ("b", "ll", "ul"), names),
        },
    )
    figure = drawn(s, "marginsplot")
    assert [t.text for t in figure.panels[0].x.ticks] == ["male", "female"]
    assert figure.legend is None


@pytest.mark.parametrize(
    ("command", "rc"),
    [
        ("marginsplot, x(nosuch)", 198),
        ("marginsplot, x(ses) plot(ses)", 198),
        ("marginsplot, addplot(x)", 198),
        ("marginsplot, nosuch", 198),
    ],
)
def test_errors(command: str, rc: int) -> None:
    s = session()
    s.run(command)
    assert s.rc == rc and not s.graphs


def test_without_margins() -> None:
    s = Session()
    s.run("marginsplot")
    assert s.rc == 301
