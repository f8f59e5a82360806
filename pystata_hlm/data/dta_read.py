"""Reader of .dta files, releases 105 to 119, both byte orders; one pass, no observation loop."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import dta_format as fmt
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import DTA, Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError

Rows = slice | NDArray[Any]


class _NotDta(Exception):
    """The bytes are not a (complete) .dta file."""


@dataclass(frozen=True)
class DtaInfo:
    """What ``describe using`` needs: release, observations in the file, and a zero-row Dataset."""

    release: int
    n: int
    dataset: Dataset


@dataclass
class _Header:
    """Everything before the data."""

    layout: fmt.Layout
    n: int = 0
    label: str = ""
    timestamp: str = ""
    stypes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sortlist: list[int] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    value_labels: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    chars: dict[str, dict[str, str]] = field(default_factory=dict)


class _Source:
    """Byte source with the file's byte order; running short raises ``_NotDta``."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle = handle
        self.order = "<"
        self.size = handle.seek(0, os.SEEK_END)
        handle.seek(0)

    def take(self, count: int) -> bytes:
        if count > self.size - self.handle.tell():
            raise _NotDta
        return self.handle.read(count)

    def skip(self, count: int) -> None:
        if count > self.size - self.handle.tell():
            raise _NotDta
        self.handle.seek(count, os.SEEK_CUR)

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little" if self.order == "<" else "big")

    def array(self, kind: str, count: int) -> NDArray[Any]:
        dtype = np.dtype(self.order + kind)
        return np.frombuffer(self.take(dtype.itemsize * count), dtype=dtype)

    def expect(self, text: bytes) -> None:
        if self.take(len(text)) != text:
            raise _NotDta

    def at_end(self) -> bool:
        return self.handle.tell() >= self.size

    def texts(self, count: int, width: int) -> list[str]:
        block = self.take(count * width)
        return [decode_text(block[i * width : (i + 1) * width]) for i in range(count)]


def decode_text(raw: bytes) -> str:
    """Text up to the first NUL: UTF-8 when valid, else Windows Latin-1 (files before Stata 14)."""
    raw = raw.partition(b"\0")[0]
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


# -- entry points ------------------------------------------------------------------------------------
def read_dta(
    path: str | os.PathLike[str] | BinaryIO, varlist: Iterable[str] | None = None, rows: Rows | None = None
) -> Dataset:
    """Read a .dta file (or an open binary file) into a Dataset.

    varlist  names to keep (file order is kept); unknown names raise r(111)
    rows     slice, boolean mask or ascending row numbers to keep; all when None
    Errors: r(601) no such file, r(603) cannot be opened, r(610) not (or not wholly) a .dta file.
    """
    return _open(path, lambda source: _read(source, varlist, rows))


def scan_dta(path: str | os.PathLike[str] | BinaryIO) -> DtaInfo:
    """Read everything but the observations."""

    def scan(source: _Source) -> DtaInfo:
        header = _read_header(source)
        n = header.n
        source.handle.seek(0)
        source.order = "<"
        return DtaInfo(header.layout.release, n, _read(source, None, slice(0, 0)))

    return _open(path, scan)


def _open(path: str | os.PathLike[str] | BinaryIO, action: Any) -> Any:
    if not isinstance(path, (str, os.PathLike)):
        shown = str(getattr(path, "name", "stream"))
        try:
            return action(_Source(path))
        except _NotDta:
            raise StataError(610, f"file {shown} not Stata format") from None
    shown = os.fspath(path)
    try:
        with open(Path(path), "rb") as handle:
            out = action(_Source(handle))
    except FileNotFoundError:
        raise StataError.file_not_found(shown) from None
    except OSError:
        raise StataError(603, f"file {shown} could not be opened") from None
    except _NotDta:
        raise StataError(610, f"file {shown} not Stata format") from None
    if isinstance(out, Dataset):
        out.filename = shown
    return out


