"""Storing values of expressions as columns, and the notes that go with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column, longest
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Num, Text, Value
from pystata_hlm.formats import format_column


def plural(n: int, one: str, many: str) -> str:
    """``1 observation`` or ``1,234 observations``."""
    return f"{n:,} {one if n == 1 else many}"


def missing_note(n: int) -> str:
    """``(3 missing values generated)``."""
    return f"({plural(n, 'missing value', 'missing values')} generated)"


def numbers(value: Num, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Values and codes of an expression, one per observation."""
    values = np.broadcast_to(value.floats(), (n,))
    codes = value.codes
    return values, None if codes is None else np.broadcast_to(codes, (n,))


def texts(value: Text, n: int) -> np.ndarray:
    """Byte strings of an expression, one per observation."""
    return np.broadcast_to(value.values, (n,))


def build(value: Value, n: int, stype: str | None, default: str, sample: np.ndarray | None = None) -> Column:
    """A new column holding a value where ``sample`` is true (all rows when None), missing elsewhere.

    ``stype`` None takes the session's default type, or the smallest string type; r(109) when type and value
    do not go together.
    """
    if isinstance(value, Text):
        if stype is not None and not storage.is_string(stype):
            raise StataError.type_mismatch()
        strings = texts(value, n)
        if sample is not None and not sample.all():
            strings = np.where(
                sample, strings, np.zeros((), strings.dtype) if strings.dtype.kind == "S" else b""
            )
        return Column.text(strings, "" if stype in (None, "str") else str(stype))
    if stype is not None and storage.is_string(stype):
        raise StataError.type_mismatch()
    values, codes = numbers(value, n)
    if sample is not None and not sample.all():
        values = np.where(sample, values, np.nan)
        codes = None if codes is None else np.where(sample, codes, np.int8(0))
    return Column.numeric(values, codes, stype or default)


def count_missing(column: Column) -> int:
    return int(np.count_nonzero(column.is_missing()))


def same_text(a: Any, b: Any) -> np.ndarray:
    return np.asarray(a == b, dtype=bool)


def differs(data: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mask of the values that are other than before, of one numeric type: ``.`` and ``.a`` differ, 0 and -0 do not."""
    changed = data != before
    if data.dtype.kind == "f":
        both = np.isnan(data) & np.isnan(before)
        if both.any():
            rows = np.flatnonzero(both)
            a, b = missing.decode(data[rows])[1], missing.decode(before[rows])[1]
            zero = np.zeros(len(rows), dtype=np.int8)
            changed[rows] = (zero if a is None else a) != (zero if b is None else b)
    return np.asarray(changed)


def merged(
    old: Column, value: Value, sample: np.ndarray, n: int, name: str, promote: bool = True
) -> tuple[Column, np.ndarray, str]:
    """``replace``: the column with ``value`` where ``sample`` is true.

    Returns the new column, the mask of real changes, and the promotion note ("" when the type stays).
    """
    if isinstance(value, Text) != old.is_string:
        raise StataError.type_mismatch()
    if isinstance(value, Text):
        strings = texts(value, n)
        width = longest(strings[sample]) if sample.any() else 0
        stype = storage.promote_string(old.stype, width) if promote else old.stype
        before = old.recast(stype).data
        data = np.where(sample, strings, before)
        column = Column.text(data, stype).with_(**_kept(old))
        if stype != old.stype and old.format == storage.default_format(old.stype):
            column = column.with_(format=storage.default_format(stype))
        changed = ~same_text(column.data, before)
        return column, changed, promotion_note(name, old.stype, stype)
    values, codes = numbers(value, n)
    everything = bool(sample.all())
    wanted = values if everything else values[sample]
    stype = storage.promote(old.stype, wanted) if promote else old.stype
    fresh = missing.encode(values, codes, stype)
    before = old.recast(stype).data
    if everything:
        data = fresh
    else:
        data = np.where(sample, fresh, before)
    changed = differs(data, before)
    column = Column(np.asarray(data), stype, **_kept(old))
    if stype != old.stype and old.format == storage.default_format(old.stype):
        column = column.with_(format=storage.default_format(stype))
    return column, changed, promotion_note(name, old.stype, stype)


def _kept(old: Column) -> dict[str, Any]:
    return {"format": old.format, "label": old.label, "value_label": old.value_label, "chars": old.chars}


def promotion_note(name: str, old: str, new: str) -> str:
    """``variable x was byte now int``; "" when the type stays."""
    return "" if old == new else f"variable {name} was {old} now {new}"


def changes_note(n: int, gone: int) -> str:
    """``(12 real changes made)``, ``(12 real changes made, 3 to missing)``."""
    text = f"({plural(n, 'real change', 'real changes')} made"
    return f"{text}, {gone:,} to missing)" if gone else text + ")"


def number_texts(column: Column, fmt: str, label: Any = None) -> np.ndarray:
    """Byte strings of a numeric column in a format, without padding; each distinct value is formatted once.

    ``label`` (a ValueLabel) gives the texts of the values that it knows.
    """
    values, codes = column.decoded()
    keys, index = np.unique(missing.ordered(values, codes), return_inverse=True)
    first = np.zeros(len(keys), dtype=np.int64)
    first[index[::-1]] = np.arange(len(values))[::-1]
    kinds = None if codes is None else codes[first]
    texts = [text.strip() for text in format_column(values[first], kinds, fmt)]
    if label is not None:
        known = label.texts(values[first], kinds).tolist()
        texts = [text or plain for text, plain in zip(known, texts, strict=True)]
    levels = np.array([text.encode() for text in texts], dtype="S") if texts else np.zeros(0, "S1")
    return np.asarray(levels[index])


def distinct_texts(column: Column) -> tuple[list[str], np.ndarray]:
    """The distinct strings of a string column, and the index of each row's."""
    data = column.data
    if data.dtype.kind == "O":
        data = np.array(data.tolist(), dtype="S") if len(data) else np.zeros(0, "S1")
    levels, index = np.unique(data, return_inverse=True)
    return [bytes(raw).decode("utf-8", "surrogateescape") for raw in levels.tolist()], index
