"""Value-label texts for factor levels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pystata_hlm.formats import text_width

if TYPE_CHECKING:
    from pystata_hlm.data.column import Column
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.data.labels import ValueLabel


def widened(column: Column, label: ValueLabel) -> Column:
    """``label values``: a %w.dg format grows to hold the longest text of the label."""
    found = re.fullmatch(r"%(-?)(\d+)(\.\d+gc?)", column.format)
    width = max((text_width(text) for _, text in label.items()), default=0)
    if found is None or int(found[2]) >= width:
        return column
    return column.with_(format=f"%{found[1]}{width}{found[3]}")


def level_label(data: Dataset, name: str, level: int) -> str | None:
    """The text of a factor level under the variable's value label, None when it has none."""
    if name not in data:
        return None
    attached = data.column(name).value_label
    label = data.value_labels.get(attached) if attached else None
    return None if label is None else label.text(float(level), 0)
