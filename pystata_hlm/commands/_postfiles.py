"""Results collected row by row and kept as a dataset on disk: what postfile, post, postclose and postutil share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta
from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Entry = tuple[float, int] | bytes
"""A number with its missing code, or a string."""


@dataclass
class PostFile:
    """One open postfile. ``every``: write to disk after so many rows (0: at the end only)."""

    names: list[str]
    types: list[str]
    shown: str
    path: Path
    every: int = 0
    rows: list[tuple[Entry, ...]] = field(default_factory=list)

    def dataset(self) -> Dataset:
        return Dataset(
            {
                name: column_of([row[k] for row in self.rows], stype)
                for k, (name, stype) in enumerate(zip(self.names, self.types, strict=True))
            }
        )

    def write(self) -> None:
        write_dta(self.dataset(), self.path)

    def add(self, row: tuple[Entry, ...]) -> None:
        self.rows.append(row)
        if self.every and len(self.rows) % self.every == 0:
            self.write()


def column_of(entries: list[Entry], stype: str) -> Column:
    if storage.is_string(stype):
        return Column.text(np.array(entries, dtype=object), stype)
    values = np.array([entry[0] for entry in entries], dtype=np.float64)
    codes = np.array([entry[1] for entry in entries], dtype=np.int8)
    return Column.numeric(values, codes if codes.any() else None, stype)


def find(name: str, ctx: Context) -> PostFile:
    """An open postfile; r(111) when there is none of that name."""
    found = ctx.workspace.postfiles.get(name)
    if not isinstance(found, PostFile):
        raise StataError(111, f"post {name} not found")
    return found


def close_all(ctx: Context) -> None:
    """Write and forget every open postfile."""
    held = ctx.workspace.postfiles
    for post in held.values():
        if post.path.parent.is_dir():
            post.write()
    held.clear()
