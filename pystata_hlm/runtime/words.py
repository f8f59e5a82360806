"""Splitting text into Stata's words: blanks separate, quotes (plain or compound) bind."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"`\"(?:[^`\"]|`(?!\")|\"(?!')|`\"[^\"]*\"')*\"'|\"[^\"]*\"|[^\s\"]+")
_MARK = re.compile(r"`\"|\"'")


def raw_tokens(text: str) -> list[str]:
    """Words with their quotes kept."""
    if '`"' not in text:
        return _TOKEN.findall(text)
    out, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        end = closing(text, at) if text.startswith('`"', at) else None
        if end is None:
            found = _TOKEN.match(text, at)
            if found is None:  # a quote that nothing closes
                at += 1
                continue
            end = found.end()
        out.append(text[at:end])
        at = end
    return out


def closing(text: str, start: int) -> int | None:
    """Where the compound quotes that open at ``start`` end (after the closing mark); None when they stay open."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        depth += 1 if mark[0] == '`"' else -1
        if depth == 0:
            return mark.end()
    return None


def unquote(text: str) -> str:
    """Remove one pair of outer quotes that belong together; ``"a" "b"`` has none."""
    if text.startswith('`"') and text.endswith("\"'") and closing(text, 0) == len(text):
        return text[2:-2]
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text


def tokens(text: str) -> list[str]:
    """Words with outer quotes removed, as ``tokenize`` and ``foreach ... in`` see them."""
    return [unquote(word) if word[0] in '"`' else word for word in raw_tokens(text)]


def quoted(word: str) -> str:
    """A word with the quotes it needs: none, plain when it holds blanks (or nothing), compound when it holds quotes."""
    if '"' in word:
        return f'`"{word}"\''
    return f'"{word}"' if not word or re.search(r"\s", word) else word
