"""Scatterplot smoothers: lowess, the running line, and its multivariable form.

lowess        Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 74 (1979)
              829-836, without robustness iterations; windows, weights: [R] lowess, Methods and formulas.
running line  Hastie and Tibshirani, Generalized Additive Models (1990), 2.3 (symmetric neighbours);
              Sasieni and Royston, "Pointwise confidence intervals for running", STB 41 (1998) 17-23.
several x     Royston and Cox, "A multivariable scatterplot smoother", Stata Journal 5 (2005) 405-412: the
              running line in a backfitting loop (Hastie and Tibshirani, 4.3).

Every smooth is a function of x: observations with equal x get one value, from a window around all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class _Ties:
    """x in order, and the first and last (inclusive) place of each distinct value."""

    order: Array
    x: Array
    first: Array
    last: Array

    @property
    def values(self) -> Array:
        return self.x[self.first]

    def spread(self, per_value: Array) -> Array:
        """A figure per distinct value -> one per observation, in the data's order."""
        out = np.empty(len(self.x))
        out[self.order] = np.repeat(per_value, self.last - self.first + 1)
        return out


def _ties(x: Array) -> _Ties:
    order = np.argsort(x, kind="stable")
    xs = x[order]
    first = np.flatnonzero(np.r_[True, xs[1:] != xs[:-1]])
    return _Ties(order, xs, first, np.r_[first[1:] - 1, len(xs) - 1])


# -- lowess -------------------------------------------------------------------------------------------------


