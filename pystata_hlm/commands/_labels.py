"""Value-label texts for factor levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset


def level_label(data: Dataset, name: str, level: int) -> str | None:
    """The text of a factor level under the variable's value label, None when it has none."""
    if name not in data:
        return None
    attached = data.column(name).value_label
    label = data.value_labels.get(attached) if attached else None
    return None if label is None else label.text(float(level), 0)