def _read(source: _Source, varlist: Iterable[str] | None, rows: Rows | None) -> Dataset:
    header = _read_header(source)
    layout = header.layout
    if varlist is None:
        wanted = list(range(len(header.names)))
    else:
        asked = set(varlist)
        for name in asked.difference(header.names):
            raise StataError.varlist_not_found(name)
        wanted = [i for i, name in enumerate(header.names) if name in asked]
    if layout.tagged:
        source.expect(b"<data>")
    arrays, n = _read_data(source, header, wanted, rows)
    if layout.tagged:
        source.expect(b"</data><strls>")
        strings = _read_strls(source, layout, any(header.stypes[i] == "strL" for i in wanted))
        source.expect(b"</strls><value_labels>")
        value_labels = _read_tagged_labels(source, layout)
        source.expect(b"</value_labels></stata_dta>")
    else:
        strings = {}
        value_labels = _read_untagged_labels(source, layout)
    return _assemble(header, wanted, arrays, n, strings, value_labels, source.order)


# -- header ------------------------------------------------------------------------------------------
def _read_header(source: _Source) -> _Header:
    first = source.take(1)
    return _tagged_header(source) if first == b"<" else _untagged_header(source, first[0])


def _layout(release: int) -> fmt.Layout:
    try:
        return fmt.LAYOUTS[release]
    except KeyError:
        raise _NotDta from None


def _tagged_header(source: _Source) -> _Header:
    source.expect(b"stata_dta><header><release>")
    digits = source.take(3)
    if not digits.isdigit():
        raise _NotDta
    layout = _layout(int(digits))
    source.expect(b"</release><byteorder>")
    mark = source.take(3)
    if mark not in (b"LSF", b"MSF") or not layout.tagged:
        raise _NotDta
    source.order = "<" if mark == b"LSF" else ">"
    header = _Header(layout)
    source.expect(b"</byteorder><K>")
    k = source.uint(layout.count)
    source.expect(b"</K><N>")
    header.n = source.uint(8 if layout.unicode else 4)
    source.expect(b"</N><label>")
    header.label = decode_text(source.take(source.uint(2 if layout.unicode else 1)))
    source.expect(b"</label><timestamp>")
    header.timestamp = decode_text(source.take(source.uint(1)))
    source.expect(b"</timestamp></header><map>")
    source.skip(14 * 8)  # offsets: not needed, sections are read in turn
    source.expect(b"</map><variable_types>")
    header.stypes = _types(source.array("u2", k).tolist(), layout.release)
    source.expect(b"</variable_types><varnames>")
    header.names = source.texts(k, layout.name)
    source.expect(b"</varnames><sortlist>")
    header.sortlist = source.array(f"u{layout.count}", k + 1).tolist()
    source.expect(b"</sortlist><formats>")
    header.formats = source.texts(k, layout.format)
    source.expect(b"</formats><value_label_names>")
    header.value_labels = source.texts(k, layout.name)
    source.expect(b"</value_label_names><variable_labels>")
    header.labels = source.texts(k, layout.variable_label)
    source.expect(b"</variable_labels><characteristics>")
    while (tag := source.take(4)) == b"<ch>":
        _add_char(header, source.take(source.uint(4)))
        source.expect(b"</ch>")
    if tag + source.take(14) != b"</characteristics>":
        raise _NotDta
    return header


def _untagged_header(source: _Source, release: int) -> _Header:
    layout = _layout(release)
    order, filetype, _ = source.take(3)
    if order not in (1, 2) or filetype != 1 or layout.tagged:
        raise _NotDta
    source.order = ">" if order == 1 else "<"
    header = _Header(layout)
    k = source.uint(2)
    header.n = source.uint(4)
    header.label = decode_text(source.take(layout.data_label))
    header.timestamp = decode_text(source.take(18))
    header.stypes = _types(list(source.take(k)), release)
    header.names = source.texts(k, layout.name)
    header.sortlist = source.array("u2", k + 1).tolist()
    header.formats = source.texts(k, layout.format)
    header.value_labels = source.texts(k, layout.name)
    header.labels = source.texts(k, layout.variable_label)
    size = 2 if release <= 108 else 4
    while True:
        kind, length = source.uint(1), source.uint(size)
        if kind == 0 and length == 0:
            return header
        contents = source.take(length)
        if kind == 1:
            _add_char(header, contents)


def _types(codes: Sequence[int], release: int) -> list[str]:
    found = [fmt.type_name(code, release) for code in codes]
    if None in found:
        raise _NotDta
    return [stype for stype in found if stype]


