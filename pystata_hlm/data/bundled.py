"""Datasets shipped inside the package, for ``sysuse``."""

from __future__ import annotations

from pathlib import Path


def _folder() -> Path:
    return Path(__file__).resolve().parents[1] / "datasets"


def dataset_names() -> list[str]:
    """Names of the shipped datasets (without .dta), sorted."""
    return sorted(path.stem for path in _folder().glob("*.dta"))


def dataset_path(name: str) -> Path | None:
    """Path of a shipped dataset (``"hsb"`` or ``"hsb.dta"``); None when there is none of that name."""
    stem = name.removesuffix(".dta")
    return _folder() / f"{stem}.dta" if stem in dataset_names() else None
