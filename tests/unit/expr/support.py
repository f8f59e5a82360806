"""Small datasets and shorthands for the tests of expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.expr.evaluate import DataEnv, evaluate, evaluate_scalar
from pystata_hlm.expr.values import Num
from pystata_hlm.lang.parser import parse

MISSING = {"." + (chr(96 + k) if k else ""): k for k in range(27)}


def dataset(columns: Mapping[str, Sequence[Any]], stype: str = "double") -> Dataset:
    """Numbers, ".", ".a" ... or strings, as a Dataset."""
    data = Dataset()
    for name, cells in columns.items():
        if cells and all(isinstance(c, str) and c not in MISSING for c in cells):
            data.add(name, Column.text(np.array([c.encode() for c in cells], dtype="S")))
            continue
        values = np.array([np.nan if isinstance(c, str) else float(c) for c in cells])
        codes = np.array([MISSING[c] if isinstance(c, str) else 0 for c in cells], dtype=np.int8)
        data.add(name, Column.numeric(values, codes, stype))
    return data


def shown(value: Any) -> list[Any]:
    """The cells of a value as numbers, ".", ".a" ... or str."""
    if not isinstance(value, Num):
        return [v.decode() for v in np.atleast_1d(value.values).tolist()]
    values = np.atleast_1d(value.values)
    codes = np.zeros(values.shape, int) if value.codes is None else np.atleast_1d(value.codes)
    names = list(MISSING)
    return [names[c] if v != v else float(v) for v, c in zip(values.tolist(), codes.tolist(), strict=True)]


def run(text: str, data: Dataset | None = None, **parts: Any) -> list[Any]:
    return shown(evaluate(parse("expr", text), DataEnv(data, **parts)))


def scalar(text: str, data: Dataset | None = None, **parts: Any) -> float | str:
    return evaluate_scalar(parse("expr", text), DataEnv(data, **parts))
