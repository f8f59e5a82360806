"""Low-level parsing: the next token of a text, as ``gettoken`` and ``tokenize`` take it."""

from __future__ import annotations

from dataclasses import dataclass

_OPEN = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Token:
    """text   without outer quotes, or parentheses under match
    raw    as it stood
    rest   what follows, blanks included
    """

    text: str
    raw: str
    rest: str
    quoted: bool = False
    matched: bool = False


def next_token(text: str, separators: str = " ", *, bind: bool = False, match: bool = False) -> Token | None:
    """The first token, None when there is none.

    Separators end a token; those that are not blanks are tokens themselves. A quote at the start binds up to its
    end. ``bind``: so do parentheses and brackets anywhere; ``match``: parentheses at the start, which are taken off.
    """
    at = 0
    if " " in separators:
        while at < len(text) and text[at] in " \t":
            at += 1
    if at == len(text):
        return None
    first = text[at]
    if first == '"' or text.startswith('`"', at):
        end = quoted_end(text, at)
        if end > 0:
            edge = 1 if first == '"' else 2
            return Token(text[at + edge : end - edge], text[at:end], text[end:], quoted=True)
    if match and first == "(":
        end = _matching(text, at)
        if end > 0:
            return Token(text[at + 1 : end - 1], text[at:end], text[end:], matched=True)
    if first in separators and not (bind and first in _OPEN):
        return Token(first, first, text[at + 1 :])
    end = at
    while end < len(text):
        here = text[end]
        if bind and here in _OPEN:
            closed = _matching(text, end)
            end = closed if closed > 0 else end + 1
            continue
        if here in separators or (here == "\t" and " " in separators):
            break
        end += 1
    return Token(text[at:end], text[at:end], text[end:])


def all_tokens(text: str, separators: str = " ") -> list[str]:
    out: list[str] = []
    found = next_token(text, separators)
    while found is not None:
        out.append(found.text)
        found = next_token(found.rest, separators)
    return out


def quoted_end(text: str, at: int) -> int:
    """Position after the quoted string that starts at ``at``; -1 when it does not end."""
    if text[at] == '"':
        return text.find('"', at + 1) + 1 or -1
    depth, k = 0, at
    while k < len(text):
        if text.startswith('`"', k):
            depth, k = depth + 1, k + 2
        elif text.startswith("\"'", k):
            depth, k = depth - 1, k + 2
            if depth == 0:
                return k
        else:
            k += 1
    return -1


def _matching(text: str, at: int) -> int:
    """Position after the parenthesis or bracket that closes the one at ``at``; -1 when there is none."""
    waiting: list[str] = []
    k = at
    while k < len(text):
        here = text[k]
        if here == '"' or text.startswith('`"', k):
            end = quoted_end(text, k)
            if end > 0:
                k = end
                continue
        elif here in _OPEN:
            waiting.append(_OPEN[here])
        elif waiting and here == waiting[-1]:
            waiting.pop()
            if not waiting:
                return k + 1
        k += 1
    return -1
