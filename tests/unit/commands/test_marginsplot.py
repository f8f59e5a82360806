"""marginsplot: dimensions of the last margins; figures are those of the course notes' margins table."""

from __future__ import annotations

import numpy as np
import pytest

from pystata_hlm.graph.spec import Area, Bars, Curve, Figure, Spikes
from tests.support import Session
from tests.unit.commands.test_margins import AT, CUBIC, NOTES

SES = (-3.758, -0.7792118, 0.0001434, 0.7794985, 2.692)
MEANSES = (-1.188, -0.4141606, -0.0001875, 0.4137856, 0.831)
MARGIN, SE = np.array([float(x) for x in NOTES.split()]).reshape(5, 5, 2).transpose(2, 0, 1)


@pytest.fixture(scope="module")
def fitted() -> Session:
    s = Session()
    s.run(CUBIC + AT)
    assert s.rc == 0, s.text()
    return s


@pytest.fixture
def ols() -> Session:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach c.ses##i.sector i.female##i.minority")
    return s


def drawn(s: Session, command: str) -> Figure:
    s.run(command)
    assert s.rc == 0, s.text()[-300:]
    spec = s.graphs[-1].spec
    assert isinstance(spec, Figure)
    return spec


def test_x_meanses_draws_a_line_for_each_ses(fitted: Session) -> None:
    figure = drawn(fitted, "marginsplot, x(meanses)")
    assert fitted.text().endswith("\nVariables that uniquely identify margins: ses meanses\n")
    layers = figure.panels[0].layers
    bars, lines = layers[:5], layers[5:]
    assert all(isinstance(b, Spikes) and b.caps for b in bars)
    for k, (bar, line) in enumerate(zip(bars, lines, strict=True)):
        assert isinstance(line, Curve) and isinstance(bar, Spikes)
        np.testing.assert_allclose(line.x, MEANSES, atol=1e-6)
        np.testing.assert_allclose(line.y, MARGIN[k], atol=1e-4)
        np.testing.assert_allclose(bar.high - line.y, 1.959964 * SE[k], rtol=1e-4)
        assert bar.style == line.style == k + 1
    assert figure.legend is not None
    assert [e.text for e in figure.legend.entries][:2] == ["ses=-3.758", "ses=-.7792118"]
    assert [e.layer for e in figure.legend.entries] == [5, 6, 7, 8, 9]
    assert figure.title.lines == ("Predictive margins with 95% CIs",)
    assert figure.panels[0].y.title.lines == ("Linear prediction, fixed portion",)
    np.testing.assert_allclose([t.value for t in figure.panels[0].x.ticks], MEANSES, atol=1e-6)


def test_x_defaults_to_the_first_dimension(fitted: Session) -> None:
    figure = drawn(fitted, "marginsplot")
    np.testing.assert_allclose([t.value for t in figure.panels[0].x.ticks], SES, atol=1e-6)
    assert len(figure.panels[0].layers) == 10
    same = drawn(fitted, "marginsplot, xdim(ses) plotdim(mean)")
    assert [layer.legend for layer in same.panels[0].layers] == [
        layer.legend for layer in figure.panels[0].layers
    ]


def test_titles_before_release_17() -> None:
    s = Session(release=16)
    s.run("sysuse hsb\nquietly regress mathach ses i.sector\nquietly margins sector")
    figure = drawn(s, "marginsplot")
    assert figure.title.lines == ("Predictive Margins of sector with 95% CIs",)
    assert figure.panels[0].y.title.lines == ("Linear Prediction",)


