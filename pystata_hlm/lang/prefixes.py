"""Taking the prefixes off a command line: ``by g: quietly regress y x`` -> by, quietly, ``regress``.

Which words are prefixes is not known here: a callable tells. A prefix that needs a colon (by, xi, bootstrap,
version 14:) is one only when a colon follows outside quotes, parentheses and brackets; ``mixed y || id: x``
has a colon but no registered prefix word. quietly, noisily and capture need none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pystata_hlm.lang.nodes import CommandLine

PrefixLookup = Callable[[str], tuple[str, bool] | None]
"""word -> (canonical name, needs a colon), or None when the word is no prefix."""

_WORD = re.compile(r"\s*(#?[^\W\d]\w*|[{}!?]|\S[^\s,(\"=]*)?")
_MARKS = re.compile(r"`\"|\"'|[\"()\[\]{}:]")
_COLON = re.compile(r"\s*:")


def top_level_colon(text: str, start: int = 0) -> int:
    """Position of the first colon outside quotes, parentheses, brackets and braces; -1 when there is none."""
    depth = compound = 0
    quoted = False
    for mark in _MARKS.finditer(text, start):
        m = mark[0]
        if compound:
            compound += {'`"': 1, "\"'": -1}.get(m, 0)
        elif quoted:
            quoted = m not in ('"', "\"'", '`"')
        elif m == '`"':
            compound = 1
        elif m in ('"', "\"'"):
            quoted = True
        elif m in "([{":
            depth += 1
        elif m in ")]}":
            depth -= 1
        elif depth <= 0:
            return mark.start()
    return -1


def command_word(text: str) -> tuple[str, str]:
    """The command word and what follows it: ``di"x"`` -> ``di``, ``"x"``; ``sort-x`` -> ``sort``, ``-x``."""
    found = _WORD.match(text)
    assert found is not None  # every part of the pattern may be empty
    return found[1] or "", text[found.end() :]


def split(text: str, is_prefix: PrefixLookup) -> CommandLine:
    """Prefixes from the outside in, the command word, and the rest exactly as typed.

    A line that starts with ``*`` (a macro may have put it there) is a comment: word and rest are empty.
    """
    prefixes: list[tuple[str, str]] = []
    while True:
        word, rest = command_word(text)
        if word.startswith("*") or word.startswith("//"):
            return CommandLine(tuple(prefixes), "", "")
        known = is_prefix(word) if word else None
        if known is None:
            return CommandLine(tuple(prefixes), word, rest)
        name, needs_colon = known
        if needs_colon:
            colon = top_level_colon(rest)
            if colon < 0:
                return CommandLine(tuple(prefixes), word, rest)
            prefixes.append((name, rest[:colon].strip()))
            text = rest[colon + 1 :]
        else:
            colon_match = _COLON.match(rest)
            prefixes.append((name, ""))
            text = rest[colon_match.end() :] if colon_match else rest
