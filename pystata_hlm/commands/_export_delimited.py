"""export delimited: write delimited text.   export delimited [varlist] [using] filename [if] [in] [, options]"""

from __future__ import annotations

from typing import Any

from pystata_hlm.commands import _exporting as writing
from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.textfile import join_columns, replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("delimiter", 1, "text"),
    Opt("novarnames", 4, "off"),
    Opt("nolabel", 3, "off"),
    Opt("datafmt", 5),
    Opt("quote", 1),
    Opt("encoding", 3, "string"),
    Opt("replace"),
)
_KEYWORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "space": " ", "semicolon": ";"}


def delimiter_of(options: dict[str, Any], default: str) -> bytes:
    """``delimiter("char"|tab)``: one character."""
    if "delimiter" not in options:
        return default.encode()
    text = strip_quotes(options["delimiter"])
    text = _KEYWORDS.get(text.lower(), text)
    if len(text) != 1:
        raise StataError(198, "delimiter() must be one character or tab")
    return text.encode()


def render(call: Call, ctx: Context, options: dict[str, Any]) -> bytes:
    data = writing.selected(call, ctx)
    delimiter = delimiter_of(options, ",")
    columns = []
    for name, column in data.columns.items():
        if column.is_string:
            columns.append(writing.quoted(column.data, "quote" in options, delimiter))
            continue
        label = writing.label_of(data, name, "nolabel" in options)
        if "datafmt" in options:
            cells = writing.formatted_texts(column, label, "", commas=True)
        else:
            cells = writing.full_texts(column, label)
        columns.append(writing.quoted(cells, "quote" in options and label is not None, delimiter))
    head = b"" if "novarnames" in options else delimiter.join(n.encode() for n in data.names) + b"\n"
    text = head + join_columns(columns, delimiter)
    if "encoding" in options:
        try:
            return text.decode("utf-8", "replace").encode(options["encoding"], "replace")
        except LookupError:
            raise StataError(198, f"encoding {options['encoding']} not found") from None
    return text


def run(call: Call, ctx: Context, options: dict[str, Any], name: str) -> None:
    path, shown, exists = shared.target(name, ".csv", "replace" in options, ctx)
    text = render(call, ctx, options)
    with replacing(path, shown) as handle:
        handle.write(text)
    if "replace" in options and not exists:
        ctx.say(shared.not_found_note(shown, ctx))
    ctx.say(f"file {shown} saved")
