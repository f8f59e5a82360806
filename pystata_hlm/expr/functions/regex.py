"""Regular expressions: regexm(), regexs(), regexr() and the Unicode family ustrregex*().

The last match is kept in ``env.memory``: ``generate x = regexs(1) if regexm(s, "...")`` works row by row.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import ZERO, function
from pystata_hlm.expr.functions.text import decode, encode, per_distinct

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9a-fA-F",
}
_POSIX_CLASS = re.compile(r"\[:(\w+):\]")
_NAMED = re.compile(r"\(\?<(?=[^\W\d])")
_OLD = re.compile(r"\[\^?\]?[^\]]*\]|\\(.)|[{}]", re.DOTALL)


@lru_cache(maxsize=256)
def compiled(pattern: str, ignore_case: bool, unicode: bool, old: bool = False) -> re.Pattern[str]:
    """The pattern in Python's dialect; r(198) when it is not a regular expression.

    ``old``: the byte-based functions before version 18, where a backslash makes any character plain and braces are.
    """
    if old:
        pattern = _OLD.sub(_plain, pattern)
    pattern = _NAMED.sub("(?P<", pattern)
    pattern = _POSIX_CLASS.sub(lambda m: _CLASSES.get(m[1], m[0]), pattern)
    flags = (re.IGNORECASE if ignore_case else 0) | (0 if unicode else re.ASCII)
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError):
        raise StataError(198, "invalid regular expression") from None


def _plain(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] == "[":
        return text.replace("\\", r"\\")
    return re.escape(found[1] or text)


def _is_old(env: Any) -> bool:
    version = env.setting("version")
    return version is not None and version < 18


def _match(env: Any, s: Any, pattern: Any, ignore_case: Any, unicode: bool, old: bool = False) -> Any:
    """1 where the pattern is found; remembers every row's groups."""

    def one(raw: bytes, mask: bytes, fold: float) -> float:
        found = compiled(decode(mask), bool(fold), unicode, old).search(decode(raw))
        return float(found is not None)

    if np.asarray(pattern).ndim == 0:
        compiled(decode(np.asarray(pattern).item()), False, unicode, old)
    env.memory["regex"] = (np.asarray(s), np.asarray(pattern), np.asarray(ignore_case), (unicode, old))
    return per_distinct(one, s, pattern, ignore_case)


def _last(env: Any) -> tuple[Any, Any, Any, tuple[bool, bool]]:
    """What the last match was asked for, row by row."""
    memory = env.memory.get("regex")
    if memory is None:
        raise StataError.invalid_syntax()
    s, pattern, fold, how = memory
    rows = max(a.size if a.ndim else 0 for a in (s, pattern, fold))
    if rows and (env.scalar or rows != env.n):
        s, pattern, fold = (a[-1] if a.ndim else a for a in (s, pattern, fold))
    return s, pattern, fold, how


def _subexpression(env: Any, n: Any) -> Any:
    """The n-th parenthesised part of the last match (0: all of it); empty when there was none."""
    s, pattern, fold, how = _last(env)

    def one(raw: bytes, mask: bytes, ignore: float, place: float) -> bytes:
        found = compiled(decode(mask), bool(ignore), *how).search(decode(raw))
        if found is None or not 0 <= place <= (found.re.groups if found else 0):
            return b""
        return encode(found[int(place)] or "")

    return per_distinct(one, s, pattern, fold, n)


def _named(env: Any, name: Any) -> Any:
    """The part of the last match that a named group took; empty when there is no such group."""
    s, pattern, fold, how = _last(env)

    def one(raw: bytes, mask: bytes, ignore: float, group: bytes) -> bytes:
        found = compiled(decode(mask), bool(ignore), *how).search(decode(raw))
        return encode((found.groupdict().get(decode(group)) or "") if found else "")

    return per_distinct(one, s, pattern, fold, name)


def _replace(
    s: Any, pattern: Any, new: Any, ignore_case: Any, count: int, unicode: bool, old: bool = False
) -> Any:
    def one(raw: bytes, mask: bytes, replacement: bytes, fold: float) -> bytes:
        rx = compiled(decode(mask), bool(fold), unicode, old)
        template = decode(replacement)
        if unicode:

            def expand(found: re.Match[str]) -> str:
                return re.sub(
                    r"\\(.)|\$(\d)",
                    lambda m: m[1] if m[1] else (found[int(m[2])] or "") if int(m[2]) <= rx.groups else "",
                    template,
                )
        else:

            def expand(found: re.Match[str]) -> str:
                return re.sub(
                    r"\\(\d)",
                    lambda m: (found[int(m[1])] or "") if int(m[1]) <= rx.groups else "",
                    template,
                )

        return encode(rx.sub(expand, decode(raw), count=count))

    return per_distinct(one, s, pattern, new, ignore_case)


@function(
    "regexm",
    "s s n?",
    "1 if s1 contains a match of the regular expression s2",
    family="string",
    env=True,
)
def regexm(env: Any, s: Any, pattern: Any, fold: Any = ZERO) -> Any:
    return _match(env, s, pattern, fold, unicode=False, old=_is_old(env))


@function("regexmatch", "s s n?", "1 if s1 contains a match of s2 (new syntax)", family="string", env=True)
def regexmatch(env: Any, s: Any, pattern: Any, fold: Any = ZERO) -> Any:
    return _match(env, s, pattern, fold, unicode=False)


@function("regexs regexcapture", "n", "part n of the last match", family="string", missing="own", env=True)
def regexs(env: Any, n: Any) -> Any:
    return _subexpression(env, n)


@function("regexcapturenamed", "s", "a named part of the last match", family="string", env=True)
def regexcapturenamed(env: Any, name: Any) -> Any:
    return _named(env, name)


@function("regexr", "s s s n?", "s1 with the first match of s2 replaced by s3", family="string", env=True)
def regexr(env: Any, s: Any, pattern: Any, new: Any, fold: Any = ZERO) -> Any:
    return _replace(s, pattern, new, fold, 1, unicode=False, old=_is_old(env))


@function("regexreplace", "s s s n?", "s1 with the first match of s2 replaced by s3", family="string")
def regexreplace(s: Any, pattern: Any, new: Any, fold: Any = ZERO) -> Any:
    return _replace(s, pattern, new, fold, 1, unicode=False)


@function("regexreplaceall", "s s s n?", "s1 with every match of s2 replaced by s3", family="string")
def regexreplaceall(s: Any, pattern: Any, new: Any, fold: Any = ZERO) -> Any:
    return _replace(s, pattern, new, fold, 0, unicode=False)


@function("ustrregexm", "s s n?", "1 if s1 contains a match of s2 (Unicode)", family="string", env=True)
def ustrregexm(env: Any, s: Any, pattern: Any, fold: Any = ZERO) -> Any:
    return _match(env, s, pattern, fold, unicode=True)


@function("ustrregexs", "n", "part n of the last ustrregexm()", family="string", missing="own", env=True)
def ustrregexs(env: Any, n: Any) -> Any:
    return _subexpression(env, n)


@function(
    "ustrregexrf", "s s s n?", "s1 with the first match of s2 replaced by s3 (Unicode)", family="string"
)
def ustrregexrf(s: Any, pattern: Any, new: Any, fold: Any = ZERO) -> Any:
    return _replace(s, pattern, new, fold, 1, unicode=True)


@function("ustrregexra", "s s s n?", "s1 with every match of s2 replaced by s3 (Unicode)", family="string")
def ustrregexra(s: Any, pattern: Any, new: Any, fold: Any = ZERO) -> Any:
    return _replace(s, pattern, new, fold, 0, unicode=True)