def _add_char(header: _Header, raw: bytes) -> None:
    width = header.layout.name
    owner, name, text = raw[:width], raw[width : 2 * width], raw[2 * width :]
    header.chars.setdefault(decode_text(owner), {})[decode_text(name)] = decode_text(text)


# -- data --------------------------------------------------------------------------------------------
def _read_data(
    source: _Source, header: _Header, wanted: Sequence[int], rows: Rows | None
) -> tuple[dict[int, NDArray[Any]], int]:
    """Native arrays (strL: uint64 references) of the wanted variables, and the number of rows kept."""
    record = fmt.record_dtype(header.stypes, source.order)
    start, stop, picked = _row_range(rows, header.n)
    n = stop - start if picked is None else len(picked)
    total = header.n * record.itemsize
    begin = source.handle.tell()
    if begin + total > source.size:
        raise _NotDta
    out = {i: np.empty(n, dtype=record[str(i)].newbyteorder("=")) for i in wanted}
    if out and n:
        source.skip(start * record.itemsize)
        _copy_chunks(source, record, out, start, stop, picked)
    source.handle.seek(begin + total)
    return out, n


def _row_range(rows: Rows | None, n: int) -> tuple[int, int, NDArray[np.int64] | None]:
    """(first, stop, row numbers or None for all between)."""
    if rows is None:
        return 0, n, None
    if isinstance(rows, slice):
        first, stop, step = rows.indices(n)
        if step == 1:
            return first, max(first, stop), None
        rows = np.arange(first, stop, step)
    elif rows.dtype == bool:
        rows = np.flatnonzero(rows)
    if not len(rows):
        return 0, 0, rows
    if rows[0] < 0 or rows[-1] >= n or np.any(np.diff(rows) < 0):
        raise ValueError("rows must ascend within the file")
    return int(rows[0]), int(rows[-1]) + 1, rows


def _copy_chunks(
    source: _Source,
    record: np.dtype[np.void],
    out: dict[int, NDArray[Any]],
    start: int,
    stop: int,
    picked: NDArray[np.int64] | None,
) -> None:
    step = fmt.chunk_rows(record.itemsize)
    buffer = bytearray(min(step, stop - start) * record.itemsize)
    done = 0
    for first in range(start, stop, step):
        count = min(step, stop - first)
        view = memoryview(buffer)[: count * record.itemsize]
        if source.handle.readinto(view) != len(view):  # type: ignore[attr-defined]
            raise _NotDta
        chunk = np.frombuffer(view, dtype=record)
        if picked is not None:
            low, high = np.searchsorted(picked, (first, first + count))
            chunk = chunk[picked[low:high] - first]
        end = done + len(chunk)
        for i, array in out.items():
            array[done:end] = chunk[str(i)]
        done = end


# -- strLs and value labels -----------------------------------------------------------------------------
def _read_strls(source: _Source, layout: fmt.Layout, needed: bool) -> dict[int, bytes]:
    """Texts by reference ``o << 32 | v``."""
    out: dict[int, bytes] = {}
    o_size = 8 if layout.unicode else 4
    while source.take(3) == b"GSO":
        v, o, kind, length = source.uint(4), source.uint(o_size), source.uint(1), source.uint(4)
        if not needed:
            source.skip(length)
            continue
        text = source.take(length)
        out[o << 32 | v] = text[:-1] if kind == 130 else text
    source.handle.seek(-3, os.SEEK_CUR)
    return out


def _read_tagged_labels(source: _Source, layout: fmt.Layout) -> dict[str, ValueLabel]:
    out: dict[str, ValueLabel] = {}
    while (tag := source.take(5)) == b"<lbl>":
        _read_label(source, layout, out)
        source.expect(b"</lbl>")
    source.handle.seek(-len(tag), os.SEEK_CUR)
    return out


def _read_untagged_labels(source: _Source, layout: fmt.Layout) -> dict[str, ValueLabel]:
    out: dict[str, ValueLabel] = {}
    while not source.at_end():
        if layout.release == 105:
            _read_old_label(source, out)
        else:
            _read_label(source, layout, out)
    return out


