"""Options that belong to one plot: ``mcolor() msymbol() msize() mlabel() connect() lcolor() lpattern() ...``.

Each takes a list with one element for each y variable: ``=`` repeats the previous element, ``..`` repeats it
to the end, ``.`` keeps the default; variables beyond the end of the list get the default ([G-4] stylelists).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.spec import Color, Fill, Marker, Size, Stroke, TextStyle
from pystata_hlm.graph.words import (
    OptionLike,
    abbreviations,
    list_items,
    match,
    no_argument,
    one_number,
    required,
    split_comma,
)

# full name -> length of the shortest abbreviation
PLOT_OPTIONS = abbreviations(
    """
    msymbol:1 mcolor:2 msize:3 mfcolor:3 mlcolor:3 mlwidth:3 mlabel:3 mlabsize:5 mlabcolor:5
    mlabposition:5 mlabangle:5 mlabgap:5 mlabvposition:5 connect:1 lcolor:2 lpattern:2 lwidth:2 fcolor:2
    fintensity:2 color:3 sort:4 cmissing:4 jitter:6 jitterseed:7 barwidth:4 base:4 horizontal:3
    vertical:4 blcolor:3 blwidth:3 bfcolor:3 bcolor:3 lstyle:0 mstyle:0 pstyle:2 clcolor:3 clpattern:3
    clwidth:3 clwid:5 clpat:5 fi:2 acolor:2 alcolor:3 alwidth:3 alpattern:3 ciplot:0 blpattern:3
    msangle:3
    """
)
_SYNONYMS = {
    "clcolor": "lcolor", "clpattern": "lpattern", "clwidth": "lwidth", "clwid": "lwidth", "clpat": "lpattern",
    "fi": "fintensity", "blcolor": "lcolor", "blwidth": "lwidth", "bfcolor": "fcolor", "bcolor": "color",
    "blpattern": "lpattern", "acolor": "fcolor", "alcolor": "lcolor", "alwidth": "lwidth",
    "alpattern": "lpattern",
}  # fmt: skip
UNSUPPORTED_PLOT = abbreviations(
    """
    lstyle:3 mstyle:3 ciplot:4 yaxis:3 xaxis:3 lalign:6 msangle:5 mlwithd:0 mlabstyle:7 mlabtextstyle:7
    mlalign:6 mlstyle:4 mlabformat:7 bstyle:0 areastyle:0 astyle:0 recast:6 mlpattern:0 pcolor:0
    colorvar:6 colordiscrete:0 colorrule:0
    """
)


@dataclass(frozen=True, slots=True)
class PlotStyle:
    """Parsed plot options; ``marker``, ``stroke`` and ``fill`` pick the element of a y variable."""

    symbols: tuple[str | None, ...] = ()
    marker_colors: tuple[Color | None, ...] = ()
    marker_fills: tuple[Color | None, ...] = ()
    marker_lines: tuple[Color | None, ...] = ()
    marker_line_widths: tuple[Size | None, ...] = ()
    marker_sizes: tuple[Size | None, ...] = ()
    line_colors: tuple[Color | None, ...] = ()
    line_patterns: tuple[str | None, ...] = ()
    line_widths: tuple[Size | None, ...] = ()
    fill_colors: tuple[Color | None, ...] = ()
    fill_intensities: tuple[float | None, ...] = ()
    colors: tuple[Color | None, ...] = ()
    connects: tuple[str | None, ...] = ()
    styles: tuple[int | None, ...] = ()
    label_text: str = ""
    """``mlabel()``'s varlist, unresolved."""
    label_sizes: tuple[Size | None, ...] = ()
    label_colors: tuple[Color | None, ...] = ()
    label_positions: tuple[int | None, ...] = ()
    label_angle: float | None = None
    label_position_var: str = ""
    sort: str | None = None
    """None: not sorted; "" by x; otherwise the varlist to sort by."""
    connect_missing: bool | None = None
    jitter: float = 0.0
    jitter_seed: int | None = None
    bar_width: float | None = None
    base: float | None = None
    horizontal: bool = False
    extra: dict[str, str | None] = field(default_factory=dict)

    def marker(self, i: int = 0) -> Marker:
        color = pick(self.marker_colors, i) or pick(self.colors, i)
        line = pick(self.marker_lines, i) or color
        return Marker(
            pick(self.symbols, i),
            pick(self.marker_sizes, i),
            pick(self.marker_fills, i) or color,
            Stroke(line, pick(self.marker_line_widths, i)),
        )

    def stroke(self, i: int = 0) -> Stroke:
        color = pick(self.line_colors, i) or pick(self.colors, i)
        return Stroke(color, pick(self.line_widths, i), pick(self.line_patterns, i))

    def fill(self, i: int = 0) -> Fill:
        return Fill(pick(self.fill_colors, i) or pick(self.colors, i), pick(self.fill_intensities, i))

    def label_style(self, i: int = 0) -> TextStyle:
        return TextStyle(
            pick(self.label_sizes, i),
            pick(self.label_colors, i),
            pick(self.label_positions, i),
            angle=self.label_angle,
        )

    def scheme_style(self, i: int = 0) -> int | None:
        return pick(self.styles, i)


