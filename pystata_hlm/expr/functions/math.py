"""Mathematical functions.

Arguments are float64 arrays or 0-d with NaN for missing; results likewise. Outside its domain a function
is missing. The definitions are those of the manual's [FN] Mathematical functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import ONE, function
from pystata_hlm.expr.values import FloatArray, Num, Text, Value, limit, ordered
from pystata_hlm.numeric import dist

_SIMPLE = (
    ("abs", np.abs, "absolute value of x"),
    ("acos", np.arccos, "radian value of the arccosine of x"),
    ("acosh", np.arccosh, "inverse hyperbolic cosine of x"),
    ("asin", np.arcsin, "radian value of the arcsine of x"),
    ("asinh", np.arcsinh, "inverse hyperbolic sine of x"),
    ("atan", np.arctan, "radian value of the arctangent of x"),
    ("atanh", np.arctanh, "inverse hyperbolic tangent of x"),
    ("cos", np.cos, "cosine of x, x in radians"),
    ("cosh", np.cosh, "hyperbolic cosine of x"),
    ("exp", np.exp, "exponential function of x"),
    ("expm1", np.expm1, "exp(x) - 1, accurate for small x"),
    ("ln log", np.log, "natural logarithm of x"),
    ("ln1p log1p", np.log1p, "natural logarithm of 1+x, accurate for small x"),
    ("log10", np.log10, "base-10 logarithm of x"),
    ("sign", np.sign, "-1, 0 or 1 by the sign of x"),
    ("sin", np.sin, "sine of x, x in radians"),
    ("sinh", np.sinh, "hyperbolic sine of x"),
    ("sqrt", np.sqrt, "square root of x"),
    ("tan", np.tan, "tangent of x, x in radians"),
    ("tanh", np.tanh, "hyperbolic tangent of x"),
)
for _name, _ufunc, _help in _SIMPLE:
    function(_name, "n", _help, family="math")(_ufunc)


@function("atan2", "n n", "radian value of the arctangent of y/x, by quadrant")
def atan2(y: Any, x: Any) -> Any:
    return np.arctan2(y, x)


def _keeping_codes(ufunc: Callable[[Any], Any]) -> Callable[[Value], Num]:
    """Integer parts of a missing value are that missing value: ``floor(.a)`` is ``.a``."""

    def run(x: Value) -> Num:
        if isinstance(x, Text):
            raise StataError.type_mismatch()
        return Num(ufunc(x.floats()), x._codes)

    return run


_whole: Any
for _name, _whole, _help in (
    ("ceil", np.ceil, "smallest integer not below x"),
    ("floor", np.floor, "largest integer not above x"),
    ("int trunc", np.trunc, "x truncated toward zero"),
):
    function(_name, "v", _help, family="math", missing="own")(_keeping_codes(_whole))


@function("round", "v n?", "x rounded to the nearest multiple of y (1 when left out)", missing="own")
def round_(x: Value, y: Any = ONE) -> Num:
    if isinstance(x, Text):
        raise StataError.type_mismatch()
    floats = x.floats()
    units = floats / y
    low = np.floor(units)
    nearest = limit(np.where(y == 0, floats, (low + (units - low >= 0.5)) * y)[()])
    if not np.isnan(y).any():
        return Num(nearest, x._codes)
    return Num(nearest, None if x.codes is None else np.where(np.isnan(y), np.int8(0), x.codes)[()])


@function("mod", "n n", "x - y*floor(x/y)")
def mod(x: Any, y: Any) -> Any:
    return np.where(y == 0, np.nan, np.mod(x, y))


@function("max", "n n*", "largest of the arguments, missing values left out of account")
def max_(*args: Any) -> Any:
    result = args[0]
    for other in args[1:]:
        result = np.fmax(result, other)
    return result


@function("min", "n n*", "smallest of the arguments, missing values left out of account")
def min_(*args: Any) -> Any:
    result = args[0]
    for other in args[1:]:
        result = np.fmin(result, other)
    return result


@function("ln1m log1m", "n", "natural logarithm of 1-x, accurate for small x")
def ln1m(x: Any) -> Any:
    return np.log1p(-x)


@function("logit", "n", "log of the odds x/(1-x)")
def logit(x: Any) -> Any:
    return np.where((x > 0) & (x < 1), np.log(x) - np.log1p(-x), np.nan)


@function("invlogit", "n", "exp(x)/(1+exp(x))")
def invlogit(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


@function("cloglog", "n", "complementary log-log, ln(-ln(1-x))")
def cloglog(x: Any) -> Any:
    return np.log(-np.log1p(-x))


@function("invcloglog", "n", "inverse complementary log-log, 1-exp(-exp(x))")
def invcloglog(x: Any) -> Any:
    return -np.expm1(-np.exp(x))


for _name, _args, _run, _help in (
    ("comb", "n n", dist.comb, "number of ways to choose k of n"),
    ("lnfactorial", "n", dist.lnfactorial, "natural logarithm of n factorial"),
    ("lngamma", "n", dist.lngamma, "natural logarithm of the absolute gamma function"),
    ("digamma", "n", dist.digamma, "derivative of lngamma(x)"),
    ("trigamma", "n", dist.trigamma, "second derivative of lngamma(x)"),
):
    function(_name, _args, _help, family="math")(_run)


@function("sum", "n", "running sum of x, missing values counted as zero", missing="own", env=True)
def running_sum(env: Any, x: Any) -> Any:
    """Starts anew in each by-group; rows outside the ``if`` are not added."""
    if env.scalar:
        return np.where(np.isnan(x), 0.0, x)
    values: FloatArray = np.where(np.isnan(x), 0.0, x)
    values = np.array(np.broadcast_to(values, (env.n,)))
    if env.sample is not None:
        values[~env.sample] = 0.0
    total = np.cumsum(values)
    start = env.by_start
    if isinstance(start, np.ndarray) and env.n:
        return _grouped_cumsum(values, start)
    return total


def _grouped_cumsum(values: FloatArray, start: Any) -> FloatArray:
    """Cumulative sums restarting at each group's first row, with no rounding carried over between groups.

    Groups are laid out as columns of a padded matrix in blocks of similar size, so that the sums are those
    of each group alone.
    """
    firsts = np.flatnonzero(start == np.arange(len(start)))
    sizes = np.diff(np.append(firsts, len(values)))
    result = np.empty_like(values)
    # one vectorised cumsum for each power-of-two class of group size: padding at most doubles the work
    bins = np.ceil(np.log2(sizes)).astype(int)
    for size_class in np.unique(bins):
        members = np.flatnonzero(bins == size_class)
        width = int(sizes[members].max())
        offsets = np.arange(width)
        rows = firsts[members][:, None] + offsets
        inside = offsets < sizes[members][:, None]
        block = np.where(inside, values[np.where(inside, rows, 0)], 0.0)
        result[rows[inside]] = np.cumsum(block, axis=1)[inside]
    return result


@function("reldif", "v v", "relative difference |x-y|/(|y|+1)", missing="own")
def reldif(x: Any, y: Any) -> Any:
    """0 when both are the same missing value, missing when one is or they differ."""
    if isinstance(x, Text) or isinstance(y, Text):
        raise StataError.type_mismatch()
    a, b = x.floats(), y.floats()
    result = np.abs(a - b) / (np.abs(b) + 1)
    both = np.isnan(a) & np.isnan(b)
    if np.any(both):
        result = np.where(both & (ordered(x) == ordered(y)), 0.0, result)
    return result
