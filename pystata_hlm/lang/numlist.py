"""Numlists: ``1 2 3``, ``1/5``, ``1(2)9``, ``1[2]9``, ``1 2 to 10``, ``1 2:10``, ``.``. Errors: r(121)."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from pystata_hlm.errors import StataError

MAX_ELEMENTS = 1_000_000

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_TOKEN = re.compile(rf"\s*(?:({_NUMBER})|(\.[a-z]?)(?![\w.])|(to\b|:)|([/()\[\],]))")
_SLACK = 1e-9  # a last element may miss the end by rounding


def _invalid() -> StataError:
    return StataError(121, "invalid numlist")


def _sequence(first: float, step: float, last: float) -> list[float]:
    """first, first+step, ... up to last; each computed from the first, so that rounding does not add up."""
    if not all(map(math.isfinite, (first, step, last))):
        raise _invalid()
    if step == 0:
        if first == last:
            return [first]
        raise _invalid()
    count = (last - first) / step
    if count < -_SLACK:
        raise _invalid()
    if count > MAX_ELEMENTS:
        raise StataError(123, "invalid numlist has too many elements")
    return [round_to(first + k * step, step) for k in range(int(count + _SLACK) + 1)]


def round_to(value: float, step: float) -> float:
    """Remove binary noise that the step did not have: 0.1(0.1)0.3 gives 0.3, not 0.30000000000000004."""
    return value if step == math.floor(step) else float(f"{value:.14g}")


def _tokens(text: str) -> list[str]:
    out: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or (found[1] and out and found.start(1) == at and out[-1][-1] in "0123456789."):
            raise _invalid()  # the second case: 1..2, 1.2.3
        out.append(found[0].strip())
        at = found.end()
    return [token for token in out if token != ","]


def _number(token: str) -> float:
    if token.startswith(".") and not token[1:2].isdigit():
        return math.nan
    try:
        value = float(token.lower().replace("d", "e"))
    except ValueError:
        raise _invalid() from None
    return value if math.isfinite(value) else math.nan


@lru_cache(maxsize=512)
def _parse(text: str) -> tuple[float, ...]:
    tokens = _tokens(text)
    out: list[float] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token == "/":  # a/b: unit steps, down when b is smaller
            if not out or at + 1 >= len(tokens):
                raise _invalid()
            first, last = out.pop(), _number(tokens[at + 1])
            out += _sequence(first, 1.0 if last >= first else -1.0, last)
            at += 2
        elif token in ("(", "["):  # a(d)b
            if not out or at + 3 >= len(tokens) or tokens[at + 2] != {"(": ")", "[": "]"}[token]:
                raise _invalid()
            first, step, last = out.pop(), _number(tokens[at + 1]), _number(tokens[at + 3])
            out += _sequence(first, step, last)
            at += 4
        elif token in ("to", ":"):  # a b to c: the step is b-a
            if len(out) < 2 or at + 1 >= len(tokens):
                raise _invalid()
            second, first = out.pop(), out.pop()
            out += _sequence(first, second - first, _number(tokens[at + 1]))
            at += 2
        else:
            out.append(_number(token))
            at += 1
    return tuple(out)


def parse_numlist(text: str) -> list[float]:
    """The numbers that a numlist stands for, in order; NaN for a missing value. r(121) when it is none."""
    numbers = _parse(text)
    if not numbers:
        raise StataError(122, "invalid numlist has too few elements")
    return list(numbers)
