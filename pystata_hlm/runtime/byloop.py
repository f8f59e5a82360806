"""``by`` before a command that runs once for each group: each run sees its group's rows alone, so that the whole costs
about as much as one run over all rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.display import value_text
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Groups
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.spec import CommandSpec

_WHOLE = re.compile(r"(?<![\w.])[LFDSlfds]\d*\.\w|\.\(|[LFDSlfds]\(")
"""Time-series operators reach beyond the group's rows."""
_MAKES = ("generate",)
"""Options that add variables to the data: the command must see all of it."""


def heading(data: Dataset, keys: tuple[str, ...], row: int, linesize: int) -> Text:
    """The rule and ``-> foreign = Domestic, highmileage = 0``."""
    pairs = ", ".join(f"{name} = {value_text(data, name, row)}" for name in keys)
    return Text(f"\n{'-' * (linesize - 1)}\n-> {pairs}")


def run(spec: CommandSpec, call: Call, groups: Groups, keys: tuple[str, ...], executor: Executor) -> None:
    """The command for every group, under headings; a group without observations does not stop the others."""
    whole = executor.workspace.data
    linesize = executor.workspace.settings.linesize
    parts = _Slices(call, executor) if _sliceable(call) else _Masks(call, executor)
    try:
        for start, size in zip(
            np.asarray(groups.starts).tolist(), np.asarray(groups.sizes).tolist(), strict=True
        ):
            if not executor.silent:
                executor.emit(heading(whole, keys, start, linesize))
            try:
                executor.run_bound(spec, parts.enter(start, start + size))
            except StataError as error:
                if error.rc not in (2000, 2001) and not executor.by_rc0:
                    raise
                executor.emit(Text(error.message, "error"))
            parts.leave()
    finally:
        parts.end()


def _sliceable(call: Call) -> bool:
    return not any(call.has(name) for name in _MAKES) and _WHOLE.search(call.text) is None


class _Masks:
    """All rows are there, the group's in the sample."""

    def __init__(self, call: Call, executor: Executor) -> None:
        self.call = call
        self.executor = executor

    def enter(self, start: int, stop: int) -> Call:
        mask = np.zeros(len(self.call.sample), dtype=bool)
        mask[start:stop] = self.call.sample[start:stop]
        return replace(self.call, sample=mask, restricted=True)

    def leave(self) -> None:
        """Nothing was put aside."""

    def end(self) -> None:
        """Nothing was put aside."""


class _Slices(_Masks):
    """The group's rows are all the data there are. What a command puts beside the rows (e(sample)) is spread out over
    all rows at the end."""

    def __init__(self, call: Call, executor: Executor) -> None:
        super().__init__(call, executor)
        self.whole = executor.workspace.data
        self.rows = slice(0, 0)
        self.given: dict[str, np.ndarray] = {}
        self.made: dict[str, tuple[np.ndarray, slice]] = {}

    def enter(self, start: int, stop: int) -> Call:
        call, rows = self.call, slice(start, stop)
        view = self.whole.slice(rows)
        self.executor.workspace.data = view
        self.rows, self.given = rows, dict(view.hidden)
        weight = call.weight
        if weight is not None:
            weight = replace(weight, values=weight.values[rows])
        return replace(call, sample=call.sample[rows], weight=weight, restricted=True)

    def leave(self) -> None:
        for key, array in self.executor.workspace.data.hidden.items():
            if array is not self.given.get(key):
                self.made[key] = array, self.rows

    def end(self) -> None:
        self.executor.workspace.data = self.whole
        for key, (array, rows) in self.made.items():
            spread = np.zeros((self.whole.n, *array.shape[1:]), dtype=array.dtype)
            spread[rows] = array
            self.whole.hidden[key] = spread
