"""Business dates ([FN] bofd() and dofb()): days counted on a calendar that leaves days out."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.registry import function
from pystata_hlm.expr.functions.text import decode


def _converted(env: Any, name: Any, values: Any, method: str) -> Any:
    names = np.unique(np.atleast_1d(np.asarray(name)))
    if len(names) != 1:
        raise StataError.type_mismatch()
    calendar = env.setting(f"calendar {decode(bytes(names[0]))}")
    if calendar is None:
        raise StataError(601, "business calendar not found")
    return getattr(calendar, method)(values)


@function("bofd", "s n", "business date of a date, on a calendar", family="date", missing="own", env=True)
def bofd(env: Any, name: Any, day: Any) -> Any:
    return _converted(env, name, day, "from_days")


@function("dofb", "n s", "date of a business date, on a calendar", family="date", missing="own", env=True)
def dofb(env: Any, business: Any, name: Any) -> Any:
    return _converted(env, name, business, "to_days")