T = TypeVar("T")


def pick(values: tuple[T | None, ...], i: int) -> T | None:
    """Element ``i`` of a style list, None beyond its end."""
    return values[i] if i < len(values) else None


def split_plot_options(
    options: Iterable[OptionLike], own: dict[str, int]
) -> tuple[list[tuple[str, OptionLike]], list[OptionLike]]:
    """Options of the plot by full name, and those of the whole graph. ``own``: the plot type's names."""
    mine: list[tuple[str, OptionLike]] = []
    rest: list[OptionLike] = []
    for option in options:
        named = match(option.name, own)
        if named is not None:
            mine.append((named, option))
            continue
        full = match(option.name, PLOT_OPTIONS)
        if full is not None and full not in UNSUPPORTED_PLOT:
            mine.append((_SYNONYMS.get(full, full), option))
            continue
        lacking = full if full in UNSUPPORTED_PLOT else match(option.name, UNSUPPORTED_PLOT)
        if lacking is not None:
            raise StataError.option_not_supported(lacking if option.argument is None else f"{lacking}()")
        rest.append(option)
    return mine, rest


def parse_plot_style(
    options: Iterable[tuple[str, OptionLike]], own: dict[str, int], notes: list[str]
) -> PlotStyle:
    """Build the style; options in ``own`` are kept, unread, in ``extra``. Unknown names become notes."""
    out = PlotStyle()
    extra: dict[str, str | None] = {}
    for full, option in options:
        if full in own:
            extra[full] = option.argument
            continue
        out = _READERS[full](out, option, notes)
    return replace(out, extra=extra)


def _elements(option: OptionLike, full: str) -> tuple[str, ...]:
    """The list's elements: ``=`` repeats, ``..`` repeats to the end, ``.`` is empty (default)."""
    out: list[str] = []
    for item in list_items(required(option, full)):
        if item in ("=", "..") and out:
            out += [out[-1]] * (1 if item == "=" else 15)
        else:
            out.append("" if item == "." else item)
    if not out:
        raise StataError(198, f"option {full}() incorrectly specified")
    return tuple(out)


def unknown_style(text: str, kind: str, notes: list[str]) -> None:
    """Stata draws on with the default and says so."""
    notes.append(f"(note:  named style {text} not found in class {kind}, default attributes used)")


def read_color(text: str, notes: list[str]) -> Color | None:
    if not text:
        return None
    found = style.parse_color(text)
    if found is None:
        unknown_style(text, "color", notes)
    return found


def read_size(text: str, names: dict[str, float], kind: str, notes: list[str]) -> Size | None:
    if not text:
        return None
    found = style.parse_size(text, names)
    if found is None:
        unknown_style(text, kind, notes)
    return found


