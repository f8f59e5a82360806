"""Stata's random-number functions, drawn in observation order from the mt64 or kiss32 stream.

runiform(), runiform(a,b), runiformint(), rnormal(), rbinomial(1,p) and rweibull(a,b) equal Stata's draw for
draw (recipe and evidence: shared/reference/random-numbers.md; below float precision nothing is checked).  The
others have the right distribution but a stream of our own (inverse distribution functions, one uniform a
draw): :meth:`StataRNG.stream_verified` tells which.

Parameters are numbers or arrays of length n.  A draw whose parameters are missing or outside Stata's domain
is missing (NaN) and still takes its uniforms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np

from .mersenne import Kiss32, MersenneTwister64, Stream

Array = np.ndarray
Parameter = float | Array
Kind = Literal["mt64", "kiss32"]

START_SEED = 123456789
VERIFIED = frozenset({"runiform", "runiformint", "rnormal", "rbinomial1", "rweibull"})


class StataRNG:
    """The random-number state of a session: one stream per generator, and which of them is in use."""

    def __init__(self, kind: Kind = "mt64", seed: int | None = None) -> None:
        self._streams: dict[str, Stream] = {}
        self.set_kind(kind)
        if seed is not None:
            self.seed(seed)

    # -- state ---------------------------------------------------------------------------------------
    @property
    def kind(self) -> Kind:
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        """``set rng mt64|kiss32``: the other generator's stream is kept where it is."""
        if kind not in self._streams:
            self._streams[kind] = MersenneTwister64(START_SEED) if kind == "mt64" else Kiss32()
        self._kind = kind
        self._stream = self._streams[kind]

    def seed(self, seed: int) -> None:
        """``set seed #``, 0 <= # < 2^31."""
        if not 0 <= seed < 2**31:
            raise ValueError("seed must lie in 0..2^31-1")
        self._stream.seed(seed)

    @property
    def state(self) -> str:
        """c(rngstate)."""
        return self._stream.state

    def set_state(self, text: str) -> None:
        """``set rngstate``, ``set seed <state>``: the text tells the generator; else ValueError."""
        kind: Kind = "mt64" if text.startswith("XAA") else "kiss32"
        fresh: Stream = MersenneTwister64(START_SEED) if kind == "mt64" else Kiss32()
        fresh.set_state(text)
        self._streams[kind] = fresh
        self.set_kind(kind)

    def stream_verified(self, function: str) -> bool:
        """Whether ``function`` (``rnormal`` ...; ``rbinomial1`` is n = 1) is known to give Stata's draws."""
        if self._kind == "kiss32":  # rnormal()'s algorithm under kiss32 is not known
            return function in {"runiform", "rweibull", "rbinomial1"}
        return function in VERIFIED

    # -- uniforms ------------------------------------------------------------------------------------
    def _convert(self, raw: Array) -> Array:
        if self._stream.bits == 32:
            return raw * 2.0**-32
        return ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def uniform(self, n: int) -> Array:
        """runiform(): n draws in (0, 1), float64."""
        u = self._convert(self._stream.peek(n))
        self._stream.advance(n)
        return u

    def uniform_ab(self, a: Parameter, b: Parameter, n: int) -> Array:
        """runiform(a,b) = a + (b-a)u."""
        u = self.uniform(n)
        with np.errstate(invalid="ignore", over="ignore"):
            return _finite(a + (np.asarray(b, dtype=float) - a) * u)

    def uniform_int(self, a: Parameter, b: Parameter, n: int) -> Array:
        """runiformint(a,b): the top bits of each output, values beyond b-a rejected; a and b are floored."""
        low = np.broadcast_to(np.floor(np.asarray(a, dtype=float)), n)
        high = np.broadcast_to(np.floor(np.asarray(b, dtype=float)), n)
        with np.errstate(invalid="ignore"):
            span = high - low
            bad = ~(span >= 0) | (np.abs(low) > 2.0**53) | (np.abs(high) > 2.0**53)
        span = np.where(bad, 0.0, span)
        if n and (span == span[0]).all():
            offsets = self._bounded(int(span[0]), n)
        else:
            # each rejection shifts all later draws, so ranges that differ are drawn run by run
            starts = np.flatnonzero(np.diff(span, prepend=np.nan))
            ends = np.append(starts[1:], n)
            runs = [
                self._bounded(int(span[s]), e - s)
                for s, e in zip(starts.tolist(), ends.tolist(), strict=True)
            ]
            offsets = np.concatenate(runs) if runs else np.empty(0)
        return np.where(bad, np.nan, low + offsets)

    def _bounded(self, largest: int, n: int) -> Array:
        """n draws from 0..largest."""
        bits = largest.bit_length()
        width = self._stream.bits
        out = np.empty(n)
        done = 0
        while done < n:
            count = int((n - done) * 2.0**bits / (largest + 1) * 1.02) + 16
            if bits <= width:
                # numpy shifts a 64-bit word by at most 63 places
                raw = self._stream.peek(count)
                x = raw >> np.uint64(width - bits) if bits else np.zeros_like(raw)
                step = 1
            else:  # only under kiss32: two outputs make a value; not verified
                raw = self._stream.peek(2 * count)
                x = ((raw[::2] << np.uint64(32)) | raw[1::2]) >> np.uint64(64 - bits)
                step = 2
            accepted = np.flatnonzero(x <= np.uint64(largest))[: n - done]
            out[done : done + accepted.size] = x[accepted]
            done += accepted.size
            self._stream.advance(step * (int(accepted[-1]) + 1 if done == n else count))
        return out

    # -- normal --------------------------------------------------------------------------------------
    def normal(self, n: int) -> Array:
        """rnormal(): n standard normal draws (Knuth's Algorithm M on the mt64 stream; see _normal_batch)."""
        parts = []
        while n > 0:
            batch = min(n, 50_000)
            parts.append(self._normal_batch(batch))
            n -= batch
        return np.concatenate(parts) if parts else np.empty(0)

    def normal_ms(self, m: Parameter, s: Parameter, n: int) -> Array:
        """rnormal(m,s) = m + s z; missing where s < 0."""
        z = self.normal(n)
        with np.errstate(invalid="ignore", over="ignore"):
            return _finite(np.where(np.asarray(s) >= 0, m + s * z, np.nan))

    def _normal_batch(self, n: int) -> Array:
        """n normals at once, equal to drawing them one after the other.

        For every place of the stream we work out where the draw after one starting there would start; the
        places where draws really start are then found by pointer doubling, and only their values computed.
        """
        size = int(3.3 * n) + 200
        while True:
            u = self._convert(self._stream.peek(size))
            following, odd_z = _normal_steps(u)
            starts = _chain(following, n)
            last = starts[-1]
            if last < following.size and following[last] <= size:
                break
            size = int(size * 1.5)
        z = _rectangle_or(odd_z, u, starts)
        self._stream.advance(int(following[last]))
        return z

    # -- other distributions ---------------------------------------------------------------------------
    def weibull(self, a: Parameter, b: Parameter, n: int, g: Parameter = 0.0) -> Array:
        """rweibull(a,b[,g]) = g + b(-ln u)^(1/a), shape a, scale b, location g."""
        u = self._open_uniform(n)
        ok = (np.asarray(a) > 0) & (np.asarray(b) > 0)
        return self._masked(ok, lambda: g + b * (-np.log(u)) ** (1.0 / np.asarray(a, dtype=float)))

    def exponential(self, b: Parameter, n: int) -> Array:
        """rexponential(b) = -b ln u (the Weibull of shape 1); stream not verified."""
        u = self._open_uniform(n)
        return self._masked(np.asarray(b) > 0, lambda: -b * np.log(u))

    def logistic(self, m: Parameter, s: Parameter, n: int) -> Array:
        """rlogistic(m,s): inverse distribution function; stream not verified."""
        u = self._open_uniform(n)
        return self._masked(np.asarray(s) > 0, lambda: m + s * (np.log(u) - np.log1p(-u)))

    def cauchy(self, a: Parameter, b: Parameter, n: int) -> Array:
        """rcauchy(a,b): inverse distribution function; stream not verified."""
        u = self._open_uniform(n)
        return self._masked(np.asarray(b) > 0, lambda: a + b * np.tan(np.pi * (u - 0.5)))

    def laplace(self, m: Parameter, b: Parameter, n: int) -> Array:
        """rlaplace(m,b): inverse distribution function; stream not verified."""
        v = self._open_uniform(n) - 0.5
        return self._masked(np.asarray(b) > 0, lambda: m - b * np.sign(v) * np.log1p(-2 * np.abs(v)))

    def gamma(self, a: Parameter, b: Parameter, n: int) -> Array:
        """rgamma(a,b), shape a, scale b: inverse distribution function; stream not verified."""
        from scipy.special import gammaincinv

        u = self._open_uniform(n)
        ok = (np.asarray(a) > 0) & (np.asarray(b) > 0)
        return self._masked(ok, lambda: gammaincinv(a, u) * b)

    def chi2(self, df: Parameter, n: int) -> Array:
        """rchi2(df): inverse distribution function; stream not verified."""
        return self.gamma(np.asarray(df, dtype=float) / 2, 2.0, n)

    def beta(self, a: Parameter, b: Parameter, n: int) -> Array:
        """rbeta(a,b): inverse distribution function; stream not verified."""
        from scipy.special import betaincinv

        u = self._open_uniform(n)
        ok = (np.asarray(a) > 0) & (np.asarray(b) > 0)
        return self._masked(ok, lambda: betaincinv(a, b, u))

    def t(self, df: Parameter, n: int) -> Array:
        """rt(df): inverse distribution function; stream not verified."""
        from scipy.special import stdtrit

        u = self._open_uniform(n)
        return self._masked(np.asarray(df) > 0, lambda: stdtrit(df, u))

    def binomial(self, size: Parameter, p: Parameter, n: int) -> Array:
        """rbinomial(size,p).

        For size 1 Stata's own rule: p <= .5 gives 1 if u >= 1-p, p > .5 gives 1 if u < p.  For larger sizes
        the same rule carried on (inverse distribution function of the rarer outcome), stream not verified.
        """
        u = self._open_uniform(n)
        trials = np.broadcast_to(np.floor(np.asarray(size, dtype=float)), n)
        prob = np.broadcast_to(np.asarray(p, dtype=float), n)
        ok = (trials >= 1) & (prob > 0) & (prob < 1)
        trials, prob = np.where(ok, trials, 1.0), np.where(ok, prob, 0.5)
        rare = np.minimum(prob, 1 - prob)
        # not below 1-q: u equal to 1-q counts as a success
        count = np.where(u >= np.where(prob > 0.5, prob, 1 - prob), 1.0, 0.0)
        many = np.flatnonzero(trials > 1)
        if many.size:
            from scipy.special import betaincc

            t, q, v = trials[many], rare[many], u[many]

            def cdf(k: Array) -> Array:
                return betaincc(np.maximum(k, 0) + 1, np.maximum(t - k, 1e-300), q)

            if t[0] <= 100_000 and (t == t[0]).all() and (q == q[0]).all():
                t, q = t[0], q[0]
                count[many] = np.searchsorted(cdf(np.arange(t)), v, side="right")
            else:
                count[many] = _smallest_count(cdf, v, t * q, np.sqrt(t * q * (1 - q)), t)
        return np.where(ok, np.where(prob > 0.5, trials - count, count), np.nan)

    def poisson(self, mean: Parameter, n: int) -> Array:
        """rpoisson(m): inverse distribution function; stream not verified."""
        from scipy.special import pdtr

        u = self._open_uniform(n)
        m = np.broadcast_to(np.asarray(mean, dtype=float), n)
        ok = (m > 0) & (m < 1e11)
        m = np.where(ok, m, 1.0)
        count = _smallest_count(lambda k: pdtr(k, m), u, m, np.sqrt(m), np.full(n, np.inf))
        return np.where(ok, count, np.nan)

    def negative_binomial(self, size: Parameter, p: Parameter, n: int) -> Array:
        """rnbinomial(size,p), failures before the size-th success: inverse df; stream not verified."""
        from scipy.special import betainc

        u = self._open_uniform(n)
        r = np.broadcast_to(np.asarray(size, dtype=float), n)
        q = np.broadcast_to(np.asarray(p, dtype=float), n)
        ok = (r > 0) & (q > 0) & (q < 1)
        r, q = np.where(ok, r, 1.0), np.where(ok, q, 0.5)
        mean = r * (1 - q) / q
        count = _smallest_count(
            lambda k: betainc(r, np.maximum(k, 0) + 1, q), u, mean, np.sqrt(mean / q), np.full(n, np.inf)
        )
        return np.where(ok, count, np.nan)

    def inverse_gaussian(self, m: Parameter, a: Parameter, n: int) -> Array:
        """rigaussian(m,a): Michael, Schucany and Haas (1976), normals then uniforms; not verified."""
        z2 = self.normal(n) ** 2
        u = self._open_uniform(n)
        m, a = np.asarray(m, dtype=float), np.asarray(a, dtype=float)

        def draw() -> Array:
            c = m * z2 / (2 * a)
            x = m / (1 + c + np.sqrt(c * (2 + c)))
            return np.where(u <= m / (m + x), x, m * m / x)

        return self._masked((m > 0) & (a > 0), draw)

    def _open_uniform(self, n: int) -> Array:
        """Uniforms that are never 0 (kiss32 can give 0)."""
        return np.maximum(self.uniform(n), 2.0**-53)

    @staticmethod
    def _masked(ok: Array | np.bool_, draw: Callable[[], Array]) -> Array:
        with np.errstate(all="ignore"):
            return _finite(np.where(ok, draw(), np.nan))


