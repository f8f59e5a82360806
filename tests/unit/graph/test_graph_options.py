"""Option text -> options: abbreviations, values, Stata's refusals."""

from __future__ import annotations

import pytest

from pystata_hlm.errors import StataError
from pystata_hlm.graph.options import FigureOptions, parse_figure_options
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Color, Size
from pystata_hlm.graph.style import line_dashes, parse_color, parse_size, parse_symbol
from pystata_hlm.graph.textoptions import DEFAULT_TEXT
from pystata_hlm.graph.words import (
    number_range,
    split_comma,
    split_options,
    text_lines,
    tokens,
)


def figure(text: str) -> FigureOptions:
    return parse_figure_options(split_options(text), [])


def style(text: str) -> PlotStyle:
    mine, rest = split_plot_options(split_options(text), {})
    assert not rest
    return parse_plot_style(mine, {}, [])


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "lines"),
    {
        "My title": ("My title",),
        '"My title"': ("My title",),
        '"one" "two"': ("one", "two"),
        '`"a "quoted" word"\'': ('a "quoted" word',),
        '`""Took" "CLST""\'': ("Took", "CLST"),
        "": (),
        '""': ("",),
    }.items(),
)
def test_title_lines(text: str, lines: tuple[str, ...]) -> None:
    assert text_lines(text) == lines


@pytest.mark.parametrize(
    ("word", "values"),
    {
        "5": (5.0,),
        "-.5": (-0.5,),
        "0(10)30": (0.0, 10.0, 20.0, 30.0),
        "-4(.5)-3": (-4.0, -3.5, -3.0),
        "10(-5)0": (10.0, 5.0, 0.0),
        "1/4": (1.0, 2.0, 3.0, 4.0),
        "0(.1).3": (0.0, 0.1, 0.2, 0.3),
        "abc": None,
    }.items(),
)
def test_number_ranges(word: str, values: tuple[float, ...] | None) -> None:
    assert number_range(word) == values


def test_commas_inside_quotes_and_parentheses_do_not_split() -> None:
    assert split_comma('"a, b" (c, d), size(small)') == ('"a, b" (c, d)', "size(small)")


def test_tokens_keep_ranges_together() -> None:
    assert [t.text for t in tokens('0 "zero" 5(5)10 "x y"')] == ["0", "zero", "5(5)10", "x y"]


# ---------------------------------------------------------------- styles


@pytest.mark.parametrize(
    ("text", "color"),
    {
        # RGB of named colours: palette color in Stata (Statalist 1745571 for stc1)
        "navy": Color((26, 71, 111)),
        "stc1": Color((26, 133, 255)),
        "gs0": Color((0, 0, 0)),
        "gs8": Color((128, 128, 128)),
        "gs16": Color((255, 255, 255)),
        "navy%50": Color((26, 71, 111), 0.5),
        "%30": Color(None, 0.3),
        "red*.5": Color((255, 0, 0), None, 0.5),
        '"26 71 111"': Color((26, 71, 111)),
        "0 0 255%40": Color((0, 0, 255), 0.4),
        "none": Color((255, 255, 255), 0.0),
        "hsv 0 1 1": Color((255, 0, 0)),
        "notacolour": None,
    }.items(),
)
def test_colors(text: str, color: Color | None) -> None:
    assert parse_color(text) == color


@pytest.mark.parametrize(
    ("text", "code"),
    {
        "O": "O",
        "circle": "O",
        "smcircle": "o",
        "Oh": "Oh",
        "circle_hollow": "Oh",
        "x": "x",
        "none": "i",
        "Q": None,
    }.items(),
)
def test_symbols(text: str, code: str | None) -> None:
    assert parse_symbol(text) == code


def test_line_patterns() -> None:
    assert line_dashes("solid") == ()
    assert line_dashes("l") == ()
    assert line_dashes("nosuch") is None
    formula = line_dashes("_.")
    assert formula is not None and len(formula) == 4 and formula[0] > formula[2]


def test_sizes() -> None:
    assert parse_size("*1.5", {}) == Size(1.5, True)
    assert parse_size("2", {}) == Size(2.0)
    assert parse_size("huge", {"huge": 7.0}) == Size(7.0)
    assert parse_size("enormous", {"huge": 7.0}) is None


def test_plot_options_take_lists_and_do_not_recycle() -> None:
    s = style("m(O T) mc(red blue%50) lp(dash solid) lw(thick) c(l) sort")
    assert (s.marker(0).symbol, s.marker(1).symbol, s.marker(2).symbol) == ("O", "T", None)
    assert s.marker(1).fill == Color((0, 0, 255), 0.5)
    assert s.stroke(0).pattern == "dash" and s.stroke(1).pattern == "solid"
    assert s.stroke(1).width is None
    assert s.connects == ("l",) and s.sort == ""


def test_repeating_elements() -> None:
    assert [c.rgb if c else None for c in style("mcolor(red = .)").marker_colors] == [
        (255, 0, 0),
        (255, 0, 0),
        None,
    ]


def test_color_sets_marker_line_and_fill() -> None:
    s = style("color(navy)")
    navy = Color((26, 71, 111))
    assert s.marker().fill == navy and s.stroke().color == navy and s.fill().color == navy