def _colors(name: str, full: str) -> Callable[[PlotStyle, OptionLike, list[str]], PlotStyle]:
    def read(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
        return replace(out, **{name: tuple(read_color(e, notes) for e in _elements(option, full))})  # type: ignore[arg-type]

    return read


def _sizes(
    name: str, full: str, names: dict[str, float], kind: str
) -> Callable[[PlotStyle, OptionLike, list[str]], PlotStyle]:
    def read(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
        found = tuple(read_size(e, names, kind, notes) for e in _elements(option, full))
        return replace(out, **{name: found})  # type: ignore[arg-type]

    return read


def _symbols(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[str | None] = []
    for e in _elements(option, "msymbol"):
        code = style.parse_symbol(e) if e else None
        if e and code is None:
            unknown_style(e, "symbol", notes)
        found.append(code)
    return replace(out, symbols=tuple(found))


def _patterns(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[str | None] = []
    for e in _elements(option, "lpattern"):
        known = e if e and style.line_dashes(e) is not None else None
        if e and known is None:
            unknown_style(e, "linepattern", notes)
        found.append(known)
    return replace(out, line_patterns=tuple(found))


_CONNECTS = {
    "i": "", "none": "", "l": "l", "direct": "l", "L": "L", "ascending": "L", "J": "J", "stairstep": "J",
    "stepstair": "stepstair",
}  # fmt: skip


def _connects(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[str | None] = []
    for e in _elements(option, "connect"):
        code = _CONNECTS.get(e) if e else None
        if e and code is None:
            unknown_style(e, "connectstyle", notes)
        found.append(code)
    return replace(out, connects=tuple(found))


def _intensities(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[float | None] = []
    for e in _elements(option, "fintensity"):
        number = e.removeprefix("inten").removeprefix("*")
        try:
            value: float | None = float(number) * (100 if e.startswith("*") else 1)
        except ValueError:
            value = None
            unknown_style(e, "intensity", notes)
        found.append(value)
    return replace(out, fill_intensities=tuple(found))


def _styles(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[int | None] = []
    for e in _elements(option, "pstyle"):
        digits = "".join(c for c in e if c.isdigit())
        value = int(digits) if e.startswith("p") and digits and 1 <= int(digits) <= 15 else None
        if value is None and e:
            unknown_style(e, "pstyle", notes)
        found.append(value)
    return replace(out, styles=tuple(found))


def _label(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    text, rest = split_comma(required(option, "mlabel"))
    if rest:
        raise StataError(198, "option mlabel() incorrectly specified")
    return replace(out, label_text=text)


def _label_positions(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    found: list[int | None] = []
    for e in _elements(option, "mlabposition"):
        value = int(one_number(e, "mlabposition")) if e else None
        if value is not None and not 0 <= value <= 12:
            raise StataError(198, f"{value} invalid clock position")
        found.append(value)
    return replace(out, label_positions=tuple(found))


ANGLES = {"horizontal": 0.0, "vertical": 90.0, "rhorizontal": 180.0, "rvertical": 270.0, "default": 0.0}


def read_angle(text: str, option: str) -> float:
    text = text.strip().strip('"')
    if text in ANGLES:
        return ANGLES[text]
    if text and any(full.startswith(text) for full in ANGLES) and len(text) >= 1:
        return next(v for full, v in ANGLES.items() if full.startswith(text))
    return one_number(text, option)


def _label_angle(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    return replace(out, label_angle=read_angle(required(option, "mlabangle"), "mlabangle"))


def _sort(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    return replace(out, sort=(option.argument or "").strip())


def _connect_missing(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    word = required(option, "cmissing").split()
    if not word or any(w not in ("y", "n", "=", ".") for w in word):
        raise StataError(198, "option cmissing() incorrectly specified")
    return replace(out, connect_missing=word[0] != "n")


def _number(name: str, full: str) -> Callable[[PlotStyle, OptionLike, list[str]], PlotStyle]:
    def read(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
        value = one_number(required(option, full), full)
        return replace(out, **{name: int(value) if name == "jitter_seed" else value})  # type: ignore[arg-type]

    return read


def _horizontal(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    no_argument(option)
    return replace(out, horizontal=True)


def _vertical(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    no_argument(option)
    return replace(out, horizontal=False)


def _no_label_gap(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    raise StataError.option_not_supported("mlabgap()")


def _label_position_var(out: PlotStyle, option: OptionLike, notes: list[str]) -> PlotStyle:
    return replace(out, label_position_var=required(option, "mlabvposition"))


_READERS: dict[str, Callable[[PlotStyle, OptionLike, list[str]], PlotStyle]] = {
    "msymbol": _symbols,
    "mcolor": _colors("marker_colors", "mcolor"),
    "mfcolor": _colors("marker_fills", "mfcolor"),
    "mlcolor": _colors("marker_lines", "mlcolor"),
    "mlwidth": _sizes("marker_line_widths", "mlwidth", style.LINE_WIDTHS, "linewidth"),
    "msize": _sizes("marker_sizes", "msize", style.MARKER_SIZES, "symbolsize"),
    "mlabel": _label,
    "mlabsize": _sizes("label_sizes", "mlabsize", style.TEXT_SIZES, "gsize"),
    "mlabcolor": _colors("label_colors", "mlabcolor"),
    "mlabposition": _label_positions,
    "mlabangle": _label_angle,
    "mlabgap": _no_label_gap,
    "mlabvposition": _label_position_var,
    "connect": _connects,
    "lcolor": _colors("line_colors", "lcolor"),
    "lpattern": _patterns,
    "lwidth": _sizes("line_widths", "lwidth", style.LINE_WIDTHS, "linewidth"),
    "fcolor": _colors("fill_colors", "fcolor"),
    "fintensity": _intensities,
    "color": _colors("colors", "color"),
    "sort": _sort,
    "cmissing": _connect_missing,
    "jitter": _number("jitter", "jitter"),
    "jitterseed": _number("jitter_seed", "jitterseed"),
    "barwidth": _number("bar_width", "barwidth"),
    "base": _number("base", "base"),
    "horizontal": _horizontal,
    "vertical": _vertical,
    "pstyle": _styles,
}
