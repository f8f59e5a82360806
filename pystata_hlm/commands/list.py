"""list: list values of variables.   [by:] list [varlist] [if] [in] [, noobs clean separator(#) sepby(varlist) ...]"""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.formats import cut_to_width, format_column, format_string, parse_format, text_width
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Listing
from pystata_hlm.runtime.bind import in_mask
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def alignment(column: Column) -> str:
    """Left for ``%-`` formats, else right."""
    return "left" if parse_format(column.format).left else "right"


def shortened(text: str, width: int) -> str:
    """Text cut to a width, the last two characters given to dots."""
    if width <= 0 or text_width(text) <= width:
        return text
    return cut_to_width(text, width) if width < 3 else cut_to_width(text, width - 2) + ".."


def cell_texts(
    data: Dataset, name: str, rows: np.ndarray, nolabel: bool = False, string: int = 0
) -> list[str]:
    """What ``list`` shows of a variable for some rows, without padding: labels, else the display format."""
    column = data.column(name).take(rows)
    if column.is_string:
        decoded = [bytes(raw).decode("utf-8", "replace") for raw in column.data.tolist()]
        if string:
            return [shortened(text, string) for text in decoded]
        return [format_string(text, column.format, "dots").strip() for text in decoded]
    values, codes = column.decoded()
    out = [text.strip() for text in format_column(values, codes, column.format)]
    label = None if nolabel else data.value_labels.get(column.value_label)
    if label is not None:
        width = parse_format(column.format).width
        texts = label.texts(values, codes).tolist()
        out = [
            shortened(text, string or width) if text else plain
            for text, plain in zip(texts, out, strict=True)
        ]
    return out


def separators(data: Dataset, names: tuple[str, ...], rows: np.ndarray) -> set[int]:
    """Lines before which ``sepby()`` draws a rule."""
    if len(rows) < 2:
        return set()
    differ = np.zeros(len(rows) - 1, dtype=bool)
    for name in names:
        column = data.column(name).take(rows)
        key: Any = column.data if column.is_string else missing.ordered(*column.decoded())
        differ |= np.asarray(key[1:] != key[:-1], dtype=bool)
    return set((np.flatnonzero(differ) + 1).tolist())


def _footer(call: Call, data: Dataset, rows: np.ndarray) -> list[tuple[str, list[str]]]:
    """Lines for options mean, sum and N."""
    out: list[tuple[str, list[str]]] = []
    for option, heading in (("mean", "Mean"), ("sum", "Sum"), ("N", "N")):
        if not call.has(option):
            continue
        given = call.opt(option)
        chosen = (
            expand_varlist(data, parse("varlist", given), varabbrev=True) if given else list(call.varlist)
        )
        texts = []
        for name in call.varlist:
            column = data.column(name)
            if name not in chosen or column.is_string:
                texts.append("")
                continue
            x = column.take(rows).values()
            x = x[~np.isnan(x)]
            mean = x.mean() if len(x) else np.nan
            value = float(len(x) if option == "N" else x.sum() if option == "sum" else mean)
            fmt = "%9.0g" if option == "N" else column.format
            texts.append(format_column(np.array([value]), None, fmt)[0].strip())
        out.append((heading, texts))
    return out


def _heading(data: Dataset, name: str, width: int, substitute: bool) -> str:
    """The variable's name, or with ``subvarname`` its characteristic varname."""
    given = data.get_chars(name).get("varname", "") if substitute and name in data else ""
    return given or abbrev(name, width)


@command(
    "list",
    min=1,
    varlist="all",
    byable="loop",
    options=(
        Opt("clean"),
        Opt("noobs", 2, "off"),
        Opt("nolabel", 3, "off"),
        Opt("separator", 3, "int"),
        Opt("sepby", 5, "varlist"),
        Opt("abbreviate", 2, "int", 8),
        Opt("string", 3, "int"),
        Opt("divider", 3),
        Opt("header", 1, "flagortext"),
        Opt("noheader", 3, "off"),
        Opt("table", 1),
        Opt("display", 1),
        Opt("compress"),
        Opt("nocompress", 3, "off"),
        Opt("fast"),
        Opt("mean", 2, "flagortext"),
        Opt("sum", 3, "flagortext"),
        Opt("N", 1, "flagortext"),
        Opt("linesize", 4, "int"),
        Opt("subvarname", 6),
        Opt("absolute", 3),
        Opt("nodotz", 0, "off"),
        Opt("notrim", 0, "off"),
    ),
    unsupported=("constant:4", "flicker"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    rows = np.flatnonzero(call.sample)
    if call.varlist and len(rows):
        show(call, ctx, rows)
    return None


def show(call: Call, ctx: Context, rows: np.ndarray) -> None:
    """The listing of the call's variables for some rows (``browse`` and ``edit`` list too)."""
    data = ctx.data
    width = call.opt("abbreviate", 8)
    string = call.opt("string", 0)
    clauses = call.node.clauses
    last = data.n
    if clauses.in_ is not None:
        last = int(np.flatnonzero(in_mask(clauses.in_, data.n, ctx))[-1]) + 1
    options: dict[str, Any] = {
        "noobs": call.has("noobs"),
        "noheader": call.has("noheader"),
        "header": int(call.opt("header") or 0),
        "divider": call.has("divider"),
        "linesize": call.opt("linesize", ctx.settings.linesize),
        "footer": _footer(call, data, rows),
        "last_obs": last,
    }
    if call.has("separator"):
        options["separator"] = call.opt("separator")
    if call.has("sepby"):
        options["breaks"] = separators(data, call.opt("sepby"), rows)
    if call.has("clean") or call.has("notrim"):  # notrim is clean by another name
        options["format"] = "clean"
    elif call.has("table"):
        options["format"] = "table"
    elif call.has("display"):
        options["format"] = "display"
    cells = [cell_texts(data, name, rows, call.has("nolabel"), string) for name in call.varlist]
    if call.has("nodotz"):  # .z is not shown
        cells = [["" if text == ".z" else text for text in column] for column in cells]
    if call.has("nocompress"):  # every column as wide as its display format
        cells = [
            [text.rjust(parse_format(data.column(name).format).width) for text in column]
            for name, column in zip(call.varlist, cells, strict=True)
        ]
    numbers = (rows + 1).tolist()
    if call.by is not None and not call.has("absolute"):  # numbered within the group
        numbers = list(range(1, len(rows) + 1))
    ctx.emit(
        Listing(
            heads=tuple(_heading(data, name, width, call.has("subvarname")) for name in call.varlist),
            aligns=tuple(alignment(data.column(name)) for name in call.varlist),
            cells=tuple(tuple(column) for column in cells),
            obs=tuple(numbers),
            options=options,
        )
    )
