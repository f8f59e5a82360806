"""How a log shows the lines of a do-file: prompts, continuation, and the three ways of showing a block.

Read off printed logs:

- loops, ``program`` and data are shown as a whole, numbered: after the opening line ``  2. `` (programs and
  data from ``  1. ``), a number after each command, a plain ``. `` after a blank or comment line;
- if, else, ``{``, ``noisily {`` and ``capture noisily {`` show each line with ``. `` as it runs, the lines of
  a branch that is not taken as well;
- ``quietly {`` and ``capture {`` show their opening line only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.lang.nodes import Block, LogicalLine

_WORD = re.compile(r"\s*:?\s*(\w+)")
_LOOPS = (("foreach", 0), ("forvalues", 4), ("while", 0))


def style(line: LogicalLine) -> str:
    """``numbered``, ``plain`` or ``silent`` (see above); ``plain`` for a line without a block."""
    if line.block is None:
        return "plain"
    if line.block.kind != "{":
        return "numbered"
    at, silent = 0, False
    while (found := _WORD.match(line.text, at)) is not None:
        word, at = found[1], found.end()
        if is_abbreviation(word, "quietly", 3) or is_abbreviation(word, "capture", 3):
            silent = True
        elif is_abbreviation(word, "noisily", 1):
            silent = False
        else:
            return "numbered" if any(is_abbreviation(word, *loop) for loop in _LOOPS) else "plain"
    return "silent" if silent else "plain"


def echo(line: LogicalLine) -> tuple[str, ...]:
    """All lines that a log shows for this one, prompts included, when nothing is printed in between."""
    if line.block is None or (kind := style(line)) == "silent":
        return echo_open(line)
    if kind == "numbered":
        out = [*echo_open(line)]
        _number(line.block, 1 if line.block.kind == "{" else 0, out)
        return tuple(out)
    body = [text for inner in line.block.lines for text in echo(inner)]
    return (*echo_open(line), *body, *echo_close(line))


def echo_open(line: LogicalLine) -> tuple[str, ...]:
    """The line itself, without its block."""
    return tuple(_prompted(line.raw, ". "))


def echo_close(line: LogicalLine) -> tuple[str, ...]:
    """The closing line of a block that is shown line by line as it runs; nothing for other blocks."""
    if line.block is None or style(line) != "plain":
        return ()
    return tuple(_prompted(line.block.close, ". "))


def _prompted(raw: tuple[str, ...], prompt: str) -> Iterator[str]:
    for k, physical in enumerate(raw):
        yield (prompt if k == 0 else "> ") + physical


def _number(block: Block, count: int, out: list[str]) -> None:
    """Append the lines of a numbered block; the numbers go on from ``count``."""
    fresh = True  # a number is due

    def put(raw: tuple[str, ...], counts: bool) -> None:
        nonlocal count, fresh
        if fresh:
            count += 1
        out.extend(_prompted(raw, f"{count:3d}. " if fresh else ". "))
        fresh = counts

    def walk(inner: Block) -> None:
        if inner.kind in ("{", "program"):
            for line in inner.lines:
                put(line.raw, bool(line.text))
                if line.block is not None:
                    walk(line.block)
        else:
            for physical in inner.body:
                put((physical,), True)
        if inner.close:
            put(inner.close, True)

    walk(block)
