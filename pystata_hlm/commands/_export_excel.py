"""export excel: write a worksheet.   export excel [varlist] [using] filename [if] [in] [, sheet() cell() firstrow() ...]"""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np

from pystata_hlm.commands import _excel
from pystata_hlm.commands import _exporting as writing
from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.textfile import replacing
from pystata_hlm.errors import StataError
from pystata_hlm.formats import is_valid_format
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("sheet", 2, "text"),
    Opt("sheetmodify", 6),
    Opt("sheetreplace", 6),
    Opt("cell", 2, "string"),
    Opt("firstrow", 5, "string"),
    Opt("nolabel", 3, "off"),
    Opt("keepcellfmt", 8),
    Opt("replace"),
    Opt("datestring", 5, "string"),
    Opt("missing", 3, "string"),
)
_EPOCH = datetime.datetime(1960, 1, 1)
_SHEET = re.compile(r"\s*(`\".*?\"'|\".*?\"|[^,]*?)\s*(?:,\s*(\w+)\s*)?", re.DOTALL)


def sheet_option(options: dict[str, Any]) -> tuple[str, str]:
    """The worksheet's name ("" for none given) and what to do when it is there: modify, replace or ""."""
    name, how = "", ""
    if "sheet" in options:
        found = _SHEET.fullmatch(options["sheet"])
        name, how = (strip_quotes(found[1]), found[2] or "") if found else ("", "")
        if not name or how not in ("", "modify", "replace"):
            raise StataError(198, "option sheet() incorrectly specified")
    if "sheetmodify" in options and "sheetreplace" in options:
        raise StataError(198, "options sheetmodify and sheetreplace may not be combined")
    if "sheetmodify" in options:
        how = "modify"
    if "sheetreplace" in options:
        how = "replace"
    return name, how


def _moments(column: Column) -> list[Any] | None:
    """Dates of a %td or %tc variable for Excel (None where missing); None for other formats."""
    fmt = column.format.lstrip("%-")
    if not fmt.startswith(("td", "d", "tc", "tC")):
        return None
    unit = datetime.timedelta(days=1) if fmt.startswith(("td", "d")) else datetime.timedelta(milliseconds=1)
    out: list[Any] = []
    for value in column.values().tolist():
        try:
            out.append(None if value != value else _EPOCH + value * unit)
        except OverflowError:
            out.append(None)
    return out


def cells(data: Dataset, name: str, options: dict[str, Any]) -> list[Any]:
    """What stands in the cells of one variable."""
    column = data.column(name)
    if column.is_string:
        return [raw.decode("utf-8", "replace") or None for raw in column.data.tolist()]
    gap = options.get("missing", "") or None
    absent = column.is_missing()
    label = writing.label_of(data, name, "nolabel" in options)
    dates = _moments(column)
    if dates is not None and "datestring" in options:
        texts = writing.formatted_texts(column.with_(format=options["datestring"]), None)
        out: list[Any] = [text.decode() for text in texts.tolist()]
    elif dates is not None:
        out = dates
    else:
        whole = column.stype in ("byte", "int", "long")
        out = [int(value) if whole and value == value else value for value in column.values().tolist()]
    if label is not None:
        values, codes = column.decoded()
        texts = label.texts(values, codes).tolist()
        out = [text or value for text, value in zip(texts, out, strict=True)]
        absent = absent & np.array([not text for text in texts], dtype=bool)
    return [gap if none else value for value, none in zip(out, absent.tolist(), strict=True)]


def heading(data: Dataset, kind: str) -> list[str]:
    if kind and "variables".startswith(kind) and len(kind) >= 3:
        return data.names
    if kind and "varlabels".startswith(kind) and len(kind) >= 4:
        return [data.column(name).label or name for name in data.names]
    raise StataError(198, "option firstrow() incorrectly specified")


def _workbook(path: Any, shown: str, exists: bool, name: str, how: str, replace: bool) -> tuple[Any, Any]:
    """The workbook and the worksheet to write; r(602) when it is there and nothing says what to do."""
    if not exists or (replace and not how):
        book = _excel.library().Workbook()
        sheet = book.active
        sheet.title = name or "Sheet1"
        return book, sheet
    if not name and not how:
        raise StataError.file_exists(shown)
    book = _excel.open_book(path, shown, write=True)
    name = name or "Sheet1"
    if name not in book.sheetnames:
        return book, book.create_sheet(name)
    if not how:
        raise StataError(
            602, f"worksheet {name} already exists, must specify sheet(..., replace) or sheet(..., modify)"
        )
    if how == "replace":
        at = book.sheetnames.index(name)
        del book[name]
        return book, book.create_sheet(name, at)
    return book, book[name]


def _fill(sheet: Any, rows: list[list[Any]], top: int, left: int, keep: bool) -> None:
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            place = sheet.cell(top + i, left + j)
            style = place.number_format if keep and place.has_style else None
            if not keep and place.has_style:
                place.style = "Normal"
            place.value = value
            if isinstance(value, str) and value.startswith("="):
                place.data_type = "s"
            if isinstance(value, datetime.datetime):
                whole = value.time() == datetime.time()
                place.number_format = "m/d/yyyy" if whole else "m/d/yyyy h:mm:ss"
            if style is not None:
                place.number_format = style


def run(call: Call, ctx: Context, options: dict[str, Any], name: str) -> None:
    sheet_name, how = sheet_option(options)
    replace = "replace" in options
    shown = shared.need_file(name)
    path, shown, exists = shared.target(shown, ".xls", True, ctx)
    if shown.lower().endswith(".xls"):
        raise StataError(
            198, f"file {shown}: workbooks of Excel 97/2003 (.xls) not yet supported; name the file .xlsx"
        )
    if "datestring" in options and not is_valid_format(options["datestring"]):
        raise StataError(120, "invalid %format")
    data = writing.selected(call, ctx)
    top, left = _excel.cell(options["cell"], "cell") if "cell" in options else (1, 1)
    first = [heading(data, options["firstrow"])] if "firstrow" in options else []
    columns = [cells(data, variable, options) for variable in data.names]
    rows = [list(row) for row in (*first, *zip(*columns, strict=True))]
    book, sheet = _workbook(path, shown, exists, sheet_name, how, replace)
    try:
        _fill(sheet, rows, top, left, "keepcellfmt" in options)
        with replacing(path, shown) as handle:
            book.save(handle)
    except (ValueError, TypeError) as error:  # a sheet name or a character that Excel does not allow
        raise StataError(198, str(error)) from None
    if replace and not exists:
        ctx.say(shared.not_found_note(shown, ctx))
    ctx.say(f"file {shown} saved")
