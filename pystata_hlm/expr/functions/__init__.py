"""Stata's functions, one module a family; importing this package fills ``FUNCTIONS``."""

from __future__ import annotations

from pystata_hlm.expr.functions import (
    business,
    bystate,
    collation,
    date,
    date_related,
    date_text,
    distributions,
    distributions_more,
    frames,
    math,
    matrix,
    programming,
    random,
    regex,
    string,
    timespan,
    ustring,
)
from pystata_hlm.expr.functions.registry import FUNCTIONS, FunctionSpec

__all__ = [
    "FUNCTIONS",
    "FunctionSpec",
    "business",
    "bystate",
    "collation",
    "date",
    "date_related",
    "date_text",
    "distributions",
    "distributions_more",
    "frames",
    "math",
    "matrix",
    "programming",
    "random",
    "regex",
    "string",
    "timespan",
    "ustring",
]
