"""Options of a whole graph: titles, axes, legend, by(), scheme(), name(), saving(), size.

``parse_figure_options`` reads what ``lang`` captured as raw text into a ``FigureOptions``. Anything Stata has
and we lack is refused by name; an unknown option is r(198); an unknown style name is a note, as in Stata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.axisoptions import (
    LabelRule,
    ScaleRule,
    merged,
    read_labels,
    read_reference,
    read_scale,
)
from pystata_hlm.graph.legendoptions import (
    ByRule,
    LegendRule,
    read_by,
    read_legend,
    read_multiplier,
    read_region,
)
from pystata_hlm.graph.spec import Reference, Region, TextMark, Words
from pystata_hlm.graph.textoptions import DEFAULT_TEXT, read_marks, read_words
from pystata_hlm.graph.words import (
    OptionLike,
    abbreviations,
    matched,
    no_argument,
    one_number,
    required,
    split_comma,
    split_options,
)

FIGURE_OPTIONS = abbreviations(
    """
    title:2 subtitle:3 note:2 caption:3 xtitle:3 ytitle:3 ttitle:2 xlabel:3 ylabel:3 tlabel:3 xtick:4
    ytick:4 xmlabel:4 ymlabel:4 xmtick:4 ymtick:4 xscale:3 yscale:3 xline:3 yline:3 legend:3 scheme:3
    name:2 saving:3 by:2 xsize:3 ysize:3 aspectratio:5 nodraw:4 draw:0 scale:3 text:3 ttext:0
    graphregion:6 plotregion:5 bgcolor:0 b1title:3 l1title:3 t1title:3 t2title:3 b2title:3 l2title:3
    r1title:3 r2title:3 xoverhangs:0 copyright:4
    """
)
UNSUPPORTED_FIGURE = abbreviations(
    """
    plegend:3 clegend:3 play:4 advice:0 fxsize:3 fysize:3 imargin:4 tline:2 tscale:3 tmtick:4 tmlabel:4
    zlabel:3 ztitle:3 xaxis:3 yaxis:3 ttick:3 addplot:4 plot:4 recast:6 b1title:3 l1title:3 t1title:3
    t2title:3 b2title:3 l2title:3 r1title:3 r2title:3 ttext:3 bgcolor:0 copyright:4
    """
)


@dataclass(frozen=True, slots=True)
class FigureOptions:
    """Parsed graph-level options; None means not given."""

    title: Words | None = None
    subtitle: Words | None = None
    note: Words | None = None
    caption: Words | None = None
    x_title: Words | None = None
    y_title: Words | None = None
    x_label: LabelRule = field(default_factory=LabelRule)
    y_label: LabelRule = field(default_factory=LabelRule)
    x_tick: LabelRule | None = None
    y_tick: LabelRule | None = None
    x_minor_label: LabelRule | None = None
    y_minor_label: LabelRule | None = None
    x_minor_tick: LabelRule | None = None
    y_minor_tick: LabelRule | None = None
    x_scale: ScaleRule = field(default_factory=ScaleRule)
    y_scale: ScaleRule = field(default_factory=ScaleRule)
    x_lines: tuple[Reference, ...] = ()
    y_lines: tuple[Reference, ...] = ()
    legend: LegendRule = field(default_factory=LegendRule)
    scheme: str | None = None
    name: str | None = None
    name_replace: bool = False
    saving: str | None = None
    saving_replace: bool = False
    by: ByRule | None = None
    width: float | None = None
    height: float | None = None
    aspect: float | None = None
    nodraw: bool = False
    scale: float = 1.0
    texts: tuple[TextMark, ...] = ()
    graph_region: Region = field(default_factory=Region)
    plot_region: Region = field(default_factory=Region)


Reader = Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]


def parse_figure_options(
    options: Iterable[OptionLike], notes: list[str], base: FigureOptions | None = None
) -> FigureOptions:
    """Read graph-level options, the rightmost winning; ``base`` supplies a command's own defaults."""
    out = base or FigureOptions()
    lacking = dict(UNSUPPORTED_FIGURE)
    table = {k: v for k, v in FIGURE_OPTIONS.items() if k not in lacking}
    for full, option in matched(options, table, lacking):
        out = _READERS[full](out, option, notes)
    return out


