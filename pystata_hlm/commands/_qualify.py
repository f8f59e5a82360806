"""Adding a condition to a command line that follows Stata's standard syntax: what ``rolling`` does to its command."""

from __future__ import annotations

import re

_QUOTES = re.compile(r"`\"|\"'|[\"()\[\]{}]")
_CLAUSE = re.compile(r"\b(in\s+\S|using\b)|\[")


def _blank_nested(text: str) -> str:
    """The text with everything inside quotes, parentheses and braces, and weights' insides, made blank."""
    out = list(text)
    depth = compound = 0
    quoted = False
    at = 0
    for mark in _QUOTES.finditer(text):
        inside = depth > 0 or compound > 0 or quoted
        if inside:
            out[at : mark.start()] = " " * (mark.start() - at)
        m = mark[0]
        if compound:
            compound += {'`"': 1, "\"'": -1}.get(m, 0)
        elif quoted:
            quoted = m != '"'
        elif m == '`"':
            compound = 1
        elif m == '"':
            quoted = True
        elif m in "([{":
            depth += 1
        elif m in ")]}":
            depth -= 1
        at = mark.end()
        if inside and (depth > 0 or compound > 0 or quoted):
            out[mark.start() : at] = " " * (at - mark.start())
    if depth > 0 or compound > 0 or quoted:
        out[at:] = " " * (len(text) - at)
    return "".join(out)


def with_condition(text: str, condition: str) -> str:
    """``y x if z, robust`` and ``touse`` -> ``y x if (z) & touse, robust``: the text that follows a command word."""
    plain = _blank_nested(text)
    comma = plain.find(",")
    end = len(text) if comma < 0 else comma
    head, tail = text[:end].rstrip(), text[end:]
    found = re.search(r"\bif\b", plain[: len(head)])
    start = found.end() if found else 0
    clause = next(
        (
            c
            for c in _CLAUSE.finditer(plain[: len(head)], start)
            if c[0] != "[" or plain[c.start() - 1 : c.start()] == " "
        ),
        None,
    )
    stop = clause.start() if clause else len(head)
    if found:
        return f"{head[: found.start()]}if ({head[start:stop].strip()}) & {condition} {head[stop:]}{tail}"
    return f"{head[:stop].rstrip()} if {condition} {head[stop:]}{tail}"
