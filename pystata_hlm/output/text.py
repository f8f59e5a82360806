"""Plain text: output items laid out as a Stata log has them, to the character."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pystata_hlm.formats import format_number
from pystata_hlm.output import listing
from pystata_hlm.output.items import (
    Cell,
    Col,
    Echo,
    Error,
    Graph,
    Header,
    Listing,
    OutputItem,
    Row,
    Rule,
    Side,
    Table,
    Text,
)


def cell_text(cell: Cell | None) -> str:
    """A cell without padding."""
    if cell is None or cell.value is None:
        return ""
    if isinstance(cell.value, str):
        return f"{cell.before}{cell.value}{cell.after}"
    return f"{cell.before}{format_number(float(cell.value), cell.fmt, cell.code).strip()}{cell.after}"


def justify(text: str, width: int, align: str) -> str:
    if align == "left":
        return text.ljust(width)
    return text.center(width) if align == "center" else text.rjust(width)


# ---------------------------------------------------------------- tables


def _bars(columns: tuple[Col, ...]) -> int:
    return 2 * sum(col.bar for col in columns)


def table_width(table: Table) -> int:
    """Characters from the left edge (without indent) to the end of the rules."""
    if table.width is not None:
        return table.width
    return table.stub_width + 2 + sum(col.width for col in table.columns) + _bars(table.columns)


def _rule(table: Table) -> str:
    """``-----+----`` with a ``+`` under every bar."""
    out = "-" * (table.stub_width + 1) + "+"
    for col in table.columns:
        out += ("-+" if col.bar else "") + "-" * col.width
    return out + "-" * (table_width(table) - len(out))


def _heads(table: Table) -> list[str]:
    stubs = table.stub_head.split("\n")
    if table.head_text:
        texts = list(table.head_text)
    else:
        columns = [col.head.split("\n") for col in table.columns]
        depth = max((len(c) for c in columns), default=1)
        texts = []
        for k in range(depth):
            line = ""
            for col, head in zip(table.columns, columns, strict=True):
                # headings are bottom-aligned; only the last line uses head_width
                part = head[k - depth + len(head)] if k - depth + len(head) >= 0 else ""
                width = col.width if col.head_width is None else col.head_width
                line += (" |" if col.bar else "") + justify(part, width, col.align)
            texts.append(line)
    depth = max(len(stubs), len(texts))
    stubs = [""] * (depth - len(stubs)) + stubs
    texts = [""] * (depth - len(texts)) + texts
    lines = []
    for stub, text in zip(stubs, texts, strict=True):
        lines.append(justify(stub, table.stub_width, table.stub_align) + " |" + text + table.head_end)
    return lines


def _row(table: Table, row: Row) -> str:
    if row.stub_align == "tight":  # a name broken after #: the mark takes the blank before the bar
        line = row.stub.rjust(table.stub_width + 1) + "|"
    else:
        line = justify(row.stub, table.stub_width, row.stub_align or table.stub_align) + " |"
    for col, cell in zip(table.columns, row.cells, strict=False):
        line += (" |" if col.bar else "") + justify(cell_text(cell), col.width, col.align)
    return line + row.tail + table.row_end


def render_table(table: Table, settings: Any = None) -> str:
    lines: list[str] = []
    full = "-" * table_width(table)
    if table.top:
        lines.append(full)
    if table.head:
        lines += _heads(table)
        if table.head_rule:
            lines.append(_rule(table))
    for part in table.body:
        lines.append(_rule(table) if isinstance(part, Rule) else _row(table, part))
    if table.bottom:
        lines.append(full)
    pad = " " * table.indent
    return "".join(pad + line + "\n" for line in lines)


# ---------------------------------------------------------------- headings of estimations


def _pairs(pairs: tuple[tuple[str, Cell] | None, ...], label_width: int, value_width: int) -> list[str]:
    out = []
    for pair in pairs:
        if pair is None:
            out.append("")
            continue
        label, cell = pair
        value = cell_text(cell)
        if cell.value is None:  # a heading such as "Obs per group:"
            out.append(label.ljust(label_width + 3 + value_width))
        elif label.startswith("\t"):  # right-aligned label: min, avg, max
            out.append(f"{label[1:].rjust(label_width)} = {value.rjust(value_width)}")
        else:
            out.append(f"{label.ljust(label_width)} = {value.rjust(value_width)}")
    return out


def render_header(header: Header, settings: Any = None) -> str:
    pairs = [p for p in header.right if p is not None]
    if header.compact:
        valued = [(label.lstrip("\t"), cell_text(cell)) for label, cell in pairs if cell.value is not None]
        label_width = max((len(label) for label, _ in valued), default=0)
        value_width = max((len(value) for _, value in valued), default=0)
    else:
        label_width, value_width = header.label_width, header.value_width
    right = _pairs(header.right, label_width, value_width)
    start = header.width - (label_width + 3 + value_width)
    lines = []
    for left, text in zip(header.left, right, strict=True):
        lines.append((left.ljust(start) + text).rstrip() if text else left)
    return "".join(line + "\n" for line in lines)


def render_side(side: Side, settings: Any = None) -> str:
    left = render_table(side.left).splitlines()
    right = _pairs(tuple(side.right), side.label_width, side.value_width)
    depth = max(len(left), len(right))
    left += [""] * (depth - len(left))
    right += [""] * (depth - len(right))
    width = table_width(side.left) + side.gap
    return "".join((a.ljust(width) + b).rstrip() + "\n" for a, b in zip(left, right, strict=True))


# ---------------------------------------------------------------- text


def render_text(item: Text, settings: Any = None) -> str:
    return item.text + ("\n" if item.newline else "")


def render_error(item: Error, settings: Any = None) -> str:
    message = item.message + "\n" if item.message else ""
    return f"{message}r({item.rc});\n"


def render_echo(item: Echo, settings: Any = None) -> str:
    return "".join(["" if item.tight else "\n", *(f"{line}\n" for line in item.lines)])


def render_graph(item: Graph, settings: Any = None) -> str:
    return ""  # a graph leaves no trace in a text log


_RENDERERS: dict[type, Callable[[Any, Any], str]] = {
    Table: render_table,
    Header: render_header,
    Side: render_side,
    Listing: listing.render_listing,
    Text: render_text,
    Error: render_error,
    Echo: render_echo,
    Graph: render_graph,
}


def render(item: OutputItem, settings: Any = None) -> str:
    """The text of one item, with its final newline."""
    return _RENDERERS[type(item)](item, settings)