def test_an_unknown_style_is_a_note() -> None:
    notes: list[str] = []
    mine, _ = split_plot_options(split_options("mcolor(nosuch) lwidth(med)"), {})
    found = parse_plot_style(mine, {}, notes)
    assert found.marker_colors == (None,)
    # wording: a log with lwidth(med), searched in public repositories
    assert notes[1] == "(note:  named style med not found in class linewidth, default attributes used)"


# ---------------------------------------------------------------- the whole graph


def test_titles() -> None:
    o = figure('ti("A" "B", size(small) color(navy) pos(11)) sub(s) note("n") cap(c) xti(X) yti("")')
    assert o.title is not None and o.title.lines == ("A", "B")
    assert o.title.style.position == 11 and o.title.style.color == Color((26, 71, 111))
    assert o.subtitle is not None and o.subtitle.lines == ("s",)
    assert o.x_title is not None and o.x_title.lines == ("X",)
    assert o.y_title is not None and not o.y_title
    assert o.caption is not None and o.note is not None


def test_restyling_the_default_title() -> None:
    o = figure("xtitle(, size(small))")
    assert o.x_title is not None and o.x_title.lines == (DEFAULT_TEXT,)


def test_axis_labels() -> None:
    o = figure('xlab(0(5)10 12 "twelve", angle(45) nogrid) ylabel(#3, format(%4.1f)) xtick(1 2) ymtick(##5)')
    assert o.x_label.values == ((0.0, None), (5.0, None), (10.0, None), (12.0, "twelve"))
    assert o.x_label.style.angle == 45 and o.x_label.grid is False
    assert o.y_label.count == 3 and o.y_label.fmt == "%4.1f"
    assert o.x_tick is not None and o.x_tick.values == ((1.0, None), (2.0, None))
    assert o.y_minor_tick is not None and o.y_minor_tick.minor_count == 5


def test_repeated_axis_labels_merge() -> None:
    o = figure("xlabel(0 1 2) xlabel(, angle(90))")
    assert [v for v, _ in o.x_label.values] == [0.0, 1.0, 2.0] and o.x_label.style.angle == 90


def test_scales_and_lines() -> None:
    o = figure("xsc(r(0 10) log) ysc(rev off) yli(0 5, lc(red) lp(dash)) xline(1)")
    assert o.x_scale.values == (0.0, 10.0) and o.x_scale.log
    assert o.y_scale.reverse and not o.y_scale.visible
    assert o.y_lines[0].values == (0.0, 5.0) and o.y_lines[0].stroke.pattern == "dash"
    assert o.x_lines[0].values == (1.0,)


def test_legend() -> None:
    o = figure('leg(order(2 "two" 1) label(1 "one") pos(6) ring(0) rows(1) size(small) region(lcolor(none)))')
    assert o.legend.order == ((2, "two"), (1, None))
    assert o.legend.labels == ((1, "one"),)
    assert o.legend.position == 6 and o.legend.inside and o.legend.rows == 1 and o.legend.frame is False
    assert figure("legend(off)").legend.off is True


def test_by() -> None:
    o = figure('by(female sector, total cols(3) note("") title(T) yrescale)')
    assert o.by is not None
    assert (o.by.text, o.by.total, o.by.columns) == ("female sector", True, 3)
    assert o.by.note is not None and not o.by.note
    assert o.by.y_rescale and not o.by.x_rescale


def test_name_saving_size() -> None:
    o = figure("name(g1, replace) saving(file, replace) xsize(5) ysize(4) aspect(1) scheme(s2color) nodraw")
    assert (o.name, o.name_replace, o.saving, o.saving_replace) == ("g1", True, "file", True)
    assert (o.width, o.height, o.aspect, o.scheme, o.nodraw) == (5.0, 4.0, 1.0, "s2color", True)


def test_text_marks() -> None:
    o = figure('text(20 1.5 "here" "and here" 3 4 "there", place(e))')
    assert [(t.x, t.y, t.words.lines) for t in o.texts] == [
        (1.5, 20.0, ("here", "and here")),
        (4.0, 3.0, ("there",)),
    ]
    assert o.texts[0].words.style.position == 3


@pytest.mark.parametrize(
    ("text", "message"),
    {
        "nosuch": "option nosuch not allowed",
        "nosuch(1)": "option nosuch() not allowed",
        "yaxis(2)": "option yaxis() not yet supported",
        "legend(nosuch)": "option nosuch not allowed",
        "legend(stack)": "option stack not yet supported",
        "title(x, box)": "option box not yet supported",
        "xlabel(abc)": "invalid label specifier, : abc:",
        "name(1bad)": "1bad invalid name",
        "xsize(abc)": "option xsize() incorrectly specified",
        "nodraw(1)": "option nodraw() not allowed",
        "by()": "varlist required",
    }.items(),
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(StataError) as error:
        figure(text)
    assert error.value.message == message


def test_unknown_scheme() -> None:
    with pytest.raises(StataError) as error:
        figure("scheme(nosuch)")
    assert error.value.rc == 111


def test_plot_options_that_we_lack_are_refused() -> None:
    with pytest.raises(StataError, match="mlabgap"):
        style("mlabgap(2)")
    with pytest.raises(StataError, match="yaxis"):
        split_plot_options(split_options("yaxis(2)"), {})


def test_unbalanced_quotes() -> None:
    with pytest.raises(StataError) as error:
        split_options('title("abc)')
    assert error.value.rc == 132
