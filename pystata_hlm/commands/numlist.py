"""numlist: Expand and check a list of numbers.   numlist "numlist" [, ascending integer min(#) max(#) sort]"""

from __future__ import annotations

from pystata_hlm.commands._syntax_options import numlist
from pystata_hlm.commands._syntax_spec import closing
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_OPTIONS = (
    Opt("ascending", 1),
    Opt("descending", 1),
    Opt("integer", 1),
    Opt("missingokay", 4),
    Opt("min", 3, "int"),
    Opt("max", 3, "int"),
    Opt("range", 1, "text"),
    Opt("sort", 1),
)


@command("numlist", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    comma = closing(call.text, 0, ",")
    text, tail = (call.text, "") if comma < 0 else (call.text[:comma], call.text[comma + 1 :].strip())
    options = typed_options(parse("options", tail) if tail else (), _OPTIONS, (), ctx)
    rules = " ".join(
        name for name in ("ascending", "descending", "integer", "missingokay", "sort") if name in options
    )
    rules += "".join(f" {name}={options[name]}" for name in ("min", "max") if name in options)
    if "range" in options:
        rules += f" range({options['range']})"
    values = numlist(strip_quotes(text), rules)
    return Stored("r", macros={"numlist": " ".join(map(format_macro_number, values))})
