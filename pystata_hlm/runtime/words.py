"""Splitting text into Stata's words: blanks separate, quotes (plain or compound) bind."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"`\"(?:[^`\"]|`(?!\")|\"(?!')|`\"[^\"]*\"')*\"'|\"[^\"]*\"|[^\s\"]+")


def raw_tokens(text: str) -> list[str]:
    """Words with their quotes kept."""
    return _TOKEN.findall(text)


def tokens(text: str) -> list[str]:
    """Words with outer quotes removed, as ``tokenize`` and ``foreach ... in`` see them."""
    out = []
    for word in raw_tokens(text):
        if word.startswith('`"') and word.endswith("\"'"):
            word = word[2:-2]
        elif len(word) >= 2 and word.startswith('"') and word.endswith('"'):
            word = word[1:-1]
        out.append(word)
    return out