def lowess(
    y: Array,
    x: Array,
    bandwidth: float = 0.8,
    *,
    mean: bool = False,
    weight: bool = True,
    logit: bool = False,
    adjust: bool = False,
) -> Array:
    """``lowess y x, bwidth(#) mean noweight logit adjust``: the smooth at each observation, (n,).

    With the data in order of x, point i is smoothed over i-k..i+k cut to 1..n,
    k = floor((n bandwidth - .5)/2), by the (weighted) least-squares line or mean; tricube weights
    (1 - (|x_j - x_i|/D)^3)^3 with D 1.0001 times the distance to the farther end of the window.  For tied x
    the window is centred on the ties' middle and holds them all (the manual is silent about ties).
    ``adjust`` multiplies the smooth by mean(y)/mean(smooth); ``logit`` then gives its logits, smooths below
    .0001 or above .9999 counting as 1/n and 1 - 1/n.
    """
    n = len(x)
    if n == 0:
        return np.empty(0)
    t = _ties(np.asarray(x, dtype=float))
    ys = np.asarray(y, dtype=float)[t.order]
    half = int((n * bandwidth - 0.5) // 2)
    low = np.maximum(np.minimum((t.first + t.last) // 2 - half, t.first), 0)
    high = np.minimum(np.maximum((t.first + t.last + 1) // 2 + half, t.last), n - 1)
    smooth = t.spread(_local_fits(t.x, ys, t.values, low, high, weight=weight, mean=mean))
    if adjust:
        smooth = smooth * (ys.mean() / smooth.mean())
    if logit:
        p = np.where(smooth < 0.0001, 1 / n, np.where(smooth > 0.9999, 1 - 1 / n, smooth))
        smooth = np.log(p / (1 - p))
    return smooth


def _local_fits(x: Array, y: Array, at: Array, low: Array, high: Array, *, weight: bool, mean: bool) -> Array:
    """Fits at the points ``at`` over the places low..high (inclusive, both ascending) of the ordered x.

    Rows are taken some at a time; neighbouring windows overlap, so a batch needs one slice of x and y."""
    reach = 1.0001 * np.maximum(x[high] - at, at - x[low])
    out = np.empty(len(at))
    start = 0
    while start < len(at):
        stop = start + 1
        # about 2^17 weights at a time stay in the cache
        rows = max(1, int(2**17 // (high[start] - low[start] + 1)))
        stop = min(len(at), start + rows)
        a, b = int(low[start]), int(high[stop - 1]) + 1
        dx = x[a:b] - at[start:stop, None]
        if weight:
            with np.errstate(divide="ignore", invalid="ignore"):
                w = np.minimum(np.abs(dx) / reach[start:stop, None], 1.0)
                w *= w * w
                np.subtract(1.0, w, out=w)
                w *= w * w
            w[reach[start:stop] == 0] = 1.0
        else:
            w = np.ones_like(dx)
        places = np.arange(a, b)
        left, right = int(low[stop - 1]) - a, int(high[start]) + 1 - a
        if left > 0:
            w[:, :left] *= places[:left] >= low[start:stop, None]
        if right < b - a:
            w[:, right:] *= places[right:] <= high[start:stop, None]
        ys = y[a:b]
        s0, sy = w.sum(axis=1), w @ ys
        centre = sy / s0
        if not mean:
            w *= dx
            s1, sxy = w.sum(axis=1), w @ ys
            sxx = np.einsum("ij,ij->i", w, dx) - s1 * s1 / s0
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = (sxy - s1 * centre) / sxx
            spread = reach[start:stop] ** 2 * s0
            centre -= np.where(sxx > 1e-12 * spread, slope, 0.0) * s1 / s0
        out[start:stop] = centre
        start = stop
    return out


# -- running line with symmetric nearest neighbours ---------------------------------------------


def neighbours(n: int, span: float | None = None) -> int:
    """Neighbours on each side: (n span - 1)/2; by default the window has about n^.8 observations."""
    window = n * span if span is not None else n**0.8
    return max(1, round((window - 1) / 2))


def running(
    y: Array,
    x: Array,
    *,
    span: float | None = None,
    knn: int | None = None,
    mean: bool = False,
    weights: Array | None = None,
    repeat: int = 1,
) -> Array:
    """``running y x, span(#) knn(#) mean repeat(#)``: the smooth at each observation, (n,).

    The least-squares line (or mean) over the k nearest observations on each side of the point and of those
    tied with it, fewer at the ends.  ``repeat`` smooths the smooth again."""
    t = _ties(np.asarray(x, dtype=float))
    n = len(t.x)
    if n == 0:
        return np.empty(0)
    k = neighbours(n, span) if knn is None else knn
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)[t.order]
    smooth = np.asarray(y, dtype=float)
    for _ in range(repeat):
        smooth = t.spread(_running_fits(t, smooth[t.order], w, k, mean))
    return smooth


def _running_fits(t: _Ties, y: Array, w: Array, k: int, mean: bool) -> Array:
    """The fit at each distinct x, from running sums about the means."""
    low, high = np.maximum(t.first - k, 0), np.minimum(t.last + k, len(y) - 1) + 1
    x_mean, y_mean = np.average(t.x, weights=w), np.average(y, weights=w)
    x, y = t.x - x_mean, y - y_mean

    def over_window(v: Array) -> Array:
        sums = np.concatenate([[0.0], np.cumsum(v)])
        return sums[high] - sums[low]

    s0, s1, sy = over_window(w), over_window(w * x), over_window(w * y)
    centre = sy / s0
    if not mean:
        sxx = over_window(w * x * x) - s1 * s1 / s0
        sxy = over_window(w * x * y) - s1 * sy / s0
        width = x[high - 1] - x[low]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(sxx > 1e-9 * width * width, sxy / sxx, 0.0)
        centre = centre + slope * (x[t.first] - s1 / s0)
    return centre + y_mean


@dataclass(frozen=True)
class MultivariableSmooth:
    """An additive fit y = constant + f_1(x_1) + ... + f_p(x_p).

    functions  (n, p) partial functions, each with mean zero over the data
    adjusted   (n, p) partial residuals y - (fit without f_j): what is plotted against x_j, with the curve
               constant + f_j
    r_squared  squared correlation of y and the fit after each cycle: the record of convergence
    change     largest change of a fitted value in the last cycle, in units of y's standard deviation
    """

    constant: float
    functions: Array
    adjusted: Array
    r_squared: tuple[float, ...]
    change: float

    @property
    def fitted(self) -> Array:
        return self.constant + self.functions.sum(axis=1)

    @property
    def curves(self) -> Array:
        """(n, p): constant + f_j, on the scale of ``adjusted``."""
        return self.constant + self.functions


def multivariable_running(
    y: Array,
    x: Array,
    *,
    span: float | None = None,
    knn: int | None = None,
    mean: bool = False,
    cycles: int = 3,
    repeat: int = 1,
    weights: Array | None = None,
) -> MultivariableSmooth:
    """``mrunning y x1 ... xp, span(#) knn(#) mean cycles(#) repeat(#)``: y (n,), x (n, p), none missing.

    Backfitting: from the multiple linear regression on, each f_j in turn is the running-line smooth on x_j
    of y less the other functions, for ``cycles`` rounds."""
    y = np.asarray(y, dtype=float)
    x = np.asarray(x, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    w = w / w.sum()
    constant = float(w @ y)
    centred = x - w @ x
    root = np.sqrt(w)[:, None]
    beta = np.linalg.lstsq(centred * root, (y - constant) * root[:, 0], rcond=None)[0]
    functions = centred * beta
    total = functions.sum(axis=1)
    scale = float(np.sqrt(w @ (y - constant) ** 2)) or 1.0
    record = []
    change = 0.0
    for _ in range(cycles):
        before = total.copy()
        for j in range(x.shape[1]):
            partial = y - constant - (total - functions[:, j])
            f = running(partial, x[:, j], span=span, knn=knn, mean=mean, weights=w, repeat=repeat)
            f -= w @ f
            total += f - functions[:, j]
            functions[:, j] = f
        record.append(_squared_correlation(y, total, w))
        change = float(np.abs(total - before).max()) / scale
    adjusted = (y - total)[:, None] + functions
    return MultivariableSmooth(constant, functions, adjusted, tuple(record), change)


def _squared_correlation(a: Array, b: Array, w: Array) -> float:
    a, b = a - w @ a, b - w @ b
    denominator = (w @ (a * a)) * (w @ (b * b))
    return float((w @ (a * b)) ** 2 / denominator) if denominator > 0 else 0.0
