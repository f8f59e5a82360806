"""Writer of .dta files: releases 118 (119 above 32,767 variables), 117, 115 and 114, little-endian."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import dta_format as fmt
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def time_stamp(moment: datetime | None = None) -> str:
    """``DD Mon YYYY HH:MM`` as in .dta files (day padded with a blank); now when no moment is given."""
    t = moment or datetime.now()
    return f"{t.day:2d} {_MONTHS[t.month - 1]} {t.year} {t.hour:02d}:{t.minute:02d}"


def write_dta(
    data: Dataset, path: str | os.PathLike[str] | BinaryIO, release: int = 118, timestamp: str | None = None
) -> str:
    """Write a Dataset as a .dta file; returns the time stamp stored in it (now when None).

    A path is written beside and moved into place, so a failed write leaves an existing file as it was.
    release: 118 (becomes 119 above 32,767 variables), 119, 117, 115 or 114. Text of 117 and before is in
    Windows Latin-1, with ``?`` for characters it lacks. Errors: r(603) cannot be opened; r(198) a string
    variable too long for release 114/115.
    """
    if release not in (114, 115, 117, 118, 119):
        raise ValueError(f"cannot write .dta release {release}")
    if data.k > 32767:
        if release < 118:
            raise StataError(900, "no room to add more variables")
        release = 119
    stamp = time_stamp() if timestamp is None else timestamp
    writer = _Writer(data, fmt.LAYOUTS[release], stamp)
    if not isinstance(path, (str, os.PathLike)):
        writer.write(path)
        return stamp
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as handle:
            writer.write(handle)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(beside, target)
    except OSError:
        raise StataError(603, f"file {os.fspath(path)} could not be opened") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return stamp


class _Writer:
    """One dataset in one layout."""

    def __init__(self, data: Dataset, layout: fmt.Layout, stamp: str) -> None:
        self.data = data
        self.layout = layout
        self.stamp = stamp
        self.columns = [self._prepare(name, column) for name, column in data.columns.items()]
        self.strls = _StrlTable([c.data for c in self.columns if c.stype == "strL"], self._strl_numbers())

    def _prepare(self, name: str, column: Column) -> Column:
        """Column as this release stores it."""
        if self.layout.unicode or not column.is_string:
            return column
        if not self.layout.tagged and (column.stype == "strL" or storage.str_width(column.stype) > 244):
            raise StataError(198, f"{name} is {column.stype}: longest string of this file format is str244")
        return column.with_(data=self._narrow(column.data))

    def _narrow(self, strings: NDArray[Any]) -> NDArray[Any]:
        """UTF-8 strings -> Windows Latin-1, distinct string by distinct string."""
        if not len(strings):
            return strings
        distinct, which = np.unique(strings, return_inverse=True)
        recoded = np.empty(len(distinct), dtype=strings.dtype)
        for i, raw in enumerate(distinct.tolist()):
            recoded[i] = raw if raw.isascii() else self.encode(raw.decode("utf-8", "replace"))
        return recoded[which]

    def _strl_numbers(self) -> list[int]:
        return [i + 1 for i, column in enumerate(self.columns) if column.stype == "strL"]

    def encode(self, text: str) -> bytes:
        return text.encode("utf-8") if self.layout.unicode else text.encode("cp1252", "replace")

    def fixed(self, text: str, width: int) -> bytes:
        """NUL-padded field; a text too long is cut between characters."""
        raw = self.encode(text)
        while len(raw) >= width:
            text = text[:-1]
            raw = self.encode(text)
        return raw.ljust(width, b"\0")

    def text(self, text: str, width: int) -> bytes:
        """Text cut to the field's size, without padding."""
        return self.fixed(text, width + 1).rstrip(b"\0")

    # -- layout ------------------------------------------------------------------------------------
    def write(self, handle: BinaryIO) -> None:
        if self.layout.tagged:
            self._write_tagged(handle)
        else:
            self._write_untagged(handle)

    def _write_tagged(self, handle: BinaryIO) -> None:
        layout, data = self.layout, self.data
        start = handle.tell()
        label = self.text(data.label, layout.data_label)
        stamp = self.stamp.encode("ascii")
        handle.write(
            b"<stata_dta><header><release>%d</release><byteorder>LSF</byteorder><K>" % layout.release
            + data.k.to_bytes(layout.count, "little")
            + b"</K><N>"
            + data.n.to_bytes(8 if layout.unicode else 4, "little")
            + b"</N><label>"
            + len(label).to_bytes(2 if layout.unicode else 1, "little")
            + label
            + b"</label><timestamp>"
            + bytes([len(stamp)])
            + stamp
            + b"</timestamp></header>"
        )
        offsets = [0, handle.tell() - start]
        handle.write(b"<map>" + bytes(14 * 8) + b"</map>")
        for tag, content in self._sections():
            offsets.append(handle.tell() - start)
            handle.write(b"<%s>" % tag + content + b"</%s>" % tag)
        offsets.append(handle.tell() - start)
        handle.write(b"<data>")
        self._write_data(handle)
        handle.write(b"</data>")
        offsets.append(handle.tell() - start)
        handle.write(b"<strls>")
        for part in self.strls.blocks(layout):
            handle.write(part)
        handle.write(b"</strls>")
        offsets.append(handle.tell() - start)
        handle.write(b"<value_labels>")
        for name, value_label in data.value_labels.items():
            handle.write(b"<lbl>" + self._label(name, value_label) + b"</lbl>")
        handle.write(b"</value_labels>")
        offsets.append(handle.tell() - start)
        handle.write(b"</stata_dta>")
        end = handle.tell()
        offsets.append(end - start)
        handle.seek(start + offsets[1] + len(b"<map>"))
        handle.write(struct.pack("<14Q", *offsets))
        handle.seek(end)

    def _sections(self) -> Iterator[tuple[bytes, bytes]]:
        layout = self.layout
        codes = [fmt.type_code(column.stype, layout.release) for column in self.columns]
        yield b"variable_types", np.array(codes, dtype="<u2").tobytes()
        yield b"varnames", self._fixed_all(self.data.names, layout.name)
        yield b"sortlist", self._sortlist()
        yield b"formats", self._fixed_all([c.format for c in self.columns], layout.format)
        yield b"value_label_names", self._fixed_all([c.value_label for c in self.columns], layout.name)
        yield b"variable_labels", self._fixed_all([c.label for c in self.columns], layout.variable_label)
        chars = (
            b"<ch>" + len(record).to_bytes(4, "little") + record + b"</ch>" for record in self._char_records()
        )
        yield b"characteristics", b"".join(chars)

    def _write_untagged(self, handle: BinaryIO) -> None:
        layout, data = self.layout, self.data
        handle.write(
            bytes([layout.release, 2, 1, 0])
            + struct.pack("<Hi", data.k, data.n)
            + self.fixed(data.label, layout.data_label)
            + self.stamp.encode("ascii").ljust(18, b"\0")
            + bytes(fmt.type_code(column.stype, layout.release) for column in self.columns)
            + self._fixed_all(data.names, layout.name)
            + self._sortlist()
            + self._fixed_all([c.format for c in self.columns], layout.format)
            + self._fixed_all([c.value_label for c in self.columns], layout.name)
            + self._fixed_all([c.label for c in self.columns], layout.variable_label)
        )
        for record in self._char_records():
            handle.write(b"\x01" + len(record).to_bytes(4, "little") + record)
        handle.write(bytes(5))
        self._write_data(handle)
        for name, value_label in data.value_labels.items():
            handle.write(self._label(name, value_label))

    # -- parts -------------------------------------------------------------------------------------
    def _fixed_all(self, texts: list[str], width: int) -> bytes:
        return b"".join(self.fixed(text, width) for text in texts)

    def _sortlist(self) -> bytes:
        position = {name: i + 1 for i, name in enumerate(self.data.names)}
        numbers = [position[name] for name in self.data.sortedby]
        numbers += [0] * (self.data.k + 1 - len(numbers))
        return np.array(numbers, dtype=f"<u{self.layout.count}").tobytes()

    def _char_records(self) -> Iterator[bytes]:
        width = self.layout.name
        for owner, chars in self.data.chars.items():
            for name, text in chars.items():
                yield self.fixed(owner, width) + self.fixed(name, width) + self.encode(text) + b"\0"

    def _label(self, name: str, value_label: ValueLabel) -> bytes:
        texts = [self.encode(text)[:32000] + b"\0" for _, text in value_label.items()]
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        offsets = (np.cumsum(lengths) - lengths).astype("<u4")
        keys = np.array(list(value_label), dtype="<i4")
        text = b"".join(texts)
        table = struct.pack("<II", len(keys), len(text)) + offsets.tobytes() + keys.tobytes() + text
        return struct.pack("<I", len(table)) + self.fixed(name, self.layout.name) + bytes(3) + table

    def _write_data(self, handle: BinaryIO) -> None:
        record = fmt.record_dtype([column.stype for column in self.columns], "<")
        if not self.columns or not self.data.n:
            return
        references = iter(self.strls.references(self.layout))
        arrays = [next(references) if c.stype == "strL" else c.data for c in self.columns]
        step = fmt.chunk_rows(record.itemsize)
        chunk = np.empty(min(step, self.data.n), dtype=record)
        for first in range(0, self.data.n, step):
            rows = chunk[: min(step, self.data.n - first)]
            for i, array in enumerate(arrays):
                part = array[first : first + len(rows)]
                rows[str(i)] = missing.to_file(part) if part.dtype.kind == "f" else part
            handle.write(rows.data)


