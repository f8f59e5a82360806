"""The dataset in memory: named columns of equal length, sort order, labels and characteristics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pystata_hlm.data import names as naming
from pystata_hlm.data import sorting, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.data.missing import missing_array
from pystata_hlm.data.sorting import Groups
from pystata_hlm.errors import StataError

#: owner of the dataset's own characteristics and notes
DTA: Final = "_dta"


class Dataset:
    """Mutable table of frozen Columns. Nothing changes a column in place, so ``copy()`` is a cheap snapshot.

    n             number of observations
    sortedby      variables the rows are known to be sorted by
    label         data label
    value_labels  name -> ValueLabel
    hidden        name -> row-aligned array that follows sorts and drops but is no variable (e(sample))
    filename      file last used or saved ("" if none); timestamp: its "DD Mon YYYY HH:MM"
    changed       data changed since last saved
    """

    def __init__(self, columns: Mapping[str, Column] | None = None, n: int | None = None) -> None:
        self._columns: dict[str, Column] = dict(columns or {})
        lengths = {len(column) for column in self._columns.values()}
        if n is not None:
            lengths.add(n)
        if len(lengths) > 1:
            raise ValueError(f"columns differ in length: {sorted(lengths)}")
        self.n: int = lengths.pop() if lengths else 0
        self.sortedby: tuple[str, ...] = ()
        self.label = ""
        self.value_labels: dict[str, ValueLabel] = {}
        self.data_chars: dict[str, str] = {}
        self.hidden: dict[str, NDArray[Any]] = {}
        self.filename = ""
        self.timestamp = ""
        self.changed = False

    # -- snapshots -------------------------------------------------------------------------------
    def copy(self) -> Dataset:
        """Snapshot in O(number of variables): columns and arrays are shared, containers are not."""
        out = Dataset.__new__(Dataset)
        out.__dict__.update(self.__dict__)
        out._columns = dict(self._columns)
        out.value_labels = dict(self.value_labels)
        out.data_chars = dict(self.data_chars)
        out.hidden = dict(self.hidden)
        return out

    def slice(self, rows: slice) -> Dataset:
        """A run of rows as a dataset of its own, in O(number of variables): arrays, labels and characteristics are
        shared."""
        out = Dataset.__new__(Dataset)
        out.__dict__.update(self.__dict__)
        out._columns = {name: column.slice(rows) for name, column in self._columns.items()}
        out.hidden = {key: array[rows] for key, array in self.hidden.items()}
        out.n = len(range(*rows.indices(self.n)))
        return out

    def restore(self, snapshot: Dataset) -> None:
        """Become what ``snapshot`` was (it may be used again)."""
        self.__dict__.update(snapshot.copy().__dict__)

    def clear(self) -> None:
        """``drop _all`` with labels: an empty dataset."""
        self.__dict__.update(Dataset().__dict__)

    # -- variables -------------------------------------------------------------------------------
    @property
    def names(self) -> list[str]:
        """Variable names in dataset order."""
        return list(self._columns)

    @property
    def columns(self) -> Mapping[str, Column]:
        """Read-only view name -> Column, in order."""
        return MappingProxyType(self._columns)

    @property
    def k(self) -> int:
        """Number of variables."""
        return len(self._columns)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def column(self, name: str) -> Column:
        """Column of that exact name, or of an operated one (``L.x``); ``variable x not found`` r(111)."""
        found = self._columns.get(name)
        if found is None and "." in name:
            from pystata_hlm.data.timeseries import operated_column

            found = operated_column(self, name)
        if found is None:
            raise StataError.varlist_not_found(name)
        return found

    def values(self, name: str) -> NDArray[np.float64]:
        """Decoded numbers of a variable, NaN = missing (read-only)."""
        return self.column(name).values()

    def set_column(self, name: str, column: Column, same_values: bool = False) -> None:
        """Replace (or add at the end) a variable.

        A change of data cuts ``sortedby`` at that variable, unless ``same_values`` (recast, compress).
        """
        old = self._columns.get(name)
        if old is None:
            self.add(name, column)
            return
        self._check_length(column)
        if column.data is not old.data and not same_values and name in self.sortedby:
            self.sortedby = self.sortedby[: self.sortedby.index(name)]
        self._columns[name] = column
        self.changed = True

    def add(self, name: str, column: Column, before: str | None = None, after: str | None = None) -> None:
        """Add a new variable, last or beside another; r(110) when it exists, r(198) for an invalid name."""
        if name in self._columns:
            raise StataError.already_defined(name)
        naming.check(name)
        if not self._columns and self.n == 0:
            self.n = len(column)
        self._check_length(column)
        self._columns[name] = column
        self.changed = True
        if before is not None or after is not None:
            self.order([name], before=before, after=after)

    def _check_length(self, column: Column) -> None:
        if len(column) != self.n:
            raise ValueError(f"column has {len(column)} rows, dataset {self.n}")

    def drop(self, names: Iterable[str]) -> None:
        """Drop variables; the sort order is cut at the first sort variable dropped; no variables, no rows."""
        gone = set(names)
        for name in gone:
            self.column(name)
        self._columns = {name: column for name, column in self._columns.items() if name not in gone}
        self.sortedby = _cut(self.sortedby, gone)
        if not self._columns:
            self.n = 0
            self.hidden = {}
        self.changed = True

    def keep(self, names: Iterable[str]) -> None:
        """Keep only these variables."""
        kept = set(names)
        for name in kept:
            self.column(name)
        self.drop([name for name in self._columns if name not in kept])

    def rename(self, old: str, new: str) -> None:
        """Rename one variable; r(111) old unknown, r(110) new exists, r(198) new invalid."""
        self.rename_all({old: new})

    def rename_all(self, pairs: Mapping[str, str]) -> None:
        """Rename several variables at once (swaps allowed)."""
        for old in pairs:
            self.column(old)
        staying = set(self._columns) - set(pairs)
        seen: set[str] = set()
        for old, new in pairs.items():
            if old != new:
                naming.check(new)
            if new in staying or new in seen:
                raise StataError.already_defined(new)
            seen.add(new)
        self._columns = {pairs.get(name, name): column for name, column in self._columns.items()}
        self.sortedby = tuple(pairs.get(name, name) for name in self.sortedby)
        self.changed = True

    def order(
        self, names: Sequence[str], before: str | None = None, after: str | None = None, last: bool = False
    ) -> None:
        """Move variables (in the given order) to the front, to the end, or beside another variable."""
        moved = {name: self.column(name) for name in names}
        rest = [name for name in self._columns if name not in moved]
        if last:
            at = len(rest)
        elif before is not None or after is not None:
            anchor = before if before is not None else str(after)
            self.column(anchor)
            if anchor in moved:
                raise StataError(198, f"{anchor} may not be both moved and the anchor")
            at = rest.index(anchor) + (before is None)
        else:
            at = 0
        sequence = rest[:at] + list(moved) + rest[at:]
        self._columns = {name: self._columns[name] for name in sequence}
        self.changed = True

    # -- names -----------------------------------------------------------------------------------
    def lookup(self, word: str, varabbrev: bool = True) -> str | None:
        """Name meant by a word or abbreviation, None if none; ``x ambiguous abbreviation`` r(111)."""
        return naming.find(word, self._columns, varabbrev)

    def find(self, word: str, varabbrev: bool = True) -> str:
        """Name meant by a word or abbreviation; ``variable x not found`` r(111)."""
        name = naming.find(word, self._columns, varabbrev)
        if name is None:
            raise StataError.varlist_not_found(word)
        return name

    def unabbreviate(self, word: str, varabbrev: bool = True) -> list[str]:
        """Names meant by one varlist element: name, abbreviation, ``* ? ~`` pattern, ``a-b``, ``_all``."""
        return naming.unabbreviate(word, self.names, varabbrev)

    # -- rows ------------------------------------------------------------------------------------
    def _take(self, rows: NDArray[Any]) -> None:
        self._columns = {name: column.take(rows) for name, column in self._columns.items()}
        self.hidden = {key: array[rows] for key, array in self.hidden.items()}

    def keep_rows(self, rows: NDArray[Any]) -> int:
        """Keep rows of a boolean mask, or take row numbers (repeats allowed); returns how many rows are left.

        A mask, or nondecreasing row numbers, keep the sort order.
        """
        if rows.dtype == bool:
            if len(rows) != self.n:
                raise ValueError(f"mask has {len(rows)} rows, dataset {self.n}")
            rows = np.flatnonzero(rows)
            if len(rows) == self.n:
                return self.n
        elif self.sortedby and not bool(np.all(rows[1:] >= rows[:-1])):
            self.sortedby = ()
        self._take(rows)
        self.n = len(rows)
        self.changed = True
        return self.n

    def set_obs(self, n: int) -> None:
        """``set obs n``: append observations, missing in every variable (ValueError when n < self.n)."""
        extra = n - self.n
        if extra < 0:
            raise ValueError("set_obs may not drop observations")
        if extra == 0:
            return
        self._columns = {
            name: column.with_(data=np.concatenate([column.data, missing_array(extra, column.stype)]))
            for name, column in self._columns.items()
        }
        self.hidden = {
            key: np.concatenate([array, np.zeros((extra, *array.shape[1:]), array.dtype)])
            for key, array in self.hidden.items()
        }
        self.n = n
        self.sortedby = ()
        self.changed = True

    # -- sorting and grouping --------------------------------------------------------------------
    def sort(self, names: Sequence[str], stable: bool = True) -> None:
        """``sort names``: ascending in Stata's order. Ties keep their order whether or not ``stable``."""
        columns = [self.column(name) for name in names]
        if self.is_sorted_by(names):
            return
        order = sorting.stable_order([sorting.sort_key(column) for column in columns]) if self.n > 1 else None
        if order is not None:
            self._take(order)
        self.sortedby = tuple(names)
        self.changed = True

    def gsort(self, keys: Sequence[tuple[str, bool]], missing_first: bool = False) -> None:
        """``gsort [+|-]name ...``: keys are (name, descending). Ties keep their order.

        Missing values come last in descending keys unless ``missing_first`` (option mfirst).
        """
        arrays = [
            sorting.descending_key(self.column(name), missing_first)
            if down
            else sorting.sort_key(self.column(name))
            for name, down in keys
        ]
        order = sorting.stable_order(arrays) if self.n > 1 else None
        if order is not None:
            self._take(order)
        ascending: list[str] = []
        for name, down in keys:
            if down:
                break
            ascending.append(name)
        self.sortedby = tuple(ascending)
        self.changed = True

    def is_sorted_by(self, names: Sequence[str]) -> bool:
        """True when ``by names:`` may run without sorting (names lead ``sortedby``)."""
        return tuple(names) == self.sortedby[: len(names)]

    def groups(self, names: Sequence[str], rows: NDArray[np.bool_] | None = None) -> Groups:
        """Partition of the rows (or of a mask's rows) by the values of the variables; see ``Groups``.

        On rows sorted by ``names`` the groups are contiguous (``order`` is None). No names: one group.
        """
        return sorting.group_rows(names, [self.column(name) for name in names], self.n, rows)

    # -- size ------------------------------------------------------------------------------------
    @property
    def width(self) -> int:
        """Bytes per observation: the sum of the storage widths."""
        return sum(storage.byte_width(column.stype) for column in self._columns.values())

    def memory(self) -> int:
        """Bytes the data take (width times observations, plus the text of strLs)."""
        texts = (column.data for column in self._columns.values() if column.stype == "strL")
        return self.width * self.n + sum(sum(map(len, text.tolist())) for text in texts)

    # -- labels, characteristics, notes ----------------------------------------------------------
    def value_label_of(self, name: str) -> ValueLabel | None:
        """ValueLabel attached to a variable, None when none is attached or it is not defined."""
        return self.value_labels.get(self.column(name).value_label)

    @property
    def chars(self) -> dict[str, Mapping[str, str]]:
        """Characteristics: owner ("_dta" or variable) -> name -> text, owners without any left out.

        A read-out: change with ``set_char``.
        """
        owners = {DTA: self.data_chars, **{name: column.chars for name, column in self._columns.items()}}
        return {owner: chars for owner, chars in owners.items() if chars}

    def get_chars(self, owner: str) -> Mapping[str, str]:
        """Characteristics of a variable or of "_dta"."""
        return self.data_chars if owner == DTA else self.column(owner).chars

    def set_char(self, owner: str, name: str, text: str) -> None:
        """Define a characteristic; an empty text removes it."""
        chars = {**self.get_chars(owner), name: text}
        if text == "":
            del chars[name]
        if owner == DTA:
            self.data_chars = chars
        else:
            self._columns[owner] = self.column(owner).with_(chars=chars)
        self.changed = True

    def notes(self, owner: str = DTA) -> dict[int, str]:
        """Notes of a variable or of the data: number -> text (numbers may have gaps)."""
        chars = self.get_chars(owner)
        count = chars.get("note0", "0").strip()
        last = int(count) if count.isdigit() else 0
        return {i: chars[f"note{i}"] for i in range(1, last + 1) if f"note{i}" in chars}

    def add_note(self, text: str, owner: str = DTA) -> int:
        """Append a note (characteristics note0 = count, note1, ...); returns its number."""
        number = max(self.notes(owner), default=0) + 1
        count = self.get_chars(owner).get("note0", "0").strip()
        if count.isdigit():
            number = max(number, int(count) + 1)
        self.set_char(owner, f"note{number}", text)
        self.set_char(owner, "note0", str(number))
        return number


def _cut(sortedby: tuple[str, ...], gone: set[str]) -> tuple[str, ...]:
    """The leading sort variables before the first one in ``gone``."""
    for i, name in enumerate(sortedby):
        if name in gone:
            return sortedby[:i]
    return sortedby
