"""``over()`` of mean, total and proportion: the groups, their names in e(b) and in the table.

From release 16 on the table heads a block ``c.mpg@sex#race`` and e(b) has ``c.mpg@1bn.sex#2.race``. Before, a legend
names the groups (``_subpop_1: rep78 = 1`` when the label is no name) and e(b) has ``mpg:_subpop_1``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.design.factors import factor_values

_WORD = re.compile(r"[^\W\d]\w{0,31}")


@dataclass(frozen=True)
class Over:
    """index: group of each row in use; texts and marks: of each group, as the table and e(b) name it."""

    names: tuple[str, ...]
    index: np.ndarray
    texts: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.texts)

    @property
    def head(self) -> str:
        return "#".join(self.names)


def over_groups(data: Dataset, names: tuple[str, ...], rows: np.ndarray) -> Over:
    """The combinations that occur, first variable slowest. Errors: r(109), r(452) as for factor variables."""
    axes = []
    for name in names:
        factor_values(data, name, rows)
        axes.append(axis(data, name, rows))
    code = np.zeros(int(rows.sum()), dtype=np.int64)
    for each in axes:
        code = code * each.size + each.index
    found, index = np.unique(code, return_inverse=True)
    places: list[np.ndarray] = []
    for each in reversed(axes):
        found, place = np.divmod(found, each.size)
        places.insert(0, place)
    cells = list(zip(*(place.tolist() for place in places), strict=True))
    texts = tuple("#".join(each.texts[k] for each, k in zip(axes, cell, strict=True)) for cell in cells)
    marks = tuple(
        "#".join(f"{m}.{each.name}" for each, m in zip(axes, _marks_at(axes, cell), strict=True))
        for cell in cells
    )
    return Over(names, index.ravel(), texts, marks)


def _marks_at(axes: list[Axis], cell: tuple[int, ...]) -> list[str]:
    return [level_marks(each)[k] for each, k in zip(axes, cell, strict=True)]


def level_marks(groups: Axis) -> list[str]:
    """Levels as e(b)'s columns name them: the first is the base, ``0bn``."""
    return [f"{v:g}{'bn' if g == 0 else ''}" for g, v in enumerate(groups.values.tolist())]


def old_names(texts: tuple[str, ...], stem: str) -> tuple[str, ...]:
    """Names up to release 15: the label when it is a name, else ``_subpop_1``, ``_prop_1``."""
    return tuple(t if _WORD.fullmatch(t) else f"{stem}_{k}" for k, t in enumerate(texts, 1))


def old_legend(over: Over) -> list[str]:
    """``    Domestic: foreign = Domestic``; with several variables ``Over: sex race`` and the values."""
    names = old_names(over.texts, "_subpop")
    if len(over.names) == 1:
        return [f"{n:>13}: {over.names[0]} = {t}" for n, t in zip(names, over.texts, strict=True)]
    several = [f"{n:>13}: {t.replace('#', ' ')}" for n, t in zip(names, over.texts, strict=True)]
    return [f"{'Over':>13}: {' '.join(over.names)}", *several]