def test_options(fitted: Session) -> None:
    s = fitted
    assert len(drawn(s, "marginsplot, x(meanses) noci").panels[0].layers) == 5
    assert s.graphs[-1].spec.title.lines == ("Predictive margins",)
    band = drawn(s, "marginsplot, x(meanses) recast(line) recastci(rarea)").panels[0].layers[0]
    assert isinstance(band, Area)
    by = drawn(s, "marginsplot, x(meanses) by(ses)")
    assert [p.heading.lines for p in by.panels][:2] == [("ses=-3.758",), ("ses=-.7792118",)]
    line = drawn(s, "marginsplot, x(meanses) plot1opts(lcolor(red)) title(T) legend(off)").panels[0].layers[5]
    assert isinstance(line, Curve) and line.stroke.color is not None and line.stroke.color.rgb == (255, 0, 0)
    assert s.graphs[-1].spec.legend is None and s.graphs[-1].spec.title.lines == ("T",)
    wide = drawn(s, "marginsplot, level(99)")
    spike = wide.panels[0].layers[0]
    assert isinstance(spike, Spikes) and wide.title.lines == ("Predictive margins with 99% CIs",)
    np.testing.assert_allclose(spike.high[0] - spike.low[0], 2 * 2.575829 * SE[0, 0], rtol=1e-4)


def test_factor_margins_use_value_labels(ols: Session) -> None:
    ols.run("margins sector")
    figure = drawn(ols, "marginsplot")
    assert [t.text for t in figure.panels[0].x.ticks] == ["public", "catholic"]
    assert figure.legend is None and figure.title.lines == ("Predictive margins of sector with 95% CIs",)
    ols.run("margins sector, at(ses=(0 1))")
    assert [e.text for e in drawn(ols, "marginsplot").legend.entries] == ["public", "catholic"]  # type: ignore[union-attr]
    ols.run("margins minority, at(ses=(0 1))")
    assert [e.text for e in drawn(ols, "marginsplot").legend.entries] == ["minority=0", "minority=1"]  # type: ignore[union-attr]
    simple = drawn(ols, "marginsplot, allsimplelabels")
    assert [e.text for e in simple.legend.entries] == ["0", "1"]  # type: ignore[union-attr]


def test_effects(ols: Session) -> None:
    ols.run("margins, dydx(*)")
    figure = drawn(ols, "marginsplot")
    axis = figure.panels[0].x
    assert [t.text for t in axis.ticks] == ["ses", "1.sector", "1.female", "1.minority"]
    assert axis.title.lines == ("Effects with respect to",)
    assert figure.panels[0].y.title.lines == ("Effects on linear prediction",)
    ols.run("margins sector, dydx(ses)")
    assert drawn(ols, "marginsplot").title.lines == ("Average marginal effects of ses with 95% CIs",)


def test_several_variables_on_x_and_bars(ols: Session) -> None:
    ols.run("margins female#minority")
    figure = drawn(ols, "marginsplot, x(female minority) recast(bar)")
    assert figure.panels[0].x.ticks[0].text == "male, minority=0"
    bars, intervals = figure.panels[0].layers
    assert isinstance(bars, Bars) and isinstance(intervals, Spikes)


def test_several_at_options(ols: Session) -> None:
    ols.run("margins, at(ses=(-1 1)) at(sector=1)")
    drawn(ols, "marginsplot")
    assert ols.text().endswith(
        "\nVariables that uniquely identify margins: _at\nMultiple at() options specified:\n"
        "    _atoption=1: ses=(-1 1)\n    _atoption=2: sector=1\n"
    )


def test_posted_margins(ols: Session) -> None:
    ols.run("margins sector, post\nquietly summarize ses")
    assert drawn(ols, "marginsplot").title.lines == ("Predictive margins of sector with 95% CIs",)


@pytest.mark.parametrize(
    ("command", "rc"),
    [
        ("marginsplot, x(nosuch)", 198),
        ("marginsplot, x(ses) plot(ses)", 198),
        ("marginsplot, addplot(x)", 198),
        ("marginsplot, nosuch", 198),
        ("marginsplot, level(5)", 198),
    ],
)
def test_errors(fitted: Session, command: str, rc: int) -> None:
    before = len(fitted.graphs)
    fitted.run(command)
    assert fitted.rc == rc and len(fitted.graphs) == before


def test_without_margins() -> None:
    s = Session()
    s.run("marginsplot")
    assert s.rc == 301 and s.last_error is not None
    assert s.last_error.message == "previous command was not margins"
