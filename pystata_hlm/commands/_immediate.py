"""Immediate commands (``ttesti``, ``cii`` ...): numbers typed after the command."""

from __future__ import annotations

import math

from pystata_hlm.commands._moments import Moments
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context


def numbers(text: str, ctx: Context, missing: bool = False) -> list[float]:
    """The words of the text as numbers; r(198) for others. ``missing``: a point is allowed."""
    out = []
    for word in text.split():
        try:
            value = ctx.scalar(parse("expr", word))
        except StataError:
            raise StataError(198, f"'{word}' found where number expected") from None
        if not isinstance(value, float) or (math.isnan(value) and not missing):
            raise StataError(198, f"'{word}' found where number expected")
        out.append(value)
    return out


def summary(n: float, mean: float, sd: float) -> Moments:
    """Moments from what is typed; r(198) when impossible."""
    if n < 1 or n != int(n):
        raise StataError(198, f"{n:g} invalid number of observations")
    if not sd >= 0:
        raise StataError(198, f"{sd:g} invalid standard deviation")
    return Moments(n, n, mean, sd * sd if n > 1 else math.nan, n * mean, math.nan, math.nan)


def combined(a: Moments, b: Moments) -> Moments:
    """Both samples as one: within and between sums of squares over n - 1."""
    n = a.n + b.n
    mean = (a.n * a.mean + b.n * b.mean) / n
    within = sum((m.n - 1) * m.var for m in (a, b) if m.n > 1)
    between = sum(m.n * (m.mean - mean) ** 2 for m in (a, b))
    return Moments(n, n, mean, (within + between) / (n - 1), n * mean, math.nan, math.nan)
