"""Stata's words for a syntax error, from the text and the place where the parser stopped.

The wordings are those of printed logs: ``drop if id = 2`` says "=exp not allowed" (101), ``mean id == 1``
"== invalid name", ``gen 60%tax = 1`` "60 invalid name", ``gen x`` "=exp required" (100), ``gen x =``
"invalid syntax", ``display 'x'`` "'x' invalid name".
"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError

_STRING = re.compile(r"\x01\x02*\x03|\"[^\"]*\"?")
_PIECE = re.compile(r"\w+|[=<>!~]+|\S")
_OPERAND = re.compile(r"[^\s+\-*/^()&|<>=!~,\"\[\]\x01-\x03]+")
_WITH_NAMES = frozenset({"varlist", "standard", "newvars", "by", "mixed", "generate", "egen"})
_ASSIGNS = frozenset({"generate", "egen"})
_TAKES_EXP = frozenset(
    {"generate", "egen", "expr", "display", "explist", "atspec", "assertion", "anything_exp"}
)


def unbalanced(text: str) -> str | None:
    """Stata's complaint about quotes, parentheses and brackets that do not pair; None when they do."""
    depth = 0
    for part in re.finditer(r"\x01\x02*\x03|\"[^\"]*(\"?)|`\"|[()\[\]]", text):
        mark = part[0]
        if mark == '`"' or (mark[0] == '"' and not part[1]):
            return "too few quotes"
        if mark in ("(", "["):
            depth += 1
        elif mark in (")", "]"):
            depth -= 1
            if depth < 0:
                return "too many ')' or ']'"
    return "too few ')' or ']'" if depth > 0 else None


def diagnose(start: str, text: str, at: int) -> StataError:
    """The error for ``text`` (compound strings masked) that makes no sense from position ``at`` on."""
    complaint = unbalanced(text)
    if complaint is not None:
        return StataError(132, complaint, (at, len(text)))
    found = _PIECE.match(text, at)
    before = _STRING.sub('""', text[:at]).rstrip()
    if start in _ASSIGNS and "=" not in before and (found is None or found[0] in ("if", "in", "using", ",")):
        return StataError(100, "=exp required", (at, len(text)))
    if found is None:
        return StataError(198, "invalid syntax", (at, len(text)))
    piece, span = found[0], found.span()
    if start in _WITH_NAMES and not re.search(r"[,=|]|\b(?:if|in|using)\b", before):
        return StataError(198, f"{piece} invalid name", span)
    if piece == "=" and start not in _TAKES_EXP:
        return StataError(101, "=exp not allowed", span)
    after_operand = bool(before) and (before[-1].isalnum() or before[-1] in '_.)]"')
    if after_operand and (piece[0].isalnum() or piece[0] in '_"'):
        return StataError(198, f"invalid '{piece}' ", span)
    odd = _OPERAND.match(text, at)
    if odd is not None and not after_operand and not re.fullmatch(r"[\w.]+", odd[0]):
        return StataError(198, f"{odd[0]} invalid name", odd.span())
    return StataError(198, "invalid syntax", span)