def _finite(x: Array) -> Array:
    return np.where(np.isfinite(x), x, np.nan)


def _smallest_count(cdf: Callable[[Array], Array], u: Array, mean: Array, sd: Array, largest: Array) -> Array:
    """The smallest integer k >= 0 with cdf(k) > u, by doubling a bracket and bisection."""
    low = np.full(u.shape, -1.0)
    high = np.minimum(np.floor(mean + sd + 1), largest)
    step = np.ceil(sd + 1)
    while (short := (high < largest) & (cdf(high) <= u)).any():
        low = np.where(short, high, low)
        high = np.where(short, np.minimum(high + step, largest), high)
        step = 2 * step
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        above = (cdf(middle) > u) & (middle >= 0)
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return high


# -- Knuth, TAOCP vol. 2, 3.4.1, Algorithm M with 64 columns of width 1/8 ----------------------------

_H = 0.125
_TAIL = 31 * _H  # 3.875
_TAIL_PIECE = 63


@lru_cache(maxsize=1)
def normal_tables() -> tuple[Array, Array, Array, Array]:
    """A (64,) int, T (64,), D (31,), E (31,) of the recipe, from the half-normal density and its integral."""
    edges = _H * np.arange(32)
    g = np.sqrt(2 / np.pi) * np.exp(-(edges**2) / 2)
    area = np.diff([math.erf(x / math.sqrt(2)) for x in edges.tolist()])
    prob = np.zeros(64)
    prob[1:32] = 64 * g[1:] * _H
    prob[32:63] = 64 * area - prob[1:32]
    prob[63] = 64 * math.erfc(_TAIL / math.sqrt(2))
    alias, threshold = _alias_tables(prob)
    s, w = edges[:-1], g[1:]
    chord = g[:-1] - w
    tangent_at = _solve_tangent(chord / _H, s)
    density = np.sqrt(2 / np.pi) * np.exp(-(tangent_at**2) / 2)
    concave = s < 1
    upper = np.where(concave, _H * (s + _H) * w, chord)
    lower = np.where(concave, chord, density + chord / _H * (tangent_at - s) - w)
    return alias, threshold, lower / upper, w / upper


