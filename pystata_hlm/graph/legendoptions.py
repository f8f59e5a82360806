"""``legend()``, ``by()`` and the background: ``graphregion()``, ``plotregion()``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.plotstyle import read_color, read_size, unknown_style
from pystata_hlm.graph.spec import Region, TextStyle, Words
from pystata_hlm.graph.textoptions import read_clock, read_compass, read_words
from pystata_hlm.graph.words import (
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
    tokens,
)


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
                    out,
                    position=read_clock(argument) if full == "position" else read_compass(argument, notes),
                )
            case "ring":
                out = replace(out, inside=one_number(required(option, full), full) == 0)
            case "cols" | "rows":
                name = {"cols": "columns", "rows": "rows"}[full]
                out = replace(out, **{name: int(one_number(required(option, full), full))})  # type: ignore[arg-type]
            case "colfirst" | "nocolfirst":
                out = replace(out, by_columns=full == "colfirst")
            case "title":
                out = replace(out, title=read_words(required(option, full), notes))
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
                out = replace(out, **{full: read_words(option.argument or "", notes)})  # type: ignore[arg-type]
            case "legend":
                out = replace(out, legend=read_legend(out.legend, required(option, full), notes))
            case "holes":
                out = replace(out, holes=tuple(int(v) for v in numbers(required(option, full), full)))
            case "iscale":
                out = replace(out, scale=read_multiplier(required(option, full), "iscale"))
    return out


def read_multiplier(text: str, option: str) -> float:
    return one_number(text.strip().removeprefix("*"), option)


_REGION_SUB = abbreviations(
    """
    color:3 fcolor:2 lcolor:2 ilcolor:3 ifcolor:3 icolor:3 margin:6 style:5 istyle:6 lwidth:2 lpattern:2
    ilwidth:4
    """
)
_REGION_LACKING: dict[str, int] = {"lstyle": 2, "ilstyle": 3, "lpattern": 2, "ilpattern": 4}


def read_region(region: Region, argument: str, notes: list[str]) -> Region:
    """``graphregion()`` and ``plotregion()``."""
    table = {k: v for k, v in _REGION_SUB.items() if k not in _REGION_LACKING}
    for full, sub in matched(split_options(argument), table, _REGION_LACKING):
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
    return region


def _margin(text: str, notes: list[str]) -> float | None:
    found = style.parse_size(text, style.MARGINS)
    if found is None:
        if any(c in text for c in "=+-"):
            raise StataError.option_not_supported("margin()")
        unknown_style(text, "margin", notes)
        return None
    return found.value