def _read_label(source: _Source, layout: fmt.Layout, out: dict[str, ValueLabel]) -> None:
    source.uint(4)  # length of the table: known from its contents
    name = decode_text(source.take(layout.name))
    source.skip(3)
    count, length = source.uint(4), source.uint(4)
    offsets = source.array("u4", count).tolist()
    values = source.array("i4", count).tolist()
    text = source.take(length)
    if any(offset > length for offset in offsets):
        raise _NotDta
    out[name] = ValueLabel({v: decode_text(text[at:]) for v, at in zip(values, offsets, strict=True)})


def _read_old_label(source: _Source, out: dict[str, ValueLabel]) -> None:
    """Release 105: int values and texts of 8 bytes."""
    count = source.uint(2)
    name = decode_text(source.take(9))
    source.skip(1)
    values = source.array("i2", count).tolist()
    out[name] = ValueLabel(dict(zip(values, source.texts(count, 8), strict=True)))


# -- columns -----------------------------------------------------------------------------------------
def _assemble(
    header: _Header,
    wanted: Sequence[int],
    arrays: dict[int, NDArray[Any]],
    n: int,
    strings: dict[int, bytes],
    value_labels: dict[str, ValueLabel],
    order: str,
) -> Dataset:
    columns: dict[str, Column] = {}
    for i in wanted:
        stype, array = header.stypes[i], arrays.pop(i)
        display = header.formats[i]
        if stype == "strL":
            array = _resolve(array, strings, header.layout.release, order)
        elif storage.is_string(stype):
            clean = _clean_strings(array, header.layout.unicode)
            stype, array = storage.str_type(clean.dtype.itemsize), clean
        elif array.dtype.kind == "f":
            if header.layout.release <= 105 and stype == "double":
                array[array == 2.0**333] = np.nan
            missing.from_file(array)
        elif not header.layout.extended:
            stype, array = _old_integers(array, stype)
        name = header.names[i]
        columns[name] = Column(
            array, stype, display, header.labels[i], header.value_labels[i], header.chars.get(name, {})
        )
    data = Dataset(columns, n)
    data.label, data.timestamp = header.label, header.timestamp
    data.value_labels = value_labels
    data.data_chars = header.chars.get(DTA, {})
    sortedby: list[str] = []
    for number in header.sortlist:
        if not 1 <= number <= len(header.names) or header.names[number - 1] not in columns:
            break
        sortedby.append(header.names[number - 1])
    data.sortedby = tuple(sortedby)
    return data


def _resolve(refs: NDArray[Any], strings: dict[int, bytes], release: int, order: str) -> NDArray[Any]:
    """strL references -> object array of bytes, looked up once per distinct reference."""
    bits = fmt.strl_bits(release)
    low = (1 << (bits if order == "<" else 64 - bits)) - 1
    below, above = refs & np.uint64(low), refs >> np.uint64(low.bit_length())
    v, o = (below, above) if order == "<" else (above, below)
    distinct, which = np.unique(o << np.uint64(32) | v, return_inverse=True)
    texts: NDArray[Any] = np.empty(len(distinct), dtype=object)
    for i, key in enumerate(distinct.tolist()):
        texts[i] = strings.get(key, b"")
    return texts[which]


def _clean_strings(array: NDArray[Any], unicode: bool) -> NDArray[Any]:
    """Clear whatever follows the first NUL of each string; bring texts of old files to UTF-8."""
    width = array.dtype.itemsize
    if not len(array):
        return array
    grid = array.view(np.uint8).reshape(len(array), width)
    nul = grid == 0
    if (nul[:, :-1] & ~nul[:, 1:]).any():
        grid[np.logical_or.accumulate(nul, axis=1)] = 0
    if unicode:
        return array
    foreign = (grid > 127).any(axis=1)
    if not foreign.any():
        return array
    distinct, which = np.unique(array[foreign], return_inverse=True)
    recoded = np.array([decode_text(raw).encode() for raw in distinct.tolist()], dtype=np.bytes_)
    out = array.astype(f"S{max(width, recoded.dtype.itemsize)}")
    out[foreign] = recoded[which]
    return out


def _old_integers(array: NDArray[Any], stype: str) -> tuple[str, NDArray[Any]]:
    """Integers of releases before 113, whose only missing value is the type's largest number.

    Values that now are missing codes need a larger type.
    """
    absent = array == np.iinfo(array.dtype).max
    values = np.where(absent, np.nan, array.astype(np.float64))
    stype = storage.promote(stype, values)
    return stype, missing.encode(values, None, stype)
