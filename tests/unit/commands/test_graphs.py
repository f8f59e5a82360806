"""Graph commands end to end: text output, r(), and the data that are plotted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pystata_hlm.graph.spec import Area, Bars, Boxes, Combined, Curve, Figure, Scatter, Spikes
from tests.support import Session, fails

SMALL = """
clear
set obs 8
gen x = _n
gen y = 2*x + mod(_n, 3)
gen g = mod(_n, 2)
label define odd 0 "even" 1 "odd"
label values g odd
label variable y "Outcome"
"""


@pytest.fixture(scope="module")
def hsb() -> Session:
    """One session with the course data; graphs leave it unchanged."""
    session = Session()
    session.run("sysuse hsb, clear\nsort id\nby id: gen tagged = _n==1")
    assert session.rc == 0
    return session


def small() -> Session:
    session = Session()
    session.run(SMALL)
    assert session.rc == 0, session.text()
    return session


def drawn(session: Session, command: str) -> Figure:
    before = len(session.graphs)
    session.run(command)
    assert session.rc == 0, session.text()[-400:]
    assert len(session.graphs) == before + 1
    spec = session.graphs[-1].spec
    assert isinstance(spec, Figure)
    return spec


# ---------------------------------------------------------------- histogram


def test_histogram_of_school_size(hsb: Session) -> None:
    # course notes: . histogram size if tagged==1 -> (bin=12, start=100, width=217.75)
    assert hsb.run("histogram size if tagged==1") == "(bin=12, start=100, width=217.75)\n"
    assert (hsb.r["N"], hsb.r["bin"], hsb.r["start"], hsb.r["width"]) == (160, 12, 100, 217.75)
    (bars,) = hsb.graphs[-1].spec.panels[0].layers
    assert isinstance(bars, Bars)
    size = hsb.data.values("size")[hsb.data.values("tagged") == 1]
    expected, edges = np.histogram(size, bins=12, density=True)
    np.testing.assert_allclose(bars.height, expected, rtol=1e-12)
    np.testing.assert_allclose(np.append(bars.left, bars.right[-1]), edges, rtol=1e-12)
    assert hsb.graphs[-1].spec.panels[0].y.title.lines == ("Density",)


def test_histogram_with_normal_density(hsb: Session) -> None:
    figure = drawn(hsb, "histogram mathach, normal percent bin(20)")
    bars, curve = figure.panels[0].layers
    assert isinstance(bars, Bars) and isinstance(curve, Curve)
    assert bars.height.sum() == pytest.approx(100)
    x = hsb.data.values("mathach")
    width = (x.max() - x.min()) / 20
    expected = 100 * width * stats.norm.pdf(curve.x, x.mean(), x.std(ddof=1))
    np.testing.assert_allclose(curve.y, expected, rtol=1e-10)
    assert figure.legend is None


def test_histogram_scales_and_discrete() -> None:
    s = small()
    bars = drawn(s, "histogram g, discrete frequency").panels[0].layers[0]
    assert isinstance(bars, Bars)
    assert bars.height.tolist() == [4, 4] and bars.left.tolist() == [-0.5, 0.5]
    assert "(start=0, width=1)" in s.text()
    bars = drawn(s, "histogram x, width(2) start(0) fraction").panels[0].layers[0]
    assert isinstance(bars, Bars)
    np.testing.assert_allclose(bars.height, [0.125, 0.25, 0.25, 0.375])


def test_histogram_frequency_weights_repeat_rows() -> None:
    s = small()
    weighted = drawn(s, "histogram x [fweight=x], bin(4) frequency").panels[0].layers[0]
    assert isinstance(weighted, Bars)
    # values 1..8 with weights 1..8 in bins of width 1.75 from 1: {1,2}, {3,4}, {5,6}, {7,8}
    assert weighted.height.tolist() == [3, 7, 11, 15]


def test_histogram_by_uses_common_bins(hsb: Session) -> None:
    figure = drawn(hsb, "histogram mathach, by(sector) bin(10)")
    left, right = (p.layers[0] for p in figure.panels)
    assert isinstance(left, Bars) and isinstance(right, Bars)
    np.testing.assert_array_equal(left.left, right.left)
    for bars in (left, right):
        assert (bars.height * (bars.right - bars.left)).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("command", "rc", "message"),
    [
        ("histogram", 100, "varlist required"),
        ("histogram x y", 103, "too many variables specified"),
        ("histogram x if x > 100", 2000, "no observations"),
        ("histogram x, bin(2) width(1)", 198, "options bin() and width() may not be combined"),
        ("histogram x, nosuch", 198, "option nosuch not allowed"),
        ("histogram x, start(5)", 198, None),
        ("histogram x, percent density", 198, "options density and percent may not be combined"),
        ("histogram x [aweight=y]", 101, None),
        ("histogram nosuch", 111, "variable nosuch not found"),
    ],
)
def test_histogram_errors(command: str, rc: int, message: str | None) -> None:
    fails(f"{SMALL}\n{command}", rc, message)


# ---------------------------------------------------------------- twoway


def test_scatter_points_titles_and_missing() -> None:
    s = small()
    s.run("replace y = . in 3")
    figure = drawn(s, "scatter y x if x < 7")
    (points,) = figure.panels[0].layers
    assert isinstance(points, Scatter)
    assert points.x.tolist() == [1, 2, 4, 5, 6]
    assert figure.panels[0].y.title.lines == ("Outcome",) and figure.panels[0].x.title.lines == ("x",)
    assert figure.legend is None


def test_overlay_with_bars_and_with_parentheses_are_the_same() -> None:
    s = small()
    one = drawn(s, "scatter y x, mcolor(yellow) || lfit y x, lcolor(blue)")
    two = drawn(s, "twoway (scatter y x, mcolor(yellow)) (lfit y x, lcolor(blue))")
    points, line = one.panels[0].layers
    assert isinstance(points, Scatter) and isinstance(line, Curve)
    assert points.marker.fill is not None and points.marker.fill.rgb == (255, 255, 0)
    assert line.stroke.color is not None and line.stroke.color.rgb == (0, 0, 255)
    slope, intercept, *_ = stats.linregress(s.data.values("x"), s.data.values("y"))
    np.testing.assert_allclose(line.y, intercept + slope * line.x, rtol=1e-12)
    np.testing.assert_array_equal(line.y, two.panels[0].layers[1].y)  # type: ignore[union-attr]
    assert one.legend is not None
    assert [e.text for e in one.legend.entries] == ["Outcome", "Fitted values"]


def test_lfitci_band_is_the_t_interval_of_the_mean() -> None:
    s = small()
    band, line = drawn(s, "twoway lfitci y x, level(90)").panels[0].layers
    assert isinstance(band, Area) and isinstance(line, Curve)
    x, y = s.data.values("x"), s.data.values("y")
    fit = stats.linregress(x, y)
    residual = y - fit.intercept - fit.slope * x
    sigma = np.sqrt(residual @ residual / 6)
    se = sigma * np.sqrt(1 / 8 + (band.x - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    np.testing.assert_allclose(band.high - line.y, stats.t.ppf(0.95, 6) * se, rtol=1e-9)
    assert band.legend == "90% CI"


def test_qfit_matches_polyfit() -> None:
    s = small()
    (line,) = drawn(s, "twoway qfit y x").panels[0].layers
    assert isinstance(line, Curve)
    coefficients = np.polyfit(s.data.values("x"), s.data.values("y"), 2)
    np.testing.assert_allclose(line.y, np.polyval(coefficients, line.x), rtol=1e-9)


def test_line_sorts_on_request_and_breaks_at_missing_on_request() -> None:
    s = small()
    s.run("gen z = -x\nreplace y = . in 4")
    unsorted = drawn(s, "line y z").panels[0].layers[0]
    ordered = drawn(s, "line y z, sort").panels[0].layers[0]
    broken = drawn(s, "line y x, cmissing(n)").panels[0].layers[0]
    assert isinstance(unsorted, Curve) and isinstance(ordered, Curve) and isinstance(broken, Curve)
    assert unsorted.x[0] == -1 and ordered.x[0] == -8
    assert len(ordered.x) == 7 and len(broken.x) == 8 and np.isnan(broken.y[3])


@pytest.mark.parametrize(
    ("plot", "kind"),
    {
        "connected y x": Curve, "area y x": Area, "bar y x, barwidth(.5)": Bars, "spike y x": Spikes,
        "dropline y x": Spikes, "rarea y x g": Area, "rcap y x g": Spikes, "rspike y x g": Spikes,
        "rbar y x g": Bars, "rline y x g": Curve, "rscatter y x g": Scatter, "mband y x": Curve,
        "lowess y x, bwidth(.5)": Curve, "kdensity y": Curve, "histogram y, percent": Bars,
        "scatter y x, connect(l)": Curve, "scatteri 1 2 3 4": Scatter, "rconnected y x g": Curve,
        "rcapsym y x g": Spikes,
    }.items(),
)  # fmt: skip
def test_plot_types(plot: str, kind: type) -> None:
    (layer,) = drawn(small(), f"twoway {plot}").panels[0].layers
    assert isinstance(layer, kind)


def test_kernel_density_is_the_mean_of_kernels() -> None:
    s = small()
    (curve,) = drawn(s, "twoway kdensity y, gaussian bwidth(2) range(-20 40) n(601)").panels[0].layers
    assert isinstance(curve, Curve)
    expected = stats.norm.pdf(curve.x[:, None], s.data.values("y"), 2).mean(axis=1)
    np.testing.assert_allclose(curve.y, expected, rtol=1e-10, atol=1e-15)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(1, abs=1e-6)


def test_function() -> None:
    s = small()
    s.run("scalar k = 3")
    (curve,) = drawn(s, "twoway function y = k*x^2, range(-1 1) n(21)").panels[0].layers
    assert isinstance(curve, Curve)
    np.testing.assert_allclose(curve.x, np.linspace(-1, 1, 21))
    np.testing.assert_allclose(curve.y, 3 * curve.x**2)


def test_by_inside_a_plot() -> None:
    # course notes: graph twoway (scatter llresid xb, by(female)) -> "Graphs by female"
    figure = drawn(small(), "graph twoway (scatter y x, by(g))")
    assert [p.heading.lines for p in figure.panels] == [("even",), ("odd",)]
    assert figure.note.lines == ("Graphs by g",)
    points = figure.panels[1].layers[0]
    assert isinstance(points, Scatter) and points.x.tolist() == [1, 3, 5, 7]


def test_by_total_and_several_variables() -> None:
    s = small()
    s.run("gen h = x > 4")
    figure = drawn(s, "scatter y x, by(g h, total)")
    assert [p.heading.lines[0] for p in figure.panels] == ["even, 0", "even, 1", "odd, 0", "odd, 1", "Total"]
    assert figure.note.lines == ("Graphs by g and h",)


def test_marker_labels() -> None:
    (points,) = drawn(small(), "scatter y x, mlabel(g)").panels[0].layers
    assert isinstance(points, Scatter) and points.labels is not None
    assert points.labels[:2] == ("odd", "even")


def test_several_y_variables_have_a_legend_and_no_axis_title() -> None:
    s = small()
    figure = drawn(s, "scatter y g x, msymbol(O T)")
    assert not figure.panels[0].y.title
    assert figure.legend is not None and [e.text for e in figure.legend.entries] == ["Outcome", "g"]
    assert figure.panels[0].layers[1].marker.symbol == "T"  # type: ignore[union-attr]


def test_common_if_applies_to_every_plot() -> None:
    figure = drawn(small(), "twoway (scatter y x) (line y x if x > 2) if x < 5, legend(off)")
    points, line = figure.panels[0].layers
    assert points.x.tolist() == [1, 2, 3, 4] and line.x.tolist() == [3, 4]  # type: ignore[union-attr]
    assert figure.legend is None


@pytest.mark.parametrize(
    ("command", "rc", "message"),
    [
        ("scatter y", 102, "too few variables specified"),
        ("twoway nosuch y x", 198, "nosuch is not a twoway plot type"),
        ("twoway lpoly y x", 199, "command twoway lpoly not yet supported"),
        ("scatter y x, nosuch(3)", 198, "option nosuch() not allowed"),
        ("scatter y x, yaxis(2)", 198, "option yaxis() not yet supported"),
        ("scatter y nosuch", 111, "variable nosuch not found"),
        ("twoway lfit y x if x > 100", 2000, "no observations"),
        ("graph pie y", 199, "command graph pie not yet supported"),
        ("graph nosuch", 198, None),
        ("twoway (scatter y x", 132, None),
    ],
)
def test_twoway_errors(command: str, rc: int, message: str | None) -> None:
    fails(f"{SMALL}\n{command}", rc, message)


def test_unknown_colours_are_noted_not_refused() -> None:
    s = small()
    out = s.run("scatter y x, mcolor(nosuch)")
    assert out == "(note:  named style nosuch not found in class color, default attributes used)\n"
    assert s.rc == 0


# ---------------------------------------------------------------- lowess, qnorm, pnorm, box


def test_lowess_defaults_and_generate() -> None:
    s = small()
    figure = drawn(s, "lowess y x, gen(sm)")
    assert figure.title.lines == ("Lowess smoother",) and figure.note.lines == ("bandwidth = .8",)
    points, curve = figure.panels[0].layers
    assert isinstance(points, Scatter) and isinstance(curve, Curve)
    np.testing.assert_allclose(s.data.values("sm"), curve.y.astype(np.float32))
    assert drawn(s, "lowess y x, bwidth(.4)").note.lines == ("bandwidth = .4",)
    assert figure.legend is None
    s.run("lowess y x, nograph gen(other)")
    assert s.rc == 0 and "other" in s.data


def test_lowess_of_a_straight_line_is_the_line() -> None:
    s = small()
    s.run("gen t = 3 + 2*x")
    curve = drawn(s, "lowess t x").panels[0].layers[1]
    assert isinstance(curve, Curve)
    np.testing.assert_allclose(curve.y, 3 + 2 * curve.x, rtol=1e-10)


@pytest.mark.parametrize(
    ("command", "rc", "message"),
    [
        ("lowess y", 102, "too few variables specified"),
        ("lowess y x, gen(g)", 110, "variable g already defined"),
        ("lowess y x, logit", 198, "y must be 0 or 1 with option logit"),
        ("qnorm x y", 103, "too many variables specified"),
        ("pnorm x if 0", 2000, "no observations"),
        ("graph box", 100, "varlist required"),
        ("graph box y, medtype(line)", 198, "option medtype() not yet supported"),
    ],
)
def test_other_errors(command: str, rc: int, message: str) -> None:
    fails(f"{SMALL}\n{command}", rc, message)


def test_qnorm_plots_quantiles_against_the_line() -> None:
    s = small()
    figure = drawn(s, "qnorm y")
    points, line = figure.panels[0].layers
    assert isinstance(points, Scatter) and isinstance(line, Curve)
    y = np.sort(s.data.values("y"))
    expected = y.mean() + y.std(ddof=1) * stats.norm.ppf(np.arange(1, 9) / 9)
    np.testing.assert_allclose(points.x, expected)
    np.testing.assert_allclose(points.y, y)
    np.testing.assert_array_equal(line.x, line.y)
    assert figure.panels[0].x.title.lines == ("Inverse Normal",)


def test_pnorm_titles_and_probabilities() -> None:
    s = small()
    figure = drawn(s, "pnorm y")
    points = figure.panels[0].layers[0]
    assert isinstance(points, Scatter)
    np.testing.assert_allclose(points.x, np.arange(1, 9) / 9)
    assert figure.panels[0].x.title.lines == ("Empirical P[i] = i/(N+1)",)
    assert figure.panels[0].y.title.lines == ("Normal F[(y-m)/s]",)
    assert [t.text for t in figure.panels[0].x.ticks] == ["0.00", "0.25", "0.50", "0.75", "1.00"]


def test_box_of_ses(hsb: Session) -> None:
    # quartiles: course notes, summarize ses, detail: 25% -.538, 50% .002, 75% .602; largest 1.832 2.692
    figure = drawn(hsb, "graph box ses")
    (layer,) = figure.panels[0].layers
    assert isinstance(layer, Boxes)
    (box,) = layer.boxes
    assert (box.q1, box.median, box.q3) == pytest.approx((-0.538, 0.002, 0.602), abs=1e-6)
    assert box.upper_adjacent == pytest.approx(1.832, abs=1e-6)  # largest within .602 + 1.5*1.14
    assert box.outside.max() == pytest.approx(2.692, abs=1e-6)
    assert box.lower_adjacent >= -0.538 - 1.5 * 1.14
    assert drawn(hsb, "graph box ses, nooutsides").panels[0].layers[0].boxes[0].outside.size == 0  # type: ignore[union-attr]


def test_box_over_and_several_variables() -> None:
    s = small()
    over = drawn(s, "graph box y, over(g)")
    assert [t.text for t in over.panels[0].x.ticks] == ["even", "odd"] and over.legend is None
    assert len(over.panels[0].layers[0].boxes) == 2  # type: ignore[union-attr]
    two = drawn(s, "graph box y x")
    assert two.legend is not None and [e.text for e in two.legend.entries] == ["Outcome", "x"]
    side = drawn(s, "graph hbox y, over(g) ytitle(Value)")
    assert side.panels[0].x.title.lines == ("Value",)
    assert [t.text for t in side.panels[0].y.ticks] == ["even", "odd"]
    assert side.panels[0].y.ticks[0].value > side.panels[0].y.ticks[1].value


@pytest.mark.parametrize(
    ("command", "heights"),
    {
        "graph bar y, over(g)": [[11.25, 9.0]],
        "graph bar (sum) y x": [[81.0], [36.0]],
        "graph bar (median) y (max) x, over(g)": [[10.5, 9.0], [8.0, 7.0]],
        "graph bar, over(g)": [[50.0, 50.0]],
        "graph bar (count), over(g)": [[4.0, 4.0]],
        "graph bar (count) y if x > 2, over(g) asyvars": [[3.0], [3.0]],
        "graph bar (mean) y, over(g, sort(1) descending)": [[11.25, 9.0]],
        "graph bar (sum) x y, over(g) stack percentages": None,
    }.items(),
)
def test_bar_heights(command: str, heights: list[list[float]] | None) -> None:
    # y = 2x + mod(x, 3): 3 6 6 9 12 12 15 18 -> odd x: 3 6 12 15, even x: 6 9 12 18 (by hand)
    s = small()
    layers = drawn(s, command).panels[0].layers
    assert all(isinstance(b, Bars) for b in layers)
    if heights is None:
        first, second = layers
        assert isinstance(first, Bars) and isinstance(second, Bars)
        np.testing.assert_allclose(second.base, first.height)
        np.testing.assert_allclose(second.height, 100)
    else:
        assert [b.height.tolist() for b in layers] == heights  # type: ignore[union-attr]


def test_gladder_leaves_out_undefined_transformations(hsb: Session) -> None:
    figure = drawn(hsb, "gladder size if tagged==1")
    assert [p.heading.lines[0] for p in figure.panels][:3] == ["Cubic", "Square", "Identity"]
    assert len(figure.panels) == 9
    # negative values have no square root and no logarithm
    names = [p.heading.lines[0] for p in drawn(hsb, "gladder mathach").panels]
    assert names == ["Cubic", "Square", "Identity", "Inverse", "1/Square", "1/Cubic"]


def test_mrunning_panels_and_new_variables() -> None:
    s = small()
    figure = drawn(s, "mrunning y x g, predict(f)")
    assert [p.x.title.lines for p in figure.panels] == [("x",), ("g",)]
    assert {"f1", "f2"} <= set(s.data.names)
    assert len({(p.y.low, p.y.high) for p in figure.panels}) == 1


# ---------------------------------------------------------------- graphs in memory and on disk


def test_export_prints_and_writes(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run(SMALL)
    s.run("scatter y x")
    # wording of Stata 17 logs: (file x.png not found) / file x.png saved as PNG format
    assert s.run("graph export a.png") == "file a.png saved as PNG format\n"
    assert s.run("graph export a.png, replace") == "file a.png saved as PNG format\n"
    assert s.run("graph export b.pdf, replace") == "(file b.pdf not found)\nfile b.pdf saved as PDF format\n"
    assert s.run("graph export c, as(svg)") == "file c.svg saved as SVG format\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.pdf", "c.svg"]
    s.run("graph export a.png")
    assert (s.rc, s.last_error and s.last_error.message) == (602, "file a.png already exists")
    old = Session(release=14, cwd=tmp_path)
    old.run(f"{SMALL}\nscatter y x")
    assert old.run("graph export a.png, replace") == "(file a.png written in PNG format)\n"


def test_names(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run(f"{SMALL}\nscatter y x, name(one)\nscatter y x, name(two) nodraw")
    assert set(s.workspace.graphs) == {"one", "two"} and len(s.graphs) == 1
    s.run("scatter y x, name(one)")
    assert s.rc == 110
    s.run("scatter y x, name(one, replace)")
    assert s.rc == 0
    s.run("graph combine one two, cols(1) title(Both)")
    spec = s.graphs[-1].spec
    assert isinstance(spec, Combined) and (spec.rows, spec.columns) == (2, 1)
    assert s.run("graph save one g.gph") == "file g.gph saved\n"
    for line in ("graph close one", "graph close", "graph close _all"):  # windows alone: [G-2] graph close
        assert s.run(line) == "" and s.rc == 0 and "one" in s.workspace.graphs
    s.run("graph close nosuch")
    assert s.rc == 111
    s.run("graph drop one")
    assert "one" not in s.workspace.graphs
    s.run("graph use g, name(again)")
    assert s.rc == 0 and "again" in s.workspace.graphs
    s.run("graph display nosuch")
    assert (s.rc, s.last_error and s.last_error.message) == (111, "graph nosuch not found")


def test_export_without_a_graph(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run("graph export a.png")
    assert s.rc != 0 and not list(tmp_path.iterdir())


def test_kdensity_command() -> None:
    s = small()
    figure = drawn(s, "kdensity y, gaussian bwidth(2) normal n(8) gen(at d)")
    curve, normal = figure.panels[0].layers
    assert isinstance(curve, Curve) and isinstance(normal, Curve)
    y = s.data.values("y")
    np.testing.assert_allclose(curve.x, np.linspace(y.min() - 2, y.max() + 2, 8))
    np.testing.assert_allclose(curve.y, stats.norm.pdf(curve.x[:, None], y, 2).mean(axis=1))
    np.testing.assert_allclose(normal.y, stats.norm.pdf(curve.x, y.mean(), y.std(ddof=1)))
    np.testing.assert_allclose(s.data.values("d"), curve.y.astype(np.float32))
    assert (s.r["bwidth"], s.r["n"], s.r["kernel"]) == (2, 8, "gaussian")
    assert figure.note.lines == ("kernel = gaussian, bandwidth = 2.0000",)
    assert figure.legend is not None and len(figure.legend.entries) == 2


def test_kdensity_default_width_is_silvermans() -> None:
    # [R] kdensity: h = .9 m / n^(1/5), m = min(sd, iqr/1.349)
    s = small()
    s.run("kdensity y, nograph")
    y = np.sort(s.data.values("y"))  # 3 6 6 9 12 12 15 18: quartiles 6 and 13.5 by Stata's rule
    m = min(y.std(ddof=1), (13.5 - 6) / 1.349)
    assert s.r["bwidth"] == pytest.approx(0.9 * m / 8**0.2, rel=1e-12)
    assert not s.graphs


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line",
    [
        "pnorm x",
        "qnorm x in 1",
        "gladder x",
        "histogram x, normal kdensity",
        "kdensity x, normal",
        "twoway scatter x z, xscale(log)",
    ],
)
def test_data_without_spread_or_positive_values_draw(line: str, tmp_path: Path) -> None:
    """A variable that does not vary has no normal curve; a log axis without positive data stays finite."""
    s = Session(cwd=tmp_path)
    s.run(f"set obs 3\ngenerate x = 1\ngenerate z = -1\n{line}\ngraph export g.svg")
    assert s.rc == 0, s.text()
    assert (tmp_path / "g.svg").exists()
