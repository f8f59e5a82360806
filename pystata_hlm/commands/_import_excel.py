"""import excel: read a worksheet.   import excel [[extvarlist] using] filename [, sheet() cellrange() firstrow ...]"""

from __future__ import annotations

import re
from typing import Any

from pystata_hlm.commands import _excel
from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands._files import refuse_to_lose
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Opt

OPTIONS = (
    Opt("sheet", 2, "string"),
    Opt("cellrange", 4, "string"),
    Opt("firstrow", 5),
    Opt("case", 0, "string"),
    Opt("allstring", 5, "flagortext"),
    Opt("describe", 4),
    Opt("clear"),
)
_PAIR = re.compile(r"(\S+?)\s*=\s*([A-Za-z]+)")


def extended(text: str, left: int, right: int) -> list[tuple[str, int]]:
    """``x y=C z``: names with their columns (from 1); a bare name takes the next column."""
    out: list[tuple[str, int]] = []
    at = left
    for word in re.sub(r"\s*=\s*", "=", text).split():
        found = _PAIR.fullmatch(word)
        name, at = (found[1], _excel.column_number(found[2])) if found else (word, at)
        check(name)
        if not left <= at <= right:
            raise StataError(198, f"column {shared.column_letters(at - 1)} out of range")
        out.append((name, at))
        at += 1
    if len({name for name, _ in out}) < len(out):
        raise StataError(198, "repeated variable name")
    return out


def pick_sheet(book: Any, name: str) -> Any:
    if not name:
        return book.worksheets[0]
    for sheet in book.worksheets:
        if sheet.title == name:
            return sheet
    raise StataError(601, f"worksheet {name} not found")


def describe(book: Any, ctx: Context) -> Stored:
    """The worksheets and the range that each uses."""
    found = []
    for sheet in book.worksheets:
        rows = _excel.rows_of(sheet)
        last = f"{shared.column_letters(len(rows[0]) - 1)}{len(rows)}" if rows and rows[0] else ""
        found.append((sheet.title, f"A1:{last}" if last else ""))
    width = max(12, *(len(title) for title, _ in found))
    out = ["", f"{'Sheet':>{width + 2}} | Range", "  " + "-" * (width + 1) + "+" + "-" * 20]
    out += [f"{title:>{width + 2}} | {area}" for title, area in found]
    ctx.emit(lines(*out))
    macros: dict[str, str] = {}
    for k, (title, area) in enumerate(found, 1):
        macros |= {f"worksheet_{k}": title, f"range_{k}": area}
    return Stored("r", scalars={"N_worksheet": float(len(found))}, macros=macros)


def build(rows: list[tuple[Any, ...]], left: int, names: str, options: dict[str, Any]) -> Dataset:
    """The dataset of the selected cells; ``left`` is the number of their first column."""
    case = shared.check_case(options, "preserve")
    k = len(rows[0]) if rows else 0
    headings = [""] * k
    letters = [shared.column_letters(left - 1 + j) for j in range(k)]
    chosen = list(zip(letters, range(k), strict=True))
    if "firstrow" in options and rows:
        headings = [_excel.text_of(value).strip() for value in rows[0]]
        found = shared.named(headings, lambda j: letters[j], case)
        chosen = list(zip(found, range(k), strict=True))
        rows = rows[1:]
    if names:
        chosen = [(name, at - left) for name, at in extended(names, left, left + k - 1)]
    as_text, fmt = "allstring" in options, (options.get("allstring") or "").strip().strip('"')
    data = Dataset(n=len(rows))
    for name, j in chosen:
        column = _excel.column_of([row[j] for row in rows], as_text, fmt)
        data.add(name, shared.labelled(column, headings[j]))
    return data


def run(text: str, ctx: Context) -> Stored | None:
    node, options, name = shared.parsed(text, OPTIONS, ("locale",), ctx)
    shared.refuse_qualifiers(node)
    path, shown = shared.locate(shared.need_file(name), ".xls", ctx)
    if "describe" not in options:
        refuse_to_lose(ctx, "clear" in options)
    book = _excel.open_book(path, shown)
    try:
        if "describe" in options:
            return describe(book, ctx)
        area = _excel.read_range(options["cellrange"]) if "cellrange" in options else _excel.Range()
        rows = _excel.rows_of(pick_sheet(book, options.get("sheet", "")))
    finally:
        book.close()
    rows = [row[area.left - 1 : area.right] for row in rows[area.top - 1 : area.bottom]]
    wide, high = (area.right or 0) - area.left + 1, (area.bottom or 0) - area.top + 1
    if area.bottom is not None and area.right is not None:  # a range beyond the data holds empty cells
        rows = [(*row, *(None,) * (wide - len(row))) for row in rows]
        rows += [(None,) * wide] * (high - len(rows))
    if not rows or not rows[0]:
        raise StataError(2000, "no observations")
    data = build(rows, area.left, node.text if node.clauses.using is not None else "", options)
    shared.adopt_new(data, ctx)
    ctx.say(shared.size_note(data))
    return Stored("r", scalars={"N": float(data.n), "k": float(data.k)})
