"""What the commands that write text files share: numbers and strings as text, rows and variables chosen."""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands._storing import number_texts
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call

_COMMAS = re.compile(r"(\d[efg])c$")
_ZERO = re.compile(r"^(-?)0\.")


def selected(call: Call, ctx: Context) -> Dataset:
    """The variables and observations to write. Errors: r(111) no variables, r(2000) no observations."""
    data = ctx.data
    if not data.k:
        raise StataError.no_variables()
    out = data.copy()
    if not call.sample.all():
        if not call.sample.any():
            raise StataError.no_observations()
        out.keep_rows(call.sample)
    chosen = list(call.varlist) or data.names
    out.keep(chosen)
    out.order(chosen)
    return out


def plain_number(value: float, single: bool) -> str:
    """All digits of a number, in Stata's writing: 8 of a float when they suffice, the fewest that give it back."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if single:
        text = f"{value:.8g}"
        if np.float32(text) != np.float32(value):
            text = f"{value:.9g}"
    else:
        text = repr(value)
    return _ZERO.sub(r"\1.", text)


def full_texts(column: Column, label: ValueLabel | None, gap: str = "") -> np.ndarray:
    """Byte strings of a numeric column with all its digits, each distinct value written once; ``.`` becomes ``gap``."""
    values, codes = column.decoded()
    keys, index = np.unique(missing.ordered(values, codes), return_inverse=True)
    first = np.zeros(len(keys), dtype=np.int64)
    first[index[::-1]] = np.arange(len(values))[::-1]
    kinds = np.zeros(len(keys), dtype=np.int8) if codes is None else codes[first]
    single = column.stype == "float"
    distinct = values[first]
    texts = [
        (missing.text_of(code) if code else gap) if value != value else plain_number(value, single)
        for value, code in zip(distinct.tolist(), kinds.tolist(), strict=True)
    ]
    if label is not None:
        known = label.texts(distinct, kinds).tolist()
        texts = [text or plain for text, plain in zip(known, texts, strict=True)]
    levels = np.array([text.encode() for text in texts] or [b""], dtype="S")
    return np.asarray(levels[index])


def formatted_texts(
    column: Column, label: ValueLabel | None, gap: str = ".", commas: bool = False
) -> np.ndarray:
    """Byte strings of a numeric column in its display format, without the commas of %9.0gc unless ``commas``."""
    fmt = column.format if commas else _COMMAS.sub(r"\1", column.format)
    out = number_texts(column, fmt, label)
    return np.where(out == b".", np.array(gap.encode(), dtype="S"), out) if gap != "." else out


def quoted(strings: np.ndarray, always: bool, marks: bytes) -> np.ndarray:
    """Strings in double quotes (inner ones doubled): all of them, or those that hold a mark, a quote or a newline."""
    if strings.dtype.kind == "O":
        out = np.empty(len(strings), dtype=object)
        out[:] = [_quoted_one(text, always, marks) for text in strings.tolist()]
        return out
    if not len(strings):
        return strings
    doubled = strings
    if bool((np.ascontiguousarray(strings).view(np.uint8) == 34).any()):
        doubled = np.strings.replace(strings, b'"', b'""')
    wrapped = np.strings.add(np.strings.add(b'"', doubled), b'"')
    if always:
        return np.asarray(wrapped)
    need = np.zeros(len(strings), dtype=bool)
    for mark in {bytes([m]) for m in marks} | {b'"', b"\n", b"\r"}:
        need |= np.strings.find(strings, mark) >= 0
    return np.where(need, wrapped, strings) if need.any() else strings


def _quoted_one(text: bytes, always: bool, marks: bytes) -> bytes:
    need = always or any(mark in text for mark in (*marks, 34, 10, 13))
    return b'"' + text.replace(b'"', b'""') + b'"' if need else text


def label_of(data: Dataset, name: str, nolabel: bool) -> ValueLabel | None:
    return None if nolabel else data.value_label_of(name)