def _alias_tables(prob: Array) -> tuple[Array, Array]:
    q = prob.copy()
    alias = np.zeros(64, dtype=np.intp)
    threshold = prob.copy()
    for j in range(32, 64):
        d = 1 + int(np.argmax(q[1:16]))
        alias[j] = d
        q[d] -= 1 - prob[j]
    d = 1
    for j in [0, *range(16, 32), None]:
        while d < 15 and (q[d] < 1 or j is None):
            threshold[d], alias[d] = q[d], d + 1
            q[d + 1] -= 1 - q[d]
            d += 1
        if j is not None:
            alias[j] = d
            q[d] -= 1 - prob[j]
    threshold[15], alias[15] = 1.0, 15
    return alias, threshold


def _solve_tangent(slope: Array, s: Array) -> Array:
    """x in [s, s+h] where the half-normal density falls with the given slope: x g(x) = slope; bisection."""
    low, high = s.copy(), s + _H
    for _ in range(60):
        middle = (low + high) / 2
        # x g(x) falls with x beyond 1 (only those columns are used)
        above = middle * np.sqrt(2 / np.pi) * np.exp(-(middle**2) / 2) > slope
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def _pieces(u2: Array, u3: Array) -> tuple[Array, Array]:
    """Piece number and the fraction left of u3."""
    alias, threshold, _, _ = normal_tables()
    j = (64 * u2).astype(np.intp)
    t = threshold[j]
    own = u3 < t
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.where(own, u3 / t, (u3 - t) / (1 - t))
    return np.where(own, j, alias[j]), f


