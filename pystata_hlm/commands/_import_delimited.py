"""import delimited: read delimited text.   import delimited [[extvarlist] using] filename [, options]"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pystata_hlm.commands import _importing as shared
from pystata_hlm.data import reading, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.delimited import Dialect, Fields, scan
from pystata_hlm.data.names import check
from pystata_hlm.data.textfile import to_utf8
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Opt
from pystata_hlm.runtime.words import tokens

OPTIONS = (
    Opt("delimiters", 1, "text"),
    Opt("rowrange", 3, "text"),
    Opt("colrange", 3, "text"),
    Opt("varnames", 3, "string"),
    Opt("case", 0, "string"),
    Opt("asdouble", 3),
    Opt("asfloat", 3),
    Opt("encoding", 3, "string"),
    Opt("charset", 4, "string"),
    Opt("stripquotes", 5, "string"),
    Opt("bindquotes", 4, "string"),
    Opt("maxquotedrows", 4, "string"),
    Opt("numericcols", 3, "text"),
    Opt("stringcols", 6, "text"),
    Opt("parselocale", 8, "string"),
    Opt("decimalseparator", 3, "string"),
    Opt("groupseparator", 5, "string"),
    Opt("emptylines", 5, "string"),
    Opt("favorstrfixed", 5),
    Opt("threads", 0, "int"),
    Opt("clear"),
)
_KEYWORDS = {
    "comma": ",",
    "tab": "\t",
    "space": " ",
    "semicolon": ";",
    "\\t": "\t",
}
_SEPARATORS = {
    # language of a locale: decimal and group separator of numbers (Unicode CLDR)
    **dict.fromkeys(
        ("de", "es", "it", "nl", "da", "pt", "id", "tr", "el", "hr", "sl", "ro", "vi"), (",", ".")
    ),
    **dict.fromkeys(
        ("fr", "nb", "no", "nn", "fi", "sv", "cs", "sk", "pl", "ru", "uk", "bg", "hu"), (",", "\u00a0")
    ),
    **dict.fromkeys(("en", "ja", "zh", "ko", "he", "th", "ms"), (".", ",")),
}
_SWISS = re.compile(r"(de|fr|it)_(ch|li)")


def choice(options: dict[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    """A keyword argument; r(198) when it is none of those allowed."""
    value = str(options.get(name, default)).lower()
    if value not in allowed:
        raise StataError(198, f"option {name}() incorrectly specified")
    return value


def delimiter_option(text: str) -> tuple[bytes, bool, bool]:
    """``delimiters("chars"[, collapse|asstring])``: the delimiters, whether they are one string, whether runs collapse."""
    found = re.fullmatch(r"\s*(`\".*?\"'|\".*?\"|[^,]*?|,)\s*(?:,\s*(\w+)\s*)?", text, re.DOTALL)
    if found is None:
        raise StataError(198, "option delimiters() incorrectly specified")
    chars, how = strip_quotes(found[1]), (found[2] or "").lower()
    collapse = bool(how) and "collapse".startswith(how)
    as_string = bool(how) and "asstring".startswith(how)
    if (how and not (collapse or as_string)) or not chars:
        raise StataError(198, "option delimiters() incorrectly specified")
    if chars.lower() == "whitespace":
        return b" \t", False, True
    chars = _KEYWORDS.get(chars.lower(), chars).replace("\\t", "\t")
    raw = chars.encode()
    return raw, as_string or not raw.isascii(), collapse


def detect(first: bytes) -> bytes:
    """Tab or comma, from the first line; what stands in quotes does not count."""
    plain = re.sub(rb'"[^"]*"', b"", first)
    return b"\t" if plain.count(b"\t") > 0 and plain.count(b"\t") >= plain.count(b",") else b","


def read_range(options: dict[str, Any], name: str) -> tuple[int, int | None]:
    """``[start][:end]``: first number (1 when left out) and last (None: to the end)."""
    text = str(options.get(name, "")).strip()
    found = re.fullmatch(r"(\d*)\s*(?:(:)\s*(\d*))?", text)
    if found is None or (not text and name in options):
        raise StataError(198, f"option {name}() incorrectly specified")
    start = int(found[1]) if found[1] else 1
    last = int(found[3]) if found[3] else None
    if start < 1 or (last is not None and last < start):
        raise StataError(198, f"option {name}() incorrectly specified")
    return start, last


def column_numbers(options: dict[str, Any], name: str, k: int) -> set[int]:
    """The columns of ``numericcols()`` and ``stringcols()``, from 0."""
    if name not in options:
        return set()
    text = str(options[name]).strip()
    if text == "_all":
        return set(range(k))
    return {int(value) - 1 for value in parse_numlist(text.replace(",", " "))}


def separators(options: dict[str, Any]) -> tuple[str, str]:
    """Decimal and group separators, "" for the plain ones."""
    decimal = group = ""
    if "parselocale" in options:
        locale = str(options["parselocale"]).lower().replace("-", "_")
        found = (".", "\u2019") if _SWISS.match(locale) else _SEPARATORS.get(locale.partition("_")[0])
        if found is None:
            raise StataError(198, f"parselocale({options['parselocale']}) not found")
        decimal, group = found
    return str(options.get("decimalseparator", decimal)), str(options.get("groupseparator", group))


def heading_row(fields: Fields, start: int, options: dict[str, Any], blank: np.ndarray) -> int | None:
    """The row (from 0) that holds the variable names, None when there is none."""
    given = str(options.get("varnames", "")).strip().lower()
    if given:
        if "nonames".startswith(given) and len(given) > 2:
            return None
        if not given.isdigit() or not int(given):
            raise StataError(198, "option varnames() incorrectly specified")
        row = int(given) - 1
        if row >= fields.rows:
            raise StataError(198, "option varnames() incorrectly specified")
        return row
    filled = np.flatnonzero(~blank)
    if not len(filled):
        return None
    first = int(filled[0])
    if any(reading.is_number(field) for field in fields.row(first)) or len(filled) == 1:
        return None if len(filled) > 1 else first
    # a heading is told from text by a column of numbers below it
    below = fields.select(filled[1:], slice(None))
    for j in range(fields.k):
        column = below.column(j)
        values, codes, good = reading.numbers(column)
        if good.all() and (not np.isnan(values).all() or codes is not None or bool((column == b".").any())):
            return first
    return None


def blank_rows(fields: Fields) -> np.ndarray:
    if not fields.rows:
        return np.zeros(0, dtype=bool)
    starts, stops = fields.starts, fields.stops
    return np.asarray((stops[:, 0] == starts[:, 0]) & (starts[:, -1] == starts[:, 0]))


def dialect_of(options: dict[str, Any], first: bytes) -> Dialect:
    quoted = str(options.get("maxquotedrows", "20")).strip().lower()
    if quoted != "unlimited" and not quoted.isdigit():
        raise StataError(198, "option maxquotedrows() incorrectly specified")
    marks, as_string, collapse = detect(first), False, False
    if "delimiters" in options:
        marks, as_string, collapse = delimiter_option(str(options["delimiters"]))
    return Dialect(
        delimiters=marks,
        as_string=as_string,
        collapse=collapse,
        bind=choice(options, "bindquotes", ("loose", "strict", "nobind"), "loose"),
        strip=choice(options, "stripquotes", ("default", "yes", "no"), "default"),
        max_quoted=0 if quoted == "unlimited" else int(quoted),
        keep_empty=True,
    )


def build(
    fields: Fields, names: list[str], headings: list[str], first: int, options: dict[str, Any], default: str
) -> Dataset:
    """The dataset of the selected rows; ``first`` is the number of the first column in the file, from 0."""
    real = "double" if "asdouble" in options else "float" if "asfloat" in options else default
    decimal, group = separators(options)
    k = first + fields.k
    as_string, as_number = column_numbers(options, "stringcols", k), column_numbers(options, "numericcols", k)
    data = Dataset(n=fields.rows)
    for j, name in enumerate(names):
        strings = fields.column(j)
        if first + j in as_string:
            column = Column.text(strings)
        else:
            numbers = reading.punctuated(strings, decimal, group) if decimal or group else strings
            column = reading.forced(numbers, real) if first + j in as_number else reading.guess(numbers, real)
            if column.is_string:
                column = Column.text(strings)
        data.add(name, shared.labelled(column, headings[j] if headings[j] != name else ""))
    return data


def extended_names(text: str, names: list[str]) -> list[str]:
    """The names that ``import delimited extvarlist using`` gives, in the order of the file."""
    words = tokens(text)
    for word in words:
        check(word)
    if len(words) > len(names):
        raise StataError.too_many_variables()
    if len(set(words)) < len(words):
        raise StataError(198, "repeated variable name")
    rest = [name if name not in words else f"v{j + 1}" for j, name in enumerate(names)]
    return words + rest[len(words) :]


def read_text(raw: bytes, options: dict[str, Any], default: str, extended: str = "") -> tuple[Dataset, str]:
    """The dataset that delimited text holds, and its encoding."""
    text, encoding = to_utf8(raw, str(options.get("encoding", options.get("charset", ""))))
    if "\0" in str(options.get("delimiters", "")) or b"\0" in text:
        text = text.replace(b"\0", b" ")
    first_line = text.lstrip(b"\n").partition(b"\n")[0]
    fields = scan(text, dialect_of(options, first_line))
    blank = blank_rows(fields)
    case = shared.check_case(options, "lower")
    start, stop = read_range(options, "rowrange")
    left, right = read_range(options, "colrange")
    header = heading_row(fields, start, options, blank)
    rows = np.ones(fields.rows, dtype=bool)
    if choice(options, "emptylines", ("skip", "fill"), "skip") == "skip":
        rows &= ~blank
    rows[: max(start - 1, 0 if header is None else header + 1)] = False
    if stop is not None:
        rows[stop:] = False
    right = fields.k if right is None else min(right, fields.k)
    columns = slice(left - 1, max(right, left - 1))
    headings = [""] * fields.k
    if header is not None:
        headings = [field.decode("utf-8", "replace").strip() for field in fields.row(header)]
    names = shared.named(headings[columns], lambda j: f"v{left + j}", case)
    if extended:
        names = extended_names(extended, names)
    chosen = fields.select(np.flatnonzero(rows), columns)
    if not chosen.k:
        return Dataset(), encoding
    return build(chosen, names, headings[columns], left - 1, options, default), encoding


def run(text: str, ctx: Context) -> None:
    node, options, name = shared.parsed(text, OPTIONS, (), ctx)
    shared.refuse_qualifiers(node)
    if "asdouble" in options and "asfloat" in options:
        raise StataError(198, "options asfloat and asdouble may not be combined")
    if options.get("threads", 1) < 1:
        raise StataError(198, "option threads() incorrectly specified")
    shared.need_file(name)
    shared.need_empty(ctx, "clear" in options)
    extended = node.text if node.clauses.using is not None else ""
    raw = shared.contents(name, ".csv", ctx)
    default = ctx.settings.type if ctx.settings.type in storage.NUMERIC_TYPES[3:] else "float"
    data, encoding = read_text(raw, options, default, extended)
    shared.adopt_new(data, ctx)
    if ctx.settings.release >= 17 and "encoding" not in options and "charset" not in options:
        ctx.say(f"(encoding automatically selected: {encoding})")
    ctx.say(shared.size_note(data))
