"""Macros that cannot be resolved, as placeholders that parse.

A macro may stand for anything: a name, a list, a number, an operator, a whole qualifier, a part of a name. Each is
tried as the likeliest of these first; when the line does not parse, the macro at the place where the parser stopped
is tried as the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import mask_compound

MARK = "\u01c2"
"""The letter that stands for a macro; no do-file has it in a name."""

HELD = "\x04"
"""A macro in a text that ``shape`` has simplified."""

MAX_TRIES = 12

_START = re.compile(r"\\*[`$]|\x04")
_LOCAL_MARK = re.compile(r"`\"|\"'|[`']")
_GLOBAL = re.compile(r"\$+(?:[^\W\d]\w*)?")
_ALONE = (MARK, "", "1", "==", f"{MARK} {MARK}", f",{MARK}")
_GLUED = (MARK, "1", "", f"{MARK}.")

Parts = list[tuple[str, int] | None]
"""Literal text with the place where it comes from; None stands for a macro."""


def _local_end(text: str, start: int) -> int:
    """Position after the apostrophe that closes the macro opened at ``start``; -1 when none does."""
    depth = quotes = 0
    for mark in _LOCAL_MARK.finditer(text, start):
        m = mark[0]
        if m == '`"':
            quotes += 1
        elif m == "\"'" and quotes:
            quotes -= 1
        elif m == "`":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return mark.end()
    return -1


def _global_end(text: str, start: int) -> int:
    """Position after the global macro that starts at ``start``; -1 when it is only a dollar sign."""
    after = start + 1
    if text.startswith("{", after):
        depth = 0
        for k in range(after, len(text)):
            depth += {"{": 1, "}": -1}.get(text[k], 0)
            if depth == 0:
                return k + 1
        return -1
    if text.startswith("`", after) and not text.startswith('`"', after):
        return _local_end(text, after)
    found = _GLOBAL.match(text, start)
    assert found is not None
    return found.end() if found.end() > after else -1


def take(text: str) -> Parts:
    """The literal stretches and the macros of a text, outermost macros only."""
    parts: Parts = []
    done = at = 0
    while (found := _START.search(text, at)) is not None:
        mark = found.end() - 1
        if text.startswith('`"', mark):
            at = mark + 2
            continue
        if text[mark] == HELD:
            end = mark + 1
        else:
            end = _local_end(text, mark) if text[mark] == "`" else _global_end(text, mark)
        if end < 0:
            at = mark + 1
            continue
        if found.start() > done:
            parts.append((text[done : found.start()], done))
        parts.append(None)
        done = at = end
    if done < len(text):
        parts.append((text[done:], done))
    return parts


_STRING = re.compile(r'"[^"\n]*"|\x01\x02*\x03')
_NUMBER = re.compile(r"(?<![\w.\x04])(?:\d+\.?\d*|\.\d+)(?![\w.\x04])")
_ARGUMENT = re.compile(r"(?<=\w)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_STOPS = re.compile(r"[(),]")
_NAME = re.compile(r"(?<![\w\x04\"\x01-\x03])[A-Za-z_]\w{2,31}(?![\w(.\[\x04]|\s+[(\[.])")
_RUN = re.compile(r"(?<![\w.])vvv(?: vvv){2,}(?![\w.(\[:*?~-])")
_KEPT = frozenset(
    "using byte int long float double strL _all _cons _merge str bysort noi qui gen as out from with".split()  # noqa: SIM905
)


def shape(text: str, names: bool = False, arguments: bool = False) -> str:
    """A text that parses as this one does, and as many others do.

    Numbers and strings become all alike; so do ``names`` before the options, and the ``arguments`` of options.
    """
    if "`" in text or "$" in text:
        text = "".join(HELD if part is None else part[0] for part in take(text))
    if '"' in text:
        text = _STRING.sub(lambda m: '"s"' if m[0][0] == '"' else '`"s"\'', mask_compound(text))
    text = _NUMBER.sub("1", text)
    if not names and not arguments:
        return text
    depth, end = 0, len(text)
    for stop in _STOPS.finditer(text):
        if stop[0] == "(":
            depth += 1
        elif stop[0] == ")":
            depth -= 1
        elif depth <= 0:
            end = stop.start()
            break
    head, tail = text[:end], text[end:]
    if names:
        head = _RUN.sub("vvv vvv", _NAME.sub(_plain_name, head))
    if arguments and "(" in tail:
        tail = _ARGUMENT.sub(_plain_argument, tail)
    return head + tail


def _plain_argument(found: re.Match[str]) -> str:
    """``(1)``; what resamples (``vce(bootstrap)``) stays, since commands differ in it."""
    start = found[0][1:].lstrip()[:4]
    return f"({start})" if start in ("boot", "jack") else "(1)"


def _plain_name(found: re.Match[str]) -> str:
    name = found[0]
    return name if name in _KEPT or name.startswith(("str", "_")) else "vvv"


_WEIGHT_WORD = re.compile(r"\[\s*[afip]?w[a-z]*\s*$")


class Opaque:
    """A text with macros, written with one choice for each of them."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.parts = take(text)
        self.choices: list[tuple[str, ...]] = []
        for k, part in enumerate(self.parts):
            if part is None:
                self.choices.append(self._choices(k))
        self.taken = [0] * len(self.choices)

    def _choices(self, k: int) -> tuple[str, ...]:
        before = self._beside(k - 1, -1)
        after = self._beside(k + 1, 0)
        if after == "]" and _WEIGHT_WORD.search(self._literal(k - 1)):
            return ("=1", "")
        if before == "[" and after in ("=", " ", "]", MARK):
            return (
                ("aw", MARK) if self._literal(k + 1).lstrip().startswith("=") else (f"aw={MARK}", MARK, "1")
            )
        if after == "." and not before.isspace():
            return ("1", MARK, "")
        if before == "." and after in ("", " ", ",", ")", "("):
            return (MARK, "1", "")
        if before.isalnum() or before == "_" or after.isalnum() or after == "_" or MARK in (before, after):
            return _GLUED if not before.isdigit() else ("1", MARK, "")
        if before in ("/", "-", "+", "*", "(") and after in (")", "(", "/"):
            return ("1", MARK, "", "==")
        return _ALONE

    def _beside(self, k: int, place: int) -> str:
        if not 0 <= k < len(self.parts):
            return " "
        part = self.parts[k]
        return MARK if part is None else part[0][place]

    def _literal(self, k: int) -> str:
        part = self.parts[k] if 0 <= k < len(self.parts) else None
        return part[0] if part is not None else ""

    def text(self) -> str:
        """The text as the choices stand."""
        out, k = [], 0
        for part in self.parts:
            if part is None:
                out.append(self.choices[k][self.taken[k]])
                k += 1
            else:
                out.append(part[0])
        return "".join(out)

    def next(self, at: int) -> bool:
        """Another choice for the last macro that starts at or before ``at`` (or an earlier one); False: none left."""
        starts, place, k = [], 0, 0
        for part in self.parts:
            if part is None:
                starts.append(place)
                place += len(self.choices[k][self.taken[k]])
                k += 1
            else:
                place += len(part[0])
        for k in reversed(range(len(starts))):
            if starts[k] <= at and self.taken[k] + 1 < len(self.choices[k]):
                self.taken[k] += 1
                self.taken[k + 1 :] = [0] * (len(starts) - k - 1)
                return True
        return False

    def origin(self, at: int) -> int:
        """Position in the source of a position in ``text()``."""
        place = k = 0
        last = 0
        for part in self.parts:
            if part is None:
                place += len(self.choices[k][self.taken[k]])
                k += 1
            else:
                if at < place + len(part[0]):
                    return part[1] + max(at - place, 0)
                place += len(part[0])
                last = part[1] + len(part[0])
        return min(last, len(self.source))


def attempt(text: str, parse: Callable[[str], object]) -> object:
    """``parse`` of the text with its macros as placeholders: the first reading that makes sense.

    Raises the error of the first reading, with the span in the text as written.
    """
    opaque = Opaque(text)
    first: StataError | None = None
    for _ in range(MAX_TRIES):
        try:
            return parse(opaque.text())
        except StataError as error:
            at = error.span[0] if error.span is not None else 0
            if first is None:
                where = opaque.origin(at)
                first = StataError(error.rc, error.message, (where, where))
            if not opaque.next(at):
                break
    assert first is not None
    raise first
