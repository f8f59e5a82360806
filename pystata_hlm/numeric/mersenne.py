"""The two uniform generators behind Stata's random numbers: MT19937-64 and KISS (32 bits).

A stream hands out its next integers by ``peek`` and forgets them by ``advance``, so that a method which takes
a varying number of them per draw (normals, rejection) can be computed for a whole batch at once.

Sources: M. Matsumoto and T. Nishimura, "Tables of 64-bit Mersenne twisters" (ACM TOMACS 10, 2000);
G. Marsaglia's KISS postings; start values and seeding from shared/reference/random-numbers.md.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

U64 = np.ndarray  # of dtype uint64


class Stream(Protocol):
    """A stream of unsigned integers with ``bits`` bits each, held in uint64 arrays."""

    bits: int

    def seed(self, seed: int) -> None: ...
    def peek(self, n: int) -> U64: ...
    def advance(self, n: int) -> None: ...
    @property
    def state(self) -> str: ...
    def set_state(self, text: str) -> None: ...


_N, _M = 312, 156
_UPPER = np.uint64(0xFFFFFFFF80000000)
_LOWER = np.uint64(0x7FFFFFFF)
_MATRIX = np.uint64(0xB5026F5AA96619E9)
_ONE = np.uint64(1)


class MersenneTwister64:
    """MT19937-64.  The state's text is "XAA", 312 words and the position, 16 hexadecimal digits each."""

    bits = 64

    def __init__(self, seed: int = 123456789) -> None:
        self.seed(seed)

    def seed(self, seed: int) -> None:
        words = [seed & 0xFFFFFFFFFFFFFFFF]
        for i in range(1, _N):
            previous = words[-1]
            words.append((6364136223846793005 * (previous ^ (previous >> 62)) + i) & 0xFFFFFFFFFFFFFFFF)
        self._start(np.array(words, dtype=np.uint64), _N)

    def _start(self, words: U64, position: int) -> None:
        self._blocks = words.reshape(1, _N)  # state words, a row per block of 312 outputs
        self._outputs = _temper(words)
        self._position = position  # of the next output in _outputs

    def peek(self, n: int) -> U64:
        """The next n outputs, uint64, without taking them."""
        lacking = self._position + n - self._outputs.size
        if lacking > 0:
            self._extend(-(-lacking // _N))
        return self._outputs[self._position : self._position + n]

    def advance(self, n: int) -> None:
        self._position += n

    def _extend(self, count: int) -> None:
        """Drop the blocks already used up and append ``count`` new ones."""
        used = min((self._position - 1) // _N, len(self._blocks) - 1) if self._position else 0
        kept = self._blocks[used:]
        blocks = np.empty((len(kept) + count, _N), dtype=np.uint64)
        blocks[: len(kept)] = kept
        for b in range(len(kept), len(blocks)):
            _twist(blocks[b - 1], blocks[b])
        new_outputs = _temper(blocks[len(kept) :].reshape(-1))
        self._outputs = np.concatenate([self._outputs[used * _N :], new_outputs])
        self._blocks = blocks
        self._position -= used * _N

    @property
    def state(self) -> str:
        block = min(max(self._position - 1, 0) // _N, len(self._blocks) - 1)
        words = [*self._blocks[block].tolist(), self._position - block * _N]
        return "XAA" + "".join(f"{w:016x}" for w in words)

    def set_state(self, text: str) -> None:
        """Take up a state written by :attr:`state`; ValueError when the text is not one."""
        digits = text[3:]
        if not text.startswith("XAA") or len(digits) != 16 * (_N + 1):
            raise ValueError("not an mt64 state")
        words = [int(digits[i : i + 16], 16) for i in range(0, len(digits), 16)]
        if words[-1] > _N:
            raise ValueError("not an mt64 state")
        self._start(np.array(words[:-1], dtype=np.uint64), words[-1])


def _twist(old: U64, new: U64) -> None:
    """One step of the recurrence for a whole block; every operand but the last word's is known beforehand."""
    x = (old[:-1] & _UPPER) | (old[1:] & _LOWER)
    x = (x >> _ONE) ^ ((x & _ONE) * _MATRIX)
    np.bitwise_xor(old[_M:], x[:_M], out=new[:_M])
    np.bitwise_xor(new[: _M - 1], x[_M:], out=new[_M:-1])
    last = (old[-1] & _UPPER) | (new[0] & _LOWER)
    new[-1] = new[_M - 1] ^ (last >> _ONE) ^ ((last & _ONE) * _MATRIX)


def _temper(x: U64) -> U64:
    x = x ^ ((x >> np.uint64(29)) & np.uint64(0x5555555555555555))
    x ^= (x << np.uint64(17)) & np.uint64(0x71D67FFFEDA60000)
    x ^= (x << np.uint64(37)) & np.uint64(0xFFF7EEE000000000)
    x ^= x >> np.uint64(43)
    return x


_MASK32 = np.uint64(0xFFFFFFFF)
_Z_MULTIPLIER, _W_MULTIPLIER = 65184, 63663
_Z_MODULUS, _W_MODULUS = _Z_MULTIPLIER * 65536 - 1, _W_MULTIPLIER * 65536 - 1


class Kiss32:
    """KISS: congruential + xorshift + two multiply-with-carry generators, mod 2^32.

    Each part is run forward for a whole batch by doubling: from outputs 1..m and the map "m steps on" come
    m+1..2m.  (A multiply-with-carry step z -> a (z mod 2^16) + floor(z / 2^16) is z -> a z mod (a 2^16 - 1).)
    A fresh session has no seed; ``seed(s)`` sets x = s and throws 100 outputs away.  The state's text is "X",
    then x, y, z, w and 8 digits whose meaning is not known, as a fresh Stata session shows them.
    """

    bits = 32
    START = (123456789, 521288629, 362436069, 2262615)
    TAIL = "00043556"

    def __init__(self) -> None:
        self._restart(*self.START)

    def _restart(self, *parts: int) -> None:
        self._parts = parts
        self._outputs = np.empty(0, dtype=np.uint64)
        self._history = np.empty((4, 0), dtype=np.uint64)
        self._position = 0

    def seed(self, seed: int) -> None:
        self._restart(seed & 0xFFFFFFFF, *self.START[1:])
        self.peek(100)
        self.advance(100)

    def peek(self, n: int) -> U64:
        lacking = self._position + n - self._outputs.size
        if lacking > 0:
            kept = slice(self._position, None)
            parts = tuple(int(p) for p in self._history[:, -1]) if self._history.size else self._parts
            if self._position:
                self._parts = tuple(int(p) for p in self._history[:, self._position - 1])
            more = _kiss_parts(parts, max(lacking, 256))
            self._history = np.concatenate([self._history[:, kept], more], axis=1)
            x, y, z, w = more
            new = (x + y + z + (w << np.uint64(16))) & _MASK32
            self._outputs = np.concatenate([self._outputs[kept], new])
            self._position = 0
        return self._outputs[self._position : self._position + n]

    def advance(self, n: int) -> None:
        self._position += n

    @property
    def state(self) -> str:
        parts = self._history[:, self._position - 1].tolist() if self._position else self._parts
        return "X" + "".join(f"{p:08x}" for p in parts) + self.TAIL

    def set_state(self, text: str) -> None:
        if len(text) != 41 or text[0] not in "Xx":
            raise ValueError("not a kiss32 state")
        self._restart(*(int(text[i : i + 8], 16) for i in range(1, 33, 8)))


def _kiss_parts(parts: tuple[int, ...], n: int) -> U64:
    """(4, n): the parts after 1..n steps."""
    x, y, z, w = parts
    return np.stack(
        [
            _congruential(x, n),
            _xorshift(y, n),
            _multiply_with_carry(z, n, _Z_MULTIPLIER, _Z_MODULUS),
            _multiply_with_carry(w, n, _W_MULTIPLIER, _W_MODULUS),
        ]
    )


def _congruential(x: int, n: int) -> U64:
    out = np.empty(n, dtype=np.uint64)
    a, c = 69069, 1234567
    out[0] = (a * x + c) & 0xFFFFFFFF
    done = 1
    while done < n:
        m = min(done, n - done)
        out[done : done + m] = (out[:m] * np.uint64(a) + np.uint64(c)) & _MASK32
        done += m
        a, c = a * a & 0xFFFFFFFF, (a * c + c) & 0xFFFFFFFF
    return out


def _multiply_with_carry(z: int, n: int, a: int, modulus: int) -> U64:
    out = np.empty(n, dtype=np.uint64)
    out[0] = a * (z & 65535) + (z >> 16)
    done, power = 1, a
    while done < n:
        m = min(done, n - done)
        out[done : done + m] = out[:m] * np.uint64(power) % np.uint64(modulus)
        done += m
        power = power * power % modulus
    return out


def _xorshift_step(y: U64) -> U64:
    y = y ^ (y << np.uint64(13)) & _MASK32
    y = y ^ (y >> np.uint64(17))
    return y ^ (y << np.uint64(5)) & _MASK32


def _xorshift(y: int, n: int) -> U64:
    """The map is linear over GF(2): column b of its matrix is the image of bit b."""
    out = np.empty(n, dtype=np.uint64)
    out[:1] = _xorshift_step(np.array([y], dtype=np.uint64))
    columns = _xorshift_step(_ONE << np.arange(32, dtype=np.uint64))
    done = 1
    while done < n:
        m = min(done, n - done)
        out[done : done + m] = _gf2_multiply(columns, out[:m])
        done += m
        columns = _gf2_multiply(columns, columns)
    return out


def _gf2_multiply(columns: U64, vectors: U64) -> U64:
    out = np.zeros_like(vectors)
    for b in range(32):
        out ^= columns[b] * ((vectors >> np.uint64(b)) & _ONE)
    return out
