"""Titles and other text in options: the words and their ``size() color() position()``."""

from __future__ import annotations

from dataclasses import replace

from pystata_hlm.errors import StataError
from pystata_hlm.graph import style
from pystata_hlm.graph.plotstyle import read_angle, read_color, read_size, unknown_style
from pystata_hlm.graph.spec import TextMark, TextStyle, Words
from pystata_hlm.graph.words import (
    abbreviations,
    matched,
    one_number,
    required,
    split_comma,
    split_options,
    text_lines,
    tokens,
)

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


def read_words(argument: str, notes: list[str]) -> Words:
    """``"line" "line", size() color() position() justification()`` as Words."""
    text, rest = split_comma(argument)
    lines = text_lines(text)
    return Words(lines, read_text_style(rest, notes))


_RENDER_ONLY = frozenset({"span", "nobox"})
"""Suboptions that ask for what is drawn anyway."""


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
                out = replace(out, position=read_clock(argument))
            case "placement":
                out = replace(out, position=read_compass(argument, notes))
            case "justification":
                word = next((w for w in ("left", "center", "right") if w.startswith(argument.strip())), None)
                if word is None:
                    unknown_style(argument, "horizontal", notes)
                out = replace(out, justification=word)
            case "angle":
                out = replace(out, angle=read_angle(argument, "angle"))
    return out


def read_clock(text: str) -> int:
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


def read_compass(text: str, notes: list[str]) -> int | None:
    word = text.strip()
    if word not in _COMPASS:
        unknown_style(word, "compass2dir", notes)
    return _COMPASS.get(word)


DEFAULT_TEXT = "\0default"
"""Stands for the default text when only its style was given (``xtitle(, size(small))``)."""


def with_default(words: Words | None, default: tuple[str, ...]) -> Words:
    """The title to draw: the default when none was given or only its style was."""
    if words is None:
        return Words(default)
    if words.lines == (DEFAULT_TEXT,):
        return replace(words, lines=default)
    return words


def read_marks(argument: str, notes: list[str]) -> tuple[TextMark, ...]:
    """``text(#y #x "line" "line" ..., options)``."""
    text, rest = split_comma(argument)
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
    return tuple(marks)
