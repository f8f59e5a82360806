"""The directives of ``display``, for the command and for the extended macro function ``: display``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate_cell
from pystata_hlm.expr.values import Text as TextValue
from pystata_hlm.expr.values import to_str
from pystata_hlm.formats import format_number, format_string, format_trimmed, parse_format
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.output import smcl

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

STYLES = (
    "text",
    "txt",
    "result",
    "res",
    "error",
    "err",
    "input",
    "inp",
    "green",
    "yellow",
    "white",
    "red",
    "blue",
)


@dataclass
class Line:
    """Text built so far; ``column``: where it started (0-based); ``open``: no newline at its end."""

    column: int = 0
    text: str = ""
    open: bool = False
    style: str = "text"

    @property
    def cursor(self) -> int:
        last = self.text.rfind("\n")
        return len(self.text) - last - 1 if last >= 0 else self.column + len(self.text)

    def pad_to(self, column: int) -> None:
        self.text += " " * max(0, column - self.cursor)


def value_text(node: nodes.Expr, fmt: str | None, ctx: Context) -> str:
    """The text of one expression: ``%10.0g`` without padding, or its own format with padding."""
    value = evaluate_cell(node, ctx.executor.env())
    if isinstance(value, TextValue):
        text = to_str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return text if fmt is None else format_string(text, fmt, "keep")
    number = float(value.values)
    code = 0 if value.codes is None or number == number else int(value.codes)
    if fmt is None:
        return format_trimmed(number, "%10.0g", code)
    if parse_format(fmt).is_string:
        raise StataError.type_mismatch()
    return format_number(number, fmt, code)


def _style(word: str) -> str | None:
    """The style or (of old) colour that a word means: ``in ye`` is yellow, ``in g`` green."""
    if word in STYLES:
        return word
    return next((style for style in STYLES if len(word) < len(style) and style.startswith(word)), None)


def build(node: nodes.Display, ctx: Context, column: int = 0) -> Line:
    """Carry out the directives."""
    line = Line(column)
    linesize = ctx.settings.linesize
    repeat = 1

    def argument(item: nodes.DisplayItem, default: int = 1) -> int:
        if item.exp is None:
            return default
        value = ctx.scalar(item.exp)
        if not isinstance(value, float):
            raise StataError.type_mismatch()
        return int(value) if value == value else 0

    for item in node.items:
        kind = item.kind
        if kind == "dup":
            repeat = max(0, argument(item))
            continue
        if kind == "string":
            plain = smcl.to_text(item.text, line.cursor, linesize)
            line.text += plain * repeat if "{" not in item.text or repeat != 1 else plain
        elif kind == "exp":
            assert item.exp is not None
            shown = value_text(item.exp, item.format, ctx)
            line.text += smcl.to_text(shown, line.cursor, linesize) * repeat
        elif kind == "comma":
            line.text += " " * repeat
        elif kind in ("as", "in"):
            style = _style(item.text)
            if style is None:
                raise StataError(198, f"{item.text} invalid")
            line.style = _STYLE_OF.get(style, "text")
        elif kind == "skip":
            line.text += " " * max(0, argument(item)) * repeat
        elif kind == "column":
            line.pad_to(argument(item) - 1)
        elif kind == "newline":
            line.text += "\n" * max(0, argument(item)) * repeat
        elif kind == "char":
            line.text += chr(argument(item)) * repeat
        elif kind == "continue":
            line.open = True
        elif kind == "quote":
            pass
        elif kind == "request":
            raise StataError(198, "_request() not yet supported")
        repeat = 1
    return line


_STYLE_OF = {"result": "result", "res": "result", "yellow": "result", "error": "error", "err": "error"}
_STYLE_OF |= {"red": "error", "input": "input", "inp": "input", "white": "input"}


def display_text(text: str, ctx: Context) -> str:
    """What ``display text`` would print, on one line: the extended macro function ``: display``."""
    node = parse("display", text.strip())
    assert isinstance(node, nodes.Display)
    return build(node, ctx).text
