"""String functions on bytes ([FN] String functions); the Unicode ones are in ``ustring``.

Positions and lengths count bytes from 1, as in Stata.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import EMPTY, ONE, function
from pystata_hlm.expr.functions.text import (
    as_int,
    bytewise,
    decode,
    encode,
    join,
    lengths,
    per_distinct,
    plain_numbers,
    repeat,
    slices,
)
from pystata_hlm.expr.values import Num, Text, Value, ordered

# ---------------------------------------------------------------- length, position, parts


@function("strlen length", "s", "length in bytes", family="string")
def strlen(s: Any) -> Any:
    return lengths(s).astype(np.float64)


@function(
    "substr", "s n n", "substring from byte n1 (from the end when negative) of length n2", missing="own"
)
def substr(s: Any, start: Any, count: Any) -> Any:
    """A missing n2 means the rest of the string; a missing or zero n1 gives the empty string."""
    size = lengths(s).astype(np.float64)
    first = np.trunc(start)
    first = np.where(first < 0, first + size, first - 1)
    rest = size - first
    take = np.where(np.isnan(count), rest, np.minimum(np.trunc(count), rest))
    good = (np.isfinite(first)) & (first >= 0) & (first < size) & (take > 0)
    return slices(s, np.where(good, first, 0).astype(np.int64), np.where(good, take, 0).astype(np.int64))


@function("strpos index", "s s", "position of the first s2 in s1, 0 when there is none")
def strpos(s: Any, part: Any) -> Any:
    found = bytewise(np.strings.find, bytes.find, s, part).astype(np.float64) + 1
    return np.where(np.asarray(part) == b"", 0.0, found)


@function("strrpos", "s s", "position of the last s2 in s1, 0 when there is none")
def strrpos(s: Any, part: Any) -> Any:
    found = bytewise(np.strings.rfind, bytes.rfind, s, part).astype(np.float64) + 1
    return np.where(np.asarray(part) == b"", 0.0, found)


@function("indexnot", "s s", "position of the first character of s1 that is not in s2, 0 when all are")
def indexnot(s: Any, chars: Any) -> Any:
    def place(raw: bytes, allowed: bytes) -> float:
        return next((i + 1.0 for i, byte in enumerate(raw) if byte not in allowed), 0.0)

    return per_distinct(place, s, chars)


@function("subinstr", "s s s n", "s1 with n occurrences (. all) of s2 replaced by s3", missing="own")
def subinstr(s: Any, old: Any, new: Any, count: Any) -> Any:

    def one(raw: bytes, a: bytes, b: bytes, k: float) -> bytes:
        return raw if not a else raw.replace(a, b, max(as_int(k), 0) if k == k else -1)

    return per_distinct(one, s, old, new, count)


@function("subinword", "s s s n", "as subinstr(), but whole words", missing="own")
def subinword(s: Any, old: Any, new: Any, count: Any) -> Any:
    def one(raw: bytes, a: bytes, b: bytes, k: float) -> bytes:
        if not a or k <= 0:
            return raw
        pattern = rb"(?<!\S)" + re.escape(a) + rb"(?!\S)"
        return re.sub(pattern, lambda _: b, raw, count=as_int(k))

    return per_distinct(one, s, old, new, np.where(np.isnan(count), 2.0**31, np.trunc(count)))


# ---------------------------------------------------------------- case and blanks


@function("strlower lower", "s", "ASCII letters in lowercase")
def strlower(s: Any) -> Any:
    return bytewise(np.strings.lower, bytes.lower, s)


@function("strupper upper", "s", "ASCII letters in uppercase")
def strupper(s: Any) -> Any:
    return bytewise(np.strings.upper, bytes.upper, s)


@function("strproper proper", "s", "first letter of each run of letters in uppercase, others lowercase")
def strproper(s: Any) -> Any:
    return bytewise(np.strings.title, bytes.title, s)


_BLANK = np.bytes_(b" ")


def _strip(which: str) -> Any:
    def run(s: Any) -> Any:
        return bytewise(getattr(np.strings, which), getattr(bytes, which), s, _BLANK)

    return run


function("strtrim trim", "s", "without leading and trailing blanks", family="string")(_strip("strip"))
function("strltrim ltrim", "s", "without leading blanks", family="string")(_strip("lstrip"))
function("strrtrim rtrim", "s", "without trailing blanks", family="string")(_strip("rstrip"))


@function("stritrim itrim", "s", "several blanks inside made one")
def stritrim(s: Any) -> Any:
    def one(raw: bytes) -> bytes:
        lead = len(raw) - len(raw.lstrip(b" "))
        return raw[:lead] + re.sub(rb"(\S) +(?=\S)", rb"\1 ", raw[lead:])

    return per_distinct(one, s)


@function("strreverse reverse", "s", "the string backwards")
def strreverse(s: Any) -> Any:
    return per_distinct(lambda raw: raw[::-1], s)


# ---------------------------------------------------------------- words


@function("word", "s n", "the n-th word, from the end when n is negative", missing="own")
def word(s: Any, n: Any) -> Any:
    def one(raw: bytes, k: float) -> bytes:
        if k != k:
            return b""
        words = raw.split()
        place = as_int(k) - 1 if k > 0 else len(words) + as_int(k)
        return words[place] if k and 0 <= place < len(words) else b""

    return per_distinct(one, s, n)


@function("wordcount", "s", "number of words")
def wordcount(s: Any) -> Any:
    return per_distinct(lambda raw: float(len(raw.split())), s)


# ---------------------------------------------------------------- numbers and strings

_GENERAL = np.bytes_(b"%9.0g")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([edED][+-]?\d+)?")
_HEX = re.compile(r"([+-]?)([01])\.([0-9a-fA-F]+)[xX]([+-][0-9a-fA-F]+)")


def to_number(raw: bytes) -> float:
    """The number that a string spells, NaN when it does not spell one."""
    spelled = raw.strip().decode("ascii", "replace")
    if _NUMBER.fullmatch(spelled):
        return float(spelled.replace("d", "e").replace("D", "e"))
    found = _HEX.fullmatch(spelled)
    if found:
        sign, lead, digits, power = found.groups()
        value = (int(lead) + int(digits, 16) / 16 ** len(digits)) * 2.0 ** int(power, 16)
        return -value if sign == "-" else value
    return np.nan


@function("real", "s", "the number that s spells, missing when it spells none", missing="own")
def real(s: Any) -> Any:
    found = plain_numbers(s) if np.ndim(s) else None
    return per_distinct(to_number, s) if found is None else found


@function("strofreal string", "v s?", "the number as a string, in %9.0g or the format given", missing="own")
def strofreal(x: Value, fmt: Any = _GENERAL) -> Any:
    from pystata_hlm import formats

    if isinstance(x, Text):
        raise StataError.type_mismatch()
    floats = x.floats()
    codes = np.zeros(floats.shape) if x.codes is None else x.codes

    def one(value: float, code: float, spec: bytes) -> bytes:
        if value >= 1e300:
            value = np.nan
        return encode(formats.format_number(value, decode(spec), int(code)).strip())

    checked = set(np.atleast_1d(np.asarray(fmt)).tolist())
    for spec in checked:
        if not formats.is_valid_format(decode(spec)):
            raise StataError(120, "invalid %format")
    # NaNs are made equal so that the distinct values are few
    keys = np.where(np.isnan(floats), np.inf, ordered_key(x))
    if floats.ndim and np.ndim(fmt) == 0 and fmt == _GENERAL:
        whole = (np.abs(keys) < 1e7) & (keys == np.trunc(keys))  # %9.0g shows these with all their digits
        if whole.any():
            rest = np.zeros(0, "S9") if whole.all() else per_distinct(one, keys[~whole], codes[~whole], fmt)
            out = np.zeros(len(keys), dtype=f"S{max(9, rest.dtype.itemsize)}")
            out[whole] = keys[whole].astype(np.int64).astype("S9")
            out[~whole] = rest
            return out
    return per_distinct(one, keys, codes, fmt)


def ordered_key(x: Num) -> Any:
    """Values as a key for ``per_distinct``."""
    floats = x.floats()
    return ordered(x) if np.isnan(floats).any() else floats


@function("char", "n", "the byte of ASCII code n", missing="own")
def char(n: Any) -> Any:
    def one(code: float) -> bytes:
        return bytes([int(code)]) if 0 <= code <= 255 and code == code else b""

    return per_distinct(one, n)


# ---------------------------------------------------------------- matching and naming


@function("strmatch", "s s", "1 if s1 matches the pattern s2 (* and ?)")
def strmatch(s: Any, pattern: Any) -> Any:
    def one(raw: bytes, mask: bytes) -> float:
        parts = [
            b".*" if c == b"*" else b"." if c == b"?" else re.escape(c)
            for c in (mask[i : i + 1] for i in range(len(mask)))
        ]
        return float(re.fullmatch(b"".join(parts), raw, re.DOTALL) is not None)

    return per_distinct(one, s, pattern)


@function("abbrev", "s n", "the name abbreviated to n columns with ~", missing="own")
def abbrev(s: Any, n: Any) -> Any:
    from pystata_hlm.data import names

    def one(raw: bytes, width: float) -> bytes:
        if width != width:
            return raw
        return encode(names.abbrev(decode(raw), int(min(max(width, 5), 32))))

    return per_distinct(one, s, n)


@function("strtoname", "s n?", "s made a Stata name", missing="own")
def strtoname(s: Any, prefix: Any = ONE) -> Any:
    def one(raw: bytes, flag: float) -> bytes:
        name = re.sub(rb"[^A-Za-z0-9_]", b"_", raw)
        if flag != 0 and (not name or name[:1].isdigit()):
            name = b"_" + name
        return name[:32]

    return per_distinct(one, s, prefix)


@function("plural", "n s s?", "s1 in the plural unless n is 1 or -1; s2 tells how")
def plural(n: Any, s: Any, rule: Any = EMPTY) -> Any:
    def one(count: float, noun: bytes, how: bytes) -> bytes:
        if abs(count) == 1:
            return noun
        if not how:
            return noun + b"s"
        if how[:1] == b"+":
            return noun + how[1:]
        if how[:1] == b"-":
            ending = how[1:]
            return noun[: -len(ending)] if ending and noun.endswith(ending) else noun
        return how

    return per_distinct(one, n, s, rule)


_SOUNDEX = {c: d for d, group in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in group}


def _soundex(raw: bytes, separators: str) -> bytes:
    """Consonants coded 1-6, equal neighbours once; ``separators`` keep equal codes apart. Four characters."""
    letters = [c for c in raw.decode("ascii", "ignore").upper() if c.isalpha()]
    if not letters:
        return b""
    code, last = letters[0], _SOUNDEX.get(letters[0], 0)
    for letter in letters[1:]:
        digit = _SOUNDEX.get(letter, 0)
        if digit and digit != last:
            code += str(digit)
        if digit or letter in separators:
            last = digit
    return code[:4].ljust(4, "0").encode()


@function("soundex", "s", "the soundex code of a name")
def soundex(s: Any) -> Any:
    return per_distinct(lambda raw: _soundex(raw, "AEIOUYHW"), s)


@function("soundex_nara", "s", "the U.S. Census soundex code of a name")
def soundex_nara(s: Any) -> Any:
    """h and w do not keep equal codes apart."""
    return per_distinct(lambda raw: _soundex(raw, "AEIOUY"), s)


@function("strcat", "s s", "s1 followed by s2")
def strcat(a: Any, b: Any) -> Any:
    return join(a, b)


@function("strdup", "s n", "s repeated n times", missing="own")
def strdup(s: Any, n: Any) -> Any:
    return repeat(s, n)
