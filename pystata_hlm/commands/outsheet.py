"""outsheet: write tab- or comma-separated text.   outsheet [varlist] using filename [if] [in] [, comma delimiter() nonames nolabel ...]"""

from __future__ import annotations

from pystata_hlm.commands import _exporting as writing
from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands._export_delimited import delimiter_of
from pystata_hlm.data.textfile import join_columns, replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "outsheet",
    min=4,
    allow={"if", "in", "using"},
    options=(
        Opt("comma", 1),
        Opt("delimiter", 3, "text"),
        Opt("nonames", 3, "off"),
        Opt("nolabel", 3, "off"),
        Opt("noquote", 3, "off"),
        Opt("replace"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None:
        raise StataError(100, "using required")
    if call.has("comma") and call.has("delimiter"):
        raise StataError(198, "only one of options comma and delimiter() is allowed")
    path, shown, _ = shared.target(call.using, ".out", call.has("replace"), ctx)
    data = writing.selected(call, ctx)
    delimiter = delimiter_of(call.options, "," if call.has("comma") else "\t")
    quote = not call.has("noquote")
    columns = []
    for name, column in data.columns.items():
        if column.is_string:
            columns.append(writing.quoted(column.data, True, b"") if quote else column.data)
            continue
        label = writing.label_of(data, name, call.has("nolabel"))
        cells = writing.formatted_texts(column, label)
        columns.append(writing.quoted(cells, True, b"") if quote and label is not None else cells)
    names = [name.encode() for name in data.names]
    head = b"" if call.has("nonames") else delimiter.join(names) + b"\n"
    with replacing(path, shown) as handle:
        handle.write(head + join_columns(columns, delimiter))
    return None
