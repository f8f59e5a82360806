"""Worksheets: cells and ranges in Excel's writing, workbooks opened lazily, cell values to columns."""

from __future__ import annotations

import datetime
import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pystata_hlm.data import reading
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number

EPOCH = datetime.datetime(1960, 1, 1)
DATE_FORMAT = "%tdnn/dd/CCYY"
DATETIME_FORMAT = "%tcnn/dd/CCYY_hh:MM:SS"
_CELL = re.compile(r"([A-Za-z]{1,3})(\d+)")


@dataclass(frozen=True)
class Range:
    """Rows and columns from 1, both ends included; None: as far as the sheet goes."""

    top: int = 1
    left: int = 1
    bottom: int | None = None
    right: int | None = None


def column_number(letters: str) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    number = 0
    for ch in letters.upper():
        number = number * 26 + ord(ch) - 64
    return number


def cell(text: str, option: str) -> tuple[int, int]:
    """``B2`` -> (2, 2): row and column; r(198)."""
    found = _CELL.fullmatch(text.strip().replace("$", ""))
    if found is None or int(found[2]) < 1:
        raise StataError(198, f"option {option}() incorrectly specified")
    return int(found[2]), column_number(found[1])


def read_range(text: str) -> Range:
    """``cellrange([start][:end])``."""
    first, colon, last = text.strip().partition(":")
    if not first.strip() and not last.strip():
        raise StataError(198, "option cellrange() incorrectly specified")
    top, left = cell(first, "cellrange") if first.strip() else (1, 1)
    bottom, right = cell(last, "cellrange") if colon and last.strip() else (None, None)
    if (bottom is not None and bottom < top) or (right is not None and right < left):
        raise StataError(198, "option cellrange() incorrectly specified")
    return Range(top, left, bottom, right)


def library() -> Any:
    """openpyxl, or an error that says how to get it."""
    try:
        return importlib.import_module("openpyxl")
    except ImportError:
        raise StataError(
            198, "Excel files need the Python package openpyxl\n(pip install pystata-hlm[excel])"
        ) from None


def open_book(path: Path, shown: str, *, write: bool = False) -> Any:
    """The workbook of an .xlsx file; r(603) when it is none."""
    import zipfile

    engine = library()
    old = path.open("rb").read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    if old:
        raise StataError(
            603, f"file {shown} could not be loaded\nworkbooks of Excel 97/2003 (.xls) not yet supported"
        )
    try:
        return engine.load_workbook(path, data_only=not write, read_only=not write)
    except (engine.utils.exceptions.InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise StataError(603, f"file {shown} could not be loaded") from None


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    """The values of a worksheet from A1 on, up to the last row and column that hold one."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    while rows and all(empty(value) for value in rows[-1]):
        rows.pop()
    width = max((last_filled(row) for row in rows), default=0)
    return [(*row[:width], *(None,) * (width - len(row))) for row in rows]


def empty(value: Any) -> bool:
    return value is None or value == ""


def last_filled(row: Sequence[Any]) -> int:
    """How many cells of a row count: up to the last one that is filled."""
    return next((k for k in range(len(row), 0, -1) if not empty(row[k - 1])), 0)


def is_date(value: Any) -> bool:
    return isinstance(value, (datetime.datetime, datetime.date, datetime.time, datetime.timedelta))


def milliseconds(value: Any) -> float:
    """A date or time as Stata's %tc counts it."""
    if isinstance(value, datetime.timedelta):
        moment = datetime.datetime(1899, 12, 30) + value
    elif isinstance(value, datetime.time):
        moment = datetime.datetime.combine(datetime.date(1899, 12, 30), value)
    elif isinstance(value, datetime.datetime):
        moment = value
    else:
        moment = datetime.datetime.combine(value, datetime.time())
    return (moment - EPOCH) / datetime.timedelta(milliseconds=1)


def number_text(value: float) -> str:
    """A number with all its digits, in Stata's writing."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(float(value))
    return re.sub(r"^(-?)0\.", r"\1.", text)


def text_of(value: Any, fmt: str = "") -> str:
    """What a cell becomes in a string variable."""
    if empty(value):
        return ""
    if isinstance(value, str):
        return value
    if is_date(value):
        ms = milliseconds(value)
        whole = ms % 86_400_000 == 0
        return (
            format_number(ms / 86_400_000, DATE_FORMAT).strip()
            if whole
            else format_number(ms, DATETIME_FORMAT).strip().replace("_", " ")
        )
    if fmt:
        return format_number(float(value), fmt).strip()
    return number_text(float(value))


def column_of(cells: Sequence[Any], as_text: bool, fmt: str) -> Column:
    """The variable that a column of cells becomes."""
    errors = {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}
    cells = [None if isinstance(value, str) and value in errors else value for value in cells]
    filled = [value for value in cells if not empty(value)]
    if (as_text and filled) or any(isinstance(value, str) for value in filled):
        raw = [text_of(value, fmt).encode() for value in cells]
        longest = max(map(len, raw), default=0)
        if longest > 2045:
            strings: Any = np.empty(len(raw), dtype=object)
            strings[:] = raw
        else:
            strings = np.array(raw or [b""], dtype="S")[: len(raw)]
        return Column.text(strings)
    if filled and all(is_date(value) for value in filled):
        ms = np.array([np.nan if empty(value) else milliseconds(value) for value in cells])
        there = ms[~np.isnan(ms)]
        if bool(np.all(there % 86_400_000 == 0)):
            days = ms / 86_400_000
            return Column.numeric(days, None, reading.numeric_type(days, "double"), format=DATE_FORMAT)
        return Column.numeric(ms, None, "double", format=DATETIME_FORMAT)
    values = np.array(
        [
            np.nan if empty(value) else milliseconds(value) / 86_400_000 if is_date(value) else float(value)
            for value in cells
        ]
    )
    return Column.numeric(values, None, reading.numeric_type(values, "double"))
