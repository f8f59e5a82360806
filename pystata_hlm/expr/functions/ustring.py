"""Unicode string functions ([FN] String functions): positions and lengths count characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import EMPTY, ONE, ZERO, function
from pystata_hlm.expr.functions.text import as_int, decode, encode, per_distinct


@function("ustrlen", "s", "length in characters")
def ustrlen(s: Any) -> Any:
    return per_distinct(lambda raw: float(len(decode(raw))), s)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@function("udstrlen", "s", "number of display columns")
def udstrlen(s: Any) -> Any:
    return per_distinct(lambda raw: float(sum(map(_width, decode(raw)))), s)


def _part(value: str, start: float, count: float) -> str:
    if start != start or start == 0:
        return ""
    first = as_int(start) - 1 if start > 0 else len(value) + as_int(start)
    if first < 0 or first >= len(value):
        return ""
    return value[first:] if count != count else value[first : first + max(as_int(count), 0)]


def _finite(x: Any) -> Any:
    """NaN and beyond as a key that ``per_distinct`` can tell equal."""
    return np.where(np.isnan(x), np.inf, x)


_FAR = np.float64(2.0**31)
_REPLACEMENT = np.bytes_("\ufffd".encode())


def _nan(x: float) -> float:
    return np.nan if x == np.inf else x


@function("usubstr", "s n n", "substring from character n1 of length n2", missing="own")
def usubstr(s: Any, start: Any, count: Any) -> Any:
    return per_distinct(
        lambda raw, a, k: encode(_part(decode(raw), _nan(a), _nan(k))), s, _finite(start), _finite(count)
    )


@function("udsubstr", "s n n", "substring from character n1 of n2 display columns", missing="own")
def udsubstr(s: Any, start: Any, count: Any) -> Any:
    def one(raw: bytes, a: float, k: float) -> bytes:
        rest = _part(decode(raw), _nan(a), np.nan)
        if _nan(k) != _nan(k):
            return encode(rest)
        used, end = 0, 0
        while end < len(rest) and used + _width(rest[end]) <= k:
            used += _width(rest[end])
            end += 1
        return encode(rest[:end])

    return per_distinct(one, s, _finite(start), _finite(count))


@function("ustrleft", "s n", "first n characters", missing="own")
def ustrleft(s: Any, n: Any) -> Any:
    return per_distinct(
        lambda raw, k: encode(decode(raw)[: max(as_int(k), 0)]), s, np.where(np.isnan(n), 0, n)
    )


@function("ustrright", "s n", "last n characters", missing="own")
def ustrright(s: Any, n: Any) -> Any:
    def one(raw: bytes, k: float) -> bytes:
        value = decode(raw)
        return encode(value[max(len(value) - as_int(k), 0) :] if k >= 1 else "")

    return per_distinct(one, s, np.where(np.isnan(n), 0, n))


@function("ustrpos", "s s n?", "position of the first s2 in s1 (from character n), 0 when there is none")
def ustrpos(s: Any, part: Any, start: Any = ONE) -> Any:
    def one(raw: bytes, piece: bytes, k: float) -> float:
        return float(decode(raw).find(decode(piece), max(as_int(k) - 1, 0)) + 1) if piece else 0.0

    return per_distinct(one, s, part, start)


@function("ustrrpos", "s s n?", "position of the last s2 in s1 (up to character n), 0 when there is none")
def ustrrpos(s: Any, part: Any, last: Any = _FAR) -> Any:
    def one(raw: bytes, piece: bytes, k: float) -> float:
        value = decode(raw)
        return float(value.rfind(decode(piece), 0, as_int(k) - 1 + len(decode(piece))) + 1) if piece else 0.0

    return per_distinct(one, s, part, last)


@function("ustrupper", "s s?", "characters in uppercase")
def ustrupper(s: Any, locale: Any = EMPTY) -> Any:
    return per_distinct(lambda raw: encode(decode(raw).upper()), s)


@function("ustrlower", "s s?", "characters in lowercase")
def ustrlower(s: Any, locale: Any = EMPTY) -> Any:
    return per_distinct(lambda raw: encode(decode(raw).lower()), s)


@function("ustrtitle", "s s?", "first letter of each word in titlecase")
def ustrtitle(s: Any, locale: Any = EMPTY) -> Any:
    def one(raw: bytes) -> bytes:
        return encode(re.sub(r"[^\W\d_]+('[^\W\d_]+)?", lambda m: m[0].capitalize(), decode(raw)))

    return per_distinct(one, s)


@function("ustrtrim", "s", "without leading and trailing white space")
def ustrtrim(s: Any) -> Any:
    return per_distinct(lambda raw: encode(decode(raw).strip()), s)


@function("ustrltrim", "s", "without leading white space")
def ustrltrim(s: Any) -> Any:
    return per_distinct(lambda raw: encode(decode(raw).lstrip()), s)


@function("ustrrtrim", "s", "without trailing white space")
def ustrrtrim(s: Any) -> Any:
    return per_distinct(lambda raw: encode(decode(raw).rstrip()), s)


@function("ustrreverse", "s", "characters backwards")
def ustrreverse(s: Any) -> Any:
    return per_distinct(lambda raw: encode(decode(raw)[::-1]), s)


@function("usubinstr", "s s s n", "s1 with n occurrences (. all) of s2 replaced by s3", missing="own")
def usubinstr(s: Any, old: Any, new: Any, count: Any) -> Any:
    def one(raw: bytes, a: bytes, b: bytes, k: float) -> bytes:
        return raw if not a else raw.replace(a, b, -1 if k == np.inf else max(as_int(k), 0))

    return per_distinct(one, s, old, new, _finite(count))


_WORD = re.compile(r"\w+(?:['.]\w+)*|[^\w\s]", re.UNICODE)


@function("ustrword", "s n s?", "the n-th Unicode word", missing="own")
def ustrword(s: Any, n: Any, locale: Any = EMPTY) -> Any:
    def one(raw: bytes, k: float) -> bytes:
        words = _WORD.findall(decode(raw))
        place = as_int(k) - 1 if k > 0 else len(words) + as_int(k)
        return encode(words[place]) if k and 0 <= place < len(words) else b""

    return per_distinct(one, s, np.where(np.isnan(n), 0, n))


@function("ustrwordcount", "s s?", "number of Unicode words")
def ustrwordcount(s: Any, locale: Any = EMPTY) -> Any:
    return per_distinct(lambda raw: float(len(_WORD.findall(decode(raw)))), s)


@function("uchar", "n", "the character of Unicode code point n", missing="own")
def uchar(n: Any) -> Any:
    def one(code: float) -> bytes:
        good = 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
        return chr(int(code)).encode() if good else "\ufffd".encode()

    return per_distinct(one, np.where(np.isnan(n), -1.0, n))


@function("uisletter", "s", "1 if the first character is a letter")
def uisletter(s: Any) -> Any:
    return per_distinct(lambda raw: float(decode(raw)[:1].isalpha()), s)


@function("uisdigit", "s", "1 if the first character is a digit")
def uisdigit(s: Any) -> Any:
    return per_distinct(lambda raw: float(decode(raw)[:1].isdigit()), s)


@function("ustrtoname", "s n?", "s made a Stata name", missing="own")
def ustrtoname(s: Any, prefix: Any = ONE) -> Any:
    def one(raw: bytes, flag: float) -> bytes:
        name = re.sub(r"\W", "_", decode(raw))
        if flag != 0 and (not name or name[:1].isdigit()):
            name = "_" + name
        return encode(name[:32])

    return per_distinct(one, s, prefix)


@function("ustrinvalidcnt", "s", "number of invalid UTF-8 sequences")
def ustrinvalidcnt(s: Any) -> Any:
    return per_distinct(
        lambda raw: float(raw.decode("utf-8", "replace").count("\ufffd") - raw.count(b"\xef\xbf\xbd")), s
    )


@function("ustrfix", "s s?", "invalid UTF-8 sequences replaced")
def ustrfix(s: Any, mark: Any = _REPLACEMENT) -> Any:
    return per_distinct(
        lambda raw, by: re.sub(r"[\udc80-\udcff]+", decode(by), decode(raw)).encode(), s, mark
    )


@function("ustrnormalize", "s s", "the string in a Unicode normal form: nfc, nfd, nfkc, nfkd")
def ustrnormalize(s: Any, form: Any) -> Any:
    def one(raw: bytes, how: bytes) -> bytes:
        which = decode(how).upper()
        if which not in ("NFC", "NFD", "NFKC", "NFKD"):
            raise StataError(198, "invalid normalization form")
        return encode(unicodedata.normalize(which, decode(raw)))  # type: ignore[arg-type]

    return per_distinct(one, s, form)


@function("ustrtohex", "s n?", "escaped hexadecimal code points of the string")
def ustrtohex(s: Any, start: Any = ONE) -> Any:
    def one(raw: bytes, k: float) -> bytes:
        points = (ord(c) for c in decode(raw)[max(as_int(k) - 1, 0) :])
        return "".join(f"\\u{p:04x}" if p < 0x10000 else f"\\U{p:08x}" for p in points).encode()

    return per_distinct(one, s, start)


_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")


@function("ustrunescape", "s", "the string with its escapes \\uhhhh undone")
def ustrunescape(s: Any) -> Any:
    def one(raw: bytes) -> bytes:
        return encode(
            re.sub(
                r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})", lambda m: chr(int(m[1] or m[2], 16)), decode(raw)
            )
        )

    return per_distinct(one, s)


@function("tobytes", "s n?", "escaped decimal values of the bytes (hexadecimal when n is not 0)")
def tobytes(s: Any, hexadecimal: Any = ZERO) -> Any:
    def one(raw: bytes, flag: float) -> bytes:
        return "".join(f"\\x{b:02x}" if flag else f"\\d{b:03d}" for b in raw).encode()

    return per_distinct(one, s, hexadecimal)


@function("ustrto", "s s n", "the string in an encoding; mode 1 substitutes, 2 skips, 3 stops, 4 escapes")
def ustrto(s: Any, encoding: Any, mode: Any) -> Any:
    handlers = {1.0: "replace", 2.0: "ignore", 4.0: "backslashreplace"}

    def one(raw: bytes, name: bytes, how: float) -> bytes:
        value = decode(raw)
        try:
            return value.encode(decode(name), handlers.get(how, "strict"))
        except UnicodeError as error:
            return value[: error.start].encode(decode(name)) if isinstance(error, UnicodeEncodeError) else b""
        except LookupError:
            raise StataError(198, f"invalid encoding {decode(name)}") from None

    return per_distinct(one, s, encoding, mode)


@function(
    "ustrfrom", "s s n", "the string read in an encoding; mode 1 substitutes, 2 skips, 3 stops, 4 escapes"
)
def ustrfrom(s: Any, encoding: Any, mode: Any) -> Any:
    handlers = {1.0: "replace", 2.0: "ignore", 4.0: "backslashreplace"}

    def one(raw: bytes, name: bytes, how: float) -> bytes:
        try:
            return encode(raw.decode(decode(name), handlers.get(how, "strict")))
        except UnicodeDecodeError as error:
            return encode(raw[: error.start].decode(decode(name)))
        except LookupError:
            raise StataError(198, f"invalid encoding {decode(name)}") from None

    return per_distinct(one, s, encoding, mode)