class _StrlTable:
    """Distinct texts of all strL variables, each stored once under its first (variable, observation)."""

    def __init__(self, columns: list[NDArray[Any]], numbers: list[int]) -> None:
        self.places: dict[bytes, tuple[int, int]] = {}  # text -> (o, v)
        self.indexed: list[tuple[NDArray[Any], NDArray[Any]]] = []
        for array, v in zip(columns, numbers, strict=True):
            distinct, first, which = np.unique(array, return_index=True, return_inverse=True)
            self.indexed.append((distinct, which))
            for text, row in zip(distinct.tolist(), first.tolist(), strict=True):
                place = (row + 1, v)
                if text and place < self.places.get(text, (row + 2, 0)):
                    self.places[text] = place

    def references(self, layout: fmt.Layout) -> Iterator[NDArray[np.uint64]]:
        """uint64 reference arrays, one per strL variable; the empty string is 0."""
        bits = fmt.strl_bits(layout.release)
        for distinct, which in self.indexed:
            refs = np.zeros(len(distinct), dtype=np.uint64)
            for i, text in enumerate(distinct.tolist()):
                if text:
                    o, v = self.places[text]
                    refs[i] = o << bits | v
            yield refs[which]

    def blocks(self, layout: fmt.Layout) -> Iterator[bytes]:
        """GSO blocks in order of observation, then variable."""
        head = "<IQBI" if layout.unicode else "<IIBI"
        for text, (o, v) in sorted(self.places.items(), key=lambda item: item[1]):
            binary = b"\0" in text
            body = text if binary else text + b"\0"
            yield b"GSO" + struct.pack(head, v, o, 129 if binary else 130, len(body)) + body
