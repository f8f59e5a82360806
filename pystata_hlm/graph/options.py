"""Options of a whole graph: titles, axes, legend, by(), scheme(), name(), saving(), size.

``parse_figure_options`` reads what ``lang`` captured as raw text into a ``FigureOptions``. Anything Stata has and
we lack is refused by name; an unknown option is r(198); an unknown style name is a note, as in Stata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.plotstyle import read_angle, read_color, read_size, unknown_style
from pystata_hlm.graph.spec import Reference, Region, Stroke, TextMark, TextStyle, Words
from pystata_hlm.graph.words import (
    OptionLike,
    Token,
    abbreviations,
    matched,
    no_argument,
    number_range,
    numbers,
    one_number,
    required,
    split_comma,
    split_options,
    text_lines,
    tokens,
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
class LabelRule:
    """``xlabel()``: explicit values (with texts), or a rule; None fields keep the default."""

    values: tuple[tuple[float, str | None], ...] = ()
    count: int | None = None
    minor_count: int | None = None
    minmax: bool = False
    none: bool = False
    add: bool = False
    value_labels: bool = False
    fmt: str | None = None
    style: TextStyle = field(default_factory=TextStyle)
    labels_visible: bool = True
    ticks_visible: bool = True
    grid: bool | None = None
    grid_stroke: Stroke = field(default_factory=Stroke)
    alternate: bool = False
    rescale: bool = True

    @property
    def default_rule(self) -> bool:
        return not (self.values or self.count or self.minor_count or self.minmax or self.none)


@dataclass(frozen=True, slots=True)
class ScaleRule:
    """``xscale()``: ``values`` of range() widen the axis to include them."""

    values: tuple[float, ...] = ()
    log: bool = False
    reverse: bool = False
    visible: bool = True
    line: bool = True
    alternate: bool = False
    extend: bool = True


@dataclass(frozen=True, slots=True)
class LegendRule:
    """``legend()``. ``off`` None leaves it to the default (shown when there is more than one plot)."""

    off: bool | None = None
    order: tuple[tuple[int | None, str | None], ...] | None = None
    labels: tuple[tuple[int, str], ...] = ()
    position: int | None = None
    inside: bool = False
    columns: int | None = None
    rows: int | None = None
    title: Words = field(default_factory=Words)
    style: TextStyle = field(default_factory=TextStyle)
    frame: bool | None = None
    by_columns: bool = False


@dataclass(frozen=True, slots=True)
class ByRule:
    """``by(varlist, ...)``: the varlist as text and how its panels are arranged."""

    text: str
    total: bool = False
    missing: bool = False
    columns: int | None = None
    rows: int | None = None
    compact: bool = False
    x_rescale: bool = False
    y_rescale: bool = False
    title: Words | None = None
    subtitle: Words | None = None
    note: Words | None = None
    caption: Words | None = None
    legend: LegendRule = field(default_factory=LegendRule)
    holes: tuple[int, ...] = ()
    scale: float = 1.0


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


# ---------------------------------------------------------------- titles

_TITLE_SUB = abbreviations(
    """
    size:3 color:3 position:3 justification:4 ring:4 span:4 orientation:6 margin:6 placement:5
    alignment:5 linegap:7 width:5 height:6 box:3 nobox:5 bcolor:3 fcolor:2 lcolor:2 bmargin:4 bexpand:4
    axis:0 prefix:6 suffix:6 lwidth:2 lstyle:0 tstyle:0 style:0 angle:3
    """
)
_TITLE_LACKING = abbreviations(
    """
    axis:4 prefix:6 suffix:6 tstyle:6 lstyle:6 style:5 box:3 bcolor:3 fcolor:2 lcolor:2 bexpand:4
    width:5 height:6 lwidth:2 linegap:7 orientation:6 ring:4 margin:6 bmargin:4 alignment:5
    """
)


def read_words(argument: str, notes: list[str], option: str) -> Words:
    """``"line" "line", size() color() position() justification()`` as Words."""
    text, rest = split_comma(argument)
    lines = text_lines(text)
    return Words(lines, read_text_style(rest, notes))


_RENDER_ONLY = frozenset({"span", "nobox"})
"""Suboptions that ask for what is drawn anyway."""
_LAYOUT_HINTS = frozenset({"ring", "margin", "bmargin", "alignment", "linegap", "orientation"})


def read_text_style(rest: str, notes: list[str]) -> TextStyle:
    out = TextStyle()
    lacking = dict(_TITLE_LACKING)
    table = {k: v for k, v in _TITLE_SUB.items() if k not in lacking}
    for full, option in matched(split_options(rest), table, lacking):
        if full in _RENDER_ONLY:
            continue
        argument = required(option, full)
        match full:
            case "size":
                out = replace(out, size=read_size(argument, style.TEXT_SIZES, "gsize", notes))
            case "color":
                out = replace(out, color=read_color(argument, notes))
            case "position":
                out = replace(out, position=_clock(argument))
            case "placement":
                out = replace(out, position=_compass(argument, notes))
            case "justification":
                word = next((w for w in ("left", "center", "right") if w.startswith(argument.strip())), None)
                if word is None:
                    unknown_style(argument, "horizontal", notes)
                out = replace(out, justification=word)
            case "angle":
                out = replace(out, angle=read_angle(argument, "angle"))
    return out


def _clock(text: str) -> int:
    value = one_number(text, "position")
    if value != int(value) or not 0 <= value <= 12:
        raise StataError(198, f"{text} invalid clock position")
    return int(value)


_COMPASS = abbreviations(
    """
    c:0 n:12 ne:1 e:3 se:4 s:6 sw:7 w:9 nw:11 center:0 north:12 neast:1 east:3 seast:4 south:6 swest:7
    west:9 nwest:11 right:3 left:9 top:12 bottom:6
    """
)


def _compass(text: str, notes: list[str]) -> int | None:
    word = text.strip()
    if word not in _COMPASS:
        unknown_style(word, "compass2dir", notes)
    return _COMPASS.get(word)


def _title(name: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        words = read_words(required(option, option.name), notes, option.name)
        before: Words | None = getattr(out, name)
        text, _ = split_comma(option.argument or "")
        if not text and before is not None:  # title(, size(small)) restyles
            words = replace(words, lines=before.lines)
        elif not text and _restyles(option.argument or ""):
            words = replace(words, lines=(DEFAULT_TEXT,))
        return replace(out, **{name: words})  # type: ignore[arg-type]

    return read


DEFAULT_TEXT = "\0default"
"""Stands for the default text when only its style was given (``xtitle(, size(small))``)."""


def _restyles(argument: str) -> bool:
    return bool(split_comma(argument)[1])


def with_default(words: Words | None, default: tuple[str, ...]) -> Words:
    """The title to draw: the default when none was given or only its style was."""
    if words is None:
        return Words(default)
    if words.lines == (DEFAULT_TEXT,):
        return replace(words, lines=default)
    return words


# ---------------------------------------------------------------- axis labels and scales

_LABEL_SUB = abbreviations(
    """
    valuelabel:3 angle:3 labsize:4 labcolor:4 format:6 nogrid:4 grid:1 nolabels:4 labels:3 noticks:3
    ticks:2 add:3 alternate:3 norescale:3 glcolor:3 glwidth:3 glpattern:3 nogmin:4 nogmax:4 gmin:4
    gmax:4 noextend:0
    """
)
_LABEL_LACKING = abbreviations(
    """
    axis:4 tstyle:2 labgap:4 labstyle:4 tlength:2 tposition:2 tlcolor:3 tlwidth:3 tlstyle:3 gextend:4
    nogextend:5 gstyle:2 custom:4 combine:4 bgstyle:0 tlpattern:0
    """
)


def read_labels(argument: str, notes: list[str]) -> LabelRule:
    """``rule`` or ``numlist ["text" ...]`` with suboptions (``xlabel``, ``xtick``, ``xmlabel``, ``xmtick``)."""
    text, rest = split_comma(argument)
    out = _label_values(text)
    for full, option in matched(split_options(rest), _LABEL_SUB, _LABEL_LACKING):
        match full:
            case "valuelabel":
                out = replace(out, value_labels=True)
            case "angle":
                out = replace(
                    out, style=replace(out.style, angle=read_angle(required(option, full), "angle"))
                )
            case "labsize":
                size = read_size(required(option, full), style.TEXT_SIZES, "gsize", notes)
                out = replace(out, style=replace(out.style, size=size))
            case "labcolor":
                color = read_color(required(option, full), notes)
                out = replace(out, style=replace(out.style, color=color))
            case "format":
                out = replace(out, fmt=required(option, full).strip().strip('"'))
            case "grid" | "nogrid":
                out = replace(out, grid=full == "grid")
            case "labels" | "nolabels":
                out = replace(out, labels_visible=full == "labels")
            case "ticks" | "noticks":
                out = replace(out, ticks_visible=full == "ticks")
            case "add":
                out = replace(out, add=True)
            case "alternate":
                out = replace(out, alternate=True)
            case "norescale":
                out = replace(out, rescale=False)
            case "glcolor":
                stroke = replace(out.grid_stroke, color=read_color(required(option, full), notes))
                out = replace(out, grid_stroke=stroke)
            case "glwidth":
                width = read_size(required(option, full), style.LINE_WIDTHS, "linewidth", notes)
                out = replace(out, grid_stroke=replace(out.grid_stroke, width=width))
            case "glpattern":
                pattern = required(option, full)
                if style.line_dashes(pattern) is None:
                    unknown_style(pattern, "linepattern", notes)
                else:
                    out = replace(out, grid_stroke=replace(out.grid_stroke, pattern=pattern.strip()))
    return out


def _label_values(text: str) -> LabelRule:
    out = LabelRule()
    values: list[tuple[float, str | None]] = []
    joined = re.sub(r"(?<=[\d.])\s*\(\s*([^()\s\"]+)\s*\)\s*(?=[-+\d.])", r"(\1)", text)
    for token in tokens(joined):
        word = token.text
        if token.quoted:
            if not values:
                raise StataError(198, f'invalid label specifier, : "{word}":')
            values[-1] = (values[-1][0], word)
            continue
        if m := re.fullmatch(r"(##?)(\d+)", word):
            if m[1] == "##":
                out = replace(out, minor_count=int(m[2]))
            else:
                out = replace(out, count=int(m[2]))
        elif word == "minmax":
            out = replace(out, minmax=True)
        elif word == "none":
            out = replace(out, none=True)
        elif word == ".":
            continue
        else:
            found = number_range(word)
            if found is None:
                raise StataError(198, f"invalid label specifier, : {text}:")
            values += [(v, None) for v in found]
    return replace(out, values=tuple(values))


def merged(old: LabelRule | None, new: LabelRule) -> LabelRule:
    """Repeated ``xlabel()`` options merge: a later rule replaces an earlier one, suboptions accumulate."""
    if old is None or not new.default_rule:
        return new
    return replace(
        new, values=old.values, count=old.count, minor_count=old.minor_count, minmax=old.minmax, none=old.none
    )


def _labels(name: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        rule = read_labels(required(option, option.name), notes)
        return replace(out, **{name: merged(getattr(out, name), rule)})  # type: ignore[arg-type]

    return read


_SCALE_SUB = abbreviations(
    """
    range:1 log:3 nolog:5 reverse:3 noreverse:5 off:3 on:2 line:2 noline:4 alt:3 noextend:5 extend:2
    fextend:0
    """
)
_SCALE_LACKING = abbreviations(
    """
    axis:4 fill:4 titlegap:6 outergap:6 lstyle:2 lcolor:2 lwidth:2 lpattern:2 fextend:7 style:5 noalt:0
    """
)


def _scale(name: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        rule: ScaleRule = getattr(out, name)
        table = {k: v for k, v in _SCALE_SUB.items() if k not in _SCALE_LACKING}
        for full, sub in matched(split_options(required(option, option.name)), table, _SCALE_LACKING):
            if full == "range":
                words = [w for w in required(sub, full).replace(",", " ").split() if w != "."]
                rule = replace(rule, values=numbers(" ".join(words), "range"))
                continue
            no_argument(sub)
            field_name, value = {
                "log": ("log", True), "nolog": ("log", False), "reverse": ("reverse", True),
                "noreverse": ("reverse", False), "off": ("visible", False), "on": ("visible", True),
                "line": ("line", True), "noline": ("line", False), "alt": ("alternate", True),
                "extend": ("extend", True), "noextend": ("extend", False),
            }[full]  # fmt: skip
            rule = replace(rule, **{field_name: value})  # type: ignore[arg-type]
        return replace(out, **{name: rule})  # type: ignore[arg-type]

    return read


_LINE_SUB = abbreviations(
    """
    lcolor:2 lwidth:2 lpattern:2 extend:2 noextend:5 lstyle:0 axis:0 style:0
    """
)
_LINE_LACKING: dict[str, int] = {"lstyle": 3, "axis": 2, "style": 5, "lalign": 4}


def _lines(name: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        text, rest = split_comma(required(option, option.name))
        stroke, extend = Stroke(), False
        table = {k: v for k, v in _LINE_SUB.items() if k not in _LINE_LACKING}
        for full, sub in matched(split_options(rest), table, _LINE_LACKING):
            if full in ("extend", "noextend"):
                extend = full == "extend"
                continue
            stroke = read_stroke(stroke, full, required(sub, full), notes)
        reference = Reference(numbers(text, option.name), stroke, extend)
        return replace(out, **{name: (*getattr(out, name), reference)})  # type: ignore[arg-type]

    return read


def read_stroke(stroke: Stroke, full: str, argument: str, notes: list[str]) -> Stroke:
    """One of ``lcolor() lwidth() lpattern()``."""
    if full == "lcolor":
        return replace(stroke, color=read_color(argument, notes))
    if full == "lwidth":
        return replace(stroke, width=read_size(argument, style.LINE_WIDTHS, "linewidth", notes))
    if style.line_dashes(argument) is None:
        unknown_style(argument, "linepattern", notes)
        return stroke
    return replace(stroke, pattern=argument.strip())


# ---------------------------------------------------------------- legend, by, regions, text

_LEGEND_SUB = abbreviations(
    """
    off:3 on:2 order:1 label:3 position:3 ring:4 cols:3 rows:3 colfirst:4 nocolfirst:6 title:2 size:3
    color:3 region:3 all:3 symxsize:5 symysize:5 keygap:4 colgap:4 rowgap:4 span:4 bmargin:4 nobox:0
    stack:3 subtitle:6 forcesize:5 width:5 height:6 placement:5 bplacement:4 margin:6 symplacement:4
    textfirst:4 note:4 c:0
    """
)
_LEGEND_LACKING = abbreviations(
    """
    stack:3 subtitle:6 forcesize:5 width:5 height:6 symplacement:4 textfirst:4 note:4 holes:5 style:5
    textwidth:5 margin:6 symxsize:5 symysize:5 keygap:4 colgap:4 rowgap:4 bplacement:4 bmargin:4
    linegap:7 fxsize:6 at:2
    """
)


def read_legend(rule: LegendRule, argument: str, notes: list[str]) -> LegendRule:
    """The suboptions of ``legend()``; repeated options accumulate."""
    out = rule
    table = {k: v for k, v in _LEGEND_SUB.items() if k not in _LEGEND_LACKING}
    for full, option in matched(split_options(argument), table, _LEGEND_LACKING):
        match full:
            case "off" | "on":
                out = replace(out, off=full == "off")
            case "order":
                out = replace(out, order=_legend_order(required(option, full)))
            case "label":
                key, *words = tokens(required(option, full)) or [Token("")]
                if not key.text.isdigit():
                    raise StataError(198, "option label() incorrectly specified")
                out = replace(out, labels=(*out.labels, (int(key.text), " ".join(w.text for w in words))))
            case "position" | "placement":
                argument = required(option, full)
                out = replace(
                    out, position=_clock(argument) if full == "position" else _compass(argument, notes)
                )
            case "ring":
                out = replace(out, inside=one_number(required(option, full), full) == 0)
            case "cols" | "rows":
                name = {"cols": "columns", "rows": "rows"}[full]
                out = replace(out, **{name: int(one_number(required(option, full), full))})  # type: ignore[arg-type]
            case "colfirst" | "nocolfirst":
                out = replace(out, by_columns=full == "colfirst")
            case "title":
                out = replace(out, title=read_words(required(option, full), notes, "title"))
            case "size":
                size = read_size(required(option, full), style.TEXT_SIZES, "gsize", notes)
                out = replace(out, style=replace(out.style, size=size))
            case "color":
                out = replace(out, style=replace(out.style, color=read_color(required(option, full), notes)))
            case "region":
                out = replace(out, frame=_legend_frame(required(option, full), notes))
            case "all" | "span" | "nobox":
                no_argument(option)
    return out


def _legend_order(text: str) -> tuple[tuple[int | None, str | None], ...]:
    out: list[tuple[int | None, str | None]] = []
    for token in tokens(text):
        if token.quoted:
            if not out or out[-1][1] is not None:
                out.append((None, token.text))
            else:
                out[-1] = (out[-1][0], token.text)
        elif token.text == "-":
            out.append((None, None))
        else:
            found = number_range(token.text)
            if found is None:
                raise StataError(198, "option order() incorrectly specified")
            out += [(int(v), None) for v in found]
    return tuple((k, "" if k is None and t is None else t) for k, t in out)


def _legend_frame(text: str, notes: list[str]) -> bool | None:
    """``region(lcolor(none))``, ``region(lstyle(none))``, ``region(off)`` and the like remove the frame."""
    frame: bool | None = None
    known = {
        "lcolor": 2,
        "lstyle": 2,
        "lwidth": 2,
        "fcolor": 2,
        "color": 3,
        "style": 5,
        "off": 3,
        "margin": 6,
    }
    for full, option in matched(split_options(text), known, {"fcolor": 2, "lpattern": 2, "margin": 6}):
        argument = (option.argument or "").strip()
        if full == "off" or argument in ("none", "white", "bg", "background"):
            frame = False
        elif full in ("lcolor", "lwidth", "color", "lstyle") and argument:
            frame = True
    return frame


_BY_SUB = abbreviations(
    """
    total:3 missing:4 cols:3 rows:3 compact:4 rescale:4 xrescale:5 yrescale:5 title:2 subtitle:3 note:2
    caption:3 legend:3 holes:4 iscale:6 scale:0 norescale:0 colfirst:0 style:0 graphregion:0 imargin:0
    ixaxes:0 iyaxes:0 noedgelabel:0
    """
)
_BY_LACKING = abbreviations(
    """
    colfirst:4 style:2 graphregion:6 plotregion:5 imargin:4 ixaxes:3 iyaxes:3 ixtick:4 iytick:4
    ixlabel:4 iylabel:4 ixtitle:4 iytitle:4 edgelabel:4 noedgelabel:6 noixaxes:5 noiyaxes:5 scale:0
    b1title:3 l1title:3 alegend:3
    """
)


def read_by(argument: str, notes: list[str]) -> ByRule:
    """``by(varlist, total cols() rows() compact rescale title() note() legend() ...)``."""
    text, rest = split_comma(argument)
    if not text:
        raise StataError.varlist_required()
    out = ByRule(text)
    table = {k: v for k, v in _BY_SUB.items() if k not in _BY_LACKING}
    for full, option in matched(split_options(rest), table, _BY_LACKING):
        match full:
            case "total" | "missing" | "compact":
                no_argument(option)
                out = replace(out, **{full: True})  # type: ignore[arg-type]
            case "cols" | "rows":
                name = {"cols": "columns", "rows": "rows"}[full]
                out = replace(out, **{name: int(one_number(required(option, full), full))})  # type: ignore[arg-type]
            case "rescale" | "xrescale" | "yrescale":
                out = replace(
                    out,
                    x_rescale=out.x_rescale or full != "yrescale",
                    y_rescale=out.y_rescale or full != "xrescale",
                )
            case "title" | "subtitle" | "note" | "caption":
                out = replace(out, **{full: read_words(option.argument or "", notes, full)})  # type: ignore[arg-type]
            case "legend":
                out = replace(out, legend=read_legend(out.legend, required(option, full), notes))
            case "holes":
                out = replace(out, holes=tuple(int(v) for v in numbers(required(option, full), full)))
            case "iscale":
                out = replace(out, scale=_multiplier(required(option, full), "iscale"))
    return out


def _multiplier(text: str, option: str) -> float:
    return one_number(text.strip().removeprefix("*"), option)


_REGION_SUB = abbreviations(
    """
    color:3 fcolor:2 lcolor:2 ilcolor:3 ifcolor:3 icolor:3 margin:6 style:5 istyle:6 lwidth:2 lpattern:2
    ilwidth:4
    """
)
_REGION_LACKING: dict[str, int] = {"lstyle": 2, "ilstyle": 3, "lpattern": 2, "ilpattern": 4}


def _region(name: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
    def read(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
        region: Region = getattr(out, name)
        table = {k: v for k, v in _REGION_SUB.items() if k not in _REGION_LACKING}
        for full, sub in matched(split_options(required(option, option.name)), table, _REGION_LACKING):
            argument = required(sub, full)
            match full:
                case "color" | "fcolor" | "icolor" | "ifcolor":
                    region = replace(region, color=read_color(argument, notes))
                case "lcolor" | "ilcolor":
                    region = replace(region, line=read_color(argument, notes))
                case "style" | "istyle" if argument.strip() == "none":
                    region = replace(region, line=style.NONE)
                case "lwidth" | "ilwidth" if argument.strip() == "none":
                    region = replace(region, line=style.NONE)
                case "margin":
                    region = replace(region, margin=_margin(argument, notes))
                case _:
                    raise StataError.option_not_supported(f"{full}()")
        return replace(out, **{name: region})  # type: ignore[arg-type]

    return read


def _margin(text: str, notes: list[str]) -> float | None:
    found = style.parse_size(text, style.MARGINS)
    if found is None:
        if any(c in text for c in "=+-"):
            raise StataError.option_not_supported("margin()")
        unknown_style(text, "margin", notes)
        return None
    return found.value


def _text(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    text, rest = split_comma(required(option, "text"))
    found = list(tokens(text))
    marks: list[TextMark] = []
    text_style = read_text_style(rest, notes)
    i = 0
    while i < len(found):
        if i + 2 >= len(found) or not found[i + 2].quoted:
            raise StataError(198, "option text() incorrectly specified")
        y, x = one_number(found[i].text, "text"), one_number(found[i + 1].text, "text")
        lines = []
        i += 2
        while i < len(found) and found[i].quoted:
            lines.append(found[i].text)
            i += 1
        marks.append(TextMark(x, y, Words(tuple(lines), text_style)))
    return replace(out, texts=(*out.texts, *marks))


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


def _size(name: str, full: str) -> Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]:
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
    return replace(out, scale=_multiplier(required(option, "scale"), "scale"))


def _no_overhangs(out: FigureOptions, option: OptionLike, notes: list[str]) -> FigureOptions:
    no_argument(option)
    return out


_READERS: dict[str, Callable[[FigureOptions, OptionLike, list[str]], FigureOptions]] = {
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
