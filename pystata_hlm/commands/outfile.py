"""outfile: write text in free or dictionary format.   outfile [varlist] using filename [if] [in] [, comma wide dictionary ...]"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _exporting as writing
from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.textfile import join_columns, replacing
from pystata_hlm.errors import StataError
from pystata_hlm.formats import parse_format
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

LINE = 80


def width_of(column: Column) -> int:
    return max(1, parse_format(column.format).width)


def justified(strings: np.ndarray, width: int, right: bool) -> np.ndarray:
    """Strings padded to a width (in characters); longer ones stay as they are."""
    texts = np.array([raw.decode("utf-8", "replace") for raw in strings.tolist()] or [""], dtype="U")
    padded = np.strings.rjust(texts, width) if right else np.strings.ljust(texts, width)
    return np.asarray(np.strings.encode(padded[: len(strings)], "utf-8"))


def cells(data: Dataset, name: str, call: Call) -> tuple[np.ndarray, int]:
    """The texts of one variable, padded unless under comma or runtogether, and their width."""
    column = data.column(name)
    loose = call.has("comma") or call.has("runtogether")
    quote = not call.has("noquote")
    if column.is_string:
        out = np.array(column.data.tolist() or [b""], dtype="S")[: data.n]
        width, text = width_of(column), True
    else:
        label = writing.label_of(data, name, call.has("nolabel"))
        out = writing.formatted_texts(column, label)
        width, text = width_of(column), label is not None
        if call.has("comma") and not call.has("missing"):  # an empty field is a missing value
            out = np.where(out == b".", np.zeros((), out.dtype), out)
    if text and quote and not call.has("runtogether"):
        out, width = np.strings.add(np.strings.add(b'"', out), b'"'), width + 2
    if loose:
        return out, width
    right = call.has("rjs") if text else True
    if call.has("fjs") and column.is_string:
        right = not column.format.startswith("%-")
    return justified(out, width, right), width


def layout(columns: list[np.ndarray], widths: list[int], wide: bool) -> list[list[np.ndarray]]:
    """The columns line by line: as many as 80 characters hold, or all on one line."""
    lines: list[list[np.ndarray]] = [[]]
    used = 0
    for column, width in zip(columns, widths, strict=True):
        if lines[-1] and not wide and used + 1 + width > LINE:
            lines.append([])
            used = 0
        used += width + (1 if lines[-1] else 0)
        lines[-1].append(column)
    return lines


def dictionary(data: Dataset, call: Call) -> bytes:
    """The dictionary that goes before the data."""
    out = ["dictionary {"]
    for name, column in data.columns.items():
        labelled = not column.is_string and writing.label_of(data, name, call.has("nolabel")) is not None
        kind = f"{column.stype:<8} {name}" + (f":{column.value_label}" if labelled else "")
        out.append(f"\t{kind:<24}" + (f' `"{column.label}"\'' if column.label else ""))
    return ("\n".join([*out, "}", ""])).encode()


@command(
    "outfile",
    min=2,
    allow={"if", "in", "using"},
    options=(
        Opt("dictionary", 1),
        Opt("nolabel", 3, "off"),
        Opt("noquote", 3, "off"),
        Opt("comma", 1),
        Opt("wide", 1),
        Opt("rjs"),
        Opt("fjs"),
        Opt("runtogether", 2),
        Opt("missing", 1),
        Opt("replace"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None:
        raise StataError(100, "using required")
    if call.has("rjs") and call.has("fjs"):
        raise StataError(198, "options rjs and fjs may not be combined")
    path, shown, _ = shared.target(
        call.using, ".dct" if call.has("dictionary") else ".raw", call.has("replace"), ctx
    )
    data = writing.selected(call, ctx)
    if call.has("runtogether"):
        numbers = [name for name, column in data.columns.items() if not column.is_string]
        if numbers:
            raise StataError(109, "type mismatch")
    made = [cells(data, name, call) for name in data.names]
    columns, widths = [column for column, _ in made], [width for _, width in made]
    between = b"," if call.has("comma") else b"" if call.has("runtogether") else b" "
    rows = layout(columns, widths, call.has("wide") or call.has("comma") or call.has("runtogether"))
    if len(rows) == 1:
        body = join_columns(rows[0], between)
    else:
        joined = [join_columns(line, between).split(b"\n")[:-1] for line in rows]
        body = b"".join(b"\n".join(parts) + b"\n" for parts in zip(*joined, strict=True))
    head = dictionary(data, call) if call.has("dictionary") else b""
    with replacing(path, shown) as handle:
        handle.write(head + body)
    return None