def _normal_steps(u: Array) -> tuple[Array, Array]:
    """For a draw starting at each place p of u: where the next starts, and |z| of wedge and tail draws.

    ``following`` has len(u)-2 entries; a draw that runs off the end has an entry beyond len(u)."""
    alias, threshold, _, _ = normal_tables()
    beyond = len(u) + 3
    m = len(u) - 2
    j = (64 * u[1:-1]).astype(np.intp)
    piece = np.where(u[2:] < threshold[j], j, alias[j])
    following = np.arange(3, m + 3)
    odd_z = np.zeros(m)
    for places, draw in (
        (np.flatnonzero((piece >= 32) & (piece < _TAIL_PIECE)), _wedge),
        (np.flatnonzero(piece == _TAIL_PIECE), _tail),
    ):
        at = places + 3
        while places.size:
            inside = at + 1 < len(u)
            following[places[~inside]] = beyond
            places, at = places[inside], at[inside]
            accepted, z = draw(u[at], u[at + 1], piece[places])
            following[places[accepted]] = at[accepted] + 2
            odd_z[places[accepted]] = z[accepted]
            places, at = places[~accepted], at[~accepted] + 2
    return following, odd_z


def _wedge(a: Array, b: Array, piece: Array) -> tuple[Array, Array]:
    _, _, d, e = normal_tables()
    k = piece - 32
    lo, hi = np.minimum(a, b), np.maximum(a, b)
    x = (k + lo) * _H
    curve = lo + e[k] * np.expm1((((k + 1) * _H) ** 2 - x * x) / 2)
    return (hi <= d[k]) | (hi <= curve), x


def _tail(a: Array, b: Array, piece: Array) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        x = np.sqrt(_TAIL**2 - 2 * np.log(b))
    return a * x < _TAIL, x


def _chain(following: Array, n: int) -> Array:
    """The first n places met when going from 0 along ``following`` (pointer doubling)."""
    jump = np.minimum(following, following.size)
    jump = np.append(jump, following.size)  # the end leads to itself
    places = np.zeros(1, dtype=np.intp)
    while places.size < n:
        places = np.concatenate([places, jump[places[: n - places.size]]])
        jump = jump[jump]
    return places


def _rectangle_or(odd_z: Array, u: Array, starts: Array) -> Array:
    """Signed values of the draws at ``starts``."""
    piece, f = _pieces(u[starts + 1], u[starts + 2])
    z = np.where(piece < 32, (piece - 1 + f) * _H, odd_z[starts])
    return np.where(u[starts] < 0.5, z, -z)
