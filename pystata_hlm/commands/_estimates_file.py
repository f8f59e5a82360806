"""Estimation results on disk (.ster): a file of our own, which Stata does not read, nor we Stata's.

Results are kept with the facts that predict, margins and replay need. Reading trusts nothing in the file: it makes
numbers, texts, arrays and this package's own dataclasses, and looks the one function it holds (replay) up by name.
"""

from __future__ import annotations

import importlib
import io
import pickle
import types
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.results import Estimation, Stored

MAGIC = b"pystata_hlm estimation results 1\n"

_PLAIN = frozenset(
    {
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("builtins", "slice"),
        ("builtins", "range"),
        ("builtins", "complex"),
        ("builtins", "bytearray"),
        ("collections", "OrderedDict"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy.core.numeric", "_frombuffer"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
    }
)


@dataclass(frozen=True)
class Named:
    """A function of ours, by name."""

    module: str
    name: str

    def find(self) -> Callable[..., Any] | None:
        if not self.module.startswith("pystata_hlm.commands."):
            return None
        found = getattr(importlib.import_module(self.module), self.name, None)
        return found if isinstance(found, types.FunctionType) else None


@dataclass(frozen=True)
class Saved:
    """One set of results in a file. ``stamp``: when it was saved."""

    stored: Stored
    title: str
    stamp: str


class _Writer(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, types.FunctionType) and obj.__module__.startswith("pystata_hlm.commands."):
            return obj.__module__, obj.__qualname__
        return None


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("pystata_hlm."):
            found = super().find_class(module, name)
            fields = getattr(found, "_fields", None)
            if isinstance(found, type) and (is_dataclass(found) or fields or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        return Named(*pid)


def write(path: Path, shown: str, results: list[Saved]) -> None:
    """r(498) when the results hold what no file can."""
    buffer = io.BytesIO()
    buffer.write(MAGIC)
    try:
        _Writer(buffer, protocol=5).dump(results)
    except (pickle.PicklingError, TypeError, AttributeError):
        cmd = results[-1].stored.macros.get("cmd", "this command")
        raise StataError(498, f"results of {cmd} cannot be saved") from None
    try:
        path.write_bytes(buffer.getvalue())
    except OSError:
        raise StataError(603, f"file {shown} could not be opened") from None


def read(path: Path, shown: str) -> list[Saved]:
    """r(601) when there is no such file, r(610) when it is none of ours."""
    if not path.is_file():
        raise StataError.file_not_found(shown)
    raw = path.read_bytes()
    wrong = StataError(610, f"file {shown} not pystata_hlm format")
    if not raw.startswith(MAGIC):
        raise wrong
    try:
        found = _Reader(io.BytesIO(raw[len(MAGIC) :])).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError):
        raise wrong from None
    if not isinstance(found, list) or not all(isinstance(one, Saved) for one in found):
        raise wrong
    return [replace(one, stored=_revived(one.stored)) for one in found]


def _revived(stored: Stored) -> Stored:
    estimation = stored.estimation
    if not isinstance(estimation, Estimation):
        return stored.with_(estimation=None)
    again: Any = estimation.replay
    function = again.find() if isinstance(again, Named) else None
    return stored.with_(estimation=replace(estimation, replay=function))
