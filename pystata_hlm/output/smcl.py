"""SMCL directives as plain text: what a text log shows of ``{txt}``, ``{hline 20}``, ``{col 12}``.

Directives that only set colours or fonts leave their content; so do unknown ones with a colon.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SILENT = frozenset(
    """txt text res result err error inp input cmd com hi bf it sf ul ulon uloff smcl bind reset
    break""".split()  # noqa: SIM905
)
_BOX = {"|": "|", "+": "+", "TT": "+", "BT": "+", "LT": "+", "RT": "+", "-": "-", "TLC": "+", "TRC": "+"}
_BOX |= {"BLC": "+", "BRC": "+"}
_CHARS = {"S|": "$", "'g": "`", "-(": "{", ")-": "}"}
_OPEN = re.compile(r"\{([^{}:]*)(:?)")


def to_text(text: str, column: int = 0, linesize: int = 80) -> str:
    """``text`` with its directives carried out; ``column`` (0-based) is where its first character goes."""
    if "{" not in text:
        return text
    out: list[str] = []
    i = 0
    while i < len(text):
        if text[i] != "{":
            out.append(text[i])
            i += 1
            continue
        end = _closing(text, i)
        if end < 0:
            out.append(text[i:])
            break
        done = _directive(text[i + 1 : end], column + _width(out), linesize)
        out.append(text[i : end + 1] if done is None else done)
        i = end + 1
    return "".join(out)


def _width(parts: list[str]) -> int:
    joined = "".join(parts)
    return len(joined) - joined.rfind("\n") - 1


def _closing(text: str, start: int) -> int:
    depth = 0
    for k in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[k], 0)
        if depth == 0:
            return k
    return -1


def _directive(inner: str, column: int, linesize: int) -> str | None:
    """The text of one directive; None when it is none (the braces are then literal)."""
    head, colon, content = inner.partition(":")
    words = head.split()
    if not words:
        return None
    name, args = words[0], words[1:]
    if name in _SILENT:
        return to_text(content, column, linesize) if colon else ""
    if name == ".-" or (name == "hline" and not args):
        return "-" * max(0, linesize - 1 - column)
    handler = _HANDLERS.get(name)
    if handler is not None:
        return handler(args, content, column, linesize)
    if colon and re.fullmatch(r"[a-z_]+", name):  # {help x:text}, {browse "url":text}, {opt ..:..}
        return to_text(content, column, linesize)
    if name in ("help", "opt", "varname", "it", "p", "pstd", "p_end", "phang", "title"):
        return " ".join(args)
    return None


def _int(args: list[str]) -> int | None:
    return int(args[0]) if args and args[0].lstrip("-").isdigit() else None


def _repeat(character: str) -> Callable[[list[str], str, int, int], str | None]:
    def run(args: list[str], content: str, column: int, linesize: int) -> str | None:
        n = _int(args)
        return None if n is None else character * max(0, n)

    return run


def _col(args: list[str], content: str, column: int, linesize: int) -> str | None:
    n = _int(args)
    return None if n is None else " " * max(0, n - 1 - column)


def _char(args: list[str], content: str, column: int, linesize: int) -> str | None:
    code = args[0] if args else ""
    if code in _BOX or code in _CHARS:
        return _BOX.get(code, _CHARS.get(code, ""))
    return chr(int(code)) if code.isdigit() else None


def _dup(args: list[str], content: str, column: int, linesize: int) -> str | None:
    n = _int(args)
    return None if n is None else to_text(content, column, linesize) * max(0, n)


def _aligned(method: str) -> Callable[[list[str], str, int, int], str | None]:
    def run(args: list[str], content: str, column: int, linesize: int) -> str | None:
        n = _int(args)
        text = to_text(content, column, linesize)
        return text if n is None else getattr(text, method)(n)

    return run


_HANDLERS: dict[str, Callable[[list[str], str, int, int], str | None]] = {
    "hline": _repeat("-"),
    "space": _repeat(" "),
    "col": _col,
    "c": _char,
    "char": _char,
    "dup": _dup,
    "ralign": _aligned("rjust"),
    "lalign": _aligned("ljust"),
    "center": _aligned("center"),
    "centre": _aligned("center"),
}
