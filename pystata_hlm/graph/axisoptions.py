"""Options of one axis: ``xlabel() xtick() xmlabel() xmtick() xscale() xline()`` and their y counterparts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.plotstyle import read_angle, read_color, read_size, unknown_style
from pystata_hlm.graph.spec import Reference, Stroke, TextStyle
from pystata_hlm.graph.words import (
    abbreviations,
    matched,
    no_argument,
    number_range,
    numbers,
    required,
    split_comma,
    split_options,
    tokens,
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
    """``rule`` or ``numlist ["text" ...]`` with suboptions (``xlabel``, ``xtick``, ``xmlabel`` ...)."""
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


def read_scale(rule: ScaleRule, argument: str) -> ScaleRule:
    """The suboptions of ``xscale()``; repeated options accumulate."""
    table = {k: v for k, v in _SCALE_SUB.items() if k not in _SCALE_LACKING}
    for full, sub in matched(split_options(argument), table, _SCALE_LACKING):
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
    return rule


_LINE_SUB = abbreviations(
    """
    lcolor:2 lwidth:2 lpattern:2 extend:2 noextend:5 lstyle:0 axis:0 style:0
    """
)
_LINE_LACKING: dict[str, int] = {"lstyle": 3, "axis": 2, "style": 5, "lalign": 4}


def read_reference(argument: str, option: str, notes: list[str]) -> Reference:
    """``xline(numlist, lcolor() lwidth() lpattern())``."""
    text, rest = split_comma(argument)
    stroke, extend = Stroke(), False
    table = {k: v for k, v in _LINE_SUB.items() if k not in _LINE_LACKING}
    for full, sub in matched(split_options(rest), table, _LINE_LACKING):
        if full in ("extend", "noextend"):
            extend = full == "extend"
            continue
        stroke = read_stroke(stroke, full, required(sub, full), notes)
    return Reference(numbers(text, option), stroke, extend)


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
