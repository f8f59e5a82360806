"""Graphs on disk: ``.gph`` files hold a spec as JSON (Stata's own .gph files are refused)."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.graph import spec
from pystata_hlm.graph.spec import Combined, Drawing, Figure

_FORMAT = "pystata_hlm graph 1"
_CLASSES: dict[str, Any] = {
    name: item
    for name, item in vars(spec).items()
    if isinstance(item, type) and dataclasses.is_dataclass(item)
}


def encode(value: Any) -> Any:
    """Dataclasses, arrays and tuples as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, **fields}
    if isinstance(value, np.ndarray):
        return {"array": [None if not np.isfinite(v) else float(v) for v in value]}
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(decode(v) for v in value)
    if isinstance(value, dict):
        if "array" in value:
            return np.array([np.nan if v is None else v for v in value["array"]], dtype=np.float64)
        kind = _CLASSES[value["class"]]
        return kind(**{k: decode(v) for k, v in value.items() if k != "class"})
    return value


def write(drawing: Drawing, path: Path) -> None:
    """Write beside and move into place."""
    text = json.dumps({"format": _FORMAT, "graph": encode(drawing)})
    fd, name = tempfile.mkstemp(prefix=".graph", dir=path.parent)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as handle:
            handle.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> Drawing:
    """r(601) when absent, r(610) when it is not ours."""
    if not path.is_file():
        raise StataError.file_not_found(str(path))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != _FORMAT:
            raise ValueError(content.get("format"))
        drawing = decode(content["graph"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StataError(610, f"file {path} not Stata .gph format") from None
    if not isinstance(drawing, (Figure, Combined)):
        raise StataError(610, f"file {path} not Stata .gph format")
    return drawing
