"""Partitioned Parquet data, one row group at a time. Needs pyarrow (the parquet extra).

A path is a file, a folder with ``*.parquet`` files at any depth (``key=value`` folders of Hive partitions are
variables), or a pattern such as ``data/part-*.parquet``.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError


@dataclass(frozen=True)
class Piece:
    """A row group of a file; ``keys`` are the values that its folder's name gives."""

    file: str
    row_group: int
    keys: tuple[tuple[str, str], ...] = ()


def _arrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise StataError(
            198, "Parquet data need the parquet extra: pip install 'pystata-hlm[parquet]'"
        ) from None
    return pyarrow.parquet


def pieces(path: Path, shown: str) -> tuple[Piece, ...]:
    """All row groups, files in the order of their names. r(601) when there is no file, r(610) when one is no Parquet."""
    if any(mark in str(path) for mark in "*?["):
        files = sorted(glob.glob(str(path), recursive=True))
    elif path.is_dir():
        files = sorted(str(file) for file in path.rglob("*.parquet"))
    else:
        files = [str(path)] if path.is_file() else []
    if not files:
        raise StataError(601, f"file {shown} not found")
    parquet = _arrow()
    out = []
    for file in files:
        try:
            count = parquet.ParquetFile(file).metadata.num_row_groups
        except (OSError, ValueError) as error:  # pyarrow's errors derive from these
            raise StataError(610, f"file {file} not Parquet format") from error
        keys = tuple(
            (key, value)
            for key, mark, value in (part.partition("=") for part in Path(file).parent.parts)
            if mark and is_valid_name(key)
        )
        out += [Piece(file, k, keys) for k in range(count)]
    return tuple(out)


def empty(piece: Piece) -> Dataset:
    """The variables of a piece, without observations."""
    schema = _arrow().ParquetFile(piece.file).schema_arrow
    table = schema.empty_table()
    return _dataset(table, [name for name in schema.names if is_valid_name(name)], piece)


def read(piece: Piece, names: Iterable[str]) -> Dataset:
    """Some variables of a piece, in its order of rows."""
    file = _arrow().ParquetFile(piece.file)
    there = set(file.schema_arrow.names)
    wanted = [name for name in names if name in there]
    table = file.read_row_group(piece.row_group, columns=wanted)
    keys = tuple((key, value) for key, value in piece.keys if key in set(names))
    return _dataset(table, wanted, Piece(piece.file, piece.row_group, keys))


def _dataset(table: Any, names: list[str], piece: Piece) -> Dataset:
    data = Dataset(n=table.num_rows)
    for name in names:
        data.add(name, _column(table.column(name)))
    for key, value in piece.keys:
        if key not in data:
            number = value.lstrip("-").isdigit()
            values = np.full(table.num_rows, int(value) if number else 0, dtype=np.float64)
            if number:
                data.add(key, Column.numeric(values, None, "double" if abs(int(value)) >= 2**31 else "long"))
            else:
                data.add(key, Column.text(np.full(table.num_rows, value.encode())))
    return data


def _column(chunked: Any) -> Column:
    """Numbers as double (integers of up to 32 bits as long), nulls missing; dictionaries and texts as strings."""
    import pyarrow as pa

    kind = chunked.type
    if pa.types.is_dictionary(kind):
        chunked = chunked.cast(kind.value_type)
        kind = chunked.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = [b"" if t is None else t.encode() for t in chunked.to_pylist()]
        return Column.text(np.array(texts or [b""], dtype=object)[: len(texts)])
    if pa.types.is_boolean(kind):
        chunked = chunked.cast(pa.int8())
        kind = chunked.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise StataError(109, f"Parquet type {kind} not yet supported")
    values = np.asarray(chunked.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    small = pa.types.is_integer(kind) and kind.bit_width <= 16
    stype = "long" if small else "float" if kind == pa.float32() else "double"
    return Column.numeric(values, None, stype)


def stack(parts: list[Dataset]) -> Dataset:
    """Data sets of the same variables under one another."""
    first = parts[0]
    out = Dataset(n=sum(part.n for part in parts))
    for name in first.names:
        columns = [part.column(name) for part in parts]
        if columns[0].is_string:
            out.add(name, Column.text(np.concatenate([c.data.astype(object) for c in columns])))
        else:
            stype = "double" if any(c.stype != columns[0].stype for c in columns) else columns[0].stype
            out.add(name, Column.numeric(np.concatenate([c.values() for c in columns]), None, stype))
    assert all(storage.is_string(c.stype) or c.data.ndim == 1 for c in out.columns.values())
    return out
