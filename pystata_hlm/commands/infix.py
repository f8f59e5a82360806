"""infix: read text in fixed columns.   infix {using dictionary | specifications using filename} [if] [in] [, using() clear]"""

from __future__ import annotations

import re

from pystata_hlm.commands import _importing as shared
from pystata_hlm.commands import _rawdata
from pystata_hlm.commands._rawdata import Layout
from pystata_hlm.data import names as naming
from pystata_hlm.data import storage
from pystata_hlm.data.records import Field
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("clear"), Opt("using", 1, "string"))
_PLACE = r"(?:(\d+)\s*:\s*)?(\d+)(?:\s*-\s*(\d+))?(?=\s|/|$)"
_SPEC = re.compile(
    r"\s*(?:(\d+)\s+(firstlineoffile|firstl?i?n?e?o?f?f?i?l?|lines?)(?=\s|$)"
    r"|(\d+)\s*:(?!\s*\d+\s*-)"
    r"|(/)"
    rf"|(?:(byte|int|long|float|double|strL|str\d*)\s+)?((?:[^\W\d]\w*\s+)*?[^\W\d]\w*)\s+{_PLACE})"
)


def layout(text: str, default: str) -> Layout:
    """The fields that infix specifications describe; r(198)."""
    text = "\n".join(part for part in text.split("\n") if not part.lstrip().startswith("*"))
    fields: list[Field] = []
    lines = first = 1
    line = at = 0
    while text[at:].strip():
        found = _SPEC.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        at = found.end()
        if found[2]:
            if found[2].startswith("line"):
                lines = int(found[1])
            else:
                first = int(found[1])
        elif found[3]:
            line = int(found[3]) - 1
        elif found[4]:
            line += 1
        else:
            where = int(found[7]) - 1 if found[7] else line
            fields.append(_field(found[5] or default, found[6].split(), where, found[8], found[9]))
            line = where
    names = [field.name for field in fields]
    if len(set(names)) < len(names):
        raise StataError.already_defined(next(name for name in names if names.count(name) > 1))
    if lines < 1 or first < 1 or any(field.line < 0 for field in fields):
        raise StataError.invalid_syntax()
    return Layout(tuple(fields), max(lines, *(f.line + 1 for f in fields), 1) if fields else lines, first)


def _field(stype: str, names: list[str], line: int, start: str, stop: str | None) -> Field:
    if len(names) != 1:
        raise StataError(198, f"{' '.join(names)}: one variable for each range of columns")
    left, right = int(start), int(stop or start)
    if left < 1 or right < left:
        raise StataError(198, f"{start}-{stop or start} invalid column range")
    width = right - left + 1
    if stype == "str":
        stype = storage.str_type(width)
    naming.check(names[0])
    return Field(names[0], stype, line, left - 1, 0, width, text=storage.is_string(stype))


@command("infix", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    node, options, name = shared.parsed(call.text, OPTIONS, (), ctx)
    clauses = node.clauses
    if clauses.using is None:
        raise StataError(100, "using required")
    shared.need_file(name)
    shared.need_empty(ctx, "clear" in options)
    if not node.text.strip():
        _rawdata.from_dictionary(name, "infix", layout, dict(options), clauses, ctx)
        return None
    if "using" in options:
        raise StataError.option_not_allowed("using()")
    found = layout(node.text, ctx.settings.type)
    if not found.fields:
        raise StataError.invalid_syntax()
    raw = shared.contents(name, ".raw", ctx).replace(b"\r\n", b"\n")
    columns, wrong, n = _rawdata.read_records(raw, found)
    _rawdata.store(columns, wrong, n, clauses, False, ctx)
    return None