def _title(name: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        words = read_words(required(option, option.name), notes)
        before: Words | None = getattr(out, name)
        text, _ = split_comma(option.argument or "")
        if not text and before is not None:  # title(, size(small)) restyles
            words = replace(words, lines=before.lines)
        elif not text and split_comma(option.argument or "")[1]:
            words = replace(words, lines=(DEFAULT_TEXT,))
        return replace(out, **{name: words})  # type: ignore[arg-type]

    return read


def _labels(name: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        rule = read_labels(required(option, option.name), notes)
        return replace(out, **{name: merged(getattr(out, name), rule)})  # type: ignore[arg-type]

    return read


def _scale(name: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        rule = read_scale(getattr(out, name), required(option, option.name))
        return replace(out, **{name: rule})  # type: ignore[arg-type]

    return read


def _lines(name: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        reference = read_reference(required(option, option.name), option.name, notes)
        return replace(out, **{name: (*getattr(out, name), reference)})  # type: ignore[arg-type]

    return read


def _region(name: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        region = read_region(getattr(out, name), required(option, option.name), notes)
        return replace(out, **{name: region})  # type: ignore[arg-type]

    return read


def _text(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    return replace(out, texts=(*out.texts, *read_marks(required(option, "text"), notes)))


# ---------------------------------------------------------------- the rest


def _legend(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    return replace(out, legend=read_legend(out.legend, required(option, "legend"), notes))


def _by(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    return replace(out, by=read_by(required(option, "by"), notes))


def _scheme(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    name = required(option, "scheme").strip().strip('"')
    if style.scheme(name) is None:
        raise StataError(111, f"scheme {name} not found")
    return replace(out, scheme=name)


def _replaceable(option: OptionLike, full: str) -> tuple[str, bool]:
    text, rest = split_comma(required(option, full))
    found = matched(split_options(rest), {"replace": 3}, {"asis": 4, "all": 3})
    text = text.strip().strip('"')
    if not text:
        raise StataError(198, f"option {full}() incorrectly specified")
    return text, any(name == "replace" for name, _ in found)


def _name(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    name, again = _replaceable(option, "name")
    if re.fullmatch(r"[A-Za-z_]\w{0,31}", name) is None:
        raise StataError.invalid_name(name)
    return replace(out, name=name, name_replace=again)


def _saving(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    name, again = _replaceable(option, "saving")
    return replace(out, saving=name, saving_replace=again)


def _size(name: str, full: str) -> Reader:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        value = one_number(required(option, full), full)
        if not 0 < value <= 100:
            raise StataError(198, f"option {full}() incorrectly specified")
        return replace(out, **{name: value})  # type: ignore[arg-type]

    return read


def _aspect(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    text, rest = split_comma(required(option, "aspectratio"))
    if rest:
        raise StataError.option_not_supported("aspectratio()'s placement()")
    return replace(out, aspect=one_number(text, "aspectratio"))


def _nodraw(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    no_argument(option)
    return replace(out, nodraw=True)


def _draw(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    no_argument(option)
    return replace(out, nodraw=False)


def _text_scale(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    return replace(out, scale=read_multiplier(required(option, "scale"), "scale"))


def _no_overhangs(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    no_argument(option)
    return out


_READERS: dict[str, Reader] = {
    "title": _title("title"),
    "subtitle": _title("subtitle"),
    "note": _title("note"),
    "caption": _title("caption"),
    "xtitle": _title("x_title"),
    "ttitle": _title("x_title"),
    "ytitle": _title("y_title"),
    "xlabel": _labels("x_label"),
    "tlabel": _labels("x_label"),
    "ylabel": _labels("y_label"),
    "xtick": _labels("x_tick"),
    "ytick": _labels("y_tick"),
    "xmlabel": _labels("x_minor_label"),
    "ymlabel": _labels("y_minor_label"),
    "xmtick": _labels("x_minor_tick"),
    "ymtick": _labels("y_minor_tick"),
    "xscale": _scale("x_scale"),
    "yscale": _scale("y_scale"),
    "xline": _lines("x_lines"),
    "yline": _lines("y_lines"),
    "legend": _legend,
    "scheme": _scheme,
    "name": _name,
    "saving": _saving,
    "by": _by,
    "xsize": _size("width", "xsize"),
    "ysize": _size("height", "ysize"),
    "aspectratio": _aspect,
    "nodraw": _nodraw,
    "draw": _draw,
    "scale": _text_scale,
    "text": _text,
    "graphregion": _region("graph_region"),
    "plotregion": _region("plot_region"),
    "xoverhangs": _no_overhangs,
}
