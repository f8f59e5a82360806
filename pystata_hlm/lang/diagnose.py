"""Stata's words for a syntax error, from the text and the place where the parser stopped."""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError

_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r"\w+(?:\.\w+)*|[^\w\s]+")
_NAME_STARTS = frozenset({"varlist", "standard", "newvars", "by", "mixed", "generate", "egen"})
_EXPRESSION_STARTS = frozenset({"expr", "display", "assertion"})


def unbalanced(text: str) -> str | None:
    """Stata's complaint about quotes, parentheses and brackets that do not pair; None when they do."""
    depth = 0
    compound = 0
    at = 0
    while at < len(text):
        two = text[at : at + 2]
        if two == '`"':
            compound += 1
            at += 2
            continue
        if compound:
            if two == "\"'":
                compound -= 1
                at += 1
        elif text[at] == '"':
            end = text.find('"', at + 1)
            if end < 0:
                return "too few quotes"
            at = end
        elif text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
            if depth < 0:
                return "too many ')' or ']'"
        at += 1
    if compound:
        return "too few quotes"
    return "too few ')' or ']'" if depth > 0 else None


def diagnose(start: str, text: str, at: int) -> StataError:
    """The error for ``text`` that stops making sense at position ``at`` under a start rule."""
    complaint = unbalanced(text)
    if complaint is not None:
        return StataError(132, complaint, (at, len(text)))
    found = _WORD.match(text, at)
    if found is None:
        return StataError(198, "invalid syntax", (at, len(text)))
    word, span = found[0], (found.start(), found.end())
    before = text[:at].rstrip()
    if start in _NAME_STARTS and _in_names(start, before):
        whole = re.match(r"[^\s,=()\[\]]+", text[_word_start(text, at) :])
        return StataError(198, f"{whole[0] if whole else word} invalid name", span)
    if before and (word[0].isalnum() or word[0] == "_") and (before[-1].isalnum() or before[-1] in '_)]"'):
        return StataError(198, f"invalid '{word}' ", span)
    return StataError(198, "invalid syntax", span)


def _word_start(text: str, at: int) -> int:
    while at > 0 and not text[at - 1].isspace() and text[at - 1] not in ",=()[]":
        at -= 1
    return at


def _in_names(start: str, before: str) -> bool:
    """Are we still in the variable list, before any =, qualifier or comma?"""
    outside = _QUOTED.sub("", before)
    return not re.search(r"[,=|]|\b(?:if|in|using)\b", outside)
