"""Paths as typed."""

from __future__ import annotations

from pathlib import Path


def expanded(text: str) -> Path:
    """A path with ``~`` and ``~name`` replaced by a home folder; as it stands when there is none of that name."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
